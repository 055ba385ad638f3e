"""More scales that exist only as bytes: Yaohua A12 lines, NCI answers, Ohaus lines. They share nothing with our codecs.

Source: XK3190-A12E manual p. 13; NCI 7800 p. 32, Avery 7821 p. 25, DIVA p. 35-37 (ECR form); Ohaus Defender 3000 p. 37.
"""

from __future__ import annotations

from drivers.virtual.load_cell import Display


class A12Line:
    """``WG001.250kg`` and its XOR; nine spaces and OL at overload. ``checked`` off is the clone's ``ww001.250kg``."""

    rate_hz = 5.0

    def __init__(self, *, net: bool = False, checked: bool = True) -> None:
        self._net = net
        self._checked = checked

    def frame(self, display: Display) -> bytes:
        """One line of the display; the clone is silent at overload."""
        minus = "-" if display.divisions < 0 else "0"
        number = minus + f"{abs(display.kg):f}".rjust(6, "0")
        if not self._checked:
            return b"" if display.over else f"w{'n' if self._net else 'w'}{number}kg\r\n".encode("ascii")
        body = (" " * 9 + "OL" if display.over else f"W{'N' if self._net else 'G'}{number}kg").encode("ascii")
        check = 0
        for byte in body:
            check ^= byte
        return body + f"{check:02X}\r\n".encode("ascii")


class Nci:
    """``W`` CR gets weight and status; ``ecr`` sends the status alone while there is nothing to weigh."""

    def __init__(self, *, ecr: bool = True, net: bool = False) -> None:
        self._ecr = ecr
        self._net = net

    def hear(self, data: bytes, display: Display) -> bytes:
        """Answers each question, and says ``?`` to what it does not know."""
        answer = b""
        for command in data.split(b"\r")[:-1]:
            answer += self._say(display) if command == b"W" else b"\n?\r\x03"
        return answer

    def _say(self, display: Display) -> bytes:
        first = 0x30 | (1 if display.moving else 0) | (2 if display.divisions == 0 else 0)
        second = 0x30 | (1 if display.divisions < 0 else 0) | (2 if display.over else 0)
        status = bytes([first, second]) if not self._net else bytes([first, second | 0x40, 0x34])
        head = b"S" if self._ecr else b""
        if display.over or (self._ecr and (display.moving or display.divisions < 0)):
            return b"\n" + head + status + b"\r\x03"
        return b"\n" + f"{abs(display.kg):06.3f}KG".encode("ascii") + b"\r\n" + head + status + b"\r\x03"


class OhausLine:
    """21 bytes with the legend at the end."""

    rate_hz = 5.0

    def __init__(self, *, net: bool = False) -> None:
        self._legend = "NET" if net else "G  "

    def frame(self, display: Display) -> bytes:
        """One line of the display, silence at overload."""
        if display.over:
            return b""
        sign = "-" if display.divisions < 0 else " "
        weight = f"{abs(display.kg):f}".rjust(7)
        return f"{sign} {weight} kg   {'?' if display.moving else ' '}{self._legend}\r\n".encode("ascii")


class OhausAsked(OhausLine):
    """The same scale, told to wait."""

    def hear(self, data: bytes, display: Display) -> bytes:
        """``IP`` gets the line of now."""
        return self.frame(display) if data == b"IP\r\n" else b""
