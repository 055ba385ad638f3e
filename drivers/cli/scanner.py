"""``read scanner``: codes from pictures, a camera, or a scanner that decodes by itself; ``health scanner``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from drivers.cli.desk import Desk, Failed, Heard, NotFound, Refused, reason_of, serve, tell_health
from drivers.cli.places import cameras, usb_devices
from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DriverError
from drivers.health import HealthChecked, HealthLevel
from drivers.scanner.camera import Camera
from drivers.scanner.decode import ATTEMPTS, Cascade
from drivers.scanner.device import CodeScanner
from drivers.scanner.finder import scanner_finder
from drivers.scanner.profile import scanner_profiles
from drivers.scanner.record import CodeScanned
from drivers.scanner.source import PICTURES, find_camera
from drivers.supervisor import Finder

CAMERA = "camera"
_REFUSALS = ("permissionDenied", "deviceBusy")


@dataclass(frozen=True)
class ScannerOrder:
    """What the technician asked for. ``protocol``: ``camera``, a scanner profile, or empty for what the port looks like."""

    protocol: str
    port: str
    baud: int
    count: int
    patience_s: float

    @property
    def way(self) -> str:
        """The protocol meant, "" when only a search can tell. Raises ``Refused`` for one that nobody knows."""
        if self.protocol:
            if self.protocol not in (CAMERA, *scanner_profiles()):
                raise Refused(f"unknown protocol {self.protocol!r}; known: {CAMERA}, {', '.join(scanner_profiles())}")
            return self.protocol
        looks = {"usb:": "hid-pos", "/dev/input/": "wedge", "/dev/video": CAMERA, "/dev/v4l/": CAMERA, PICTURES: CAMERA}
        return next((way for start, way in looks.items() if self.port.startswith(start)), "serial" if self.port else "")


def read_pictures(desk: Desk, files: Sequence[str]) -> int:
    """Decode picture files, one object each: all attempts of the cascade, as if the picture stood still before the camera."""
    missing = next((file for file in files if not Path(file).is_file()), None)
    if missing is not None:
        raise Refused(f"{missing} is not there")
    for file in files:
        began = time.perf_counter()
        found = _decode(Path(file))
        facts: dict[str, object] = {"file": file, "text": None, "engine": None}
        if found is not None:
            facts |= {"text": found.text, "engine": found.engine}
        desk.tell({**facts, "ms": round((time.perf_counter() - began) * 1000, 1)})
    return 0


def _decode(file: Path) -> CodeScanned | None:
    # imread takes no path that is not UTF-8, and says nothing: the bytes are read here.
    data = np.fromfile(file, dtype=np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if picture is None:
        return None
    grey = np.asarray(picture, dtype=np.uint8)
    cascade = Cascade()
    return next((found for _ in range(ATTEMPTS) if (found := cascade.decode(grey)) is not None), None)


def read_scanner(desk: Desk, order: ScannerOrder) -> int:
    """Print ``count`` codes."""
    left = order.count
    way, place = _choose(desk, order)
    if way == CAMERA and desk.recording:
        raise Refused("a camera's pictures are not recorded")
    scanner, finder = _driver(desk, way, place, order.baud)

    def hear(record: object) -> Heard:
        nonlocal left
        if not isinstance(record, CodeScanned):
            return Heard.NOTHING
        desk.tell({"text": record.text, "engine": record.engine})
        left -= 1
        return Heard.GO_ON if left else Heard.ENOUGH

    with desk.opened(finder, place, DeviceKind.SCANNER) as transport:
        scanner.arm()
        try:
            is_enough = serve(scanner, transport, hear, order.patience_s)
        except Failed as failure:
            cause = failure.__cause__  # a camera is opened only when somebody looks
            if isinstance(cause, DriverError) and cause.code in _REFUSALS:
                raise Refused(reason_of(cause, place)) from failure
            raise
        if not is_enough:
            raise Failed(f"{transport.port}: no code within {order.patience_s:g} s")
    return 0


def _choose(desk: Desk, order: ScannerOrder) -> tuple[str, str]:
    """Protocol and place: a HID-POS scanner before a camera. Raises ``NotFound``."""
    way, place = order.way, order.port
    if way in ("", "hid-pos") and not place:
        place = next((str(facts["port"]) for facts in usb_devices(desk) if facts["kind"] == DeviceKind.SCANNER.value), "")
        way = "hid-pos" if place else way
    if way in ("", CAMERA) and not place:
        way, place = CAMERA, next(iter(cameras()), "")
    if not place:
        raise NotFound("no scanner and no camera found" if way in (CAMERA, "hid-pos") else f"{way} needs --port")
    return way, place


def _driver(desk: Desk, way: str, place: str, baud: int) -> tuple[Camera | CodeScanner, Finder]:
    if way == CAMERA:
        return Camera(), find_camera(place)
    profile = scanner_profiles()[way]
    profile = replace(profile, baud=baud) if baud else profile
    return CodeScanner(profile), scanner_finder(profile, place, backend=desk.backend, sysfs=desk.sysfs)


def health_scanner(desk: Desk, order: ScannerOrder, level: str) -> int:
    """internal: it can be opened; external: it gives what its way allows (a picture, its descriptor); interactive: a code held before it is read."""
    status = DeviceStatus(DeviceKind.SCANNER, DeviceState.NO_DEVICE, error="noDevice", port=order.port)
    facts: Mapping[str, str] = {}
    try:
        way, place = _choose(desk, order)
    except NotFound as err:
        desk.remark(str(err))
        return tell_health(desk, level, status, facts)
    scanner, finder = _driver(desk, way, place, order.baud)

    def hear(record: object) -> Heard:
        nonlocal status, facts
        match record:
            case DeviceStatus():
                status = record
                return Heard.ENOUGH if level == HealthLevel.INTERNAL else Heard.NOTHING
            case HealthChecked():
                status, facts = replace(status, error=record.error), record.facts
                return Heard.ENOUGH
            case CodeScanned():
                facts = {"engine": record.engine}
                return Heard.ENOUGH
        return Heard.NOTHING

    try:
        with desk.opened(finder, place, DeviceKind.SCANNER) as transport:
            if level == HealthLevel.EXTERNAL:
                scanner.check_health()
            elif level == HealthLevel.INTERACTIVE:
                desk.remark("hold a code before it")
                scanner.arm()
            if not serve(scanner, transport, hear, order.patience_s):
                status = replace(status, error="timeOut")
    except Failed as failure:
        desk.remark(str(failure))
        error = failure.__cause__.code if isinstance(failure.__cause__, DriverError) else "hardwareError"
        status = replace(status, state=DeviceState.HARDWARE_ERROR, error=error)
    return tell_health(desk, level, replace(status, port=place), facts)
