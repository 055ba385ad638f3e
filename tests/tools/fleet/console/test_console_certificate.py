"""The page of one certificate in the console."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from sqlalchemy import insert, select, update

from support.console_visit import NOW, Visitor
from tools.fleet.store.database import Store
from tools.fleet.store.schema import certificate, event, health_now, issuance

Visit = Callable[[str], Visitor]


def test_a_certificates_page_tells_which_copy_came_out_and_when_in_beijing(visit: Visit, store: Store) -> None:
    province = visit("province")
    found = re.search(r"/console/certificates/(\w+)", province.get("/terminals/1407030001")[1])
    assert found is not None
    body = {"number": found[1], "copy": 3, "outcome": "confirmed", "at": "2026-11-25T16:53:41.466753Z"}
    row = {"terminal": "1407030001", "ledger": "f" * 32, "seq": 900, "received_at": NOW, "kind": "print", "number": found[1]}
    with store.writing() as tx:
        tx.execute(insert(event), {**row, "body": json.dumps(body).encode(), "sha256": bytes(32)})
    text = province.get(f"/certificates/{found[1]}")[1]
    assert "第 3 张" in text
    assert "11 月 26 日 00:53" in text


def test_what_a_demonstration_key_made_says_so_wherever_it_is_shown_and_is_in_no_sum(visit: Visit, store: Store) -> None:
    with store.reading() as tx:
        query = select(certificate.c.number, certificate.c.terminal, certificate.c.subject_id, certificate.c.voided_at)
        rows = tx.execute(query.where(certificate.c.counter.in_((3, 12)), certificate.c.terminal == "1407030001")).all()
    assert [row.voided_at is None for row in rows] == [False, True]
    page = visit("province")
    before = {path: page.get(path)[1] for path in ("/", "/terminals/1407030001", *(f"/certificates/{row.number}" for row in rows))}
    assert not any("演示" in text for text in before.values())
    with store.writing() as tx:
        tx.execute(update(certificate).where(certificate.c.number.in_([row.number for row in rows])).values(demo=True))
        hour = {"hour": NOW.replace(minute=0), "county": "140703", "product_class": "grain", "certificates": 0, "specimens": 1234}
        tx.execute(insert(issuance), hour)
        row = {"terminal": "1407030001", "device": "", "metric": "App/demo", "value": True, "at": NOW}
        tx.execute(insert(health_now), row)
    page = visit("province")
    for one in rows:
        text = page.get(f"/certificates/{one.number}")[1]
        assert "演示样张" in text and "不是真的合格证" in text
        assert ("已作废" in text) is (one.voided_at is not None)
        line = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{one.number}.*?</tr>", page.get(f"/subjects/{one.subject_id}")[1], re.S)
        assert line is not None and "演示样张" in line[0]
    terminal = page.get("/terminals/1407030001")[1]
    assert "这台机器用的是演示密钥" in terminal
    assert "今天的演示样张" in terminal and "今天开证" not in terminal
    assert "今天开证" in before["/terminals/1407030001"]
    assert terminal.count("演示样张</span>") == 1  # of the last ten, one
    overview = page.get("/")[1]
    assert re.search(r"演示样张</span> 另有 1,234 张，不算在开证数里", overview)
    figure = re.compile(r'<p class="figure"><b>([\d,]+)</b>')
    assert figure.findall(overview) == figure.findall(before["/"])
