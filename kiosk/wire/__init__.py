"""Every contract between processes and machines: pure, typed, versioned, with vectors in ``tests/vectors/wire``.

``topics`` who says what where; ``uplink`` hello, welcome, certificates, receipts; ``job`` signed orders of the centre; ``order`` the agent's orders
to the app; ``health`` names of metrics; ``sparkplug`` the health plane; ``sync`` signed versioned files; ``snapshot`` what the app tells about itself.

Rules: every body carries ``"v"``; a reader ignores fields it does not know and refuses a version it does not know (``WireError``).
"""
