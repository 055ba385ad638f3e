"""What is known of one make of scale: protocol, line, pace and the choices its makers disagree about.

Source: ``profiles.toml`` next to this file. A station file may replace ``max_kg``, ``serial_number`` and ``verified_until`` of the scale
that stands there; a sale needs a verified instrument, so the serial number and the last day of its verification travel with it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from drivers.errors import DriverFault
from drivers.scale.and_standard import AndStandardCodec
from drivers.scale.cas import CasCodec
from drivers.scale.codec import ScaleCodec
from drivers.scale.fixed_frame import FixedFrameCodec
from drivers.scale.hid import HidScaleCodec
from drivers.scale.mt_sics import MtSicsCodec
from drivers.scale.nci import NciCodec
from drivers.scale.ohaus import OhausCodec
from drivers.scale.toledo_8217 import Toledo8217Codec
from drivers.scale.toledo_continuous import ToledoContinuousCodec
from drivers.scale.xk3190 import Ask, Xk3190CommandCodec, Xk3190EqualsCodec, Xk3190StxCodec
from drivers.scale.xk3190_a12 import Xk3190A12Codec
from drivers.transport.serial import LineSettings

PROFILES_FILE = Path(__file__).with_name("profiles.toml")


@dataclass(frozen=True, slots=True)
class ScaleProfile:
    """One kind of scale. ``period_s`` is the usual time between two weights, ``poll_s`` the time between two requests.

    ``options`` are the codec's own choices. ``line`` is None for USB HID. Above ``max_kg`` (None: not known) a number is no weight.
    ``by_name_only``: its bytes also fit a better proven profile, so it is found on a line only where nothing but such profiles was asked for.
    """

    name: str
    protocol: str
    line: LineSettings | None = None
    period_s: float = 0.2
    poll_s: float = 0.25
    stable_frames: int = 5
    stable_s: float = 1.0
    max_kg: Decimal | None = None
    by_name_only: bool = False
    serial_number: str = ""
    verified_until: date | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def codec(self) -> ScaleCodec:
        """A fresh codec for one opening of the device. Raises ``DriverFault`` for a protocol or option nobody wrote."""
        try:
            return _CODECS[self.protocol](dict(self.options))
        except (KeyError, TypeError, ValueError) as error:
            raise DriverFault("profile", profile=self.name, protocol=self.protocol) from error


def load_profiles(path: Path = PROFILES_FILE) -> Mapping[str, ScaleProfile]:
    """All profiles of a file by name. Raises ``DriverFault`` when one of them makes no sense."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    profiles = {name: _profile(name, table) for name, table in tables.items()}
    for profile in profiles.values():
        profile.codec()
    return MappingProxyType(profiles)


@cache
def builtin_profiles() -> Mapping[str, ScaleProfile]:
    """The profiles delivered with the drivers."""
    return load_profiles()


def scale_profile(name: str) -> ScaleProfile:
    """One delivered profile. Raises ``DriverFault`` (profileUnknown)."""
    try:
        return builtin_profiles()[name]
    except KeyError:
        raise DriverFault("profileUnknown", profile=name) from None


def _profile(name: str, table: dict[str, Any]) -> ScaleProfile:
    values = dict(table)
    try:
        if "line" in values:
            values["line"] = _line(**values["line"])
        if "max_kg" in values:
            values["max_kg"] = Decimal(values["max_kg"])
        return ScaleProfile(name=name, **values)
    except TypeError as error:
        raise DriverFault("profile", profile=name) from error


def _line(baud: int, data_bits: int = 8, parity: str = "N", stop_bits: int = 1) -> LineSettings:
    if baud <= 0 or data_bits not in (7, 8) or parity not in ("N", "E", "O") or stop_bits not in (1, 2):
        raise TypeError("no such line")
    return LineSettings(baud, data_bits, parity, stop_bits)


def _hid(options: dict[str, Any]) -> ScaleCodec:
    kg_per = {unit: Decimal(value) for unit, value in options.pop("kg_per", {}).items()}
    return HidScaleCodec(kg_per=kg_per, **options)


def _command(options: dict[str, Any]) -> ScaleCodec:
    return Xk3190CommandCodec(ask=Ask[options.pop("ask", "gross").upper()], **options)


_CODECS: Mapping[str, Callable[[dict[str, Any]], ScaleCodec]] = {
    "hid": _hid,
    "toledo_continuous": lambda options: ToledoContinuousCodec(**options),
    "xk3190_stx": lambda options: Xk3190StxCodec(**options),
    "xk3190_equals": lambda options: Xk3190EqualsCodec(**options),
    "xk3190_command": _command,
    "mt_sics": lambda options: MtSicsCodec(**options),
    "cas": lambda options: CasCodec(**options),
    "toledo_8217": lambda options: Toledo8217Codec(**options),
    "and_standard": lambda options: AndStandardCodec(**options),
    "xk3190_a12": lambda options: Xk3190A12Codec(**options),
    "nci": lambda options: NciCodec(**options),
    "ohaus": lambda options: OhausCodec(**options),
    "fixed_frame": lambda options: FixedFrameCodec(**options),
}
"""``protocol`` of a profile -> its codec."""
