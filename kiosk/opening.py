"""Opens the terminal behind its first picture: ledger, directory and devices come up while the attract page already stands.

Until then whatever is touched says nothing; a failure ends the program with its reason. Half of a start is loading code, and nobody should
look at a black screen for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from kiosk.config import StationConfig
from kiosk.runtime.bridge import Bridge
from kiosk.runtime.memory import settle, tidy, tidy_young
from kiosk.sdnotify import ALIVE, READY, notify, watchdog_s
from kiosk.session.events import Event
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Rules
from kiosk.texts import Texts

if TYPE_CHECKING:
    from kiosk.directory.catalogue import Catalogue
    from kiosk.issuing.opening import StartError
    from kiosk.runtime.assembly import Assembly


_REST_S = 0.3


def first_state(config: StationConfig) -> Terminal:
    """What the first picture shows: where we are, and that it will not take long."""
    return Terminal(station=config.station.name, demo=False, rules=Rules(config.station.county), starting=True)


def pictures_of_choices(catalogue: Catalogue) -> set[str]:
    """Pictures of the first choices on the product page."""
    kinds = catalogue.categories()
    return {kind.picture for kind in kinds} | {group.picture for kind in kinds for group in kind.groups} - {""}


def characters_of(texts: Texts, catalogue: Catalogue) -> set[str]:
    """Every character of our own sentences and goods."""
    return set("".join(texts.sentences())) | set("".join(product.name for product in catalogue.all()))


class Opening:
    """``begin`` once, on any thread; ``send`` and ``say`` reach the terminal as soon as there is one; ``end`` closes whatever was opened."""

    def __init__(
        self, config: StationConfig, texts: Texts, bridge: Bridge, usb_backend: Any, *, on_failure: Callable[[], None]
    ) -> None:
        self._config = config
        self._texts = texts
        self._bridge = bridge
        self._usb_backend = usb_backend
        self._on_failure = on_failure
        self._parts: Assembly | None = None
        self._refused: StartError | None = None
        self._broken: Exception | None = None
        self._rehearse: Callable[[Terminal | None], None] = lambda _: None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._open, name="kiosk-start")

    def begin(self, rehearse: Callable[[Terminal | None], None]) -> None:
        """Start opening. ``rehearse`` draws a page out of sight on the screen's thread, None ends it."""
        self._rehearse = rehearse
        self._thread.start()

    def send(self, event: Event) -> None:
        """Hand an event to the session, if it is there already."""
        if self._parts is not None:
            self._parts.runner.send(event)

    def say(self, text_id: str, facts: tuple[tuple[str, str], ...]) -> None:
        """Say a sentence again."""
        if self._parts is not None:
            self._parts.voice.say(text_id, facts)

    def end(self) -> StartError | None:
        """Close everything; the reason when it could not be opened. Raises what nobody foresaw."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._parts is not None:
            self._parts.stop()
        if self._broken is not None:
            raise self._broken
        return self._refused

    def _open(self) -> None:
        from drivers.printer.encode import ready
        from kiosk.issuing.opening import StartError
        from kiosk.label.text import font_book
        from kiosk.runtime.assembly import assemble
        from kiosk.ui.screens import all_screens
        from kiosk.ui.textures import warm_pictures

        try:
            parts = assemble(
                self._config,
                self._bridge.publish,
                texts=self._texts,
                usb_backend=self._usb_backend,
                on_rest=self._tidy,
                before_drawing=self._bridge.wait_drawn,
            )
            parts.start()
            self._parts = parts
            notify(READY)
            threading.Thread(target=self._show_life, name="kiosk-heartbeat", daemon=True).start()
            all_screens()
            warm_pictures(pictures_of_choices(parts.catalogue))
            font_book().learn(characters_of(self._texts, parts.catalogue))
            ready()
            settle()
            self._rehearse_all(parts.catalogue)
        except StartError as err:
            self._refused = err
            self._bridge.call(self._on_failure)
        except Exception as err:  # noqa: BLE001 - raised again by ``end``, on the main thread
            self._broken = err
            self._bridge.call(self._on_failure)

    def _show_life(self) -> None:
        """The screen's thread says that it lives: a picture that stands still for good is no terminal."""
        limit_s = watchdog_s()
        while limit_s is not None and not self._ending.wait(limit_s / 3):
            self._bridge.call(partial(notify, ALIVE))

    def _tidy(self) -> None:
        """On the screen's thread, between two pictures: a search for garbage that starts elsewhere would hold up a page in the middle."""
        self._bridge.call(tidy_young)
        self._bridge.call(partial(self._bridge.call, tidy))

    def _rehearse_all(self, catalogue: Catalogue) -> None:
        """One page at a time, with rests: whoever comes now is served first."""
        from kiosk.rehearsal import rehearsed

        for state in (*rehearsed(first_state(self._config), catalogue), None):
            if self._ending.wait(_REST_S):
                return
            self._bridge.call(partial(self._rehearse, state))
        self._ending.wait(_REST_S)
        self._tidy()
