"""Arguments of ``python -m drivers`` and which command they mean."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from drivers.cli.desk import Desk, Failed, Refused
from drivers.cli.idcard import ReaderOrder, health_idcard, probe_idcard, read_idcard
from drivers.cli.places import list_devices, usb_devices
from drivers.cli.printer import PrinterOrder, health_printer, probe_printer
from drivers.cli.scale import PROTOCOLS, ScaleOrder, health_scale, probe_scale, read_scale
from drivers.cli.scanner import ScannerOrder, health_scanner, read_pictures, read_scanner
from drivers.device import DeviceKind

_FAMILIES = ("idcard", "scale", "printer", "scanner")
_BY_KIND = {DeviceKind.ID_READER.value: "idcard", DeviceKind.PRINTER.value: "printer"}
_BY_REPORTS = {DeviceKind.SCALE.value: "hid", DeviceKind.SCANNER.value: "hid-pos"}
_PATIENCE_S = {"health": 10.0}
_DEFAULT_PATIENCE_S = 30.0
_LEVELS = ("internal", "external", "interactive")


def main(arguments: Sequence[str], *, backend: Any = None, desk: Desk | None = None) -> int:
    """Carry out one command line; returns the exit code. ``backend`` puts another USB bus in the place of libusb's."""
    options = _parser().parse_args(arguments)
    recording = getattr(options, "record", "")
    desk = replace(desk or Desk(sys.stdout, sys.stderr, sys.stdin, backend=backend), as_json=options.json, recording=recording)
    try:
        if recording and getattr(options, "family", "") == "idcard":
            raise Refused("a card reader is never recorded")
        return _carry_out(desk, options)
    except Refused as refusal:
        desk.remark(str(refusal))
        return 2
    except Failed as failure:
        desk.remark(str(failure))
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130


def _carry_out(desk: Desk, options: argparse.Namespace) -> int:
    match options.command:
        case "list":
            return list_devices(desk)
        case "probe":
            return _probe(desk, options)
        case "read":
            return _read(desk, options)
        case _:
            families = (options.family,) if options.family else _FAMILIES
            return max(_health(desk, options, family) for family in families)


def _read(desk: Desk, options: argparse.Namespace) -> int:
    match options.family:
        case "idcard":
            return read_idcard(desk, _reader_order(options))
        case "scale":
            return read_scale(desk, _scale_order(options))
        case _ if options.image:
            return read_pictures(desk, options.image)
        case _:
            return read_scanner(desk, _scanner_order(options))


def _probe(desk: Desk, options: argparse.Namespace) -> int:
    """A named family on a port; without one, every USB device whose family is known."""
    if options.family:
        return _probe_one(desk, options, options.family)
    if options.port:
        raise Refused("probe with --port needs to know what it may ask: idcard, scale or printer")
    worst = 0
    for facts in list(usb_devices(desk)):
        kind = str(facts["kind"])
        if kind in _BY_REPORTS:
            desk.tell({**facts, "protocol": _BY_REPORTS[kind]})
        elif kind in _BY_KIND:
            try:
                _probe_one(desk, argparse.Namespace(**{**vars(options), "port": facts["port"]}), _BY_KIND[kind])
            except (Refused, Failed) as err:
                desk.remark(str(err))
                worst = 1
    return worst


def _probe_one(desk: Desk, options: argparse.Namespace, family: str) -> int:
    match family:
        case "idcard":
            return probe_idcard(desk, _reader_order(options))
        case "scale":
            return probe_scale(desk, _scale_order(options))
        case _:
            return probe_printer(desk, _printer_order(options))


def _health(desk: Desk, options: argparse.Namespace, family: str) -> int:
    match family:
        case "idcard":
            return health_idcard(desk, _reader_order(options), options.level)
        case "scale":
            return health_scale(desk, _scale_order(options), options.level, options.reference)
        case "printer":
            return health_printer(desk, _printer_order(options), options.level)
        case _:
            return health_scanner(desk, _scanner_order(options), options.level)


def _patience_s(options: argparse.Namespace) -> float:
    return float(options.timeout or _PATIENCE_S.get(options.command, _DEFAULT_PATIENCE_S))


def _scale_order(options: argparse.Namespace) -> ScaleOrder:
    return ScaleOrder(options.protocol, options.port, options.baud, options.count, _patience_s(options))


def _reader_order(options: argparse.Namespace) -> ReaderOrder:
    return ReaderOrder(options.protocol, options.port, options.baud, options.count, _patience_s(options))


def _printer_order(options: argparse.Namespace) -> PrinterOrder:
    return PrinterOrder(options.protocol, options.port, options.baud, _patience_s(options))


def _scanner_order(options: argparse.Namespace) -> ScannerOrder:
    return ScannerOrder(options.protocol, options.port, options.baud, options.count, _patience_s(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m drivers", description="What is plugged in, how it is, and what it says.")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line")
    where = argparse.ArgumentParser(add_help=False, parents=[common])
    where.add_argument(
        "--port", default="", help="/dev/ttyUSB0, usb:1-2.3, tcp:192.0.2.7:9100, /dev/video0; else the first one found"
    )
    where.add_argument("--protocol", default="", help=f"scale: {', '.join(PROTOCOLS)}; else a profile")
    where.add_argument("--baud", type=_positive, default=0, help="instead of the protocol's usual speed")
    where.add_argument("--timeout", type=_seconds, metavar="S", help="longest wait for the next one (30, health 10)")
    commands.add_parser("list", parents=[common], help="what is plugged in")
    probe = commands.add_parser("probe", parents=[where], help="ask what it is, with the evidence")
    probe.add_argument("family", nargs="?", choices=("idcard", "scale", "printer"))
    read = commands.add_parser("read", parents=[where], help="what it reads")
    read.add_argument("family", choices=("idcard", "scale", "scanner"))
    read.add_argument("--image", nargs="+", metavar="FILE", help="scanner: decode pictures instead")
    health = commands.add_parser("health", parents=[where], help="how it is")
    health.add_argument("family", nargs="?", choices=_FAMILIES)
    health.add_argument("--level", choices=_LEVELS, default="internal", help="external prints or weighs, interactive asks you")
    health.add_argument("--reference", default="1.000", metavar="KG", help="scale: the reference weight of an interactive check")
    read.add_argument("--record", default="", metavar="FILE", help="write every byte of the wire to FILE (never for idcard)")
    for command in (probe, read, health):
        command.add_argument("--count", type=_positive, default=1, help="so many, then end")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value
