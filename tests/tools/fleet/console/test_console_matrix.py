"""Every address of the console, asked by everybody: a stranger, each role, inside and outside the area. A new address without a row here fails."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from support.console_visit import NOW, SentJobs, Visitor
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, certificate, conflict, job, report, terminal

Visit = Callable[..., Visitor]
PEOPLE = {"looker": "viewer", "taigu": "operator", "hucun": "operator", "jinzhong-admin": "administrator"}
RANK = ("viewer", "operator", "administrator")
JOB = "22222222-0000-4000-8000-000000000001"
AREAS = {"looker": "14", "taigu": "140703", "hucun": "140703101", "jinzhong-admin": "1407"}


@dataclass(frozen=True)
class Row:
    """``role`` is the least that may; ``is_scoped``: it concerns one thing that lies in the county 140105, far from everybody but the province."""

    path: str
    role: str = "viewer"
    is_scoped: bool = False
    method: str = "GET"


ROWS = (
    Row("/"),
    Row("/live"),
    Row("/terminals"),
    Row("/terminals.csv"),
    Row("/filters", method="POST"),
    Row("/filters/delete", method="POST"),
    Row("/terminals/{code:terminal}", is_scoped=True),
    Row("/terminals/{code:terminal}/live", is_scoped=True),
    Row("/terminals/{code:terminal}/jobs/{kind}", "operator", is_scoped=True),
    Row("/terminals/{code:terminal}/jobs/{kind}", "operator", is_scoped=True, method="POST"),
    Row("/jobs"),
    Row("/jobs.csv"),
    Row("/jobs/{job:uuid}", is_scoped=True),
    Row("/jobs/{job:uuid}/log.txt", "operator", is_scoped=True),
    Row("/jobs/{job:uuid}/cancel", "operator", is_scoped=True, method="POST"),
    Row("/releases"),
    Row("/releases/{kind}/{version:int}", is_scoped=True),
    Row("/releases/{kind}/{version:int}/start", "administrator", is_scoped=True, method="POST"),
    Row("/rollouts/{number:int}", is_scoped=True),
    Row("/rollouts/{number:int}/stop", "administrator", is_scoped=True, method="POST"),
    Row("/rollouts/{number:int}/resume", "administrator", is_scoped=True, method="POST"),
    Row("/alerts"),
    Row("/alerts.csv"),
    Row("/alerts/{number:int}", is_scoped=True),
    Row("/alerts/{number:int}/take", "operator", is_scoped=True, method="POST"),
    Row("/alerts/{number:int}/assign", "operator", is_scoped=True, method="POST"),
    Row("/alerts/{number:int}/note", "operator", is_scoped=True, method="POST"),
    Row("/alerts/{number:int}/close", "operator", is_scoped=True, method="POST"),
    Row("/conflicts"),
    Row("/conflicts/{number:int}", is_scoped=True),
    Row("/conflicts/{number:int}/resolve", "operator", is_scoped=True, method="POST"),
    Row("/reports"),
    Row("/reports/{number:int}", "operator", is_scoped=True, method="POST"),
    Row("/lookup"),
    Row("/certificates/{number}", is_scoped=True),
    Row("/subjects/{subject:int}", is_scoped=True),
    Row("/accounts", "administrator"),
    Row("/accounts", "administrator", method="POST"),
    Row("/accounts/{login}", "administrator", is_scoped=True),
    Row("/accounts/{login}", "administrator", is_scoped=True, method="POST"),
    Row("/audit", "administrator"),
    Row("/audit.csv", "administrator"),
    Row("/password"),
    Row("/password", method="POST"),
    Row("/logout", method="POST"),
)
FREE = {("GET", "/login"), ("POST", "/login")}


def addresses(app: Starlette) -> set[tuple[str, str]]:
    """Method and path of everything that answers."""
    (mount,) = (one for one in app.routes if isinstance(one, Mount))
    return {
        (method, one.path) for one in mount.routes if isinstance(one, Route) for method in (one.methods or ()) if method != "HEAD"
    }


@pytest.fixture
def far(store: Store) -> dict[str, str]:
    """One of everything, all of it of one terminal in 140105; the words that stand in the addresses."""
    with store.writing() as tx:
        code = str(tx.execute(select(terminal.c.code).where(terminal.c.county == "140105")).scalars().first())
        number = str(tx.execute(select(certificate.c.number).where(certificate.c.county != "140703")).scalars().first())
        tx.execute(update(certificate).where(certificate.c.number == number).values(terminal=code, subject_id=987654321))
        row = {"id": JOB, "terminal": code, "kind": "reboot", "args": {}, "not_after": NOW, "document": "{}", "created_at": NOW}
        tx.execute(insert(job), {**row, "created_by": "x", "updated_at": NOW, "detail": {"gzip": "H4sIAAAAAAAAAwMAAAAAAAAAAAA="}})
        made = {
            "id": 777,
            "county": "140105",
            "terminal": code,
            "code": "clone",
            "severity": "critical",
            "since": NOW,
            "opened_at": NOW,
        }
        tx.execute(insert(alert), made)
        tx.execute(update(conflict).values(id=777, terminal=code))
        told = {"id": 777, "number": code + "0000000000", "county": "140105", "at": NOW, "kind": "goods"}
        tx.execute(insert(report), told)
    return {
        "code": code,
        "kind": "reboot",
        "job": JOB,
        "number": "777",
        "subject": "987654321",
        "login": "province",
        "version": "900",
    }


def filled(row: Row, far: dict[str, str], store: Store) -> str:
    words = dict(far)
    if row.path.startswith("/certificates"):
        with store.reading() as tx:
            words["number"] = str(tx.execute(select(certificate.c.number).where(certificate.c.subject_id == 987654321)).scalar())
    if row.path.startswith(("/releases/", "/rollouts/")):
        _give_out_far_away(store)
        words["kind"] = "directory"
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: words[found[1]], row.path)


def _give_out_far_away(store: Store) -> None:
    from kiosk.wire.sync import FileKind
    from tools.fleet.store.queries_release import Release, add_release
    from tools.fleet.store.schema_release import rollout

    with store.writing() as tx:
        add_release(tx, Release(FileKind.DIRECTORY, 900, "140105", 1, NOW, "x"))
        values = {"id": 777, "kind": "directory", "version": 900, "area": "140105", "pilot": 1, "stage": "stopped"}
        tx.execute(insert(rollout), {**values, "started_at": NOW, "started_by": "x"})


def test_every_address_has_its_row(app: Starlette) -> None:
    assert addresses(app) - FREE == {(row.method, row.path) for row in ROWS}
    assert addresses(app) >= FREE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_everybody_gets_what_is_his_and_nothing_else(
    visit: Visit, store: Store, jobs: SentJobs, far: dict[str, str], row: Row
) -> None:
    path = filled(row, far, store)
    stranger = visit().client.request(row.method, "/console" + path)
    assert stranger.status_code == 303
    assert "/console/login" in stranger.headers["location"]
    for login, role in PEOPLE.items():
        visitor = visit(login)
        if path.endswith("live") and (not row.is_scoped or AREAS[login] == "14"):
            continue  # a stream that is let in never ends: test_streams_draw_for_the_area_of_who_asks
        fields = {"words": "x", "owner": login, "answer": "x", "sure": "1", "role": "viewer", "area": "1407", "pilot": "1"}
        status = visitor.get(path)[0] if row.method == "GET" else visitor.post(path, **fields)[0]
        may = RANK.index(role) >= RANK.index(row.role)
        sees = AREAS[login] == "14"
        if not may:
            assert status == 403, (login, path)
        elif row.is_scoped and not (sees and row.path != "/accounts/{login}"):
            assert status == 404, (login, path)
        else:
            assert status in (200, 303, 400), (login, path)
    assert jobs.sent == []


@pytest.mark.parametrize(("login", "prefix"), [("jinzhong", "1407"), ("taigu", "140703"), ("hucun", "140703101")])
@pytest.mark.parametrize("path", ["/jobs", "/jobs.csv", "/releases"])
def test_lists_hold_only_what_lies_inside(
    visit: Visit, store: Store, far: dict[str, str], path: str, login: str, prefix: str
) -> None:
    _give_out_far_away(store)
    text = visit(login).get(path)[1]
    assert far["code"] not in text
    assert "第 900 版" not in text
    assert "小店" not in text


@pytest.mark.parametrize(
    ("login", "has", "has_not"), [("taigu", "tile-140703", "tile-140105"), ("province", "tile-140105", "nothing")]
)
def test_streams_draw_for_the_area_of_who_asks(app: Starlette, visit: Visit, login: str, has: str, has_not: str) -> None:
    first = first_event(app, visit(login), "/live")
    assert has in first
    assert has_not not in first


def first_event(app: Starlette, visitor: Visitor, path: str) -> str:
    """The first event of a stream; then the visitor goes away."""
    heard: list[str] = []

    async def listen() -> None:
        gone = asyncio.Event()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        scope = {
            "type": "http", "method": "GET", "path": "/console" + path, "raw_path": b"", "query_string": b"", "root_path": "", "scheme": "http",
            "headers": [(b"cookie", cookies.encode()), (b"host", b"console.test")], "client": ("127.0.0.1", 1), "server": ("console.test", 80),
            "http_version": "1.1", "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip

        async def receive() -> dict[str, object]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            heard.append(message.get("body", b"").decode())
            if "".join(heard).endswith("\n\n"):
                gone.set()

        await asyncio.wait_for(app(scope, receive, send), 10)

    asyncio.run(listen())
    return "".join(heard)
