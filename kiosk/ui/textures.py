"""Pictures for the screen: text, icons, emoji, bitmaps, as cached textures. All text goes through the label's font chain: no boxes, ever."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from kivy.graphics.texture import Texture
from PIL import Image, ImageDraw, ImageFont

from kiosk.label.text import Alpha, Style, font_book
from kiosk.session.events import CameraFrame, Picture

_ICON_FONT = Path("/usr/share/fonts/truetype/material-design-icons-iconfont/MaterialIcons-Regular.ttf")
_EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
_EMOJI_SIZE = 109
_MOST_PIXELS = 3_000_000
"""Of cached texts: 12 MB as RGBA."""
LINE_SPACING = 1.34
"""Distance of lines as a part of the em: at least 1.3 for Hanzi."""

ICONS = {
    "person": "\ue7fd",
    "card": "\ue870",
    "phone": "\ue0cd",
    "search": "\ue8b6",
    "help": "\ue887",
    "check": "\ue5ca",
    "check_circle": "\ue86c",
    "back": "\ue5c4",
    "speaker": "\ue050",
    "close": "\ue5cd",
    "plus": "\ue145",
    "minus": "\ue15b",
    "edit": "\ue3c9",
    "print": "\ue8ad",
    "warning": "\ue002",
    "error": "\ue000",
    "right": "\ue5cc",
    "left": "\ue5cb",
    "erase": "\ue14a",
    "camera": "\ue3b0",
    "list": "\ue8ef",
    "delete": "\ue872",
    "place": "\ue55f",
    "lock": "\ue897",
    "shield": "\ue8e8",
    "text": "\ue262",
    "refresh": "\ue5d5",
    "block": "\ue14b",
    "info": "\ue88e",
    "scan": "\ue8b6",
    "key": "\ue0da",
    "store": "\ue8d1",
    "history": "\ue889",
    "blank": "\ue835",
    "ticked": "\ue834",
    "radio_on": "\ue837",
    "swap": "\ue8d4",
    "scale": "\ue1b7",
    "zoom": "\ue8ff",
    "radio_off": "\ue836",
    "basket": "\ue8cb",
    "pause": "\ue034",
}


@dataclass(frozen=True, slots=True)
class TextLook:
    """A rendered text: its texture (white with alpha) and whether all of it is there."""

    texture: Texture
    width: int
    height: int
    lines: int
    fits: bool


class _Cache:
    """Least recently used textures, bounded by their pixels."""

    def __init__(self, most_pixels: int) -> None:
        self._items: OrderedDict[tuple[object, ...], TextLook] = OrderedDict()
        self._most_pixels = most_pixels
        self._pixels = 0

    def get(self, key: tuple[object, ...]) -> TextLook | None:
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: tuple[object, ...], item: TextLook) -> None:
        self._items[key] = item
        self._pixels += item.width * item.height
        while self._pixels > self._most_pixels and len(self._items) > 1:
            self._drop(next(iter(self._items)))

    def keep_only(self, texts: Container[str]) -> None:
        """Drop every text that is not one of ``texts``."""
        for key in [key for key in self._items if key[0] not in texts]:
            self._drop(key)

    def _drop(self, key: tuple[object, ...]) -> None:
        gone = self._items.pop(key)
        self._pixels -= gone.width * gone.height


_CACHE = _Cache(_MOST_PIXELS)


def forget_texts(but: Container[str] = ()) -> None:
    """Drop all cached texts except ``but``: after a visit no name stays in memory as a picture, while our own sentences may."""
    _CACHE.keep_only(but)


def text_look(
    text: str, size_px: int, *, bold: bool = False, max_width: int | None = None, max_lines: int | None = None, align: str = "left"
) -> TextLook:
    """Render (or find) a text."""
    key = (text, size_px, bold, max_width, max_lines, align)
    look = _CACHE.get(key)
    if look is None:
        alpha = font_book().render_alpha(
            text, Style(size_px, bold), max_width=max_width, max_lines=max_lines, align=align, line_spacing=LINE_SPACING
        )
        look = TextLook(_texture_of(alpha), alpha.width, alpha.height, alpha.lines, alpha.fits)
        _CACHE.put(key, look)
    return look


def _texture_of(alpha: Alpha) -> Texture:
    pixels = np.full((alpha.height, alpha.width, 2), 255, dtype=np.uint8)
    pixels[..., 1] = np.frombuffer(alpha.data, dtype=np.uint8).reshape(alpha.height, alpha.width)
    return upload(pixels, "luminance_alpha")


def upload(pixels: np.ndarray, colorfmt: str = "rgba") -> Texture:
    """A texture of pixels (rows top down); ``luminance_alpha`` takes half the memory where there is no colour."""
    height, width = pixels.shape[:2]
    texture = Texture.create(size=(width, height), colorfmt=colorfmt)
    texture.blit_buffer(np.ascontiguousarray(pixels[::-1]).tobytes(), colorfmt=colorfmt, bufferfmt="ubyte")
    texture.min_filter = "linear"
    texture.mag_filter = "linear"
    return texture


@lru_cache(maxsize=128)
def icon_texture(name: str, size_px: int) -> Texture:
    """An icon of the icon font, white with alpha."""
    font = ImageFont.truetype(str(_ICON_FONT), size_px)
    image = Image.new("L", (size_px, size_px), 0)
    ImageDraw.Draw(image).text((size_px / 2, size_px / 2), ICONS[name], fill=255, font=font, anchor="mm")
    return _texture_of(Alpha(size_px, size_px, image.tobytes(), 1, True))


@lru_cache(maxsize=64)
def emoji_texture(character: str, size_px: int) -> Texture:
    """A colour picture of a product."""
    return upload(np.asarray(_emoji(character).resize((size_px, size_px), Image.Resampling.LANCZOS)))


@lru_cache(maxsize=256)
def _emoji(character: str) -> Image.Image:
    """The picture as the font has it. Safe on any thread."""
    image = Image.new("RGBA", (136, 136), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((68, 68), character, font=_emoji_font(), embedded_color=True, anchor="mm")
    return image


@lru_cache(maxsize=1)
def _emoji_font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_EMOJI_FONT), _EMOJI_SIZE)


def warm_pictures(characters: Iterable[str]) -> None:
    """Have pictures ready before somebody waits for them. Any thread may call it."""
    for character in characters:
        _emoji(character)


def bitmap_texture(picture: Picture, scale: int = 1) -> Texture:
    """A 1-bit picture, black on white, each dot ``scale`` pixels, drawn without smoothing when enlarged."""
    stride = (picture.width_dots + 7) // 8
    rows = np.frombuffer(picture.data, dtype=np.uint8).reshape(picture.height_dots, stride)
    dots = np.unpackbits(rows, axis=1)[:, : picture.width_dots]
    grey = np.where(dots == 1, 16, 255).astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    return upload(pixels)


def paper_texture(picture: Picture, width_px: int, height_px: int) -> Texture:
    """A 1-bit picture at exactly this size, black on white: small letters stay letters where they are drawn smaller than they burn."""
    stride = (picture.width_dots + 7) // 8
    rows = np.frombuffer(picture.data, dtype=np.uint8).reshape(picture.height_dots, stride)
    dots = np.unpackbits(rows, axis=1)[:, : picture.width_dots]
    grey = Image.fromarray(np.where(dots == 1, 16, 255).astype(np.uint8))
    sized = np.asarray(grey.resize((width_px, height_px), Image.Resampling.LANCZOS))
    return upload(np.dstack([sized, sized, sized, np.full_like(sized, 255)]))


def modules_texture(modules: tuple[tuple[bool, ...], ...]) -> Texture:
    """A QR with its quiet zone, one pixel a module (enlarge with ``nearest``)."""
    black = np.pad(np.array(modules, dtype=bool), 4)
    grey = np.where(black, 12, 255).astype(np.uint8)
    texture = upload(np.dstack([grey, grey, grey, np.full_like(grey, 255)]))
    texture.mag_filter = "nearest"
    texture.min_filter = "nearest"
    return texture


class CameraTexture:
    """One texture for all preview pictures of the same size: nothing is made anew for each frame."""

    def __init__(self) -> None:
        self.texture: Texture | None = None

    def show(self, frame: CameraFrame) -> Texture:
        """Blit a frame (rows top down)."""
        if self.texture is None or self.texture.size != (frame.width, frame.height):
            self.texture = Texture.create(size=(frame.width, frame.height), colorfmt="rgb")
            self.texture.flip_vertical()
        self.texture.blit_buffer(frame.rgb, colorfmt="rgb", bufferfmt="ubyte")
        return self.texture
