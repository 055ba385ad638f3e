"""The test label: fits every stock, is read back like a certificate's, and can be taken for none."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from drivers.printer.encode import encode_label
from drivers.printer.profile import printer_profile
from drivers.printer.record import MonoBitmap
from kiosk.label.stock import STOCKS, label_stock
from kiosk.label.trial import TrialContent, draw_trial
from kiosk.runtime.receipt_test import ReceiptMismatch, prove
from kiosk.upkeep.trial import TRIAL_CODE
from support.states import LONGEST_STATION

CONTENT = TrialContent(
    "1407030031", LONGEST_STATION, "2026-11-24 12:00:00", "tspl-label /dev/serial/by-path/pci-0000:00:14.0-usb-0:2"
)


def drawn(stock: str) -> MonoBitmap:
    bitmap = draw_trial(CONTENT, label_stock(stock))
    return MonoBitmap(bitmap.width_dots, bitmap.height_dots, bitmap.data)


@pytest.mark.parametrize("stock", STOCKS)
def test_its_one_code_says_that_it_is_a_test(stock: str) -> None:
    image = draw_trial(CONTENT, label_stock(stock)).to_image().convert("L")
    assert [code.text for code in zxingcpp.read_barcodes(np.asarray(image))] == [TRIAL_CODE]
    assert "://" not in TRIAL_CODE
    assert not any(character.isdigit() for character in TRIAL_CODE)


@pytest.mark.parametrize("stock", STOCKS)
def test_it_has_the_size_of_the_stock_and_a_frame_at_its_outermost_dots(stock: str) -> None:
    bitmap = draw_trial(CONTENT, label_stock(stock))
    dots = ~np.asarray(bitmap.to_image())
    assert bitmap.width_dots == label_stock(stock).width_dots
    assert bitmap.height_dots <= label_stock(stock).height_dots
    assert dots[0].all()
    assert dots[-1].all()
    assert dots[:, 0].all()
    assert dots[:, -1].all()


@pytest.mark.parametrize(
    ("stock", "profile"), [("60x80", "epson-80"), ("roll58", "clone-58"), ("100x70", "label-104"), ("75x65", "clone-80")]
)
def test_it_passes_the_receipt_test_like_a_certificate(stock: str, profile: str) -> None:
    bitmap, printer = drawn(stock), printer_profile(profile)
    stream = encode_label(bitmap, printer)
    prove(stream, TRIAL_CODE, bitmap, black_is_one=printer.black_is_one)
    with pytest.raises(ReceiptMismatch):
        prove(stream, "https://q.sxnc.cn/1", bitmap, black_is_one=printer.black_is_one)
