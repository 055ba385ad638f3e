"""The centre's hand in the app: the standing word, orders and options, put together. A terminal without a centre has none of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from drivers.printer.record import JobDone
from kiosk.config import StationConfig
from kiosk.issuing.issuer import Clock
from kiosk.issuing.standing import StandingWord
from kiosk.label.trial import TrialContent
from kiosk.runtime.configuration import Configuration
from kiosk.runtime.deeds import Busy, PrintTrial, SelfTest, deeds
from kiosk.runtime.devices import DeviceFleet, Translator
from kiosk.runtime.orders import OrderDesk, StandingWatch
from kiosk.runtime.trial_print import TrialPrinter
from kiosk.session.events import Event
from kiosk.session.terminal import Terminal


@dataclass(frozen=True)
class CentreHand:
    """``see`` takes each state of the terminal, ``job_done`` each last word of the printer."""

    _watch: StandingWatch
    _desk: OrderDesk
    _busy: Busy
    _trial: TrialPrinter

    def start(self) -> None:
        """Hear the standing word, then take orders."""
        self._watch.start()
        self._desk.start()

    def stop(self) -> None:
        """Take no more."""
        self._desk.stop()
        self._watch.stop()

    def see(self, state: Terminal) -> None:
        """A new state; never waits."""
        self._busy.see(state)

    def job_done(self, done: JobDone) -> None:
        """Other people's jobs are none of ours."""
        self._trial.job_done(done)


def centre_hand(
    config: StationConfig,
    word: StandingWord,
    clock: Clock,
    configuration: Configuration,
    devices: tuple[Translator, DeviceFleet],
    trial: Callable[[Callable[[Event], None]], TrialPrinter],
    content: Callable[[], TrialContent],
    send: Callable[[Event], None],
) -> CentreHand:
    """Put it together; nothing moves yet. ``trial`` makes a printer of test labels that tells its end to whom it is given."""

    def machine() -> datetime:
        return clock.read().now

    translator, fleet = devices
    busy = Busy(machine)
    test = SelfTest(translator.statuses, fleet, busy, has_camera=bool(config.camera.source or config.scanner.profile))
    translator.on_checked = test.heard
    printing = PrintTrial(trial, content, busy)
    desk = OrderDesk(config.paths.runtime, deeds(test, printing, configuration), machine)
    return CentreHand(StandingWatch(word, send), desk, busy, printing.trial)
