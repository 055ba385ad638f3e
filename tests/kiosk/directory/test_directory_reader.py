"""The directory's files: encrypted, switched whole, fallen back from, read by two threads."""

from __future__ import annotations

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kiosk.directory.build import SnapshotBuilder, build_directory
from kiosk.directory.files import snapshots
from kiosk.directory.places import TownVillage
from kiosk.directory.reader import Directory
from kiosk.directory.snapshot import Snapshot
from kiosk.domain.subject import Place, SubjectId, SubjectStatus
from kiosk.store.database import WHOLE_CHECK_BYTES
from kiosk.store.errors import StoreError
from support.builders import NOON, a_subject
from support.registers import KEY, build, subject

WANG, LI = subject(1, "王建国"), subject(2, "李长乐", status=SubjectStatus.SUSPENDED)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [json.loads(record.message)["event"] for record in caplog.records if record.name == "kiosk"]


def names(directory: Directory) -> list[str]:
    return [one.name for one in directory.find("王")]


def test_every_field_comes_back(tmp_path: Path) -> None:
    whole = a_subject(status=SubjectStatus.PROVISIONAL)
    build(tmp_path, [whole, WANG, LI])
    with Directory.open(tmp_path, KEY) as directory:
        assert [directory.get(one.id) for one in (whole, WANG, LI)] == [whole, WANG, LI]
        assert directory.get(SubjectId(99)) is None
        assert (directory.number, directory.count) == (1, 3)
        assert [one for one, _ in directory.everybody()] == [whole, WANG, LI]


def test_several_persons_may_promise_for_one_subject_and_one_person_for_several(tmp_path: Path) -> None:
    both, other = b"p" * 32, b"q" * 32
    build_directory(tmp_path, KEY, [(WANG, (both, other)), (LI, (both,)), (subject(3, "无名", person_hash=b""), ())])
    with Directory.open(tmp_path, KEY) as directory:
        assert list(directory.by_person(both)) == [WANG, LI]
        assert list(directory.by_person(other)) == [WANG]
        assert list(directory.by_person(LI.person_hash)) == [LI]
        assert list(directory.by_person(b"")) == []
        assert dict(directory.everybody())[WANG] == (both, other)


def test_no_plain_byte_of_a_subject_reaches_the_disk(tmp_path: Path) -> None:
    with SnapshotBuilder(tmp_path, KEY) as builder:
        for number in range(1, 5001):
            builder.add(subject(number, "王建国太谷区明星镇"))
        during = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        path = builder.finish(NOON)
    for seen in (during, path.read_bytes()):
        assert len(seen) > 100_000
        assert "王建国太".encode() not in seen
        assert b"initials_key" not in seen
    assert path.stat().st_mode & 0o027 == 0  # the users of its group read it, nobody else
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT * FROM subject")


def test_a_new_directory_is_taken_over_by_the_next_question_and_one_old_file_stays(tmp_path: Path) -> None:
    build(tmp_path, [WANG])
    with Directory.open(tmp_path, KEY) as directory:
        assert names(directory) == ["王建国"]
        for number in range(2, 5):
            build(tmp_path, [subject(number, f"王{number}号")])
            assert names(directory) == [f"王{number}号"]
    assert [file.number for file in snapshots(tmp_path)] == [4, 3]


def test_without_a_directory_nobody_is_found_and_the_log_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "kiosk")
    with Directory.open(tmp_path / "nowhere", KEY) as directory:
        assert names(directory) == []
        assert directory.get(WANG.id) is None
        assert list(directory.everybody()) == []
        assert events(caplog) == ["directory-missing"]
        build(tmp_path / "nowhere", [WANG])
        assert names(directory) == ["王建国"]


def test_a_wrong_key_opens_nothing_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = build(tmp_path, [WANG])
    with Directory.open(tmp_path, b"x" * 32) as directory:
        assert names(directory) == []
    assert events(caplog) == ["directory-refused", "directory-missing"]
    assert "keyWrong" in caplog.text
    with pytest.raises(StoreError, match="keyWrong"):
        Snapshot.open(path, b"x" * 32)
    with pytest.raises(StoreError, match="keyMissing"):
        Snapshot.open(path, b"short")


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "plain"])
def test_a_damaged_file_is_left_for_the_older_one(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    build(tmp_path, [WANG])
    path = build(tmp_path, [LI])
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "cut": whole[: middle // 4096 * 4096],
            "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "emptied": b"",
            "plain": b"SQLite format 3\x00" + bytes(4080),
        }[damage]
    )
    with Directory.open(tmp_path, KEY) as directory:
        assert directory.number == 1
        assert names(directory) == ["王建国"]
        assert directory.find("王") == directory.find("王建国")
    assert events(caplog) == ["directory-refused"]
    build(tmp_path, [subject(9, "王新")])
    with Directory.open(tmp_path, KEY) as directory:
        assert (directory.number, names(directory)) == (3, ["王新"])


