"""The scale driver on a scripted wire: what it tells, how often, and what it does when nothing good comes."""

import itertools
import threading
import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest

from drivers.device import DeviceState, DeviceStatus, ErrorLevel
from drivers.errors import DeviceGone, DriverFault, TryAgain
from drivers.scale.device import MAX_EMITS_HZ, Scale
from drivers.scale.profile import ScaleProfile, load_profiles
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.transport.serial import LineSettings
from drivers.virtual.load_cell import Display
from drivers.virtual.serial_scale import ToledoContinuous, YaohuaCommand, YaohuaStx
from drivers.virtual.serial_scale_asked import CasEcr, MtSics, Toledo8217

PROFILES = load_profiles()
REPORT_1250 = bytes.fromhex("03 04 03 FD E2 04")
REPORT_ZERO = bytes.fromhex("03 02 03 FD 00 00")
GRAM = Decimal("0.001")


def shown(divisions: int, moving: bool = False, over: bool = False) -> Display:
    return Display(divisions, GRAM, moving, over)


class Wire:
    """A transport whose clock moves only by reading; ``script(now)`` gives the bytes, ``answer(sent, now)`` the answers."""

    port = "wire:1"

    def __init__(self, script: Callable[[float], bytes], until_s: float, answer: Callable[[bytes], bytes] | None = None) -> None:
        self.now = 100.0
        self.stop = threading.Event()
        self.sent: list[bytes] = []
        self._script, self._until, self._answer = script, self.now + until_s, answer
        self._waiting = b""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self.now += max(timeout_s, 0.001)
        if self.now >= self._until:
            self.stop.set()
        data, self._waiting = self._waiting + self._script(self.now - 100.0), b""
        return data[:max_bytes]

    def write(self, data: bytes, timeout_s: float) -> int:
        self.sent.append(data)
        if self._answer is not None:
            self._waiting = self._answer(data)
        return len(data)

    def close(self) -> None: ...


def run(profile: str | ScaleProfile, wire: Wire) -> list[tuple[float, object]]:
    told: list[tuple[float, object]] = []
    scale = Scale(PROFILES[profile] if isinstance(profile, str) else profile, clock=lambda: wire.now)
    scale.run(wire, lambda record: told.append((wire.now - 100.0, record)), wire.stop)
    return told


def readings(told: list[tuple[float, object]]) -> list[ScaleReading]:
    return [record for _, record in told if isinstance(record, ScaleReading)]


def statuses(told: list[tuple[float, object]]) -> list[tuple[DeviceState, str]]:
    """Each change; the same state told again with newer counters is none."""
    said = [(record.state, record.error) for _, record in told if isinstance(record, DeviceStatus)]
    return [state for state, _ in itertools.groupby(said)]


def different(told: list[tuple[float, object]]) -> list[tuple[Decimal | None, ScaleStatus]]:
    """What was told, without what was only told again."""
    return [said for said, _ in itertools.groupby((reading.weight_kg, reading.status) for reading in readings(told))]


def test_a_resting_weight_is_told_again_as_long_as_frames_come_and_taken_back_at_the_end():
    told = run("hid", Wire(lambda now: REPORT_1250, 5.0))
    assert different(told) == [(Decimal("1.250"), ScaleStatus.STABLE), (None, ScaleStatus.NOT_READY)]
    at = [at for at, record in told if isinstance(record, ScaleReading) and record.weight_kg is not None]
    assert all(1 / 3 <= later - earlier < 0.45 for earlier, later in itertools.pairwise(at)) and len(at) >= 11
    assert all(
        record.read_s - 100 == at for at, record in told if isinstance(record, ScaleReading) and record.weight_kg is not None
    )
    assert statuses(told) == [(DeviceState.STARTING, ""), (DeviceState.ONLINE, "")]


def test_the_first_report_after_opening_is_not_told():
    sent = iter([REPORT_1250])
    told = run("hid", Wire(lambda now: next(sent, REPORT_ZERO), 1.0))
    assert readings(told)[0].status is ScaleStatus.ZERO


