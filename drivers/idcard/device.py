"""The ID-card reader as a driver: looks for a card only while armed, reads it once, and forgets it.

Rules
- Not one find command leaves before ``arm()``: consent comes first. The one exception is a check of health, which somebody asked for and which
  ends at "a card lies there" or "none does": it is neither selected nor read.
- One command in flight; the line is drained before each command, so that a late reply is never taken for the next one's.
- A card that was pulled gives ``CardFailed``, never half a text. The photo is dropped with the frame. Nothing is logged.
- "No card" after a good read does not prove that the card was taken away; a new read needs a new ``arm()``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import DriverFault, TryAgain
from drivers.health import HealthChecked, HealthDesk, HealthLevel, replied
from drivers.idcard import sam
from drivers.idcard.profile import ReaderProfile
from drivers.idcard.record import CardFailed, CardRead, CardTrouble, IdCardRecord
from drivers.idcard.text_block import UnreadableText, parse_card
from drivers.transport.base import Transport

_SELF_TEST_S = 5.0
_WATCH_S = 3.0
_DRAIN_READS = 64
_CHUNK_BYTES = 4096

_TROUBLES = {
    sam.Sw3.WRONG_CARD: CardTrouble.NOT_ID_CARD,
    sam.Sw3.CARD_REFUSES: CardTrouble.REFUSED,
    sam.Sw3.MODULE_REFUSES: CardTrouble.REFUSED,
    sam.Sw3.VERIFICATION_FAILED: CardTrouble.REFUSED,
    sam.Sw3.READ_FAILED: CardTrouble.REMOVED,
    sam.Sw3.SELECT_FAILED: CardTrouble.REMOVED,
    sam.Sw3.RANDOM_FAILED: CardTrouble.REMOVED,
}


class IdCardReader:
    """A ``Driver``. ``arm`` and ``disarm`` may be called from any thread, ``run`` belongs to the supervisor's."""

    def __init__(self, profile: ReaderProfile, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._profile = profile
        self._monotonic = monotonic
        self._armed = threading.Event()
        self._changed = threading.Event()
        self._health = HealthDesk()
        self._arming = 0
        self._reads = 0
        self._failed_reads = 0

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind.ID_READER

    @property
    def patience_s(self) -> float:
        """One card: find and select, each asked twice, the text, the new address, a reset; or the wait for somebody to want one."""
        return _WATCH_S + 7 * self._profile.command_timeout_s + self._profile.read_timeout_s

    def arm(self) -> None:
        """Look for one card, and tell it once."""
        self._arming += 1
        self._armed.set()
        self._changed.set()

    def disarm(self) -> None:
        """Stop looking."""
        self._armed.clear()
        self._changed.set()

    def check_health(self) -> None:
        """Ask the module how it is and whether a card lies there, without reading it."""
        self._health.ask()
        self._changed.set()

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the reader. Raises ``DeviceGone``, ``TryAgain`` when it went mute, ``DriverFault`` when it is not authorised."""
        module = _Module(transport, self._profile, self._monotonic)
        module.wake(stop)
        emit(self._status(transport))
        failures = 0
        while not stop.is_set():
            if self._health.take():
                emit(module.check_health())
            if not self._armed.is_set():
                self._idle(module, stop)
                continue
            failures = self._look(module, transport, emit, failures)
            stop.wait(self._profile.poll_s)

    def _look(self, module: _Module, transport: Transport, emit: Emit, failures: int) -> int:
        """One round; returns how many have failed in a row. What was read lives no longer than this call."""
        arming = self._arming
        outcome = module.look()
        if outcome is None:
            return 0
        if isinstance(outcome, IdCardRecord):
            self._reads += 1
            if self._armed.is_set() and arming == self._arming:
                self._armed.clear()
                emit(CardRead(outcome))
                emit(self._status(transport))
            return 0
        self._failed_reads += 1
        if self._armed.is_set():
            emit(CardFailed(outcome))
            emit(self._status(transport))
        if (failures + 1) % self._profile.reset_after_failures == 0:
            module.reset()
        return failures + 1

    def _idle(self, module: _Module, stop: threading.Event) -> None:
        """Nobody wants a card: only see whether the reader is still there."""
        self._changed.clear()
        if self._armed.is_set() or stop.is_set():
            return
        if not self._changed.wait(_WATCH_S) and not stop.is_set():
            module.check_alive()

    def _status(self, transport: Transport) -> DeviceStatus:
        return DeviceStatus(
            DeviceKind.ID_READER,
            DeviceState.ONLINE,
            level=ErrorLevel.NONE,
            model=self._profile.name,
            port=transport.port,
            statistics={"GoodReadCount": self._reads, "FailedReadCount": self._failed_reads},
        )


def identify(transport: Transport, profile: ReaderProfile) -> str:
    """Ask the module for its number; "" when it does not tell. Raises ``TryAgain('timeOut')`` when nobody answers as a module does."""
    module = _Module(transport, profile, time.monotonic)
    module.check_alive()
    return module.number()


class _Module:
    """Command and answer with one module; knows no threads."""

    def __init__(self, transport: Transport, profile: ReaderProfile, monotonic: Callable[[], float]) -> None:
        self._transport = transport
        self._profile = profile
        self._monotonic = monotonic
        self._decoder = sam.SamDecoder()

    def wake(self, stop: threading.Event) -> None:
        """After opening: wait for the self test, set the radio. A module that fails its self test for 5 s is broken."""
        deadline = self._monotonic() + _SELF_TEST_S
        while not stop.is_set():
            reply = self._ask(sam.STATUS, self._profile.command_timeout_s)
            if reply is not None and reply.sw3 == sam.Sw3.NOT_AUTHORISED:
                raise DriverFault("hardwareError", sw3=reply.sw3)
            if reply is not None and reply.sw3 != sam.Sw3.SELF_TEST_FAILED:
                break
            if self._monotonic() > deadline:
                raise TryAgain("hardwareError" if reply is not None else "timeOut")
            stop.wait(0.2)
        self._ask(sam.SET_RF_BYTES, self._profile.command_timeout_s)  # some modules do not know it: no matter

    def check_alive(self) -> None:
        """Raises ``TryAgain('timeOut')`` when the module does not answer."""
        if self._ask(sam.STATUS, self._profile.command_timeout_s) is None:
            raise TryAgain("timeOut")

    def check_health(self) -> HealthChecked:
        """Status and find, no select and no read. Raises ``TryAgain('timeOut')`` when the module does not answer."""
        status = self._need(sam.STATUS, self._profile.command_timeout_s)
        if status.sw3 != sam.Sw3.OK:
            return replied(DeviceKind.ID_READER, HealthLevel.EXTERNAL, "hardwareError", {"sw3": f"{status.sw3:02x}"})
        found = self._need(sam.FIND, self._profile.command_timeout_s)
        if found.sw3 not in (sam.Sw3.FOUND, sam.Sw3.NO_CARD):
            return replied(DeviceKind.ID_READER, HealthLevel.EXTERNAL, "hardwareError", {"sw3": f"{found.sw3:02x}"})
        card = "present" if found.sw3 == sam.Sw3.FOUND else "absent"
        return replied(DeviceKind.ID_READER, HealthLevel.EXTERNAL, facts={"card": card})

    def number(self) -> str:
        """The module's number, "" when it does not tell."""
        reply = self._ask(sam.MODULE_ID, self._profile.command_timeout_s)
        return sam.module_id(reply) if reply is not None else ""

    def reset(self) -> None:
        """Switch the radio field off and on: the only cure for a card that went mute."""
        self._ask(sam.RESET, self._profile.command_timeout_s)

    def look(self) -> IdCardRecord | CardTrouble | None:
        """One round: None without a card, the card, or why it could not be read."""
        found = self._need(sam.FIND, self._profile.command_timeout_s)
        if found.sw3 != sam.Sw3.FOUND:
            return None
        selected = self._need(sam.SELECT, self._profile.command_timeout_s)
        if selected.sw3 != sam.Sw3.OK:
            return _trouble(selected.sw3)
        read = self._ask(sam.READ_BASE, self._profile.read_timeout_s)
        if read is None:
            return CardTrouble.REMOVED
        if read.sw3 != sam.Sw3.OK:
            return _trouble(read.sw3)
        text = sam.card_text(read)
        if text is None:
            return CardTrouble.UNREADABLE
        try:
            return parse_card(text, self._new_address())
        except UnreadableText:
            return CardTrouble.UNREADABLE

    def _new_address(self) -> bytes:
        reply = self._ask(sam.READ_NEW_ADDRESS, self._profile.command_timeout_s)
        return reply.data if reply is not None and reply.sw3 == sam.Sw3.OK and len(reply.data) == 70 else b""

    def _need(self, frame: bytes, timeout_s: float) -> sam.Reply:
        reply = self._ask(frame, timeout_s) or self._ask(frame, timeout_s)
        if reply is None:
            raise TryAgain("timeOut")
        return reply

    def _ask(self, frame: bytes, timeout_s: float) -> sam.Reply | None:
        """One command, one reply; None when nothing whole came in time or the answer was broken."""
        self._drain()
        if self._transport.write(frame, timeout_s) != len(frame):
            return None
        deadline = self._monotonic() + timeout_s
        while (left := deadline - self._monotonic()) > 0:
            for event in self._decoder.feed(self._transport.read(_CHUNK_BYTES, min(left, 0.5))):
                if isinstance(event, sam.Reply):
                    return event
        return None

    def _drain(self) -> None:
        self._decoder.reset()
        for _ in range(_DRAIN_READS):
            if not self._transport.read(_CHUNK_BYTES, 0.001):
                return
        raise TryAgain("deviceBusy", reason="chatter")


def _trouble(sw3: int) -> CardTrouble:
    return _TROUBLES.get(sam.Sw3(sw3), CardTrouble.UNREADABLE) if sw3 in sam.Sw3._value2member_map_ else CardTrouble.UNREADABLE
