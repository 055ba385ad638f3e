"""The one process of a centre that talks to terminals: answers hellos, hears health, sends jobs, tells alarms.

It is the Sparkplug primary host: its STATE is born and dies with its connection. What needs the database waits while that is away.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from kiosk.wire.canonical import WireError
from kiosk.wire.job import JobReport
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import NAMESPACE, state_topic
from kiosk.wire.topics import PRIMARY_HOST, Down, Up, down, parse, up_filter
from kiosk.wire.uplink import Hello, Welcome
from tools.fleet.collector import jobs
from tools.fleet.collector.alerts import Finding, close_alert, open_alert
from tools.fleet.collector.health import Health
from tools.fleet.collector.hello import answer_hellos, make_welcomes
from tools.fleet.collector.link import Got, Link, Spoken, Will
from tools.fleet.collector.quarantine import keep
from tools.fleet.collector.sparkplug_host import SparkplugHost, rebirth_command
from tools.fleet.collector.standing import StandingRules
from tools.fleet.collector.worker import utc_now
from tools.fleet.config import FleetConfig
from tools.fleet.releases import rollout
from tools.fleet.store.database import Store
from tools.fleet.store.partitions import ensure_partitions, retain
from tools.fleet.store.schema import terminal
from tools.fleet.store.states import Severity

log = logging.getLogger("fleet.host")

_PATIENCE_S = 10.0
"""How long a broker may take at our start before we speak of it."""
_MOST_AT_ONCE = 2000
_BUSINESS = 200
_MOMENT_S = 0.1
_REGISTER_S = 20.0
_JOBS_S = 1.0
_STANDING_S = 10.0
_ROLLOUT_S = 5.0
_JOB_AGAIN = timedelta(seconds=60)
_BROKER_LOST = Finding("brokerLost", Severity.CRITICAL, "")


class Host:
    """Runs until ``stop``. ``key`` signs the jobs of rollouts; ``mono`` is a clock that only goes forward."""

    def __init__(
        self,
        config: FleetConfig,
        store: Store,
        key: Ed25519PrivateKey,
        clock: Callable[[], datetime] = utc_now,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._store = store
        self._key = key
        self._clock = clock
        self._mono = mono
        self._sparkplug = SparkplugHost(config.delays.reorder_s, config.delays.rebirth_every_s)
        self._health = Health(config.delays)
        self._standing = StandingRules(config.delays)
        self._waiting: queue.Queue[Got] = queue.Queue()
        self._business: list[Got] = []
        self._stop = threading.Event()
        self._born_ms = 0
        self._due: dict[str, float] = {}
        self.link = Link(
            config.broker,
            "sxc-host",
            self._subscriptions,
            self._waiting.put,
            will=self._will,
            on_up=self._announce,
        )

    def run(self) -> None:
        """Work until ``stop``."""
        self._load()
        self.link.start()
        was_up: bool | None = None
        begun = self._mono()
        try:
            while not self._stop.is_set():
                messages = self._gather()
                is_up = self.link.up.is_set()
                if is_up != was_up and (is_up or was_up or self._mono() - begun > _PATIENCE_S):
                    self._connection(is_up)
                    was_up = is_up
                self._hear(messages)
                self._safely(self._answer)
                self._safely(self._turn)
        finally:
            if self.link.up.is_set():
                self.link.publish(state_topic(PRIMARY_HOST), HostState(False, self._now_ms()).encode(), 1, retain=True)
                time.sleep(0.1)  # the broker must have it before we say good-bye
            self.link.close()

    def stop(self) -> None:
        """End after the turn at hand."""
        self._stop.set()

    def _subscriptions(self, _: Spoken) -> Sequence[tuple[str, int]]:
        return [(up_filter(Up.HELLO), 1), (up_filter(Up.JOB), 1), (f"{NAMESPACE}/#", 1)]

    def _will(self) -> Will:
        self._born_ms = self._now_ms()
        return Will(state_topic(PRIMARY_HOST), HostState(False, self._born_ms).encode())

    def _announce(self) -> None:
        self.link.publish(state_topic(PRIMARY_HOST), HostState(True, self._born_ms).encode(), 1, retain=True)

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _load(self) -> None:
        while not self._stop.is_set():
            try:
                with self._store.reading() as tx:
                    self._health.load(tx, self._mono(), self._clock())
                    self._health.load_metrics(tx)
                    self._health.load_use(tx, self._clock())
            except (OperationalError, InterfaceError) as err:
                log.warning("database away (%s)", type(err).__name__)
                self._stop.wait(2)
            else:
                return

    def _gather(self) -> list[Got]:
        """What came within a moment."""
        found: list[Got] = []
        until = time.monotonic() + _MOMENT_S
        while len(found) < _MOST_AT_ONCE and (left := until - time.monotonic()) > 0:
            try:
                found.append(self._waiting.get(timeout=left))
            except queue.Empty:
                break
        return found

    def _connection(self, is_up: bool) -> None:
        """Our own connection fell or came back. What is not heard meanwhile is nobody's silence."""
        if is_up:
            self._health.watch.hearing(self._mono())
        else:
            self._health.watch.deaf(self._mono())
            self._sparkplug.forget_all()
        self._safely(lambda: self._tell_connection(is_up))

    def _tell_connection(self, is_up: bool) -> None:
        with self._store.writing() as tx:
            if is_up:
                close_alert(tx, _BROKER_LOST.key, self._clock())
            else:
                open_alert(tx, _BROKER_LOST, self._clock())

    def _hear(self, messages: list[Got]) -> None:
        mono, now = self._mono(), self._clock()
        for got in messages:
            if parse(got.topic) is not None:
                self._business.append(got)
                continue
            for ask in self._health.took(self._sparkplug.heard(got.topic, got.payload, mono), mono, now):
                self.link.publish(ask.topic, rebirth_command(self._now_ms()), 0)
        for ask in self._health.took(self._sparkplug.tick(mono), mono, now):
            self.link.publish(ask.topic, rebirth_command(self._now_ms()), 0)

    def _answer(self) -> None:
        """Hellos and answers to jobs, in one transaction; welcomes after its COMMIT. What fails stays for the next turn."""
        if not self._business:
            return
        work, now = self._business[:_BUSINESS], self._clock()
        try:
            welcomes = self._answer_all(work, now)
        except (OperationalError, InterfaceError):
            raise
        except SQLAlchemyError:
            # one of them holds what the database refuses: it is found by itself and kept apart
            welcomes = [welcome for got in work for welcome in self._answer_one(got, now)]
        if welcomes:  # before them: a terminal begins what it holds when it is welcomed
            self._recall([code for code, _ in welcomes])
        del self._business[: len(work)]
        strangers = False
        for code, welcome in welcomes:
            self.link.publish(down(code, Down.WELCOME), welcome.encode())
            strangers |= code not in self._health.views
            self._health.contacted(code, self._mono(), now)
            self._sparkplug.expect(code[:6], code, self._mono())
        if strangers:
            self._due["register"] = 0
            self._register()

    def _answer_all(self, work: list[Got], now: datetime) -> list[tuple[str, Welcome]]:
        with self._store.writing() as tx:
            hellos = [said for got in work if (said := self._read(tx, got, now)) is not None]
            return answer_hellos(tx, hellos, now)

    def _answer_one(self, got: Got, now: datetime) -> list[tuple[str, Welcome]]:
        try:
            return self._answer_all([got], now)
        except (OperationalError, InterfaceError):
            raise
        except SQLAlchemyError as err:
            with self._store.writing() as tx:
                keep(tx, got.topic, got.payload, f"store:{type(err).__name__}", now)
            return []

    def _read(self, tx: Connection, got: Got, now: datetime) -> tuple[str, Hello] | None:
        """A hello; an answer to a job is kept at once."""
        address = parse(got.topic)
        if address is None:
            return None
        try:
            if address.word is Up.HELLO:
                return address.terminal, Hello.decode(got.payload)
            if address.word is Up.JOB:
                jobs.follow(tx, address.terminal, JobReport.decode(got.payload), now)
                self._health.contacted(address.terminal, self._mono(), now)
        except WireError as err:
            keep(tx, got.topic, got.payload, err.code, now)
        return None

    def _turn(self) -> None:
        """Everything that goes by the clock."""
        if self._is_due("tick", 1.0):
            mono, now = self._mono(), self._clock()
            for ask in self._health.to_ask(mono):
                self.link.publish(ask.topic, rebirth_command(self._now_ms()), 0)
            self._health.tick(mono, now)
            with self._store.writing() as tx:
                self._health.flush(tx, mono, now)
            self._health.flushed(mono)
        if self._is_due("register", _REGISTER_S):
            self._register()
        if self._is_due("jobs", _JOBS_S):
            self._send_jobs()
        if self._is_due("rollout", _ROLLOUT_S):
            with self._store.writing() as tx:
                rollout.advance(tx, self._key, self._clock())
        if self._is_due("standing", _STANDING_S):
            with self._store.writing() as tx:
                self._standing.judge(tx, self._clock())
        if self._is_due("use", 3600):
            with self._store.reading() as tx:
                self._health.load_use(tx, self._clock())
        if self._is_due("months", 3600):
            self._months()

    def _register(self) -> None:
        with self._store.reading() as tx:
            strangers = self._health.load(tx, self._mono(), self._clock())
        for ask in strangers:
            if self._sparkplug.is_online(ask.terminal):
                self.link.publish(ask.topic, rebirth_command(self._now_ms()), 0)

    def _send_jobs(self) -> None:
        now = self._clock()
        with self._store.writing() as tx:
            jobs.expire(tx, now, timedelta(seconds=self._config.delays.job_grace_s))
            due = jobs.due(tx, now, _JOB_AGAIN) if self.link.up.is_set() else []
            recalled = jobs.recalls(tx, self._key, now, _JOB_AGAIN) if self.link.up.is_set() else []
            welcomes = self._due_welcomes(tx, now)
        for one in due:
            self.link.publish(down(one.terminal, Down.JOB), one.document)
        for one in recalled:
            self.link.publish(down(one.terminal, Down.CANCEL), one.document)
        for code, welcome in welcomes:
            self.link.publish(down(code, Down.WELCOME), welcome.encode())

    def _recall(self, codes: Sequence[str]) -> None:
        """What was taken back while these terminals were away."""
        with self._store.writing() as tx:
            recalled = jobs.recalls(tx, self._key, self._clock(), _JOB_AGAIN, codes)
        for one in recalled:
            self.link.publish(down(one.terminal, Down.CANCEL), one.document)

    @staticmethod
    def _due_welcomes(tx: Connection, now: datetime) -> list[tuple[str, Welcome]]:
        """Terminals of which something else is wanted now. One that is away hears it with its next hello."""
        rows = tx.execute(
            select(terminal.c.code, terminal.c.ledger).where(terminal.c.welcome_due, terminal.c.ledger != "").limit(500)
        ).all()
        if rows:
            tx.execute(update(terminal).where(terminal.c.code.in_([row.code for row in rows])).values(welcome_due=False))
        return list(make_welcomes(tx, {row.code: row.ledger for row in rows}, now).items()) if rows else []

    def _months(self) -> None:
        now = self._clock()
        with self._store.writing() as tx:
            ensure_partitions(tx, now)
            dropped = retain(tx, now, dict(self._config.keep_months))
        for name in dropped:
            log.info("retention: %s", name)

    def _is_due(self, what: str, every: float) -> bool:
        mono = self._mono()
        if mono < self._due.get(what, 0):
            return False
        self._due[what] = mono + every
        return True

    def _safely(self, do: Callable[[], None]) -> None:
        """The database may be away or refuse something: told, and tried again; hearing goes on."""
        try:
            do()
        except SQLAlchemyError as err:
            log.warning("database: %s", type(err).__name__)
            self._stop.wait(0.5)
