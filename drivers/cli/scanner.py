"""``read scanner``: codes from pictures or from a camera; ``health scanner``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from drivers.cli.desk import Desk, Failed, Heard, Refused, serve
from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DriverError
from drivers.scanner.camera import Camera
from drivers.scanner.decode import ATTEMPTS, Cascade
from drivers.scanner.record import CodeScanned
from drivers.scanner.source import CameraSource, find_camera


@dataclass(frozen=True)
class ScannerOrder:
    """What the technician asked for."""

    port: str
    count: int
    patience_s: float


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
    camera = Camera()

    def hear(record: object) -> Heard:
        nonlocal left
        if not isinstance(record, CodeScanned):
            return Heard.NOTHING
        desk.tell({"text": record.text, "engine": record.engine})
        left -= 1
        return Heard.GO_ON if left else Heard.ENOUGH

    place = order.port or _first_camera()
    with desk.opened(find_camera(place), place) as transport:
        camera.arm()
        if not serve(camera, transport, hear, order.patience_s):
            raise Failed(f"{transport.port}: no code within {order.patience_s:g} s")
    return 0


def health_scanner(desk: Desk, order: ScannerOrder) -> int:
    """Whether the camera can be opened and gives pictures."""
    place = order.port or next(iter(cameras()), "")
    status = DeviceStatus(DeviceKind.SCANNER, DeviceState.NO_DEVICE, error="noDevice", port=place)
    if place:
        try:
            pictures = CameraSource(place).open()
            error = "" if pictures.read() is not None else "noPicture"
            pictures.close()
            state = DeviceState.HARDWARE_ERROR if error else DeviceState.ONLINE
            status = DeviceStatus(DeviceKind.SCANNER, state, error=error, port=place)
        except DriverError as err:
            status = DeviceStatus(DeviceKind.SCANNER, DeviceState.HARDWARE_ERROR, error=err.code, port=place)
    desk.tell({"kind": status.kind.value, "state": status.state.value, "error": status.error, "port": status.port})
    return 1 if status.error else 0


def cameras() -> Sequence[str]:
    """Cameras by their stable names where there are any."""
    stable = sorted(str(path) for path in Path("/dev/v4l/by-path").glob("*-video-index0"))
    return stable or sorted(str(path) for path in Path("/dev").glob("video[0-9]*"))


def _first_camera() -> str:
    place = next(iter(cameras()), "")
    if not place:
        raise Refused("no camera found")
    return place
