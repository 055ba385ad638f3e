"""Finds a QR code in a grey picture: three engines in a cascade, harder attempts spread over the frames.

Rules
- Each frame gets zxing-cpp on the plain picture; when that fails, one more attempt of ``_ATTEMPTS``, the next one with the next frame.
  A picture that stands still is thus tried in every way within ``len(_ATTEMPTS)`` frames, and no frame takes long.
- zxing-cpp gives the bytes as they are in the code. zbar and OpenCV guess encodings (GB18030 comes out as other characters), so from them
  only plain ASCII counts.
- An engine that fails in its own way (zbar: ``ValueError``; OpenCV: ``UnicodeDecodeError``, ``cv2.error``) has read nothing.
- Of several codes the one nearest to the middle is meant.
Source: zxing-cpp 3.1, pyzbar 0.1.9 and OpenCV 5.0, each tried with UTF-8, GBK, ECI, Hanzi and binary codes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from drivers.scanner.record import CodeScanned
from drivers.scanner.text import clean, decode_bytes

try:
    from pyzbar import pyzbar
except ImportError:  # libzbar is not installed: the cascade has one engine less
    pyzbar = None

Grey = npt.NDArray[np.uint8]
Engine = Callable[[Grey], str]
View = Callable[[Grey], Grey]

_MAX_SIDE = 2560
_WORK_SIDE = 1280
_MIN_SIDE = 21  # modules of the smallest code
_NAMES_ITS_ENCODING = ("5D 51 32", "5D 51 34", "5D 51 36")
"""``]Q2``, ``]Q4`` or ``]Q6`` in zxing's HexECI text, the only place in which it tells of an ECI."""
_QR_ONLY = zxingcpp.barcode_formats_from_str("QRCode")


class Cascade:
    """Keeps the place in the list of attempts. Owned by one thread."""

    def __init__(self) -> None:
        self._next = 0

    def decode(self, grey: Grey) -> CodeScanned | None:
        """Read one 8-bit grey picture of any size; None when this frame gave nothing."""
        grey = shrink(grey, _MAX_SIDE)
        if min(grey.shape[:2]) < _MIN_SIDE:
            return None
        found = _attempt("zxing", read_zxing, _plain, grey)
        if found is None:
            name, engine, view = _ATTEMPTS[self._next]
            self._next = (self._next + 1) % len(_ATTEMPTS)
            found = _attempt(name, engine, view, grey)
        if found is not None:
            self._next = 0
        return found


def shrink(picture: npt.NDArray[np.uint8], longest: int) -> npt.NDArray[np.uint8]:
    """Scale down so that no side is longer than ``longest``; never up."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _picture(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def read_zxing(grey: Grey) -> str:
    """zxing-cpp: raw bytes, or its text when the code names an encoding (ECI)."""
    return _zxing(grey, zxingcpp.Binarizer.LocalAverage)


def read_zxing_global(grey: Grey) -> str:
    """zxing-cpp with one threshold for the whole picture: better on even light and thin contrast."""
    return _zxing(grey, zxingcpp.Binarizer.GlobalHistogram)


def read_zbar(grey: Grey) -> str:
    """zbar, ASCII only."""
    if pyzbar is None:
        return ""
    try:
        found = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:
        return ""
    return _ascii(bytes(found[0].data)) if found else ""


def read_opencv(grey: Grey) -> str:
    """OpenCV's own detector, ASCII only."""
    try:
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(grey)
    except (UnicodeDecodeError, cv2.error):
        return ""
    return _ascii(text.encode("utf-8"))


def _attempt(name: str, engine: Engine, view: View, grey: Grey) -> CodeScanned | None:
    text = clean(engine(view(grey)))
    return CodeScanned(text, name) if text else None


def _zxing(grey: Grey, binarizer: zxingcpp.Binarizer) -> str:
    barcode = _middle(_zxing_found(grey, binarizer, zxingcpp.TextMode.HexECI), grey)
    if barcode is None:
        return ""
    data = bytes(barcode.bytes)
    if data.isascii() or not barcode.text.startswith(_NAMES_ITS_ENCODING):
        return decode_bytes(data)
    named = _middle(_zxing_found(grey, binarizer, zxingcpp.TextMode.Plain), grey)
    return "" if named is None else str(named.text)


def _zxing_found(grey: Grey, binarizer: zxingcpp.Binarizer, text_mode: zxingcpp.TextMode) -> list[Any]:
    return zxingcpp.read_barcodes(grey, formats=_QR_ONLY, text_mode=text_mode, binarizer=binarizer)


def _middle(found: list[Any], grey: Grey) -> Any | None:
    """The code whose corner-to-corner middle is nearest to the middle of the picture."""
    height, width = grey.shape[:2]

    def distance(barcode: Any) -> float:
        one, other = barcode.position.top_left, barcode.position.bottom_right
        return float(((one.x + other.x - width) ** 2) + ((one.y + other.y - height) ** 2))

    return min(found, key=distance, default=None)


def _ascii(data: bytes) -> str:
    return data.decode("ascii") if data.isascii() else ""


def _plain(grey: Grey) -> Grey:
    return grey


def _contrast(grey: Grey) -> Grey:
    return _picture(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey))


def _sharp(grey: Grey) -> Grey:
    return _picture(cv2.addWeighted(grey, 2.5, cv2.GaussianBlur(grey, (0, 0), 3), -1.5, 0))


def _soft(grey: Grey) -> Grey:
    """Takes the pixel grid of a telephone's glass and the noise of a dark room away."""
    return _picture(cv2.GaussianBlur(grey, (5, 5), 0))


def _double(grey: Grey) -> Grey:
    return _picture(cv2.resize(shrink(grey, _WORK_SIDE), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def _half(grey: Grey) -> Grey:
    return shrink(grey, max(grey.shape[:2]) // 2)


def _tile(row: int, column: int) -> View:
    """A quarter of the picture and a half more, twice as large: small codes far away."""

    def view(grey: Grey) -> Grey:
        height, width = grey.shape[:2]
        top, left = row * height * 3 // 8, column * width * 3 // 8
        return _double(grey[top : top + height * 5 // 8, left : left + width * 5 // 8])

    return view


def _picture(picture: Any) -> npt.NDArray[np.uint8]:
    """OpenCV's results come untyped."""
    return np.asarray(picture, dtype=np.uint8)


_ATTEMPTS: tuple[tuple[str, Engine, View], ...] = (
    ("zbar", read_zbar, _plain),
    ("zxing", read_zxing, _contrast),
    ("zxing", read_zxing_global, _soft),
    ("zxing", read_zxing, _double),
    ("opencv", read_opencv, _plain),
    ("zxing", read_zxing, _sharp),
    ("zxing", read_zxing, _half),
    ("zbar", read_zbar, _contrast),
    ("zxing", read_zxing, _tile(0, 0)),
    ("zxing", read_zxing, _tile(0, 1)),
    ("zxing", read_zxing, _tile(1, 0)),
    ("zxing", read_zxing, _tile(1, 1)),
    ("zbar", read_zbar, _double),
    ("zbar", read_zbar, _sharp),
)
"""Harder attempts in the order of what they cost for what they find."""

ATTEMPTS = len(_ATTEMPTS)
"""After so many frames a still picture has been tried in every way."""
