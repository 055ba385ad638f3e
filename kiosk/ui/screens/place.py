"""产在哪里: the same question at registration and before the promise."""

from __future__ import annotations

from kiosk.domain.subject import Place
from kiosk.session.events import PlaceChosen
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui.screen import Framed, ScreenContext, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.widgets.place_picker import PlacePicker, Proposal

_MOST_PROPOSALS = 3


@draws(Page.REGISTER_PLACE, Page.EDIT_PLACE)
class PlaceScreen(Framed):
    """Proposals first; the picker's own views lie behind them, and 返回 goes back through them."""

    def build(self, state: Terminal) -> None:
        self.step = 0 if state.page is Page.REGISTER_PLACE else 2
        super().build(state)

    def fill(self, state: Terminal) -> None:
        visit = visit_of(state)
        found = proposals(self.ctx, visit)
        now = visit.new.place if state.page is Page.REGISTER_PLACE else visit.draft.origin
        county = now.county if now is not None else visit.rules.county
        self._page = state.page
        self._is_open = False
        self._picker = PlacePicker(self.ctx, county, found, self._take, self._ask, written=now.text if now is not None else "")
        self.body.add_widget(self._picker)
        self._is_open = True

    def go_back(self) -> None:
        if not self._picker.back():
            super().go_back()

    def _take(self, place: Place) -> None:
        self.ctx.send(PlaceChosen(place))

    def _ask(self, text_id: str) -> None:
        """Another view: its sentence stands on top and is spoken. The page's own one is spoken by the session."""
        before, self.view_spoken = self.view_spoken, text_id
        self.question.words.say(self.ctx.words(text_id or f"say.{self._page.value}"))
        if text_id and self._is_open and text_id != before:
            self.ctx.speak(text_id, ())


def proposals(ctx: ScreenContext, visit: Visit) -> tuple[Proposal, ...]:
    """Places that are likely, the likeliest first, none twice."""
    likely: list[Proposal] = []
    if visit.page is Page.REGISTER_PLACE:
        if visit.new.place is not None:
            likely.append(Proposal(visit.new.place, "place.from.chosen"))
    else:
        if visit.draft.origin is not None:
            likely.append(Proposal(visit.draft.origin, "place.from.now"))
        if visit.draft.subject is not None:
            likely.append(Proposal(visit.draft.subject.base, "place.from.base"))
        if visit.last is not None:
            likely.append(Proposal(visit.last.origin, "place.from.last"))
    at_home = ctx.townships.base_of(visit.card.address) if visit.card is not None else None
    if at_home is not None:
        likely.append(Proposal(at_home, "place.from.card"))
    once = {proposal.place.text: proposal for proposal in reversed(likely)}
    return tuple(sorted(once.values(), key=likely.index))[:_MOST_PROPOSALS]
