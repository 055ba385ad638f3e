"""Pinyin initials of names. Only where directories are built: pypinyin costs 0.2 s and 55 MB, so it is imported on first use.

Rule: people type what they say. A surname with several readings (单 shan, chan, dan) is found under each of them.
"""

from __future__ import annotations

from functools import lru_cache

_READINGS = 3
"""Further readings in the dictionary are ones that nobody uses in a name."""


@lru_cache(maxsize=200_000)
def initials(folded: str) -> tuple[str, ...]:
    """One entry a character of a folded text: its letter in context (长治 z, 长城 c), the character itself in ASCII, or ""."""
    from pypinyin import Style, lazy_pinyin

    # A list is what its documentation asks for here; only its annotation forgets it.
    letters = lazy_pinyin(folded, style=Style.FIRST_LETTER, errors=list)  # type: ignore[arg-type]
    if len(letters) != len(folded):
        raise ValueError("pypinyin did not answer one letter a character")
    return tuple(letter[:1] if letter[:1].isascii() else "" for letter in letters)


@lru_cache(maxsize=30_000)
def first_letters(character: str) -> tuple[str, ...]:
    """The letters of a character's usual readings, the commonest first; none for what is no Han character."""
    from pypinyin import Style, pinyin

    (letters,) = pinyin(character, style=Style.FIRST_LETTER, heteronym=True, errors="ignore") or [[]]
    return tuple(dict.fromkeys(letter[:1] for letter in letters[:_READINGS] if letter))


def person_initials(folded: str) -> tuple[str, ...]:
    """The initials of a person's name, once for each reading of the surname: 单晓晓 dxx, cxx, sxx."""
    letters = initials(folded)
    if not letters:
        return ()
    rest = "".join(letters[1:])
    return tuple(first + rest for first in dict.fromkeys([letters[0], *first_letters(folded[0])]))
