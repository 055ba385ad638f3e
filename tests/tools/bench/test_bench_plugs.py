"""Cables, the camera, and what the bench refuses, seen by the real drivers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from drivers.device import DeviceKind
from drivers.scanner.record import CodeScanned
from support.bench_host import BenchHost, happened
from tools.bench.bench import Bench
from tools.bench.errors import BenchError

READER, SCALE, PRINTER = DeviceKind.ID_READER, DeviceKind.SCALE, DeviceKind.PRINTER


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
