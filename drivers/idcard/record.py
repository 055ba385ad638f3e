"""What a card reader tells: a card, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class CardKind(StrEnum):
    """Card layouts told apart by the character at byte 248 of the text block."""

    RESIDENT = "resident"
    HK_MACAO_TAIWAN = "hk_macao_taiwan"
    FOREIGNER_2017 = "foreigner_2017"
    FOREIGNER_2023 = "foreigner_2023"


@dataclass(frozen=True, slots=True)
class IdCardRecord:
    """The text of one card. Lives only as long as the visit; ``repr`` shows nothing personal.

    ``sex`` is 男/女/"" ; ``nation`` the ethnic group's name or ""; dates are calendar dates; ``valid_to`` None with ``long_term`` True
    means 长期. ``warnings`` holds codes such as ``checkDigit``, ``birthMismatch``, ``sexMismatch``, ``textReplaced``.
    """

    kind: CardKind
    name: str = field(repr=False)
    number: str = field(repr=False)
    sex: str = field(default="", repr=False)
    nation: str = field(default="", repr=False)
    born: date | None = field(default=None, repr=False)
    address: str = field(default="", repr=False)
    authority: str = field(default="", repr=False)
    valid_from: date | None = field(default=None, repr=False)
    valid_to: date | None = field(default=None, repr=False)
    long_term: bool = False
    warnings: tuple[str, ...] = ()


class CardTrouble(StrEnum):
    """Why no card came out of a read."""

    REMOVED = "mediaRemoved"  # moved or pulled in the middle
    NOT_ID_CARD = "invalidMedia"  # another kind of card
    REFUSED = "securityFail"  # card and module do not accept each other
    UNREADABLE = "unreadable"  # frame broken, empty or contradictory text


@dataclass(frozen=True, slots=True)
class CardRead:
    """A whole card was read."""

    card: IdCardRecord


@dataclass(frozen=True, slots=True)
class CardFailed:
    """A card was there, but no record came out of it; the reader goes on looking while armed."""

    trouble: CardTrouble
