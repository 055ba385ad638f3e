"""The receipt test: nothing leaves for the printer before its bytes were read back and carry the committed code.

The bytes are interpreted by ``drivers.printer.readback`` (not the encoder's code), the QR is decoded from that picture, and the token is
compared with the row just committed; the picture must also be the one that was laid out, dot by dot.
"""

from __future__ import annotations

import numpy as np
import zxingcpp

from drivers.errors import DriverError
from drivers.printer.readback import read_back
from drivers.printer.record import MonoBitmap

_QR_ONLY = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class ReceiptMismatch(Exception):
    """The finished bytes are not the committed label. ``reason``: bytes | picture | unreadable | otherCode."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def prove(stream: bytes, url: str, laid_out: MonoBitmap, *, black_is_one: bool = False) -> None:
    """Raise ``ReceiptMismatch`` unless ``stream`` prints exactly ``laid_out`` and its one QR says ``url``.

    ``black_is_one`` is the printer profile's word on its dots.
    """
    try:
        picture = read_back(stream, black_is_one=black_is_one)
    except DriverError as err:
        raise ReceiptMismatch("bytes") from err
    if not _contains(picture, laid_out):
        raise ReceiptMismatch("picture")
    found = decode(picture)
    if not found:
        raise ReceiptMismatch("unreadable")
    if found != [url]:
        raise ReceiptMismatch("otherCode")


def decode(picture: MonoBitmap) -> list[str]:
    """Texts of all QR codes in a 1-bit picture."""
    grey = np.where(_dots(picture), 0, 255).astype(np.uint8)
    codes = zxingcpp.read_barcodes(grey, formats=_QR_ONLY, try_rotate=False, try_downscale=False, try_invert=False)
    return [code.text for code in codes]


def _dots(picture: MonoBitmap) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    rows = np.frombuffer(picture.data, dtype=np.uint8).reshape(picture.height_dots, picture.stride_bytes)
    return np.unpackbits(rows, axis=1)[:, : picture.width_dots].astype(bool)


def _contains(picture: MonoBitmap, laid_out: MonoBitmap) -> bool:
    """Whether ``picture`` is ``laid_out`` with nothing but white to its left and right."""
    if picture.height_dots != laid_out.height_dots or picture.width_dots < laid_out.width_dots:
        return False
    whole, part = _dots(picture), _dots(laid_out)
    columns = np.flatnonzero(part.any(axis=0))
    burnt = np.flatnonzero(whole.any(axis=0))
    if columns.size == 0 or burnt.size == 0 or burnt.size != columns.size:
        return False
    left = int(burnt[0]) - int(columns[0])
    if left < 0 or left + laid_out.width_dots > picture.width_dots:
        return False
    return bool(np.array_equal(whole[:, left : left + laid_out.width_dots], part))
