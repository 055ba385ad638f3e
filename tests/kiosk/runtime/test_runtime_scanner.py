"""A terminal whose eyes are a scanner in the hand: it is reported as such, its bytes can be watched, its codes arrive."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from drivers.device import DeviceKind
from kiosk.config import ScannerSection, load_station
from kiosk.runtime.assembly import assemble
from kiosk.runtime.upkeep import reports
from kiosk.upkeep.health import Part, has_bytes
from support.lines import PtyLine, pty_with
from tools.bench.station import make_demo_station


def until(is_so: Callable[[], bool], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_the_bytes_of_a_scanner_in_the_cameras_place_are_seen_while_somebody_watches(tmp_path: Path) -> None:
    station = load_station(make_demo_station(tmp_path / "station"))
    lines: list[PtyLine] = []

    def serve(line: PtyLine, stop) -> None:  # type: ignore[no-untyped-def]
        lines.append(line)
        stop.wait()

    with pty_with(serve) as path:
        config = station.model_copy(
            update={
                "camera": station.camera.model_copy(update={"source": ""}),
                "scanner": ScannerSection(profile="serial", port=path),
            }
        )
        parts = assemble(config, lambda _: None)
        parts.runner.start(parts.services)
        try:
            parts.devices.start()
            until(lambda: parts.services._reach.translator.statuses() != ())
            until(lambda: any(report.model == "serial" for report in reports(parts.services._reach.translator.statuses())))
            eyes = next(report for report in reports(parts.services._reach.translator.statuses()) if report.part is Part.CAMERA)
            assert (eyes.state, eyes.port) == ("online", path) and has_bytes(Part.CAMERA, eyes)
            os.write(lines[0]._fd, b"NOBODY-WATCHES\r\n")
            time.sleep(0.2)
            assert parts.devices.watched(DeviceKind.SCANNER) == ((), 0)
            parts.devices.watch(DeviceKind.SCANNER)
            os.write(lines[0]._fd, b"CODE-1\r\n")
            until(lambda: parts.devices.watched(DeviceKind.SCANNER)[1] > 0)
            transfers, _ = parts.devices.watched(DeviceKind.SCANNER)
            assert b"".join(transfer.head for transfer in transfers) == b"CODE-1\r\n"
            parts.devices.stop_watching()
            assert parts.devices.watched(DeviceKind.SCANNER) == ((), 0)
        finally:
            parts.stop()
