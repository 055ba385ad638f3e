"""From the key events of a keyboard wedge to codes.

Source: linux/input-event-codes.h; struct input_event of 64-bit kernels. The scanner is set to the US layout; the host's own layout plays no
part, because key codes are read and not characters.
Worked events (type, code, value): 1 42 1, 1 30 1, 1 30 0, 1 42 0 is ``A``; 1 28 1 ends the code.

Rules
- Enter, keypad Enter, Tab, Ctrl+J and Ctrl+M end a code; so does ``SILENCE_S`` without a key, if ``MIN_UNENDED`` characters are there (a
  person who types is slower and gives no code). A scanner that has ended one code by a key is given ``PAUSE_S``: it pauses, and half a code is none.
- Alt with keypad digits is a byte (below 256) or two, as scanners send what a keyboard lacks; the bytes are read like those of any code.
- After SYN_DROPPED, an impossible Alt number or more than ``MAX_CHARACTERS`` bytes the rest of that code is thrown away, not told in part, up to the
  key that ends it or ``PAUSE_S`` of silence.
"""

from __future__ import annotations

import struct

from drivers.scanner.text import MAX_CHARACTERS, clean, decode_bytes

EVENT = struct.Struct("@qqHHi")
SILENCE_S = 0.15
PAUSE_S = 1.5
REST_S = 0.002
"""Between two reads, so that they bring what came meanwhile at once instead of report by report; the kernel's 64 events last ten times as long."""
MIN_UNENDED = 4

_EV_SYN, _EV_KEY = 0, 1
_SYN_DROPPED = 3
_DOWN, _UP = 1, 0
_ENTER, _KEYPAD_ENTER, _TAB, _J, _M, _CAPS_LOCK = 28, 96, 15, 36, 50, 58
_SHIFTS, _CONTROLS, _ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})
_KEYPAD = {82: 0, 79: 1, 80: 2, 81: 3, 75: 4, 76: 5, 77: 6, 71: 7, 72: 8, 73: 9}


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[str, str]]:
    return {first + place: pair for place, pair in enumerate(zip(plain, shifted, strict=True))}


_US = {
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(16, "qwertyuiop[]", "QWERTYUIOP{}"),
    **_row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    **_row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    **_row(57, " ", " "),
    **{code: (str(digit), str(digit)) for code, digit in _KEYPAD.items()},
    55: ("*", "*"),
    74: ("-", "-"),
    78: ("+", "+"),
    83: (".", "."),
    98: ("/", "/"),
}
"""Key code -> character without and with shift."""


class WedgeAssembler:
    """Owned by one thread; time comes from the caller."""

    engine = "wedge"
    read_bytes = 64 * EVENT.size
    rest_s = REST_S

    def __init__(self) -> None:
        self._rest = b""
        self._held: set[int] = set()
        self._is_caps = False
        self._alt_number = ""
        self._code = bytearray()
        self._is_spoiled = False
        self._has_end_key = False
        self._heard_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Take events as read; return the codes they complete."""
        found: list[str] = []
        data = self._rest + data
        whole = len(data) // EVENT.size * EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == _EV_SYN and code == _SYN_DROPPED:
                self._spoil()
                self._held.clear()
            elif kind == _EV_KEY:
                self._heard_s = now_s
                self._key(code, value, found)
        return found

    def tick(self, now_s: float) -> list[str]:
        """Time went by; a code without an end ends in silence."""
        silence_s = PAUSE_S if self._has_end_key or self._is_spoiled else SILENCE_S
        if now_s - self._heard_s < silence_s or not (self._code or self._is_spoiled):
            return []
        return self._end() if len(self._code) >= MIN_UNENDED else self._forget()

    @property
    def held(self) -> int:
        """Bytes kept."""
        return len(self._code) + len(self._rest)

    def _key(self, code: int, value: int, found: list[str]) -> None:
        if value == _UP:
            self._held.discard(code)
            if code in _ALTS:
                self._take_alt_number()
        elif value == _DOWN:
            if code in _SHIFTS | _CONTROLS | _ALTS:
                self._held.add(code)
            else:
                self._pressed(code, found)

    def _pressed(self, code: int, found: list[str]) -> None:
        has_control = bool(self._held & _CONTROLS)
        if code in (_ENTER, _KEYPAD_ENTER, _TAB) or (has_control and code in (_J, _M)):
            self._has_end_key |= bool(self._code)
            found += self._end()
        elif code == _CAPS_LOCK:
            self._is_caps = not self._is_caps
        elif self._held & _ALTS:
            if code in _KEYPAD:
                self._alt_number = (self._alt_number + str(_KEYPAD[code]))[:7]
        elif code in _US and not has_control:
            plain, shifted = _US[code]
            is_upper = bool(self._held & _SHIFTS) != (self._is_caps and plain.isalpha())
            self._put((shifted if is_upper else plain).encode("ascii"))

    def _take_alt_number(self) -> None:
        number, self._alt_number = self._alt_number, ""
        if not number:
            return
        value = int(number)
        if value > 0xFFFF:
            self._spoil()
        else:
            self._put(value.to_bytes(2 if value > 0xFF else 1, "big"))

    def _put(self, data: bytes) -> None:
        if len(self._code) + len(data) > MAX_CHARACTERS:
            self._spoil()
        if not self._is_spoiled:
            self._code += data

    def _spoil(self) -> None:
        self._is_spoiled = True
        self._code.clear()

    def _forget(self) -> list[str]:
        self._code.clear()
        self._is_spoiled = False
        return []

    def _end(self) -> list[str]:
        text = "" if self._is_spoiled else clean(decode_bytes(bytes(self._code)))
        self._forget()
        return [text] if text else []
