"""The stage: whatever page the session is on, drawn on one root widget; the ribbon of the demonstration and the countdown lie above it.

Rules: decides nothing; one screen on show at a time; a tap meant for the page before never lands on the next one (``GUARD_S``).
A page is put together out of sight in two turns of the screen's loop and shown in the third: none takes long enough to be felt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kivy.animation import Animation
from kivy.uix.floatlayout import FloatLayout

from kiosk.directory.catalogue import Catalogue
from kiosk.session.events import Event, Touched
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.texts import Texts
from kiosk.ui.screen import Screen, ScreenContext
from kiosk.ui.screens import screen_for
from kiosk.ui.textures import forget_texts
from kiosk.ui.theme import Board, Theme
from kiosk.ui.widgets.overlay import Countdown, Ribbon

GUARD_S = 0.35
"""After a page turned, touches are swallowed for so long: the second half of a double tap."""
_TOUCHED_EVERY_S = 0.5
_QUIET_S = 5.0
"""Since the last touch: nobody is likely to touch in the next moment."""
_HOME = (Page.ATTRACT, False)


class Stage(FloatLayout):
    """Root widget. ``show`` takes each new state, on the screen's thread; ``later`` calls back in the next turn of the screen's loop."""

    def __init__(
        self,
        board: Board,
        texts: Texts,
        catalogue: Catalogue,
        send: Callable[[Event], None],
        speak: Callable[[str, tuple[tuple[str, str], ...]], None],
        *,
        later: Callable[[Callable[[], None]], None] = lambda act: act(),
        monotonic: Callable[[], float] = time.monotonic,
        **layout: Any,
    ) -> None:
        super().__init__(**layout)
        self._board = board
        self._texts = texts
        self._catalogue = catalogue
        self._ours = texts.sentences() | {product.name for product in catalogue.all()}
        self._send = send
        self._speak = speak
        self._later = later
        self._monotonic = monotonic
        self._drawn: tuple[Page, bool] | None = None
        self._coming: Screen | None = None
        self._coming_is: tuple[Page, bool] | None = None
        self._is_complete = False
        self._newest: Terminal | None = None
        self._turned_at = -GUARD_S
        self._told_at = -_TOUCHED_EVERY_S
        self._rehearsed: Screen | None = None
        self._home: Screen | None = None
        self.screen: Screen | None = None
        self._ribbon: Ribbon | None = None
        self._countdown: Countdown | None = None

    @property
    def page(self) -> Page | None:
        """The page on show, None before the first state."""
        return self._drawn[0] if self._drawn is not None else None

    @property
    def is_turning(self) -> bool:
        """Whether a page is being put together and the one before still stands."""
        return self._coming is not None

    @property
    def is_settled(self) -> bool:
        """Whether touches reach the page on show: the terminal is open and the page has been there for ``GUARD_S``."""
        if self._drawn is None or self.is_turning or self._newest is None or self._newest.starting:
            return False
        return self._monotonic() - self._turned_at >= GUARD_S

    def show(self, state: Terminal) -> None:
        """Draw a state: a new screen when the page or the kind of eyes changed, else an update."""
        self._newest = state
        wanted = (state.page, state.elder)
        if wanted == self._drawn and self.screen is not None:
            self._coming = self._coming_is = None
            self.screen.update(state)
        elif wanted == self._coming_is and self._coming is not None:
            if self._is_complete:
                self._coming.update(state)
        else:
            self._prepare(state)
        self._lay_above(state)

    def rehearse(self, state: Terminal | None) -> None:
        """Draw a page where nobody sees it, unless somebody is being served; None lets the last one go."""
        self._rehearsed = None
        if state is None or self.page is not Page.ATTRACT or self._monotonic() - self._told_at < _QUIET_S:
            return
        rehearsed = self._rehearsed = screen_for(state.page)(self._context(elder=False), state)
        rehearsed.size = self.size
        self._later(lambda: rehearsed.complete(state))

    def _context(self, *, elder: bool) -> ScreenContext:
        theme = Theme(self._board, elder)
        return ScreenContext(theme, self._texts, self._catalogue, self._send, self._speak)

    def _prepare(self, state: Terminal) -> None:
        """Put the page together and have it laid out where nobody sees it."""
        if state.page is Page.ATTRACT and self.page is not Page.ATTRACT:
            forget_texts(but=self._ours)
        self._coming = self._made(state)
        self._coming.pos, self._coming.size = self.pos, self.size
        self._coming_is = (state.page, state.elder)
        self._turned_at = self._monotonic()
        if self.screen is None:
            self._complete()
            self._enter()
        else:
            self._later(self._enter if self._is_complete else self._complete)

    def _complete(self) -> None:
        """The second half of the page that is coming, unless the session has gone elsewhere meanwhile."""
        if self._coming is None or self._newest is None or self._is_complete:
            return
        self._is_complete = True
        self._coming.complete(self._newest)
        if self._coming_is == _HOME:
            self._home = self._coming
        self._later(self._enter)

    def _made(self, state: Terminal) -> Screen:
        """A screen for a state. The first page is kept: it is on show most of the day, and in front of every visit."""
        self._is_complete = (state.page, state.elder) == _HOME and self._home is not None
        if self._is_complete and self._home is not None:
            self._home.update(state)
            return self._home
        return screen_for(state.page)(self._context(elder=state.elder), state)

    def _enter(self) -> None:
        """Show the page that was prepared, unless the session has gone elsewhere meanwhile."""
        if self._coming is None or self._newest is None or not self._is_complete:
            return
        for widget in self.screen.walk(restrict=True) if self.screen is not None else ():
            Animation.cancel_all(widget)  # what still moves would be kept, and drawn, for nobody
        if self._drawn is None or self._coming_is is None or self._drawn[1] != self._coming_is[1]:
            self.clear_widgets()  # other eyes, other sizes: what lies above goes too
            self._ribbon = self._countdown = None
        elif self.screen is not None:
            self.remove_widget(self.screen)
        self.screen, self._drawn = self._coming, self._coming_is
        self._coming = self._coming_is = None
        self.add_widget(self.screen, index=len(self.children))
        self.screen.enter()
        self._lay_above(self._newest)
        self._turned_at = self._monotonic()

    def _lay_above(self, state: Terminal) -> None:
        """Ribbon and countdown, above whatever page is on show."""
        if self.screen is None:
            return
        if state.demo and self._ribbon is None:
            self._ribbon = Ribbon(self.screen.ctx)
            self.add_widget(self._ribbon)
        if self._countdown is None:
            self._countdown = Countdown(self.screen.ctx)
            self.add_widget(self._countdown)
        self._countdown.show(state.countdown)

    def on_touch_down(self, touch: Any) -> bool:
        now = self._monotonic()
        if now - self._told_at >= _TOUCHED_EVERY_S:
            self._told_at = now
            self._send(Touched())
        if now - self._turned_at < GUARD_S:
            return True
        return bool(super().on_touch_down(touch))
