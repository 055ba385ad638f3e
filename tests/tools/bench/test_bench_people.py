"""The invented people: possible numbers, cards of the right shape, subjects that the directory's rules accept."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.directory.divisions import load_divisions
from kiosk.domain.identity import CardProblem, IdCard, id_number_hash, parse_credit_code, parse_id_number, parse_phone
from kiosk.domain.subject import SubjectKind
from tools.bench.errors import BenchError
from tools.bench.people import card, everybody, person, subjects, subjects_of

KEY = b"k" * 32
TODAY = date(2026, 11, 24)


def test_every_number_code_and_phone_is_possible() -> None:
    for one in everybody():
        assert parse_id_number(one.card.number, TODAY) == one.card.number
        assert len(one.card.block()) == 256
    for subject, _ in subjects(KEY):
        assert parse_phone(subject.phone)
        if subject.credit_code:
            assert parse_credit_code(subject.credit_code) == subject.credit_code
        assert subject.base.county in {county.code for county in load_divisions().counties()}


def test_names_keys_and_ids_are_used_once() -> None:
    assert len({word for one in everybody() for word in (one.name, one.key)}) == 2 * len(everybody())
    assert len({subject.id for subject, _ in subjects(KEY)}) == len(subjects(KEY))


def test_wang_promises_for_his_cooperative_and_is_found_by_the_hash_of_his_number() -> None:
    (entry, hashes) = next(row for row in subjects(KEY) if row[0].name == "太谷区建国蔬菜专业合作社")
    assert (entry.kind, entry.phone, entry.base.text) == (SubjectKind.COOPERATIVE, "13800000417", "晋中市太谷区明星镇南庄村")
    assert hashes == [entry.person_hash] == [id_number_hash("142421196804123019", KEY)]


def test_there_is_somebody_with_two_subjects_a_subject_with_two_persons_and_somebody_unknown() -> None:
    assert subjects_of("zhao") == ["太谷区德厚家庭农场", "赵德厚"]
    assert [len(hashes) for subject, hashes in subjects(KEY) if subject.name == "太谷区德厚家庭农场"] == [2]
    assert subjects_of("sun") == []


def test_the_expired_card_is_the_only_one_that_cannot_be_used() -> None:
    def problem(key: str) -> CardProblem | None:
        found = card(key)
        until = (
            None if found.valid_to == "长期" else date(int(found.valid_to[:4]), int(found.valid_to[4:6]), int(found.valid_to[6:]))
        )
        return IdCard(found.name, found.number, valid_to=until, long_term=until is None).problem(TODAY)

    assert {one.key: problem(one.key) for one in everybody() if problem(one.key) is not None} == {"hao": CardProblem.EXPIRED}


def test_a_person_is_found_by_name_and_by_key_and_nobody_else_is() -> None:
    assert person("任𤧛") is person("ren")
    with pytest.raises(BenchError, match="王建国"):
        person("张三")
