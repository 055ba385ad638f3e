"""One copy on paper: laid out, encoded, read back, recorded before and after, and its outcome told once.

Order: record the attempt -> draw -> encode -> receipt test -> hand to the printer -> record the outcome -> tell the session. A copy whose
attempt cannot be recorded is not printed. What drew it (layout version, digest of the fonts) is recorded with its outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.errors import DriverFault
from drivers.printer.encode import encode_label
from drivers.printer.profile import PrinterProfile
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from kiosk import log
from kiosk.domain.certificate import Certificate, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.issuing.issuer import Issuer, IssuerError
from kiosk.label.content import content_of
from kiosk.label.layout import LAYOUT_VERSION, LabelTooSmall, layout
from kiosk.label.stock import DOTS_PER_MM, LabelStock
from kiosk.label.text import font_digest
from kiosk.runtime.receipt_test import ReceiptMismatch, prove
from kiosk.runtime.workers import Desk, Workers
from kiosk.session.events import CopyEnded, Event, LabelDrawn, Picture

PAPER_OUTCOMES = {
    Outcome.CONFIRMED: PaperOutcome.CONFIRMED,
    Outcome.FAILED: PaperOutcome.FAILED,
    Outcome.UNKNOWN: PaperOutcome.UNKNOWN,
}


class PrinterPort(Protocol):
    """Where finished jobs go; the outcome comes back through ``CopyPrinter.job_done``."""

    def submit(self, job: PrinterJob) -> None: ...


@dataclass(frozen=True, slots=True)
class PaperSetup:
    """The paper and the printer of this terminal."""

    stock: LabelStock
    profile: PrinterProfile


def draw(certificate: Certificate, copy: int, stock: LabelStock, *, reprint: bool) -> MonoBitmap:
    """The label of one copy as it burns."""
    label = next(item for item in certificate.labels if item.copy == copy)
    bitmap = layout(content_of(certificate, label, reprint=reprint), stock).bitmap
    return MonoBitmap(bitmap.width_dots, bitmap.height_dots, bitmap.data)


class CopyPrinter:
    """Prints copies one after another. ``print_copy`` is called by the runner, ``job_done`` by the printer's thread."""

    def __init__(
        self, issuer: Issuer, workers: Workers, setup: PaperSetup, port: PrinterPort, send: Callable[[Event], None]
    ) -> None:
        self._issuer = issuer
        self._workers = workers
        self._setup = setup
        self._port = port
        self._send = send
        self._under_way: dict[str, PrintJob] = {}

    def print_copy(self, number: CertificateNumber, copy: int, *, reprint: bool) -> None:
        """Begin one attempt; ends in exactly one ``CopyEnded``."""

        def begin() -> None:
            try:
                job = self._issuer.begin_print(number, copy, reprint=reprint)
            except IssuerError as err:
                log.event("service-failed", service="begin-print", code=err.code)
                self._send(CopyEnded(job_id=0, copy=copy, outcome=PaperOutcome.FAILED, error=err.code))
                return
            try:
                certificate = self._issuer.find(number)
            except IssuerError as err:
                log.event("service-failed", service="find", code=err.code)
                self._end(job, err.code)
                return
            self._workers.post(
                Desk.DRAWING, lambda: self._draw_and_submit(job, certificate), lambda: self._end(job, "internalError")
            )

        self._workers.post(
            Desk.LEDGER, begin, lambda: self._send(CopyEnded(job_id=0, copy=copy, outcome=PaperOutcome.FAILED, error="storeBroken"))
        )

    def _draw_and_submit(self, job: PrintJob, certificate: Certificate) -> None:
        label = next(item for item in certificate.labels if item.copy == job.copy)
        try:
            bitmap = draw(certificate, job.copy, self._setup.stock, reprint=job.reprint)
            self._send(LabelDrawn(Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)))
            stream = encode_label(bitmap, self._setup.profile)
            prove(stream, label.url, bitmap, black_is_one=self._setup.profile.black_is_one)
        except (LabelTooSmall, DriverFault):
            # Issued for a larger label than the one that is in the printer now.
            self._end(job, "labelTooSmall")
            return
        except ReceiptMismatch as err:
            log.event("receipt-mismatch", number=job.number, copy=job.copy, reason=err.reason)
            self._end(job, "receiptMismatch")
            return
        key = str(job.job_id)
        self._under_way[key] = job
        self._port.submit(PrinterJob(job_id=key, data=stream, height_mm=bitmap.height_dots / DOTS_PER_MM))

    def job_done(self, done: JobDone) -> None:
        """The printer's last word on a job."""
        job = self._under_way.pop(done.job_id, None)
        if job is not None:
            self._record(job, PAPER_OUTCOMES[done.outcome], done.error)

    def _end(self, job: PrintJob, error: str) -> None:
        """Nothing left for the printer."""
        self._record(job, PaperOutcome.FAILED, error)

    def _record(self, job: PrintJob, outcome: PaperOutcome, error: str) -> None:
        def keep() -> None:
            try:
                self._issuer.record_print(job.job_id, outcome, error, layout_version=str(LAYOUT_VERSION), font_digest=font_digest())
            except IssuerError as err:
                # The paper is what it is; an outcome that could not be kept is asked for again after a restart.
                log.event("service-failed", service="record-print", code=err.code)
            log.event("paper", number=job.number, copy=job.copy, outcome=outcome, error=error, reprint=job.reprint)
            self._send(CopyEnded(job_id=job.job_id, copy=job.copy, outcome=outcome, error=error))

        self._workers.post(Desk.LEDGER, keep, lambda: self._send(CopyEnded(job.job_id, job.copy, outcome, error)))
