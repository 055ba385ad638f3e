"""The centre's web application: the console at ``/console``, the public page at ``/q``, ``/metrics``; one process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kiosk.credential.secret_file import read_secret, write_secret
from kiosk.wire.canonical import WireError
from kiosk.wire.job import JobKind
from tools.fleet.collector import jobs
from tools.fleet.collector.keys import KeyFile
from tools.fleet.collector.worker import utc_now
from tools.fleet.config import FleetConfig
from tools.fleet.metrics import app as metrics
from tools.fleet.releases import server
from tools.fleet.store.database import Store
from tools.fleet.store.schema import terminal

JOB_LIFE = timedelta(hours=24)
"""A job that nobody could do within a day is no longer wanted."""


class StoreJobs:
    """Queues jobs for the host process, which sends them."""

    def __init__(self, store: Store, key: Ed25519PrivateKey) -> None:
        self._store = store
        self._key = key

    def send(self, code: str, kind: str, args: Mapping[str, object], by: str) -> str:
        """The id of the new job. Raises the console's ``JobRefused``: badArguments | noSuchTerminal | retired."""
        from tools.fleet.console.settings import JobRefused

        now = utc_now()
        with self._store.writing() as tx:
            row = tx.execute(select(terminal.c.retired_at).where(terminal.c.code == code)).one_or_none()
            if row is None:
                raise JobRefused("noSuchTerminal")
            if row.retired_at is not None:
                raise JobRefused("retired")
            arguments: dict[str, Any] = dict(args)
            try:
                return jobs.order(tx, self._key, code, JobKind(kind), arguments, _last_moment(now), by, now)
            except (ValueError, WireError) as err:
                raise JobRefused("badArguments") from err


def _last_moment(now: datetime) -> datetime:
    return now + JOB_LIFE


def secret_of(path: Path) -> bytes:
    """A secret of this centre, made when it is not there."""
    if not path.exists():
        write_secret(path, os.urandom(32))
    return read_secret(path)


def make_app(config: FleetConfig, store: Store, keys: KeyFile, *, plain_http: bool = False, with_files: bool = False) -> Starlette:
    """The application. Only for this machine: ``plain_http`` (cookies would travel readable), ``with_files`` (nobody is asked for a certificate)."""
    routes: list[BaseRoute] = [Route("/healthz", _alive), Route("/", _home)]
    routes += _console(config, store, plain_http)
    routes += _public(config, store, keys)
    routes += metrics.routes(store.engine, utc_now)
    if with_files:
        routes += server.routes(store, config.files)
    return Starlette(routes=routes)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _home(_: Request) -> Response:
    return RedirectResponse("/console/", 307)


def _console(config: FleetConfig, store: Store, plain_http: bool) -> list[BaseRoute]:
    from tools.fleet.console.app import routes
    from tools.fleet.console.settings import ConsoleSettings

    settings = ConsoleSettings(secret_of(config.folder / "console.secret"), secure_cookie=not plain_http)
    sender = StoreJobs(store, jobs.load_centre_key(config.centre_key))
    return list(routes(store.engine, utc_now, sender, settings))


def _public(config: FleetConfig, store: Store, keys: KeyFile) -> list[BaseRoute]:
    from tools.fleet.public.app import routes
    from tools.fleet.public.settings import PublicSettings

    signer = Ed25519PrivateKey.from_private_bytes(secret_of(config.folder / "excerpt.key"))
    settings = PublicSettings(signer=signer, secret=secret_of(config.folder / "visitor.secret"))
    return list(routes(store.engine, keys.current, settings))
