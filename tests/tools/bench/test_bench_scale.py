"""The scale of the bench, seen by the real drivers through pyusb and on a pty."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from drivers.device import DeviceKind
from drivers.scale.profile import scale_profile
from drivers.scale.record import ScaleReading, ScaleStatus
from support.bench_host import BenchHost
from tools.bench.bench import Bench
from tools.bench.scale import TALKERS

SCALE = DeviceKind.SCALE


def test_a_weight_swings_and_settles(bench: Bench, host: BenchHost) -> None:
    host.use_scale()
    host.weight("0.00")
    bench.set_weight(Decimal("126.35"))
    host.weight("126.35")
    assert [r for r in host.records if isinstance(r, ScaleReading) and r.status is ScaleStatus.UNSTABLE]
    bench.set_weight(Decimal(0))
    host.weight("0.00", since=len(host.records))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("overload", ScaleStatus.OVERWEIGHT),
        ("negative", ScaleStatus.UNDER_ZERO),
        ("unstable", ScaleStatus.UNSTABLE),
        ("mute", ScaleStatus.NOT_READY),
    ],
)
def test_a_scale_that_fails_is_told_and_mends(bench: Bench, host: BenchHost, fault: str, status: ScaleStatus) -> None:
    host.use_scale()
    host.weight("0.00")
    bench.set_weight("12.35")
    host.weight("12.35")
    since = len(host.records)
    bench.scale_fault(fault)
    host.wait_for(ScaleReading, lambda r: r.status is status, since=since)
    bench.scale_fault("well")
    host.weight("12.35", since=len(host.records))


def test_a_scale_that_needs_calibration_is_a_sick_device(bench: Bench, host: BenchHost) -> None:
    host.use_scale()
    bench.scale_fault("calibrate")
    host.error("needsCalibration")


def test_a_frozen_scale_shows_what_it_showed(bench: Bench, host: BenchHost) -> None:
    host.use_scale()
    host.weight("0.00")
    bench.scale_fault("frozen")
    bench.set_weight("12.35")
    assert bench.state()["scale"] == {**bench.state()["scale"], "on_pan": "12.35", "kg": "0.00"}  # type: ignore[dict-item]


@pytest.mark.parametrize("profile", ["toledo_continuous_8n1", "xk3190_equals_reversed", "mt_sics", "cas", "toledo_8217", "excell"])
def test_a_serial_scale_weighs_on_its_line(tmp_path: Path, profile: str) -> None:
    with Bench(tmp_path / "bench", serial_scale=profile) as bench:
        host = BenchHost(bench)
        try:
            bench.set_weight("12.35")
            host.use_scale(profile)
            reading = host.wait_for(ScaleReading, lambda r: r.status is ScaleStatus.STABLE and r.weight_kg == Decimal("12.35"))
            assert reading.raw
        finally:
            host.close()
    assert not (tmp_path / "bench" / "scale-tty").exists()


def test_every_voice_has_a_profile_of_a_serial_line() -> None:
    assert all(scale_profile(name).line is not None for name in TALKERS)


def test_a_serial_scale_is_lost_and_found_again(tmp_path: Path) -> None:
    with Bench(tmp_path / "bench", serial_scale="xk3190-stx") as bench:
        host = BenchHost(bench)
        try:
            host.use_scale("xk3190_stx")
            bench.set_weight("12.35")
            host.weight("12.35")
            bench.unplug("scale")
            host.gone(SCALE)
            since = len(host.records)
            bench.plug("scale")
            host.weight("12.35", since=since)
        finally:
            host.close()
