"""Finds out what scale talks on a serial line: baud rate, parity and protocol, with the evidence, within ``LIMIT_S``.

Rules
- Only for lines that a person named: a question may move a note validator or open a lock. Only read-only questions are asked.
- Listen first. A line that is silent at one speed is silent at all, so only a silent line is asked, and only a talking one is heard at
  other speeds. Everything is heard as 8N1: bytes whose bit 7 makes each of them even are seven bits with even parity.
- Three good frames in a row (two answers when asked), no bad one in between; a right checksum beats a protocol without one.
- Two protocols that fit equally well are no finding: the two ``=`` streams of Yaohua differ only in the direction of their digits.
- A missing point or a wrong unit cannot be seen in bytes: a person compares with the display.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from drivers.scale.codec import Garbage, Say, ScaleCodec
from drivers.scale.profile import ScaleProfile
from drivers.scale.record import ScaleReading
from drivers.scale.xk3190 import digits_are_reversed
from drivers.transport.base import Transport
from drivers.transport.serial import LineSettings

LIMIT_S = 5.0
BAUDS = (9600, 4800, 2400, 1200, 19200)
_LISTEN_S = 0.9
_ANSWER_S = 0.3
_FRAMES, _ANSWERS = 3, 2
_READ_BYTES = 512
_SLICE_S = 0.05
_MAX_HEARD = 8192

OpenLine = Callable[[LineSettings], Transport]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one profile made of the line: good and refused frames, whether they carry a checksum, the last good frame as it came."""

    profile: str
    line: LineSettings
    was_asked: bool
    good: int
    bad: int
    checked: bool
    sample: bytes


@dataclass(frozen=True, slots=True)
class Detection:
    """``profile`` has the line that was heard; None with a ``reason``: silent, noise or ambiguous."""

    profile: ScaleProfile | None
    reason: str
    evidence: tuple[Evidence, ...]
    heard: int


def detect_scale(
    open_line: OpenLine,
    profiles: Iterable[ScaleProfile],
    *,
    may_ask: bool = True,
    limit_s: float = LIMIT_S,
    clock: Clock = time.monotonic,
) -> Detection:
    """Find the profile whose scale talks or answers. ``open_line`` opens the port at one setting; raises what it and the line raise."""
    serial = [profile for profile in profiles if profile.line is not None]
    serial = [profile for profile in serial if not profile.by_name_only] or serial
    return _Search(open_line, serial, clock() + limit_s, clock).run(may_ask)


class _Trial:
    """One profile listening in."""

    def __init__(self, profile: ScaleProfile, line: LineSettings, *, was_asked: bool = False) -> None:
        self.profile = profile
        self.codec: ScaleCodec = profile.codec()
        self.line = line
        self.was_asked = was_asked
        self.in_a_row = self.good = self.bad = 0
        self.last: ScaleReading | None = None
        self.said: list[bytes] = []
        self._direction_is_wrong = False

    def feed(self, data: bytes) -> None:
        for event in self.codec.feed(data):
            match event:
                case ScaleReading():
                    self.good += 1
                    self.in_a_row += 1
                    self.last = event
                    self._direction_is_wrong |= self._contradicts(event.raw)
                case Garbage():
                    # What comes before the first good frame is the one that was joined in the middle.
                    self.bad += self.good > 0
                    self.in_a_row = 0
                case Say(answer):
                    self.said.append(answer)

    @property
    def fits(self) -> bool:
        return self.in_a_row >= (_ANSWERS if self.was_asked else _FRAMES) and not self._direction_is_wrong

    @property
    def checked(self) -> bool:
        return self.last is not None and self.last.checked

    @property
    def meaning(self) -> tuple[object, ...]:
        """Equal for profiles that differ in name only."""
        last = self.last
        told = (last.weight_kg, last.status, last.mode) if last is not None else None
        return self.profile.protocol, told, self.profile.options.get("reversed_digits")

    def evidence(self) -> Evidence:
        sample = self.last.raw if self.last is not None else b""
        return Evidence(self.profile.name, self.line, self.was_asked, self.good, self.bad, self.checked, sample)

    def _contradicts(self, frame: bytes) -> bool:
        if self.profile.protocol != "xk3190_equals":
            return False
        return digits_are_reversed(frame) not in (None, self.profile.options["reversed_digits"])


