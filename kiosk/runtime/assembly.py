"""Puts a terminal together from its station file: ledger, directory, devices, services, session. The screen is somebody else's.

Rules: what cannot be opened is said by a ``StartError`` with a text id; a terminal without a directory still registers people on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.printer.profile import printer_profile
from drivers.printer.record import JobDone
from kiosk import log
from kiosk.config import RulesSection, StationConfig
from kiosk.credential.keylist import KeyListError
from kiosk.directory.catalogue import Catalogue, load_catalogue
from kiosk.directory.reader import Directory
from kiosk.domain.quantity import ScaleIdentity
from kiosk.issuing.clock import SystemClock
from kiosk.issuing.events_door import EventsDoor
from kiosk.issuing.issuer import Clock, TerminalIssuer
from kiosk.issuing.opening import StartError, open_ledger, own_key, secret
from kiosk.issuing.remote import RemoteIssuer
from kiosk.issuing.standing import NoCentre, StandingFile, StandingWord
from kiosk.label.stock import label_stock
from kiosk.runtime.centre import CentreHand, centre_hand
from kiosk.runtime.configuration import Configuration, options_of
from kiosk.runtime.devices import DeviceFleet, Translator
from kiosk.runtime.key_book import KeyBook
from kiosk.runtime.memory import tidy
from kiosk.runtime.parts import Parts
from kiosk.runtime.printing import CopyPrinter, PaperSetup
from kiosk.runtime.runner import Runner
from kiosk.runtime.services import TerminalServices
from kiosk.runtime.status import StatusWriter
from kiosk.runtime.trial_print import TrialPrinter
from kiosk.runtime.upkeep import Reach, UpkeepServices
from kiosk.runtime.voice import EspeakVoice
from kiosk.runtime.workers import Workers
from kiosk.session.events import IssuerTurned, OptionsSet
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Rules
from kiosk.texts import Texts
from kiosk.version import VERSION
from kiosk.wire.snapshot import Deadlines


@dataclass
class Assembly:
    """A terminal that is put together; ``start`` wakes it, ``stop`` lets everything go in order."""

    config: StationConfig
    catalogue: Catalogue
    texts: Texts
    voice: EspeakVoice
    runner: Runner
    devices: DeviceFleet
    services: UpkeepServices
    _status: StatusWriter
    _centre: CentreHand | None
    _issuer: TerminalIssuer
    _door: EventsDoor | None
    _directory: Directory
    _workers: Workers

    def start(self) -> None:
        """Wake the session, then the devices."""
        self.runner.start(self.services)
        if self._centre is not None:
            self._centre.start()
        self.devices.start()
        self._status.start()
        log.event("terminal-started", terminal=self.config.station.terminal, version=VERSION, demo=self._issuer.is_demo)

    def stop(self) -> None:
        """Devices first, then the session, then what it wrote."""
        self._status.stop()
        if self._centre is not None:
            self._centre.stop()
        self.devices.stop()
        self.runner.stop()
        self._workers.close()
        self.voice.close()
        if self._door is not None:
            self._door.close()
        self._directory.close()
        self._issuer.close()
        log.event("terminal-stopped", terminal=self.config.station.terminal)


def assemble(
    config: StationConfig,
    on_state: Callable[[Terminal], None],
    *,
    texts: Texts | None = None,
    usb_backend: Any = None,
    clock: Clock | None = None,
    on_rest: Callable[[], None] = tidy,
    before_drawing: Callable[[], None] = lambda: None,
) -> Assembly:
    """Open and connect everything; nothing moves yet. ``on_rest``: see ``Runner``; ``before_drawing``: see ``Workers``. Raises ``StartError``."""
    clock = clock or SystemClock()
    keys = _key_book(config)
    lookup_key = _secret(config, "lookup.key")
    directory = Directory.open(config.paths.directory, _secret(config, "directory.key"))
    word = StandingFile(config.paths.runtime, config.paths.state) if config.fleet.enabled else NoCentre()
    issuer, door = _open_issuing(config, directory, clock, word)
    far = issuer if isinstance(issuer, RemoteIssuer) else None
    workers = Workers(before_drawing)
    texts, catalogue = texts or Texts.load(), load_catalogue()
    configuration = Configuration(config.rules, config.paths.state)
    rules = configuration.rules
    voice = EspeakVoice(texts, audible=rules.speech, volume=rules.volume)
    state = Terminal(
        station=config.station.name,
        demo=issuer.is_demo,
        rules=Rules(config.station.county, rules.signature_required, rules.max_copies, config.scale.division),
        elder=rules.elder_first,
        phone=config.station.phone,
        nearest=config.station.nearest,
        options=options_of(rules),
    )
    setup = PaperSetup(label_stock(config.label.stock), printer_profile(config.printer.profile))
    parts = Parts(config, usb_backend)

    def seen(now: Terminal) -> None:
        status.see(now)
        if centre is not None:
            centre.see(now)
        on_state(now)

    runner = Runner(state, clock, parts.fleet, voice, seen, on_rest)
    if far is not None:
        far.on_turn(partial(runner.send, IssuerTurned()))
    printer = CopyPrinter(issuer, workers, setup, parts.fleet, runner.send)
    trial = TrialPrinter(workers, setup, parts.fleet, runner.send)

    def job_done(done: JobDone) -> None:
        printer.job_done(done)
        trial.job_done(done)
        if centre is not None:
            centre.job_done(done)

    translator = Translator(runner.send, job_done, ScaleIdentity(config.scale.serial, config.scale.verified_until))
    parts.connect(translator)
    status = StatusWriter(
        config.paths.runtime,
        config.station.terminal,
        issuer,
        directory,
        translator.statuses,
        clock,
        lambda: configuration.version,
        _deadlines(config, keys),
    )
    terminal = TerminalServices(
        issuer, directory, catalogue, keys.read, lookup_key, setup.stock, clock, printer, workers, runner.send
    )
    reach = Reach(config, issuer, parts.fleet, translator, trial, workers, clock, voice.name)
    services = UpkeepServices(reach, terminal, runner.send)
    centre: CentreHand | None = None
    if config.fleet.enabled:
        configuration.apply = partial(_apply, voice, runner)
        centre = centre_hand(
            config,
            word,
            clock,
            configuration,
            (translator, parts.fleet),
            partial(TrialPrinter, workers, setup, parts.fleet),
            services.trial_content,
            runner.send,
        )
    return Assembly(
        config, catalogue, texts, voice, runner, parts.fleet, services, status, centre, issuer, door, directory, workers
    )


def _secret(config: StationConfig, name: str) -> bytes:
    return secret(config.paths.secrets / name)


def _open_issuing(
    config: StationConfig, directory: Directory, clock: Clock, word: StandingWord
) -> tuple[TerminalIssuer, EventsDoor | None]:
    """The issuer's own process where the station has one, else the ledger here, with a door for the agent. Raises ``StartError``."""
    if config.issuer.socket is not None:
        return RemoteIssuer(config.issuer.socket, demo=own_key(config).demo), None
    ledger = open_ledger(config, directory, clock, word)
    return ledger, EventsDoor(ledger, config.events_folder) if config.fleet.enabled else None


def _key_book(config: StationConfig) -> KeyBook:
    try:
        return KeyBook(config.paths.keys)
    except KeyListError as err:
        raise StartError(f"start.keys.{err.code}", file=config.paths.keys) from err


def _deadlines(config: StationConfig, keys: KeyBook) -> Callable[[], Deadlines]:
    """What has to be renewed by hand, as the key list says now."""
    own = own_key(config).key_id

    def read() -> Deadlines:
        key = keys.read().keys.get(own)
        return Deadlines(signing_key=None if key is None else key.renew_by, scale_verification=config.scale.verified_until)

    return read


def _apply(voice: EspeakVoice, runner: Runner, rules: RulesSection) -> None:
    """Other options, without a restart."""
    voice.adjust(audible=rules.speech, volume=rules.volume)
    runner.send(OptionsSet(options_of(rules)))
