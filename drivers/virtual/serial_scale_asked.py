"""More serial scales as bytes: those of counters and laboratories, asked or talking in lines. Written from the makers' manuals.

Source: AL-IC manual p. 72 (SICS), AP-1 manual (CAS ECR), CI-600D p. 74 (CAS 22), DIVA p. 39-45 (8217), A&D GC p. 51, Excell AM4 p. 13.
"""

from __future__ import annotations

from drivers.virtual.load_cell import Display

_LIMIT = 64


class MtSics:
    """Answers ``SI`` with the weight of the moment; anything else is ``ES``."""

    def __init__(self, *, unit: str = "kg") -> None:
        self._unit = unit
        self._heard = b""

    def hear(self, data: bytes, display: Display) -> bytes:
        """Answer each line."""
        *lines, rest = (self._heard + data).split(b"\r\n")
        self._heard = rest[-_LIMIT:]
        return b"".join(self._say(display) if line == b"SI" else b"ES\r\n" for line in lines)

    def _say(self, display: Display) -> bytes:
        if display.over:
            return b"S +\r\n"
        return f"S {'D' if display.moving else 'S'} {display.kg:>10f} {self._unit}\r\n".encode("ascii")


class CasEcr:
    """ENQ, ACK, DC1, frame. ``weight_chars`` 7 makes 16 bytes; ``frame`` is what clones send unasked."""

    rate_hz = 5.0

    def __init__(self, *, weight_chars: int = 6) -> None:
        self._chars = weight_chars
        self._enquired = False

    def hear(self, data: bytes, display: Display) -> bytes:
        """ENQ gets ACK; DC1 gets the frame, but only after ENQ."""
        said = b""
        for byte in data:
            if byte == 0x05:
                self._enquired = True
                said += b"\x06"
            elif byte == 0x11 and self._enquired:
                self._enquired = False
                said += self.frame(display)
        return said

    def frame(self, display: Display) -> bytes:
        """One frame of the display."""
        sign = "F" if display.over else "-" if display.divisions < 0 else " "
        weight = "" if display.over else f"{abs(display.kg):f}"
        weight = weight.rjust(self._chars, " " if self._chars == 7 else "0")[-self._chars :]
        body = f"{'U' if display.moving else 'S'}{sign}{weight}kg".encode("ascii")
        check = 0
        for byte in body:
            check ^= byte
        return b"\x01\x02" + body + bytes([check, 0x03, 0x04])


class CasClone:
    """The clone that streams the 16-byte form."""

    rate_hz = 5.0

    def __init__(self) -> None:
        self._voice = CasEcr(weight_chars=7)

    def frame(self, display: Display) -> bytes:
        """One frame of the display."""
        return self._voice.frame(display)


class Toledo8217:
    """``W`` gets a weight at rest, else a status; ``net`` adds the letter. Bit 5 is always 1 unless ``bit_five`` is off."""

    def __init__(self, *, net: bool = False, bit_five: bool = True) -> None:
        self._net = net
        self._base = 0b1100000 if bit_five else 0b1000000

    def hear(self, data: bytes, display: Display) -> bytes:
        """Only the last command counts: the scale drops those that come too close."""
        return self._say(display) if data.endswith(b"W") else b""

    def _say(self, display: Display) -> bytes:
        bits = 1 if display.moving else 2 if display.over else 4 if display.divisions < 0 else 0
        if bits:
            return bytes([0x02, 0x3F, self._base | bits, 0x0D])
        if display.divisions == 0:
            return bytes([0x02, 0x3F, self._base | 0b0010000, 0x0D])
        return b"\x02" + f"{display.kg:06.3f}{'N' if self._net else ''}\r".encode("ascii")


class AndLine:
    """``ST,+0001.250 kg``."""

    rate_hz = 5.0

    def frame(self, display: Display) -> bytes:
        """One line of the display."""
        if display.over:
            return b"OL,+9999999E+19\r\n"
        sign = "-" if display.divisions < 0 else "+"
        return f"{'US' if display.moving else 'ST'},{sign}{f'{abs(display.kg):f}'.rjust(8, '0')} kg\r\n".encode("ascii")


class ExcellLine:
    """``ST,GS,+001.250kg``; spaces at overload."""

    rate_hz = 5.0

    def __init__(self, *, net: bool = False) -> None:
        self._mode = "NT" if net else "GS"

    def frame(self, display: Display) -> bytes:
        """One line of the display."""
        if display.over:
            return f"OL,{self._mode},{' ' * 8}kg\r\n".encode("ascii")
        sign = "-" if display.divisions < 0 else "+"
        state = "US" if display.moving else "ST"
        return f"{state},{self._mode},{sign}{f'{abs(display.kg):f}'.rjust(7, '0')}kg\r\n".encode("ascii")


class Cas22Line:
    """``ST,GS,<id><lamp>,0001.250 kg``."""

    rate_hz = 5.0

    def frame(self, display: Display) -> bytes:
        """One line of the display."""
        state = b"OL" if display.over else b"US" if display.moving else b"ST"
        lamp = 0b10000100 | (0 if display.moving or display.over else 0b01000000) | (1 if display.divisions == 0 else 0)
        sign = "-" if display.divisions < 0 else "0"
        data = " " * 8 if display.over else sign + f"{abs(display.kg):f}".rjust(7, "0")
        return state + b",GS,1" + bytes([lamp]) + b"," + data.encode("ascii") + b" kg\r\n"
