"""The verbs of ``python -m tools.fleet``."""

from __future__ import annotations

import argparse
import getpass
import json
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from starlette.applications import Starlette

from kiosk.credential.keylist import KeyListError, dump_key_list, load_key_list
from kiosk.credential.secret_file import KeyFileError
from kiosk.domain.number import CertificateNumber
from tools.fleet import __main__ as command_line
from tools.fleet.broker import TlsServer, broker_command, write_mosquitto
from tools.fleet.collector.jobs import load_centre_key, make_centre_key
from tools.fleet.collector.keys import KeyFile
from tools.fleet.collector.worker import utc_now
from tools.fleet.config import FleetConfig
from tools.fleet.store import schema
from tools.fleet.store.database import Store, StoreError, open_store
from tools.fleet.supervise import Supervisor, when_parent_ends

Chosen = argparse.Namespace


def serve(chosen: Chosen) -> int:
    """Broker, collectors, web. Ends with all of them at an interrupt."""
    asked = threading.Event()
    _at_end(asked.set)  # before the first child: a signal that ended us at once would leave them behind
    config = prepared(chosen)
    commands: list[tuple[str, list[str]]] = []
    if not chosen.broker:
        port = config.broker.port
        if _is_taken(port):
            print(f"port {port} is taken: name the broker that runs there with --broker 127.0.0.1:{port}", file=sys.stderr)
            return 2
        commands.append(("broker", broker_command(config.folder / "broker", port)))
    commands += _parts(config, chosen)
    supervisor = Supervisor(commands)
    supervisor.begin()
    print(f"console http://{chosen.bind}:{chosen.port}/console/   public page http://{chosen.bind}:{chosen.port}/q/", flush=True)
    try:
        return _serve_web(config, chosen, asked, with_files=_is_here(chosen))
    finally:
        supervisor.end()


def collect(chosen: Chosen) -> int:
    """All parts, or the one that a parent asked for."""
    config = prepared(chosen)
    if chosen.part:
        return _part(config, chosen.part)
    supervisor = Supervisor(_parts(config, chosen))
    stop = threading.Event()
    _at_end(stop.set)
    supervisor.begin()
    stop.wait()
    supervisor.end()
    return 0


def web(chosen: Chosen) -> int:
    """Console and public page."""
    return _serve_web(prepared(chosen), chosen)


def simulate(chosen: Chosen) -> int:
    """Invented terminals, entered into the register and the key list of the folder. Exit code 1: the check found something."""
    from tools.fleet.simulator.checker import check
    from tools.fleet.simulator.faults import Faults
    from tools.fleet.simulator.filling import register
    from tools.fleet.simulator.run import Load
    from tools.fleet.simulator.run import simulate as run
    from tools.fleet.simulator.station import Wire
    from tools.fleet.simulator.terminals import HOST, key_list, make_terminals

    config = prepared(chosen)
    try:
        faults = Faults.parse(chosen.faults)
    except ValueError as err:
        print(err, file=sys.stderr)
        return 2
    host = load_key_list(config.keys).host if config.keys.exists() else HOST
    terminals = make_terminals(chosen.terminals, seed=int(time.time()) if chosen.seed == 0 else chosen.seed, host=host)
    store = open_store(config.url)
    register(store, terminals, utc_now())
    _trust(config.keys, dump_key_list(key_list(terminals, host)))
    load = Load(chosen.rate, chosen.seconds, chosen.report, chosen.connects, faults=faults)
    outcome = run(terminals, Wire(config.broker.host, config.broker.port), load, chosen.seed)
    print(outcome)
    if not chosen.check:
        return 0
    verdict = check(store, outcome.everyone)
    print(verdict, *verdict.missing)
    return 0 if verdict.is_clean and not outcome.pending else 1


def key(chosen: Chosen) -> int:
    """Make the centre's key pair."""
    config = command_line.config_of(chosen)
    try:
        make_centre_key(config.centre_key, config.centre_public)
    except FileExistsError:
        print(f"{config.centre_key} is there already: terminals trust it", file=sys.stderr)
        return 2
    print(config.centre_public)
    return 0


def account(chosen: Chosen) -> int:
    """Make a login."""
    from tools.fleet.area import Area
    from tools.fleet.store.accounts import ROLES, WeakPassword, hash_password
    from tools.fleet.store.queries_desk import Account, add_account

    if chosen.role not in ROLES:
        print(f"refused: no role {chosen.role}; one of {', '.join(ROLES)}", file=sys.stderr)
        return 2
    config = prepared(chosen)
    try:
        area = Area.parse(chosen.area)
        password = hash_password(_password(), chosen.login)
    except (ValueError, WeakPassword) as err:
        print(f"refused: {err or type(err).__name__}", file=sys.stderr)
        return 2
    made = Account(chosen.login, chosen.name or chosen.login, chosen.role, area.prefix, password, utc_now(), None, 0)
    store = open_store(config.url)
    try:
        with store.writing() as tx:
            add_account(tx, made)
    except IntegrityError:
        print(f"{chosen.login} is taken", file=sys.stderr)
        return 2
    return 0


