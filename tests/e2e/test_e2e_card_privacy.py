"""What is left of a card when its visit is over: looked for in every file that the terminal wrote, in its log, and among its living objects."""

from __future__ import annotations

import gc
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.device import DeviceKind
from drivers.errors import DriverFault
from drivers.idcard.record import CardRead, IdCardRecord
from drivers.recording import record
from drivers.transport.base import Transport
from kiosk.domain.identity import IdCard
from kiosk.issuing.opening import LEDGER
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.store.engine import connect, read_key
from support.terminals import PERSON, Desk, a_desk
from tools.bench.people import person

CARD = person(PERSON).card
EVERYTHING = [CARD.name, CARD.number, CARD.address, CARD.number[6:14], CARD.authority]


@pytest.fixture
def others() -> list[object]:
    """Cards that were there before: other tests of this process keep their examples in modules."""
    return cards()


@pytest.fixture
def desk(tmp_path: Path, others: list[object], caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    caplog.set_level(logging.DEBUG)
    with a_desk(tmp_path) as found:
        yield found


def written(desk: Desk, word: str) -> list[str]:
    """Where that word stands in what the terminal wrote: plain files by their bytes, the ledger, which is encrypted, by its rows."""
    encoded = [*(word.encode(name) for name in ("utf-8", "utf-16-le", "gb18030")), json.dumps(word)[1:-1].encode("ascii")]
    files = [path for path in desk.config.paths.state.rglob("*") if path.is_file()]
    found = [path.name for path in files if any(form in path.read_bytes() for form in encoded)]
    return found + [table for table, value in ledger(desk) if any(form in value for form in encoded)]


def ledger(desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Every value of every table, as bytes."""
    opened = connect(desk.config.ledger_folder / LEDGER, read_key(desk.config.issuer_secrets / "ledger.key"))
    try:
        tables = [name for (name,) in opened.execute("select name from sqlite_master where type = 'table'").fetchall()]
        assert "certificate" in tables, tables
        for table in tables:
            for row in opened.execute(f'select * from "{table}"').fetchall():
                yield from ((table, value if isinstance(value, bytes) else str(value).encode("utf-8")) for value in row)
    finally:
        opened.close()


def forget_what_the_test_keeps(desk: Desk) -> None:
    with desk._changed:
        del desk._states[:-1]


def cards() -> list[object]:
    gc.collect()
    return [one for one in gc.get_objects() if type(one) in (IdCardRecord, IdCard, CardRead)]


def living(others: list[object]) -> list[type]:
    known = {id(one) for one in others}
    return [type(one) for one in cards() if id(one) not in known]


def test_a_card_of_a_visit_that_was_broken_off_leaves_nothing_anywhere(
    desk: Desk, others: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    desk.identified().at(Page.PRODUCT)
    desk.bench.remove_card()
    desk.press(Key.CANCEL).at(Page.ATTRACT)
    forget_what_the_test_keeps(desk)
    assert {word: written(desk, word) for word in EVERYTHING} == {word: [] for word in EVERYTHING}
    said = caplog.text + repr(desk.state)
    assert [word for word in EVERYTHING if word in said] == []
    assert living(others) == []


def test_a_certificate_keeps_no_number_birthday_or_authority_of_the_card(
    desk: Desk, others: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    desk.identified().weighed().press(Key.ISSUE).at(Page.DONE).press(Key.FINISH).at(Page.ATTRACT)
    forget_what_the_test_keeps(desk)
    never = [CARD.number, CARD.authority, f"{CARD.number[6:10]}-{CARD.number[10:12]}-{CARD.number[12:14]}"]
    assert {word: written(desk, word) for word in never} == {word: [] for word in never}
    assert written(desk, CARD.name), "the promise names who made it: the search would have found the rest too"
    assert [word for word in EVERYTHING if word in caplog.text] == []
    assert living(others) == []


class NoWire:
    port = "usb:1-1"

    def write(self, data: bytes, timeout_s: float) -> int:
        return len(data)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        return b""

    def close(self) -> None: ...


def test_a_card_readers_wire_is_never_recorded_and_never_watched(desk: Desk, tmp_path: Path) -> None:
    wire: Transport = NoWire()
    with pytest.raises(DriverFault):
        record(wire, DeviceKind.ID_READER, tmp_path / "wire.jsonl")
    assert not (tmp_path / "wire.jsonl").exists()
    with pytest.raises(KeyError):
        desk.parts.devices.watch(DeviceKind.ID_READER)
