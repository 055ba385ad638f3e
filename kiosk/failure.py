"""``python -m kiosk.failure [--station FILE] [--seconds N]``: a card with the station's phone number on the console, when the app cannot start.

It needs nothing of what may have failed: no Kivy, no GL, no ledger, not even a whole station file. It is drawn into the frame buffer, because the
console's own font has no Chinese; where there is no frame buffer, one plain line stands on the console.
Source: Documentation/fb/api.rst of the kernel (packed pixels, line length), /sys/class/graphics/fbN.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from kiosk.label.text import Style, font_book
from kiosk.texts import Texts

DEFAULT_STATION = Path("/etc/kiosk/station.toml")
_SYSTEM = Path("/sys/class/graphics/fb0")
_DEVICE = Path("/dev/fb0")
_NO_CURSOR = "\x1b[?25l\x1b[2J\x1b[H"
_PAPER, _INK, _RED = (250, 248, 242), (33, 37, 41), (176, 42, 34)
_MARGIN = 0.06
_LEAST_PX = 12


@dataclass(frozen=True, slots=True)
class Station:
    """What can be read of the station file; "" for what cannot."""

    name: str = ""
    terminal: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class FrameBuffer:
    """Packed pixels: size in pixels, bytes from row to row, bits a pixel (32: XRGB, 16: RGB565, both little-endian)."""

    width: int
    height: int
    stride: int
    bits: int


def read_station(path: Path) -> Station:
    """Never fails: a card without a number is better than none."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8")).get("station", {})
    except (OSError, ValueError):
        return Station()
    found = {name: raw.get(name, "") for name in ("name", "terminal", "phone")} if isinstance(raw, dict) else {}
    return Station(**{name: value for name, value in found.items() if isinstance(value, str)})


def read_frame_buffer(folder: Path = _SYSTEM) -> FrameBuffer | None:
    """The console's frame buffer, None where there is none that we can write."""
    try:
        width, height = (int(part) for part in (folder / "virtual_size").read_text(encoding="ascii").split(","))
        found = FrameBuffer(
            width, height, *(int((folder / name).read_text(encoding="ascii")) for name in ("stride", "bits_per_pixel"))
        )
    except (OSError, ValueError):
        return None
    return found if found.bits in (16, 32) and found.stride >= width * found.bits // 8 else None


def card(station: Station, width: int, height: int, texts: Texts) -> Image.Image:
    """The card in the size of the screen: what happened, whom to call, and that nothing is lost."""
    facts = [("phone", station.phone), ("station", station.name), ("terminal", station.terminal)]
    lines = [
        ("failure.title", 0.085, _INK, True),
        ("failure.call" if station.phone else "failure.ask", 0.12, _RED, True),
        ("failure.safe", 0.055, _INK, False),
        ("failure.again", 0.055, _INK, False),
    ]
    if station.name or station.terminal:
        lines.append(("failure.who", 0.04, _INK, False))
    image = Image.new("RGB", (width, height), _PAPER)
    room, y = width * (1 - 2 * _MARGIN), height * 0.14
    for text_id, share, colour, bold in lines:
        text, style = texts.get(text_id, facts), Style(max(_LEAST_PX, round(min(width, height) * share)), bold)
        while font_book().length(text, style) > room and style.size_px > _LEAST_PX:
            style = Style(style.size_px - 2, bold)
        alpha = font_book().render_alpha(text, style, max_width=int(room))
        mask = Image.frombytes("L", (alpha.width, alpha.height), alpha.data)
        image.paste(colour, (round((width - alpha.width) / 2), round(y)), mask)
        y += alpha.height + height * 0.055
    return image


def packed(image: Image.Image, target: FrameBuffer) -> bytes:
    """The picture as bytes of the frame buffer."""
    pixels = np.asarray(image, dtype=np.uint16)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    if target.bits == 16:
        rows = ((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3).astype("<u2").view(np.uint8).reshape(target.height, -1)
    else:
        rows = np.stack((blue, green, red, np.zeros_like(red)), axis=-1).astype(np.uint8).reshape(target.height, -1)
    whole = np.zeros((target.height, target.stride), dtype=np.uint8)
    whole[:, : rows.shape[1]] = rows
    return whole.tobytes()


def show(station: Station, texts: Texts, system: Path = _SYSTEM, device: Path = _DEVICE) -> bool:
    """Put the card on the console; False where only the plain line could be written."""
    facts = [("phone", station.phone or "-"), ("terminal", station.terminal or "-")]
    sys.stdout.write(_NO_CURSOR + texts.get("failure.plain", facts) + "\n")
    sys.stdout.flush()
    target = read_frame_buffer(system)
    if target is None:
        return False
    try:
        with device.open("r+b", buffering=0) as screen:
            screen.write(packed(card(station, target.width, target.height, texts), target))
    except OSError as err:
        print(f"{device}: {err}", file=sys.stderr)  # noqa: T201 - for the journal: the log belongs to the app
        return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Show it for a while; whoever started us tries the app again afterwards."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.failure", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    parser.add_argument("--seconds", type=float, default=300.0)
    chosen = parser.parse_args(arguments)
    show(read_station(chosen.station), Texts.load("failure"))
    time.sleep(chosen.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
