"""Issuing on a real encrypted ledger: number, time, promise, subject, the same promise twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.domain.certificate import ClockQuality, canonical_record, record_digest
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import ProductId
from kiosk.domain.promise import MAX_COPIES
from kiosk.domain.quantity import Quantity, QuantitySource, Unit
from kiosk.domain.subject import SubjectId, SubjectStatus
from kiosk.issuing.issuer import Refused
from support.builders import EGGS, NOON, a_promise, a_subject, weighed
from support.ledgers import BUILT, TERMINAL, FakeClock, FakeRegister, open_issuer


def test_what_was_issued_is_found_again_equal_after_reopening(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issued = issuer.issue(a_promise(copies=3))
    with open_issuer(tmp_path) as issuer:
        assert issuer.find(issued.number) == issued
    assert issued.number == CertificateNumber(TERMINAL, 1)
    assert [label.copy for label in issued.labels] == [1, 2, 3]


def test_numbers_go_up_by_one_over_a_restart(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        first = [issuer.issue(a_promise(f"{i}")).number.counter for i in range(3)]
    with open_issuer(tmp_path) as issuer:
        assert [*first, issuer.issue(a_promise("next")).number.counter] == [1, 2, 3, 4]


def test_a_second_tap_returns_the_same_certificate(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        first = issuer.issue(a_promise())
        clock.advance(3)
        assert issuer.issue(a_promise()) == first
        assert len(issuer.events_after(0, 10)) == 1


def test_a_second_tap_is_answered_even_when_the_clock_has_gone_wrong(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        first = issuer.issue(a_promise())
        clock.quality = ClockQuality.UNTRUSTED
        assert issuer.issue(a_promise()) == first


def test_another_promise_under_a_used_id_is_refused(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issuer.issue(a_promise())
        with pytest.raises(Refused, match="promise:confirmation"):
            issuer.issue(a_promise(quantity=weighed("999")))


@pytest.mark.parametrize(
    ("moved", "quality"),
    [
        (timedelta(microseconds=-1), ClockQuality.NTP),
        (timedelta(days=-1), ClockQuality.RTC),
        (timedelta(0), ClockQuality.UNTRUSTED),
    ],
)
def test_a_clock_before_the_last_issue_or_untrusted_stops_issuing(tmp_path: Path, moved: timedelta, quality: ClockQuality) -> None:
    clock = FakeClock()
    with open_issuer(tmp_path, clock) as issuer:
        issuer.issue(a_promise("first"))
        assert issuer.clock_problem() == ""
        clock.now, clock.quality = NOON + moved, quality
        assert issuer.clock_problem() == "clockUntrusted"
        with pytest.raises(Refused, match="clockUntrusted"):
            issuer.issue(a_promise("second"))
        clock.now, clock.quality = NOON, ClockQuality.NTP
        assert issuer.issue(a_promise("second")).number.counter == 2


def test_a_clock_before_the_build_stops_issuing(tmp_path: Path) -> None:
    with open_issuer(tmp_path, FakeClock(BUILT - timedelta(seconds=1))) as issuer, pytest.raises(Refused, match="clockUntrusted"):
        issuer.issue(a_promise())


def test_a_promise_is_checked_again(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        with pytest.raises(Refused, match="promise:quantity"):
            issuer.issue(a_promise(product=EGGS))
        with pytest.raises(Refused, match="promise:copies"):
            issuer.issue(a_promise(copies=MAX_COPIES + 1))
        assert issuer.events_after(0, 10) == []
        assert issuer.issue(a_promise()).number.counter == 1


def test_only_subjects_of_the_register_issue_and_in_their_own_name(tmp_path: Path) -> None:
    register = FakeRegister()
    with open_issuer(tmp_path, register=register) as issuer:
        with pytest.raises(Refused, match="subjectUnknown"):
            issuer.issue(a_promise())
        register.subjects[SubjectId(417)] = a_subject(status=SubjectStatus.SUSPENDED)
        with pytest.raises(Refused, match="subjectSuspended"):
            issuer.issue(a_promise())
        register.subjects[SubjectId(417)] = a_subject(name="另一家合作社")
        with pytest.raises(Refused, match="promise:subject"):
            issuer.issue(a_promise())
        register.subjects[SubjectId(417)] = a_subject()
        assert issuer.issue(a_promise()).number.counter == 1


def test_the_digest_binds_the_canonical_record(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        body = json.loads(issuer.events_after(0, 1)[0].body)
    digest = record_digest(canonical_record(made.number, made.issued_at, made.promise))
    assert body["digest"] == digest.hex()


def test_the_event_holds_the_fields_and_no_trace_of_the_person_s_hash(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise(copies=2))
        (event,) = issuer.events_after(0, 10)
        assert issuer.events_after(event.seq, 10) == []
    body = json.loads(event.body)
    assert (event.kind, body["v"], body["number"]) == ("certificate", 1, made.number.compact)
    assert body["quantity"] == {
        "amount": "126.35",
        "unit": "kg",
        "source": "weighed",
        "scale": {"serial": "0417", "verifiedUntil": "2027-03-31"},
    }
    assert body["confirmation"]["level"] == "card"
    assert body["demo"] is True
    assert made.promise.subject.person_hash.hex() not in event.body.decode()
    assert made.promise.subject.person_name not in event.body.decode()


def test_every_promised_field_survives_even_the_rare_ones(tmp_path: Path) -> None:
    rare = replace(EGGS, aliases=("土鸡蛋𬌗",), code="0101", is_mushroom=True, advice="x", id=ProductId(65535))
    counted = Quantity(Decimal(999999), Unit.EGG, QuantitySource.COUNTED)
    subject = a_subject(name="㐂" * 30, phone="", credit_code="", person_name="", person_hash=b"")
    with open_issuer(tmp_path, register=FakeRegister.of(subject)) as issuer:
        issued = issuer.issue(a_promise(subject=subject, product=rare, quantity=counted, copies=255))
        assert issuer.find(issued.number) == issued
        assert len({hashlib.sha256(label.token).digest() for label in issued.labels}) == 255


def test_an_unknown_number_is_not_found(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issued = issuer.issue(a_promise())
        for number in (CertificateNumber(TERMINAL, 2), CertificateNumber("1407030032", issued.number.counter)):
            with pytest.raises(Refused, match="notFound"):
                issuer.find(number)
