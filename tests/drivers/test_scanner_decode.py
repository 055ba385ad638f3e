"""The decoding cascade on drawn codes: our label's shape, encodings, hostile payloads, bad pictures, failing engines."""

import random
import unicodedata

import cv2
import numpy as np
import pytest
import qrcode
import qrcode.util
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner import decode
from drivers.scanner.decode import ATTEMPTS, Cascade, read_opencv, read_zbar, read_zxing
from drivers.scanner.text import MAX_CHARACTERS, clean, decode_bytes
from drivers.virtual.camera import Look, VirtualCamera, code_picture

LABEL = "https://hgz.cn/" + "".join(random.Random(7).choice("0123456789") for _ in range(241))
CHINESE = "承诺达标合格证"


def read(picture) -> str | None:
    cascade = Cascade()
    for _ in range(ATTEMPTS):
        found = cascade.decode(picture)
        if found is not None:
            return found.text
    return None


@pytest.fixture
def camera(tmp_path) -> VirtualCamera:
    return VirtualCamera(tmp_path)


def grey(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def test_the_code_of_our_label_is_version_seven_and_read_by_the_first_engine():
    picture = code_picture(LABEL, 4)
    assert picture.shape == ((45 + 8) * 4,) * 2
    assert Cascade().decode(picture).engine == "zxing"
    assert read(picture) == LABEL


@pytest.mark.parametrize("engine", [read_zxing, read_zbar, read_opencv])
def test_every_engine_reads_the_code_of_our_label(engine):
    assert engine(code_picture(LABEL, 4)) == LABEL


@pytest.mark.parametrize(
    "look",
    [
        Look(dots=4),
        Look(dots=3),
        Look(dots=4, tilt_deg=20),
        Look(dots=4, tilt_deg=200, perspective=0.2),
        Look(dots=4, blur=2.0),
        Look(dots=4, noise=40),
        Look(dots=4, light=0.08, noise=3),
        Look(dots=4, glare=0.8),
        Look(dots=4, inverted=True),
        Look(dots=4, tilt_deg=15, blur=1.0, noise=20, glare=0.3),
    ],
    ids=str,
)
def test_our_label_on_a_telephone_is_read(camera, look):
    assert read(grey(camera.show(LABEL, look))) == LABEL


def test_harder_attempts_find_what_the_first_does_not(camera):
    picture = grey(camera.show(LABEL, Look(dots=4, blur=2.0)))
    assert read_zxing(picture) == ""
    assert read(picture) == LABEL


def test_the_code_nearest_to_the_middle_is_meant():
    one, other = code_picture("https://one.cn/", 5), code_picture("https://two.cn/", 5)
    picture = np.full((600, 1000), 255, np.uint8)
    picture[20 : 20 + one.shape[0], 20 : 20 + one.shape[1]] = one
    picture[200 : 200 + other.shape[0], 420 : 420 + other.shape[1]] = other
    assert read(picture) == "https://two.cn/"


def test_an_empty_scene_holds_no_code(camera):
    camera.clear()
    assert read(np.full((720, 1280), 120, np.uint8)) is None


class RawSegment:
    """A segment of a mode that the drawing library does not know."""

    def __init__(self, mode: int, count: int, numbers: list[int]) -> None:
        self.mode, self._count, self._numbers = mode, count, numbers

    def __len__(self) -> int:
        return self._count

    def write(self, buffer) -> None:
        for number in self._numbers:
            buffer.put(number, 13)


def drawn(monkeypatch, *segments) -> np.ndarray:
    known = qrcode.util.length_in_bits
    widths = {7: 8, 13: 12}
    monkeypatch.setattr(qrcode.util, "length_in_bits", lambda mode, version: widths.get(mode) or known(mode, version))
    code = qrcode.QRCode(version=5)
    code.data_list = list(segments)
    code.make(fit=False)
    return np.kron(np.where(code.get_matrix(), 0, 255).astype(np.uint8), np.ones((5, 5), np.uint8))


def test_gb18030_bytes_are_read_as_chinese(monkeypatch):
    picture = code_picture(CHINESE.encode("gb18030"), 5)
    assert read(picture) == CHINESE
    monkeypatch.setattr(decode, "read_zxing", lambda grey: "")
    assert read_zbar(picture) == "", "zbar guesses another encoding: nothing is better than a wrong name"
    assert read_opencv(picture) == ""


def test_utf8_bytes_are_read_as_chinese():
    assert read(code_picture(CHINESE.encode(), 5)) == CHINESE


def test_a_code_that_names_its_encoding_is_believed(monkeypatch):
    encoded = qrcode.util.QRData("é合格".encode("gb18030"), mode=qrcode.util.MODE_8BIT_BYTE)
    assert read(drawn(monkeypatch, RawSegment(7, 32, []), encoded)) == "é合格"
    latin = qrcode.util.QRData(bytes([0xC3, 0xA9]), mode=qrcode.util.MODE_8BIT_BYTE)
    assert read(drawn(monkeypatch, RawSegment(7, 3, []), latin)) == "Ã©"


def test_hanzi_mode_is_read_and_survived_by_the_others(monkeypatch):
    numbers = []
    for character in CHINESE:
        high, low = character.encode("gb2312")
        numbers.append((high - 0xA1 if high < 0xB0 else high - 0xA6) * 0x60 + low - 0xA1)
    picture = drawn(monkeypatch, RawSegment(13, 0x100 | len(numbers), numbers))
    assert read(picture) == CHINESE
    assert read_opencv(picture) == ""
    assert read_zbar(picture) == ""


def test_binary_is_told_byte_by_byte_without_its_controls():
    assert read(code_picture(bytes([0x80, 0x91, 0xA2, 0xB3, 0x00, 0xFF]), 5)) == "¢³ÿ"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("\x10\x14\x01https://a.cn/\x1bp\x00", "https://a.cn/p"),
        ("]Q1https://a.cn/", "]Q1https://a.cn/"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("line\r\nline\u2028line", "linelineline"),
    ],
)
def test_hostile_payloads_lose_what_nobody_sees(payload, text):
    assert read(code_picture(payload.encode(), 5)) == text


