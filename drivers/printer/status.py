"""What an ESC/POS printer says about itself: reply bytes become events, events become one condition.

Source: DLE EOT n, GS a (automatic status), GS r, GS ( H as in TM-class manuals; the masks that tell replies apart are those of the manuals'
"how to identify the transmitted status".
Worked replies: 12 idle; n=2 16 cover open, 32 paper end; n=3 1A cutter, 52 head hot; n=4 1E near end, 72 end; automatic 18 00 0C 00 paper end;
37 22 41 42 43 44 00 process id "ABCD".

Rules
- One stream for all replies; it may be cut anywhere. A reply to DLE EOT does not say which n it answers: the caller knows what he asked.
- Garbage is an event. At most 96 bytes are kept.
- Statuses that contradict each other are read at their worst, with one exception: four equal answers that are not "idle" come from a clone
  that knows only one status, and then only its answer to n=1 is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag

from drivers.device import Cover, DeviceKind, DeviceState, DeviceStatus, ErrorLevel, Paper

MAX_BLOCK_BYTES = 96
_XON_XOFF = (0x11, 0x13)
_BLOCK_HEADERS = frozenset((0x37, 0x5F, 0x3D, 0x3B, 0x35))
_PROCESS_ID = 0x22
_CLEARED = 0x25


@dataclass(frozen=True, slots=True)
class RealTime:
    """One answer to DLE EOT n, or to image bytes that spelled it."""

    value: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """One block of automatic status back."""

    block: bytes


@dataclass(frozen=True, slots=True)
class Queued:
    """One answer to GS r."""

    value: int


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The data before GS ( H with this id has been printed."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class BufferCleared:
    """The answer to DLE DC4 8: nothing received before is left."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Any other block answer (GS I and the like), without header and NUL."""

    header: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no reply."""

    data: bytes


Event = RealTime | AutoStatus | Queued | ProcessId | BufferCleared | TextBlock | Garbage


class ReplyDecoder:
    """Cuts the printer's reply stream into events. Owned by one thread."""

    def __init__(self) -> None:
        self._auto = bytearray()
        self._block = bytearray()

    @property
    def is_between(self) -> bool:
        """True when no reply is half received."""
        return not self._auto and not self._block

    def feed(self, data: bytes) -> list[Event]:
        """Take what arrived, return what it completes."""
        events: list[Event] = []
        for byte in data:
            if self._block:
                self._in_block(byte, events)
            elif byte not in _XON_XOFF:
                self._outside_block(byte, events)
        return events

    def flush(self) -> list[Event]:
        """Silence: whatever is half received will not be completed any more."""
        halves = [Garbage(bytes(half)) for half in (self._auto, self._block) if half]
        self._auto.clear()
        self._block.clear()
        return list(halves)

    def _in_block(self, byte: int, events: list[Event]) -> None:
        self._block.append(byte)
        if byte == 0:
            events.append(_block_event(bytes(self._block)))
            self._block.clear()
        elif len(self._block) >= MAX_BLOCK_BYTES:
            events.append(Garbage(bytes(self._block)))
            self._block.clear()

    def _outside_block(self, byte: int, events: list[Event]) -> None:
        if byte & 0x93 == 0x12:
            # Real-time answers may overtake the rest of an automatic block.
            events.append(RealTime(byte))
        elif byte & 0x93 == 0x10:
            self._drop_auto(events)
            self._auto.append(byte)
        elif byte & 0x90 == 0:
            self._plain(byte, events)
        else:
            self._drop_auto(events)
            if byte in _BLOCK_HEADERS:
                self._block.append(byte)
            else:
                events.append(Garbage(bytes([byte])))

    def _plain(self, byte: int, events: list[Event]) -> None:
        if not self._auto:
            events.append(Queued(byte))
            return
        self._auto.append(byte)
        if len(self._auto) == 4:
            events.append(AutoStatus(bytes(self._auto)))
            self._auto.clear()

    def _drop_auto(self, events: list[Event]) -> None:
        if self._auto:
            events.append(Garbage(bytes(self._auto)))
            self._auto.clear()


def _block_event(block: bytes) -> Event:
    header, body = block[0], block[1:-1]
    if header == 0x37 and body[:1] == bytes([_PROCESS_ID]) and len(body) == 5:
        return ProcessId(body[1:])
    if header == 0x37 and body == bytes([_CLEARED]):
        return BufferCleared()
    return TextBlock(header, body)


class Fault(IntFlag):
    """What keeps a printer from printing."""

    COVER_OPEN = 1
    PAPER_OUT = 2
    CUTTER = 4
    HEAD_HOT = 8
    HARDWARE = 16
    OFFLINE = 32  # and no reason given
    PAPER_JAM = 64
    RECOVERABLE = 128  # an error that a person mends, of which the printer says no more


NO_FAULT = Fault(0)