def terminal(chosen: Chosen) -> int:
    """Enter a terminal, or change its entry."""
    try:
        CertificateNumber(chosen.code, 1)
    except ValueError as err:
        print(err, file=sys.stderr)
        return 2
    store = open_store(prepared(chosen).url)
    now = utc_now()
    with store.writing() as tx:
        made = (postgresql if store.is_postgresql else sqlite).insert(schema.terminal)
        tx.execute(made.on_conflict_do_nothing(), {"code": chosen.code, "county": chosen.code[:6], "state_since": now})
        row = tx.execute(select(schema.terminal).where(schema.terminal.c.code == chosen.code)).one()
        tx.execute(
            update(schema.terminal)
            .where(schema.terminal.c.code == chosen.code)
            .values(
                station=chosen.station or row.station,
                town=chosen.town or row.town,
                commissioned_at=row.commissioned_at or now,
                retired_at=now if chosen.retire else None,
            )
        )
    return 0


def broker_conf(chosen: Chosen) -> int:
    """Write mosquitto's configuration: with TLS when the files are named, else for this machine only."""
    files = (chosen.ca, chosen.certificate, chosen.key)
    if any(files) and not all(files):
        print("--ca, --certificate and --key belong together", file=sys.stderr)
        return 2
    tls = TlsServer(*(path.resolve() for path in files)) if all(files) else None
    print(write_mosquitto(chosen.folder.resolve(), chosen.port, tls, chosen.bind))
    return 0


def prepared(chosen: Chosen) -> FleetConfig:
    """The configuration, its folder made and its key there."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    config = command_line.config_of(chosen)
    config.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not config.centre_key.exists():
        make_centre_key(config.centre_key, config.centre_public)
    return config


def _parts(config: FleetConfig, chosen: Chosen) -> list[tuple[str, list[str]]]:
    """One process for the host and one for each collector. SQLite has one writer: more collectors would only wait."""
    count = 1 if config.url.startswith("sqlite") else config.collectors
    base = [sys.executable, "-m", "tools.fleet", "collect", "--folder", str(config.folder)]
    base += ["--broker", f"{config.broker.host}:{config.broker.port}", "--user", config.broker.user]
    for option in ("password_file", "ca", "certificate", "key"):
        if getattr(chosen, option) is not None:
            base += [f"--{option.replace('_', '-')}", str(getattr(chosen, option))]
    if chosen.database:
        base += ["--database", chosen.database]
    if not config.shared:
        base.append("--no-shared")
    names = ["host", *(f"ingest:{index}" for index in range(count))]
    return [(name, [*base, "--part", name]) for name in names]


def _part(config: FleetConfig, part: str) -> int:
    from tools.fleet.collector.host import Host
    from tools.fleet.collector.worker import IngestWorker

    store = _opened(config.url)
    if store is None:
        return 2
    runner: Host | IngestWorker
    try:
        if part == "host":
            runner = Host(config, store, load_centre_key(config.centre_key))
        else:
            runner = IngestWorker(config, store, KeyFile(config.keys), int(part.partition(":")[2]))
    except (KeyFileError, KeyListError) as err:
        print(f"{config.folder}: {err.code}", file=sys.stderr)
        return 2
    _at_end(runner.stop)
    when_parent_ends(runner.stop)
    try:
        runner.run()
    finally:
        store.close()
    return 0


def _opened(url: str) -> Store | None:
    try:
        return open_store(url)
    except StoreError as err:
        print(f"database: {err.code}", file=sys.stderr)
        return None


def _is_here(chosen: Chosen) -> bool:
    """Whether only this machine is served, and no proxy passes others on."""
    return chosen.bind in ("127.0.0.1", "::1", "localhost") and not getattr(chosen, "behind_tls", False)


def _serve_web(config: FleetConfig, chosen: Chosen, asked: threading.Event | None = None, *, with_files: bool = False) -> int:
    from tools.fleet.site import make_app

    store = _opened(config.url)
    if store is None:
        return 2
    try:
        app = make_app(config, store, KeyFile(config.keys), plain_http=_is_here(chosen), with_files=with_files)
    except (KeyFileError, KeyListError) as err:
        print(f"{config.folder}: {err.code}", file=sys.stderr)
        return 2
    run_server(app, chosen.bind, chosen.port, asked)
    store.close()
    return 0


def run_server(app: Starlette, bind: str, port: int, asked: threading.Event | None = None, **tls: Any) -> None:
    """Serve until a signal ends it; not at all if one has already ``asked`` for the end."""
    settings = uvicorn.Config(
        app, host=bind, port=port, log_level="warning", server_header=False, timeout_graceful_shutdown=3, **tls
    )
    server = _Server(settings)
    _at_end(server.leave)
    if asked is None or not asked.is_set():
        server.run()


class _Server(uvicorn.Server):
    """uvicorn raises the signal again when it has ended, which would end us before our children."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def leave(self) -> None:
        """End soon."""
        self.should_exit = True


def _at_end(do: Callable[[], None]) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        do()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _password() -> str:
    return getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _trust(path: Path, more: dict[str, Any]) -> None:
    """Add keys to the key list of a folder; a key id that is there keeps its key."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {**more, "keys": []}
    known = {item["key_id"] for item in document["keys"]}
    document["keys"] += [item for item in more["keys"] if item["key_id"] not in known]
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
