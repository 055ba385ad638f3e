"""Who is it? Consent, card, look-up, proof by card or station PIN, registration on the spot."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.identity import IdentityError, parse_phone
from kiosk.domain.promise import MAX_ORIGIN_CHARACTERS, Draft, EvidenceLevel
from kiosk.domain.subject import Subject, SubjectKind, SubjectStatus
from kiosk.session.effects import (
    ArmCamera,
    ArmReader,
    CheckPin,
    DisarmCamera,
    DisarmReader,
    FindByCard,
    FindByText,
    LoadHabits,
    Register,
)
from kiosk.session.engine import Effects, Now, Table
from kiosk.session.events import (
    CameraFrame,
    CardFailed,
    CardSeen,
    CodeSeen,
    HabitsLoaded,
    Key,
    KindChosen,
    PinChecked,
    PinTyped,
    PlaceChosen,
    Pressed,
    Registered,
    ServiceRefused,
    SubjectChosen,
    SubjectsFound,
    Typed,
)
from kiosk.session.notice import notice, refusal
from kiosk.session.pages import Page
from kiosk.session.visit import NewSubject, Visit

Step = tuple[Visit, Effects]
KINDS_ON_THE_SPOT = (SubjectKind.FARMER, SubjectKind.FAMILY_FARM)
"""Kinds whose name a card gives; organisations are registered by the county with their papers."""


def _finish(visit: Visit) -> Step:
    return replace(visit, finished=True), ()


def _consent(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.AGREE if visit.preselected is None:
            return replace(visit, page=Page.IDENTIFY, notice=None), (ArmReader(),)
        case Key.AGREE:
            return replace(visit, page=Page.PROVE, notice=None), (ArmReader(),)
        case Key.BACK | Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _identify(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.BACK | Key.CANCEL:
            return _finish(visit)
        case Key.START_LOOKUP:
            return replace(visit, page=Page.LOOKUP, notice=None), (DisarmReader(),)
        case Key.START_SCAN:
            return replace(visit, page=Page.SCAN_SUBJECT, notice=None), (DisarmReader(), ArmCamera())
        case _:
            return visit, ()


def _card_seen(visit: Visit, event: CardSeen, now: Now) -> Step:
    problem = event.card.problem(now.today)
    if problem is not None:
        return replace(visit, notice=notice(f"card.{problem.value}")), (ArmReader(),)
    read = replace(visit, card=event.card, busy="findingSubject", notice=None)
    return read, (DisarmReader(), FindByCard(event.card))


def _card_failed(visit: Visit, event: CardFailed, now: Now) -> Step:
    return replace(visit, notice=notice(f"card.{event.code}")), ()


def _found_by_card(visit: Visit, event: SubjectsFound, now: Now) -> Step:
    known = replace(visit, busy="", person_hash=event.person_hash, evidence=EvidenceLevel.CARD)
    usable = tuple(s for s in event.subjects if s.status is not SubjectStatus.SUSPENDED)
    if event.subjects and not usable:
        return replace(known, page=Page.STOPPED, notice=notice("subjectSuspended")), ()
    if len(usable) == 1:
        return enter(known, usable[0])
    if usable:
        return replace(known, page=Page.CHOOSE_SUBJECT, matches=usable), ()
    return replace(known, page=Page.REGISTER_KIND, new=NewSubject()), ()


def enter(visit: Visit, subject: Subject) -> Step:
    """The subject is known and proven: on to the goods."""
    chosen = replace(
        visit,
        page=Page.PRODUCT,
        draft=Draft(subject=subject, origin=subject.base, phone=subject.phone),
        matches=(),
        notice=None,
        busy="",
    )
    return chosen, (DisarmReader(), DisarmCamera(), LoadHabits(subject.id))


def _choose(visit: Visit, event: SubjectChosen, now: Now) -> Step:
    if visit.evidence is EvidenceLevel.CARD:
        return enter(visit, event.subject)
    if event.subject.status is SubjectStatus.SUSPENDED:
        return replace(visit, page=Page.STOPPED, notice=notice("subjectSuspended")), ()
    return replace(visit, page=Page.CONSENT, preselected=event.subject, matches=(), notice=None), ()


def _choose_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.CANCEL:
            return _finish(visit)
        case Key.BACK if visit.evidence is EvidenceLevel.CARD:
            return _finish(visit)
        case Key.BACK:
            return replace(visit, page=Page.LOOKUP, matches=(), notice=None), ()
        case _:
            return visit, ()


def _lookup_typed(visit: Visit, event: Typed, now: Now) -> Step:
    if len(event.text.strip()) < 4:
        return replace(visit, notice=notice("lookup.tooShort")), ()
    return replace(visit, busy="findingSubject", notice=None), (FindByText(event.text.strip()),)


def _lookup_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.BACK | Key.CANCEL:
            return replace(visit, finished=True), (DisarmCamera(),)
        case Key.START:
            return replace(visit, page=Page.CONSENT, frame=None, busy="", notice=None, preselected=None), (DisarmCamera(),)
        case Key.START_LOOKUP if visit.page is not Page.LOOKUP:
            return replace(visit, page=Page.LOOKUP, frame=None, busy="", notice=None), (DisarmCamera(),)
        case Key.START_SCAN if visit.page is not Page.SCAN_SUBJECT:
            return replace(visit, page=Page.SCAN_SUBJECT, busy="", notice=None), (ArmCamera(),)
        case _:
            return visit, ()


def _found_by_text(visit: Visit, event: SubjectsFound, now: Now) -> Step:
    if not event.subjects:
        back = replace(visit, busy="", notice=notice("lookup.nobody"))
        return back, ((ArmCamera(),) if visit.page is Page.SCAN_SUBJECT else ())
    found = replace(visit, page=Page.CHOOSE_SUBJECT, matches=event.subjects, frame=None, busy="", notice=None)
    return found, (DisarmCamera(),)


def _find_refused(visit: Visit, event: ServiceRefused, now: Now) -> Step:
    """The look-up itself failed: say so and look again."""
    told = replace(visit, busy="", card=None, notice=notice(event.code))
    match visit.page:
        case Page.IDENTIFY | Page.PROVE:
            return told, (ArmReader(),)
        case Page.SCAN_SUBJECT:
            return told, (ArmCamera(),)
        case _:
            return told, ()


def _preview(visit: Visit, event: CameraFrame, now: Now) -> Step:
    return replace(visit, frame=event), ()


def _subject_code(visit: Visit, event: CodeSeen, now: Now) -> Step:
    if visit.busy:
        return visit, ()
    return replace(visit, busy="findingSubject", notice=None), (FindByText(event.text[:200]),)


def _proven_by_card(visit: Visit, event: SubjectsFound, now: Now) -> Step:
    wanted = visit.preselected
    if wanted is not None and any(s.id == wanted.id for s in event.subjects):
        return enter(replace(visit, person_hash=event.person_hash, evidence=EvidenceLevel.CARD), wanted)
    return replace(visit, busy="", card=None, notice=notice("card.otherPerson")), (ArmReader(),)


def _prove_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.USE_PIN:
            return replace(visit, page=Page.PIN, notice=None), (DisarmReader(),)
        case Key.BACK:
            return replace(visit, page=Page.LOOKUP, preselected=None, card=None, notice=None), (DisarmReader(),)
        case Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _pin_typed(visit: Visit, event: PinTyped, now: Now) -> Step:
    if visit.preselected is None or visit.busy:
        return visit, ()
    return replace(visit, busy="checkingPin", notice=None), (CheckPin(visit.preselected.id, event.pin),)


def _pin_checked(visit: Visit, event: PinChecked, now: Now) -> Step:
    if not event.fits or visit.preselected is None:
        return replace(visit, busy="", notice=notice("pin.wrong")), ()
    return enter(replace(visit, evidence=EvidenceLevel.STATION_PIN), visit.preselected)


def _pin_refused(visit: Visit, event: ServiceRefused, now: Now) -> Step:
    return replace(visit, busy="", notice=refusal(event.code, event.wait_s)), ()


def _pin_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    if event.key is Key.BACK:
        return replace(visit, page=Page.PROVE, notice=None, busy=""), (ArmReader(),)
    return _finish(visit) if event.key is Key.CANCEL else (visit, ())


def _kind(visit: Visit, event: KindChosen, now: Now) -> Step:
    if event.kind not in KINDS_ON_THE_SPOT:
        return replace(visit, notice=notice("register.atCounter")), ()
    return replace(visit, page=Page.REGISTER_PHONE, new=replace(visit.new, kind=event.kind), notice=None), ()


def _register_phone(visit: Visit, event: Typed, now: Now) -> Step:
    try:
        phone = parse_phone(event.text)
    except IdentityError:
        return replace(visit, notice=notice("phone.wrong")), ()
    return replace(visit, page=Page.REGISTER_PLACE, new=replace(visit.new, phone=phone), notice=None), ()


def _register_place(visit: Visit, event: PlaceChosen, now: Now) -> Step:
    if not 2 <= len(event.place.text.strip()) <= MAX_ORIGIN_CHARACTERS:
        return replace(visit, notice=notice("place.wrong")), ()
    return replace(visit, page=Page.REGISTER_CONFIRM, new=replace(visit.new, place=event.place), notice=None), ()


def _register_back(visit: Visit, event: Pressed, now: Now) -> Step:
    before = {
        Page.REGISTER_PHONE: Page.REGISTER_KIND,
        Page.REGISTER_PLACE: Page.REGISTER_PHONE,
        Page.REGISTER_CONFIRM: Page.REGISTER_PLACE,
    }
    match event.key:
        case Key.CANCEL:
            return _finish(visit)
        case Key.BACK if visit.busy:
            return visit, ()  # the ledger is writing: its answer belongs to this page
        case Key.BACK if visit.page in before:
            return replace(visit, page=before[visit.page], notice=None), ()
        case Key.BACK:
            return _finish(visit)
        case Key.NEXT if visit.page is Page.REGISTER_CONFIRM:
            return _register(visit)
        case _:
            return visit, ()


def _register(visit: Visit) -> Step:
    if visit.card is None or visit.new.place is None or visit.busy:
        return visit, ()
    order = Register(kind=visit.new.kind, card=visit.card, phone=visit.new.phone, base=visit.new.place)
    return replace(visit, busy="registering", notice=None), (order,)


def _registered(visit: Visit, event: Registered, now: Now) -> Step:
    return enter(visit, event.subject)


def _register_refused(visit: Visit, event: ServiceRefused, now: Now) -> Step:
    return replace(visit, busy="", notice=notice(event.code)), ()


def _habits(visit: Visit, event: HabitsLoaded, now: Now) -> Step:
    return replace(visit, last=event.last, usual=event.products), ()


TABLE: Table[Visit] = {
    (Page.CONSENT, Pressed): _consent,
    (Page.IDENTIFY, Pressed): _identify,
    (Page.IDENTIFY, CardSeen): _card_seen,
    (Page.IDENTIFY, CardFailed): _card_failed,
    (Page.IDENTIFY, ServiceRefused): _find_refused,
    (Page.IDENTIFY, SubjectsFound): _found_by_card,
    (Page.LOOKUP, Typed): _lookup_typed,
    (Page.LOOKUP, Pressed): _lookup_pressed,
    (Page.LOOKUP, ServiceRefused): _find_refused,
    (Page.LOOKUP, SubjectsFound): _found_by_text,
    (Page.SCAN_SUBJECT, CameraFrame): _preview,
    (Page.SCAN_SUBJECT, CodeSeen): _subject_code,
    (Page.SCAN_SUBJECT, Pressed): _lookup_pressed,
    (Page.SCAN_SUBJECT, ServiceRefused): _find_refused,
    (Page.SCAN_SUBJECT, SubjectsFound): _found_by_text,
    (Page.CHOOSE_SUBJECT, SubjectChosen): _choose,
    (Page.CHOOSE_SUBJECT, Pressed): _choose_pressed,
    (Page.PROVE, CardSeen): _card_seen,
    (Page.PROVE, CardFailed): _card_failed,
    (Page.PROVE, ServiceRefused): _find_refused,
    (Page.PROVE, SubjectsFound): _proven_by_card,
    (Page.PROVE, Pressed): _prove_pressed,
    (Page.PIN, PinTyped): _pin_typed,
    (Page.PIN, PinChecked): _pin_checked,
    (Page.PIN, ServiceRefused): _pin_refused,
    (Page.PIN, Pressed): _pin_pressed,
    (Page.REGISTER_KIND, KindChosen): _kind,
    (Page.REGISTER_KIND, Pressed): _register_back,
    (Page.REGISTER_PHONE, Typed): _register_phone,
    (Page.REGISTER_PHONE, Pressed): _register_back,
    (Page.REGISTER_PLACE, PlaceChosen): _register_place,
    (Page.REGISTER_PLACE, Pressed): _register_back,
    (Page.REGISTER_CONFIRM, Pressed): _register_back,
    (Page.REGISTER_CONFIRM, Registered): _registered,
    (Page.REGISTER_CONFIRM, ServiceRefused): _register_refused,
    (Page.PRODUCT, HabitsLoaded): _habits,
    (Page.ADVICE, HabitsLoaded): _habits,
}
