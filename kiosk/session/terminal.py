"""The whole terminal as one state: which errand is under way, and what holds for all of them.

Here live the things no errand should have to think of: waking up, elder mode, idle time and the wipe, speech at each new page, paper left
open by somebody else, a clock that cannot be trusted, and a weight that has grown old: whatever happens to the scale, nobody ever sees or takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from kiosk.domain.quantity import NO_WEIGHT, Weight
from kiosk.session import check, clerk, confirm, issue, recovery, spoken, upkeep
from kiosk.session.delays import COUNTDOWN_S, DELAYS, OPEN_PAPER_S, UPKEEP_IDLE_S
from kiosk.session.effects import (
    DisarmCamera,
    DisarmReader,
    Effect,
    Forget,
    LoadOpenPaper,
    Quiet,
    Speak,
    StartTimer,
    StopTimer,
    Unexpected,
)
from kiosk.session.engine import Effects, Now
from kiosk.session.events import (
    CameraFrame,
    Event,
    Health,
    HealthChanged,
    IssuerTurned,
    Key,
    OpenPaper,
    OpenPaperLoaded,
    OptionsSet,
    PauseSeen,
    Pressed,
    Timer,
    TimerFired,
    Touched,
    WeightSeen,
)
from kiosk.session.notice import Notice, notice
from kiosk.session.options import Options
from kiosk.session.pages import Page
from kiosk.session.upkeep_events import BytesSeen, DevicesSeen
from kiosk.session.upkeep_state import Upkeep
from kiosk.session.visit import Rules, Visit

Errand = Visit | check.Check | clerk.Clerk | recovery.Recovery | Upkeep

NEVER_TIMED_OUT = frozenset({Page.ISSUING, Page.PRINTING, Page.TROUBLE, Page.DONE, Page.ATTRACT})
"""Pages with a time of their own, or with paper moving: the idle clock does not run there."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the screen shows. ``errand`` None is the attract page; ``countdown`` is None or the seconds left before the wipe.

    ``postponed`` are certificates whose open paper was asked about and put off: they no longer stop the next person, the attract page keeps
    a way back to them (``Key.REPRINT``). ``weight`` is the scale's latest word: goods may lie on it before anybody asks.
    ``pause`` is None, or why the centre paused issuing; ``phone`` and ``nearest`` are whom to ask and where to go meanwhile.
    """

    station: str
    demo: bool
    rules: Rules
    health: Health = Health()  # noqa: RUF009 - frozen
    weight: Weight = NO_WEIGHT
    elder: bool = False
    errand: Errand | None = None
    open_papers: tuple[OpenPaper, ...] = ()
    postponed: frozenset[str] = frozenset()
    clock_problem: str = ""
    notice: Notice | None = None
    countdown: int | None = None
    starting: bool = False
    pause: str | None = None
    phone: str = ""
    nearest: str = ""
    options: Options = Options()  # noqa: RUF009 - frozen

    @property
    def page(self) -> Page:
        """The page to draw."""
        return self.errand.page if self.errand is not None else Page.ATTRACT

    @property
    def said(self) -> Notice | None:
        """The notice to show on this page."""
        if self.errand is None or isinstance(self.errand, check.Check):
            return self.notice
        if isinstance(self.errand, Visit) and self.errand.notice is None:
            return _pause_notice(self.errand)
        return self.errand.notice


_AFTER_S = 0.01
"""A timer that fires a hair too early would find the weight fresh, and not fire again."""
_TOO_LATE_TO_STOP = frozenset({Page.ISSUING, Page.STOPPED})


def _pause_notice(visit: Visit) -> Notice | None:
    if visit.pause is None or visit.certificate is not None or visit.page in _TOO_LATE_TO_STOP:
        return None
    if visit.page is not Page.PAUSED:
        return notice("pausedMeanwhile")
    return notice("paused", reason=visit.pause) if visit.pause else notice("pausedWithoutReason")


def wake(state: Terminal) -> tuple[Terminal, Effects]:
    """After start: what is still open?"""
    return state, (LoadOpenPaper(),)


def step(state: Terminal, event: Event, now: Now) -> tuple[Terminal, Effects]:
    """Apply one event to whatever is under way."""
    state = _aged(state, now)
    after, effects = _apply(state, event, now)
    if after.errand is not None and after.errand.finished:
        after, closing = _close(after)
        effects = (*effects, *closing)
    return _surround(state, after, event, effects)


def _apply(state: Terminal, event: Event, now: Now) -> tuple[Terminal, Effects]:
    match event:
        case Touched():
            return replace(state, countdown=None), ()
        case Pressed(Key.ELDER):
            return replace(state, elder=not state.elder), ()
        case Pressed(Key.STAY):
            return replace(state, countdown=None), ()
        case TimerFired(Timer.IDLE):
            return _idle(state)
        case TimerFired(Timer.COUNTDOWN):
            return _count_down(state)
        case OpenPaperLoaded():
            return _papers(state, event, now)
        case IssuerTurned():
            return state, (LoadOpenPaper(),)
        case HealthChanged():
            return _health(state, event, now)
        case PauseSeen():
            return _pause(state, event)
        case OptionsSet(options):
            return _options(state, options), ()
        case WeightSeen():
            return _weight(state, event, now)
        case TimerFired(Timer.WEIGHT):
            return state, ()  # it was taken away before this event was looked at
        case Pressed(Key.DEVICES) if state.page is Page.CLERK_PIN:
            asked, effects = upkeep.start(state.health, state.weight, state.rules.scale_division)
            return replace(state, errand=asked), effects
        case _ if state.errand is None:
            return _attract(state, event)
        case _:
            return _errand(state, event, now)


def _errand(state: Terminal, event: Event, now: Now) -> tuple[Terminal, Effects]:
    errand: Errand
    match state.errand:
        case Visit():
            errand, effects = issue.MACHINE.step(state.errand, event, now)
        case check.Check():
            errand, effects = check.MACHINE.step(state.errand, event, now)
        case clerk.Clerk():
            errand, effects = clerk.MACHINE.step(state.errand, event, now)
        case recovery.Recovery():
            errand, effects = recovery.MACHINE.step(state.errand, event, now)
        case Upkeep():
            errand, effects = upkeep.MACHINE.step(state.errand, event, now)
        case None:
            return state, ()
    return replace(state, errand=errand), effects


def _attract(state: Terminal, event: Event) -> tuple[Terminal, Effects]:
    match event:
        case Pressed(key) if key in issue.STARTS:
            if state.clock_problem:
                return replace(state, notice=notice(state.clock_problem)), ()
            visit, effects = issue.start(key, state.rules, state.health, state.pause)
            return _weigh(replace(state, errand=visit, notice=None)), effects
        case Pressed(Key.START_CHECK):
            looking, effects = check.start()
            return replace(state, errand=looking, notice=None), effects
        case Pressed(Key.REPRINT) if state.open_papers:
            again, effects = recovery.start(state.open_papers, state.health)
            return replace(state, errand=again, notice=None), effects
        case Pressed(Key.START_CLERK):
            asked, effects = clerk.start(state.health)
            return replace(state, errand=asked, notice=None), effects
        case WeightSeen() | CameraFrame() | TimerFired() | Pressed():
            return state, ()
        case _:
            return state, (Unexpected(Page.ATTRACT, type(event).__name__),)


def _aged(state: Terminal, now: Now) -> Terminal:
    """Without a weight that is too old by now."""
    return state if state.weight.fresh_for_s(now.monotonic_s) > 0 else _weigh(replace(state, weight=NO_WEIGHT))


def _weight(state: Terminal, event: WeightSeen, now: Now) -> tuple[Terminal, Effects]:
    left_s = event.weight.fresh_for_s(now.monotonic_s)
    weight = event.weight if left_s > 0 else NO_WEIGHT
    watch: Effects = (StartTimer(Timer.WEIGHT, left_s + _AFTER_S),) if weight.kg is not None else ()
    known = _weigh(replace(state, weight=weight))
    if known.errand is None:
        return known, watch
    after, effects = _errand(known, WeightSeen(weight), now)
    return after, (*effects, *watch)


def _weigh(state: Terminal) -> Terminal:
    """Tell the errand what the scale said last, maybe before it began."""
    if isinstance(state.errand, (Visit, Upkeep)):
        return replace(state, errand=replace(state.errand, weight=state.weight))
    return state


def _health(state: Terminal, event: HealthChanged, now: Now) -> tuple[Terminal, Effects]:
    known = replace(state, health=event.health)
    if known.errand is None or isinstance(known.errand, check.Check):
        return known, ()
    return _errand(replace(known, errand=replace(known.errand, health=event.health)), event, now)


def _pause(state: Terminal, event: PauseSeen) -> tuple[Terminal, Effects]:
    """Who is being served hears of it at once, but is led away only before the promise."""
    known = replace(state, pause=event.reason if event.paused else None)
    if not isinstance(known.errand, Visit):
        return known, ()
    visit = replace(known.errand, pause=known.pause)
    if known.pause is not None or visit.page is not Page.PAUSED:
        return replace(known, errand=visit), ()
    going_on, effects = confirm.resume(visit)
    return replace(known, errand=going_on), effects


def _options(state: Terminal, options: Options) -> Terminal:
    """From the next visit on: nobody's rules change under his fingers."""
    rules = replace(state.rules, signature_required=options.signature_required, max_copies=options.max_copies)
    known = replace(state, options=options, rules=rules)
    return known if known.errand is not None else replace(known, elder=options.elder_first)


