"""Resident ID numbers and unified social credit codes: what is a possible number, and how little of it is shown.

Source: GB 11643 (ID number), GB 32100 (social credit code), check digits by python-stdnum's functions. Its whole validators are not
used: they refuse former prefixes (1421..1427, abolished counties) and N-codes, and those are people too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric, uscc

_PHONE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}-?[0-9]{7,8}")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class IdentityError(ValueError):
    """Not a possible number. ``code``: length | character | date | checkDigit."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def _ascii_upper(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text).strip().upper()


def parse_id_number(text: str, today: date) -> str:
    """Return the 18-character number (or a 15-character number of a 2017 foreigner's card) in capitals.

    Accepts every prefix (former counties, 81/82/83 residence permits, 9 permanent residents); raises ``IdentityError``.
    """
    number = _ascii_upper(text)
    if _OLD_FOREIGNER.fullmatch(number):
        return number
    if len(number) != 18:
        raise IdentityError("length")
    if not (number[:17].isascii() and number[:17].isdigit()) or number[17] not in "0123456789X":
        raise IdentityError("character")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as err:
        raise IdentityError("date") from err
    if not date(1900, 1, 1) <= born <= today:
        raise IdentityError("date")
    if ric.calc_check_digit(number) != number[17]:
        raise IdentityError("checkDigit")
    return number


def parse_credit_code(text: str) -> str:
    """Return an 18-character unified social credit code in capitals. Raises ``IdentityError``."""
    code = _ascii_upper(text).replace(" ", "").replace("-", "")
    if len(code) != 18:
        raise IdentityError("length")
    if any(c not in _USCC_ALPHABET for c in code):
        raise IdentityError("character")
    if uscc.calc_check_digit(code[:17]) != code[17]:
        raise IdentityError("checkDigit")
    return code


def parse_phone(text: str) -> str:
    """Return a mobile number or a landline with area code. Raises ``IdentityError``."""
    number = _ascii_upper(text).replace(" ", "")
    if _PHONE.fullmatch(number) or _LANDLINE.fullmatch(number):
        return number
    raise IdentityError("length" if set(number) <= set("0123456789-") else "character")


def id_number_hash(number: str, key: bytes) -> bytes:
    """Keyed hash (HMAC-SHA256, 32 B) by which an ID number can be found without being stored."""
    return hmac.new(key, b"id-number:" + number.encode("ascii"), hashlib.sha256).digest()


def mask_id_number(number: str) -> str:
    """``140***********1230``: first three, last four."""
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_phone(phone: str) -> str:
    """``138****0417``."""
    return phone[:3] + "*" * max(0, len(phone) - 7) + phone[-4:]


def group_phone(phone: str) -> str:
    """A number (or its beginning) as people say it: ``138 0000 0417``, a landline with its area code ``0354 0000 4170``."""
    digits = phone.replace(" ", "").replace("-", "")
    first = 4 if digits.startswith("0") else 3
    parts = (digits[:first], digits[first : first + 4], digits[first + 4 :])
    return " ".join(part for part in parts if part)


class CardProblem(StrEnum):
    """Why a card that was read cannot be used. Values are text ids."""

    EXPIRED = "expired"
    NOT_YET_VALID = "notYetValid"
    NUMBER_WRONG = "numberWrong"


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """A card in this visit's memory; gone with the visit. No ``repr``: it must never reach a log."""

    name: str
    number: str
    address: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    long_term: bool = False

    def __repr__(self) -> str:
        return "IdCard(…)"

    def problem(self, today: date) -> CardProblem | None:
        """What speaks against using it today; the last day of validity counts as valid."""
        if self.valid_to is not None and not self.long_term and self.valid_to < today:
            return CardProblem.EXPIRED
        if self.valid_from is not None and self.valid_from > today:
            return CardProblem.NOT_YET_VALID
        try:
            parse_id_number(self.number, today)
        except IdentityError:
            return CardProblem.NUMBER_WRONG
        return None
