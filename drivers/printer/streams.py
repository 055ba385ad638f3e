"""What the readers of finished streams share."""

from __future__ import annotations

from drivers.errors import DriverFault

MAX_ROWS = 40_000


class ReadBackError(DriverFault):
    """The stream is not a label. ``facts``: ``reason`` and the ``offset`` of the first odd byte."""

    default_code = "streamInvalid"
