"""The QR of a label: one byte segment for the address, one numeric segment for the digits, version 7-M.

Source: measured: a mixed segment does not fit version 7. The mask is fixed, so that the same text is always the same picture.
"""

from __future__ import annotations

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

VERSION = 7
MODULES = 45
QUIET_MODULES = 4
_MASK = 2


class QrTooLong(ValueError):
    """The text needs more than version 7."""


@lru_cache(maxsize=8)
def modules_of(url: str) -> tuple[tuple[bool, ...], ...]:
    """The 45x45 modules, True is black. Raises ``QrTooLong``."""
    prefix = url.rstrip("0123456789")
    digits = url[len(prefix) :]
    code = qrcode.QRCode(version=VERSION, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    code.add_data(QRData(prefix.encode("ascii"), mode=MODE_8BIT_BYTE), optimize=0)
    if digits:
        code.add_data(QRData(digits.encode("ascii"), mode=MODE_NUMBER), optimize=0)
    try:
        code.make(fit=False)
    except (qrcode.exceptions.DataOverflowError, ValueError) as err:
        raise QrTooLong(len(url)) from err
    return tuple(tuple(bool(module) for module in row) for row in code.modules)