def test_a_code_of_nothing_but_controls_is_no_code():
    assert read(code_picture(b"\x10\x14\x01", 5)) is None


def test_the_longest_code_is_cut_to_the_limit():
    picture = code_picture("7" * 5596, 3)
    assert read(picture) == "7" * MAX_CHARACTERS


def test_engines_that_fail_in_their_own_way_have_read_nothing(monkeypatch):
    def fails(error: Exception):
        def call(*args, **kwargs):
            raise error

        return call

    picture = code_picture(LABEL, 4)
    monkeypatch.setattr(decode.pyzbar, "decode", fails(ValueError("999 is not a valid ZBarSymbol")))
    assert read_zbar(picture) == ""
    for error in [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), cv2.error("x")]:

        class Detector:
            detectAndDecode = staticmethod(fails(error))

        monkeypatch.setattr(decode.cv2, "QRCodeDetector", Detector)
        assert read_opencv(picture) == ""
    monkeypatch.setattr(decode, "pyzbar", None)
    assert read_zbar(picture) == ""
    assert read(picture) == LABEL


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (21, 21), (3000, 4000)])
def test_pictures_of_any_size_are_survived(shape):
    cascade = Cascade()
    picture = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)
    for _ in range(ATTEMPTS if shape[0] < 100 else 2):
        assert cascade.decode(picture) is None


@given(st.binary(max_size=200))
def test_any_bytes_become_text(data):
    text = decode_bytes(data)
    assert len(text) <= len(data)
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in clean(text))


@given(st.text(max_size=50))
def test_text_written_in_utf8_comes_back(text):
    assert decode_bytes(text.encode()) == text
