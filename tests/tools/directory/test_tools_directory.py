"""The command line of the register, and the invented people: right numbers, nobody real."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from kiosk.directory.divisions import load_divisions
from kiosk.directory.places import split_place
from kiosk.directory.reader import Directory
from kiosk.domain.identity import id_number_hash, parse_credit_code, parse_id_number, parse_phone
from kiosk.domain.subject import SubjectKind
from support.builders import TODAY
from tools.directory.command import main
from tools.directory.fill import fill
from tools.directory.invent import invent

STATION = """
[station]
name = "太谷区明星镇农产品服务站"
county = "140703"
terminal = "1407030031"
host = "q.sxnc.cn"
clerk_pin = "271828"
[paths]
state = "state"
secrets = "secrets"
keys = "keys.json"
directory = "directory"
"""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    for name in ("directory", "lookup"):
        key = tmp_path / "secrets" / f"{name}.key"
        key.write_bytes(name.encode().ljust(32))
        key.chmod(0o600)
    file = tmp_path / "station.toml"
    file.write_text(STATION, encoding="utf-8")
    return file


def key_of(station: Path, name: str) -> bytes:
    return (station.parent / "secrets" / f"{name}.key").read_bytes()


def test_invented_numbers_are_right_and_nobody_has_them() -> None:
    rows = list(invent(20_000))
    numbers = [person.id_number for row in rows for person in row.persons]
    for number in numbers:
        assert parse_id_number(number, TODAY) == number
        assert number.startswith("1499")  # no county
        assert date(1900, 1, 1) <= date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}") < date(1906, 1, 1)
    for row in rows:
        assert parse_phone(row.phone).startswith("1540")
        assert (row.credit_code == "") == (row.kind in (SubjectKind.FARMER, SubjectKind.PURCHASER_PERSON))
        if row.credit_code:
            assert parse_credit_code(row.credit_code)[8:10] == "YY"
    assert len({(row.name, row.persons[0].id_number) for row in rows}) == len(rows)
    assert len({row.phone for row in rows}) == len(rows)
    codes = [row.credit_code for row in rows if row.credit_code]
    assert len(set(codes)) == len(codes)
    assert any(code.startswith("N2") for code in codes)
    assert any(len(row.persons) > 1 for row in rows)
    assert Counter(numbers).most_common(1)[0][1] > 1  # somebody promises for two


def test_invented_subjects_are_spread_over_every_county_down_to_the_village() -> None:
    divisions = load_divisions()
    rows = list(invent(2 * 117))
    assert Counter(row.county for row in rows) == {county.code: 2 for county in divisions.counties()}
    for row in rows:
        parts = split_place(row.place, divisions)
        assert parts.county == divisions.county(row.county)
        assert parts.town
        assert parts.village.endswith("村")


def test_a_seed_gives_the_same_rows_whatever_the_count() -> None:
    assert list(islice(invent(500, seed=3), 50)) == list(invent(50, seed=3))
    assert list(invent(50, seed=3)) != list(invent(50, seed=4))


def test_a_generated_list_imports_and_is_the_same_as_what_is_built_directly(
    station: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = station.parent
    assert main(["generate", "--count", "300", "--out", str(folder / "list.csv")]) == 0
    with (folder / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    assert main(["import", str(folder / "list.csv"), "--station", str(station)]) == 0
    assert "新增 300 个" in capsys.readouterr().out
    fill(folder / "built", key_of(station, "directory"), key_of(station, "lookup"), 300)
    with (
        Directory.open(folder / "directory", key_of(station, "directory")) as imported,
        Directory.open(folder / "built", key_of(station, "directory")) as built,
    ):
        assert list(imported.everybody()) == list(built.everybody())
        person = id_number_hash(rows[0]["身份证号"], key_of(station, "lookup"))
        assert [one.name for one in imported.by_person(person)] == [rows[0]["名称"]]


def test_errors_are_told_and_reported_and_nothing_is_imported(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = station.parent
    main(["generate", "--count", "60", "--out", str(folder / "list.csv")])
    text = (folder / "list.csv").read_text(encoding="utf-8-sig").replace(",农户,", ",大户,")
    (folder / "list.csv").write_text(text, encoding="gb18030")
    faults = text.count(",大户,")
    assert main(["import", str(folder / "list.csv"), "--station", str(station)]) == 1
    said = capsys.readouterr().err
    assert "行，类别：不认识这个词，请填：企业、合作社" in said
    assert f"有 {faults} 处错误，一条也没有导入" in said
    assert f"还有 {faults - 20} 处" in said
    with (folder / "list-错误清单.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == faults + 1
    assert not list(folder.glob("directory/directory-*"))


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda folder: (folder / "secrets" / "lookup.key").unlink(), "没有找到密钥文件"),
        (lambda folder: (folder / "secrets" / "directory.key").chmod(0o644), "chmod 600"),
        (lambda folder: (folder / "list.csv").unlink(), "打不开文件"),
        (lambda folder: fill(folder / "directory", b"x" * 32, b"y" * 32, 5), "不是一对"),
        (lambda folder: (folder / "station.toml").unlink(), "没有找到站点文件"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_sentence(
    station: Path, capsys: pytest.CaptureFixture[str], prepare: object, sentence: str
) -> None:
    folder = station.parent
    main(["generate", "--count", "5", "--out", str(folder / "list.csv")])
    prepare(folder)  # type: ignore[operator]
    assert main(["import", str(folder / "list.csv"), "--station", str(station)]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_the_module_runs_and_shows_progress(station: Path) -> None:
    command = [sys.executable, "-m", "tools.directory", "build", "--count", "50", "--station", str(station)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert "已写 50 / 50 个主体" in done.stderr
    assert "名录建好了" in done.stdout
    with Directory.open(station.parent / "directory", key_of(station, "directory")) as directory:
        assert directory.count == 50
