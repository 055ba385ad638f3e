"""Nobody sees or changes what lies outside his area, and nothing that a terminal or a browser says becomes markup or SQL."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select, update

from support.console_visit import NOW, TERMINALS, SentJobs, Visitor
from tools.fleet.area import Area
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, audit, certificate, conflict, report, terminal
from tools.fleet.store.schema_desk import alert_note

Visit = Callable[..., Visitor]
CODE = re.compile(r"(?<![\w.])(14\d{8})(?:\d{6,10}[0-9A-Z])?(?!\w)")
"""A terminal's code, alone or at the beginning of a certificate's number; not a run of digits within a form's token."""
PAGES = (
    "/",
    "/terminals",
    "/terminals?page=2",
    "/terminals.csv",
    "/alerts",
    "/alerts?closed=1",
    "/alerts.csv",
    "/conflicts",
    "/reports",
)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def town_codes(store: Store, town: str) -> set[str]:
    with store.reading() as tx:
        return set(tx.execute(select(terminal.c.code).where(terminal.c.town == town)).scalars())


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("login", "prefix"), [("jinzhong", "1407"), ("taigu", "140703"), ("hucun", "140703101")])
def test_pages_hold_only_terminals_of_the_area(visit: Visit, store: Store, path: str, login: str, prefix: str) -> None:
    status, text = visit(login).get(path)
    assert status == 200
    inside = town_codes(store, prefix) if len(prefix) == 9 else None
    for code in set(CODE.findall(text)):
        assert code in inside if inside is not None else code.startswith(prefix), code


def test_the_province_sees_every_terminal(visit: Visit) -> None:
    text = visit("province").get("/terminals.csv")[1]
    assert len(list(csv.reader(io.StringIO(text)))) == TERMINALS + 1


def test_filters_cannot_widen_the_area(visit: Visit) -> None:
    taigu = visit("taigu")
    for query in ("place=14", "place=1401", "q=140105", "q=小店", "place=140105&state=issuing"):
        assert not [code for code in CODE.findall(taigu.get(f"/terminals?{query}")[1]) if not code.startswith("140703")]


def outside(store: Store) -> dict[str, str]:
    """One of everything that lies outside 140703."""
    with store.reading() as tx:
        code = tx.execute(select(terminal.c.code).where(terminal.c.county == "140105")).scalars().first()
        number = tx.execute(select(certificate.c.number).where(certificate.c.county != "140703")).scalars().first()
        one = tx.execute(select(alert.c.id).where(alert.c.county != "140703", alert.c.terminal != "")).scalars().first()
        told = tx.execute(select(report.c.id).where(report.c.county != "140703")).scalars().first()
    return {"report": str(told), "terminal": str(code), "number": str(number), "alert": str(one)}


@pytest.mark.parametrize("login", ["taigu", "hucun"])
def test_what_lies_outside_is_not_there(visit: Visit, store: Store, login: str, jobs: SentJobs) -> None:
    there, visitor = outside(store), visit(login)
    with store.writing() as tx:
        tx.execute(update(conflict).values(terminal=there["terminal"]))
    for path in (
        f"/terminals/{there['terminal']}",
        f"/terminals/{there['terminal']}/live",
        f"/terminals/{there['terminal']}/jobs/reboot",
        f"/certificates/{there['number']}",
        f"/alerts/{there['alert']}",
        "/conflicts/1",
    ):
        assert visitor.get(path)[0] == 404, path
    for path in (
        f"/terminals/{there['terminal']}/jobs/reboot",
        f"/alerts/{there['alert']}/take",
        f"/alerts/{there['alert']}/assign",
        f"/alerts/{there['alert']}/note",
        "/conflicts/1/resolve",
        f"/reports/{there['report']}",
    ):
        assert visitor.post(path, words="x", owner=login, answer="x")[0] == 404, path
    assert jobs.sent == []
    with store.reading() as tx:
        assert tx.execute(select(func.count()).select_from(alert_note)).scalar() == 0
        assert tx.execute(select(alert.c.acknowledged_by).where(alert.c.id == int(there["alert"]))).scalar() != login


def test_a_neighbour_town_of_the_same_county_is_outside(visit: Visit, store: Store) -> None:
    own, others = town_codes(store, "140703101"), town_codes(store, "140703102")
    assert own
    assert others
    hucun = visit("hucun")
    assert hucun.get(f"/terminals/{min(own)}")[0] == 200
    assert hucun.get(f"/terminals/{min(others)}")[0] == 404


def test_an_alert_cannot_be_given_to_somebody_who_may_not_see_it(visit: Visit, store: Store) -> None:
    with store.reading() as tx:
        one = tx.execute(select(alert.c.id).where(alert.c.county == "140703", alert.c.terminal != "")).scalars().first()
    assert visit("taigu").post(f"/alerts/{one}/assign", owner="looker")[0] == 400


def test_a_viewer_changes_nothing_and_an_operator_manages_nobody(visit: Visit, jobs: SentJobs) -> None:
    looker, operator = visit("looker"), visit("taigu")
    assert looker.post("/terminals/1407030001/jobs/reboot")[0] == 403
    assert looker.post("/alerts/1/take")[0] == 403
    for path in ("/accounts", "/audit", "/audit.csv", "/accounts/looker"):
        assert operator.get(path)[0] == 403
    assert operator.post("/terminals/1407030001/jobs/pauseIssuing", reason="下雨")[0] == 403
    assert operator.post("/accounts", login="evil", role="administrator", area="14", password="nine green walnuts")[0] == 403
    assert jobs.sent == []


