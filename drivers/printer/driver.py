"""The driver that speaks a profile's language."""

from __future__ import annotations

from drivers.driver import Emit
from drivers.printer.escpos_device import EscPosPrinter
from drivers.printer.profile import Language, PrinterProfile
from drivers.printer.tspl_device import TsplPrinter

Printer = EscPosPrinter | TsplPrinter


def printer_driver(profile: PrinterProfile, *, emit: Emit | None = None) -> Printer:
    """A driver for one printer of ``profile``."""
    return TsplPrinter(profile, emit=emit) if profile.language is Language.TSPL else EscPosPrinter(profile, emit=emit)
