"""What a person sees of a verdict: three outcomes, facts only from a code that is signed, 演示样张 always."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.checking.verdict import shown
from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import Status, verify_url
from tests.vectors.make_vectors import DEMO, GOOD, KEYS_FILE, MADE, rows, signed, url

KEYS = load_key_list(KEYS_FILE)
OUTCOMES = {Status.VALID: "genuine", Status.REVOKED: "revoked", Status.VOIDED: "revoked"}


@pytest.mark.parametrize(
    ("name", "text", "status", "record"), [row for row in rows() if row[3] is None], ids=lambda value: str(value)[:24]
)
def test_every_vector_has_one_of_three_outcomes_and_names_its_check(name: str, text: str, status: str, record: None) -> None:
    told = shown(verify_url(text, KEYS, MADE), lambda _: "番茄")
    assert (told.outcome, told.check) == (OUTCOMES.get(Status(status), "notGenuine"), status)
    assert told.demo is (name == "demo")
    if told.outcome == "notGenuine":
        assert told.lines == (), "nothing of a code that nobody signed is shown"
    else:
        assert dict(told.lines)["check.line.number"].startswith("140703-")


def test_the_facts_stand_in_the_order_of_the_form() -> None:
    told = shown(verify_url(url(signed(replace(GOOD, copy=2, copies=8))), KEYS, MADE), {17: "番茄"}.get)
    assert told.lines == (
        ("check.line.product", "番茄"),
        ("check.line.amount", "126.35 千克"),
        ("check.line.issued", "2026年11月24日 12:00"),
        ("check.line.station", "太谷区明星镇农产品服务站"),
        ("check.line.number", "140703-0031-000417-U"),
        ("check.line.copy", "2 / 8"),
    )


def test_a_product_that_this_terminal_does_not_know_is_left_out() -> None:
    told = shown(verify_url(url(signed(GOOD)), KEYS, MADE), lambda _: None)
    assert "check.line.product" not in dict(told.lines)


def test_pieces_are_no_kilograms() -> None:
    told = shown(verify_url(url(signed(replace(GOOD, mantissa=48, unit_code=8))), KEYS, MADE), lambda _: None)
    assert dict(told.lines)["check.line.amount"] == "48 件"


def test_a_specimen_and_an_old_list_are_told() -> None:
    told = shown(verify_url(url(signed(replace(GOOD, key_id=DEMO))), KEYS, MADE + timedelta(days=40)), lambda _: None)
    assert told.demo and told.list_stale and told.list_age_days == 40
