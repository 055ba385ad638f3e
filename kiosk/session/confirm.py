"""The promise: one page, one signature, and the only act that issues."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.form import form_for
from kiosk.domain.promise import Confirmation, PromiseError, Signature, promise
from kiosk.session import paper
from kiosk.session.delays import DELAYS, DONE_S
from kiosk.session.effects import ArmCamera, DrawPreview, Issue, LoadHabits, LoadOpenPaper, StartTimer
from kiosk.session.engine import Effects, Now, Table
from kiosk.session.events import (
    CopiesChanged,
    CopyEnded,
    HealthChanged,
    Issued,
    Key,
    LabelDrawn,
    Pressed,
    PreviewDrawn,
    ServiceRefused,
    Signed,
    Timer,
    TimerFired,
)
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.visit import NOTICE_VERSION, WORDS_VERSION, Visit, first_quantity_page, held

Step = tuple[Visit, Effects]
PAUSED = "paused"
"""What the issuer answers while issuing is paused."""


def enter(visit: Visit, now: Now) -> Step:
    """Show the promise; the label is drawn meanwhile. Ink under an earlier promise does not count for this one."""
    subject = visit.draft.subject
    shown = replace(
        visit,
        page=Page.PROMISE,
        form=form_for(now.today, subject.kind) if subject is not None else None,
        preview=None,
        preview_problem="",
        preview_suggestion="",
        signature=Signature(),
        promise_id="",
        notice=None,
    )
    return held(shown), (DrawPreview(shown.draft),)


def _drawn(visit: Visit, event: PreviewDrawn, now: Now) -> Step:
    return replace(visit, preview=event.picture, preview_problem=event.problem, preview_suggestion=event.suggestion), ()


def _copies(visit: Visit, event: CopiesChanged, now: Now) -> Step:
    copies = max(1, min(event.copies, visit.rules.max_copies))
    changed = replace(visit, draft=replace(visit.draft, copies=copies))
    return changed, (DrawPreview(changed.draft),) if copies != visit.draft.copies else ()


def _signed(visit: Visit, event: Signed, now: Now) -> Step:
    return replace(visit, signature=event.signature, notice=None), ()


def _promise_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.ISSUE:
            return _issue(visit, now)
        case Key.BACK if visit.same and visit.draft.product is not None:
            return replace(visit, page=first_quantity_page(visit.draft.product), notice=None), ()
        case Key.BACK:
            return replace(visit, page=Page.ORIGIN, notice=None), ()
        case Key.EDIT_PLACE | Key.EDIT_PHONE:
            return replace(visit, page=Page.ORIGIN, same=False, notice=None), ()
        case Key.CANCEL:
            return replace(visit, finished=True), ()
        case _:
            return visit, ()


def _issue(visit: Visit, now: Now) -> Step:
    if visit.pause is not None:
        return held(visit), ()
    if visit.evidence is None:
        return replace(visit, page=Page.STOPPED, notice=notice("promise.confirmation")), ()
    if visit.rules.signature_required and visit.signature.is_empty:
        return replace(visit, notice=notice("signature.missing")), ()
    if visit.preview_problem:
        larger = visit.preview_suggestion
        said = notice("label.tooSmall", suggestion=larger) if larger else notice("label.tooSmallHere")
        return replace(visit, notice=said), ()
    confirmation = Confirmation(
        level=visit.evidence,
        notice=NOTICE_VERSION,
        words=WORDS_VERSION,
        confirmed_at=now.at,
        signature=visit.signature,
    )
    # The id survives a refusal: trying again after a full disk can never make a second certificate.
    promise_id = visit.promise_id or now.fresh_id
    try:
        made = promise(visit.draft, promise_id, now.today, confirmation)
    except PromiseError as err:
        return replace(visit, notice=notice(f"promise.{err.code}")), ()
    return replace(visit, page=Page.ISSUING, promise_id=promise_id, notice=None), (Issue(made),)


def _issued(visit: Visit, event: Issued, now: Now) -> Step:
    copies = tuple(label.copy for label in event.certificate.labels)
    run, effects = paper.begin(event.certificate, copies, reprint=False, health=visit.health)
    return replace(visit, page=run.page, certificate=event.certificate, paper=run, notice=None), effects


def _refused(visit: Visit, event: ServiceRefused, now: Now) -> Step:
    if event.code == PAUSED:  # the issuer read the centre's word a moment before us
        return held(replace(visit, page=Page.PROMISE, pause=visit.pause or "")), ()
    return replace(visit, page=Page.STOPPED, notice=notice(event.code)), ()


def _stopped_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    can_retry = visit.certificate is None and bool(visit.promise_id)
    if event.key is Key.RETRY and can_retry:
        return replace(visit, page=Page.PROMISE, notice=None), ()
    if event.key in (Key.FINISH, Key.CANCEL, Key.BACK):
        return replace(visit, finished=True), ()
    return visit, ()


def _paper(visit: Visit, event: CopyEnded | HealthChanged | Pressed | TimerFired, now: Now) -> Step:
    if visit.paper is None:
        return visit, ()
    run, effects = paper.MACHINE.step(visit.paper, event, now)
    if not run.finished:
        return replace(visit, page=run.page, paper=run), effects
    if run.left:
        return replace(visit, paper=run, finished=True), effects
    done = replace(visit, page=Page.DONE, paper=run, done_s=DONE_S)
    return done, (*effects, LoadOpenPaper(), StartTimer(Timer.DONE, DELAYS[Timer.DONE]))


def _label(visit: Visit, event: LabelDrawn, now: Now) -> Step:
    return replace(visit, label=event.picture), ()


def _done_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.ANOTHER:
            return _another(visit)
        case Key.FINISH | Key.CANCEL | Key.BACK:
            return replace(visit, finished=True), ()
        case _:
            return visit, ()


def _another(visit: Visit) -> Step:
    """One more for the same person: identity stays, goods and signature do not."""
    fresh = replace(
        visit,
        page=Page.PRODUCT,
        draft=replace(visit.draft, product=None, quantity=None, copies=1),
        signature=Signature(),
        promise_id="",
        same=False,
        certificate=None,
        label=None,
        paper=None,
        preview=None,
        notice=None,
    )
    # What was just promised is his last time now.
    return held(fresh), (LoadHabits(fresh.draft.subject.id),) if fresh.draft.subject is not None else ()


def _farewell(visit: Visit, event: TimerFired, now: Now) -> Step:
    if event.timer is not Timer.DONE:
        return visit, ()
    if visit.done_s <= 1:
        return replace(visit, finished=True), ()
    return replace(visit, done_s=visit.done_s - 1), (StartTimer(Timer.DONE, DELAYS[Timer.DONE]),)


def resume(visit: Visit) -> Step:
    """Issuing goes on: back to where the visit was going."""
    effects = (ArmCamera(),) if visit.afterwards is Page.SCAN_SUBJECT else ()
    return replace(visit, page=visit.afterwards, notice=None), effects


def _paused_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    if event.key in (Key.FINISH, Key.CANCEL, Key.BACK):
        return replace(visit, finished=True), ()
    return visit, ()


TABLE: Table[Visit] = {
    (Page.PAUSED, Pressed): _paused_pressed,
    (Page.PAUSED, PreviewDrawn): _drawn,
    (Page.PROMISE, PreviewDrawn): _drawn,
    (Page.PROMISE, CopiesChanged): _copies,
    (Page.PROMISE, Signed): _signed,
    (Page.PROMISE, Pressed): _promise_pressed,
    (Page.ISSUING, Issued): _issued,
    (Page.ISSUING, ServiceRefused): _refused,
    (Page.STOPPED, Pressed): _stopped_pressed,
    (Page.PRINTING, CopyEnded): _paper,
    (Page.PRINTING, HealthChanged): _paper,
    (Page.PRINTING, LabelDrawn): _label,
    (Page.TROUBLE, LabelDrawn): _label,
    (Page.ASK_PAPER, LabelDrawn): _label,
    (Page.DONE, LabelDrawn): _label,
    (Page.TROUBLE, HealthChanged): _paper,
    (Page.TROUBLE, Pressed): _paper,
    (Page.TROUBLE, TimerFired): _paper,
    (Page.ASK_PAPER, HealthChanged): _paper,
    (Page.ASK_PAPER, Pressed): _paper,
    (Page.DONE, Pressed): _done_pressed,
    (Page.DONE, TimerFired): _farewell,
}
