"""Makes an agent from a station file and its doors: the only place that knows all of them."""

from __future__ import annotations

import queue
import random
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.agent import executors
from kiosk.agent.agent import Agent, Parts
from kiosk.agent.backoff import Backoff, BackoffRule
from kiosk.agent.clock import AgentClock
from kiosk.agent.connection import Account, Broker, Connection
from kiosk.agent.download import HttpsDownload
from kiosk.agent.health import Machine, StatusReader
from kiosk.agent.jobs import Executor, JobDesk, Outcome
from kiosk.agent.pump import RETRY, Pump
from kiosk.agent.source import EventSource
from kiosk.agent.store import AgentStore, StoredJob
from kiosk.agent.sync import SyncDesk
from kiosk.agent.tls import TlsFiles, make_context
from kiosk.config import StationConfig
from kiosk.credential.secret_file import read_secret
from kiosk.wire.canonical import WireError
from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.job import JobKind
from kiosk.wire.order import OrderKind
from kiosk.wire.signing import read_public_key
from kiosk.wire.sparkplug.edge import EdgeNode
from kiosk.wire.sync import FileKind
from kiosk.wire.topics import PRIMARY_HOST, down_filter
from kiosk.wire.uplink import Pause

RECONNECT = BackoffRule()
_APP_PATIENCE = timedelta(seconds=90)
_KIND_OF = {JobKind.SYNC_DIRECTORY: FileKind.DIRECTORY, JobKind.SYNC_KEYS: FileKind.KEYS}
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class AgentSetupError(Exception):
    """A file that the station file names cannot be used; the text says which."""


def make_agent(
    config: StationConfig,
    source: EventSource,
    store: AgentStore,
    *,
    clock: AgentClock | None = None,
    reconnect: BackoffRule = RECONNECT,
    retry: BackoffRule = RETRY,
    seed: int | None = None,
    run: executors.Run = executors.run_command,
    more: Mapping[JobKind, Executor] | None = None,
) -> Agent:
    """An agent that has not connected yet. ``more`` replaces executors in tests. Raises ``AgentSetupError``, ``StoreError``."""
    fleet, terminal = config.fleet, config.station.terminal
    clock = clock or AgentClock()
    random_source = random.Random(seed)
    try:
        centre = read_public_key(_read(fleet.centre_key))
    except WireError as err:
        raise AgentSetupError(str(fleet.centre_key)) from err
    files = None if fleet.ca is None else TlsFiles(fleet.ca, fleet.certificate, fleet.key)
    edge = EdgeNode(config.station.county, terminal, NODE, {n.value: rows for n, rows in DEVICES.items()}, PRIMARY_HOST)
    boot = _BOOT_ID.read_text(encoding="ascii").strip()
    config.paths.runtime.mkdir(parents=True, exist_ok=True)

    def context() -> ssl.SSLContext | None:
        return None if files is None else make_context(files, dates_count=clock.is_trusted)

    pauses: queue.Queue[Pause] = queue.Queue()
    versions: dict[FileKind, int] = {kind: store.number(f"version.{kind.value}") for kind in FileKind}
    desk = SyncDesk(
        centre, HttpsDownload(fleet.files_url, context), config.paths.agent / "incoming", versions.__getitem__, clock.now
    )
    door = executors.AppDoor(config.paths.runtime, clock.now, time.sleep, _APP_PATIENCE, lambda: datetime.now(UTC))
    doing: dict[JobKind, Executor] = {
        JobKind.RESTART_APP: executors.restart_app(run),
        JobKind.REBOOT: executors.reboot(run),
        JobKind.COLLECT_LOGS: executors.collect_logs(run),
        JobKind.SELF_TEST: door.executor(OrderKind.SELF_TEST),
        JobKind.TEST_PRINT: door.executor(OrderKind.TEST_PRINT),
        JobKind.SET_CONFIGURATION: door.executor(OrderKind.SET_CONFIGURATION),
        JobKind.PAUSE_ISSUING: executors.pause(pauses.put),
        JobKind.RESUME_ISSUING: executors.pause(pauses.put),
    }
    if fleet.files_url:
        directory_key = read_secret((fleet.secrets or config.paths.secrets) / "directory.key")
        root = None if fleet.key_list_root is None else bytes.fromhex(_read(fleet.key_list_root).strip())
        doing[JobKind.SYNC_DIRECTORY] = desk.directory(config.paths.directory, directory_key)
        doing[JobKind.SYNC_KEYS] = desk.keys(config.paths.keys, root)
    doing.update(more or {})
    resumed = dict.fromkeys((JobKind.SELF_TEST, JobKind.TEST_PRINT, JobKind.SET_CONFIGURATION), door.resume)

    def succeeded(job: StoredJob, outcome: Outcome) -> None:
        if job.kind is JobKind.SET_CONFIGURATION:
            store.set_number("version.conf", int(job.args["conf"]))
        elif job.kind in _KIND_OF:
            kind = _KIND_OF[job.kind]
            versions[kind] = int(outcome.detail["version"])
            store.set_number(f"version.{kind.value}", versions[kind])

    connection = Connection(
        [Broker(host, int(port)) for host, _, port in (broker.rpartition(":") for broker in fleet.brokers)],
        Account(terminal, "" if fleet.password_file is None else _read(fleet.password_file, private=True).strip()),
        (down_filter(terminal), *edge.subscriptions),
        will=lambda: edge.connecting(store.next_bd_seq()),
        context=context,
        backoff=Backoff(reconnect, random_source),
        monotonic=clock.monotonic,
        keepalive_s=fleet.keepalive_s,
    )
    pump = Pump(source, store, retry=retry, backoff=lambda rule: Backoff(rule, random_source))
    return Agent(
        Parts(
            terminal=terminal,
            boot=boot,
            store=store,
            clock=clock,
            connection=connection,
            edge=edge,
            pump=pump,
            jobs=JobDesk(store, centre, terminal, doing, clock.now, boot, succeeded, resumed),
            machine=Machine(config.paths.agent),
            status=StatusReader(config.paths.runtime),
            pauses=pauses,
            write_standing=lambda standing: executors.write_standing(config.paths.runtime, standing),
        )
    )


def _read(path: Path | None, *, private: bool = False) -> str:
    if path is None:
        raise AgentSetupError("fleet.centre_key")
    try:
        if private and path.stat().st_mode & 0o077:
            raise AgentSetupError(f"{path}: openToOthers")
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as err:
        raise AgentSetupError(str(path)) from err
