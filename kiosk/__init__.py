"""The terminal: identify, weigh, promise, print, and never lose or double a certificate."""
