"""Talking with one ESC/POS printer over a transport: questions, answers and what arrives unasked.

Rules
- Owned by the printer's thread. Every wait is bounded; ``DeviceGone`` of the transport passes through.
- A question is never put between the bytes of another command: the caller asks only at command boundaries. Of a question that the printer took
  in part, the rest goes first in the next write.
- Image bytes may make a printer answer a question nobody asked, so old answers are dropped before asking and a fault counts when it is seen twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from drivers.device import Paper
from drivers.printer.profile import PrinterProfile
from drivers.printer.status import (
    AutoStatus,
    BufferCleared,
    Condition,
    Event,
    Fault,
    ProcessId,
    Queued,
    RealTime,
    ReplyDecoder,
    condition_of_answers,
    condition_of_auto_status,
)
from drivers.transport.base import Transport

Clock = Callable[[], float]
Wanted = Callable[[Event], bool]

AUTO_STATUS_ON = b"\x1d\x61\x0f"
FENCE = b"\x1d\x72\x01"
CLEAR_BUFFERS = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
_READ_BYTES = 256
_DRAIN_S = 0.002
_SECOND_LOOK_S = 0.05
_MUTE_AFTER = 2
_PAPER_EMPTY = 0x20


@runtime_checkable
class HasClassRequests(Protocol):
    """A transport that can also ask the USB printer class' questions."""

    @property
    def interface(self) -> int: ...

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes: ...


