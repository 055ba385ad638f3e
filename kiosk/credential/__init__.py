"""The signed code on a label: its bytes, its signature, its check without any network. Published in ``docs/token-format.md``."""
