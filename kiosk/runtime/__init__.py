"""Carries out what the sessions ask for: devices, ledger, drawing, printing, time. The only room of the terminal that knows ``drivers``."""
