"""What the pages say and do, asked over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, update
from starlette.applications import Starlette
from starlette.testclient import TestClient

from support.console_visit import NOW, TERMINALS, Clock, SentJobs, Visitor
from tools.fleet.console.app import routes
from tools.fleet.console.settings import ConsoleSettings
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, audit, conflict, health_now, job, terminal
from tools.fleet.store.states import State

Visit = Callable[..., Visitor]


def words_of(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))


def test_the_first_sentence_counts_who_can_issue_and_who_needs_paper(visit: Visit, store: Store) -> None:
    with store.writing() as tx:
        tx.execute(update(terminal).values(state=State.ISSUING.value, reason=""))
        tx.execute(update(terminal).where(terminal.c.code == "1407030001").values(state=State.SILENT.value))
        tx.execute(update(terminal).where(terminal.c.code == "1407030002").values(state=State.RETIRED.value))
        tx.execute(delete(alert))
        tx.execute(update(health_now).where(health_now.c.metric == "supply/labels_remaining").values(value=100_000))
        running_out = (health_now.c.metric == "supply/labels_remaining") & (health_now.c.terminal == "1407030003")
        tx.execute(update(health_now).where(running_out).values(value=1))
    text = words_of(visit("province").get("/")[1])
    assert f"{TERMINALS - 1}台中{TERMINALS - 2}台能开证；1台要在周五前换纸" in text
    assert "没有音讯1" in text
    assert "已停用1" in text


def test_on_a_friday_the_next_friday_is_meant(visit: Visit, clock: Clock) -> None:
    clock.advance(days=2)
    assert "要在下周五前换纸" in words_of(visit("province").get("/")[1])


def test_every_county_has_one_square(visit: Visit) -> None:
    codes = re.findall(r'data-live="tile-(\d{6})"', visit("province").get("/")[1])
    assert len(codes) == len(set(codes)) == 117


def test_a_county_without_terminals_says_so(visit: Visit, store: Store) -> None:
    with store.writing() as tx:
        tx.execute(delete(terminal).where(terminal.c.county == "140703"))
    assert "还没有启用的终端" in visit("taigu").get("/")[1]


@pytest.mark.parametrize("state", list(State))
def test_every_state_says_in_words_what_the_farmer_can_do(visit: Visit, store: Store, state: State) -> None:
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.code == "1407030001").values(state=state.value, reason=""))
    text = visit("taigu").get("/terminals/1407030001")[1]
    said = text.partition('data-live="can"')[2].partition("</section>")[0]
    assert state.value not in words_of(said)
    assert "icons.svg#" in said
    assert len(words_of(said)) > 20


def test_filters_narrow_the_list_and_pages_turn(visit: Visit) -> None:
    province = visit("province")
    assert f"共 {TERMINALS} 条，第 1 / 8 页" in province.get("/terminals")[1]
    assert province.get("/terminals?page=8")[1].count('class="code">14') == TERMINALS - 7 * 50
    assert set(re.findall(r'class="code">(\d{6})\d{4}<', province.get("/terminals?place=140703")[1])) == {"140703"}
    assert "没有符合的终端" in province.get("/terminals?q=没有这样的站")[1]
    down = province.get("/terminals?device=scale")[1]
    assert "电子秤用不了" in down
    assert "打印机卡纸" not in down.partition("<tbody>")[2]


def test_a_saved_filter_comes_back_and_goes(visit: Visit) -> None:
    taigu = visit("taigu")
    assert (
        taigu.post("/filters", name="没纸的", query="state=cannotIssue&page=3&evil=1")[1] == "/console/terminals?state=cannotIssue"
    )
    assert '/terminals?state=cannotIssue">没纸的' in taigu.get("/terminals")[1]
    assert "没纸的" not in visit("jinzhong").get("/terminals")[1]
    taigu.post("/filters/delete", name="没纸的")
    assert "没纸的" not in taigu.get("/terminals")[1]


def test_a_job_is_asked_for_sent_once_and_written_down(visit: Visit, jobs: SentJobs, store: Store) -> None:
    taigu = visit("taigu")
    asked = taigu.get("/terminals/1407030001/jobs/reboot")[1]
    assert "要“重启机器”吗？" in asked
    assert jobs.sent == []
    assert taigu.post("/terminals/1407030001/jobs/reboot")[0] == 400
    assert jobs.sent == []
    assert taigu.post("/terminals/1407030001/jobs/reboot", sure="1") == (303, "/console/terminals/1407030001#jobs")
    assert jobs.sent == [("1407030001", "reboot", {}, "taigu")]
    with store.reading() as tx:
        line = tx.execute(select(audit).where(audit.c.deed == "jobSent")).one()
    assert (line.who, line.object, line.detail["kind"]) == ("taigu", "1407030001", "reboot")


def test_the_same_job_is_not_sent_while_one_waits(visit: Visit, jobs: SentJobs) -> None:
    status, text = visit("taigu").post(
        "/terminals/1407030001/jobs/collectLogs", hours="24"
    )  # one is in progress in the filled database
    assert status == 409
    assert "已经有一个同样的命令" in text
    assert jobs.sent == []


def test_job_arguments_are_checked(visit: Visit, jobs: SentJobs) -> None:
    admin = visit("province")
    path = "/terminals/1407030002/jobs"
    assert admin.post(f"{path}/collectLogs", hours="9999")[0] == 400
    assert admin.post(f"{path}/pauseIssuing", reason="", sure="1")[0] == 400
    assert admin.post(f"{path}/pauseIssuing", reason="停电检修")[0] == 400
    for name, value in (
        ("max_copies", "256"),
        ("max_copies", "二十"),
        ("idle_s", "5"),
        ("speech", "maybe"),
        ("unit_shown", "吨"),
        ("slogans", "短|" * 5),
    ):
        assert admin.post(f"{path}/setConfiguration", **{f"rules.{name}": value})[0] == 400, name
    assert admin.post(f"{path}/shell")[0] == 404
    assert (
        admin.post(f"{path}/setConfiguration", **{"rules.max_copies": "20", "rules.speech": "true", "rules.volume": ""})[0] == 303
    )
    assert jobs.sent[0][2]["values"] == {"rules.max_copies": 20, "rules.speech": True}
    jobs.code = "retired"
    status, text = admin.post(f"{path}/pauseIssuing", reason="装修", sure="1")
    assert (status, "这台机器已停用" in text) == (409, True)


def test_every_job_state_has_a_word(visit: Visit, store: Store) -> None:
    states = ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT", "CANCELED")
    with store.writing() as tx:
        tx.execute(delete(job))
        for index, status in enumerate(states):
            row = {
                "id": str(index),
                "terminal": "1407030001",
                "kind": "selfTest",
                "args": {},
                "document": "{}",
                "created_by": "taigu",
            }
            tx.execute(insert(job), {**row, "not_after": NOW, "created_at": NOW, "updated_at": NOW, "status": status})
    text = visit("taigu").get("/terminals/1407030001")[1]
    assert not [status for status in states if status in text]
    assert "过期没做" in text


def test_an_alert_is_taken_given_and_noted(visit: Visit, store: Store, clock: Clock) -> None:
    with store.writing() as tx:
        free = {"owner": None, "acknowledged_by": None, "acknowledged_at": None}
        tx.execute(update(alert).where(alert.c.county == "140703").values(**free))
        one = tx.execute(select(alert.c.id).where(alert.c.county == "140703", alert.c.terminal != "")).scalars().first()
    taigu = visit("taigu")
    assert taigu.post(f"/alerts/{one}/take")[0] == 303
    assert taigu.post(f"/alerts/{one}/assign", owner="jinzhong")[0] == 303
    assert taigu.post(f"/alerts/{one}/note", words="下午三点带两卷纸去")[0] == 303
    with store.reading() as tx:
        row = tx.execute(select(alert).where(alert.c.id == one)).one()
        deeds = tx.execute(select(audit.c.deed).where(audit.c.object == str(one))).scalars().all()
    assert (row.acknowledged_by, row.acknowledged_at, row.owner) == ("taigu", clock(), "jinzhong")
    assert deeds == ["alertTaken", "alertAssigned", "alertNoted"]
    assert "下午三点带两卷纸去" in taigu.get(f"/alerts/{one}")[1]


def test_a_closed_alert_cannot_be_taken(visit: Visit, store: Store) -> None:
    with store.writing() as tx:
        tx.execute(update(alert).where(alert.c.id == 1).values(closed_at=NOW))
    status, text = visit("province").post("/alerts/1/take")
    assert (status, "这条告警已经解除" in text) == (409, True)


def test_a_conflict_shows_both_sides(visit: Visit) -> None:
    text = visit("province").get("/conflicts/1")[1]
    kept, came = (text.partition(f'data-diff="{side}">')[2].partition("</pre>")[0] for side in ("kept", "came"))
    assert "番茄" in kept or "苹果" in kept or "number" in kept
    assert kept != came


def test_a_conflict_is_marked_as_looked_into_and_its_bytes_stay(visit: Visit, store: Store) -> None:
    assert visit("province").post("/conflicts/1/resolve") == (303, "/console/conflicts")
    with store.reading() as tx:
        row = tx.execute(select(conflict)).one()
    assert (row.resolved_by, bool(row.body)) == ("province", True)


def test_what_a_shopper_reported_is_seen_and_handled_once(visit: Visit, store: Store) -> None:
    taigu = visit("taigu")
    assert "产品和合格证对不上" in taigu.get("/reports")[1]
    assert taigu.post("/reports/1", answer="")[0] == 400
    assert taigu.post("/reports/1", answer="到店核对，已换标签")[0] == 303
    assert taigu.post("/reports/1", answer="再来一次")[0] == 404
    assert "到店核对，已换标签" in taigu.get("/reports?closed=1")[1]
    with store.reading() as tx:
        assert tx.execute(select(audit.c.who).where(audit.c.deed == "reportHandled")).scalars().all() == ["taigu"]


def test_look_ups_find_their_page_or_say_why_not(visit: Visit) -> None:
    province = visit("province")
    number = re.search(r"/console/certificates/(\w+)", province.get("/terminals/1407030001")[1])
    assert number is not None
    spelled = f"{number[1][:6]}-{number[1][6:10]}-{number[1][10:-1]}-{number[1][-1]}"
    answer = province.client.get("/console/lookup", params={"q": spelled.lower()})
    assert answer.headers["location"] == f"/console/certificates/{number[1]}"
    assert province.get(f"/certificates/{number[1]}")[0] == 200
    wrong = number[1][:-1] + ("A" if number[1][-1] != "A" else "B")
    assert province.get(f"/lookup?q={wrong}")[0] == 404
    assert "没有找到" in province.get("/subjects/999999")[1]
    assert province.get("/subjects/" + "9" * 40)[0] == 404


@pytest.mark.parametrize(
    "path", ["/nothing", "/terminals/1", "/terminals/14070300011", "/alerts/x", "/static/nothing.js", "/static/../app.py"]
)
def test_unknown_pages_are_clear_pages(visit: Visit, path: str) -> None:
    status, text = visit("province").get(path)
    assert status == 404
    assert "没有这个页面" in text


def test_a_fault_is_a_clear_page_without_a_trace(visit: Visit, store: Store) -> None:
    province = visit("province")
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.code == "1407030001").values(state="neverHeardOf"))
    status, text = province.get("/terminals/1407030001")
    assert status == 500
    assert "系统出了点问题" in text
    assert "Traceback" not in text
    assert "neverHeardOf" not in text


def test_a_database_that_is_gone_is_told_as_such(visit: Visit, store: Store) -> None:
    province = visit("province")
    with store.writing() as tx:
        terminal.drop(tx)
    status, text = province.get("/terminals")
    assert status == 503
    assert "终端照常开证" in text
    assert "sqlite" not in text.lower()


def test_every_answer_forbids_frames_foreign_scripts_and_keeping(visit: Visit) -> None:
    for path in ("/", "/login", "/nothing", "/terminals.csv"):
        headers = visit("province").client.get("/console" + path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        if path != "/login":
            assert headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_its_host(store: Store, clock: Clock, jobs: SentJobs) -> None:
    app = Starlette(routes=routes(store.engine, clock, jobs, ConsoleSettings(b"s" * 32)))
    client = TestClient(app, base_url="https://console.test", follow_redirects=False)
    answer = client.post("/console/login", data={"login": "looker", "password": "seven quiet apricots", "next": "/"})
    assert answer.headers["set-cookie"].startswith("__Host-sxc_console=")
    assert "secure" in answer.headers["set-cookie"].lower()
    assert client.get("/console/").status_code == 200


def test_a_form_too_long_is_refused(visit: Visit) -> None:
    assert visit("province").post("/alerts/1/note", words="长" * 40_000)[0] == 413
