"""``probe printer`` and ``health printer``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw

from drivers.cli.desk import Desk, Failed, Heard, Refused, reason_of, serve
from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DriverError
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.finder import printer_finder
from drivers.printer.line import HasClassRequests
from drivers.printer.profile import Language, PrinterProfile, builtin_profiles, printer_profile
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.printer.status import Condition
from drivers.printer.tspl_wire import TsplWire
from drivers.printer.wire import PrinterWire
from drivers.supervisor import Finder
from drivers.transport.base import Transport

_DEFAULT = "clone-80"
_TEST_ROWS = 160


@dataclass(frozen=True)
class PrinterOrder:
    """What the technician asked for; ``protocol`` is a printer profile or empty."""

    protocol: str
    port: str
    baud: int
    patience_s: float

    @property
    def profile(self) -> PrinterProfile:
        """Raises ``Refused`` for a profile that nobody wrote."""
        name = self.protocol or _DEFAULT
        if name not in builtin_profiles():
            raise Refused(f"unknown protocol {self.protocol!r}; known: {', '.join(builtin_profiles())}")
        return printer_profile(name)


def probe_printer(desk: Desk, order: PrinterOrder) -> int:
    """What the printer says about itself, bytes as they came."""
    profile = order.profile
    with desk.opened(_finder(desk, order), order.port or "the printer", DeviceKind.PRINTER) as transport:
        try:
            answers = _answers(transport, profile)
            desk.tell(
                {
                    "port": transport.port,
                    "kind": DeviceKind.PRINTER.value,
                    "device_id": device_id(transport),
                    "status": {n: None if value is None else f"{value:02X}" for n, value in answers.items()},
                }
            )
        except DriverError as err:
            raise Failed(f"{transport.port}: {err}") from err
    return 0


def health_printer(desk: Desk, order: PrinterOrder, level: str) -> int:
    """internal: its own status; external: and a test print that it confirms; interactive: and the person confirms it."""
    profile = order.profile
    try:
        transport = _finder(desk, order)()
    except DriverError as err:
        raise Refused(reason_of(err, order.port)) from err
    if transport is None:
        if order.port:
            raise Refused(f"{order.port} is not there")
        desk.tell(_facts(DeviceStatus(DeviceKind.PRINTER, DeviceState.NO_DEVICE, error="noDevice"), answers=False))
        return 1
    try:
        condition = _condition(transport, profile)
        status = condition.status(transport.port, profile.name, {})
        desk.tell(_facts(status, answers=condition.is_known))
        if not status.is_ready or level == "internal":
            return 0 if status.is_ready else 1
        return _test_print(desk, order, transport, is_asked=level == "interactive")
    except DriverError as err:
        raise Failed(f"{transport.port}: {err}") from err
    finally:
        transport.close()


def device_id(transport: Transport) -> str:
    """The USB printer's own description, "" on other wires. Clones send its length in any form, so it is cut by what came."""
    if not isinstance(transport, HasClassRequests):
        return ""
    answer = transport.control_in(0xA1, 0x00, 0, transport.interface << 8, 1024)
    return answer[2:].rstrip(b"\0").decode("latin-1")


def _finder(desk: Desk, order: PrinterOrder) -> Finder:
    profile = order.profile
    return printer_finder(order.port, baud=order.baud or profile.baud, flow=profile.flow, backend=desk.backend)


def _condition(transport: Transport, profile: PrinterProfile) -> Condition:
    if profile.language is Language.TSPL:
        return TsplWire(transport, profile).condition()
    return PrinterWire(transport, profile).settled_condition(thorough=True)


def _answers(transport: Transport, profile: PrinterProfile) -> Mapping[str, int | None]:
    """The status bytes by the question that they answer."""
    if profile.language is Language.TSPL:
        return {"ESC ! ?": TsplWire(transport, profile).ask()}
    wire = PrinterWire(transport, profile)
    return {str(n): wire.ask(n) for n in (1, 2, 3, 4)}


def _facts(status: DeviceStatus, *, answers: bool) -> Mapping[str, object]:
    return {
        "kind": status.kind.value,
        "state": status.state.value,
        "paper": status.paper.value,
        "cover": status.cover.value,
        "error": status.error,
        "answers": answers,
        "port": status.port,
    }


def _test_print(desk: Desk, order: PrinterOrder, transport: Transport, *, is_asked: bool) -> int:
    printer = printer_driver(order.profile)
    picture = corner_picture(order.profile.head_dots)
    job = PrinterJob("test", encode_label(picture, order.profile), picture.height_dots / order.profile.dpi * 25.4)
    done: JobDone | None = None

    def hear(record: object) -> Heard:
        nonlocal done
        match record:
            case JobDone():
                done = record
                return Heard.ENOUGH
            case DeviceStatus() if record.is_ready and done is None:
                printer.submit(job)
        return Heard.NOTHING

    serve(printer, transport, hear, order.patience_s)
    if done is None:
        raise Failed(f"{transport.port}: the test print did not end within {order.patience_s:g} s")
    outcome = done.outcome
    if is_asked and outcome is not Outcome.FAILED:
        outcome = Outcome.CONFIRMED if desk.confirm("Is the test print complete, with all four corners?") else Outcome.FAILED
    desk.tell(
        {
            "kind": DeviceKind.PRINTER.value,
            "test_print": outcome.value,
            "error": done.error,
            "bytes_sent": done.bytes_sent,
            "bytes_total": done.bytes_total,
        }
    )
    return 0 if outcome is Outcome.CONFIRMED else 1


def corner_picture(width: int) -> MonoBitmap:
    """Corners, a staircase of single dots and a grey wedge: shows clipping, missing dots and a wrong width at a glance."""
    picture = Image.new("1", (width, _TEST_ROWS), 0)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, width - 1, _TEST_ROWS - 1), outline=1, width=2)
    for x in range(width):
        pen.point((x, 8 + x % 64), 1)
    for step in range(8):
        left = width * step // 8
        for y in range(88, _TEST_ROWS - 8):
            for x in range(left + y % (step + 1), width * (step + 1) // 8, step + 1):
                pen.point((x, y), 1)
    return MonoBitmap(width, _TEST_ROWS, picture.tobytes())
