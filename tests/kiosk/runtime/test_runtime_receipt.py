"""The receipt test: whatever happens to the finished bytes, either it is seen or the paper is the same."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.encode import encode_label
from drivers.printer.profile import Ending, PrinterProfile, printer_profile
from drivers.printer.readback import parse_label, read_back
from drivers.printer.record import MonoBitmap
from drivers.printer.tspl_readback import parse_tspl
from drivers.virtual.printer_engine import PrinterEngine
from kiosk.domain.certificate import Certificate
from kiosk.label.content import content_of
from kiosk.label.layout import layout
from kiosk.label.stock import STOCKS, label_stock
from kiosk.runtime.printing import draw
from kiosk.runtime.receipt_test import ReceiptMismatch, decode, prove
from support.builders import a_promise
from support.ledgers import open_issuer, real_signer

PROFILE = PrinterProfile(name="test", head_dots=832)
STOCK = label_stock("60x80")


@cache
def a_signed_certificate() -> Certificate:
    with TemporaryDirectory() as folder, open_issuer(Path(folder), signer=real_signer(Path(folder))) as issuer:
        return issuer.issue(a_promise(copies=2))


@cache
def a_stream(ending: Ending = Ending.CUT) -> tuple[bytes, MonoBitmap, str]:
    made = a_signed_certificate()
    bitmap = draw(made, 1, STOCK, reprint=False)
    return encode_label(bitmap, replace(PROFILE, ending=ending)), bitmap, made.labels[0].url


def with_bit(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def is_caught(stream: bytes, url: str, bitmap: MonoBitmap) -> bool:
    try:
        prove(stream, url, bitmap)
    except ReceiptMismatch:
        return True
    return False


@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize("ending", list(Ending))
def test_what_was_committed_passes_on_every_stock(stock: str, ending: Ending) -> None:
    made = a_signed_certificate()
    for label in made.labels:
        bitmap = draw(made, label.copy, label_stock(stock), reprint=True)
        prove(encode_label(bitmap, replace(PROFILE, ending=ending)), label.url, bitmap)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_flipped_bit_of_the_stream_is_caught_or_harmless(data: st.DataObject) -> None:
    stream, bitmap, url = a_stream(data.draw(st.sampled_from(list(Ending))))
    flipped = with_bit(stream, data.draw(st.integers(0, len(stream) * 8 - 1)))
    if not is_caught(flipped, url, bitmap):
        assert read_back(flipped) == read_back(stream)
        assert decode(read_back(flipped)) == [url]


@pytest.mark.parametrize("ending", list(Ending))
def test_every_flipped_bit_of_every_command_is_caught_or_harmless(ending: Ending) -> None:
    stream, bitmap, url = a_stream(ending)
    label = parse_label(stream)
    commands = [
        *range(2),
        *(byte for band in label.bands for byte in range(band.offset, band.start)),
        *range(label.ending, len(stream)),
    ]
    escaped = []
    for bit in (byte * 8 + i for byte in commands for i in range(8)):
        flipped = with_bit(stream, bit)
        if not is_caught(flipped, url, bitmap):
            assert read_back(flipped) == read_back(stream)
            escaped.append(bit // 8)
    # Only how far the paper is fed after the picture may change unseen.
    assert set(escaped) <= ({len(stream) - 1} if ending is Ending.FEED else set())


@pytest.mark.parametrize("black_is_one", [False, True])
def test_any_flipped_bit_of_a_tspl_label_is_caught_or_only_changes_how_dark_fast_or_turned_it_is(black_is_one: bool) -> None:
    made = a_signed_certificate()
    url, bitmap = made.labels[0].url, draw(made, 1, STOCK, reprint=False)
    profile = replace(printer_profile("tspl-104"), black_is_one=black_is_one)
    stream = encode_label(bitmap, profile)
    prove(stream, url, bitmap, black_is_one=black_is_one)
    with pytest.raises(ReceiptMismatch):
        prove(stream, url, bitmap, black_is_one=not black_is_one)
    label = parse_tspl(stream)
    dots = {byte for band in label.bands for byte in range(band.start, band.end)}
    words = [byte for byte in range(len(stream)) if byte not in dots]
    some_dots = random.Random(1).sample(sorted(dots), 150)
    for bit in (byte * 8 + i for byte in (*words, *some_dots) for i in range(8)):
        flipped = with_bit(stream, bit)
        try:
            prove(flipped, url, bitmap, black_is_one=black_is_one)
        except ReceiptMismatch:
            continue
        line = stream[: bit // 8].rpartition(b"\r\n")[2]
        assert line.split(b" ")[0] in (b"GAP", b"DIRECTION", b"DENSITY", b"SPEED")
        assert read_back(flipped, black_is_one=black_is_one) == read_back(stream, black_is_one=black_is_one)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 799))
def test_a_flipped_bit_of_the_code_before_it_is_drawn_is_caught(bit: int) -> None:
    """The bytes are then in themselves consistent: only the comparison with the committed row can tell."""
    made = a_signed_certificate()
    committed = made.labels[0]
    token = with_bit(committed.token, bit)
    url = f"https://q.test/{int.from_bytes(token, 'big'):0241d}"
    drawn = layout(content_of(made, replace(committed, url=url), reprint=False), STOCK).bitmap
    bitmap = MonoBitmap(drawn.width_dots, drawn.height_dots, drawn.data)
    with pytest.raises(ReceiptMismatch, match="otherCode"):
        prove(encode_label(bitmap, PROFILE), committed.url, bitmap)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_dot_burnt_wrong_inside_the_code_is_caught_or_the_code_still_says_the_same(data: st.DataObject) -> None:
    """The picture itself is damaged before encoding, so bytes and picture agree."""
    _, bitmap, url = a_stream()
    image = layout(content_of(a_signed_certificate(), a_signed_certificate().labels[0], reprint=False), STOCK)
    left, top, right, bottom = image.qr
    x, y = data.draw(st.integers(left, right - 1)), data.draw(st.integers(top, bottom - 1))
    damaged = replace(bitmap, data=with_bit(bitmap.data, (y * bitmap.stride_bytes + x // 8) * 8 + 7 - x % 8))
    stream = encode_label(damaged, PROFILE)
    if not is_caught(stream, url, damaged):
        assert decode(read_back(stream)) == [url]


def test_the_other_copy_s_code_is_caught() -> None:
    made = a_signed_certificate()
    bitmap = draw(made, 2, STOCK, reprint=False)
    with pytest.raises(ReceiptMismatch, match="otherCode"):
        prove(encode_label(bitmap, PROFILE), made.labels[0].url, bitmap)


def test_a_second_code_on_the_paper_is_caught() -> None:
    _, bitmap, url = a_stream()
    twice = MonoBitmap(bitmap.width_dots, bitmap.height_dots * 2, bitmap.data * 2)
    with pytest.raises(ReceiptMismatch, match="otherCode"):
        prove(encode_label(twice, PROFILE), url, twice)


def test_a_label_without_a_readable_code_is_caught() -> None:
    _, bitmap, url = a_stream()
    black = MonoBitmap(bitmap.width_dots, bitmap.height_dots, b"\xff" * len(bitmap.data))
    with pytest.raises(ReceiptMismatch, match="unreadable"):
        prove(encode_label(black, PROFILE), url, black)


def test_what_passes_is_what_a_printer_burns() -> None:
    """A third opinion: the virtual printer, written from the manuals, burns the picture that was proved."""
    now = [100.0]
    engine = PrinterEngine("epson", clock=lambda: now[0])
    _, bitmap, url = a_stream()
    narrow = encode_label(bitmap, replace(PROFILE, head_dots=576))
    prove(narrow, url, bitmap)
    sent = 0
    while sent < len(narrow):
        sent += engine.receive(narrow[sent:])
        now[0] += 0.05
    now[0] += 20
    engine.advance()
    (page,) = engine.pages
    assert decode(MonoBitmap(page.width_dots, page.height_dots, page.data)) == [url]
    assert int.from_bytes(page.data).bit_count() == int.from_bytes(bitmap.data).bit_count()
