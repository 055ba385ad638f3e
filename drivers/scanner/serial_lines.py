"""Scanners on a serial line (USB-CDC): raw bytes of the symbol, ended by CR, LF or a pause.

Source: field manuals agree on CR, LF or both as suffix; some are set to none. Worked bytes: 41 42 0D 0A -> ``AB``.
Rules: a code longer than ``MAX_CHARACTERS`` bytes is thrown away up to its end; the bytes are read like those of any code.
"""

from __future__ import annotations

import re

from drivers.scanner.text import MAX_CHARACTERS, clean, decode_bytes

PAUSE_S = 0.05
_ENDS = re.compile(rb"[\r\n]")


class SerialAssembler:
    """Owned by one thread; time comes from the caller."""

    engine = "serial"
    rest_s = 0.0
    read_bytes = 512

    def __init__(self) -> None:
        self._code = b""
        self._is_spoiled = False
        self._heard_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Take what came; return the codes it completes."""
        if data:
            self._heard_s = now_s
        *whole, rest = _ENDS.split(self._code + data)
        found = []
        for code in whole:
            found += self._ended(code)
        self._code = rest
        if len(self._code) > MAX_CHARACTERS:
            self._code, self._is_spoiled = b"", True
        return found

    def tick(self, now_s: float) -> list[str]:
        """Time went by; a code without a suffix ends in a pause."""
        if now_s - self._heard_s < PAUSE_S or not (self._code or self._is_spoiled):
            return []
        code, self._code = self._code, b""
        return self._ended(code)

    @property
    def held(self) -> int:
        """Bytes kept."""
        return len(self._code)

    def _ended(self, code: bytes) -> list[str]:
        was_spoiled, self._is_spoiled = self._is_spoiled or len(code) > MAX_CHARACTERS, False
        text = "" if was_spoiled else clean(decode_bytes(code))
        return [text] if text else []
