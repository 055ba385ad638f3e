"""Text for paper and glass: one chain of fonts, character by character, so that no name ever turns into boxes.

Rules: Simplified Chinese faces first (Debian's collections hold Japanese first: index 2 is SC), Hanazono for Extension B and later; a character no
font has is drawn as its code in a frame and reported by ``missing``. Sizes are pixels of the em box; a Hanzi fills about 0.92 of it.
Line breaks follow Chinese rules: no line begins with closing punctuation or ends with opening punctuation; numbers and words stay whole.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_NOTO = Path("/usr/share/fonts/opentype/noto")
_HANAZONO = Path("/usr/share/fonts/truetype/hanazono")
REGULAR_CHAIN = ((_NOTO / "NotoSansCJK-Regular.ttc", 2), (_HANAZONO / "HanaMinA.ttf", 0), (_HANAZONO / "HanaMinB.ttf", 0))
BOLD_CHAIN = ((_NOTO / "NotoSansCJK-Bold.ttc", 2), (_HANAZONO / "HanaMinA.ttf", 0), (_HANAZONO / "HanaMinB.ttf", 0))

BASELINE = 0.88
"""Where the baseline lies in the em box of a CJK font, from its top."""

HANZI_HEIGHT = 0.92
"""Height of a full Hanzi as a part of the em."""

_NOT_FIRST = frozenset("，。、；：！？）》」』】〕”’…—·%‰℃,.;:!?)]}~/")
_NOT_LAST = frozenset("（《「『【〔“‘([{")
_PROBE_PX = 24
_UNASSIGNED = "\U0010fffe"
_MAX_FONTS = 8
"""Open faces kept. Each maps the 20 MB collection anew, and what it touched counts as resident memory (about 5 MB a face)."""
_REFERENCE_PX = 64
_MAX_ADVANCES = 4_000


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks: em size in pixels and weight. ``rough`` measures by one reference size, within a pixel a character, and opens no face."""

    size_px: int
    bold: bool = False
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Alpha:
    """Rendered text: 8-bit coverage, rows top down. ``fits`` is False when lines had to be left out (an ellipsis shows it)."""

    width: int
    height: int
    data: bytes
    lines: int
    fits: bool


