"""Encrypted SQLite files of the terminal: opening, proving and upgrading them. What the rows mean is decided in ``issuing``."""
