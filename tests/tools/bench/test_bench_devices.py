"""Every verb of the bench, seen by the real drivers through pyusb, a pty, TCP and the camera's folder."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from drivers.device import Cover, DeviceKind, DeviceStatus, Paper
from drivers.idcard.record import CardFailed, CardKind, CardRead, CardTrouble
from drivers.printer.record import JobDone, Outcome
from drivers.scale.profile import scale_profile
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scanner.record import CodeScanned
from support.bench_host import BenchHost, a_bitmap, wait_until
from tools.bench.bench import Bench
from tools.bench.errors import BenchError
from tools.bench.people import everybody
from tools.bench.scale import TALKERS

READER, SCALE, PRINTER = DeviceKind.ID_READER, DeviceKind.SCALE, DeviceKind.PRINTER


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench") as made:
        yield made


@pytest.fixture
def host(bench: Bench) -> Iterator[BenchHost]:
    made = BenchHost(bench)
    yield made
    made.close()


def happened(bench: Bench) -> list[str]:
    happenings = bench.state()["happenings"]
    assert isinstance(happenings, list)
    return [item["what"] for item in happenings]


# ---- cards ------------------------------------------------------------------------------------------------------------------


def test_a_card_that_is_laid_down_is_read_whole(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    host.reader.arm()
    wait_until(lambda: bench.state()["reader"]["asking"] is True)  # type: ignore[index]
    bench.tap_card("王建国")
    card = host.wait_for(CardRead).card
    assert (card.name, card.number, card.address) == ("王建国", "142421196804123019", "山西省晋中市太谷区明星镇南庄村")
    wait_until(lambda: "card-read" in happened(bench))


def test_nobody_asks_the_reader_before_it_is_armed(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    bench.tap_card("li")
    assert bench.state()["reader"]["asking"] is False  # type: ignore[index]
    assert "card-read" not in happened(bench)


def test_every_card_of_the_bench_reads_without_a_contradiction(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    for person in everybody():
        since = len(host.records)
        bench.tap_card(person.key)
        host.reader.arm()
        card = host.wait_for(CardRead, since=since).card
        host.reader.disarm()
        assert (card.name, card.number, card.warnings) == (person.name, person.card.number, ())
        bench.remove_card()
        if person.key == "anna":
            assert card.kind is CardKind.FOREIGNER_2023
        if person.key == "hao":
            assert card.valid_to is not None and card.valid_to < date(2026, 1, 1)
        if person.key == "ren":
            assert ord(card.name[1]) > 0xFFFF


def test_a_card_pulled_early_is_told_and_the_next_one_reads(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    bench.reader_fault("pull-early")
    bench.tap_card("wang")
    host.reader.arm()
    assert host.wait_for(CardFailed).trouble is CardTrouble.REMOVED
    wait_until(lambda: "card-pulled" in happened(bench))
    assert bench.state()["reader"] == {**bench.state()["reader"], "card": "", "fault": ""}  # type: ignore[dict-item]
    bench.tap_card("wang")
    assert host.wait_for(CardRead).card.name == "王建国"


@pytest.mark.parametrize(("fault", "trouble"), [("refuse", CardTrouble.REFUSED), ("bad-checksum", None), ("mute", None)])
def test_a_reader_that_fails_is_told_and_mends(bench: Bench, host: BenchHost, fault: str, trouble: CardTrouble | None) -> None:
    host.use_reader()
    host.online(READER)
    bench.reader_fault(fault)
    bench.tap_card("wang")
    host.reader.arm()
    if trouble is None:
        host.error("timeOut")
    else:
        assert host.wait_for(CardFailed).trouble is trouble
    bench.reader_fault("well")
    host.reader.disarm()
    host.reader.arm()
    assert host.wait_for(CardRead, seconds=15).card.name == "王建国"


# ---- scale ------------------------------------------------------------------------------------------------------------------


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


# ---- printer ----------------------------------------------------------------------------------------------------------------


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


# ---- plugs ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [(READER, "reader"), (SCALE, "scale"), (PRINTER, "printer")])
def test_a_device_is_lost_found_again_and_found_on_another_port(bench: Bench, host: BenchHost, kind: DeviceKind, name: str) -> None:
    {"reader": host.use_reader, "scale": host.use_scale, "printer": host.use_printer}[name]()
    host.online(kind)
    bench.unplug(name)
    host.gone(kind)
    since = len(host.records)
    bench.plug(name)
    host.online(kind, since=since)
    since = len(host.records)
    bench.plug(name, 9)
    assert host.online(kind, since=since).port == "usb:1-9"


def test_the_camera_is_lost_and_found_again(bench: Bench, host: BenchHost) -> None:
    host.use_camera()
    host.online(DeviceKind.SCANNER)
    bench.unplug("camera")
    host.gone(DeviceKind.SCANNER)
    with pytest.raises(BenchError, match="unplugged"):
        bench.show_qr("https://q.sxnc.cn/1")
    since = len(host.records)
    bench.plug("camera")
    bench.show_qr("https://q.sxnc.cn/1")
    assert host.wait_for(CodeScanned, since=since).text == "https://q.sxnc.cn/1"


# ---- camera -----------------------------------------------------------------------------------------------------------------


def test_a_code_and_then_a_picture_are_seen(bench: Bench, host: BenchHost, tmp_path: Path) -> None:
    host.use_camera()
    host.online(DeviceKind.SCANNER)
    bench.show_qr("https://q.sxnc.cn/417")
    assert host.wait_for(CodeScanned).text == "https://q.sxnc.cn/417"
    (tmp_path / "code.png").write_bytes(bench.camera_png() or b"")
    bench.show_qr("https://q.sxnc.cn/418")
    host.wait_for(CodeScanned, lambda code: code.text.endswith("418"))
    since = len(host.records)
    bench.show_qr(tmp_path / "code.png")
    assert host.wait_for(CodeScanned, since=since).text == "https://q.sxnc.cn/417"
    bench.clear_camera()
    assert bench.state()["camera"]["shows"] == ""  # type: ignore[index]


def test_a_label_that_came_out_can_be_held_before_the_camera(bench: Bench, host: BenchHost) -> None:
    host.use_printer()
    host.online(PRINTER)
    host.print()
    host.printed()
    bench.show_label(1)
    assert bench.state()["camera"]["shows"] == "label 1"  # type: ignore[index]
    seen = Image.open(io.BytesIO(bench.camera_png() or b"")).convert("L")
    label = Image.open(bench.labels()[0].png).convert("L")
    left, top = (seen.width - label.width) // 2, (seen.height - label.height) // 2
    assert seen.crop((left, top, left + label.width, top + label.height)).tobytes() == label.tobytes()


# ---- what cannot be ---------------------------------------------------------------------------------------------------------


def test_only_one_bench_lives_in_a_folder(bench: Bench) -> None:
    with pytest.raises(BenchError) as refused:
        Bench(bench.folder)
    assert refused.value.code == "bench-runs"


@pytest.mark.parametrize("kg", ["", "zwölf", "NaN", "Infinity", "1e9", "-1e9"])
def test_what_is_no_weight_is_refused(bench: Bench, kg: str) -> None:
    with pytest.raises(BenchError) as refused:
        bench.set_weight(kg)
    assert refused.value.code == "not-a-weight"


def test_words_nobody_knows_are_refused_and_change_nothing(bench: Bench, tmp_path: Path) -> None:
    before = happened(bench)
    (tmp_path / "no.png").write_bytes(b"no picture")
    for refused, code in [
        (lambda: bench.tap_card("谁"), "no-such-person"),
        (lambda: bench.reader_fault("sad"), "no-such-fault"),
        (lambda: bench.scale_fault("sad"), "no-such-fault"),
        (lambda: bench.printer("sad"), "no-such-fault"),
        (lambda: bench.printer("paper-out-after-rows"), "not-a-number"),
        (lambda: bench.unplug("toaster"), "no-such-device"),
        (lambda: bench.plug("scale"), "already-so"),
        (lambda: bench.plug("scale", 0), "not-a-number"),
        (lambda: bench.show_qr(tmp_path / "none.png"), "no-such-file"),
        (lambda: bench.show_qr(tmp_path / "no.png"), "not-a-picture"),
        (lambda: bench.show_qr("长" * 3000), "text-too-long"),
        (lambda: bench.show_label(1), "no-such-label"),
        (lambda: Bench(tmp_path / "other", serial_scale="morse"), "no-such-protocol"),
    ]:
        with pytest.raises(BenchError) as told:
            refused()
        assert told.value.code == code
    assert happened(bench) == before
