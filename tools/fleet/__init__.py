"""The centre: what terminals report is stored once, exactly, and shown. See README.md."""
