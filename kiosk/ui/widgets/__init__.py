"""About a dozen widgets of our own on the tokens."""
