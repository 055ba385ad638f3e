"""Flow tests as lists of steps: an event, then the page it must lead to. Services are answered from a script, so nothing is real but the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from kiosk.domain.certificate import PaperOutcome
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal, step, wake
from kiosk.session.visit import Rules, Visit
from support import builders

READY = ev.Health(
    reader=ev.DeviceWord.READY,
    scale=ev.DeviceWord.READY,
    printer=ev.DeviceWord.READY,
    camera=ev.DeviceWord.READY,
    printer_trouble="",
    scale_identity=builders.SCALE,
)
PAPER_OUT = ev.Health(
    reader=ev.DeviceWord.READY,
    scale=ev.DeviceWord.READY,
    printer=ev.DeviceWord.TROUBLE,
    camera=ev.DeviceWord.READY,
    printer_trouble="paperOut",
    scale_identity=builders.SCALE,
)
Answer = Callable[[fx.Effect], ev.Event | None]


@dataclass
class Walk:
    """A terminal under test: ``do`` applies events, ``effects`` keeps all that was asked for, ``now_s`` is the monotonic clock."""

    answers: dict[type[fx.Effect], Answer] = field(default_factory=dict)
    state: Terminal = field(default_factory=lambda: Terminal("太谷区明星镇农产品服务站", True, Rules("140703"), health=READY))
    effects: list[fx.Effect] = field(default_factory=list)
    touches: int = 0
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.state, effects = wake(self.state)
        self._follow(effects)

    def do(self, *events: ev.Event) -> Walk:
        for event in events:
            if isinstance(event, (ev.Pressed, ev.Signed, ev.ProductChosen, ev.SubjectChosen)):
                self.touches += 1
            self.state, effects = step(self.state, event, builders.now(monotonic_s=self.now_s))
            self._follow(effects)
        return self

    def press(self, *keys: ev.Key) -> Walk:
        return self.do(*(ev.Pressed(key) for key in keys))

    @property
    def page(self) -> Page:
        return self.state.page

    @property
    def visit(self) -> Visit:
        assert isinstance(self.state.errand, Visit)
        return self.state.errand

    def asked(self, kind: type[fx.Effect]) -> list[fx.Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def _follow(self, effects: Iterable[fx.Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            answer = self.answers.get(type(effect))
            event = answer(effect) if answer is not None else None
            if event is not None:
                self.state, more = step(self.state, event, builders.now(monotonic_s=self.now_s))
                self._follow(more)


def last_promise() -> ev.LastPromise:
    return ev.LastPromise(builders.TOMATO.id, builders.TOMATO, builders.VILLAGE, "13800000417", 1, builders.NOON)


def a_known_producer() -> dict[type[fx.Effect], Answer]:
    """Answers of services when a known co-operative's chairman taps his card; the printer confirms everything."""
    answers: dict[type[fx.Effect], Answer] = {
        fx.FindByCard: lambda _: ev.SubjectsFound((builders.a_subject(),), b"h" * 32),
        fx.FindByText: lambda _: ev.SubjectsFound((builders.a_subject(),)),
        fx.LoadHabits: lambda _: ev.HabitsLoaded(last_promise(), (builders.TOMATO,)),
        fx.DrawPreview: lambda _: ev.PreviewDrawn(ev.Picture(8, 1, b"\x80")),
        fx.Issue: lambda effect: ev.Issued(builders.a_certificate(effect.promise)),  # type: ignore[attr-defined]
        fx.PrintCopy: lambda effect: ev.CopyEnded(effect.copy, effect.copy, PaperOutcome.CONFIRMED),  # type: ignore[attr-defined]
    }
    return answers
