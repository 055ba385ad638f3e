"""The printer of the bench, seen by the real driver through pyusb and TCP."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from drivers.device import Cover, DeviceKind, DeviceStatus, Paper
from drivers.printer.record import JobDone, Outcome
from support.bench_host import BenchHost, a_bitmap, happened, wait_until
from tools.bench.bench import Bench

PRINTER = DeviceKind.PRINTER


def test_a_label_comes_out_as_it_was_sent_and_is_kept(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(PRINTER)
    host.print()
    assert host.printed().outcome is Outcome.CONFIRMED
    (label,) = bench.labels()
    assert label.png == bench.folder / "paper" / "001.png" and label.bin.read_bytes() == label.data
    burnt = Image.open(io.BytesIO(label.png.read_bytes()))
    assert burnt.size == (label.width_dots, label.height_dots) == (576, label.height_dots)
    sent = a_bitmap()
    assert burnt.crop((0, 0, 480, 640)).convert("1").tobytes("raw", "1;I") == sent.data
    assert "printed" in happened(bench)


@pytest.mark.parametrize(
    ("fault", "error", "back"),
    [
        ("paper-out", "paperOut", "paper-in"),
        ("cover-open", "coverOpen", "cover-closed"),
        ("hot", "headHot", "cool"),
        ("paper-out", "paperOut", "well"),
        ("cover-open", "coverOpen", "well"),
        ("hot", "headHot", "well"),
        ("broken", "hardwareError", "well"),
    ],
)
def test_a_printer_that_fails_is_told_and_mends(bench: Bench, host: BenchHost, fault: str, error: str, back: str) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer(fault)
    host.error(error)
    since = len(host.records)
    bench.printer(back)
    status = host.online(PRINTER, since=since)
    assert (status.paper, status.cover, status.error) == (Paper.FULL, Cover.CLOSED, "")


@pytest.mark.parametrize("fault", ["jam", "cutter-jam"])
def test_a_blade_that_sticks_is_told_and_freed(bench: Bench, host: BenchHost, fault: str) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer(fault)
    host.print()
    host.error("cutterJam")
    assert host.printed().outcome is not Outcome.CONFIRMED
    since = len(host.records)
    bench.printer("well")
    host.online(PRINTER, since=since)
    assert bench.state()["printer"]["is_cutter_jammed"] is False  # type: ignore[index]


def test_little_paper_is_told(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer("paper-low")
    host.wait_for(DeviceStatus, lambda s: s.paper is Paper.LOW)
    since = len(host.records)
    bench.printer("paper-enough")
    host.wait_for(DeviceStatus, lambda s: s.paper is Paper.FULL, since=since)


def test_paper_that_ends_within_a_label_leaves_a_short_piece_and_no_confirmation(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer("paper-out-after-rows", 300)
    host.print()
    host.error("paperOut")
    assert host.printed().outcome is not Outcome.CONFIRMED
    label = bench.labels()[0]
    assert (label.height_dots, label.ended_by) == (300, "paperEnd")


def test_paper_that_ends_after_copies_lets_those_through(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer("paper-out-after-copies", 1)
    host.print("1")
    host.printed("1")
    host.error("paperOut")
    assert len(bench.labels()) == 1


@pytest.mark.parametrize("fault", ["stuck", "mute"])
def test_a_printer_that_hangs_or_falls_silent_confirms_nothing(bench: Bench, host: BenchHost, fault: str) -> None:
    host.use_printer()
    host.online(PRINTER)
    bench.printer(fault)
    host.print()
    assert host.wait_for(JobDone, seconds=25).outcome is not Outcome.CONFIRMED
    bench.printer("well")
    assert bench.state()["printer"] == {**bench.state()["printer"], "is_stuck": False, "is_mute": False}  # type: ignore[dict-item]


def test_a_power_cycle_is_a_leaving_and_a_coming_back(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    before = host.online(PRINTER)
    since = len(host.records)
    bench.printer("power-cycle")
    host.gone(PRINTER, since=since)
    assert host.online(PRINTER, since=since).port == before.port


def test_the_printer_on_the_network_prints_the_same(tmp_path: Path) -> None:
    with Bench(tmp_path / "bench", tcp_port=0) as bench:
        place = bench.state()["printer"]["place"]  # type: ignore[index]
        host = BenchHost(bench)
        try:
            host.use_printer(place)
            host.online(PRINTER)
            host.print()
            assert host.printed().outcome is Outcome.CONFIRMED
            assert len(bench.labels()) == 1
            bench.unplug("printer")
            host.gone(PRINTER)
            since = len(host.records)
            bench.plug("printer")
            assert bench.state()["printer"]["place"] == place  # type: ignore[index]
            host.online(PRINTER, since=since)
        finally:
            host.close()


def test_torn_paper_is_a_label_and_old_paper_is_gone_at_the_next_start(tmp_path: Path) -> None:
    with Bench(tmp_path / "bench") as bench:
        host = BenchHost(bench)
        host.use_printer()
        host.online(PRINTER)
        bench.printer("paper-out-after-rows", 100)
        host.print()
        wait_until(lambda: len(bench.labels()) == 1)
        host.close()
    assert len(list((tmp_path / "bench" / "paper").iterdir())) == 2
    with Bench(tmp_path / "bench") as again:
        assert again.labels() == [] and not list((tmp_path / "bench" / "paper").iterdir())
