"""The clerk's errand behind the station's PIN: today's list, reprint and void with a reason, a PIN for a subject."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.domain.certificate import Certificate
from kiosk.domain.subject import Subject
from kiosk.session import paper
from kiosk.session.effects import AllowReprint, CheckClerkPin, FindByText, GivePin, LoadCertificate, LoadToday, VoidCertificate
from kiosk.session.engine import Effects, Machine, Now
from kiosk.session.events import (
    CertificateLoaded,
    CopyEnded,
    Health,
    HealthChanged,
    Key,
    LabelDrawn,
    OpenPaperLoaded,
    Picture,
    PinChecked,
    PinGiven,
    PinTyped,
    Pressed,
    ReasonChosen,
    RowChosen,
    ServiceRefused,
    SubjectChosen,
    SubjectsFound,
    TimerFired,
    TodayItem,
    TodayLoaded,
    Typed,
    WeightSeen,
)
from kiosk.session.notice import Notice, notice, refusal
from kiosk.session.pages import Page

PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Clerk:
    """``intent`` is what a reason is asked for (reprint | void); ``subject`` gets a PIN."""

    page: Page
    health: Health
    rows: tuple[TodayItem, ...] = ()
    certificate: Certificate | None = None
    label: Picture | None = None
    intent: Key | None = None
    matches: tuple[Subject, ...] = ()
    subject: Subject | None = None
    paper: paper.PaperRun | None = None
    notice: Notice | None = None
    busy: bool = False
    finished: bool = False


Step = tuple[Clerk, Effects]


def start(health: Health) -> Step:
    """Ask for the PIN first."""
    return Clerk(page=Page.CLERK_PIN, health=health), ()


def _pin(clerk: Clerk, event: PinTyped, now: Now) -> Step:
    return (clerk, ()) if clerk.busy else (replace(clerk, busy=True, notice=None), (CheckClerkPin(event.pin),))


def _pin_checked(clerk: Clerk, event: PinChecked, now: Now) -> Step:
    if not event.fits:
        return replace(clerk, busy=False, notice=notice("pin.wrong")), ()
    return _to_today(clerk)


def _refused(clerk: Clerk, event: ServiceRefused, now: Now) -> Step:
    return replace(clerk, busy=False, notice=refusal(event.code, event.wait_s)), ()


def _to_today(clerk: Clerk, said: Notice | None = None) -> Step:
    fresh = replace(
        clerk, page=Page.CLERK_TODAY, busy=False, certificate=None, label=None, paper=None, intent=None, subject=None, notice=said
    )
    return fresh, (LoadToday(),)


def _today(clerk: Clerk, event: TodayLoaded, now: Now) -> Step:
    return replace(clerk, rows=event.rows), ()


def _row(clerk: Clerk, event: RowChosen, now: Now) -> Step:
    return replace(clerk, busy=True, label=None, notice=None), (LoadCertificate(event.number),)


def _loaded(clerk: Clerk, event: CertificateLoaded, now: Now) -> Step:
    return replace(clerk, page=Page.CLERK_CERTIFICATE, certificate=event.certificate, busy=False), ()


def _label(clerk: Clerk, event: LabelDrawn, now: Now) -> Step:
    return replace(clerk, label=event.picture), ()


def _today_pressed(clerk: Clerk, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.GIVE_PIN:
            return replace(clerk, page=Page.CLERK_SUBJECT, matches=(), notice=None), ()
        case Key.BACK | Key.CANCEL | Key.FINISH:
            return replace(clerk, finished=True), ()
        case _:
            return clerk, ()


def _certificate_pressed(clerk: Clerk, event: Pressed, now: Now) -> Step:
    if clerk.certificate is None:
        return clerk, ()
    match event.key:
        case Key.REPRINT | Key.VOID if clerk.certificate.voided_at is None:
            return replace(clerk, page=Page.CLERK_REASON, intent=event.key, notice=None), ()
        case Key.REPRINT | Key.VOID:
            return replace(clerk, notice=notice("alreadyVoided")), ()
        case Key.BACK:
            return _to_today(clerk)
        case Key.CANCEL | Key.FINISH:
            return replace(clerk, finished=True), ()
        case _:
            return clerk, ()


def _reason(clerk: Clerk, event: ReasonChosen, now: Now) -> Step:
    if clerk.certificate is None or clerk.busy:
        return clerk, ()
    if not event.reason.strip():
        return replace(clerk, notice=notice("reasonMissing")), ()
    number = clerk.certificate.number
    effect = VoidCertificate(number, event.reason) if clerk.intent is Key.VOID else AllowReprint(number, event.reason)
    return replace(clerk, busy=True, notice=None), (effect,)


def _reason_pressed(clerk: Clerk, event: Pressed, now: Now) -> Step:
    if event.key is Key.BACK:
        return replace(clerk, page=Page.CLERK_CERTIFICATE, intent=None, notice=None), ()
    return (replace(clerk, finished=True), ()) if event.key is Key.CANCEL else (clerk, ())


def _decided(clerk: Clerk, event: CertificateLoaded, now: Now) -> Step:
    if clerk.intent is Key.VOID:
        return _to_today(clerk, notice("voided", number=event.certificate.number))
    copies = tuple(label.copy for label in event.certificate.labels)
    run, effects = paper.begin(event.certificate, copies, reprint=True, health=clerk.health)
    return replace(clerk, page=run.page, certificate=event.certificate, paper=run, busy=False), effects


def _paper(clerk: Clerk, event: CopyEnded | HealthChanged | Pressed | TimerFired, now: Now) -> Step:
    if clerk.paper is None:
        return clerk, ()
    run, effects = paper.MACHINE.step(clerk.paper, event, now)
    if not run.finished:
        return replace(clerk, page=run.page, paper=run), effects
    done, more = _to_today(clerk, notice("reprintLeft" if run.left else "reprinted", number=run.certificate.number))
    return done, (*effects, *more)


def _subject_typed(clerk: Clerk, event: Typed, now: Now) -> Step:
    return replace(clerk, notice=None), (FindByText(event.text.strip()),)


def _subjects(clerk: Clerk, event: SubjectsFound, now: Now) -> Step:
    return replace(clerk, matches=event.subjects, notice=None if event.subjects else notice("lookup.nobody")), ()


def _subject(clerk: Clerk, event: SubjectChosen, now: Now) -> Step:
    return replace(clerk, page=Page.CLERK_GIVE_PIN, subject=event.subject, notice=None), ()


def _give(clerk: Clerk, event: PinTyped, now: Now) -> Step:
    if clerk.subject is None or clerk.busy:
        return clerk, ()
    if len(event.pin) != PIN_DIGITS or not event.pin.isdigit() or len(set(event.pin)) < 3:
        return replace(clerk, notice=notice("pin.weak")), ()
    return replace(clerk, busy=True), (GivePin(clerk.subject.id, event.pin),)


def _given(clerk: Clerk, event: PinGiven, now: Now) -> Step:
    return _to_today(clerk, notice("pin.given"))


def _back_to_today(clerk: Clerk, event: Pressed, now: Now) -> Step:
    if event.key is Key.BACK:
        return _to_today(clerk)
    return (replace(clerk, finished=True), ()) if event.key is Key.CANCEL else (clerk, ())


def _pin_pressed(clerk: Clerk, event: Pressed, now: Now) -> Step:
    return (replace(clerk, finished=True), ()) if event.key in (Key.BACK, Key.CANCEL) else (clerk, ())


MACHINE: Machine[Clerk] = Machine(
    {
        (Page.CLERK_PIN, PinTyped): _pin,
        (Page.CLERK_PIN, PinChecked): _pin_checked,
        (Page.CLERK_PIN, ServiceRefused): _refused,
        (Page.CLERK_PIN, Pressed): _pin_pressed,
        (Page.CLERK_TODAY, TodayLoaded): _today,
        (Page.CLERK_TODAY, RowChosen): _row,
        (Page.CLERK_TODAY, CertificateLoaded): _loaded,
        (Page.CLERK_TODAY, ServiceRefused): _refused,
        (Page.CLERK_TODAY, Pressed): _today_pressed,
        (Page.CLERK_CERTIFICATE, Pressed): _certificate_pressed,
        (Page.CLERK_TODAY, LabelDrawn): _label,
        (Page.CLERK_CERTIFICATE, LabelDrawn): _label,
        (Page.CLERK_REASON, ReasonChosen): _reason,
        (Page.CLERK_REASON, Pressed): _reason_pressed,
        (Page.CLERK_REASON, CertificateLoaded): _decided,
        (Page.CLERK_REASON, ServiceRefused): _refused,
        (Page.PRINTING, CopyEnded): _paper,
        (Page.PRINTING, HealthChanged): _paper,
        (Page.PRINTING, LabelDrawn): _label,
        (Page.TROUBLE, HealthChanged): _paper,
        (Page.TROUBLE, Pressed): _paper,
        (Page.TROUBLE, TimerFired): _paper,
        (Page.ASK_PAPER, HealthChanged): _paper,
        (Page.ASK_PAPER, Pressed): _paper,
        (Page.CLERK_SUBJECT, Typed): _subject_typed,
        (Page.CLERK_SUBJECT, SubjectsFound): _subjects,
        (Page.CLERK_SUBJECT, SubjectChosen): _subject,
        (Page.CLERK_SUBJECT, Pressed): _back_to_today,
        (Page.CLERK_GIVE_PIN, PinTyped): _give,
        (Page.CLERK_GIVE_PIN, PinGiven): _given,
        (Page.CLERK_GIVE_PIN, ServiceRefused): _refused,
        (Page.CLERK_GIVE_PIN, Pressed): _back_to_today,
    },
    ignored=frozenset(
        {HealthChanged, WeightSeen, TimerFired, OpenPaperLoaded, LabelDrawn, TodayLoaded, CopyEnded, Pressed, SubjectsFound}
    ),
)
