"""The camera as a driver: looks for codes only while armed, and shows the person what it sees.

Rules
- Disarmed, the camera is closed and dark; its being plugged in is still watched.
- Same ``run(transport, emit, stop)`` as every driver; the transport is a ``CameraSource``, anything else is a ``DriverFault``.
- At most ``MAX_FPS`` pictures a second are shown and searched; a preview is at most ``PREVIEW_WIDTH`` wide.
- A code is told once as long as it stays in view, and again when it was away for ``DEBOUNCE_S`` or after ``arm``.
- OpenCV and the decoders are loaded when somebody first looks: most visits never need them (16 MB, 0.1 s).
- After ``disarm`` returned at most the picture being searched just then is still told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.driver import Emit
from drivers.errors import DeviceGone, DriverFault
from drivers.scanner.record import CodeScanned, PreviewFrame
from drivers.scanner.source import Bgr, CameraSource, Pictures
from drivers.transport.base import Transport

if TYPE_CHECKING:
    from drivers.scanner.decode import Cascade

MAX_FPS = 12
PREVIEW_WIDTH = 640
DEBOUNCE_S = 2.0
_IDLE_TICK_S = 0.2


class Camera:
    """A ``Driver``. ``arm`` and ``disarm`` may be called from any thread; ``run`` belongs to one. ``clock`` is monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._armed = threading.Event()
        self._last_code = ""
        self._last_code_s = 0.0
        self._good = 0

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind.SCANNER

    def arm(self) -> None:
        """Open the camera and look for codes."""
        self._last_code = ""
        self._armed.set()

    def disarm(self) -> None:
        """Close the camera."""
        self._armed.clear()

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the camera. Raises ``DeviceGone`` when it left, ``NeedsPerson`` when it may not be opened."""
        if not isinstance(transport, CameraSource):
            raise DriverFault(port=transport.port)
        emit(self._status(transport))
        while not stop.is_set():
            if self._armed.wait(_IDLE_TICK_S) and not stop.is_set():
                self._look(transport, emit, stop)
                emit(self._status(transport))
            elif not transport.is_there:
                raise DeviceGone(port=transport.port)

    def _look(self, source: CameraSource, emit: Emit, stop: threading.Event) -> None:
        from drivers.scanner.decode import Cascade

        pictures = source.open()
        try:
            cascade = Cascade()
            while self._armed.is_set() and not stop.is_set():
                began_s = self._clock()
                self._one(pictures, cascade, emit)
                stop.wait(max(0.0, began_s + 1 / MAX_FPS - self._clock()))
        finally:
            pictures.close()

    def _one(self, pictures: Pictures, cascade: Cascade, emit: Emit) -> None:
        import cv2

        picture = pictures.read()
        if picture is None:
            return
        emit(preview(picture))
        code = cascade.decode(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8))
        if code is not None and self._is_new(code) and self._armed.is_set():
            self._good += 1
            emit(code)

    def _is_new(self, code: CodeScanned) -> bool:
        now = self._clock()
        is_new = code.text != self._last_code or now - self._last_code_s >= DEBOUNCE_S
        self._last_code, self._last_code_s = code.text, now
        return is_new

    def _status(self, source: CameraSource) -> DeviceStatus:
        return DeviceStatus(
            kind=DeviceKind.SCANNER,
            state=DeviceState.ONLINE,
            model="camera",
            port=source.port,
            statistics={"GoodScanCount": self._good},
        )


def preview(picture: Bgr) -> PreviewFrame:
    """The picture as a person should see it: at most ``PREVIEW_WIDTH`` wide, RGB."""
    import cv2

    from drivers.scanner.decode import shrink

    height, width = picture.shape[:2]
    if width > PREVIEW_WIDTH:
        picture = shrink(picture, round(max(height, width) * PREVIEW_WIDTH / width))
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return PreviewFrame(rgb.shape[1], rgb.shape[0], rgb.tobytes())
