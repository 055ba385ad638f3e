"""The text of a subject's own QR (主体二维码): ``SXZT:`` and the credit code, or the ten hex digits of the id where there is no code.

It only names a subject; nobody can promise with it. Whoever prints it elsewhere needs ``docs/directory.md`` and nothing of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kiosk.domain.identity import IdentityError, parse_credit_code
from kiosk.domain.subject import Subject, SubjectId

PREFIX = "SXZT:"
_ID_DIGITS = 10
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])")


@dataclass(frozen=True, slots=True)
class Named:
    """What a QR names: one of both."""

    credit_code: str = ""
    id: SubjectId | None = None


def subject_code(subject: Subject) -> str:
    """The text to put into the QR of ``subject``."""
    return PREFIX + (subject.credit_code or format(subject.id, f"0{_ID_DIGITS}X"))


def read_subject_code(text: str) -> Named | None:
    """What a scanned text names, or None.

    The address in the QR of a business licence carries its credit code and is understood too.
    """
    words = text.strip().upper()
    body = words.removeprefix(PREFIX)
    if body != words and re.fullmatch(rf"[0-9A-F]{{{_ID_DIGITS}}}", body):
        return Named(id=SubjectId(int(body, 16)))
    codes = {code for code in _CODE.findall(words) if _is_code(code)}
    return Named(credit_code=codes.pop()) if len(codes) == 1 else None


def _is_code(text: str) -> bool:
    try:
        return parse_credit_code(text) == text
    except IdentityError:
        return False
