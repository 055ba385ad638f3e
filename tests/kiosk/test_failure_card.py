"""The card of a terminal that cannot start: an outsider reads the phone number off the frame buffer, whatever is wrong with the station file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kiosk.failure import FrameBuffer, Station, card, packed, read_frame_buffer, read_station, show
from kiosk.texts import Texts

STATION = Station("太谷区明星镇农产品服务站", "1407030031", "0354-6220417")


def a_frame_buffer(folder: Path, width: int, height: int, bits: int, spare: int = 0) -> tuple[Path, Path]:
    stride = width * bits // 8 + spare
    for name, text in (("virtual_size", f"{width},{height}"), ("stride", str(stride)), ("bits_per_pixel", str(bits))):
        (folder / name).write_text(f"{text}\n", encoding="ascii")
    device = folder / "fb0"
    device.write_bytes(bytes(stride * height))
    return folder, device


def seen(data: bytes, target: FrameBuffer) -> Image.Image:
    """What an eye before the screen sees."""
    rows = np.frombuffer(data, dtype=np.uint8).reshape(target.height, target.stride)[:, : target.width * target.bits // 8]
    if target.bits == 32:
        return Image.fromarray(np.ascontiguousarray(rows.reshape(target.height, target.width, 4)[..., 2::-1]))
    words = np.ascontiguousarray(rows).view("<u2")
    channels = [(words >> 11 & 31) << 3, (words >> 5 & 63) << 2, (words & 31) << 3]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def read_by_an_outsider(picture: Image.Image, folder: Path) -> str:
    file = folder / "seen.png"
    picture.convert("L").save(file)
    done = subprocess.run(["tesseract", str(file), "-", "--psm", "6", "-l", "chi_sim"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split())


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
@pytest.mark.parametrize(("width", "height", "bits", "spare"), [(1280, 800, 32, 0), (1080, 1920, 32, 64), (1024, 600, 16, 32)])
def test_the_phone_number_stands_on_the_screen(tmp_path: Path, width: int, height: int, bits: int, spare: int) -> None:
    system, device = a_frame_buffer(tmp_path, width, height, bits, spare)
    assert show(STATION, Texts.load("failure"), system, device)
    target = read_frame_buffer(system)
    assert target is not None
    text = read_by_an_outsider(seen(device.read_bytes(), target), tmp_path)
    assert "0354-6220417" in text and "没有启动成功" in text and "1407030031" in text


@pytest.mark.parametrize("bits", [16, 32])
def test_pixels_are_those_of_the_card(bits: int) -> None:
    picture = card(STATION, 320, 240, Texts.load("failure"))
    target = FrameBuffer(320, 240, 320 * bits // 8 + 12, bits)
    difference = np.abs(np.asarray(picture, dtype=int) - np.asarray(seen(packed(picture, target), target), dtype=int))
    assert difference.max() <= (7 if bits == 16 else 0)


@pytest.mark.parametrize("content", [None, b"", b"[station", b"\xff", b"station = 3", b"[station]\nphone = 7\nname = []\n"])
def test_a_station_file_that_cannot_be_read_still_gives_a_card(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "station.toml"
    if content is not None:
        file.write_bytes(content)
    assert read_station(file) == Station()
    assert card(read_station(file), 640, 480, Texts.load("failure")).getbbox() is not None


def test_a_file_with_a_wrong_key_elsewhere_still_gives_the_number(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text('[station]\nphone = "0354-6220417"\nnmae = "x"\n[printer]\nprofile = 3\n', encoding="utf-8")
    assert read_station(file).phone == "0354-6220417"


def test_without_a_frame_buffer_the_console_says_it_in_plain_letters(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text('[station]\nphone = "0354-6220417"\nterminal = "1407030031"\n', encoding="utf-8")
    command = [sys.executable, "-m", "kiosk.failure", "--station", str(file), "--seconds", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert "TEL 0354-6220417" in done.stdout and "1407030031" in done.stdout
    assert read_frame_buffer(tmp_path) is None
