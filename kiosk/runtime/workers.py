"""One thread for each thing that must not wait for another: the ledger, look-ups, drawing.

Rule: every piece of work that raises something unforeseen is logged and answered with ``on_crash``; no exception is lost in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import TypeVar

from kiosk import log

T = TypeVar("T")


class Desk(StrEnum):
    """The desks, each served by one thread."""

    LEDGER = "ledger"
    LOOKUP = "lookup"
    DRAWING = "drawing"


class Workers:
    """Single-threaded executors by desk; work at one desk is done in order. ``before_drawing`` runs before each drawing, on its thread."""

    def __init__(self, before_drawing: Callable[[], None] = lambda: None) -> None:
        self._before_drawing = before_drawing
        self._desks = {desk: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"kiosk-{desk}") for desk in Desk}

    def post(self, desk: Desk, work: Callable[[], None], on_crash: Callable[[], None]) -> None:
        """Do ``work`` at ``desk``; call ``on_crash`` if it fails in a way nobody foresaw."""

        def guarded() -> None:
            try:
                if desk is Desk.DRAWING:
                    self._before_drawing()
                work()
            except Exception as err:  # noqa: BLE001 - the last line of a thread: log, tell, go on
                log.event("effect-crashed", effect=desk.value, error=f"{type(err).__name__} at {_where(err)}")
                on_crash()

        self._desks[desk].submit(guarded)

    def ask(self, desk: Desk, work: Callable[[], T]) -> Future[T]:
        """Do ``work`` at ``desk`` and return its future (start-up only: the caller waits)."""
        return self._desks[desk].submit(work)

    def close(self) -> None:
        """Finish what was begun at every desk."""
        for executor in self._desks.values():
            executor.shutdown(wait=True, cancel_futures=False)


def _where(err: BaseException) -> str:
    frame = err.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_name}:{frame.tb_lineno}" if frame is not None else "?"
