"""The app's ear for the agent: the standing word, and orders done once each and answered by a file.

Rules
- An order is renamed before anything of it is done and removed after its answer is on disk. What was taken and has no answer after a restart is done
  again where that harms nobody, else answered ``interrupted``.
- The standing word has a thread of its own: a pause does not wait behind a test print.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from kiosk import log
from kiosk.issuing.standing import StandingWord
from kiosk.session.events import Event, IssuerTurned, PauseSeen
from kiosk.store.whole_file import write_whole
from kiosk.wire.canonical import WireError
from kiosk.wire.order import ANSWERS_FOLDER, ORDERS_FOLDER, TAKEN, Answer, Order, OrderKind

_LOOK_S = 0.3
_REPEATABLE = frozenset({OrderKind.SELF_TEST, OrderKind.SET_CONFIGURATION})

Deed = Callable[[Order], Answer]
"""Does one order in the desk's thread."""


class StandingWatch:
    """Tells the session of each change of the pause, and that the centre has told its floor of numbers, within ``_LOOK_S``."""

    def __init__(self, word: StandingWord, send: Callable[[Event], None]) -> None:
        self._word, self._send = word, send
        self._told = PauseSeen(False)
        self._floor_ledger = word.read().floor_ledger
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kiosk-standing", daemon=True)

    def start(self) -> None:
        """Look at once, so that nobody starts a visit that has to end, then go on looking."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._end.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        standing = self._word.read()
        if standing.floor_ledger != self._floor_ledger:
            self._floor_ledger = standing.floor_ledger
            self._send(IssuerTurned())  # what it refused it may give now
        pause = standing.pause
        seen = PauseSeen(pause.on, pause.reason if pause.on else "")
        if seen != self._told:
            self._told = seen
            self._send(seen)


class OrderDesk:
    """Does what stands in the folder of orders, one after the other, in a thread of its own."""

    def __init__(self, runtime: Path, deeds: Mapping[OrderKind, Deed], now: Callable[[], datetime]) -> None:
        self._orders, self._answers = runtime / ORDERS_FOLDER, runtime / ANSWERS_FOLDER
        self._deeds, self._now = dict(deeds), now
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kiosk-orders", daemon=True)

    def start(self) -> None:
        """Settle what a crash left, then listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the order at hand."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        for path in sorted(self._orders.glob(f"*{TAKEN}")):
            self._settle(path)
        while not self._end.wait(_LOOK_S):
            for path in sorted(self._orders.glob("[!.]*.json")):
                self._begin(path)

    def _begin(self, path: Path) -> None:
        order = _read(path)
        if order is None:
            return
        if self._now() > order.not_after or order.kind not in self._deeds:
            path.unlink(missing_ok=True)
            return
        taken = path.with_suffix(TAKEN)
        try:
            path.rename(taken)
        except FileNotFoundError:
            return  # withdrawn in this very moment
        self._do(order, taken)

    def _settle(self, taken: Path) -> None:
        order = _read(taken)
        if order is None:
            return
        if (self._answers / f"{order.id}.json").exists():
            taken.unlink(missing_ok=True)
        elif order.kind in _REPEATABLE and order.kind in self._deeds and self._now() <= order.not_after:
            self._do(order, taken)
        else:
            self._end_with(Answer(id=order.id, ok=False, code="interrupted"), order, taken)

    def _do(self, order: Order, taken: Path) -> None:
        try:
            answer = self._deeds[order.kind](order)
        except Exception as err:  # noqa: BLE001 - a mistake in one deed must not deafen the terminal; the centre reads its name
            answer = Answer(id=order.id, ok=False, code=f"crashed:{type(err).__name__}"[:60])
        self._end_with(answer, order, taken)

    def _end_with(self, answer: Answer, order: Order, taken: Path) -> None:
        log.event("order", id=order.id, kind=order.kind.value, code=answer.code)
        try:
            self._answers.mkdir(exist_ok=True)
            write_whole(self._answers / f"{order.id}.json", answer.encode())
            taken.unlink(missing_ok=True)
        except OSError as err:
            log.event("order-refused", error=type(err).__name__)


def _read(path: Path) -> Order | None:
    try:
        return Order.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, WireError) as err:
        log.event("order-refused", error=getattr(err, "code", type(err).__name__))
        path.unlink(missing_ok=True)
        return None