def test_what_waited_in_a_serial_line_before_opening_is_not_told():
    old, new = (ToledoContinuous().frame(shown(grams)) for grams in (9000, 1250))
    waiting = [old] * 2
    told = run("toledo_continuous", Wire(lambda now: waiting.pop() if waiting else (b"" if now < 0.01 else new), 1.0))
    assert readings(told)[0].weight_kg == Decimal("1.250")


def test_moving_weights_come_at_least_five_times_a_second_and_at_most_fifteen():
    still_moving = ToledoContinuous().frame(shown(1250, moving=True))
    slow = [at for at, record in run("toledo_continuous", Wire(lambda now: still_moving, 4.0)) if isinstance(record, ScaleReading)]
    assert max(later - earlier for earlier, later in itertools.pairwise(slow)) <= 0.2501
    grams = iter(range(10**9))
    fast = run("toledo_continuous", Wire(lambda now: ToledoContinuous().frame(shown(next(grams) % 9999, moving=True)), 4.0))
    assert len(readings(fast)) <= 4 * MAX_EMITS_HZ + 2


def test_the_newest_weight_wins_when_the_pace_holds_it_back():
    def script(now: float) -> bytes:
        return ToledoContinuous().frame(shown(1250 if now > 2.0 else int(now * 1000), moving=now <= 2.0))

    told = run("toledo_continuous", Wire(script, 3.0))
    assert (readings(told)[-2].weight_kg, readings(told)[-2].status) == (Decimal("1.250"), ScaleStatus.STABLE)
    settled_at = next(at for at, record in told if isinstance(record, ScaleReading) and record.status is ScaleStatus.STABLE)
    assert settled_at < 2.0 + 0.05 + 1 / MAX_EMITS_HZ + 0.05


def test_a_scale_that_falls_silent_loses_its_weight_and_then_its_health():
    told = run("hid", Wire(lambda now: REPORT_1250 if now < 2.0 else b"", 8.0))
    lost = [at for at, record in told if isinstance(record, ScaleReading) and record.status is ScaleStatus.NOT_READY]
    assert len(lost) == 1
    assert 3.4 < lost[0] < 3.7
    assert statuses(told)[-1] == (DeviceState.OFFLINE, "timeOut")


def test_a_scale_that_speaks_again_is_well_again():
    told = run("hid", Wire(lambda now: REPORT_1250 if now < 2.0 or now > 7.0 else b"", 9.0))
    assert statuses(told)[-1] == (DeviceState.ONLINE, "")
    assert readings(told)[-2].weight_kg == Decimal("1.250")


def test_three_seconds_of_garbage_open_the_line_anew():
    told: list[object] = []
    wire = Wire(lambda now: ToledoContinuous().frame(shown(1250)) if now < 1.0 else b"\xff\x02garbage", 20.0)
    with pytest.raises(TryAgain) as caught:
        Scale(PROFILES["toledo_continuous"], clock=lambda: wire.now).run(wire, told.append, wire.stop)
    assert caught.value.code == "hardwareError"
    assert 103.5 < wire.now < 105.0
    assert [record for record in told if isinstance(record, ScaleReading)][-1].status is ScaleStatus.NOT_READY


def test_one_burst_of_noise_and_then_silence_is_silence():
    told = run("toledo_continuous", Wire(lambda now: b"noise" if now < 0.2 else b"", 6.0))
    assert statuses(told) == [(DeviceState.STARTING, ""), (DeviceState.OFFLINE, "timeOut")]


def test_an_unplugged_scale_leaves_no_number_behind():
    def script(now: float) -> bytes:
        if now > 1.0:
            raise DeviceGone
        return REPORT_1250

    told: list[object] = []
    wire = Wire(script, 5.0)
    with pytest.raises(DeviceGone):
        Scale(PROFILES["hid"], clock=lambda: wire.now).run(wire, told.append, wire.stop)
    assert [record for record in told if isinstance(record, ScaleReading)][-1].status is ScaleStatus.NOT_READY


def test_flagless_frames_need_five_equal_ones_and_a_second():
    told = run("xk3190_stx", Wire(lambda now: YaohuaStx().frame(shown(1250)), 3.0))
    settled_at = next(at for at, record in told if isinstance(record, ScaleReading) and record.status is ScaleStatus.STABLE)
    assert 1.0 <= settled_at < 1.3
    assert all(record.status is ScaleStatus.UNSTABLE for at, record in told if isinstance(record, ScaleReading) and at < 1.0)


