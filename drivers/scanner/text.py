"""From the bytes of a code to text that may be shown, stored and compared.

Rules: strict UTF-8, else strict GB18030, else Latin-1 (each byte one character, nothing lost); control, format and line-break characters
are stripped, so a code can neither command a printer nor turn a line round; at most ``MAX_CHARACTERS`` remain.
"""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 4296
"""The longest alphanumeric text a QR code can carry."""

_STRIPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def decode_bytes(data: bytes) -> str:
    """Read bytes that do not say their encoding."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def clean(text: str) -> str:
    """Strip what nobody can see and cut to the longest text allowed."""
    return "".join(character for character in text[: 2 * MAX_CHARACTERS] if unicodedata.category(character) not in _STRIPPED)[
        :MAX_CHARACTERS
    ]
