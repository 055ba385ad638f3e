"""The scale as a driver: reads a transport, judges rest and age, tells what changed.

Rules
- The newest weight is told when weight or status changed, at least five times a second while it moves and three times while it rests, as long as
  frames come: who shows it need not believe in an old one. Never more often than ``MAX_EMITS_HZ``. In between the newest is kept and the rest forgotten, and reading itself is bounded (160 reads of 512 bytes a second,
  seven times the fastest line), so no scale can flood the listener, fill the memory or take the processor.
- A reading too old, a lost scale and a stopped driver end in ``notReady``: the last number is never left standing.
- What a read brings that did not end in time is old: it is thrown away with whatever waits behind it.
- Three seconds without a single readable frame while bytes come: the line is wrong or torn, ``run`` raises ``TryAgain`` and is opened anew.
- A check of health waits for a weight at rest that came after it was asked for; counters are told once a second while they change.
- Nothing here zeroes or tares a scale.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import TryAgain
from drivers.health import HealthDesk, HealthLevel, replied
from drivers.scale.codec import Garbage, Say, ScaleCodec, ScaleEvent, Trouble
from drivers.scale.profile import ScaleProfile
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scale.stability import Freshness, Stability
from drivers.scale.weight import no_weight
from drivers.transport.base import Transport

MAX_EMITS_HZ = 15
MOVING_EMITS_HZ = 5
RESTING_EMITS_HZ = 3
SILENCE_S = 3.0
HEALTH_S = 2.0
COUNTERS_S = 1.0
PATIENCE_S = 5.0
LATE_S = 1.0
_READ_BYTES = 512
_TICK_S = 0.05
_READS_PER_TICK = 8
_WRITE_TIMEOUT_S = 0.5

Clock = Callable[[], float]


class Scale:
    """A ``Driver`` for one scale. Owned by the thread that calls ``run``; ``clock`` is monotonic seconds.

    ``every_reading`` is for the technician: each frame is told as it came, also an equal one.
    """

    def __init__(self, profile: ScaleProfile, *, clock: Clock = time.monotonic, every_reading: bool = False) -> None:
        self._profile = profile
        self._clock = clock
        self._every_reading = every_reading
        self._health = HealthDesk()
        self._counts = _Counts()

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind.SCALE

    @property
    def patience_s(self) -> float:
        """Reads of a twentieth of a second, requests of half a second; an opening may ask every HID device for its descriptor."""
        return PATIENCE_S

    @property
    def profile(self) -> ScaleProfile:
        """The kind of scale this is."""
        return self._profile

    def check_health(self) -> None:
        """Wait for a weight at rest from now on, asking for it where the scale waits to be asked."""
        self._health.ask()

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the scale. Raises ``DeviceGone`` from the transport, ``TryAgain('hardwareError')`` when nothing readable comes."""
        weighings = _EachReading(emit) if self._every_reading else _Weighings(emit, self._clock)
        try:
            _Session(self._profile, transport, weighings, emit, self._clock, self._health, self._counts).serve(stop)
        finally:
            weighings.close()


@dataclass
class _Counts:
    """Frames since the driver was made."""

    good: int = 0
    bad: int = 0

    @property
    def statistics(self) -> dict[str, int]:
        """By their UnifiedPOS names."""
        return {"GoodWeightReadCount": self.good, "FailedReadCount": self.bad}


