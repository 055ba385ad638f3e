"""Virtual devices: the other side of the wire, written from the manuals. Never part of an installed terminal.

Rules: may not import the codecs they talk to (``drivers.idcard.sam``, ``drivers.scale.*``, ``drivers.printer.*``).
"""