def test_damage_that_a_question_meets_makes_the_same_question_go_to_the_older_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [WANG])
    path = build(tmp_path, [subject(number, f"王{number}", phone=f"1540{number:07d}") for number in range(1, 3001)])
    monkeypatch.setattr("kiosk.directory.snapshot.WHOLE_CHECK_BYTES", 0)  # as for a large file
    whole = bytearray(path.read_bytes())
    for page in range(12, len(whole) // 4096):
        whole[page * 4096 + 100] ^= 0xFF
    path.write_bytes(whole)
    with Directory.open(tmp_path, KEY) as directory:
        assert directory.number == 2
        assert names(directory) == ["王建国"]
        assert directory.number == 1
        assert directory.get(WANG.id) == WANG
    assert events(caplog) == ["directory-refused"]
    assert WHOLE_CHECK_BYTES > 0


def test_a_file_of_another_format_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, [WANG])
    monkeypatch.setattr("kiosk.directory.snapshot.FORMAT", 99)
    with Directory.open(tmp_path, KEY) as directory:
        assert directory.number == 0


def test_a_builder_that_gives_up_leaves_the_old_directory_and_no_rest(tmp_path: Path) -> None:
    build(tmp_path, [WANG])
    with pytest.raises(ValueError, match="same id"):
        build(tmp_path, [LI, LI])
    with pytest.raises(RuntimeError), SnapshotBuilder(tmp_path, KEY) as builder:
        builder.add(LI)
        raise RuntimeError
    assert sorted(path.name for path in tmp_path.iterdir()) == ["directory-1.db", "directory.owner"]


def test_two_builders_do_not_meet(tmp_path: Path) -> None:
    with SnapshotBuilder(tmp_path, KEY), pytest.raises(StoreError, match="owned"):
        build(tmp_path, [WANG])


def test_a_full_disk_is_told_and_the_old_directory_stays(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.strip()}")
    try:
        build(disk, [WANG])
        with pytest.raises(StoreError, match="diskFull"):
            build(disk, [subject(number, f"王{number}号") for number in range(1, 20_001)])
        assert sorted(path.name for path in disk.iterdir()) == ["directory-1.db", "directory.owner"]
        with Directory.open(disk, KEY) as directory:
            assert names(directory) == ["王建国"]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


BUILDER = """
import sys
from pathlib import Path
from support.registers import KEY, subject
from kiosk.directory.build import build_directory
folder, start = Path(sys.argv[1]), int(sys.argv[2])
for turn in range(start, start + 1000):
    build_directory(folder, KEY, ((subject(n, f"王{turn}号"), ()) for n in range(1, 40)))
    print(turn, flush=True)
"""


def test_kill_9_of_a_builder_at_any_moment_leaves_one_whole_directory(tmp_path: Path) -> None:
    build(tmp_path, [subject(n, "王0号") for n in range(1, 40)])
    seen: set[str] = set()
    with Directory.open(tmp_path, KEY) as directory:
        for attempt in range(8):
            builder = subprocess.Popen(
                [sys.executable, "-c", BUILDER, str(tmp_path), str(1000 * attempt)],
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            assert builder.stdout is not None
            builder.stdout.readline()
            until = time.monotonic() + 0.004 * attempt  # from its first directory on, a different moment of the next one each time
            while time.monotonic() < until:
                seen.update(_whole(directory))
            builder.send_signal(signal.SIGKILL)
            builder.wait()
            builder.stdout.close()
            seen.update(_whole(directory))
            with Directory.open(tmp_path, KEY) as fresh:
                assert fresh.number == snapshots(tmp_path)[0].number
                assert len(_whole(fresh)) == 1
    assert len(seen) >= 8
    build(tmp_path, [WANG])
    assert {path.suffix for path in tmp_path.iterdir()} == {".db", ".owner"}  # what the dead left is gone


def _whole(directory: Directory) -> set[str]:
    """Every question of the 39 subjects is answered from one directory."""
    found = directory.find("王", limit=50)
    assert len(found) == 39
    return {one.name for one in found}


def test_two_threads_ask_while_directories_change(tmp_path: Path) -> None:
    build(tmp_path, [WANG])
    wrong: list[object] = []
    stop = threading.Event()

    def ask(directory: Directory) -> None:
        while not stop.is_set():
            if directory.get(WANG.id) != WANG or list(directory.find("王建")) != [WANG]:
                wrong.append(directory.number)

    with Directory.open(tmp_path, KEY) as directory:
        threads = [threading.Thread(target=ask, args=(directory,), name=f"kiosk-test-{n}") for n in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(15):
            build(tmp_path, [WANG, LI])
        stop.set()
        for thread in threads:
            thread.join()
        assert directory.find("王") and directory.number == 16
    assert not wrong
    assert list(directory.find("王")) == []  # closed


def test_bases_of_a_county_come_with_the_commonest_first(tmp_path: Path) -> None:
    bases = [
        "晋中市太谷区明星镇南庄村",
        "晋中市太谷区明星镇南庄村",
        "晋中市太谷区北洸镇东村",
        "晋中市太谷区",
        "晋中市祁县东观镇西村",
    ]
    counties = ["140703", "140703", "140703", "140703", "140727"]
    build(
        tmp_path, [subject(n, f"王{n}号", base=Place(*place)) for n, place in enumerate(zip(counties, bases, strict=True), start=1)]
    )
    with Directory.open(tmp_path, KEY) as directory:
        assert list(directory.places_in("140703")) == [TownVillage("明星镇", "南庄村"), TownVillage("北洸镇", "东村")]
        assert list(directory.places_in("140703", limit=1)) == [TownVillage("明星镇", "南庄村")]
        assert list(directory.places_in("149999")) == []
