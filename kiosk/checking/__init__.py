"""Checking other people's certificates: the verdict of 查验合格证, later the ledger of incoming goods (进货查验)."""