def test_an_administrator_of_a_city_makes_no_account_beyond_it(visit: Visit) -> None:
    admin = visit("jinzhong-admin")
    fields = {"name": "试", "role": "operator", "password": "nine green walnuts"}
    assert admin.post("/accounts", login="wide", area="14", **fields)[0] == 400
    assert admin.post("/accounts", login="north", area="1402", **fields)[0] == 400
    assert admin.get("/accounts/province")[0] == 404
    assert admin.post("/accounts/looker", role="viewer", area="1407")[0] == 404
    assert admin.post("/accounts", login="inside", area="140703", **fields)[0] == 303
    assert admin.post("/accounts/jinzhong-admin", role="administrator", area="1407", name="自己")[0] == 400
    assert visit().login("inside", "nine green walnuts") == 303


def test_the_audit_log_of_a_city_tells_of_its_own_people_only(visit: Visit) -> None:
    visit("province").get("/terminals.csv")
    visit("taigu").get("/terminals.csv")
    text = visit("jinzhong-admin").get("/audit")[1]
    assert "taigu" in text
    assert ">province<" not in text


def test_words_of_terminals_and_people_are_never_markup(visit: Visit, store: Store) -> None:
    with store.writing() as tx:
        tx.execute(
            update(terminal)
            .where(terminal.c.county == "140703")
            .values(station=EVIL, reason=EVIL[:40], software=EVIL[:40], pause_reason=EVIL, paused=True)
        )
        tx.execute(update(certificate).values(subject_name=EVIL, product_name=EVIL, origin=EVIL, void_reason=EVIL, voided_at=NOW))
        tx.execute(update(alert).values(cause=EVIL[:60], facts={EVIL: EVIL}))
        tx.execute(update(conflict).values(body=EVIL.encode(), detail=EVIL[:40]))
        tx.execute(update(report).values(words=EVIL, kind=EVIL[:24]))
        tx.execute(insert(audit), {"at": NOW, "who": EVIL[:40], "deed": EVIL[:40], "object": EVIL, "detail": {EVIL: EVIL}})
    province = visit("province")
    with store.reading() as tx:
        number = tx.execute(select(certificate.c.number)).scalars().first()
    province.post("/alerts/1/note", words=EVIL)
    province.post("/filters", name=EVIL[:40], query="state=issuing&q=" + "%3Cscript%3E")
    for path in (
        "/", "/terminals", f"/terminals?q={EVIL}&software={EVIL}", "/terminals/1407030001", "/alerts", "/alerts/1", "/conflicts", "/conflicts/1", "/reports",
        f"/certificates/{number}", f"/lookup?q={EVIL}", "/audit", f"/audit?who={EVIL}", f"/login?next={EVIL}", f"/certificates/{EVIL}", f"/{EVIL}",
    ):  # fmt: skip
        text = province.get(path)[1]
        assert "<script>alert" not in text, path
        assert "<img" not in text.replace('<img src="/console/static', ""), path


@pytest.mark.parametrize(
    "words", ["' OR '1'='1", "%", "_", "x') UNION SELECT password FROM account --", "\\", "1; DROP TABLE terminal"]
)
def test_words_of_a_browser_are_never_sql(visit: Visit, words: str) -> None:
    province = visit("province")
    for path in (
        "/terminals?q={}",
        "/terminals?software={}",
        "/alerts?owner={}",
        "/alerts?code={}",
        "/audit?who={}",
        "/audit?deed={}",
    ):
        answer = province.client.get("/console" + path.split("?")[0], params={path.split("?")[1][:-3]: words})
        assert answer.status_code == 200
        assert "scrypt$" not in answer.text
        assert not CODE.findall(answer.text.replace("1407030001", "")) or "audit" in path
    assert province.get("/terminals.csv")[1].count("\r\n") == TERMINALS + 1


def test_exports_are_written_down_and_excel_runs_none_of_their_cells(visit: Visit, store: Store) -> None:
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.code == "1407030001").values(station='=HYPERLINK("http://x")'))
    answer = visit("taigu").client.get("/console/terminals.csv?state=degraded")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert next(row for row in rows if row[0] == "1407030001")[3] == '\'=HYPERLINK("http://x")'
    with store.reading() as tx:
        line = tx.execute(select(audit).where(audit.c.deed == "export")).one()
    assert (line.who, line.object, line.detail) == ("taigu", "terminals", {"query": "state=degraded"})


def test_a_look_at_a_certificate_is_written_down(visit: Visit, store: Store) -> None:
    with store.reading() as tx:
        number = tx.execute(select(certificate.c.number).where(certificate.c.county == "140703")).scalars().first()
    status, text = visit("taigu").get(f"/certificates/{number}")
    assert status == 200
    assert "10000001234" not in text
    with store.reading() as tx:
        assert tx.execute(select(audit.c.object).where(audit.c.deed == "lookup")).scalars().all() == [f"certificate {number}"]


def test_areas_are_places_that_exist() -> None:
    assert Area.parse("140000") == Area("14")
    assert Area.parse("140700").name == "晋中市"
    assert Area("140703101").name == "太谷区胡村镇"
    for wrong in ("", "1", "13", "149999", "140799", "140703999", "14'--", "１４"):
        with pytest.raises(ValueError):
            Area(wrong)
