"""Code scanners: camera first."""
