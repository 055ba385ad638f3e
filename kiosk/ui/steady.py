"""A frame in which nothing moves under the finger: what has to be said takes the place of the question, the body stays where it is."""

from __future__ import annotations

from kiosk.session.terminal import Terminal
from kiosk.ui.screen import Framed


class Steady(Framed):
    """A framed screen whose banner stands in the row of the question."""

    def build(self, state: Terminal) -> None:
        super().build(state)
        if self.banner.parent is not None:
            self.banner.parent.remove_widget(self.banner)
        self.banner.size_hint_y = 1
        self.question.height = max(self.theme.action, self.theme.note * 3.35)

    def update(self, state: Terminal) -> None:
        self._told_of = state
        words = self.ctx.said(state.said)
        self.banner.show(words)
        wanted = self.banner if words else self.question.words
        if wanted.parent is None:
            self.question.remove_widget(self.question.words if words else self.banner)
            self.question.add_widget(wanted, index=len(self.question.children))
