"""``read scale``, ``probe scale`` and ``health scale``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from drivers.cli.desk import Desk, Failed, Heard, NotFound, Refused, reason_of, serve, tell_health
from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DriverError
from drivers.scale.detect import Detection, Evidence, detect_scale
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import ScaleProfile, load_profiles
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.transport.serial import open_serial

PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "toledo-continuous": ("toledo_continuous", "toledo_continuous_plain"),
    "mt-sics": ("mt_sics",),
    "xk3190": ("xk3190_stx", "xk3190_equals_reversed", "xk3190_equals", "xk3190_command", "xk3190_a12", "xk3190_a12_plain"),
    "dahua": ("dahua", "dahua_15", "dahua_head_81", "dahua_window", "os2x_asked"),
    "cas": ("cas", "cas_stream", "cas_stream_15", "cas_22"),
    "toledo-8217": ("toledo_8217",),
    "and-standard": ("and_standard", "excell", "and_standard_asked"),
    "nci": ("nci",),
    "ohaus": ("ohaus", "ohaus_asked", "ohaus_old"),
    "hid": ("hid",),
}
"""Protocol as a technician names it -> profiles to try, the usual one first. Every profile's own name is a protocol too."""

_TRUST_S = 1.5
"""How long the usual profile of a protocol may find nothing before its relatives are tried."""


@dataclass(frozen=True)
class ScaleOrder:
    """What the technician asked for. ``protocol`` and ``port`` may be empty, ``baud`` 0."""

    protocol: str
    port: str
    baud: int
    count: int
    patience_s: float


def profiles_of(protocol: str) -> Sequence[ScaleProfile]:
    """The profiles of a protocol, all of them for none. Raises ``Refused``."""
    known = load_profiles()
    if not protocol:
        return tuple(known.values())
    names = PROTOCOLS.get(protocol) or ((protocol.replace("-", "_"),) if protocol.replace("-", "_") in known else ())
    if not names:
        raise Refused(f"unknown protocol {protocol!r}; known: {', '.join(PROTOCOLS)}")
    return tuple(known[name] for name in names)


def read_scale(desk: Desk, order: ScaleOrder) -> int:
    """Print ``count`` readings."""
    left = order.count

    def show(reading: ScaleReading) -> Heard:
        nonlocal left
        left -= 1
        desk.tell(
            {
                "weight_kg": None if reading.weight_kg is None else f"{reading.weight_kg:f}",
                "status": reading.status.value,
                "raw": reading.raw.hex(" ").upper(),
            }
        )
        return Heard.ENOUGH if left == 0 else Heard.GO_ON

    _each_reading(desk, order, show)
    return 0


def probe_scale(desk: Desk, order: ScaleOrder) -> int:
    """Print what was found on a port, with the evidence."""
    if not order.port:
        raise Refused("probe scale needs --port: nobody may talk to a port that was not named")
    _need_port(order.port)
    found = _detect(order.port, profiles_of(order.protocol), may_ask=True)
    for evidence in found.evidence:
        desk.remark(_words(evidence))
    if found.profile is None or found.profile.line is None:
        raise Failed(f"{order.port}: no scale recognised ({found.reason}, {found.heard} bytes heard)")
    line = found.profile.line
    best = next(evidence for evidence in found.evidence if evidence.profile == found.profile.name)
    desk.tell(
        {
            "port": order.port,
            "kind": DeviceKind.SCALE.value,
            "protocol": found.profile.name,
            "baud": line.baud,
            "line": line.frame,
            "frames": best.good,
            "checked": best.checked,
            "raw": best.sample.hex(" ").upper(),
        }
    )
    return 0


def health_scale(desk: Desk, order: ScaleOrder, level: str, reference: str) -> int:
    """internal: does it talk; external: does it weigh; interactive: does it weigh right, by a reference weight that the person puts on."""
    if level == "interactive":
        return _compare(desk, order, reference)
    last: ScaleReading | None = None

    def look(reading: ScaleReading) -> Heard:
        nonlocal last
        last = reading
        is_weight = reading.status in (ScaleStatus.STABLE, ScaleStatus.ZERO)
        return Heard.ENOUGH if (level == "internal" and reading.raw) or is_weight else Heard.NOTHING

    error = ""
    state = DeviceState.ONLINE
    try:
        _each_reading(desk, order, look)
    except NotFound:
        state, error = DeviceState.NO_DEVICE, "noDevice"
    except Failed as err:
        state, error = (DeviceState.OFFLINE, "timeOut") if last is None else (state, "noStableWeight")
        desk.remark(str(err))
    weight = None if last is None or last.weight_kg is None else f"{last.weight_kg:f}"
    status = DeviceStatus(DeviceKind.SCALE, state, error=error)
    return tell_health(desk, level, status, {"weight_kg": weight, "status": last.status.value if last else None})


