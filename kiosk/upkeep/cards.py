"""Which kind of card a number belongs to: all that a technician may know of it.

Source: GB 11643 (resident identity card), 外国人永久居留身份证 (since 2023 nine and 17 further digits, before three letters and twelve digits),
港澳台居民居住证 (codes 810000, 820000, 830000).
"""

from __future__ import annotations

from enum import StrEnum


class CardKind(StrEnum):
    """The three cards that a reader reads."""

    RESIDENT = "resident"
    FOREIGN_PERMANENT = "foreignPermanent"
    HK_MACAO_TAIWAN = "hkMacaoTaiwan"


def card_kind(number: str) -> CardKind:
    """The kind of card with this number. The number is not kept."""
    if number[:3].isalpha() or number[:1] == "9":
        return CardKind.FOREIGN_PERMANENT
    return CardKind.HK_MACAO_TAIWAN if number[:2] in ("81", "82", "83") else CardKind.RESIDENT
