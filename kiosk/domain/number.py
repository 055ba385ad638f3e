"""Certificate numbers: terminal code + counter + check character. No clock inside.

Source: check character ISO/IEC 7064 MOD 37,36 over the sixteen or more digits before it.
Worked example: terminal 1407260031, counter 417 -> 140726-0031-000417-G.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stdnum.iso7064 import mod_37_36

_SHAPE = re.compile(r"(\d{6})-?(\d{4})-?(\d{6,10})-?([0-9A-Z])")
MAX_COUNTER = 2**32 - 1


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 check character of ``text`` (digits and capital letters)."""
    return str(mod_37_36.calc_check_digit(text))


@dataclass(frozen=True, slots=True, order=True)
class CertificateNumber:
    """``terminal`` is ten digits (county 6 + running number 4), ``counter`` 1..2**32-1.

    Raises ``ValueError`` for anything else.
    """

    terminal: str
    counter: int

    def __post_init__(self) -> None:
        if not (len(self.terminal) == 10 and self.terminal.isascii() and self.terminal.isdigit()):
            raise ValueError("a terminal code has ten digits")
        if not 1 <= self.counter <= MAX_COUNTER:
            raise ValueError("counter out of range")

    @property
    def compact(self) -> str:
        """Without dashes: the primary key everywhere."""
        body = f"{self.terminal}{self.counter:06d}"
        return body + check_character(body)

    def __str__(self) -> str:
        compact = self.compact
        return f"{compact[:6]}-{compact[6:10]}-{compact[10:-1]}-{compact[-1]}"

    @classmethod
    def parse(cls, text: str) -> CertificateNumber:
        """Read a number with or without dashes. Raises ``ValueError`` on a wrong shape or check character."""
        match = _SHAPE.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError("not a certificate number")
        number = cls(match[1] + match[2], int(match[3]))
        if number.compact[-1] != match[4] or number.compact[10:-1] != match[3]:
            raise ValueError("check character does not fit")
        return number
