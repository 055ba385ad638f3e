"""The camera as a driver: looks for codes only while armed, and shows the person what it sees.

Rules
- Disarmed, the camera is closed and dark; its being plugged in is still watched.
- Same ``run(transport, emit, stop)`` as every driver; the transport is a ``CameraSource``, anything else is a ``DriverFault``.
- At most ``MAX_FPS`` pictures a second are shown and searched; a preview is at most ``PREVIEW_WIDTH`` wide.
- Codes are told as ``arming.py`` says.
- OpenCV and the decoders are loaded when somebody first looks: most visits never need them (16 MB, 0.1 s).
- A hint how to hold the code is worked out here, every ``_LOOK_EVERY`` pictures of which none gave a code, and travels with the preview; so
  does nothing that the screen would have to compute. The light is switched by what was seen, and off with the camera.
- A check of health opens the camera for as long as it takes: a picture has to come within ``HEALTH_S``, and to show more than one even tone.
- A camera that is there and gives no picture is told as such, also by the next ``run``, until it gives one or is plugged in anew.
- After ``disarm`` returned at most the picture being searched just then is still told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import DeviceGone, DriverFault, TryAgain
from drivers.health import HealthChecked, HealthLevel, replied
from drivers.scanner.arming import ArmedScanner
from drivers.scanner.record import CodeScanned, Hint, PreviewFrame
from drivers.scanner.source import Bgr, CameraSource, Pictures
from drivers.scanner.torch import Light
from drivers.transport.base import Transport

MAX_FPS = 12
PREVIEW_WIDTH = 640
DEBOUNCE_S = 2.0
HEALTH_S = 3.0
PATIENCE_S = 20.0
_IDLE_TICK_S = 0.2
_LOOK_EVERY = 3
_SETTLING_S = 0.5
_EVEN = 1.5


class Camera(ArmedScanner):
    """A ``Driver``. ``arm`` opens the camera, ``disarm`` closes it; ``run`` belongs to one thread. ``clock`` is monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("camera", DEBOUNCE_S, clock)
        self._silent: object = None
        self._trouble = ""

    @property
    def patience_s(self) -> float:
        """OpenCV is loaded and the camera opened at the first look; V4L2 itself may wait ten seconds while it negotiates."""
        return PATIENCE_S

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the camera. Raises ``DeviceGone`` when it left, ``NeedsPerson`` when it may not be opened, ``TryAgain`` when it gives nothing."""
        if not isinstance(transport, CameraSource):
            raise DriverFault(port=transport.port)
        emit(self._state_of(transport))
        identity = transport.identity
        while not stop.is_set():
            if self._health.take():
                emit(self._checked(transport, emit, stop))
            elif self._armed.wait(_IDLE_TICK_S) and not stop.is_set():
                self._look(transport, emit, stop)
                emit(self._state_of(transport))
            elif not transport.is_there or transport.identity != identity:
                raise DeviceGone(port=transport.port)

    def _state_of(self, source: CameraSource) -> DeviceStatus:
        status = self._status(source.port)
        if self._silent is None or self._silent != source.identity:
            return status
        return replace(status, state=DeviceState.HARDWARE_ERROR, error=self._trouble, level=ErrorLevel.RECOVERABLE)

    def _read(self, pictures: Pictures, source: CameraSource, emit: Emit) -> Bgr | None:
        try:
            picture = pictures.read()
        except TryAgain as err:
            self._silent, self._trouble = source.identity, err.code
            raise
        if picture is not None and self._silent is not None:
            self._silent = None
            emit(self._state_of(source))
        return picture

    def _look(self, source: CameraSource, emit: Emit, stop: threading.Event) -> None:
        from drivers.scanner.hints import DARK

        pictures = source.open()
        light = Light(source.torch(), DARK)
        try:
            view = _View(light, self._clock)
            while self._armed.is_set() and not stop.is_set():
                began_s = self._clock()
                picture = self._read(pictures, source, emit)
                if picture is not None:
                    self._one(picture, view, emit)
                    if self._health.take():
                        emit(_judged(picture))
                stop.wait(max(0.0, began_s + 1 / MAX_FPS - self._clock()))
        finally:
            light.off()
            pictures.close()

    def _checked(self, source: CameraSource, emit: Emit, stop: threading.Event) -> HealthChecked:
        """A picture, where nobody looks just now. The first ones are dark until the exposure has settled: the last one counts."""
        pictures = source.open()
        last: Bgr | None = None
        began_s = self._clock()
        try:
            while not stop.is_set() and self._clock() - began_s < HEALTH_S:
                picture = self._read(pictures, source, emit)
                last = last if picture is None else picture
                if last is not None and self._clock() - began_s >= _SETTLING_S:
                    break
                stop.wait(1 / MAX_FPS)
        finally:
            pictures.close()
        return replied(DeviceKind.SCANNER, HealthLevel.EXTERNAL, "timeOut") if last is None else _judged(last)

    def _one(self, picture: Bgr, view: _View, emit: Emit) -> None:
        import cv2

        emit(preview(picture, view.hint))
        code = view.decode(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8))
        if code is not None:
            self._tell(code, emit)


def _judged(picture: Bgr) -> HealthChecked:
    """One even tone is a lens cap, or a sensor that sends its frames and sees nothing."""
    height, width = picture.shape[:2]
    facts = {"width": str(width), "height": str(height), "brightness": f"{float(picture.mean()):.0f}"}
    return replied(DeviceKind.SCANNER, HealthLevel.EXTERNAL, "" if float(picture.std()) >= _EVEN else "blind", facts)


class _View:
    """What is kept from picture to picture while the camera is open."""

    def __init__(self, light: Light, clock: Callable[[], float]) -> None:
        from drivers.scanner.decode import Cascade
        from drivers.scanner.hints import HintKeeper

        self._cascade = Cascade()
        self._hints = HintKeeper()
        self._light = light
        self._clock = clock
        self._unread = 0
        self.hint = Hint.NONE

    def decode(self, grey: npt.NDArray[np.uint8]) -> CodeScanned | None:
        """The code of this picture, or a look at why there is none."""
        from drivers.scanner.hints import hint_of, look_at

        code = self._cascade.decode(grey)
        if code is not None:
            self._unread = 0
            self._hints.read()
            self.hint = Hint.NONE
            return code
        self._unread += 1
        if self._unread % _LOOK_EVERY == 0:
            seen = look_at(grey)
            self._light.see(seen.brightness, self._clock())
            self.hint = self._hints.see(hint_of(seen))
        return None


def preview(picture: Bgr, hint: Hint = Hint.NONE) -> PreviewFrame:
    """The picture as a person should see it: at most ``PREVIEW_WIDTH`` wide, RGB."""
    import cv2

    from drivers.scanner.decode import shrink

    height, width = picture.shape[:2]
    if width > PREVIEW_WIDTH:
        picture = shrink(picture, round(max(height, width) * PREVIEW_WIDTH / width))
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return PreviewFrame(rgb.shape[1], rgb.shape[0], rgb.tobytes(), hint)