def test_a_refused_frame_among_equal_ones_delays_rest():
    bad = YaohuaStx().frame(shown(1250))[:-2] + b"0\x03"
    told = run("xk3190_stx", Wire(lambda now: bad if 0.9 < now < 0.96 else YaohuaStx().frame(shown(1250)), 3.0))
    settled_at = next(at for at, record in told if isinstance(record, ScaleReading) and record.status is ScaleStatus.STABLE)
    assert settled_at > 1.9


def test_a_scale_that_only_answers_is_asked_at_its_pace():
    twin = YaohuaCommand()
    wire = Wire(lambda now: b"", 3.0, answer=lambda sent: twin.hear(sent, shown(1250)))
    told = run("xk3190_command", wire)
    assert readings(told)[-2].status is ScaleStatus.STABLE
    assert 12 <= len(wire.sent) <= 16


@pytest.mark.parametrize(
    ("profile", "twin"),
    [("cas", CasEcr()), ("mt_sics", MtSics()), ("toledo_8217", Toledo8217())],
    ids=["cas", "mt_sics", "toledo_8217"],
)
def test_scales_that_speak_when_asked_give_their_weight(profile, twin):
    told = run(profile, Wire(lambda now: b"", 2.0, answer=lambda sent: twin.hear(sent, shown(1250))))
    assert different(told) == [(Decimal("1.250"), ScaleStatus.STABLE), (None, ScaleStatus.NOT_READY)]


@pytest.mark.parametrize(
    ("status", "code", "level"), [("01", "hardwareError", ErrorLevel.FATAL), ("08", "needsZero", ErrorLevel.RECOVERABLE)]
)
def test_a_scale_that_cannot_weigh_is_reported(status, code, level):
    told = run("hid", Wire(lambda now: bytes.fromhex(f"03 {status} 03 FD E2 04"), 1.0))
    last = [record for _, record in told if isinstance(record, DeviceStatus)][-1]
    assert (last.error, last.level, last.is_ready) == (code, level, False)
    assert readings(told)[-1].status is ScaleStatus.NOT_READY


def test_a_number_above_the_capacity_is_no_weight():
    profile = ScaleProfile("small", "hid", max_kg=Decimal(1))
    told = run(profile, Wire(lambda now: REPORT_1250, 1.0))
    assert (readings(told)[0].weight_kg, readings(told)[0].status) == (None, ScaleStatus.OVERWEIGHT)


@pytest.mark.parametrize(("name", "unit"), [("hid", REPORT_1250), ("toledo_continuous", ToledoContinuous().frame(shown(1250)))])
def test_a_flood_neither_grows_memory_nor_floods_the_listener(name, unit):
    stop = threading.Event()
    taken = 0

    class Flood:
        port = "flood:1"

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            nonlocal taken
            taken += 1
            if time.monotonic() > until:
                stop.set()
            return unit * (max_bytes // len(unit))

        def write(self, data: bytes, timeout_s: float) -> int:
            return len(data)

        def close(self) -> None: ...

    told: list[object] = []
    until = time.monotonic() + 0.6
    tracemalloc.start()
    Scale(PROFILES[name]).run(Flood(), told.append, stop)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    assert len(told) <= 0.6 * MAX_EMITS_HZ + 4
    assert taken < 600
    assert Decimal("1.250") in [record.weight_kg for record in told if isinstance(record, ScaleReading)]


def test_profiles_are_complete_and_refuse_nonsense(tmp_path):
    assert {"hid", "toledo_continuous", "xk3190_stx", "xk3190_command"} <= set(PROFILES)
    assert PROFILES["toledo_continuous"].line == LineSettings(9600, 7, "E", 1)
    broken = [
        '[x]\nprotocol = "none"',
        '[x]\nprotocol = "hid"\ncolour = 1',
        '[x]\nprotocol = "hid"\nline = { baud = 0 }',
        '[x]\nprotocol = "hid"\n[x.options]\nnone = 1',
    ]
    for text in broken:
        path = tmp_path / "profiles.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DriverFault):
            load_profiles(path)
