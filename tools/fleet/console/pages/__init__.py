"""The pages, one file a subject: handlers that ask the database and hand typed facts to a template."""
