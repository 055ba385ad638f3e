"""The bench's page: local, live, in Chinese."""
