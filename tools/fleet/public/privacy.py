"""What may be shown of a telephone, and what is taken out of strangers' words.

Source of the shape of an ID number: GB 11643 (17 digits and a digit or X); older ones have 15 digits.
"""

from __future__ import annotations

import re

_ID = re.compile(r"(?<!\d)\d{17}[\dXx]|(?<!\d)\d{15}(?!\d)")
_LONG = re.compile(r"(?:\+?\d[\d \-－—]{5,}\d[Xx]?)|[\w.+-]+@[\w-]+\.\w+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


def masked(phone: str) -> str:
    """The four digits before the last four become stars: ``138****0417``; what is shorter keeps only its last four."""
    places = [at for at, one in enumerate(phone) if one.isdigit()]
    hidden = set(places[max(0, len(places) - 8) : max(0, len(places) - 4)])
    return "".join("*" if at in hidden else one for at, one in enumerate(phone))


def without_ids(text: str) -> str:
    """The text with every ID number blotted out: none belongs here, whatever was typed into a name."""
    return _ID.sub(lambda found: "*" * len(found[0]), text)


def scrubbed(words: str, most: int, instead: str) -> str:
    """A stranger's words for others to read: no telephone, ID number or mail address, no control characters, ``most`` characters at most."""
    plain = _CONTROL.sub(" ", words.translate(_WIDE)).strip()
    return _LONG.sub(instead, plain)[:most]
