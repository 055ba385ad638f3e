"""Device drivers of the terminal: bytes on one side, plain records on the other.

Rules
- Knows nothing of ``kiosk``; ``kiosk.runtime.devices`` is the one place that turns these records into domain values.
- Codecs (``<family>/<protocol>.py``) do no I/O: ``feed(bytes) -> list[event]``, bounded buffer, garbage is an event.
- ``drivers.virtual`` speaks the same bytes from the other side, shares no code with the codecs and is never installed on a terminal.
"""
