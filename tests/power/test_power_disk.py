"""The disk is full or read-only: told as such, nothing written halfway, and the same request goes through when there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.domain.certificate import PaperOutcome
from kiosk.issuing.issuer import StoreUnavailable
from kiosk.issuing.ledger_issuer import LedgerIssuer
from support.builders import a_promise
from support.ledgers import open_issuer


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, leave_bytes: int = 0) -> Path:
    """Somebody else's file takes the rest of the disk."""
    junk = disk / "junk"
    with junk.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave_bytes))
    return junk


def refusal(issuer: LedgerIssuer, promise_id: str) -> str:
    with pytest.raises(StoreUnavailable) as caught:
        issuer.issue(a_promise(promise_id, copies=200))
    return caught.value.code


@pytest.mark.parametrize("leave_bytes", [0, 4096, 16_384, 40_960])
def test_issuing_on_a_full_disk_is_refused_whole_and_goes_through_when_there_is_room(disk: Path, leave_bytes: int) -> None:
    with open_issuer(disk) as issuer:
        first = issuer.issue(a_promise("first"))
        junk = fill(disk, leave_bytes)
        assert refusal(issuer, "second") == "diskFull"
        assert refusal(issuer, "second") == "diskFull"
        assert issuer.find(first.number) == first == issuer.issue(a_promise("first")), "a second tap is answered all the same"
        assert len(issuer.events_after(0, 9)) == 1
        junk.unlink()
        second = issuer.issue(a_promise("second", copies=200))
        assert (second.number.counter, len(second.labels)) == (2, 200)
        assert issuer.broken_audit_row() is None
        issuer.check_whole()
    with open_issuer(disk) as issuer:
        assert issuer.find(second.number) == second


def test_the_paper_under_way_when_the_disk_fills_is_asked_about_later(disk: Path) -> None:
    with open_issuer(disk) as issuer:
        made = issuer.issue(a_promise(copies=2))
        job = issuer.begin_print(made.number, 1, reprint=False)
        fill(disk)
        # What still finds room in the log may be written; the first that does not is refused as diskFull and nothing else.
        with pytest.raises(StoreUnavailable) as caught:
            for copy in range(500):
                issuer.give_up_copy(made.number, 2, "producer") if copy == 0 else issuer.allow_reprint(made.number, "湿了", "clerk")
        assert caught.value.code == "diskFull"
    (disk / "junk").unlink()
    with open_issuer(disk) as issuer:
        assert [item.job.job_id for item in issuer.unfinished() if item.job is not None] == [job.job_id]
        issuer.record_print(job.job_id, PaperOutcome.UNKNOWN)
        issuer.check_whole()


def test_a_ledger_on_a_disk_without_room_for_it_does_not_begin(disk: Path) -> None:
    fill(disk)
    with pytest.raises(StoreUnavailable) as caught:
        open_issuer(disk)
    assert caught.value.code == "diskFull"
    (disk / "junk").unlink()
    with open_issuer(disk) as issuer:
        assert issuer.issue(a_promise()).number.counter == 1


def test_a_read_only_disk_is_told_and_harms_nothing(disk: Path) -> None:
    with open_issuer(disk) as issuer:
        made = issuer.issue(a_promise())
    mount("-o", "remount,ro", str(disk))
    with pytest.raises(StoreUnavailable) as caught:
        open_issuer(disk)
    assert caught.value.code == "readOnly"
    mount("-o", "remount,rw", str(disk))
    with open_issuer(disk) as issuer:
        assert issuer.find(made.number) == made
