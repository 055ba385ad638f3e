"""The virtual printer against the encoder and against what manuals say."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.printer.encode import encode_label
from drivers.printer.profile import Ending, PrinterProfile
from drivers.printer.record import MonoBitmap
from drivers.virtual.printer_engine import AfterReload, EngineProfile, PrinterEngine
from drivers.virtual.printer_paper import PageEnd

PROFILE = PrinterProfile(name="test", head_dots=576)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """An engine and its clock; ``send`` pushes everything in, however long it takes to print."""

    def __init__(self, profile: EngineProfile | str = "epson", **words: object) -> None:
        self.clock = Clock()
        self.engine = PrinterEngine(profile, clock=self.clock, **words)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def send(self, data: bytes) -> int:
        sent = 0
        for _ in range(2000):
            sent += self.engine.receive(data[sent:])
            if sent == len(data):
                break
            self.wait(0.01)
        return sent

    def ask(self, n: int) -> int:
        self.engine.transmit(256)
        self.send(bytes([0x10, 0x04, n]))
        return self.engine.transmit(1)[0]

    def print(self, data: bytes) -> None:
        assert self.send(data) == len(data)
        self.wait(30)
        assert self.engine.is_idle


def label(width: int = 480, height: int = 640, seed: int = 3) -> MonoBitmap:
    noise = random.Random(seed).randbytes((width + 7) // 8 * height).replace(b"\x10", b"\x11")
    return MonoBitmap(width, height, noise)


def picture_of(page_png: bytes, width: int) -> bytes:
    image = Image.open(io.BytesIO(page_png))
    return image.crop((0, 0, width, image.height)).tobytes("raw", "1;I")


def test_what_was_encoded_is_what_burns() -> None:
    bench, drawn = Bench(), label()
    stream = encode_label(drawn, PROFILE)
    bench.print(stream)
    (page,) = bench.engine.pages
    assert (page.width_dots, page.height_dots, page.ended_by) == (576, 640, PageEnd.CUT)
    assert picture_of(page.png(), 480) == drawn.data
    assert page.raw == stream
    assert not page.has_text


@given(st.integers(1, 48), st.integers(1, 80), st.integers(8, 40), st.integers(1, 997))
@settings(max_examples=40, deadline=None)
def test_any_picture_in_any_pieces_burns_the_same(stride: int, height: int, band: int, piece: int) -> None:
    bench, drawn = Bench(), label(stride * 8, height, seed=stride * height)
    stream = encode_label(drawn, PrinterProfile(name="t", head_dots=384, band_rows=band))
    for start in range(0, len(stream), piece):
        bench.send(stream[start : start + piece])
    bench.wait(30)
    (page,) = bench.engine.pages
    assert picture_of(page.png(), stride * 8) == drawn.data


def test_two_copies_are_two_pages_and_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    bench = Bench(out_dir=tmp_path)
    one, two = encode_label(label(seed=1), PROFILE), encode_label(label(seed=2), PROFILE)
    bench.print(one + bytes.fromhex("1d284806003030 41424344") + two)
    assert [page.raw for page in bench.engine.pages] == [one, two]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page-001.bin", "page-001.png", "page-002.bin", "page-002.png"]
    assert (tmp_path / "page-002.bin").read_bytes() == two


def test_label_ending_separates_at_the_gap() -> None:
    bench = Bench()
    bench.print(encode_label(label(height=64), PrinterProfile(name="t", head_dots=576, ending=Ending.GAP)))
    assert [page.ended_by for page in bench.engine.pages] == [PageEnd.GAP]


def test_a_printer_without_cutter_keeps_its_paper_until_somebody_tears_it() -> None:
    bench = Bench("clone_58")
    bench.print(encode_label(label(width=384, height=64), PrinterProfile(name="t", head_dots=384, ending=Ending.FEED)))
    assert not bench.engine.pages
    page = bench.engine.tear()
    assert page is not None and page.height_dots == 64 + 6 * 30


def test_printing_takes_its_time_and_the_buffer_fills() -> None:
    bench = Bench("clone_58")
    stream = encode_label(label(width=384, height=640), PrinterProfile(name="t", head_dots=384))
    assert 4096 <= bench.engine.receive(stream) < 8192
    while bench.engine.receive(b"x"):
        pass
    assert bench.engine.pending_bytes == 4096
    bench.wait(0.1)
    assert bench.engine.strip is not None and bench.engine.strip.height_dots == 80


@pytest.mark.parametrize(
    ("fault", "answers", "block"),
    [
        ("none", "12 12 12 12", "10 00 00 00"),
        ("remove_paper", "1a 32 12 72", "18 00 0c 00"),
        ("open_cover", "1a 16 12 12", "38 00 00 00"),
        ("jam_cutter", "1a 52 1a 12", "18 08 00 00"),
        ("hot", "1a 52 52 12", "18 40 00 00"),
        ("low", "12 12 12 1e", "10 00 03 00"),
    ],
)
def test_statuses_are_the_manuals_bytes(fault: str, answers: str, block: str) -> None:
    bench = Bench()
    bench.send(bytes.fromhex("1d610f"))
    assert bench.engine.transmit(99) == bytes.fromhex("10000000")
    {"none": lambda: None, "hot": lambda: bench.engine.set_head_hot(True), "low": lambda: bench.engine.set_paper_low(True)}.get(
        fault, getattr(bench.engine, fault, lambda: None)
    )()
    if fault != "none":
        assert bench.engine.transmit(99) == bytes.fromhex(block)
    assert bytes(bench.ask(n) for n in (1, 2, 3, 4)) == bytes.fromhex(answers)


def test_real_time_questions_are_answered_inside_image_data_and_when_offline() -> None:
    bench = Bench()
    picture = MonoBitmap(40, 1, bytes([0x10, 0x04, 0x01, 0x00, 0xFF]))
    bench.send(encode_label(picture, PrinterProfile(name="t", head_dots=40)))
    assert bench.engine.transmit(9) == b"\x12"
    bench.wait(5)
    assert bench.engine.pages[0].data[:5] == picture.data


def test_fence_is_answered_when_interpreted_and_process_id_when_printed() -> None:
    bench = Bench()
    bench.send(encode_label(label(height=40), PROFILE)[:-4] + bytes.fromhex("1d7201 1d28480600303041424344"))
    assert bench.engine.transmit(99) == b"\x00"
    bench.wait(40 / 800 + 0.01)
    assert bench.engine.transmit(99) == bytes.fromhex("37224142434400")


def test_nothing_is_answered_in_order_while_offline() -> None:
    bench = Bench()
    bench.engine.remove_paper()
    bench.send(bytes.fromhex("1d7201"))
    bench.wait(5)
    assert bench.engine.transmit(9) == b""
    bench.engine.insert_paper()
    assert bench.engine.transmit(9) == b"\x00"


@pytest.mark.parametrize(
    ("after", "rows"), [(AfterReload.RESUME, 540), (AfterReload.DROP_ROWS, 540 - 47), (AfterReload.CLEAR, None)]
)
def test_paper_end_in_mid_job_stops_at_the_row_and_goes_on_as_the_model_does(after: AfterReload, rows: int | None) -> None:
    bench = Bench(EngineProfile("t", after_reload=after))
    bench.engine.paper_out_after_rows(100)
    bench.send(encode_label(label(), PROFILE))
    bench.wait(10)
    assert [(page.height_dots, page.ended_by) for page in bench.engine.pages] == [(100, PageEnd.PAPER_END)]
    bench.engine.insert_paper()
    bench.wait(10)
    assert [page.height_dots for page in bench.engine.pages[1:]] == ([] if rows is None else [rows])


def test_a_late_stale_ticket_comes_out_when_the_cover_closes() -> None:
    bench = Bench()
    bench.engine.open_cover()
    bench.send(encode_label(label(), PROFILE))
    bench.wait(10)
    assert not bench.engine.pages
    bench.engine.close_cover()
    bench.wait(10)
    assert len(bench.engine.pages) == 1


def test_a_truncated_raster_eats_the_next_job() -> None:
    bench = Bench()
    one, two = encode_label(label(height=64), PROFILE), encode_label(label(height=64, seed=9), PROFILE)
    bench.send(one[:-600])
    bench.send(two)
    bench.wait(10)
    page = bench.engine.pages[0]
    assert page.raw != two and page.data[: 60 * 64] != two[10:]


def test_clear_request_empties_the_buffer_and_says_so() -> None:
    bench = Bench()
    bench.engine.open_cover()
    bench.send(encode_label(label(), PROFILE)[:20000] + bytes.fromhex("10140801031401060208"))
    assert bench.engine.transmit(9) == bytes.fromhex("372500")
    assert bench.engine.pending_bytes == 0


def test_liar_prints_the_process_id_as_text() -> None:
    bench = Bench("liar")
    bench.print(bytes.fromhex("1d4943 1d28480600303041424344 0a"))
    assert bench.engine.transmit(99) == b"\x5fTM-T88V\0"
    page = bench.engine.tear()
    assert page is not None and page.has_text


def test_chinese_text_and_a_native_code_are_drawn() -> None:
    bench = Bench()
    code = "1d286b04003141 3200 1d286b0300314306 1d286b0300314531"
    payload = b"https://n.cn/1234567"
    store = b"\x1d\x28\x6b" + (len(payload) + 3).to_bytes(2, "little") + b"1P0" + payload
    bench.print(
        "合格证\n".encode("gbk") + b"\x1b\x61\x01" + bytes.fromhex(code) + store + bytes.fromhex("1d286b0300315130 1b6103 1d564200")
    )
    (page,) = bench.engine.pages
    assert page.has_text
    grey = np.pad(np.array(page.image().convert("L")), 40, constant_values=255)
    assert [found.text for found in zxingcpp.read_barcodes(grey)] == [payload.decode()]
    assert page.data[: 72 * 24].count(0) < 72 * 24


def test_a_foreign_reader_decodes_a_code_from_a_rendered_page() -> None:
    symbol = qrcode.QRCode(version=7, error_correction=qrcode.ERROR_CORRECT_M, border=4, box_size=4)
    symbol.add_data("https://n.cn/" + "9" * 100)
    image = symbol.make_image().get_image().convert("1")
    bitmap = MonoBitmap(image.width, image.height, image.tobytes("raw", "1;I"))
    bench = Bench("clone_80")
    bench.print(encode_label(bitmap, PROFILE))
    grey = np.array(bench.engine.pages[0].image().convert("L"))
    assert [found.text for found in zxingcpp.read_barcodes(grey)] == ["https://n.cn/" + "9" * 100]


@pytest.mark.parametrize("command", ["1d284c0e003070300101311000020080000001 1d284c02003032", "1d76300002000200 80000001"])
def test_graphics_and_raster_of_the_same_dots_are_the_same(command: str) -> None:
    bench = Bench()
    bench.print(bytes.fromhex(command + "1d5601"))
    assert bench.engine.pages[0].image().crop((0, 0, 16, 2)).tobytes("raw", "1;I") == bytes([0x80, 0, 0, 1])


@given(st.binary(max_size=2000), st.sampled_from(["epson", "clone_80", "clone_58", "liar", "drop"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_survived(junk: bytes, profile: str) -> None:
    bench = Bench(profile)
    for start in range(0, len(junk), 97):
        bench.engine.receive(junk[start : start + 97])
        bench.wait(1)
        bench.engine.transmit(64)
    bench.wait(1000)
    bench.engine.power_cycle()
    assert bench.engine.is_idle
