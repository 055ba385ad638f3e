"""Figures beside floors of the same run: what the product needs, and what the machine needs at least."""