def _compare(desk: Desk, order: ScaleOrder, reference: str) -> int:
    try:
        expected = Decimal(reference)
    except InvalidOperation:
        raise Refused(f"--reference needs kilograms, not {reference!r}") from None
    if not desk.confirm(f"Put the reference weight of {expected:f} kg on the scale. Is it on?"):
        raise Failed("no reference weight")
    seen: list[Decimal] = []

    def look(reading: ScaleReading) -> Heard:
        if reading.status is not ScaleStatus.STABLE or reading.weight_kg is None:
            return Heard.NOTHING
        seen.append(reading.weight_kg)
        return Heard.ENOUGH

    _each_reading(desk, order, look)
    difference = seen[0] - expected
    status = DeviceStatus(DeviceKind.SCALE, DeviceState.ONLINE, error="outOfTolerance" if difference else "")
    facts = {"weight_kg": f"{seen[0]:f}", "reference_kg": f"{expected:f}", "difference_kg": f"{difference:f}"}
    return tell_health(desk, "interactive", status, facts)


def _each_reading(desk: Desk, order: ScaleOrder, show: Callable[[ScaleReading], Heard]) -> None:
    """Find the scale and pass on its readings until ``show`` has had enough. Raises ``Refused`` and ``Failed``."""
    profile, place, relatives = _choose(desk, order)
    has_spoken = False

    def hear(record: object) -> Heard:
        nonlocal has_spoken
        match record:
            case ScaleReading(raw=raw):
                has_spoken |= bool(raw)
                return show(record) if raw or has_spoken else Heard.NOTHING
            case DeviceStatus(error=error) if error:
                desk.remark(f"{place or record.port}: {record.state.value} {error}")
        return Heard.NOTHING

    if _run(desk, profile, place, hear, _TRUST_S if relatives else order.patience_s):
        return
    if relatives:
        profile = profile if has_spoken else _relative(desk, place, profile, relatives)
        if _run(desk, profile, place, hear, order.patience_s):
            return
    raise Failed(f"{place or 'scale'}: nothing readable within {order.patience_s:g} s")


def _relative(desk: Desk, place: str, usual: ScaleProfile, relatives: Sequence[ScaleProfile]) -> ScaleProfile:
    """Which member of the protocol's family talks here; the usual one when none can be told. Raises ``Failed`` for two that fit equally."""
    found = _detect(place, relatives, may_ask=True)
    if found.reason == "ambiguous":
        fitting = ", ".join(evidence.profile for evidence in found.evidence if evidence.good)
        raise Failed(f"{place}: the bytes fit {fitting}; compare with the display and give one of them as --protocol")
    if found.profile is None:
        return usual
    desk.remark(f"{place}: {found.profile.name} at {found.profile.line}")
    return found.profile


def _run(desk: Desk, profile: ScaleProfile, place: str, hear: Callable[[object], Heard], patience_s: float) -> bool:
    finder = scale_finder(profile, place, backend=desk.backend, sysfs=desk.sysfs)
    with desk.opened(finder, place, DeviceKind.SCALE) as transport:
        return serve(Scale(profile, every_reading=True), transport, hear, patience_s)


def _choose(desk: Desk, order: ScaleOrder) -> tuple[ScaleProfile, str, Sequence[ScaleProfile]]:
    """Profile, place, and the relatives to try when that profile finds nothing."""
    profiles = profiles_of(order.protocol)
    if order.baud:
        profiles = [
            replace(profile, line=replace(profile.line, baud=order.baud)) if profile.line else profile for profile in profiles
        ]
    if order.port.startswith("usb:") or order.protocol == "hid":
        return load_profiles()["hid"], order.port, ()
    if order.port:
        _need_port(order.port)
        if order.protocol:
            return profiles[0], order.port, profiles
        return *_found(desk, (order.port,), profiles, may_ask=True), ()
    if not order.protocol and _has_hid(desk):
        return load_profiles()["hid"], "", ()
    return *_found(desk, desk.serial_ports(), profiles, may_ask=False), ()


def _has_hid(desk: Desk) -> bool:
    try:
        transport = scale_finder(load_profiles()["hid"], backend=desk.backend, sysfs=desk.sysfs)()
    except DriverError as err:
        raise Refused(reason_of(err, "the scale on USB")) from err
    if transport is None:
        return False
    transport.close()
    return True


def _found(desk: Desk, ports: Sequence[str], profiles: Iterable[ScaleProfile], *, may_ask: bool) -> tuple[ScaleProfile, str]:
    said = []
    for port in ports:
        found = _detect(port, profiles, may_ask=may_ask)
        if found.profile is not None:
            desk.remark(f"{port}: {found.profile.name} at {found.profile.line}")
            return found.profile, port
        said.append(f"{port} {found.reason}")
    raise NotFound(f"no scale found ({'; '.join(said) or 'no USB scale, no serial port'})")


def _detect(port: str, profiles: Iterable[ScaleProfile], *, may_ask: bool) -> Detection:
    try:
        return detect_scale(lambda line: open_serial(port, line), profiles, may_ask=may_ask)
    except DriverError as err:
        raise Refused(reason_of(err, port)) from err


def _need_port(port: str) -> None:
    if not Path(port).exists():
        raise Refused(f"{port} is not there")


def _words(evidence: Evidence) -> str:
    line = evidence.line
    return (
        f"{evidence.profile} at {line}"
        f" {'asked' if evidence.was_asked else 'heard'}: {evidence.good} good, {evidence.bad} bad,"
        f" {'checksum' if evidence.checked else 'no checksum'}, {evidence.sample.hex(' ').upper()}"
    )
