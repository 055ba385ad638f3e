"""Registration on the spot, habits, the clerk's list, PINs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.domain.product import ProductId
from kiosk.domain.quantity import Quantity, QuantitySource, Unit
from kiosk.domain.subject import Registration, SubjectId, SubjectKind, SubjectStatus
from kiosk.issuing.issuer import Refused
from support.builders import EGGS, NOON, TODAY, TOMATO, VILLAGE, a_promise, a_subject
from support.ledgers import FakeClock, FakeRegister, open_issuer

NEWCOMER = Registration(SubjectKind.FARMER, "李秀英", "李秀英", b"n" * 32, "13800000999", VILLAGE)


def test_a_newcomer_registers_and_issues_at_once(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        subject = issuer.register(NEWCOMER)
        assert (subject.status, subject.name, subject.id >> 39) == (SubjectStatus.PROVISIONAL, "李秀英", 1)
        made = issuer.issue(a_promise(subject=subject))
        assert issuer.find(made.number).promise.subject == subject
        assert issuer.registered(NEWCOMER.person_hash) == [subject]
        assert issuer.registered_by_phone("13800000999") == [subject]
        assert issuer.registered(b"x" * 32) == issuer.registered(b"") == issuer.registered_by_phone("13800000998") == []
        kinds = [event.kind for event in issuer.events_after(0, 9)]
    assert kinds == ["registration", "certificate"]


def test_the_same_person_and_kind_again_is_the_same_entry(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        subject = issuer.register(NEWCOMER)
        assert issuer.register(replace(NEWCOMER, phone="13800000111")) == subject
        other = issuer.register(replace(NEWCOMER, kind=SubjectKind.FAMILY_FARM))
        assert other.id != subject.id
        assert len(issuer.events_after(0, 9)) == 2


def test_a_registration_without_a_name_or_a_person_is_refused(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        for hole in ({"name": " "}, {"person_hash": b""}, {"phone": ""}):
            with pytest.raises(Refused, match="registration"):
                issuer.register(replace(NEWCOMER, **hole))  # type: ignore[arg-type]


def test_the_register_s_word_stands_above_the_local_one(tmp_path: Path) -> None:
    register = FakeRegister()
    with open_issuer(tmp_path, register=register) as issuer:
        subject = issuer.register(NEWCOMER)
        register.subjects[subject.id] = replace(subject, status=SubjectStatus.SUSPENDED)
        with pytest.raises(Refused, match="subjectSuspended"):
            issuer.issue(a_promise(subject=subject))


def test_habits_are_the_last_valid_promise_and_the_most_frequent_then_recent_products(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        subject = a_subject().id
        assert issuer.habits(subject).last is None
        cabbage = replace(TOMATO, id=ProductId(3), name="白菜")
        sold = [TOMATO, TOMATO, EGGS, cabbage]
        for i, product in enumerate(sold):
            quantity = Quantity(a_promise().quantity.amount.to_integral_value(), product.units[0], QuantitySource.DECLARED)
            made = issuer.issue(a_promise(str(i), product=product, quantity=quantity, copies=i + 1))
            clock.advance(60)
        habits = issuer.habits(subject)
        assert habits.products == (TOMATO.id, cabbage.id, EGGS.id)
        assert habits.last is not None
        assert (habits.last.product_id, habits.last.copies, habits.last.origin) == (cabbage.id, 4, VILLAGE)
        assert habits.last.issued_at == NOON + timedelta(seconds=180)
        issuer.void(made.number, "写错了", "clerk")
        last = issuer.habits(subject).last
        assert last is not None
        assert last.product_id == EGGS.id
        assert issuer.habits(SubjectId(1)).last is None


def test_today_is_the_beijing_day_newest_first(tmp_path: Path) -> None:
    clock = FakeClock(NOON.replace(hour=15, minute=59, second=59))
    with open_issuer(tmp_path, clock) as issuer:
        evening = issuer.issue(a_promise("1"))
        clock.advance(1)  # midnight in Beijing
        issuer.issue(a_promise("2"))
        newest = issuer.issue(a_promise("3"))
        assert [row.number for row in issuer.today(TODAY)] == [evening.number]
        rows = issuer.today(TODAY + timedelta(days=1))
        assert [row.number.counter for row in rows] == [3, 2]
        assert rows[0].number == newest.number
        assert (rows[0].quantity, rows[0].product_name) == ("126.35 千克", "番茄")


def test_counted_and_declared_quantities_are_listed_as_printed(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        quantity = Quantity(a_promise().quantity.amount.to_integral_value(), Unit.CRATE, QuantitySource.DECLARED)
        issuer.issue(a_promise(quantity=quantity))
        assert issuer.today(TODAY)[0].quantity == "126 箱（自报）"


def test_a_pin_fits_only_its_subject_and_survives_a_restart(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issuer.set_pin(SubjectId(417), "204817", "clerk")
    with open_issuer(tmp_path) as issuer:
        assert issuer.check_pin(SubjectId(417), "204817")
        assert not issuer.check_pin(SubjectId(417), "204818")
        assert not issuer.check_pin(SubjectId(418), "204817")
        issuer.set_pin(SubjectId(417), "913406", "clerk")
        assert not issuer.check_pin(SubjectId(417), "204817")
        assert issuer.check_pin(SubjectId(417), "913406")


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345x", "１２３４５６"])
def test_a_pin_has_six_digits(tmp_path: Path, pin: str) -> None:
    with open_issuer(tmp_path) as issuer, pytest.raises(Refused, match="pinShape"):
        issuer.set_pin(SubjectId(417), pin, "clerk")


def waits(issuer: object, pin: str) -> int:
    try:
        issuer.check_pin(SubjectId(417), pin)  # type: ignore[attr-defined]
    except Refused as err:
        assert err.code == "pinLocked"
        return int(str(err.facts["wait_s"]))
    return 0


def test_five_wrong_pins_lock_and_each_further_one_twice_as_long(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        issuer.set_pin(SubjectId(417), "204817", "clerk")
        assert [waits(issuer, "000000") for _ in range(5)] == [0, 0, 0, 0, 15]
        clock.advance(10)
        assert waits(issuer, "204817") == 5
    with open_issuer(tmp_path, clock) as issuer:  # the lock outlives a restart
        issuer.ensure_pin(SubjectId(417), "204817", "setup")
        assert waits(issuer, "204817") == 5
        clock.advance(5)
        assert waits(issuer, "000000") == 30
        clock.advance(30)
        assert waits(issuer, "000000") == 60
        clock.now -= timedelta(days=400)  # a clock set back does not make it longer
        assert waits(issuer, "204817") == 60
        clock.now += timedelta(days=400, seconds=60)
        assert issuer.check_pin(SubjectId(417), "204817")
        assert [waits(issuer, "000000") for _ in range(4)] == [0, 0, 0, 0]


def test_a_lock_is_never_longer_than_an_hour(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        issuer.set_pin(SubjectId(417), "204817", "clerk")
        for _ in range(40):
            clock.advance(3600)
            longest = waits(issuer, "000000")
    assert longest == 3600


def test_neither_pin_nor_hash_nor_name_is_in_events_audit_or_reprs(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issuer.set_pin(SubjectId(417), "204817", "clerk")
        made = issuer.issue(a_promise())
        issuer.void(made.number, "写错了", "clerk")
        with issuer._reading() as tx:
            log = [tuple(row) for row in tx.exec_driver_sql("SELECT kind, by, counter, facts FROM audit")]
        told = [json.loads(event.body) for event in issuer.events_after(0, 9)]
    for secret in ("204817", "王建国", "13800000417"):
        assert secret not in str(log)
        assert secret not in repr(made)
        assert secret not in repr(issuer)
    assert "204817" not in str(told)
