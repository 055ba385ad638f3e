"""From ``PrintCopy`` to ``CopyEnded`` on a real ledger with real desks; only the printer's port is in memory."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers.errors import DriverFault
from drivers.printer.profile import PrinterProfile
from drivers.printer.readback import parse_label
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from kiosk.domain.certificate import Certificate, PaperOutcome
from kiosk.issuing.issuer import StoreUnavailable
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.label.content import content_of
from kiosk.label.layout import LAYOUT_VERSION, layout
from kiosk.label.stock import label_stock
from kiosk.label.text import font_digest
from kiosk.runtime import printing
from kiosk.runtime.printing import CopyPrinter, PaperSetup
from kiosk.runtime.receipt_test import decode, read_back
from kiosk.runtime.workers import Workers
from kiosk.session import paper
from kiosk.session.effects import RaiseAlarm
from kiosk.session.events import CopyEnded, Event, LabelDrawn
from support.builders import a_promise
from support.ledgers import open_issuer, real_signer
from support.walk import READY

PROFILE = PrinterProfile(name="test", head_dots=576)


class FakePort:
    """Keeps what it is given; every paper ends as ``outcome`` says, None leaves it under way."""

    def __init__(self, outcome: Outcome | None = Outcome.CONFIRMED, error: str = "") -> None:
        self.jobs: list[PrinterJob] = []
        self.outcome = outcome
        self.error = error
        self.printer: CopyPrinter

    def submit(self, job: PrinterJob) -> None:
        self.jobs.append(job)
        if self.outcome is not None:
            self.printer.job_done(JobDone(job.job_id, self.outcome, self.error, len(job.data), len(job.data)))


class Rig:
    """A ledger, its desks, a port, and the events that reach the session."""

    def __init__(self, folder: Path, stock: str = "60x80") -> None:
        self.issuer: LedgerIssuer = open_issuer(folder, signer=real_signer(folder))
        self.workers = Workers()
        self.port = FakePort()
        self.events: list[Event] = []
        self._told = threading.Condition()
        self.printer = CopyPrinter(self.issuer, self.workers, PaperSetup(label_stock(stock), PROFILE), self.port, self._send)
        self.port.printer = self.printer

    def _send(self, event: Event) -> None:
        with self._told:
            self.events.append(event)
            self._told.notify_all()

    def print(self, made: Certificate, copy: int, *, reprint: bool = False) -> CopyEnded:
        with self._told:
            before = self._ends()
            self.printer.print_copy(made.number, copy, reprint=reprint)
            assert self._told.wait_for(lambda: self._ends() > before, timeout=10), self.events
            ended = self.events[-1]
        assert isinstance(ended, CopyEnded)
        return ended

    def _ends(self) -> int:
        return sum(isinstance(event, CopyEnded) for event in self.events)

    def kept(self) -> list[tuple[object, ...]]:
        with self.issuer._reading() as tx:
            rows = tx.exec_driver_sql(
                "SELECT copy, reprint, outcome, error, layout_version, font_digest FROM print_job ORDER BY job_id"
            )
            return [tuple(row) for row in rows]

    def close(self) -> None:
        self.workers.close()
        self.issuer.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


def test_each_copy_leaves_as_its_own_committed_code_and_the_session_hears_it_in_order(rig: Rig) -> None:
    made = rig.issuer.issue(a_promise(copies=2))
    for copy in (1, 2):
        ended = rig.print(made, copy)
        assert (ended.copy, ended.outcome, ended.error) == (copy, PaperOutcome.CONFIRMED, "")
    assert [type(event) for event in rig.events] == [LabelDrawn, CopyEnded, LabelDrawn, CopyEnded]
    assert [decode(read_back(job.data)) for job in rig.port.jobs] == [[label.url] for label in made.labels]
    assert [job.height_mm for job in rig.port.jobs] == [80.0, 80.0]
    assert rig.issuer.unfinished() == []
    drawn = (str(LAYOUT_VERSION), font_digest())
    assert rig.kept() == [(1, 0, "confirmed", "", *drawn), (2, 0, "confirmed", "", *drawn)]


@pytest.mark.parametrize(
    ("outcome", "error", "kept"), [(Outcome.FAILED, "paperOut", "failed"), (Outcome.UNKNOWN, "noDevice", "unknown")]
)
def test_a_paper_that_failed_or_is_unknown_stays_open(rig: Rig, outcome: Outcome, error: str, kept: str) -> None:
    rig.port.outcome, rig.port.error = outcome, error
    ended = rig.print(rig.issuer.issue(a_promise()), 1)
    assert (ended.outcome.value, ended.error) == (kept, error)
    (row,) = rig.kept()
    assert row[2:4] == (kept, error)
    (still,) = rig.issuer.unfinished()
    assert still.job is not None and still.job.outcome.value == kept


def test_a_mismatch_stops_the_print_keeps_the_certificate_and_raises_the_alarm(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = rig.issuer.issue(a_promise(copies=2))
    encode = printing.encode_label

    def damaged(bitmap: MonoBitmap, profile: PrinterProfile) -> bytes:
        stream = bytearray(encode(bitmap, profile))
        stream[parse_label(bytes(stream)).bands[3].start + 100] ^= 0x10
        return bytes(stream)

    monkeypatch.setattr(printing, "encode_label", damaged)
    with caplog.at_level(logging.ERROR, "kiosk"):
        ended = rig.print(made, 1)
    assert rig.port.jobs == []
    assert (ended.outcome, ended.error) == (PaperOutcome.FAILED, "receiptMismatch")
    assert rig.issuer.find(made.number) == made
    assert [item.copy for item in rig.issuer.unfinished()] == [1, 2]
    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert line == {"event": "receipt-mismatch", "number": str(made.number), "copy": "1", "reason": "picture"}

    run, _ = paper.begin(made, (1, 2), reprint=False, health=READY)
    stopped, effects = paper.MACHINE.step(run, ended, None)  # type: ignore[arg-type]
    assert RaiseAlarm("receiptMismatch") in effects
    assert stopped.trouble == "receiptMismatch"

    monkeypatch.undo()
    assert rig.print(made, 1).outcome is PaperOutcome.CONFIRMED


def test_the_wrong_copy_s_code_never_leaves(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rig.issuer.issue(a_promise(copies=2))
    draw = printing.draw
    monkeypatch.setattr(printing, "draw", lambda certificate, copy, stock, *, reprint: draw(certificate, 2, stock, reprint=reprint))
    assert rig.print(made, 1).error == "receiptMismatch"
    assert rig.port.jobs == []


def test_a_reprint_differs_from_the_first_paper_only_by_its_mark(rig: Rig) -> None:
    made = rig.issuer.issue(a_promise())
    rig.print(made, 1)
    rig.issuer.allow_reprint(made.number, "标签弄湿了", "clerk")
    rig.print(made, 1, reprint=True)
    first, again = (dots(read_back(job.data)) for job in rig.port.jobs)
    different = first != again
    left, top, right, bottom = layout(content_of(made, made.labels[0], reprint=False), label_stock("60x80")).reprint
    moved = (first.shape[1] - 480) // 2
    assert different.any()
    different[top:bottom, left + moved : right + moved] = False
    assert not different.any()
    one, two = rig.kept()
    assert one[4:] == two[4:] != ("", "")
    assert (one[1], two[1]) == (0, 1)


def dots(picture: MonoBitmap) -> np.ndarray:
    rows = np.frombuffer(picture.data, np.uint8).reshape(picture.height_dots, picture.stride_bytes)
    return np.unpackbits(rows, axis=1)


def test_a_copy_whose_attempt_cannot_be_recorded_is_not_printed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rig.issuer.issue(a_promise())

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("diskFull")

    monkeypatch.setattr(rig.issuer, "begin_print", full)
    ended = rig.print(made, 1)
    assert (ended.outcome, ended.error, rig.port.jobs) == (PaperOutcome.FAILED, "diskFull", [])


def test_a_certificate_that_cannot_be_read_back_ends_its_attempt_as_failed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rig.issuer.issue(a_promise())

    def damaged(*_: object) -> None:
        raise StoreUnavailable("storeBroken")

    monkeypatch.setattr(rig.issuer, "find", damaged)
    assert rig.print(made, 1).error == "storeBroken"
    monkeypatch.undo()
    (row,) = rig.kept()
    assert row[2:4] == ("failed", "storeBroken")
    rig.print(made, 1)
    assert rig.kept()[1][1] == 0, "no paper was left, so the next one is no reprint"


def test_an_outcome_that_cannot_be_kept_is_still_told_and_asked_again_after_a_restart(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = rig.issuer.issue(a_promise())

    def full(*_: object, **__: object) -> None:
        raise StoreUnavailable("diskFull")

    monkeypatch.setattr(rig.issuer, "record_print", full)
    assert rig.print(made, 1).outcome is PaperOutcome.CONFIRMED
    rig.issuer.close()
    with open_issuer(tmp_path) as issuer:
        (still,) = issuer.unfinished()
        assert still.job is not None and still.job.outcome is PaperOutcome.UNKNOWN


def test_a_certificate_for_a_larger_label_is_refused_on_paper_and_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = replace(a_promise().subject, name="太谷区" * 40)
    rig.issuer._desk.register.subjects[subject.id] = subject  # type: ignore[attr-defined]
    made = rig.issuer.issue(a_promise(subject=subject))
    assert rig.print(made, 1).error == "labelTooSmall"
    assert rig.port.jobs == []
    assert [item.copy for item in rig.issuer.unfinished()] == [1]


def test_a_head_narrower_than_the_label_is_refused_on_paper(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_wide(*_: object) -> bytes:
        raise DriverFault("labelTooWide")

    monkeypatch.setattr(printing, "encode_label", too_wide)
    assert rig.print(rig.issuer.issue(a_promise()), 1).error == "labelTooSmall"


def test_a_drawing_that_crashes_ends_the_copy_as_failed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(printing, "draw", broken)
    ended = rig.print(rig.issuer.issue(a_promise()), 1)
    assert (ended.outcome, ended.error) == (PaperOutcome.FAILED, "internalError")


def test_a_second_word_about_the_same_paper_changes_nothing(rig: Rig) -> None:
    rig.print(rig.issuer.issue(a_promise()), 1)
    (job,) = rig.port.jobs
    rig.printer.job_done(JobDone(job.job_id, Outcome.FAILED, "paperOut", 0, 1))
    rig.printer.job_done(JobDone("999", Outcome.FAILED, "paperOut", 0, 1))
    assert len(rig.kept()) == 1
    assert rig.kept()[0][2] == "confirmed"