class _Session:
    """One opening of a scale."""

    def __init__(
        self,
        profile: ScaleProfile,
        transport: Transport,
        weighings: _Weighings | _EachReading,
        emit: Emit,
        clock: Clock,
        health: HealthDesk,
        counts: _Counts,
    ) -> None:
        self._profile = profile
        self._transport = transport
        self._weighings = weighings
        self._emit = emit
        self._clock = clock
        self._codec: ScaleCodec = profile.codec()
        self._stability = None if self._codec.tells_stability else Stability(profile.stable_frames, profile.stable_s)
        self._freshness = Freshness(max(profile.period_s, profile.poll_s if self._codec.request else 0.0))
        self._opened_s = self._heard_s = self._asked_s = clock()
        self._garbage_since_s: float | None = None
        self._garbage_s = 0.0
        self._status: DeviceStatus | None = None
        self._status_s = 0.0
        self._health = health
        self._counts = counts
        self._checked_s: float | None = None
        self._seen: ScaleReading | None = None

    def serve(self, stop: threading.Event) -> None:
        """Read until ``stop``."""
        self._tell(DeviceState.STARTING)
        if self._profile.line is not None:
            self._drain()
        self._ask()
        tick_s, reads = self._clock(), 0
        while not stop.is_set():
            self._read()
            self._keep_watch()
            reads += 1
            now = self._clock()
            if now - tick_s >= _TICK_S:
                tick_s, reads = now, 0
            elif reads >= _READS_PER_TICK:
                stop.wait(tick_s + _TICK_S - now)

    def _read(self) -> None:
        began_s = self._clock()
        data = self._transport.read(_READ_BYTES, _TICK_S)
        if self._clock() - began_s <= LATE_S:
            self._take(data)
            return
        # The wire hung. Nobody knows when these bytes were weighed, and a line keeps seconds of frames behind them.
        self._codec.reset()
        if self._stability is not None:
            self._stability.restart()
        self._drain()

    def _drain(self) -> None:
        """What waits in the line was weighed before we looked."""
        for _ in range(16):
            if not self._transport.read(_READ_BYTES, 0.0):
                return

    def _ask(self) -> None:
        if not self._codec.request:
            return
        self._asked_s = self._clock()
        self._codec.reset()
        self._transport.write(self._codec.request, _WRITE_TIMEOUT_S)

    def _take(self, data: bytes) -> None:
        now = self._clock()
        for event in self._codec.feed(data):
            self._event(event, now)

    def _event(self, event: ScaleEvent, now: float) -> None:
        match event:
            case ScaleReading():
                self._heard(now)
                self._counts.good += 1
                self._freshness.seen(now)
                self._tell(DeviceState.ONLINE)
                self._seen = replace(self._judged(event, now), read_s=now)
                self._weighings.put(self._seen)
            case Say(data):
                self._heard(now)
                self._transport.write(data, _WRITE_TIMEOUT_S)
            case Trouble(code):
                self._heard(now)
                self._freshness.seen(now)
                self._tell(DeviceState.HARDWARE_ERROR, code, ErrorLevel.RECOVERABLE if code == "needsZero" else ErrorLevel.FATAL)
                self._weighings.put(no_weight(ScaleStatus.NOT_READY))
            case Garbage():
                self._counts.bad += 1
                if self._stability is not None:
                    self._stability.restart()
                self._garbage_s = now
                if self._garbage_since_s is None:
                    self._garbage_since_s = now

    def _heard(self, now: float) -> None:
        self._heard_s, self._garbage_since_s = now, None

    def _judged(self, reading: ScaleReading, now: float) -> ScaleReading:
        if self._stability is not None and self._codec.tells_motion and reading.status is ScaleStatus.UNSTABLE:
            self._stability.restart()
            judged = reading
        else:
            judged = reading if self._stability is None else self._stability.judge(reading, now)
        limit = self._profile.max_kg
        if limit is not None and judged.weight_kg is not None and abs(judged.weight_kg) > limit:
            return no_weight(ScaleStatus.OVERWEIGHT, raw=reading.raw, mode=reading.mode, checked=reading.checked)
        return judged

    def _keep_watch(self) -> None:
        """What time alone brings: the next request, old age, silence, a torn line."""
        now = self._clock()
        if self._health.take():
            self._checked_s, self._seen = now, None
        if self._checked_s is not None:
            self._check(now - self._checked_s)
        if self._codec.request and now - self._asked_s >= self._profile.poll_s:
            self._ask()
        if self._freshness.is_stale(now) and now - self._opened_s > self._freshness.limit_s:
            self._weighings.put(no_weight(ScaleStatus.NOT_READY))
            if self._stability is not None:
                self._stability.restart()
        self._weighings.flush()
        torn = self._garbage_since_s is not None and now - self._garbage_since_s >= SILENCE_S
        if torn and now - self._garbage_s < self._freshness.limit_s:
            raise TryAgain("hardwareError", port=self._transport.port, reason="garbage")
        if now - self._heard_s >= SILENCE_S:
            self._tell(DeviceState.OFFLINE, "timeOut", ErrorLevel.RECOVERABLE)
        if self._status is not None and now - self._status_s >= COUNTERS_S:
            self._publish(replace(self._status, statistics=self._counts.statistics))

    def _check(self, waited_s: float) -> None:
        """The health of the scale, as soon as it can be told."""
        seen = self._seen
        at_rest = seen is not None and seen.status in (ScaleStatus.ZERO, ScaleStatus.STABLE)
        if not at_rest and waited_s < HEALTH_S:
            return
        trouble = self._status.error if self._status is not None else ""
        error = "" if at_rest else (trouble or ("timeOut" if seen is None else "notAtRest"))
        facts = {}
        if seen is not None:
            facts = {"status": seen.status.value, "weight_kg": "" if seen.weight_kg is None else f"{seen.weight_kg:f}"}
        self._checked_s = None
        self._emit(replied(DeviceKind.SCALE, HealthLevel.EXTERNAL, error, facts))

    def _tell(self, state: DeviceState, error: str = "", level: ErrorLevel = ErrorLevel.NONE) -> None:
        if self._status is not None and (self._status.state, self._status.error) == (state, error):
            return
        self._publish(
            DeviceStatus(
                kind=DeviceKind.SCALE,
                state=state,
                error=error,
                level=level,
                model=self._profile.name,
                port=self._transport.port,
                statistics=self._counts.statistics,
            )
        )

    def _publish(self, status: DeviceStatus) -> None:
        self._status_s = self._clock()
        if status != self._status:
            self._status = status
            self._emit(status)