@dataclass
class _Search:
    open_line: OpenLine
    profiles: Sequence[ScaleProfile]
    deadline: float
    clock: Clock
    trials: list[_Trial] = field(default_factory=list)
    heard: int = 0

    def run(self, may_ask: bool) -> Detection:
        streams = [profile for profile in self.profiles if not profile.codec().request]
        found = self._listen(LineSettings(BAUDS[0]), streams)
        if found is None and self.heard:
            others = (baud for baud in BAUDS[1:] if self._time_is_left)
            found = next((hit for baud in others if (hit := self._listen(LineSettings(baud), streams))), None)
        elif found is None and may_ask:
            asked = (profile for profile in self.profiles if profile.codec().request and self._time_is_left)
            found = next((hit for profile in asked if (hit := self._ask(profile))), None)
        evidence = tuple(trial.evidence() for trial in self.trials if trial.good)
        if found is None:
            return Detection(None, self._reason(), evidence, self.heard)
        return Detection(replace(found.profile, line=found.line), "", evidence, self.heard)

    @property
    def _time_is_left(self) -> bool:
        return self.clock() < self.deadline

    def _reason(self) -> str:
        if sum(trial.fits for trial in self.trials) > 1:
            return "ambiguous"
        return "noise" if self.heard else "silent"

    def _listen(self, line: LineSettings, streams: Sequence[ScaleProfile]) -> _Trial | None:
        """Let all stream protocols hear the same bytes until one of them is sure."""
        data = b""
        trials: list[_Trial] = []
        transport = self.open_line(line)
        try:
            until = min(self.deadline, self.clock() + _LISTEN_S)
            while self.clock() < until and len(data) < _MAX_HEARD:
                more = transport.read(_READ_BYTES, _SLICE_S)
                data += more
                self.heard += len(more)
                if more:
                    trials = _hear(data, line, streams)
                    found = _best(trials)
                    if found is not None:
                        self.trials += trials
                        return found
        finally:
            transport.close()
        self.trials += trials
        return None

    def _ask(self, profile: ScaleProfile) -> _Trial | None:
        """Put the profile's own question until it is answered twice in a row; the first may still be glued to an earlier, foreign question."""
        assert profile.line is not None
        trial = _Trial(profile, profile.line, was_asked=True)
        self.trials.append(trial)
        transport = self.open_line(profile.line)
        try:
            for _ in range(_ANSWERS + 1):
                asked_s, heard = self.clock(), self.heard
                if not self._answers(transport, trial) and self.heard == heard:
                    return None
                if trial.fits:
                    return trial
                # Some scales drop a question that follows too soon.
                _wait(transport, asked_s + profile.poll_s, self.clock)
        finally:
            transport.close()
        return None

    def _answers(self, transport: Transport, trial: _Trial) -> bool:
        trial.codec.reset()
        transport.write(trial.codec.request, _ANSWER_S)
        good, until = trial.good, self.clock() + _ANSWER_S
        while trial.good == good and self.clock() < until:
            data = transport.read(_READ_BYTES, _SLICE_S)
            self.heard += len(data)
            trial.feed(data)
            while trial.said:
                transport.write(trial.said.pop(0), _ANSWER_S)
                until = self.clock() + _ANSWER_S
        return trial.good > good


def _hear(data: bytes, line: LineSettings, streams: Sequence[ScaleProfile]) -> list[_Trial]:
    if _is_even_parity(data):
        data, line = bytes(byte & 0x7F for byte in data), LineSettings(line.baud, 7, "E", 1)
    trials = [_Trial(profile, line) for profile in streams]
    for trial in trials:
        trial.feed(data)
    return trials


def _best(trials: Sequence[_Trial]) -> _Trial | None:
    """The one that fits; of several the one with a checksum; of twins (same protocol, same meaning) the first."""
    fitting = [trial for trial in trials if trial.fits]
    checked = [trial for trial in fitting if trial.checked]
    best = checked or fitting
    return best[0] if len({trial.meaning for trial in best}) == 1 else None


def _wait(transport: Transport, until: float, clock: Clock) -> None:
    while (left := until - clock()) > 0:
        transport.read(_READ_BYTES, min(_SLICE_S, left))


def _is_even_parity(data: bytes) -> bool:
    return any(byte & 0x80 for byte in data) and all(byte.bit_count() % 2 == 0 for byte in data)
