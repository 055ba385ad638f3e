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

from drivers.device import Paper
from drivers.printer.line import PORT_PAPER_EMPTY, Clock, PrinterLine
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

Wanted = Callable[[Event], bool]

AUTO_STATUS_ON = b"\x1d\x61\x0f"
FENCE = b"\x1d\x72\x01"
CLEAR_BUFFERS = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
RECOVER = b"\x10\x05\x02"
_READ_BYTES = 256
_DRAIN_S = 0.002
_SECOND_LOOK_S = 0.05


class PrinterWire(PrinterLine):
    """One open connection to a printer."""

    def __init__(self, transport: Transport, profile: PrinterProfile, clock: Clock = time.monotonic) -> None:
        super().__init__(transport, profile, clock)
        self._decoder = ReplyDecoder()
        self._auto: Condition | None = None
        self._port_at_rest: int | None = None
        self._kept: list[Event] = []

    @property
    def auto_fault(self) -> Condition | None:
        """The fault that the printer told by itself, if its last word was one."""
        return self._auto if self._auto is not None and self._auto.faults else None

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
        self._is_answered = False
        if not self.put_question(bytes([0x10, 0x04, n]), self._profile.reply_s):
            return None
        answer = self.listen(self._profile.reply_s, lambda event: isinstance(event, RealTime))
        if isinstance(answer, RealTime):
            self._misses, self._is_answered = 0, True
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
        port = self.port_status()
        if port is not None and port & PORT_PAPER_EMPTY:
            return Condition(Fault.PAPER_OUT, paper=Paper.OUT, is_known=True)
        if port is not None and self._port_at_rest is not None and port != self._port_at_rest:
            return Condition(Fault.OFFLINE, is_known=True)
        return self._auto or Condition()

    def note_port_at_rest(self) -> None:
        """Remember the USB port status of the ready printer: many always say the same, so only a change means something."""
        self._port_at_rest = self.port_status()

    def put_fence(self, timeout_s: float) -> bool:
        """Put GS r 1 into the data stream: it is answered when the printer gets there. False when it was not taken whole."""
        self._forget()
        return self._put_whole(FENCE, timeout_s)

    def put_process_id(self, process_id: bytes, timeout_s: float) -> bool:
        """Put GS ( H into the data stream; False when it was not taken whole."""
        self._forget()
        return self._put_whole(b"\x1d\x28\x48\x06\x00\x30\x30" + process_id, timeout_s)

    def _put_whole(self, command: bytes, timeout_s: float) -> bool:
        """Half a command would eat the beginning of what comes next: its rest is owed."""
        taken = self.send_all(command, timeout_s)
        if 0 < taken < len(command):
            self.owe(command[taken:])
        return taken == len(command)

    def clear_buffers(self) -> bool:
        """DLE DC4 8: True when the printer says that nothing received before is left."""
        self._forget()
        if not self.put_question(CLEAR_BUFFERS, self._profile.reply_s):
            return False
        return self.listen(self._profile.reply_s * 3, lambda event: isinstance(event, BufferCleared)) is not None

    def recover(self) -> None:
        """DLE ENQ 2: free the cutter, forget everything received. Heeded at once, also with a full buffer, and only after such an error."""
        self.put_question(RECOVER, self._profile.reply_s)

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
