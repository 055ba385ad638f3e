"""The console over a filled database of its own, asked as a browser would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from support.console_visit import NOW, TERMINALS, Clock, SentJobs, Visitor
from tools.fleet.console.app import routes
from tools.fleet.console.settings import ConsoleSettings
from tools.fleet.store.database import Store, default_url, open_store
from tools.measure.console_store import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console")
    store = open_store(default_url(folder))
    fill(store, TERMINALS, NOW)
    store.close()
    return folder / "centre.db"


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(filled, tmp_path / "centre.db")
    made = open_store(default_url(tmp_path))
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs() -> SentJobs:
    return SentJobs()


@pytest.fixture
def app(store: Store, clock: Clock, jobs: SentJobs) -> Starlette:
    return Starlette(routes=routes(store.engine, clock, jobs, ConsoleSettings(b"s" * 32, secure_cookie=False, beat_s=0.2)))


@pytest.fixture
def visit(app: Starlette) -> Callable[[str], Visitor]:
    """A visitor who has logged in; "" for a stranger."""

    def make(login: str = "") -> Visitor:
        visitor = Visitor(app)
        if login:
            assert visitor.login(login) == 303
        return visitor

    return make
