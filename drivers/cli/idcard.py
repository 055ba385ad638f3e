"""``read idcard``, ``probe idcard`` and ``health idcard``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

from drivers.cli.desk import Desk, Failed, Heard, Refused, reason_of, serve, tell_health
from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DriverError
from drivers.health import HealthChecked, HealthLevel
from drivers.idcard.device import IdCardReader, identify
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import ReaderProfile, reader_profile, reader_profiles
from drivers.idcard.record import CardFailed, CardRead, IdCardRecord
from drivers.transport.base import Transport

_LONG_TERM = "长期"


@dataclass(frozen=True)
class ReaderOrder:
    """What the technician asked for. ``protocol`` is a reader profile or empty, ``baud`` 0 for the profile's own."""

    protocol: str
    port: str
    baud: int
    count: int
    patience_s: float

    @property
    def profile(self) -> ReaderProfile:
        """The profile meant: by name, else serial for a path and USB for anything else. Raises ``Refused``."""
        is_serial = bool(self.port) and not self.port.startswith("usb:")
        name = self.protocol.replace("-", "_") or ("sam_serial" if is_serial else "sam_usb")
        if name not in reader_profiles():
            raise Refused(f"unknown protocol {self.protocol!r}; known: {', '.join(reader_profiles()).replace('_', '-')}")
        profile = reader_profile(name)
        return replace(profile, baud=self.baud) if self.baud else profile


def read_idcard(desk: Desk, order: ReaderOrder) -> int:
    """Print ``count`` cards. A card that could not be read is a remark, and the next one is awaited."""
    left = order.count
    reader = IdCardReader(order.profile)

    def hear(record: object) -> Heard:
        nonlocal left
        match record:
            case CardRead(card):
                desk.tell(_facts(card))
                left -= 1
                if left == 0:
                    return Heard.ENOUGH
                reader.arm()
                return Heard.GO_ON
            case CardFailed(trouble):
                desk.remark(f"a card could not be read: {trouble.value}")
        return Heard.NOTHING

    with _opened(desk, order) as transport:
        reader.arm()
        if not serve(reader, transport, hear, order.patience_s):
            raise Failed(f"{transport.port}: no card within {order.patience_s:g} s")
    return 0


def probe_idcard(desk: Desk, order: ReaderOrder) -> int:
    """Ask a reader for its module's number."""
    with _opened(desk, order) as transport:
        try:
            number = identify(transport, order.profile)
        except DriverError as err:
            raise Failed(f"{transport.port}: no card reader answers ({err})") from err
        desk.tell({"port": transport.port, "kind": DeviceKind.ID_READER.value, "protocol": order.profile.name, "module": number})
    return 0


def health_idcard(desk: Desk, order: ReaderOrder, level: str) -> int:
    """internal: the module answers; external: it looks for a card and says whether one lies there, unread; interactive: a card laid down by the
    person can be read (nothing of it is printed)."""
    reader = IdCardReader(order.profile)
    status = DeviceStatus(DeviceKind.ID_READER, DeviceState.NO_DEVICE, error="noDevice")
    facts: Mapping[str, str] = {}

    def hear(record: object) -> Heard:
        nonlocal status, facts
        match record:
            case DeviceStatus():
                status = record
                return Heard.ENOUGH if level == HealthLevel.INTERNAL else Heard.NOTHING
            case HealthChecked():
                status, facts = replace(status, error=record.error), record.facts
                return Heard.ENOUGH
            case CardRead():
                return Heard.ENOUGH
            case CardFailed(trouble):
                desk.remark(f"a card could not be read: {trouble.value}")
        return Heard.NOTHING

    error = ""
    try:
        transport = reader_finder(order.profile, order.port, backend=desk.backend)()
    except DriverError as err:
        raise Refused(reason_of(err, order.port)) from err
    if transport is not None:
        try:
            if level == HealthLevel.EXTERNAL:
                reader.check_health()
            elif level == HealthLevel.INTERACTIVE:
                desk.remark("lay a card on the reader")
                reader.arm()
            if not serve(reader, transport, hear, order.patience_s):
                error = "timeOut"
        except Failed as err:
            desk.remark(str(err))
            status = replace(status, state=DeviceState.HARDWARE_ERROR)
            error = "hardwareError"
        finally:
            transport.close()
    return tell_health(desk, level, replace(status, error=error or status.error, port=status.port or order.port), facts)


def _opened(desk: Desk, order: ReaderOrder) -> AbstractContextManager[Transport]:
    finder = reader_finder(order.profile, order.port, backend=desk.backend)
    return desk.opened(finder, order.port or "the card reader", DeviceKind.ID_READER)


def _facts(card: IdCardRecord) -> dict[str, object]:
    return {
        "kind": card.kind.value,
        "name": card.name,
        "sex": card.sex,
        "nation": card.nation,
        "born": _iso(card.born),
        "address": card.address,
        "number": card.number,
        "authority": card.authority,
        "valid_from": _iso(card.valid_from),
        "valid_to": _LONG_TERM if card.long_term else _iso(card.valid_to),
        "warnings": list(card.warnings),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
