"""The public page served over HTTP for tests, before a centre with certificates of every fate."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update
from starlette.applications import Starlette

from kiosk.credential.keylist import KeyList
from kiosk.credential.token import encode_url
from kiosk.wire.uplink import WireEvent
from support.centre import NOW, empty_store
from tools.fleet.collector.ingest import Ingest
from tools.fleet.public.app import make_app
from tools.fleet.public.settings import PublicSettings, Rates
from tools.fleet.simulator.filling import commission, deliver
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import Store
from tools.fleet.store.queries_public import Block, put_subject_block
from tools.fleet.store.schema import certificate

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
SECRET = bytes(range(32))


@dataclass
class Clock:
    """Time that is told."""

    now: datetime = NOW
    seconds: float = 0.0

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class World:
    """A centre, its keys (the first terminal's is a demonstration key, the others' are not) and codes by their fate."""

    store: Store
    terminals: list[SimulatedTerminal]
    keys: KeyList
    clock: Clock = field(default_factory=Clock)
    codes: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def app(self, rates: Rates | None = None) -> Starlette:
        """The page over this centre."""
        settings = PublicSettings(
            SIGNER, SECRET, rates or Rates(), now=lambda: self.clock.now, monotonic=lambda: self.clock.seconds
        )
        return make_app(self.store.engine, lambda: self.keys, settings)

    def subject_of(self, fate: str) -> int:
        """The subject of a code's certificate."""
        with self.store.reading() as tx:
            return int(
                tx.execute(
                    certificate.select()
                    .with_only_columns(certificate.c.subject_id)
                    .where(certificate.c.number == self.numbers[fate])
                ).scalar_one()
            )

    def set_words(self, fate: str, **columns: object) -> None:
        """Write other words into a stored certificate: what a broken or hostile terminal might have sent."""
        with self.store.writing() as tx:
            tx.execute(update(certificate).where(certificate.c.number == self.numbers[fate]).values(**columns))


def digits_of(event: WireEvent, host: str = "q.test") -> str:
    """The digits of the first label of an issued certificate."""
    return encode_url(host, base64.b64decode(json.loads(event.body)["token"])).rpartition("/")[2]


@contextmanager
def a_world(folder: Path, kind: str = "sqlite") -> Iterator[World]:
    """Codes: good, blocks, demo, voided, recalled, conflict, absent."""
    with empty_store(kind, folder) as store:
        terminals = make_terminals(3, counties=("140703", "140105", "140221"))
        listed = key_list(terminals)
        keys = {key_id: replace(key, demo=key.terminal == terminals[0].code) for key_id, key in listed.keys.items()}
        world = World(store, terminals, KeyList(listed.host, NOW - timedelta(days=1), keys))
        commission(store, terminals, NOW)
        demo, real, _ = terminals
        issued = {"demo": demo.issue(NOW - timedelta(hours=2))}
        for hour, fate in enumerate(("good", "blocks", "voided", "recalled", "conflict")):
            issued[fate] = real.issue(NOW - timedelta(hours=3, minutes=7 * hour))
        for fate, event in issued.items():
            world.numbers[fate] = json.loads(event.body)["number"]
        real.void(world.numbers["voided"], NOW - timedelta(hours=1), "重量写错了")
        real.void(world.numbers["recalled"], NOW - timedelta(hours=1), "召回：检测不合格")
        twin = real.twin()
        twin.generation = "f" * 32
        deliver(Ingest(store), world.keys, terminals, NOW - timedelta(minutes=30))
        _again_with_other_words(world, twin)
        issued["absent"] = real.issue(NOW - timedelta(minutes=1))
        world.numbers["absent"] = json.loads(issued["absent"].body)["number"]
        world.codes = {fate: digits_of(event) for fate, event in issued.items()}
        _fill_blocks(world)
        yield world


def _again_with_other_words(world: World, twin: SimulatedTerminal) -> None:
    """A restored disk issues the conflict's number once more, for somebody else."""
    number = world.numbers["conflict"]
    while json.loads(twin.events[-1].body).get("number") != number or twin.events[-1].kind != "certificate":
        twin.events.pop()
    twin.events.pop()
    twin.counter -= 1
    twin.issue(NOW - timedelta(minutes=40))
    deliver(Ingest(world.store), world.keys, [twin], NOW - timedelta(minutes=20))


def _fill_blocks(world: World) -> None:
    rows = [
        {"at": "2026-09-02", "title": "施用有机肥", "detail": "腐熟羊粪，每亩 800 千克"},
        {"at": "2026-10-11", "title": "病虫害防治", "detail": "苏云金杆菌，安全间隔期 7 天，已满"},
        {"at": "2026-11-23", "title": "采收", "detail": "南棚第三批"},
    ]
    bodies = {
        "production": {"rows": rows},
        "trace": {"rows": [{"at": "2026-11-24", "title": "送往太原市农产品批发市场"}]},
        "credit": {"grade": "A", "note": "2025年度评定"},
        "certification": {"rows": [{"at": "2027-05-31 到期", "title": "绿色食品", "detail": "LB-15-2605040417A"}]},
    }
    with world.store.writing() as tx:
        for name, body in bodies.items():
            put_subject_block(tx, world.subject_of("blocks"), Block(name, body, "县农业农村局", NOW - timedelta(days=2)))


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The app on a free loopback port; gives its address without a slash behind."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()
