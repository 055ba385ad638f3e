"""The label: preview equals print, nothing clipped, every code readable by strangers' decoders, order of giving way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyzbar import pyzbar

from kiosk.credential.token import encode_url
from kiosk.domain.form import CertificateForm
from kiosk.domain.number import MAX_COUNTER, CertificateNumber
from kiosk.label.bitmap import Bitmap
from kiosk.label.content import SPECIMEN_NUMBER, SPECIMEN_URL
from kiosk.label.fields import county_and_below
from kiosk.label.forms import FIELD_KEYS, form_texts
from kiosk.label.layout import MIN_VALUE_PX, LabelImage, LabelTooSmall, _fits, _loosest, _steps, layout
from kiosk.label.page import Rect, Tightness, sizes_of
from kiosk.label.stock import DOTS_PER_MM, STOCKS, label_stock
from kiosk.label.text import HANZI_HEIGHT
from support.labels import EXTREME, LONG, SHORT, URL, content

FORMS = list(CertificateForm)


def dots(image: LabelImage) -> np.ndarray:
    return np.asarray(image.bitmap.to_image().convert("L")) == 0


HANZI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
WORDS = st.fixed_dictionaries(
    {
        "product": st.text(HANZI, min_size=1, max_size=8),
        "quantity": st.sampled_from(["5 千克", "999999.999 千克（自报）", "126.35 千克", "48 箱（自报）"]),
        "origin": st.text(HANZI, min_size=2, max_size=30),
        "subject": st.text(HANZI, min_size=2, max_size=24),
        "contact": st.sampled_from(["13800000417", "0352-12345678"]),
    }
)


def outside(different: np.ndarray, *rects: Rect) -> np.ndarray:
    rest = different.copy()
    for left, top, right, bottom in rects:
        rest[max(0, top) : bottom, max(0, left) : right] = False
    return rest


@settings(max_examples=60, deadline=None)
@given(
    words=WORDS,
    stock=st.sampled_from(sorted(STOCKS)),
    form=st.sampled_from(FORMS),
    counter=st.one_of(st.integers(1, 999_999), st.integers(1, MAX_COUNTER)),
    day=st.dates(date(2026, 2, 1), date(2056, 12, 31)),
    token=st.binary(min_size=99, max_size=99),
    copies=st.integers(1, 255),
    copy=st.integers(1, 255),
    demo=st.booleans(),
    reprint=st.booleans(),
)
def test_preview_and_print_differ_only_inside_the_four_rectangles(
    words: dict[str, str],
    stock: str,
    form: CertificateForm,
    counter: int,
    day: date,
    token: bytes,
    copies: int,
    copy: int,
    demo: bool,
    reprint: bool,
) -> None:
    number = str(CertificateNumber("1407030031", counter))
    url = encode_url("q.sxnc.cn", b"\x11" + token)
    printed = content(
        form, words, number=number, url=url, reprint=reprint, day=day, copy=min(copy, copies), copies=copies, demo=demo
    )
    preview = replace(printed, number=SPECIMEN_NUMBER, url=SPECIMEN_URL, reprint=False, day=date(2026, 1, 2), copy=1)
    try:
        shown = layout(preview, label_stock(stock))
    except LabelTooSmall:
        with pytest.raises(LabelTooSmall):
            layout(printed, label_stock(stock))
        return
    burnt = layout(printed, label_stock(stock))
    assert shown.rects == burnt.rects
    different = dots(shown) != dots(burnt)
    assert different.any()
    assert not outside(different, *shown.rects).any()


@pytest.mark.parametrize("stock", STOCKS)
def test_a_reprint_differs_only_inside_the_rectangle_of_its_mark(stock: str) -> None:
    first = content(CertificateForm.T2026_PRODUCER, LONG, demo=True)
    a, b = layout(first, label_stock(stock)), layout(replace(first, reprint=True), label_stock(stock))
    different = dots(a) != dots(b)
    assert different.any() and a.rects == b.rects
    assert not outside(different, a.reprint).any()
    left, top, right, bottom = a.reprint
    assert not dots(a)[top:bottom, left:right].any(), "nothing else is printed where the mark goes"


@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize("form", [CertificateForm.T2026_PRODUCER, CertificateForm.T2026_PURCHASER])
def test_a_specimen_says_so_in_a_black_band_across_the_label(stock: str, form: CertificateForm) -> None:
    real = content(form, SHORT)
    a, b = dots(layout(real, label_stock(stock))), dots(layout(replace(real, demo=True), label_stock(stock)))
    margin = label_stock(stock).margin_dots
    rows = b[:, margin : b.shape[1] - margin]
    dark = "".join("#" if share > 0.75 else " " for share in rows[: b.shape[0] // 3].mean(axis=1))
    band = max(dark.split(), key=len)
    assert len(band) >= 18
    first = dark.index(band)
    assert (~rows[first : first + len(band)]).any(), "white words in the band"
    assert not a[first + 3 : first + len(band), :margin].any()


@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize("words", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("demo", [True, False])
def test_every_label_is_read_by_two_unrelated_decoders(stock: str, words: dict[str, str], demo: bool) -> None:
    picture = layout(content(CertificateForm.T2026_PRODUCER, words, demo=demo), label_stock(stock)).bitmap.to_image().convert("L")
    framed = Image.new("L", (picture.width + 40, picture.height + 40), 255)
    framed.paste(picture, (20, 20))
    assert [code.text for code in zxingcpp.read_barcodes(np.asarray(framed))] == [URL]
    assert [code.data.decode() for code in pyzbar.decode(framed)] == [URL]


@pytest.mark.parametrize(
    ("stock", "dots_a_module"), [("60x80", 4), ("75x65", 4), ("80x60", 4), ("100x70", 5), ("roll58", 5), ("roll80", 5)]
)
def test_the_code_is_version_7_m_with_its_published_dots_a_module(stock: str, dots_a_module: int) -> None:
    image = layout(content(CertificateForm.T2026_PRODUCER, SHORT), label_stock(stock))
    left, top, right, bottom = image.qr
    black = dots(image)[top:bottom, left:right]
    columns, rows = np.flatnonzero(black.any(axis=0)), np.flatnonzero(black.any(axis=1))
    side = 45 * dots_a_module
    assert (columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1) == (side, side)
    finder = black[rows[0] : rows[0] + dots_a_module, columns[0] : columns[0] + 9 * dots_a_module][0]
    assert finder[: 7 * dots_a_module].all() and not finder[7 * dots_a_module : 8 * dots_a_module].any()
    (code,) = zxingcpp.read_barcodes(np.pad(np.where(black, 0, 255).astype(np.uint8), 20, constant_values=255))
    assert code.ec_level == "M"


@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", [SHORT, LONG, EXTREME], ids=["short", "long", "extreme"])
def test_nothing_touches_the_edge(stock: str, form: CertificateForm, words: dict[str, str]) -> None:
    try:
        black = dots(layout(content(form, words, demo=True, reprint=True), label_stock(stock)))
    except LabelTooSmall as err:
        assert err.suggestion == label_stock(stock).larger
        return
    edge = 6
    assert not black[:edge].any() and not black[-edge:].any()
    assert not black[:, :edge].any() and not black[:, -edge:].any()


def test_a_real_sized_label_is_never_refused_on_the_default_stock() -> None:
    for words in (SHORT, LONG):
        layout(content(CertificateForm.T2026_PRODUCER, words, demo=True, reprint=True, copies=255, copy=255), label_stock("60x80"))


@settings(max_examples=60, deadline=None)
@given(words=WORDS, stock=st.sampled_from(sorted(STOCKS)), form=st.sampled_from(FORMS))
def test_values_shrink_only_when_all_else_is_gone_and_never_below_two_millimetres(
    words: dict[str, str], stock: str, form: CertificateForm
) -> None:
    given_content, paper = content(form, words), label_stock(stock)
    try:
        step = _loosest(given_content, paper)
    except LabelTooSmall:
        bare = Tightness(MIN_VALUE_PX, slogans=False, whole_origin=False, extras=False)
        assert not _fits(given_content, paper, bare)
        return
    assert step.value_px * HANZI_HEIGHT / DOTS_PER_MM >= 2.1
    if step.value_px < sizes_of(paper).value:
        larger = Tightness(step.value_px + 1, slogans=False, whole_origin=False, extras=False)
        assert not _fits(given_content, paper, larger)
    for back in ({"slogans": True}, {"whole_origin": True}, {"extras": True}):
        better = replace(step, **back)  # type: ignore[arg-type]
        assert better == step or not _fits(given_content, paper, better), "nothing is given up in vain"


def test_things_give_way_in_the_published_order() -> None:
    steps = list(_steps(24))
    gone = [tuple(name for name in ("slogans", "whole_origin", "extras") if not getattr(step, name)) for step in steps]
    assert gone[:4] == [(), ("slogans",), ("slogans", "whole_origin"), ("slogans", "whole_origin", "extras")]
    assert [step.value_px for step in steps[3:]] == [24, 23, 22, 21, 20, 19]


def test_a_label_that_is_too_small_names_a_larger_one() -> None:
    words = {**EXTREME, "subject": "大同市云州区" * 12}
    with pytest.raises(LabelTooSmall) as caught:
        layout(content(CertificateForm.T2026_PRODUCER, words), label_stock("60x80"))
    assert caught.value.suggestion == "100x70"


def test_the_legal_text_and_the_code_never_shrink() -> None:
    stock = label_stock("60x80")
    easy = dots(layout(content(CertificateForm.T2026_PRODUCER, SHORT), stock))
    tight = dots(layout(content(CertificateForm.T2026_PRODUCER, LONG), stock))
    assert np.array_equal(easy[:230], tight[:230]), "title, promise and basis are the same dots"
    assert (
        layout(content(CertificateForm.T2026_PRODUCER, SHORT), stock).qr
        == layout(content(CertificateForm.T2026_PRODUCER, LONG), stock).qr
    )


@pytest.mark.parametrize(
    ("origin", "short"),
    [
        ("山西省晋中市太谷区明星镇南庄村", "太谷区明星镇南庄村"),
        ("晋中市太谷区明星镇南庄村", "太谷区明星镇南庄村"),
        ("晋中市介休市义安镇", "介休市义安镇"),
        ("介休市义安镇", "介休市义安镇"),
        ("隰县", "隰县"),
        ("长治市长子县丹朱镇", "长子县丹朱镇"),
    ],
)
def test_an_origin_shortens_to_the_county_and_below(origin: str, short: str) -> None:
    assert county_and_below(origin) == short


def test_the_forms_are_complete_and_word_for_word() -> None:
    producer = form_texts(CertificateForm.T2026_PRODUCER)
    assert producer.heading + "".join(producer.promises) == (
        "我承诺生产销售的食用农产品：未使用禁用农药、兽药及其他化合物；使用的常规农药、兽药残留不超标。"
    )
    assert [text for _, text in producer.basis] == ["质量安全控制符合要求", "自行检测合格", "委托检测合格"]
    assert [label for _, label in producer.fields] == ["产品名称", "重量或数量", "产地", "承诺主体", "联系方式", "开具时间"]
    purchaser = form_texts(CertificateForm.T2026_PURCHASER)
    assert "origin" not in [key for key, _ in purchaser.fields]
    assert purchaser.promises[0] == "已按规定收取并保存该批次农产品承诺达标合格证或者其他质量安全合格证明；"
    for form in FORMS:
        assert {key for key, _ in form_texts(form).fields} <= set(FIELD_KEYS)


@settings(max_examples=40, deadline=None)
@given(
    subject=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=40),
    origin=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=60),
    stock=st.sampled_from(sorted(STOCKS)),
)
def test_any_name_prints_whole_or_is_refused(subject: str, origin: str, stock: str) -> None:
    words = {**SHORT, "subject": subject, "origin": origin}
    try:
        image = layout(content(CertificateForm.T2026_PRODUCER, words), label_stock(stock))
    except LabelTooSmall:
        return
    black = dots(image)
    left, top, right, bottom = image.qr
    ring = black[max(0, top) : bottom, max(0, left) : right].copy()
    inner = 4 * label_stock(stock).qr_dots
    ring[inner:-inner, inner:-inner] = False
    assert not ring[:, :inner].any(), "no text in the quiet zone left of the code"


def test_a_bitmap_survives_the_way_to_pillow_and_back() -> None:
    image = layout(content(CertificateForm.T2026_PRODUCER, SHORT), label_stock("75x65")).bitmap
    assert Bitmap.from_image(image.to_image()) == image