def _papers(state: Terminal, event: OpenPaperLoaded, now: Now) -> tuple[Terminal, Effects]:
    recent = tuple(p for p in event.papers if now.at - p.issued_at < timedelta(seconds=OPEN_PAPER_S))
    said = state.notice
    if said is not None and said.code == state.clock_problem != event.clock_problem:
        said = None  # somebody was told so, and it is no longer true
    known = replace(state, open_papers=recent, clock_problem=event.clock_problem, notice=said)
    waiting = tuple(p for p in recent if p.number.compact not in known.postponed)
    if known.errand is None and waiting:
        asked, effects = recovery.start(waiting, known.health)
        return replace(known, errand=asked), effects
    return known, ()


def _idle(state: Terminal) -> tuple[Terminal, Effects]:
    if state.errand is None or state.page in NEVER_TIMED_OUT:
        return state, ()
    return replace(state, countdown=COUNTDOWN_S), (StartTimer(Timer.COUNTDOWN, DELAYS[Timer.COUNTDOWN]), Speak("stillThere"))


def _count_down(state: Terminal) -> tuple[Terminal, Effects]:
    if state.countdown is None:
        return state, ()
    if state.countdown > 1:
        return replace(state, countdown=state.countdown - 1), (StartTimer(Timer.COUNTDOWN, DELAYS[Timer.COUNTDOWN]),)
    return _close(state)


