"""What a driver told, in order, from whatever thread: the part that every driver test needs of a listener."""

from __future__ import annotations

import threading


class Records:
    """Call it with a record; a subclass waits on ``_more`` for the ones that it wants."""

    def __init__(self) -> None:
        self.records: list[object] = []
        self._more = threading.Condition()

    def __call__(self, record: object) -> None:
        with self._more:
            self.records.append(record)
            self._more.notify_all()