class _Weighings:
    """The newest reading on its way out: at most one waits."""

    def __init__(self, emit: Emit, clock: Clock) -> None:
        self._emit = emit
        self._clock = clock
        self._waiting: ScaleReading | None = None
        self._told: ScaleReading | None = None
        self._told_s = 0.0

    def put(self, reading: ScaleReading) -> None:
        """Take the place of whatever waited."""
        self._waiting = reading
        self.flush()

    def flush(self) -> None:
        """Tell the waiting reading when it says something new and the pace allows."""
        reading = self._waiting
        if reading is None:
            return
        now = self._clock()
        if self._told is not None:
            age_s = now - self._told_s
            if _differs(reading, self._told):
                if age_s < 1 / MAX_EMITS_HZ:
                    return
            elif reading.weight_kg is None:
                self._waiting = None
                return
            elif age_s < 1 / (MOVING_EMITS_HZ if reading.status is ScaleStatus.UNSTABLE else RESTING_EMITS_HZ):
                return
        self._waiting, self._told, self._told_s = None, reading, now
        self._emit(reading)

    def close(self) -> None:
        """The scale is no longer watched: its last number must not stand."""
        if self._told is not None and self._told.status is not ScaleStatus.NOT_READY:
            self._emit(no_weight(ScaleStatus.NOT_READY))


class _EachReading:
    """Every frame on its way out; that there is no weight is told once."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._told: ScaleReading | None = None

    def put(self, reading: ScaleReading) -> None:
        """Tell it, unless it is the silence that was told before."""
        if reading.raw or reading != self._told:
            self._told = reading
            self._emit(reading)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nobody shows these readings any longer than a line on a terminal."""


def _differs(one: ScaleReading, other: ScaleReading) -> bool:
    return (one.weight_kg, one.status, one.mode) != (other.weight_kg, other.status, other.mode)
