"""A whole terminal without its screen: real ledger, real directory, real drivers on the bench's bytes; events stand for touches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import RemoteBus
from kiosk.config import StationConfig, load_station
from kiosk.domain.product import ProductId
from kiosk.runtime.assembly import Assembly, assemble
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from support import builders as b
from tools.bench.bench import Bench
from tools.bench.station import make_demo_station

PERSON = "王建国"
TOMATO = ProductId(17)


class Desk:
    """A terminal under test and the bench before it."""

    def __init__(self, config: StationConfig, bench: Bench) -> None:
        self.config = config
        self.bench = bench
        self._states: list[Terminal] = []
        self._changed = threading.Condition()
        self.parts: Assembly = assemble(config, self._keep, usb_backend=VirtualBackend(RemoteBus(bench.usb_socket)))
        self.parts.start()

    @property
    def state(self) -> Terminal:
        """The newest state."""
        with self._changed:
            return self._states[-1]

    @property
    def pages(self) -> list[Page]:
        """Pages in the order of their coming, without repeats."""
        with self._changed:
            seen = [state.page for state in self._states]
        return [page for page, before in zip(seen, [None, *seen], strict=False) if page is not before]

    @property
    def visit(self) -> Visit:
        """The visit under way."""
        errand = self.state.errand
        assert isinstance(errand, Visit), errand
        return errand

    def send(self, *events: ev.Event) -> Desk:
        for event in events:
            self.parts.runner.send(event)
        return self

    def press(self, *keys: Key) -> Desk:
        return self.send(*(ev.Pressed(key) for key in keys))

    def wait(self, found: Callable[[Terminal], bool], what: str, within_s: float = 20.0) -> Desk:
        """Wait for a state that ``found`` likes."""
        deadline = time.monotonic() + within_s
        with self._changed:
            while not (self._states and found(self._states[-1])):
                left = deadline - time.monotonic()
                assert left > 0, f"waited for {what}; the state is {self._states[-1:]}"
                self._changed.wait(left)
        return self

    def at(self, page: Page, within_s: float = 20.0) -> Desk:
        return self.wait(lambda state: state.page is page, page.value, within_s)

    def healthy(self) -> Desk:
        """Wait until every device is well."""

        def well(state: Terminal) -> bool:
            health = state.health
            return all(word is ev.DeviceWord.READY for word in (health.reader, health.scale, health.printer))

        return self.wait(well, "healthy devices")

    def identified(self, person: str = PERSON) -> Desk:
        """From the attract page to the products, by card."""
        self.healthy().at(Page.ATTRACT).press(Key.START).at(Page.CONSENT).press(Key.AGREE).at(Page.IDENTIFY)
        self.bench.tap_card(person)
        return self

    def weighed(self, kg: str = "126.35") -> Desk:
        """From the products to the promise, signed."""
        tomato = self.parts.catalogue.get(TOMATO)
        assert tomato is not None
        self.at(Page.PRODUCT).send(ev.ProductChosen(tomato)).at(Page.QUANTITY)
        self.bench.remove_card()
        self.bench.set_weight(Decimal(kg))
        self.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight == b.stable(kg), f"{kg} kg at rest")
        self.press(Key.TAKE_WEIGHT).at(Page.ORIGIN).press(Key.NEXT).at(Page.PROMISE).send(ev.Signed(b.INK))
        return self.wait(lambda s: isinstance(s.errand, Visit) and s.errand.preview is not None, "the preview")

    def stop(self) -> None:
        self.parts.stop()

    def _keep(self, state: Terminal) -> None:
        with self._changed:
            self._states.append(state)
            self._changed.notify_all()


@contextmanager
def a_desk(folder: Path, **station: object) -> Iterator[Desk]:
    """A bench, a demo station in ``folder`` and a terminal on both."""
    file = make_demo_station(folder / "station", **station)  # type: ignore[arg-type]
    with Bench(folder) as bench:
        desk = Desk(load_station(file), bench)
        try:
            yield desk
        finally:
            desk.stop()
