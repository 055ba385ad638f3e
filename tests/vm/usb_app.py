"""The drivers as the app runs them: user, groups and sandbox of its unit, the kernel's own word about plugging, libusb on the real kernel.

Commands come as JSON lines, answers (with the command's ``n``) and records (with the device's ``name``) go out as JSON lines; the end of input
ends it. See ``usb_rig.App``.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.cli.app import main as drivers_main
from drivers.cli.desk import Desk
from drivers.device import DeviceStatus
from drivers.driver import Driver
from drivers.health import HealthChecked, HealthLevel
from drivers.hotplug import HotPlug
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.idcard.record import CardFailed, CardRead
from drivers.printer.driver import printer_driver
from drivers.printer.finder import printer_finder
from drivers.printer.profile import printer_profile
from drivers.printer.record import JobDone, PrinterJob
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading
from drivers.scanner.device import CodeScanner
from drivers.scanner.finder import scanner_finder
from drivers.scanner.profile import scanner_profiles
from drivers.scanner.record import CodeScanned
from drivers.supervisor import Finder, Supervisor

Facts = dict[str, Any]


class App:
    """Devices by their names."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._devices: dict[str, tuple[Any, Supervisor]] = {}
        self._hot_plug = HotPlug(self._wake)

    def run(self) -> None:
        self._hot_plug.start()
        self._say({"listening": self._hot_plug.is_listening})
        for line in sys.stdin:
            command = json.loads(line)
            # Beside each other: a card is laid down while the command that reads it waits.
            threading.Thread(target=self._answer, args=(command,), daemon=True).start()
        for _, supervisor in self._devices.values():
            supervisor.stop()
        self._hot_plug.stop()

    def _answer(self, command: Facts) -> None:
        try:
            answer = getattr(self, f"do_{command['op']}")(command)
        except Exception as err:  # noqa: BLE001 - told to the test, which fails
            answer = {"failed": repr(err)}
        self._say({"n": command["n"], **(answer or {})})

    def _say(self, facts: Facts) -> None:
        with self._gate:
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()

    def _wake(self) -> None:
        for _, supervisor in list(self._devices.values()):
            supervisor.wake()

    # ---- commands -----------------------------------------------------------------------------------------------------------

    def do_cli(self, command: Facts) -> Facts:
        out, err = io.StringIO(), io.StringIO()
        began = time.monotonic()
        code = drivers_main([*command["arguments"], "--json"], desk=Desk(out, err, io.StringIO()))
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        return {"code": code, "out": lines, "err": err.getvalue(), "seconds": time.monotonic() - began}

    def do_start(self, command: Facts) -> None:
        name, place = command["name"], command.get("place", "")
        driver, finder = _device(command["family"], command.get("profile", ""), place, command.get("settings", {}))
        supervisor = Supervisor(driver, finder, lambda record: self._tell(name, record), place=place)
        self._devices[name] = driver, supervisor
        supervisor.start()

    def do_arm(self, command: Facts) -> None:
        self._devices[command["name"]][0].arm()

    def do_print(self, command: Facts) -> None:
        data = base64.b64decode(command["data"])
        self._devices[command["name"]][0].submit(PrinterJob(command["job"], data, command["height_mm"]))

    def do_health(self, command: Facts) -> None:
        self._devices[command["name"]][1].check_health(HealthLevel.EXTERNAL)

    def do_stop(self, command: Facts) -> Facts:
        _, supervisor = self._devices.pop(command["name"])
        began = time.monotonic()
        supervisor.stop()
        return {"seconds": time.monotonic() - began}

    def do_memory(self, command: Facts) -> Facts:
        words = Path("/proc/self/status").read_text(encoding="ascii").split("VmRSS:")[1].split()
        return {"kilobytes": int(words[0])}

    def _tell(self, name: str, record: object) -> None:
        match record:
            case DeviceStatus():
                facts = {"state": record.state.value, "error": record.error, "port": record.port, "moved_from": record.moved_from}
                facts |= {"paper": record.paper.value, "statistics": dict(record.statistics)}
            case ScaleReading():
                facts = {"kg": None if record.weight_kg is None else f"{record.weight_kg:f}", "status": record.status.value}
            case CardRead(card):
                facts = {"card": card.number}
            case CardFailed(trouble):
                facts = {"trouble": trouble.value}
            case CodeScanned():
                facts = {"code": record.text}
            case JobDone():
                facts = {
                    "job": record.job_id,
                    "outcome": record.outcome.value,
                    "job_error": record.error,
                    "sent": record.bytes_sent,
                }
            case HealthChecked():
                facts = {"check": record.text, "facts": dict(record.facts)}
            case _:
                facts = {"other": type(record).__name__}
        self._say({"name": name, "at": time.time(), **facts})


def _device(family: str, profile: str, place: str, settings: Facts) -> tuple[Driver, Finder]:
    match family:
        case "reader":
            reader = reader_profile(profile or "sam_usb")
            return IdCardReader(reader), reader_finder(reader, place, may_move=True)
        case "scale":
            scale = load_profiles()[profile or "hid"]
            return Scale(scale), scale_finder(scale, place, may_move=True)
        case "scanner":
            scanner = scanner_profiles()[profile or "hid-pos"]
            return CodeScanner(scanner), scanner_finder(scanner, place, may_move=True)
        case _:
            printer = replace(printer_profile(profile or "epson-80"), **settings)
            return printer_driver(printer), printer_finder(place, baud=printer.baud, flow=printer.flow, may_move=True)


if __name__ == "__main__":
    App().run()
