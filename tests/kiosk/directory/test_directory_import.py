"""The import of a list: all of it or nothing, every fault with its place and reason, no ID number anywhere."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.directory.csv_source import Column, words
from kiosk.directory.files import snapshots
from kiosk.directory.ids import MAX_LISTED
from kiosk.directory.importing import Imported, Order, import_csv, write_report
from kiosk.directory.reader import Directory
from kiosk.directory.snapshot import Snapshot
from kiosk.domain.identity import id_number_hash
from kiosk.domain.subject import Place, Subject, SubjectKind, SubjectStatus
from kiosk.store.errors import StoreError
from kiosk.texts import Texts
from support.builders import NOON, TODAY
from support.registers import KEY, LOOKUP_KEY

TEXTS = Texts.load("directory")
HEADING = "名称,类别,统一社会信用代码,负责人,身份证号,手机,县区代码,产地,状态"
WANG_ID, ZHAO_ID = "14990219000101000X", "149900190001010007"
WANG = f"王建国,农户,,王建国,{WANG_ID},15400000001,140703,晋中市太谷区明星镇南庄村,正常"
COOPERATIVE = f"建国合作社,合作社,93140781MA0HNXA36C,王建国,{WANG_ID},15400000002,140703,明星镇南庄村,"


def write(folder: Path, *lines: str, heading: str = HEADING, encoding: str = "utf-8", end: str = "\r\n") -> Path:
    path = folder / "list.csv"
    path.write_bytes(end.join([heading, *lines, ""]).encode(encoding))
    return path


def order(folder: Path, **changes: object) -> Order:
    return replace(Order(folder / "directory", KEY, LOOKUP_KEY, TODAY, NOON), **changes)  # type: ignore[arg-type]


def imported(folder: Path, *lines: str, **changes: object) -> Imported:
    return import_csv(write(folder, *lines), order(folder, **changes))


def faults(folder: Path, *lines: str, **layout: str) -> list[tuple[int, str, str]]:
    result = import_csv(write(folder, *lines, **layout), order(folder))
    assert result.file is None
    assert snapshots(folder / "directory") == []
    for error in result.errors:
        assert error.reason(TEXTS) != f"import.error.{error.code}"
    return [(error.line, error.column.value if error.column else "", error.code) for error in result.errors]


def everybody(folder: Path) -> dict[str, Subject]:
    with Directory.open(folder / "directory", KEY) as directory:
        return {one.name: one for one, _ in directory.everybody()}


def test_a_right_list_becomes_the_directory(tmp_path: Path) -> None:
    result = imported(tmp_path, WANG, "", COOPERATIVE)
    assert (result.rows, result.added, result.updated, result.kept, result.errors) == (2, 2, 0, 0, ())
    person = id_number_hash(WANG_ID, LOOKUP_KEY)
    with Directory.open(tmp_path / "directory", KEY) as directory:
        farmer, cooperative = directory.by_person(person)
        assert farmer == Subject(
            id=farmer.id,
            kind=SubjectKind.FARMER,
            name="王建国",
            phone="15400000001",
            base=Place("140703", "晋中市太谷区明星镇南庄村"),
            person_name="王建国",
            person_hash=person,
            status=SubjectStatus.ACTIVE,
        )
        assert cooperative.credit_code == "93140781MA0HNXA36C"
        assert cooperative.base == farmer.base  # the county was only in its code
        assert all(0 < one.id <= MAX_LISTED for one in (farmer, cooperative))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_of_spreadsheets_are_found_out(tmp_path: Path, encoding: str, end: str) -> None:
    import_csv(write(tmp_path, WANG, COOPERATIVE, encoding=encoding, end=end), order(tmp_path))
    assert set(everybody(tmp_path)) == {"王建国", "建国合作社"}


def test_rare_characters_survive_gb18030(tmp_path: Path) -> None:
    import_csv(write(tmp_path, WANG.replace("王建国", "王𠮷㛃"), encoding="gb18030"), order(tmp_path))
    assert set(everybody(tmp_path)) == {"王𠮷㛃"}


def test_english_headings_other_orders_tabs_and_quotes_are_understood(tmp_path: Path) -> None:
    heading = "place\tphone\tkind\tName\tperson_name\tid_number"
    line = f'"晋中市太谷区\n明星镇南庄村"\t="15400000001"\tfarmer\t王建国\t王建国\t\'{WANG_ID.lower()}'
    import_csv(write(tmp_path, line, heading=heading), order(tmp_path))
    found = everybody(tmp_path)["王建国"]
    assert (found.phone, found.base) == ("15400000001", Place("140703", "晋中市太谷区明星镇南庄村"))
    assert found.person_hash == id_number_hash(WANG_ID, LOOKUP_KEY)


def test_columns_that_are_not_understood_are_named(tmp_path: Path) -> None:
    result = import_csv(write(tmp_path, f"1,{WANG},无", heading=f"序号,{HEADING},备注"), order(tmp_path))
    assert result.unused == ("序号", "备注")
    assert result.file is not None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({Column.NAME: ""}, [("name", "missing")]),
        ({Column.NAME: "王"}, [("name", "notAName")]),
        ({Column.NAME: "王" * 61}, [("name", "tooLong")]),
        ({Column.NAME: "王\x07国"}, [("name", "badCharacter")]),
        ({Column.KIND: "大户人家"}, [("kind", "unknownWord")]),
        ({Column.STATUS: "还行"}, [("status", "unknownWord")]),
        ({Column.KIND: "企业"}, [("credit_code", "codeNeeded")]),
        ({Column.CREDIT_CODE: "93140781MA0HNXA36D"}, [("credit_code", "creditCode.checkDigit")]),
        ({Column.CREDIT_CODE: "93140781MA0HNXA3I6"}, [("credit_code", "creditCode.character")]),
        ({Column.CREDIT_CODE: "9314"}, [("credit_code", "creditCode.length")]),
        ({Column.ID_NUMBER: "149902190001010001"}, [("id_number", "idNumber.checkDigit")]),
        ({Column.ID_NUMBER: "14990219000230000X"}, [("id_number", "idNumber.date")]),
        ({Column.ID_NUMBER: "14990220990101000X"}, [("id_number", "idNumber.date")]),
        ({Column.ID_NUMBER: "1499021900010100"}, [("id_number", "idNumber.length")]),
        ({Column.ID_NUMBER: "14990219000101O00X"}, [("id_number", "idNumber.character")]),
        ({Column.ID_NUMBER: "1.49902E+17"}, [("id_number", "spreadsheet")]),
        ({Column.ID_NUMBER: ""}, [("id_number", "personNeeded")]),
        ({Column.PERSON_NAME: ""}, [("person_name", "idCount"), ("id_number", "personNeeded")]),
        ({Column.PERSON_NAME: "王建国、赵四"}, [("person_name", "idCount")]),
        ({Column.PHONE: ""}, [("phone", "missing")]),
        ({Column.PHONE: "1540000"}, [("phone", "phone.length")]),
        ({Column.PHONE: "打给我"}, [("phone", "phone.character")]),
        ({Column.PHONE: "15400000001.0"}, [("phone", "spreadsheet")]),
        ({Column.COUNTY: "149999"}, [("county", "countyUnknown")]),
        ({Column.COUNTY: "140727"}, [("county", "countyOther")]),
        ({Column.COUNTY: "", Column.PLACE: "明星镇南庄村"}, [("county", "countyOpen")]),
        ({Column.PLACE: ""}, [("place", "missing")]),
        ({Column.PLACE: "晋中市太谷区"}, [("place", "notAPlace")]),
        (
            {Column.NAME: "", Column.PHONE: "1", Column.KIND: "?"},
            [("kind", "unknownWord"), ("name", "missing"), ("phone", "phone.length")],
        ),
    ],
)
def test_every_fault_of_a_line_is_told_with_its_column(
    tmp_path: Path, cells: dict[Column, str], expected: list[tuple[str, str]]
) -> None:
    columns = [
        Column.NAME,
        Column.KIND,
        Column.CREDIT_CODE,
        Column.PERSON_NAME,
        Column.ID_NUMBER,
        Column.PHONE,
        Column.COUNTY,
        Column.PLACE,
        Column.STATUS,
    ]
    right = dict(zip(columns, WANG.split(","), strict=True))
    line = ",".join({**right, **cells}[column] for column in columns)
    other = COOPERATIVE.replace(WANG_ID, ZHAO_ID).replace("王建国", "赵四")
    assert sorted(faults(tmp_path, other, line)) == sorted((3, column, code) for column, code in expected)


def test_a_list_as_a_whole_can_be_wrong(tmp_path: Path) -> None:
    assert faults(tmp_path, heading="名称,类别,名称") == [
        (1, "name", "columnTwice"),
        (1, "phone", "columnMissing"),
        (1, "place", "columnMissing"),
    ]
    assert faults(tmp_path) == [(0, "", "noRows")]
    assert faults(tmp_path, "a,b") == [(2, "", "cells")]
    assert faults(tmp_path, '"王建国' + WANG) == [(2, "", "csv")]
    (tmp_path / "list.csv").write_bytes(b"")
    assert [error.code for error in import_csv(tmp_path / "list.csv", order(tmp_path)).errors] == ["empty"]
    (tmp_path / "list.csv").write_bytes(HEADING.encode("utf-16"))
    assert [error.code for error in import_csv(tmp_path / "list.csv", order(tmp_path)).errors] == ["encoding"]


def test_the_same_subject_twice_is_told_with_the_first_line(tmp_path: Path) -> None:
    other_name = COOPERATIVE.replace("建国合作社", "国建合作社")
    assert faults(tmp_path, WANG, COOPERATIVE, "", WANG, other_name) == [
        (5, "name", "personTwice"),
        (6, "credit_code", "codeTwice"),
    ]
    (error, _) = import_csv(write(tmp_path, WANG, COOPERATIVE, "", WANG, other_name), order(tmp_path)).errors
    assert error.sentence(TEXTS) == "第 5 行，名称：和第 2 行是同一个人、同一个名称。"


@pytest.mark.parametrize("number", ["142421196804123019", "820000199001010010", "932682198501010017", "CHN140123456789"])
def test_former_prefixes_permits_and_foreigners_are_people_too(tmp_path: Path, number: str) -> None:
    result = imported(tmp_path, WANG.replace(WANG_ID, _with_check_digit(number)))
    assert result.errors == ()


def test_an_address_with_a_former_county_is_printed_with_its_present_name(tmp_path: Path) -> None:
    imported(tmp_path, WANG.replace("140703,晋中市太谷区", ",太谷县"))
    assert everybody(tmp_path)["王建国"].base == Place("140703", "晋中市太谷区明星镇南庄村")


def test_codes_of_village_bodies_pass(tmp_path: Path) -> None:
    result = imported(tmp_path, COOPERATIVE.replace("93140781MA0HNXA36C", _code("N2140703MF0000001")))
    assert result.errors == ()


def test_several_persons_may_promise(tmp_path: Path) -> None:
    imported(tmp_path, COOPERATIVE.replace("王建国,", "王建国、赵四,").replace(WANG_ID, f"{WANG_ID}；{ZHAO_ID}"))
    with Directory.open(tmp_path / "directory", KEY) as directory:
        for number in (WANG_ID, ZHAO_ID):
            assert [one.person_name for one in directory.by_person(id_number_hash(number, LOOKUP_KEY))] == ["王建国"]


def test_one_fault_in_the_last_line_leaves_the_directory_as_it_was(tmp_path: Path) -> None:
    imported(tmp_path, WANG)
    before = snapshots(tmp_path / "directory")
    content = before[0].path.read_bytes()
    result = imported(tmp_path, COOPERATIVE, WANG.replace("农户", "?"))
    assert (result.file, len(result.errors)) == (None, 1)
    assert snapshots(tmp_path / "directory") == before
    assert before[0].path.read_bytes() == content
    assert {path.name for path in (tmp_path / "directory").iterdir()} == {"directory-1.db", "directory.owner"}


def test_a_check_builds_nothing(tmp_path: Path) -> None:
    result = imported(tmp_path, WANG, check_only=True)
    assert (result.rows, result.errors, result.file) == (1, (), None)
    assert snapshots(tmp_path / "directory") == []


def test_a_second_list_updates_adds_and_keeps(tmp_path: Path) -> None:
    imported(tmp_path, WANG, COOPERATIVE)
    ids = {name: one.id for name, one in everybody(tmp_path).items()}
    moved = WANG.replace("15400000001", "15400000009")
    renamed = COOPERATIVE.replace("建国合作社", "建国蔬菜合作社")
    zhao = WANG.replace("王建国", "赵四").replace(WANG_ID, ZHAO_ID)
    result = imported(tmp_path, moved, zhao)
    assert (result.added, result.updated, result.kept) == (1, 1, 1)
    result = imported(tmp_path, renamed)
    assert (result.added, result.updated, result.kept) == (0, 1, 2)
    now = everybody(tmp_path)
    assert {name: one.id for name, one in now.items()} == {
        "王建国": ids["王建国"],
        "建国蔬菜合作社": ids["建国合作社"],
        "赵四": now["赵四"].id,
    }
    assert now["王建国"].phone == "15400000009"


def test_a_list_that_replaces_drops_the_others_and_keeps_ids(tmp_path: Path) -> None:
    imported(tmp_path, WANG, COOPERATIVE)
    wang = everybody(tmp_path)["王建国"].id
    result = imported(tmp_path, WANG, replace=True)
    assert (result.added, result.updated, result.kept) == (0, 1, 0)
    assert {name: one.id for name, one in everybody(tmp_path).items()} == {"王建国": wang}


def test_persons_of_kept_subjects_stay(tmp_path: Path) -> None:
    imported(tmp_path, COOPERATIVE.replace("王建国,", "王建国、赵四,").replace(WANG_ID, f"{WANG_ID}、{ZHAO_ID}"))
    imported(tmp_path, WANG)
    with Directory.open(tmp_path / "directory", KEY) as directory:
        assert [one.name for one in directory.by_person(id_number_hash(ZHAO_ID, LOOKUP_KEY))] == ["建国合作社"]
        assert {one.name for one in directory.by_person(id_number_hash(WANG_ID, LOOKUP_KEY))} == {"建国合作社", "王建国"}


def test_ids_of_the_list_are_kept_and_ids_of_ours_are_the_same_everywhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        imported(folder, COOPERATIVE, WANG)
    assert {one.id for one in everybody(here).values()} == {one.id for one in everybody(there).values()}
    heading = HEADING + ",编号"
    import_csv(write(here, WANG + ",417", heading=heading), order(here))
    assert everybody(here)["王建国"].id == 417
    assert len(everybody(here)) == 2
    for wrong, code in (("0", "badId"), ("x", "badId"), (str(2**39), "badId")):
        assert [e.code for e in import_csv(write(here, f"{WANG},{wrong}", heading=heading), order(here)).errors] == [code]
    twice = import_csv(write(here, WANG + ",5", COOPERATIVE + ",5", heading=heading), order(here))
    assert [error.code for error in twice.errors] == ["idTwice"]


def test_a_directory_of_another_key_is_not_replaced(tmp_path: Path) -> None:
    imported(tmp_path, WANG)
    for replaces in (False, True):
        with pytest.raises(StoreError, match="keyWrong"):
            imported(tmp_path, WANG, key=b"x" * 32, replace=replaces)
    assert len(snapshots(tmp_path / "directory")) == 1


def test_a_damaged_directory_is_only_replaced_on_demand(tmp_path: Path) -> None:
    imported(tmp_path, WANG, COOPERATIVE)
    path = snapshots(tmp_path / "directory")[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        imported(tmp_path, WANG)
    assert imported(tmp_path, WANG, replace=True).file is not None
    assert set(everybody(tmp_path)) == {"王建国"}


def test_an_id_number_is_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path, WANG, COOPERATIVE)
    bad = [WANG.replace("农户", "?"), COOPERATIVE.replace("合作社,9", "?,9"), WANG.replace(WANG_ID, WANG_ID[:-1] + "5")]
    result = imported(tmp_path, *bad)
    write_report(result.errors, tmp_path / "report.csv", TEXTS)
    with Snapshot.open(snapshots(tmp_path / "directory")[0].path, KEY) as snapshot, snapshot.asking() as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'inside'")
        ]
        dump = "\n".join(repr(row) for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))
    said = [dump, repr(result), (tmp_path / "report.csv").read_text(encoding="utf-8-sig"), *capfd.readouterr()]
    assert "王建国" in dump
    assert repr(id_number_hash(WANG_ID, LOOKUP_KEY)) in dump
    for text in said:
        assert WANG_ID[:-1] not in text


def test_the_report_is_a_list_of_lines_columns_and_reasons(tmp_path: Path) -> None:
    result = imported(tmp_path, WANG.replace("农户", "?"), "a,b")
    write_report(result.errors, tmp_path / "report.csv", TEXTS)
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["行", "列", "原因"]
    assert [row[:2] for row in rows[1:]] == [["2", "类别"], ["3", ""]]
    assert rows[1][2].startswith("不认识这个词")


def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    path = write(tmp_path, WANG, COOPERATIVE)
    import_csv(path, order(tmp_path), lambda *at: told.append(at))
    assert told[-1] == (path.stat().st_size, path.stat().st_size, 2)


def test_words_of_lists_mean_one_thing_each() -> None:
    for table in words().values():
        known = [word.lower() for row in table.values() for word in row]
        assert len(known) == len(set(known))
    assert set(words()["columns"]) == {column.value for column in Column}
    assert set(words()["kinds"]) == {kind.value for kind in SubjectKind}
    assert set(words()["statuses"]) == {status.value for status in SubjectStatus}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300) | st.text("王建国,\"'\n\r\t农户123;:X", max_size=200).map(lambda text: f"{HEADING}\n{text}".encode())
)
def test_no_file_breaks_the_import(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    result = import_csv(path, order(tmp_path, check_only=True))
    assert result.errors
    for error in result.errors:
        assert error.sentence(TEXTS)


def _with_check_digit(number: str) -> str:
    from stdnum.cn import ric

    return number if number[0].isalpha() else number[:17] + ric.calc_check_digit(number)


def _code(front: str) -> str:
    from stdnum.cn import uscc

    return front + str(uscc.calc_check_digit(front))
