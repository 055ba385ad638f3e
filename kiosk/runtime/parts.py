"""The devices of a station: for each kind a driver, a way to find it, and a supervisor, as the station file wants them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.device import DeviceKind, DeviceStatus
from drivers.hotplug import HotPlug
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.printer.driver import printer_driver
from drivers.printer.finder import printer_finder
from drivers.printer.profile import printer_profile
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import scale_profile
from drivers.scanner.camera import Camera
from drivers.scanner.device import CodeScanner
from drivers.scanner.finder import scanner_finder
from drivers.scanner.profile import scanner_profiles
from drivers.scanner.source import find_camera
from drivers.supervisor import Supervisor
from drivers.transport.tap import Tap, tapped
from kiosk.config import StationConfig
from kiosk.runtime.devices import Armable, DeviceFleet, Together, Translator


class Parts:
    """Drivers and their supervisors. Records go to whoever ``connect`` named; nothing is emitted before the fleet starts."""

    def __init__(self, config: StationConfig, usb_backend: Any) -> None:
        reader = reader_profile(config.reader.profile)
        scale = scale_profile(config.scale.profile)
        card_reader = IdCardReader(reader)
        camera = Camera() if config.camera.source else None
        paper = printer_profile(config.printer.profile)
        paper_at, hand_at = config.printer.port, config.scanner.port
        paper_finder = printer_finder(paper_at, baud=paper.baud, flow=paper.flow, backend=usb_backend, may_move=True)
        printer = printer_driver(paper, emit=self._emit)
        scale_tap, printer_tap, scanner_tap = Tap(), Tap(), Tap()
        self._listener: Callable[[object], None] | None = None
        # A device carried to another socket goes on working, and the technician sees that it moved.
        reader_at, scale_at = config.reader.port, config.scale.port
        find_reader = reader_finder(reader, reader_at, backend=usb_backend, may_move=True)
        find_scale = scale_finder(scale, scale_at, backend=usb_backend, may_move=True)
        supervisors = [
            Supervisor(card_reader, find_reader, self._emit, place=reader_at),
            Supervisor(Scale(scale), tapped(find_scale, scale_tap), self._emit, place=scale_at),
            Supervisor(printer, tapped(paper_finder, printer_tap), self._emit, place=paper_at),
        ]
        kinds = (DeviceKind.ID_READER, DeviceKind.SCALE, DeviceKind.PRINTER)
        checks = dict(zip(kinds, supervisors, strict=True))
        lookers: list[Armable] = []
        if camera is not None:
            eyes = find_camera(config.camera.source, config.camera.torch, may_move=True)
            supervisors.append(Supervisor(camera, eyes, self._emit))
            lookers.append(camera)
        if config.scanner.profile:
            profile = scanner_profiles()[config.scanner.profile]
            scanner = CodeScanner(profile)
            # Two devices cannot both speak for the eyes of the terminal: beside a camera only the scanner's codes count.
            emit = self._emit if camera is None else self._emit_codes
            hand = tapped(scanner_finder(profile, hand_at, backend=usb_backend, may_move=True), scanner_tap)
            supervisors.append(Supervisor(scanner, hand, emit, place=hand_at))
            lookers.append(scanner)
        taps = {DeviceKind.SCALE: scale_tap, DeviceKind.PRINTER: printer_tap, DeviceKind.SCANNER: scanner_tap}
        self.fleet = DeviceFleet([*supervisors, HotPlug(self._wake)], card_reader, Together(*lookers), printer, taps, checks)
        self._supervisors = supervisors

    def _wake(self) -> None:
        """Something was plugged in or out: every supervisor looks now."""
        for supervisor in self._supervisors:
            supervisor.wake()

    def connect(self, translator: Translator) -> None:
        """Whoever listens from now on."""
        self._listener = translator.receive

    def _emit(self, record: object) -> None:
        if self._listener is not None:
            self._listener(record)

    def _emit_codes(self, record: object) -> None:
        if not isinstance(record, DeviceStatus):
            self._emit(record)
