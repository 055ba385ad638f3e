"""Our driver under its supervisor over real libusb: records go to stdout as JSON lines, commands come on stdin.

usb_client.py reader|scale|printer|labels [PLACE]      commands: {"op": "arm"}, {"op": "print", "id": ..., "rows": ...}; end of input ends it
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace

from drivers.device import DeviceStatus
from drivers.driver import Driver
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.idcard.record import CardFailed, CardRead
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.finder import printer_finder
from drivers.printer.profile import PrinterProfile, printer_profile
from drivers.printer.record import JobDone, MonoBitmap, PrinterJob
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading
from drivers.supervisor import Finder, Supervisor

EPSON = replace(printer_profile("epson-80"), speed_mm_s=1000, settle_s=1.0, stall_s=1.0, poll_s=0.1)
TSPL = replace(printer_profile("tspl-60"), settle_s=1.0, stall_s=1.0, poll_s=0.1)
_gate = threading.Lock()


def emit(record: object) -> None:
    """One record, one line."""
    match record:
        case DeviceStatus():
            facts = {"state": record.state.value, "error": record.error, "port": record.port, "paper": record.paper.value}
            facts["moved_from"] = record.moved_from
        case ScaleReading():
            facts = {"kg": None if record.weight_kg is None else str(record.weight_kg), "status": record.status.value}
        case CardRead(card):
            facts = {"card": card.name}
        case CardFailed(trouble):
            facts = {"trouble": trouble.value}
        case JobDone():
            facts = {"job": record.job_id, "outcome": record.outcome.value, "error": record.error, "sent": record.bytes_sent}
        case _:
            facts = {"other": type(record).__name__}
    with _gate:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()


def a_job(job_id: str, rows: int, profile: PrinterProfile = EPSON) -> PrinterJob:
    """A label of stripes that no two rows share."""
    width = profile.head_dots // 64 * 64
    rows_of_dots = b"".join(((row * 2654435761) % (1 << 64)).to_bytes(8, "big") * (width // 64) for row in range(1, rows + 1))
    return PrinterJob(job_id, encode_label(MonoBitmap(width, rows, rows_of_dots), profile), rows / 8)


def main() -> None:
    place = sys.argv[2] if len(sys.argv) > 2 else ""
    reader = IdCardReader(replace(reader_profile("sam_usb"), poll_s=0.05))
    scale = Scale(load_profiles()["hid"])
    profile = TSPL if sys.argv[1] == "labels" else EPSON
    printer = printer_driver(profile)
    chosen: dict[str, tuple[Driver, Finder]] = {
        "reader": (reader, reader_finder(reader_profile("sam_usb"), place, may_move=True)),
        "scale": (scale, scale_finder(load_profiles()["hid"], place, may_move=True)),
        "printer": (printer, printer_finder()),
        "labels": (printer, printer_finder()),
    }
    driver, finder = chosen[sys.argv[1]]
    supervisor = Supervisor(driver, finder, emit, place=place, poll_s=0.1, jitter=lambda: 0.0)
    supervisor.start()
    for line in sys.stdin:
        command = json.loads(line)
        if command["op"] == "arm":
            reader.arm()
        else:
            printer.submit(a_job(command["id"], command["rows"], profile))
    supervisor.stop()


if __name__ == "__main__":
    main()
