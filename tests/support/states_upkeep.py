"""Sample states of the technician's pages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kiosk.domain.certificate import PaperOutcome
from kiosk.domain.quantity import Weight, WeightStatus
from kiosk.label.stock import label_stock
from kiosk.label.trial import TrialContent, draw_trial
from kiosk.session import upkeep_events as uev
from kiosk.session.events import CameraFrame, DeviceWord, Picture
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_state import PAGES, Upkeep
from kiosk.upkeep.cards import CardKind
from kiosk.upkeep.health import CheckHealth, CheckLevel, CheckResult, DeviceReport, Part
from kiosk.upkeep.reference import compare
from kiosk.upkeep.replacement import Replacement, Step
from kiosk.upkeep.trial import TARGETS
from support.states import LONGEST_STATION, a_terminal, sample
from support.walk import READY

COUNTERS = (("CommunicationErrorCount", 3), ("GoodReadCount", 417), ("ReconnectCount", 12))
WELL = (
    DeviceReport(Part.READER, "online", model="sam_usb", port="usb:1-2.1", counters=COUNTERS),
    DeviceReport(Part.SCALE, "online", model="toledo-continuous", port="/dev/serial/by-path/pci-0000", counters=COUNTERS),
    DeviceReport(Part.PRINTER, "online", paper="full", cover="closed", model="clone-80", port="usb:1-2.3", counters=COUNTERS),
    DeviceReport(Part.CAMERA, "online", model="camera", port="video0"),
)
LONG_PORT = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2.4.1:1.0-port0"
ILL = (
    DeviceReport(Part.READER, "userError", "permissionDenied", "recoverable", model="sam_usb", port=LONG_PORT),
    DeviceReport(Part.SCALE, "hardwareError", "needsZero", "recoverable", model="toledo-continuous", port=LONG_PORT),
    DeviceReport(
        Part.PRINTER,
        "hardwareError",
        "cutterJam",
        "fatal",
        "jammed",
        "open",
        "epson-80-mark",
        "tcp:192.0.2.117:9100",
        (*COUNTERS, ("PaperCutCount", 141421), ("PrinterFaultCount", 17), ("ReceiptCoverOpenCount", 271)),
    ),
    DeviceReport(Part.CAMERA, "noDevice", "noDevice", "recoverable"),
)
GOOD = tuple(CheckHealth(part, CheckLevel.INTERACTIVE, CheckResult.COMPLETE) for part in Part)
BAD = tuple(CheckHealth(part, CheckLevel.INTERACTIVE, CheckResult.FAILED, "outOfTolerance") for part in Part)


def upkeep(page: Page, **changes: object) -> Terminal:
    part = next((part for part, place in PAGES.items() if place is page), None)
    state = Upkeep(page, READY, division=Decimal("0.005"), reports=WELL, part=part)
    return a_terminal(replace(state, **changes))  # type: ignore[arg-type]


def resting(kg: str) -> Weight:
    return Weight(Decimal(kg), WeightStatus.STABLE)


def trial_label(stock: str = "60x80") -> Picture:
    content = TrialContent("1407030031", LONGEST_STATION, "2026-11-24 12:00:00", "clone-80 usb:1-2.3")
    bitmap = draw_trial(content, label_stock(stock))
    return Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)


def a_frame() -> CameraFrame:
    row = bytes(value for x in range(320) for value in (60 + x // 4, 110, 90))
    return CameraFrame(320, 240, row * 240)


@sample(Page.UPKEEP_PIN)
def _pin() -> Terminal:
    return upkeep(Page.UPKEEP_PIN)


@sample(Page.UPKEEP_PIN, "locked")
def _pin_locked() -> Terminal:
    return upkeep(Page.UPKEEP_PIN, notice=notice("pinLockedMinutes", wait=60))


@sample(Page.UPKEEP_DEVICES)
def _devices() -> Terminal:
    return upkeep(Page.UPKEEP_DEVICES, checks=GOOD[:2])


@sample(Page.UPKEEP_DEVICES, "longest")
def _devices_ill() -> Terminal:
    return upkeep(Page.UPKEEP_DEVICES, reports=ILL, checks=BAD)


@sample(Page.UPKEEP_DEVICES, "starting")
def _devices_starting() -> Terminal:
    return upkeep(Page.UPKEEP_DEVICES, reports=(), notice=notice("upkeep.notKept"))


@sample(Page.UPKEEP_SCALE)
def _scale() -> Terminal:
    return upkeep(Page.UPKEEP_SCALE, weight=resting("10.005"), reference=Decimal(10))


@sample(Page.UPKEEP_SCALE, "longest")
def _scale_off() -> Terminal:
    return upkeep(
        Page.UPKEEP_SCALE, reports=ILL, checks=BAD, division=None, weight=resting("19.9855"), reference=Decimal(20), notice=None
    )


@sample(Page.UPKEEP_SCALE, "moving")
def _scale_moving() -> Terminal:
    moving = Weight(Decimal("4.310"), WeightStatus.UNSTABLE)
    return upkeep(Page.UPKEEP_SCALE, weight=moving, reference=Decimal(5), notice=notice("upkeep.notAtRest"))


@sample(Page.UPKEEP_SCALE, "kept")
def _scale_kept() -> Terminal:
    compared = compare(resting("5.025"), Decimal(5), Decimal("0.005"))
    return upkeep(Page.UPKEEP_SCALE, weight=resting("5.025"), reference=Decimal(5), compared=compared, checks=BAD)


@sample(Page.UPKEEP_READER)
def _reader() -> Terminal:
    return upkeep(Page.UPKEEP_READER)


@sample(Page.UPKEEP_READER, "waiting")
def _reader_waiting() -> Terminal:
    return upkeep(Page.UPKEEP_READER, busy=True, notice=notice("card.cardRefused"))


@sample(Page.UPKEEP_READER, "longest")
def _reader_read() -> Terminal:
    return upkeep(Page.UPKEEP_READER, card=CardKind.FOREIGN_PERMANENT, checks=GOOD)


@sample(Page.UPKEEP_PRINTER)
def _printer() -> Terminal:
    return upkeep(Page.UPKEEP_PRINTER)


@sample(Page.UPKEEP_PRINTER, "asked")
def _printer_asked() -> Terminal:
    return upkeep(Page.UPKEEP_PRINTER, label=trial_label(), trial=uev.TrialPrinted(PaperOutcome.UNKNOWN, "timeOut"))


@sample(Page.UPKEEP_PRINTER, "longest")
def _printer_failed() -> Terminal:
    failed = uev.TrialPrinted(PaperOutcome.FAILED, "hardwareError")
    return upkeep(Page.UPKEEP_PRINTER, reports=ILL, label=trial_label("100x70"), trial=failed, checks=BAD)


@sample(Page.UPKEEP_CAMERA)
def _camera() -> Terminal:
    return upkeep(Page.UPKEEP_CAMERA, frame=a_frame())


@sample(Page.UPKEEP_CAMERA, "hint")
def _camera_hint() -> Terminal:
    return upkeep(Page.UPKEEP_CAMERA, frame=replace(a_frame(), hint="glare"))


@sample(Page.UPKEEP_CAMERA, "read")
def _camera_read() -> Terminal:
    return upkeep(Page.UPKEEP_CAMERA, frame=a_frame(), code="test", checks=GOOD)


@sample(Page.UPKEEP_CAMERA, "longest")
def _camera_bad() -> Terminal:
    state = upkeep(Page.UPKEEP_CAMERA, reports=ILL, checks=BAD)
    return replace(state, health=replace(READY, camera=DeviceWord.MISSING))


@sample(Page.UPKEEP_TOUCH)
def _touch() -> Terminal:
    return upkeep(Page.UPKEEP_TOUCH, touched=frozenset(TARGETS[:2]))


@sample(Page.UPKEEP_TOUCH, "done")
def _touch_done() -> Terminal:
    return upkeep(Page.UPKEEP_TOUCH, touched=frozenset(TARGETS))


@sample(Page.UPKEEP_VOICE)
def _voice() -> Terminal:
    return upkeep(Page.UPKEEP_VOICE)


@sample(Page.UPKEEP_VOICE, "asked")
def _voice_asked() -> Terminal:
    return upkeep(Page.UPKEEP_VOICE, busy=True)


@sample(Page.UPKEEP_VOICE, "mute")
def _voice_mute() -> Terminal:
    return upkeep(Page.UPKEEP_VOICE, machine=replace(MACHINE, voice=""))


def some_lines() -> tuple[uev.ByteLine, ...]:
    said = "02 31 30 20 20 31 32 33 34 35 30 20 20 20 30 30 0d"
    head = " ".join(["ff"] * 24) + " …"
    lines = [uev.ByteLine(0.08 * n, "in", said, 17) for n in range(60)]
    lines[50] = uev.ByteLine(4.0, "out", "10 04 01", 3)
    lines[58] = uev.ByteLine(1234.64, "out", head, 65536)
    return tuple(lines)


@sample(Page.UPKEEP_BYTES)
def _bytes() -> Terminal:
    return upkeep(Page.UPKEEP_BYTES, part=Part.SCALE, is_watching=True, lines=some_lines(), transfers=1417)


@sample(Page.UPKEEP_BYTES, "off")
def _bytes_off() -> Terminal:
    return upkeep(Page.UPKEEP_BYTES, part=Part.PRINTER)


@sample(Page.UPKEEP_BYTES, "silent")
def _bytes_silent() -> Terminal:
    return upkeep(Page.UPKEEP_BYTES, part=Part.PRINTER, is_watching=True)


def _replacing(part: Part, step: Step, old: DeviceReport | None = None, new: DeviceReport | None = None) -> Terminal:
    return upkeep(Page.UPKEEP_REPLACE, part=part, replacement=Replacement(part, step, old, new))


@sample(Page.UPKEEP_REPLACE)
def _unplug() -> Terminal:
    return _replacing(Part.PRINTER, Step.UNPLUG, WELL[2])


@sample(Page.UPKEEP_REPLACE, "plug")
def _plug() -> Terminal:
    return _replacing(Part.SCALE, Step.PLUG, WELL[1])


@sample(Page.UPKEEP_REPLACE, "unplugLine")
def _unplug_line() -> Terminal:
    return _replacing(Part.SCALE, Step.UNPLUG, replace(WELL[1], port=LONG_PORT))


@sample(Page.UPKEEP_REPLACE, "plugLine")
def _plug_line() -> Terminal:
    change = Replacement(Part.PRINTER, Step.PLUG, replace(WELL[2], port="tcp:192.0.2.7:9100"), by_hand=True)
    return upkeep(Page.UPKEEP_REPLACE, part=Part.PRINTER, replacement=change)


@sample(Page.UPKEEP_REPLACE, "found")
def _found() -> Terminal:
    return _replacing(Part.READER, Step.FOUND, WELL[0], WELL[0])


@sample(Page.UPKEEP_REPLACE, "longest")
def _found_bad() -> Terminal:
    return _replacing(Part.SCALE, Step.FOUND, ILL[1], ILL[1])


@sample(Page.UPKEEP_REPLACE, "done")
def _replaced() -> Terminal:
    return _replacing(Part.CAMERA, Step.DONE, WELL[3], WELL[3])


MACHINE = uev.MachineFacts(
    version="0.1.0",
    built="2026-11-01",
    system="Debian GNU/Linux 12 (bookworm), Linux 6.1.0-28-amd64, Python 3.11.2",
    terminal="1407030031",
    station=LONGEST_STATION,
    paths=(
        ("state", "/var/lib/kiosk"),
        ("secrets", "/etc/kiosk/secrets"),
        ("keys", "/var/lib/kiosk/keys.json"),
        ("directory", "/var/lib/kiosk/directory"),
    ),
    disk_free=21_474_836_480,
    disk_total=64_424_509_440,
    ledger_bytes=48_312_320,
    clock="2026-11-24 12:00:00 ntp",
    voice="/usr/bin/espeak-ng",
)


@sample(Page.UPKEEP_MACHINE)
def _machine() -> Terminal:
    return upkeep(Page.UPKEEP_MACHINE, machine=MACHINE, ledger=uev.LedgerHealth())


@sample(Page.UPKEEP_MACHINE, "reading")
def _machine_reading() -> Terminal:
    return upkeep(Page.UPKEEP_MACHINE, busy=True)


@sample(Page.UPKEEP_MACHINE, "longest")
def _machine_ill() -> Terminal:
    low = replace(MACHINE, disk_free=314_572_800)
    return upkeep(Page.UPKEEP_MACHINE, machine=low, ledger=uev.LedgerHealth(broken_row=141421))
