"""The test label on paper: drawn, encoded, read back and printed as a certificate is, only without a certificate.

Order: draw -> encode -> receipt test against the test code -> hand to the printer -> tell its fate once. Nothing of it is in the ledger.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from drivers.errors import DriverFault
from drivers.printer.encode import encode_label
from drivers.printer.record import JobDone, MonoBitmap, PrinterJob
from kiosk import log
from kiosk.domain.certificate import PaperOutcome
from kiosk.label.stock import DOTS_PER_MM
from kiosk.label.trial import TrialContent, draw_trial
from kiosk.runtime.printing import PAPER_OUTCOMES, PaperSetup, PrinterPort
from kiosk.runtime.receipt_test import ReceiptMismatch, prove
from kiosk.runtime.workers import Desk, Workers
from kiosk.session.events import Event, Picture
from kiosk.session.upkeep_events import TrialDrawn, TrialPrinted
from kiosk.upkeep.trial import TRIAL_CODE


class TrialPrinter:
    """``begin`` is called by the runner, ``job_done`` by the printer's thread."""

    def __init__(self, workers: Workers, setup: PaperSetup, port: PrinterPort, send: Callable[[Event], None]) -> None:
        self._workers = workers
        self._setup = setup
        self._port = port
        self._send = send
        self._lock = threading.Lock()
        self._under_way: set[str] = set()

    def begin(self, content: TrialContent) -> None:
        """Print one test label; ends in exactly one ``TrialPrinted``."""
        self._workers.post(Desk.DRAWING, lambda: self._print(content), lambda: self._failed("internalError"))

    def job_done(self, done: JobDone) -> None:
        """The printer's last word; other people's jobs are none of ours."""
        with self._lock:
            ours = done.job_id in self._under_way
            self._under_way.discard(done.job_id)
        if ours:
            log.event("trial-print", outcome=PAPER_OUTCOMES[done.outcome], error=done.error)
            self._send(TrialPrinted(PAPER_OUTCOMES[done.outcome], done.error))

    def _print(self, content: TrialContent) -> None:
        profile = self._setup.profile
        drawn = draw_trial(content, self._setup.stock)
        bitmap = MonoBitmap(drawn.width_dots, drawn.height_dots, drawn.data)
        self._send(TrialDrawn(Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)))
        try:
            stream = encode_label(bitmap, profile)
            prove(stream, TRIAL_CODE, bitmap, black_is_one=profile.black_is_one)
        except DriverFault:
            self._failed("labelTooSmall")
            return
        except ReceiptMismatch as err:
            log.event("receipt-mismatch", number="trial", copy=0, reason=err.reason)
            self._failed("receiptMismatch")
            return
        key = f"trial:{secrets.token_hex(4)}"
        with self._lock:
            self._under_way.add(key)
        self._port.submit(PrinterJob(job_id=key, data=stream, height_mm=bitmap.height_dots / DOTS_PER_MM))

    def _failed(self, error: str) -> None:
        log.event("trial-print", outcome=PaperOutcome.FAILED, error=error)
        self._send(TrialPrinted(PaperOutcome.FAILED, error))
