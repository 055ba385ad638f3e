"""Text as the search sees it: folded names, their uni- and bigrams, and reversed digits for tails. Pure.

Rule: the builder and the search fold with the same functions; a change here needs a new ``schema.FORMAT``.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

_CODE_POINT = "05x"


def fold(text: str) -> str:
    """Small letters, ASCII instead of full width, nothing but letters and digits: ``王·建国（A）`` becomes ``王建国a``."""
    # Characters of private use are names too: rare ones that the register's own fonts show.
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum() or unicodedata.category(c) == "Co")


def grams(folded: str) -> list[str]:
    """Each single character and each two neighbours, once, as words for the index."""
    points = [format(ord(c), _CODE_POINT) for c in folded]
    return list(dict.fromkeys([*points, *(a + b for a, b in pairwise(points))]))


def query_grams(folded: str) -> list[str]:
    """The words that every text containing ``folded`` has: its bigrams, or the one character."""
    points = [format(ord(c), _CODE_POINT) for c in folded]
    return points if len(points) == 1 else list(dict.fromkeys(a + b for a, b in pairwise(points)))


def tail(text: str) -> str:
    """A phone or a code turned round, so that its last characters become a prefix: ``0354-123`` becomes ``3214530``."""
    return fold(text)[::-1]
