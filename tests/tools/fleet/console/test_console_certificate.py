"""The page of one certificate in the console."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from sqlalchemy import insert

from support.console_visit import NOW, Visitor
from tools.fleet.store.database import Store
from tools.fleet.store.schema import event

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