class FontBook:
    """Measures, wraps and draws. Safe to use from several threads (FreeType faces are guarded)."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._fonts: OrderedDict[tuple[Path, int, int], ImageFont.FreeTypeFont] = OrderedDict()
        self._covered: dict[tuple[str, bool], int] = {}
        self._blank: dict[tuple[Path, int], bytes] = {}
        self._advances: dict[Style, dict[str, float]] = {}

    def length(self, text: str, style: Style) -> float:
        """Width in pixels of one line."""
        # Basic layout has no kerning for these fonts: a line is as long as its characters (a test compares).
        with self._lock:
            known = self._advances.setdefault(style, {})
            try:
                return sum(map(known.__getitem__, text))
            except KeyError:
                return sum([self._advance(character, style) for character in text])

    def forget_measured(self) -> None:
        """Measure every character anew from now on."""
        with self._lock:
            self._advances.clear()

    def learn(self, characters: Iterable[str]) -> None:
        """Find out which font draws each of them before somebody waits for it."""
        for character in characters:
            for bold in (False, True):
                self._link(character, bold)
        with self._lock:
            # Looking at every glyph left most of two collections resident.
            for key in [key for key in self._fonts if key[2] == _PROBE_PX]:
                del self._fonts[key]

    def missing(self, text: str) -> str:
        """Characters that no font of the chain has."""
        return "".join(sorted({c for c in text if self._link(c, False) < 0}))

    def wrap(self, text: str, style: Style, max_width_px: float) -> list[str]:
        """Break into lines no wider than ``max_width_px`` (a single character may be wider)."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += self._wrap_paragraph(paragraph, style, max_width_px)
        return lines

    def draw(self, draw: ImageDraw.ImageDraw, x: float, y: float, text: str, style: Style, fill: int = 255) -> None:
        """Draw one line into an "L" picture with the top of its em box at ``y``."""
        with self._lock:
            baseline = y + BASELINE * style.size_px
            for link, run in self._runs(text, style.bold):
                font = self._font(link, style)
                if link < 0:
                    x += self._draw_missing(draw, x, y, run, style, fill)
                    continue
                draw.text((x, baseline), run, fill=fill, font=font, anchor="ls")
                x += font.getlength(run)

    def render_alpha(
        self,
        text: str,
        style: Style,
        *,
        max_width: int | None = None,
        max_lines: int | None = None,
        align: str = "left",
        line_spacing: float = 1.35,
    ) -> Alpha:
        """Render wrapped text to coverage. ``align`` is left, center or right; lines beyond ``max_lines`` end in an ellipsis."""
        lines = self.wrap(text, style, max_width) if max_width is not None else text.split("\n")
        fits = max_lines is None or len(lines) <= max_lines
        if not fits and max_lines is not None:
            lines = self._ellipsized(lines[:max_lines], style, max_width)
        widths = [self.length(line, style) for line in lines]
        pitch = round(style.size_px * line_spacing)
        width = max_width if max_width is not None and align != "left" else max(1, int(max(widths, default=0)) + 2)
        height = max(1, pitch * (len(lines) - 1) + round(style.size_px * 1.18))
        image = Image.new("L", (width, height), 0)
        canvas = ImageDraw.Draw(image)
        for row, (line, line_width) in enumerate(zip(lines, widths, strict=True)):
            free = width - line_width
            x = 0.0 if align == "left" else free / 2 if align == "center" else free
            self.draw(canvas, max(0.0, x), row * pitch, line, style)
        wide = max_width is not None and any(line_width > max_width + 1 for line_width in widths)
        return Alpha(width, height, image.tobytes(), len(lines), fits and not wide)

    def wrap_evenly(self, text: str, style: Style, max_width_px: float) -> list[str]:
        """As few lines as ``wrap`` makes, but of about the same length: no line with one last character."""
        lines = self.wrap(text, style, max_width_px)
        low, high = max_width_px / 2, max_width_px
        while len(lines) > 1 and high - low > 1:
            middle = (low + high) / 2
            tried = self.wrap(text, style, middle)
            if len(tried) > len(lines) or any(self.length(line, style) > max_width_px for line in tried):
                low = middle
            else:
                lines, high = tried, middle
        return lines

    def _advance(self, character: str, style: Style) -> float:
        known = self._advances.setdefault(style, {})
        advance = known.get(character)
        if advance is None:
            if len(known) >= _MAX_ADVANCES:
                known.clear()
            if style.rough:
                advance = self._advance(character, Style(_REFERENCE_PX, style.bold)) * style.size_px / _REFERENCE_PX
            else:
                advance = self._font(self._link(character, style.bold), style).getlength(character)
            known[character] = advance
        return advance

    def _ellipsized(self, lines: list[str], style: Style, max_width: int | None) -> list[str]:
        last = lines[-1]
        while last and max_width is not None and self.length(last + "…", style) > max_width:
            last = last[:-1]
        return [*lines[:-1], last + "…"]

    def _wrap_paragraph(self, paragraph: str, style: Style, max_width_px: float) -> list[str]:
        if self.length(paragraph, style) <= max_width_px:
            return [paragraph]
        lines: list[str] = []
        current = ""
        for piece in _pieces(paragraph):
            if not current or self.length(current + piece, style) <= max_width_px:
                current += piece
                continue
            head, carried = current, ""
            # Never begin a line with closing punctuation, never end one with opening punctuation.
            while len(head) > 1 and ((carried + piece)[0] in _NOT_FIRST or head[-1] in _NOT_LAST):
                head, carried = head[:-1], head[-1] + carried
            lines.append(head.rstrip())
            current = (carried + piece).lstrip()
        lines.append(current)
        return [part for line in lines for part in self._hard_break(line, style, max_width_px)] or [""]

    def _hard_break(self, line: str, style: Style, max_width_px: float) -> list[str]:
        """A word longer than the line is broken anywhere."""
        parts: list[str] = []
        while len(line) > 1 and self.length(line, style) > max_width_px:
            cut = len(line) - 1
            while cut > 1 and self.length(line[:cut], style) > max_width_px:
                cut -= 1
            parts.append(line[:cut])
            line = line[cut:]
        return [*parts, line]

    def _runs(self, text: str, bold: bool) -> list[tuple[int, str]]:
        return [(link, "".join(run)) for link, run in groupby(text, key=lambda c: self._link(c, bold))]

    def _link(self, character: str, bold: bool) -> int:
        """Which font of the chain draws this character; -1 for none."""
        key = (character, bold)
        link = self._covered.get(key)
        if link is None:
            with self._lock:
                link = next((i for i in range(3) if self._has(i, character, bold)), -1)
                self._covered[key] = link
        return link

    def _has(self, link: int, character: str, bold: bool) -> bool:
        if character.isspace() or character == "\u3000":
            return link == 0
        font = self._font(link, Style(_PROBE_PX, bold))
        path = (BOLD_CHAIN if bold else REGULAR_CHAIN)[link]
        blank = self._blank.get(path)
        if blank is None:
            blank = self._blank[path] = bytes(font.getmask(_UNASSIGNED))
        return bytes(font.getmask(character)) != blank

    def _font(self, link: int, style: Style) -> ImageFont.FreeTypeFont:
        path, index = (BOLD_CHAIN if style.bold else REGULAR_CHAIN)[max(0, link)]
        key = (path, index, style.size_px)
        font = self._fonts.get(key)
        if font is None:
            font = ImageFont.truetype(str(path), style.size_px, index=index, layout_engine=ImageFont.Layout.BASIC)
            self._fonts[key] = font
            if len(self._fonts) > _MAX_FONTS:
                self._fonts.popitem(last=False)
        else:
            self._fonts.move_to_end(key)
        return font

    def _draw_missing(self, draw: ImageDraw.ImageDraw, x: float, y: float, run: str, style: Style, fill: int) -> float:
        """A frame with the character's code: ugly, honest, and never an empty box."""
        size = style.size_px
        small = ImageFont.truetype(str(REGULAR_CHAIN[0][0]), max(6, size // 3), index=2)
        for position, character in enumerate(run):
            left = x + position * size
            draw.rectangle((left + 1, y + 1, left + size - 2, y + size - 2), outline=fill)
            code = f"{ord(character):06X}"
            draw.text((left + 2, y + size * 0.08), code[:3], fill=fill, font=small)
            draw.text((left + 2, y + size * 0.5), code[3:], fill=fill, font=small)
        return float(len(run) * size)


def _pieces(paragraph: str) -> list[str]:
    """Unbreakable pieces: runs of ASCII letters and digits, everything else character by character."""
    pieces: list[str] = []
    for is_word, run in groupby(paragraph, key=lambda c: c.isascii() and (c.isalnum() or c in "-_.+*/:")):
        words = "".join(run)
        pieces += [words] if is_word else list(words)
    return pieces


@lru_cache(maxsize=1)
def font_book() -> FontBook:
    """The shared book of this process."""
    return FontBook()


@lru_cache(maxsize=1)
def font_digest() -> str:
    """SHA-256 over the font files in use: stored with each label, so that a reprint can be the same picture."""
    digest = hashlib.sha256()
    for path, index in dict.fromkeys((*REGULAR_CHAIN, *BOLD_CHAIN)):
        digest.update(f"{path.name}:{index}:{path.stat().st_size}".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
