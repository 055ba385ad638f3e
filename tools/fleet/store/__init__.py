"""The centre's database: SQLite as embedded default, PostgreSQL for real."""
