"""Golden pictures of every form on every stock with short, long and extreme data.

After a wanted change of the layout raise ``LAYOUT_VERSION``, run ``KIOSK_WRITE_GOLDEN=1 tools/dev test tests/kiosk/label/test_label_golden.py`` and
look at every picture that git shows as changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kiosk.domain.form import CertificateForm
from kiosk.label.layout import LabelTooSmall, layout
from kiosk.label.stock import STOCKS, label_stock
from support.labels import LONG, SIZES, content

FOLDER = Path(__file__).parents[2] / "golden" / "labels"
WRITE = bool(os.environ.get("KIOSK_WRITE_GOLDEN"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stock", STOCKS)
@pytest.mark.parametrize("form", list(CertificateForm))
def test_label_looks_as_it_was_approved(form: CertificateForm, stock: str, size: str) -> None:
    file = FOLDER / f"{form.value}-{stock}-{size}.png"
    try:
        picture = layout(content(form, SIZES[size]), label_stock(stock)).bitmap.to_image()
    except LabelTooSmall:
        too_much = size == "extreme" or (form is CertificateForm.T2021 and size == "long")
        assert too_much and not file.exists(), "only extreme data may be too much for a label of today"
        return
    compare(picture, file)


@pytest.mark.parametrize("stock", STOCKS)
def test_a_reprinted_specimen_looks_as_it_was_approved(stock: str) -> None:
    words = content(
        CertificateForm.T2026_PRODUCER, LONG, demo=True, reprint=True, copy=255, copies=255, number="140703-0031-1000417-B"
    )
    compare(layout(words, label_stock(stock)).bitmap.to_image(), FOLDER / f"T2026_PRODUCER-{stock}-specimen.png")


def compare(picture: Image.Image, file: Path) -> None:
    if WRITE:
        FOLDER.mkdir(parents=True, exist_ok=True)
        picture.save(file, optimize=True)
    approved = Image.open(file)
    assert picture.size == approved.size
    assert ImageChops.difference(picture.convert("L"), approved.convert("L")).getbbox() is None