def _close(state: Terminal) -> tuple[Terminal, Effects]:
    """Wipe: nothing personal survives. Paper left open is asked for again by LoadOpenPaper."""
    put_off = state.postponed
    if isinstance(state.errand, recovery.Recovery):
        put_off = put_off | {state.errand.open.number.compact}
    clean = replace(state, errand=None, countdown=None, notice=None, elder=state.options.elder_first, postponed=put_off)
    of_visit = [timer for timer in Timer if timer is not Timer.WEIGHT]
    stop: tuple[Effect, ...] = tuple(StopTimer(timer) for timer in of_visit)
    return clean, (*stop, DisarmReader(), DisarmCamera(), Quiet(), Forget(), LoadOpenPaper())


def _surround(before: Terminal, after: Terminal, event: Event, effects: Effects) -> tuple[Terminal, Effects]:
    """Speech at a new page or notice, and the idle clock after each touch."""
    extra: list[Effect] = []
    turned = after.page is not before.page
    if turned and after.page is not Page.ATTRACT:
        extra.append(spoken.of_page(after.page, after.errand))
    elif after.page is Page.TROUBLE and (now := spoken.of_page(after.page, after.errand)) != spoken.of_page(
        before.page, before.errand
    ):
        extra.append(now)  # the cover was closed, and now the paper is missing
    if after.said is not None and after.said != before.said:
        extra.append(spoken.of_notice(after.said))
    elif turned and after.countdown is not None:
        after = replace(after, countdown=None)
    if after.errand is not None and (turned or _is_touch(event)):
        extra.append(_idle_clock(after))
    return after, (*effects, *extra)


def _is_touch(event: Event) -> bool:
    return type(event) not in (
        HealthChanged,
        WeightSeen,
        CameraFrame,
        TimerFired,
        OpenPaperLoaded,
        IssuerTurned,
        PauseSeen,
        OptionsSet,
        DevicesSeen,
        BytesSeen,
    )


def _idle_clock(state: Terminal) -> Effect:
    if state.page in NEVER_TIMED_OUT:
        return StopTimer(Timer.IDLE)
    seconds = UPKEEP_IDLE_S if isinstance(state.errand, Upkeep) and state.page is not Page.UPKEEP_PIN else state.options.idle_s
    return StartTimer(Timer.IDLE, seconds * (2 if state.elder else 1))
