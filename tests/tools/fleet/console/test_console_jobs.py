"""The history of jobs, taking one back, what a terminal sent; releases given out, stopped and gone on with, from the console."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from support.console_visit import NOW, SentJobs, Visitor
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, audit, job, terminal
from tools.fleet.store.schema_desk import alert_note
from tools.fleet.store.schema_release import rollout

Visit = Callable[..., Visitor]
CODE = "1407030002"


def words_of(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))


def ordered(store: Store, kind: str, status: str = "QUEUED", number: int = 1, **values: Any) -> str:
    """A job of the filled database."""
    job_id = f"11111111-0000-4000-8000-{number:012d}"
    row = {"id": job_id, "terminal": CODE, "kind": kind, "args": {}, "not_after": NOW, "document": "{}", "created_at": NOW}
    with store.writing() as tx:
        tx.execute(insert(job), {**row, "created_by": "taigu", "status": status, "updated_at": NOW, **values})
    return job_id


def deeds(store: Store, deed: str) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return [(who, about) for who, about in tx.execute(select(audit.c.who, audit.c.object).where(audit.c.deed == deed))]


def test_history_tells_who_ordered_what_and_what_became_of_it(visit: Visit, store: Store) -> None:
    ordered(store, "testPrint", "FAILED", detail={"code": "inVisit"})
    taigu = visit("taigu")
    text = words_of(taigu.get(f"/jobs?terminal={CODE}")[1])
    assert "打一张试样一直有人在办" in text
    assert "太谷区1407030002taigu" in text
    assert "没有这样的命令" in taigu.get(f"/jobs?terminal={CODE}&group=open")[1]
    assert "没有这样的命令" in taigu.get("/jobs?who=nobody")[1]
    assert taigu.get("/jobs.csv?group=failed")[1].count("\r\n") == 1 + 3  # two of the filled database
    assert deeds(store, "export") == [("taigu", "jobs")]


def test_a_job_that_was_not_begun_can_be_taken_back_with_what_was_wanted(visit: Visit, store: Store) -> None:
    job_id = ordered(store, "pauseIssuing", args={"reason": "停电"})
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.code == CODE).values(paused=True, pause_reason="停电"))
    assert visit("taigu").post(f"/jobs/{job_id}/cancel")[0] == 403  # a pause is an administrator's
    province = visit("province")
    assert "取消这个命令" in province.get(f"/jobs/{job_id}")[1]
    assert province.post(f"/jobs/{job_id}/cancel") == (303, f"/console/jobs/{job_id}")
    with store.reading() as tx:
        assert tx.execute(select(job.c.status).where(job.c.id == job_id)).scalar() == "CANCELED"
        assert tx.execute(select(terminal.c.paused).where(terminal.c.code == CODE)).scalar() is False
    assert deeds(store, "jobCanceled") == [("province", CODE)]
    assert province.post(f"/jobs/{job_id}/cancel")[0] == 409


def test_a_job_that_was_sent_and_taken_back_says_so_until_the_machine_has_answered(visit: Visit, store: Store) -> None:
    job_id, taigu = ordered(store, "testPrint"), visit("taigu")
    with store.writing() as tx:
        tx.execute(update(job).where(job.c.id == job_id).values(sent_at=NOW))
    assert taigu.post(f"/jobs/{job_id}/cancel")[0] == 303
    assert "正在收回" in taigu.get(f"/jobs/{job_id}")[1]
    with store.writing() as tx:
        tx.execute(update(job).where(job.c.id == job_id).values(recall_due=False))
    assert "正在收回" not in taigu.get(f"/jobs/{job_id}")[1]


def test_a_job_that_was_begun_is_not_taken_back(visit: Visit, store: Store) -> None:
    job_id = ordered(store, "reboot", "IN_PROGRESS")
    taigu = visit("taigu")
    assert "取消这个命令" not in taigu.get(f"/jobs/{job_id}")[1]
    status, text = taigu.post(f"/jobs/{job_id}/cancel")
    assert (status, "来不及取消了" in text) == (409, True)
    assert deeds(store, "jobCanceled") == []


def test_logs_are_unpacked_for_operators_and_written_down(visit: Visit, store: Store) -> None:
    packed = base64.b64encode(gzip.compress("第一行\n<b>第二行\n".encode())).decode()
    job_id = ordered(store, "collectLogs", "SUCCEEDED", detail={"lines": 2, "of": 2, "gzip": packed})
    assert "下载日志" in visit("taigu").get(f"/jobs/{job_id}")[1]
    assert visit("looker").get(f"/jobs/{job_id}/log.txt")[0] == 403
    answer = visit("taigu").client.get(f"/console/jobs/{job_id}/log.txt")
    assert answer.text == "第一行\n<b>第二行\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert deeds(store, "export") == [("taigu", f"log {CODE}")]


@pytest.mark.parametrize("packed", ["no base64!", base64.b64encode(b"no gzip").decode()])
def test_bytes_that_are_no_log_are_no_page(visit: Visit, store: Store, packed: str) -> None:
    job_id = ordered(store, "collectLogs", "SUCCEEDED", detail={"gzip": packed})
    assert visit("taigu").get(f"/jobs/{job_id}/log.txt")[0] == 404


def test_a_self_test_is_shown_device_by_device(visit: Visit, store: Store) -> None:
    devices = [
        {"part": "printer", "state": "online", "model": "TSC TE344"},
        {"part": "scale", "state": "noDevice", "error": "noDevice"},
    ]
    job_id = ordered(store, "selfTest", "FAILED", args={"level": "internal"}, detail={"code": "scale:noDevice", "devices": devices})
    text = words_of(visit("taigu").get(f"/jobs/{job_id}")[1])
    assert "打印机正常TSCTE344" in text
    assert "电子秤没有找到没有插上" in text


def test_one_terminal_is_brought_up_with_the_file_that_fits(visit: Visit, store: Store, jobs: SentJobs) -> None:
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.county == "140702").values(dir=117))
        code = tx.execute(select(terminal.c.code).where(terminal.c.county == "140702")).scalars().first()
    jinzhong = visit("jinzhong")
    assert "第118版" in words_of(jinzhong.get(f"/terminals/{code}/jobs/syncDirectory")[1])
    assert jinzhong.post(f"/terminals/{code}/jobs/syncDirectory")[0] == 303
    _, kind, args, by = jobs.sent[0]
    assert (kind, by, args["file"]["version"], args["file"]["base"]) == ("syncDirectory", "jinzhong", 118, 117)  # type: ignore[index]
    assert jinzhong.post(f"/terminals/{code}/jobs/syncKeys")[0] == 409  # it has the newest
    with store.writing() as tx:
        tx.execute(update(terminal).where(terminal.c.code == code).values(dir=3))
    jinzhong.post(f"/terminals/{code}/jobs/syncDirectory")
    assert jobs.sent[1][2]["file"]["base"] == 0  # type: ignore[index]


def test_releases_show_which_terminals_have_which(visit: Visit) -> None:
    text = words_of(visit("taigu").get("/releases")[1])
    assert "第119版2台" in text
    assert "停下了主体名录第119版晋中市太谷区" in text
    assert "第119版" not in words_of(visit("jinzhong").get("/releases/directory/118")[1])


def test_a_release_is_given_out_stopped_and_gone_on_with(visit: Visit, store: Store) -> None:
    admin = visit("jinzhong-admin")
    path = "/releases/directory/118/start"
    for wrong in (
        {"area": "14", "pilot": "3"},
        {"area": "1401", "pilot": "3"},
        {"area": "140703", "pilot": "0"},
        {"area": "x", "pilot": "3"},
    ):
        assert admin.post(path, **wrong)[0] == 400, wrong
    assert visit("jinzhong").post(path, area="140703", pilot="3")[0] == 403
    assert admin.post("/releases/directory/119/start", area="140702", pilot="3")[0] == 400  # its content is another county's
    status, where = admin.post(path, area="140702", pilot="5")
    number = int(where.rpartition("/")[2])
    assert status == 303
    with store.reading() as tx:
        row = tx.execute(select(rollout).where(rollout.c.id == number)).one()
    assert (row.kind, row.version, row.area, row.pilot, row.stage, row.started_by) == (
        "directory",
        118,
        "140702",
        5,
        "pilot",
        "jinzhong-admin",
    )
    assert "先给几台" in admin.get(f"/rollouts/{number}")[1]
    assert admin.post(f"/rollouts/{number}/stop")[0] == 303
    assert "停下了：有人叫停" in words_of(admin.get(f"/rollouts/{number}")[1])
    assert admin.post(f"/rollouts/{number}/stop")[0] == 409
    assert admin.post(f"/rollouts/{number}/resume")[0] == 303
    with store.reading() as tx:
        assert tx.execute(select(rollout.c.stage).where(rollout.c.id == number)).scalar() == "pilot"
    assert admin.post("/rollouts/1/stop")[0] == 403  # the province's own
    told = [deeds(store, deed) for deed in ("rolloutStarted", "rolloutStopped", "rolloutResumed")]
    assert told == [[("jinzhong-admin", str(number))]] * 3


def test_what_failed_is_listed_with_its_reason(visit: Visit) -> None:
    text = words_of(visit("taigu").get("/rollouts/3")[1])
    assert "停下了：先给的几台里有失败的" in text
    assert "文件服务器连不上" in text


def test_only_what_a_person_must_judge_is_closed_by_hand(visit: Visit, store: Store) -> None:
    about = {"county": "140703", "terminal": CODE, "severity": "critical", "since": NOW, "opened_at": NOW}
    with store.writing() as tx:
        tx.execute(
            insert(alert),
            [{**about, "code": code, "id": number} for number, code in ((90001, "clone"), (90002, "temperatureHigh"))],
        )
    taigu = visit("taigu")
    assert "会自己解除" in taigu.get("/alerts/90002")[1]
    assert taigu.post("/alerts/90002/close", words="看过了")[0] == 409
    assert taigu.post("/alerts/90001/close", words="")[0] == 400
    assert taigu.post("/alerts/90001/close", words="第二块硬盘已收回")[0] == 303
    with store.reading() as tx:
        assert tx.execute(select(alert.c.closed_by).where(alert.c.id == 90001)).scalar() == "taigu"
        assert tx.execute(select(alert_note.c.words).where(alert_note.c.alert == 90001)).scalars().all() == ["第二块硬盘已收回"]
    assert deeds(store, "alertClosed") == [("taigu", "90001")]