class PrinterWire:
    """One open connection to a printer."""

    def __init__(self, transport: Transport, profile: PrinterProfile, clock: Clock = time.monotonic) -> None:
        self._transport = transport
        self._profile = profile
        self._clock = clock
        self._decoder = ReplyDecoder()
        self._owed = b""
        self._auto: Condition | None = None
        self._misses = 0
        self._port_at_rest: int | None = None
        self._kept: list[Event] = []

    @property
    def port(self) -> str:
        """Where the printer is."""
        return self._transport.port

    @property
    def is_mute(self) -> bool:
        """True when questions have gone unanswered several times in a row."""
        return self._misses >= _MUTE_AFTER

    @property
    def has_back_pressure(self) -> bool:
        """True when "taken" means taken by the printer: on USB, but not where a network stack keeps bytes for it."""
        return isinstance(self._transport, HasClassRequests)

    @property
    def auto_fault(self) -> Condition | None:
        """The fault that the printer told by itself, if its last word was one."""
        return self._auto if self._auto is not None and self._auto.faults else None

    def send(self, data: bytes, timeout_s: float) -> int:
        """Write; return how many bytes of ``data`` the printer took."""
        if self._owed:
            self._owed = self._owed[self._transport.write(self._owed, timeout_s) :]
            if self._owed:
                return 0
        return self._transport.write(data, timeout_s)

    def send_all(self, data: bytes, timeout_s: float) -> int:
        """Write until everything is taken or the time is over; return how many bytes were taken."""
        deadline = self._clock() + timeout_s
        sent = 0
        while sent < len(data):
            sent += self.send(data[sent : sent + self._profile.chunk_bytes], max(0.001, deadline - self._clock()))
            if self._clock() >= deadline:
                break
        return sent

    def listen(self, seconds: float, is_wanted: Wanted | None = None) -> Event | None:
        """Hear for at most ``seconds`` and return the first wanted event, or None. Proofs heard meanwhile are kept until asked for."""
        for event in self._kept if is_wanted is not None else ():
            if is_wanted is not None and is_wanted(event):
                self._kept.remove(event)
                return event
        deadline = self._clock() + seconds
        while True:
            left = deadline - self._clock()
            data = self._transport.read(_READ_BYTES, max(0.001, left))
            found = None
            for event in self._hear(data):
                if found is None and is_wanted is not None and is_wanted(event):
                    found = event
                elif isinstance(event, ProcessId | Queued | BufferCleared):
                    self._kept.append(event)
            if found is not None:
                return found
            if self._clock() >= deadline:
                return None

    def ask(self, n: int) -> int | None:
        """The answer to DLE EOT n, or None."""
        self._drain()
        question = bytes([0x10, 0x04, n])
        taken = self.send(question, self._profile.reply_s)
        if taken < len(question):
            self._owed = self._owed or (question[taken:] if taken else b"")
            return None
        answer = self.listen(self._profile.reply_s, lambda event: isinstance(event, RealTime))
        if isinstance(answer, RealTime):
            self._misses = 0
            return answer.value
        self._misses += 1
        return None

    def condition(self, *, thorough: bool) -> Condition:
        """How the printer is by its own answers; a silent one is judged by what it told unasked and by its USB port status."""
        answers: dict[int, int] = {}
        for n in (1, 2, 3, 4):
            if not thorough and n == 3 and not (answers.get(1, 0) & 0x08 or answers.get(2, 0) & 0x64):
                break
            value = self.ask(n)
            if value is not None:
                answers[n] = value
            elif n == 1:
                break
        if answers:
            return condition_of_answers(answers, has_near_end=self._profile.has_near_end)
        return self.silent_condition()

    def settled_condition(self, *, thorough: bool) -> Condition:
        """As ``condition``, but a fault is looked at twice before it is believed."""
        first = self.condition(thorough=thorough)
        if not first.faults:
            return first
        self.listen(_SECOND_LOOK_S)
        return self.condition(thorough=True)

    def silent_condition(self) -> Condition:
        """What can be known without asking in the data stream. Says nothing rather than "all is well"."""
        if self._auto is not None and self._auto.faults:
            return self._auto
        port = self._port_status()
        if port is not None and port & _PAPER_EMPTY:
            return Condition(Fault.PAPER_OUT, paper=Paper.OUT, is_known=True)
        if port is not None and self._port_at_rest is not None and port != self._port_at_rest:
            return Condition(Fault.OFFLINE, is_known=True)
        return self._auto or Condition()

    def note_port_at_rest(self) -> None:
        """Remember the USB port status of the ready printer: many always say the same, so only a change means something."""
        self._port_at_rest = self._port_status()

    def _port_status(self) -> int | None:
        transport = self._transport
        if not isinstance(transport, HasClassRequests):
            return None
        answer = transport.control_in(0xA1, 0x01, 0, transport.interface, 1)
        return answer[0] if answer else None

    def put_fence(self, timeout_s: float) -> bool:
        """Put GS r 1 into the data stream: it is answered when the printer gets there. False when it was not taken whole."""
        self._forget()
        return self.send_all(FENCE, timeout_s) == len(FENCE)

    def put_process_id(self, process_id: bytes, timeout_s: float) -> bool:
        """Put GS ( H into the data stream; False when it was not taken whole."""
        self._forget()
        request = b"\x1d\x28\x48\x06\x00\x30\x30" + process_id
        return self.send_all(request, timeout_s) == len(request)

    def clear_buffers(self) -> bool:
        """DLE DC4 8: True when the printer says that nothing received before is left."""
        self._forget()
        taken = self.send(CLEAR_BUFFERS, self._profile.reply_s)
        if 0 < taken < len(CLEAR_BUFFERS):
            self._owed = CLEAR_BUFFERS[taken:]
            return False
        return taken > 0 and self.listen(self._profile.reply_s * 3, lambda event: isinstance(event, BufferCleared)) is not None

    def _forget(self) -> None:
        """Proofs of the past prove nothing from here on."""
        self._drain()
        self._kept.clear()

    def _drain(self) -> None:
        """Hear what is there already, so that an old answer is not taken for a new one."""
        for _ in range(8):
            data = self._transport.read(_READ_BYTES, _DRAIN_S)
            self._kept += [event for event in self._hear(data) if isinstance(event, ProcessId | Queued | BufferCleared)]
            if not data:
                return

    def _hear(self, data: bytes) -> list[Event]:
        events = self._decoder.feed(data) if data else self._decoder.flush()
        for event in events:
            if isinstance(event, AutoStatus):
                self._auto = condition_of_auto_status(event.block, has_near_end=self._profile.has_near_end)
        return events


def is_process_id(process_id: bytes) -> Wanted:
    """Matches the proof for this id and no other."""
    return lambda event: isinstance(event, ProcessId) and event.process_id == process_id


def is_queued(event: Event) -> bool:
    """Matches the answer to a fence."""
    return isinstance(event, Queued)
