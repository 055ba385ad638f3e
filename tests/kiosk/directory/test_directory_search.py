"""The search against looking at every subject, and what each kind of question finds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.directory.reader import Directory
from kiosk.directory.search import MAX_LOOKED_AT, find_rows
from kiosk.directory.snapshot import Snapshot
from kiosk.directory.subject_code import read_subject_code, subject_code
from kiosk.domain.subject import Place, Subject, SubjectKind
from support.registers import KEY, build, searched_by_hand, subject

COOPERATIVE = subject(
    417,
    "太谷区建国蔬菜专业合作社",
    kind=SubjectKind.COOPERATIVE,
    credit_code="93140781MA0HNXA36C",
    person_name="王建国",
    phone="13800000417",
)
SHAN = subject(5, "单晓晓", phone="0354-6221234")
CHANGZHI = subject(
    6,
    "长治市潞州区长城果业有限公司",
    kind=SubjectKind.ENTERPRISE,
    person_name="李长乐",
    base=Place("140403", "长治市潞州区某镇东村"),
)
RARE = subject(7, "王𠮷国")
LATIN = subject(8, "太谷区ＡＢＣ农场（第３场）", kind=SubjectKind.FAMILY_FARM, person_name="买买提·艾力")
SOME = (COOPERATIVE, SHAN, CHANGZHI, RARE, LATIN)


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), SOME)
        with Directory.open(Path(folder), KEY) as opened:
            yield opened


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("太谷区建国蔬菜专业合作社", COOPERATIVE),
        ("太谷区建国", COOPERATIVE),
        ("建国蔬菜", COOPERATIVE),  # without the place in front
        ("蔬菜专业", COOPERATIVE),  # inside
        ("王建国", COOPERATIVE),  # its person
        ("jgsczyhzs", COOPERATIVE),
        ("tgqjg", COOPERATIVE),
        ("WJG", COOPERATIVE),
        ("13800000417", COOPERATIVE),
        ("138 0000 0417", COOPERATIVE),
        ("0417", COOPERATIVE),
        ("a36c", COOPERATIVE),
        ("93140781MA0HNXA36C", COOPERATIVE),
        ("SXZT:93140781MA0HNXA36C", COOPERATIVE),
        ("http://licence.example/id?uniscid=93140781MA0HNXA36C&x=1", COOPERATIVE),
        ("SXZT:0000000005", SHAN),
        ("sxx", SHAN),  # the surname's reading
        ("dxx", SHAN),  # what the dictionary says first
        ("03546221234", SHAN),
        ("1234", SHAN),
        ("zzslzqccgy", CHANGZHI),  # 长 as z and as c, each where it is said so
        ("ccgy", CHANGZHI),
        ("lcl", CHANGZHI),
        ("𠮷", RARE),
        ("abc农场", LATIN),
        ("第3场", LATIN),
        ("买买提艾力", LATIN),
        ("艾力", LATIN),
    ],
)
def test_a_subject_is_found_by(directory: Directory, query: str, expected: Subject) -> None:
    assert directory.find(query)[0] == expected


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        "。、",
        "17",
        "417",
        "36",
        "0418",
        "国建",
        "合作社社",
        "xyz",
        "SXZT:0000000099",
        "合" * 41,
        "1' OR 1=1",
        '"',
        "%",
        "*",
    ],
)
def test_nobody_is_found_by(directory: Directory, query: str) -> None:
    assert list(directory.find(query)) == []


def test_a_question_of_one_subject_answers_it_once(directory: Directory) -> None:
    assert list(directory.find("王")) == [COOPERATIVE, RARE]
    assert list(directory.find("王", limit=1)) == [COOPERATIVE]
    assert list(directory.find("王", limit=0)) == []


def test_the_code_of_a_subject_names_it() -> None:
    for one in SOME:
        named = read_subject_code(subject_code(one))
        assert named is not None
        assert one.credit_code == named.credit_code
        assert named.id == (None if one.credit_code else one.id)
    assert read_subject_code("SXZT:93140781MA0HNXA36D") is None  # check digit
    assert read_subject_code("SXZT:") is None
    assert read_subject_code("建国") is None


NAMES = st.text("王建国长单农合作社蔬ab1𠮷", min_size=1, max_size=6)
SUBJECTS = st.lists(
    st.builds(
        lambda name, person, phone, kind: (name, {"person_name": person, "phone": phone, "kind": kind}),
        NAMES,
        st.one_of(st.just(""), NAMES),
        st.text("0123", min_size=5, max_size=6),
        st.sampled_from(list(SubjectKind)),
    ),
    min_size=1,
    max_size=30,
)
QUERIES = st.one_of(
    st.text("王建国长单农合作社蔬ab1𠮷", min_size=1, max_size=4),
    st.text("wjgcszdnhab", min_size=1, max_size=4),
    st.text("0123", max_size=6),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SUBJECTS, st.lists(QUERIES, min_size=10, max_size=40), st.integers(1, 9))
def test_the_search_answers_what_looking_at_every_subject_answers(
    rows: list[tuple[str, dict[str, object]]], queries: list[str], limit: int
) -> None:
    subjects = [subject(number, name, **changes) for number, (name, changes) in enumerate(rows, start=1)]
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), subjects)
        with Directory.open(Path(folder), KEY) as directory:
            for query in queries:
                assert [one.id for one in directory.find(query, limit)] == searched_by_hand(subjects, query, limit), query


def test_words_that_are_common_together_but_never_in_this_order_cost_a_bounded_look(tmp_path: Path) -> None:
    many = 4 * MAX_LOOKED_AT
    path = build(tmp_path, [subject(number, f"农业合{number}业农", person_name="") for number in range(1, many + 1)])
    read: list[str] = []
    with Snapshot.open(path, KEY) as snapshot, snapshot.asking() as connection:
        connection.set_trace_callback(lambda sql: read.append(sql) if "person_name FROM subject WHERE row" in sql else None)
        assert find_rows(connection, "业农业合", 8) == []
        connection.set_trace_callback(None)
        assert find_rows(connection, f"农业合{many}业", 8) == [many]
    assert 0 < len(read) <= MAX_LOOKED_AT + 1
