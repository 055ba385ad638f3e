"""Copies on paper, one by one, until each is proven, refused for good, or answered by the person.

Used after an issue, after a restart and for the clerk's reprints. Rules
- The next attempt begins only after the last one ended.
- CONFIRMED goes on. FAILED means provably no complete paper: the same copy is tried again when the printer is well.
- UNKNOWN is never guessed: 拿到了吗？ A "no" prints the copy again, marked 补打.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.domain.certificate import Certificate, PaperAnswer, PaperOutcome
from kiosk.session.delays import DELAYS, MOST_RECHECKS
from kiosk.session.effects import Effect, KeepAnswer, PrintCopy, RaiseAlarm, StartTimer, StopTimer
from kiosk.session.engine import Effects, Machine, Now
from kiosk.session.events import CopyEnded, DeviceWord, Health, HealthChanged, Key, Pressed, Timer, TimerFired
from kiosk.session.pages import Page

PRINTER_FAULTS = frozenset({"paperOut", "coverOpen", "paperJammed", "cutterJam", "headHot", "noDevice", "hardwareError", "offline"})
"""Faults a person can see to; they close by themselves when the printer is well."""
_OTHER_TROUBLES = frozenset({"printFailed", "receiptMismatch", "labelTooSmall", "storeBroken", "issuerAway"})


def known_trouble(code: str) -> str:
    """The trouble there are words and pictures for: whatever else a printer may call it is ``printFailed``."""
    return code if code in PRINTER_FAULTS or code in _OTHER_TROUBLES else "printFailed"


_STILL: tuple[Effect, ...] = (StopTimer(Timer.TROUBLE), StopTimer(Timer.RECHECK))


@dataclass(frozen=True, slots=True)
class PaperRun:
    """One certificate on its way to paper.

    ``todo`` are the copies still to do, the first is under way; ``settled`` counts copies on paper or given up to the clerk;
    ``reprint`` marks every copy 补打, ``again`` only the one under way (the paper of its first attempt was lost). ``finished`` ends the
    run; ``left`` says that the person walked away from it. ``rechecks`` counts tries made by the machine itself.
    """

    page: Page
    certificate: Certificate
    todo: tuple[int, ...]
    reprint: bool
    again: bool = False
    settled: int = 0
    job_id: int | None = None
    trouble: str = ""
    printer_ready: bool = True
    rechecks: int = 0
    finished: bool = False
    left: bool = False

    @property
    def copy(self) -> int:
        """The copy under way (the last one when all are done)."""
        return self.todo[0] if self.todo else len(self.certificate.labels)


def begin(certificate: Certificate, copies: tuple[int, ...], *, reprint: bool, health: Health) -> tuple[PaperRun, Effects]:
    """Start with the first of ``copies``."""
    run = PaperRun(
        page=Page.PRINTING,
        certificate=certificate,
        todo=copies,
        reprint=reprint,
        printer_ready=health.printer is DeviceWord.READY,
    )
    return run, (_print(run),)


def ask_first(certificate: Certificate, copies: tuple[int, ...], job_id: int, health: Health) -> tuple[PaperRun, Effects]:
    """Start by asking about the first of ``copies``, whose paper is unknown."""
    run, _ = begin(certificate, copies, reprint=False, health=health)
    return replace(run, page=Page.ASK_PAPER, job_id=job_id), ()


def _print(run: PaperRun) -> PrintCopy:
    return PrintCopy(number=run.certificate.number, copy=run.copy, reprint=run.reprint or run.again)


def _ended(run: PaperRun, event: CopyEnded, now: Now) -> tuple[PaperRun, Effects]:
    if event.copy != run.copy:
        return run, ()
    match event.outcome:
        case PaperOutcome.CONFIRMED:
            return _settle(run)
        case PaperOutcome.UNKNOWN:
            return replace(run, page=Page.ASK_PAPER, job_id=event.job_id, trouble=event.error), ()
        case _:
            effects: tuple[Effect, ...] = (StartTimer(Timer.TROUBLE, DELAYS[Timer.TROUBLE]),)
            if event.error in PRINTER_FAULTS and run.rechecks < MOST_RECHECKS:
                effects += (StartTimer(Timer.RECHECK, DELAYS[Timer.RECHECK]),)
            if event.error == "receiptMismatch":
                effects += (RaiseAlarm("receiptMismatch"),)
            return replace(run, page=Page.TROUBLE, job_id=event.job_id, trouble=event.error or "printFailed"), effects


def _settle(run: PaperRun) -> tuple[PaperRun, Effects]:
    done = replace(
        run, todo=run.todo[1:], settled=run.settled + 1, again=False, job_id=None, trouble="", rechecks=0, page=Page.PRINTING
    )
    if not done.todo:
        return replace(done, finished=True), ()
    return done, (_print(done),)


def _health(run: PaperRun, event: HealthChanged, now: Now) -> tuple[PaperRun, Effects]:
    ready = event.health.printer is DeviceWord.READY
    changed = replace(run, printer_ready=ready)
    if run.page is Page.TROUBLE and run.trouble in PRINTER_FAULTS:
        if ready:
            return _try_again(changed)
        if event.health.printer_trouble and event.health.printer_trouble != run.trouble:
            return replace(changed, trouble=event.health.printer_trouble), ()
    return changed, ()


def _trouble_pressed(run: PaperRun, event: Pressed, now: Now) -> tuple[PaperRun, Effects]:
    if event.key is Key.RETRY and run.trouble != "receiptMismatch":
        return _try_again(run)
    if event.key is Key.LEAVE:
        return replace(run, finished=True, left=True), _STILL
    return run, ()


def _try_again(run: PaperRun) -> tuple[PaperRun, Effects]:
    again = replace(run, page=Page.PRINTING, trouble="")
    return again, (*_STILL, _print(again))


def _asked(run: PaperRun, event: Pressed, now: Now) -> tuple[PaperRun, Effects]:
    if run.job_id is None:
        return run, ()
    if event.key is Key.GOT_IT:
        settled, effects = _settle(run)
        return settled, (KeepAnswer(run.job_id, PaperAnswer.GOT_IT), *effects)
    if event.key is Key.NOT_GOT:
        again = replace(run, page=Page.PRINTING, again=True, job_id=None, trouble="")
        return again, (KeepAnswer(run.job_id, PaperAnswer.NOT_GOT), _print(again))
    return run, ()


def _waited(run: PaperRun, event: TimerFired, now: Now) -> tuple[PaperRun, Effects]:
    match event.timer:
        case Timer.TROUBLE:
            return replace(run, finished=True, left=True), _STILL
        case Timer.RECHECK if run.printer_ready and run.trouble in PRINTER_FAULTS:
            # The fault came and went between two looks at the printer: no change of its state will ever be told.
            return _try_again(replace(run, rechecks=run.rechecks + 1))
        case _:
            return run, ()


MACHINE: Machine[PaperRun] = Machine(
    {
        (Page.PRINTING, CopyEnded): _ended,
        (Page.PRINTING, HealthChanged): _health,
        (Page.TROUBLE, HealthChanged): _health,
        (Page.ASK_PAPER, HealthChanged): _health,
        (Page.TROUBLE, Pressed): _trouble_pressed,
        (Page.ASK_PAPER, Pressed): _asked,
        (Page.TROUBLE, TimerFired): _waited,
    },
    ignored=frozenset({Pressed, HealthChanged, TimerFired, CopyEnded}),
)
