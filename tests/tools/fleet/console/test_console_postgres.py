"""The same pages over PostgreSQL say the same as over SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette

from support.centre import empty_store
from support.console_visit import NOW, TERMINALS, Clock, SentJobs, Visitor
from tools.fleet.console.app import routes
from tools.fleet.console.settings import ConsoleSettings
from tools.measure.console_store import fill

PATHS = (
    "/", "/terminals", "/terminals?q=太谷&state=degraded&sort=seen", "/terminals?device=printer&software=0.9.1", "/terminals.csv",
    "/terminals/1407030001", "/terminals/1407030001?days=30", "/alerts", "/alerts?closed=1", "/alerts.csv", "/conflicts", "/conflicts/1",
)  # fmt: skip


@pytest.fixture(scope="module")
def over_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    with empty_store("postgresql", tmp_path_factory.mktemp("console-postgres")) as store:
        fill(store, TERMINALS, NOW)
        yield Starlette(routes=routes(store.engine, Clock(), SentJobs(), ConsoleSettings(b"s" * 32, secure_cookie=False)))


def seen(answer: tuple[int, str]) -> tuple[int, list[str]]:
    """Words and figures of a page without its tokens."""
    status, text = answer
    return status, re.sub(r'(name="form_token" value=")[0-9a-f]+', r"\1", text).splitlines()


@pytest.mark.parametrize("login", ["province", "taigu", "hucun"])
def test_both_databases_give_the_same_pages(visit: Callable[..., Visitor], over_postgres: Starlette, login: str) -> None:
    here, there = visit(login), Visitor(over_postgres)
    assert there.login(login) == 303
    for path in PATHS:
        assert seen(there.get(path)) == seen(here.get(path)), path


def test_people_can_work_over_postgres(over_postgres: Starlette) -> None:
    admin = Visitor(over_postgres)
    assert admin.login("jinzhong-admin") == 303
    assert admin.post("/accounts", login="new", name="新", role="viewer", area="1407", password="nine green walnuts")[0] == 303
    assert admin.post("/accounts", login="new", name="新", role="viewer", area="1407", password="nine green walnuts")[0] == 400
    assert admin.post("/filters", name="断网的", query="state=offline")[0] == 303
    assert "新建账号" in admin.get("/audit")[1]
    number = re.search(r"/console/certificates/(\w+)", admin.get("/terminals/1407030001")[1])
    assert number is not None
    assert admin.get(f"/certificates/{number[1]}")[0] == 200
