"""What every screen is: built from a state, updated by states, and dropped with its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.directory.catalogue import Catalogue
from kiosk.directory.townships import Townships, load_townships
from kiosk.session import spoken
from kiosk.session.events import Event, Key, Pressed
from kiosk.session.notice import Notice
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.texts import Texts
from kiosk.ui import theme as tokens
from kiosk.ui.widgets.bars import Banner, Question, TopBar
from kiosk.ui.widgets.surface import Ground


@dataclass(frozen=True)
class ScreenContext:
    """What a screen may use. ``send`` queues an event; ``speak`` says a sentence (text id, facts)."""

    theme: tokens.Theme
    texts: Texts
    catalogue: Catalogue
    send: Callable[[Event], None]
    speak: Callable[[str, tuple[tuple[str, str], ...]], None]
    townships: Townships = field(default_factory=load_townships)

    def press(self, key: Key) -> Callable[[], None]:
        """An action that sends a button's event."""
        return lambda: self.send(Pressed(key))

    def words(self, text_id: str, **facts: object) -> str:
        """A sentence."""
        return self.texts.get(text_id, [(name, str(value)) for name, value in facts.items()])

    def said(self, notice: Notice | None) -> str:
        """The sentence of a notice, "" for none."""
        return "" if notice is None else self.texts.get(f"notice.{notice.code}", notice.facts)


class Screen(FloatLayout):
    """Base of all screens. Subclasses build in ``build`` and ``fill`` (each called once) and follow in ``update``.

    A screen is made in two turns of the loop, so that neither is long: ``build`` when it is made, ``fill`` when it is completed.
    """

    ground: tokens.Color = tokens.PAPER

    def __init__(self, ctx: ScreenContext, state: Terminal) -> None:
        super().__init__()
        self.ctx = ctx
        self.theme = ctx.theme
        self.add_widget(Ground(self.ground))
        self.build(state)

    def complete(self, state: Terminal) -> None:
        """The second half; from now on it can be shown and updated."""
        self.fill(state)
        self.update(state)

    def build(self, state: Terminal) -> None:
        """Put the widgets together."""
        raise NotImplementedError

    def fill(self, state: Terminal) -> None:
        """Put the rest together. The base does nothing: a small screen is built at once."""

    def update(self, state: Terminal) -> None:
        """Follow the state. The base does nothing: many screens never change."""

    def enter(self) -> None:
        """The screen has come on show: start what moves by itself."""


STEPS = ("身份", "产品", "数量", "承诺", "领取")


class Framed(Screen):
    """A screen with top bar, question, banner and a body. ``step`` is the chip that is lit, -1 for no steps."""

    step = -1
    can_go_back = True
    can_cancel = True

    def build(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        page = BoxLayout(orientation="vertical")
        page.add_widget(
            TopBar(
                theme,
                back=self.go_back if self.can_go_back else None,
                back_words=ctx.words("button.back"),
                cancel=ctx.press(Key.CANCEL) if self.can_cancel else None,
                cancel_words=ctx.words("button.cancel"),
                steps=STEPS if self.step >= 0 else (),
                current=self.step,
                who=self.who(state),
            )
        )
        inner = BoxLayout(orientation="vertical", padding=(theme.margin, theme.gap, theme.margin, theme.margin), spacing=theme.gap)
        self.view_spoken = ""
        self._told_of = state
        self.question = Question(theme, self.sentence(state), self._say_again)
        inner.add_widget(self.question)
        self.banner = Banner(theme)
        inner.add_widget(self.banner)
        self.body = self.columns() if not theme.board.is_portrait else BoxLayout(orientation="vertical", spacing=theme.gap * 1.3)
        inner.add_widget(self.body)
        page.add_widget(inner)
        self.add_widget(page)

    def _say_again(self) -> None:
        """What stands on top now: a notice, the sentence of a view of the page's own (``view_spoken``), or the page's."""
        state = self._told_of
        said = spoken.of_notice(state.said) if state.said is not None else spoken.of_page(state.page, state.errand)
        if self.view_spoken and state.said is None:
            self.ctx.speak(self.view_spoken, ())
        else:
            self.ctx.speak(said.text_id, said.facts)

    def go_back(self) -> None:
        """返回 was touched; a screen with views of its own goes back through them first."""
        self.ctx.send(Pressed(Key.BACK))

    def columns(self) -> BoxLayout:
        """Main thing left, side roads right."""
        return BoxLayout(spacing=self.theme.gap * 1.4)

    def sentence(self, state: Terminal) -> str:
        """The one sentence on top."""
        return self.ctx.words(f"say.{state.page.value}")

    def who(self, state: Terminal) -> str:
        """Whose visit this is, short."""
        errand = state.errand
        if isinstance(errand, Visit) and errand.draft.subject is not None:
            return errand.draft.subject.name
        if isinstance(errand, Visit) and errand.card is not None:
            return errand.card.name
        return ""

    def fill(self, state: Terminal) -> None:
        """Put the body together."""
        raise NotImplementedError

    def update(self, state: Terminal) -> None:
        self._told_of = state
        self.banner.show(self.ctx.said(state.said))


def vertical(theme: tokens.Theme, *children: Widget, **layout: Any) -> BoxLayout:
    """A column."""
    layout.setdefault("spacing", theme.gap)
    box = BoxLayout(orientation="vertical", **layout)
    for child in children:
        box.add_widget(child)
    return box


def horizontal(theme: tokens.Theme, *children: Widget, **layout: Any) -> BoxLayout:
    """A row."""
    layout.setdefault("spacing", theme.gap)
    box = BoxLayout(**layout)
    for child in children:
        box.add_widget(child)
    return box


def spring(weight: float = 1.0) -> Widget:
    """Free space."""
    return Widget(size_hint=(weight, weight))


def visit_of(state: Terminal) -> Visit:
    """The visit under way. Raises ``TypeError`` on any other errand: a screen on the wrong page."""
    if not isinstance(state.errand, Visit):
        raise TypeError(type(state.errand).__name__)
    return state.errand