@dataclass(frozen=True, slots=True)
class Condition:
    """How the printer is, from whichever statuses it gave. ``is_known`` is False when it gave none."""

    faults: Fault = NO_FAULT
    paper: Paper = Paper.UNKNOWN
    cover: Cover = Cover.UNKNOWN
    is_known: bool = False

    @property
    def error(self) -> str:
        """The XFS4IoT code of the worst fault, or ""."""
        return next((code for fault, code, _state, _level in _ERRORS if fault in self.faults), "")

    def status(self, port: str, model: str, statistics: Mapping[str, int], *, busy: bool = False) -> DeviceStatus:
        """The same in everybody's words. A printer that answers nothing may still print: it counts as online."""
        state, level, error = DeviceState.DEVICE_BUSY if busy else DeviceState.ONLINE, ErrorLevel.NONE, ""
        for fault, code, fault_state, fault_level in _ERRORS:
            if fault in self.faults:
                state, level, error = fault_state, fault_level, code
                break
        if Fault.HARDWARE in self.faults:
            # A cutter (or anything else) with the unrecoverable bit beside it is no matter for whoever stands there.
            level = ErrorLevel.FATAL
        return DeviceStatus(
            kind=DeviceKind.PRINTER,
            state=state,
            error=error,
            level=level,
            paper=self.paper,
            cover=self.cover,
            model=model,
            port=port,
            statistics=dict(statistics),
        )


# The first that applies is what a person has to see to first: an open cover also looks like missing paper.
_ERRORS = (
    (Fault.COVER_OPEN, "coverOpen", DeviceState.USER_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.PAPER_OUT, "paperOut", DeviceState.USER_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.PAPER_JAM, "paperJammed", DeviceState.HARDWARE_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.CUTTER, "cutterJam", DeviceState.HARDWARE_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.HEAD_HOT, "headHot", DeviceState.HARDWARE_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.HARDWARE, "hardwareError", DeviceState.HARDWARE_ERROR, ErrorLevel.FATAL),
    (Fault.RECOVERABLE, "hardwareError", DeviceState.HARDWARE_ERROR, ErrorLevel.RECOVERABLE),
    (Fault.OFFLINE, "offline", DeviceState.OFFLINE, ErrorLevel.RECOVERABLE),
)


def condition_of_answers(answers: Mapping[int, int], *, has_near_end: bool = True) -> Condition:
    """Read the answers to DLE EOT 1..4, by n; any may be missing."""
    if not answers:
        return Condition()
    if len(answers) == 4 and len(set(answers.values())) == 1 and answers[1] & 0x68:
        answers = {1: answers[1]}
    printer, offline, error, roll = (answers.get(n, 0) for n in (1, 2, 3, 4))
    faults = NO_FAULT
    if offline & 0x04:
        faults |= Fault.COVER_OPEN
    if offline & 0x20 or roll & 0x60:
        faults |= Fault.PAPER_OUT
    faults |= _error_bits(error, Fault.COVER_OPEN in faults)
    if offline & 0x40 and not faults:
        # Clones leave the bit of recoverable errors as it likes to be: it only counts where the printer says that there is an error.
        faults |= Fault.RECOVERABLE if error & 0x04 else Fault.HARDWARE
    if printer & 0x08 and not faults:
        faults |= Fault.OFFLINE
    return Condition(
        faults=faults,
        paper=_paper(Fault.PAPER_OUT in faults, bool(roll & 0x0C) and has_near_end, 4 in answers),
        cover=_cover(Fault.COVER_OPEN in faults, 2 in answers),
        is_known=True,
    )


def condition_of_auto_status(block: bytes, *, has_near_end: bool = True) -> Condition:
    """Read the four bytes of an automatic status."""
    first, second, third = block[0], block[1], block[2]
    faults = NO_FAULT
    if first & 0x20:
        faults |= Fault.COVER_OPEN
    if third & 0x0C:
        faults |= Fault.PAPER_OUT
    faults |= _error_bits(second, Fault.COVER_OPEN in faults)
    if first & 0x08 and not faults:
        faults |= Fault.RECOVERABLE if second & 0x04 else Fault.OFFLINE
    return Condition(
        faults=faults,
        paper=_paper(Fault.PAPER_OUT in faults, bool(third & 0x03) and has_near_end, True),
        cover=_cover(Fault.COVER_OPEN in faults, True),
        is_known=True,
    )


def _error_bits(value: int, is_cover_open: bool) -> Fault:
    """The error bits that DLE EOT 3 and byte 2 of the automatic status share."""
    faults = NO_FAULT
    if value & 0x08:
        faults |= Fault.CUTTER
    if value & 0x20:
        faults |= Fault.HARDWARE
    if value & 0x40 and not is_cover_open:
        # The same bit means "cover opened while printing".
        faults |= Fault.HEAD_HOT
    return faults


def _paper(is_out: bool, is_low: bool, is_known: bool) -> Paper:
    if is_out:
        return Paper.OUT
    if is_low:
        return Paper.LOW
    return Paper.FULL if is_known else Paper.UNKNOWN


def _cover(is_open: bool, is_known: bool) -> Cover:
    if is_open:
        return Cover.OPEN
    return Cover.CLOSED if is_known else Cover.UNKNOWN
