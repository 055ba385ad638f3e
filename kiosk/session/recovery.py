"""Paper of an earlier visit that is not settled (power cut, a wipe before an answer): the same number is offered again, marked 补打."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.domain.certificate import PaperAnswer
from kiosk.session import paper
from kiosk.session.effects import GiveUpCopy, KeepAnswer, LoadCertificate
from kiosk.session.engine import Effects, Machine, Now
from kiosk.session.events import (
    CertificateLoaded,
    CopyEnded,
    Health,
    HealthChanged,
    Key,
    LabelDrawn,
    OpenPaper,
    OpenPaperLoaded,
    Picture,
    Pressed,
    ServiceRefused,
    TimerFired,
    WeightSeen,
)
from kiosk.session.notice import Notice, notice
from kiosk.session.pages import Page


@dataclass(frozen=True, slots=True)
class Recovery:
    """``open`` is the copy in question; ``rest`` are further copies of the same certificate."""

    page: Page
    health: Health
    open: OpenPaper
    rest: tuple[int, ...] = ()
    paper: paper.PaperRun | None = None
    label: Picture | None = None
    notice: Notice | None = None
    busy: bool = False
    finished: bool = False


Step = tuple[Recovery, Effects]


def start(papers: tuple[OpenPaper, ...], health: Health) -> Step:
    """Ask about the oldest one; copies of the same certificate are settled together."""
    first = papers[0]
    rest = tuple(p.copy for p in papers[1:] if p.number == first.number)
    return Recovery(page=Page.OPEN_PAPER, health=health, open=first, rest=rest), ()


def _pressed(recovery: Recovery, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.GOT_IT if recovery.open.asked and recovery.open.job_id is not None:
            answered = KeepAnswer(recovery.open.job_id, PaperAnswer.GOT_IT)
            if not recovery.rest:
                return replace(recovery, finished=True), (answered,)
            return replace(
                recovery, busy=True, open=replace(recovery.open, asked=False, copy=recovery.rest[0]), rest=recovery.rest[1:]
            ), (
                answered,
                LoadCertificate(recovery.open.number),
            )
        case Key.REPRINT | Key.NOT_GOT if not recovery.busy:
            return _again(recovery)
        case Key.LEAVE:
            copies = (recovery.open.copy, *recovery.rest)
            return replace(recovery, finished=True), tuple(GiveUpCopy(recovery.open.number, copy) for copy in copies)
        case Key.BACK | Key.CANCEL:
            return replace(recovery, finished=True), ()
        case _:
            return recovery, ()


def _again(recovery: Recovery) -> Step:
    load = LoadCertificate(recovery.open.number)
    if recovery.open.asked and recovery.open.job_id is not None:
        return replace(recovery, busy=True), (KeepAnswer(recovery.open.job_id, PaperAnswer.NOT_GOT), load)
    return replace(recovery, busy=True), (load,)


def _loaded(recovery: Recovery, event: CertificateLoaded, now: Now) -> Step:
    copies = (recovery.open.copy, *recovery.rest)
    run, effects = paper.begin(event.certificate, copies, reprint=True, health=recovery.health)
    return replace(recovery, page=run.page, paper=run, busy=False), effects


def _refused(recovery: Recovery, event: ServiceRefused, now: Now) -> Step:
    return replace(recovery, busy=False, notice=notice(event.code)), ()


def _paper(recovery: Recovery, event: CopyEnded | HealthChanged | Pressed | TimerFired, now: Now) -> Step:
    if recovery.paper is None:
        return recovery, ()
    run, effects = paper.MACHINE.step(recovery.paper, event, now)
    return replace(recovery, page=run.page, paper=run, finished=run.finished), effects


def _label(recovery: Recovery, event: LabelDrawn, now: Now) -> Step:
    return replace(recovery, label=event.picture), ()


MACHINE: Machine[Recovery] = Machine(
    {
        (Page.OPEN_PAPER, Pressed): _pressed,
        (Page.OPEN_PAPER, CertificateLoaded): _loaded,
        (Page.OPEN_PAPER, ServiceRefused): _refused,
        (Page.PRINTING, CopyEnded): _paper,
        (Page.PRINTING, HealthChanged): _paper,
        (Page.PRINTING, LabelDrawn): _label,
        (Page.TROUBLE, HealthChanged): _paper,
        (Page.TROUBLE, Pressed): _paper,
        (Page.TROUBLE, TimerFired): _paper,
        (Page.ASK_PAPER, HealthChanged): _paper,
        (Page.ASK_PAPER, Pressed): _paper,
    },
    ignored=frozenset({HealthChanged, WeightSeen, TimerFired, OpenPaperLoaded, LabelDrawn, CopyEnded, Pressed}),
)
