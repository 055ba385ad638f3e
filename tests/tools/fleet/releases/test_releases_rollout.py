"""A release goes to a few first, then to the rest, and stops on failures; each terminal gets the file that fits what it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row

from kiosk.wire.canonical import Json
from kiosk.wire.job import JobReport, JobStatus, read_job
from kiosk.wire.sync import FileKind
from support.centre import DATABASES, NOW, empty_store
from tools.fleet.area import Area
from tools.fleet.collector import jobs
from tools.fleet.releases import rollout
from tools.fleet.releases.publish import Published, Publisher
from tools.fleet.store.database import Store
from tools.fleet.store.schema import job, terminal
from tools.fleet.store.schema_release import rollout as rollouts
from tools.fleet.store.schema_release import rollout_job
from tools.fleet.store.states import State

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TAIGU, PROVINCE = Area("140703"), Area("14")


class Field:
    """Terminals that do what they are told, or fail."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.now = store, NOW
        self._publisher = Publisher(store, folder / "files", KEY, lambda: self.now, "tester")

    def add(self, count: int, county: str = "140703", has: int = 0, state: State = State.ISSUING, first: int = 1) -> None:
        rows = [
            {"code": f"{county}{number:04d}", "county": county, "state": state.value, "dir": has, "commissioned_at": NOW}
            for number in range(first, first + count)
        ]
        with self.store.writing() as tx:
            tx.execute(insert(terminal), rows)

    def publish(self, *names: str, area: Area = TAIGU) -> Published:
        place = {"county": "140703", "place": "晋中市太谷区明星镇南庄村"}
        lines = [
            {"put": {"id": int(name[1:]), "kind": "farmer", "status": "active", "name": name, "phone": "15400000000", **place}}
            for name in names
        ]
        return self._publisher.publish(FileKind.DIRECTORY, area, len(lines), lambda: lines)

    def start(self, version: int, pilot: int = 3, area: Area = TAIGU) -> int:
        with self.store.writing() as tx:
            return rollout.start(tx, FileKind.DIRECTORY, version, area, pilot, "tester", self.now)

    def step(self) -> int:
        self.now += timedelta(seconds=5)
        with self.store.writing() as tx:
            return rollout.advance(tx, KEY, self.now)

    def answer(self, status: JobStatus, code: str = "", most: int = 1000) -> int:
        """Terminals with open jobs tell how it went."""
        with self.store.writing() as tx:
            waiting = tx.execute(select(job).where(job.c.status.in_(jobs.OPEN)).order_by(job.c.id).limit(most)).all()
            for row in waiting:
                detail: dict[str, Json] = {"version": row.args["file"]["version"]} if not code else {"code": code}
                jobs.follow(tx, row.terminal, JobReport(id=row.id, status=status, detail=detail, at=self.now), self.now)
        return len(waiting)

    def stage(self, number: int) -> tuple[str, str]:
        with self.store.reading() as tx:
            row = tx.execute(select(rollouts.c.stage, rollouts.c.reason).where(rollouts.c.id == number)).one()
        return row.stage, row.reason

    def bases(self) -> list[int]:
        with self.store.reading() as tx:
            return sorted(tx.execute(select(rollout_job.c.base)).scalars())

    def having(self, version: int) -> int:
        with self.store.reading() as tx:
            return tx.execute(select(func.count()).select_from(terminal).where(terminal.c.dir == version)).scalar_one()

    def ordered(self) -> list[Row[tuple[str, str]]]:
        with self.store.reading() as tx:
            return list(tx.execute(select(job.c.terminal, job.c.document)))


@pytest.fixture(params=DATABASES)
def field(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Field]:
    with empty_store(request.param, tmp_path) as store:
        yield Field(store, tmp_path)


def test_a_few_come_first_and_the_rest_follows_when_they_have_it(field: Field) -> None:
    field.add(20)
    field.add(5, "140702")
    field.publish("A1", "A2")
    number = field.start(1)
    assert field.step() == 3
    assert field.step() == 0  # nobody else before they have answered
    field.answer(JobStatus.IN_PROGRESS)
    assert field.step() == 0
    field.answer(JobStatus.SUCCEEDED)
    assert field.step() == 17
    assert field.stage(number)[0] == "wide"
    field.answer(JobStatus.SUCCEEDED)
    assert field.step() == 0
    assert field.having(1) == 20
    for code, document in field.ordered():
        assert read_job(document.encode(), KEY.public_key(), code).arguments()


def test_the_first_failure_among_the_few_stops_everything_until_a_person_goes_on(field: Field) -> None:
    field.add(20)
    field.publish("A1")
    number = field.start(1)
    field.step()
    field.answer(JobStatus.SUCCEEDED, most=1)
    field.answer(JobStatus.FAILED, "badHash", most=1)
    assert field.step() == 0
    assert field.stage(number) == ("stopped", "pilotFailed")
    with field.store.reading() as tx:
        assert tx.execute(select(func.count()).where(job.c.status.in_(jobs.OPEN))).scalar() == 0
    assert field.step() == 0
    with field.store.writing() as tx:
        assert rollout.go_on(tx, number)
    assert field.step() == 2
    field.answer(JobStatus.SUCCEEDED)
    assert field.step() == 17


def test_too_many_failures_among_the_rest_stop_it(field: Field) -> None:
    field.add(30)
    field.publish("A1")
    number = field.start(1)
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    field.step()
    field.answer(JobStatus.FAILED, "disk", most=3)
    field.step()
    assert field.stage(number)[0] == "wide"
    field.answer(JobStatus.FAILED, "disk", most=1)
    field.step()
    assert field.stage(number) == ("stopped", "tooManyFailures")


def test_who_has_the_version_before_gets_the_difference_and_others_the_whole(field: Field) -> None:
    names = [f"A{number}" for number in range(1, 60)]
    field.publish(*names)
    field.publish(*names[:-1], "B77")
    field.add(4, has=1)
    field.add(2, has=0, first=50)
    field.start(2, pilot=1)
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    field.step()
    assert field.bases() == [0, 0, 1, 1, 1, 1]
    unfit = field.answer(JobStatus.FAILED, "otherBase")
    assert unfit == 5
    field.step()  # two of them had the whole already: those failures are real
    assert field.bases().count(0) == 2 + 3


def test_who_is_away_gets_it_when_it_is_back(field: Field) -> None:
    field.add(2)
    field.add(3, state=State.SILENT, first=10)
    field.publish("A1")
    number = field.start(1, pilot=5)
    assert field.step() == 2
    field.answer(JobStatus.SUCCEEDED)
    assert field.step() == 0
    assert field.stage(number)[0] == "wide"
    with field.store.reading() as tx:
        assert tx.execute(select(func.count()).where(terminal.c.desired_dir == 1)).scalar() == 5
    with field.store.writing() as tx:
        tx.execute(update(terminal).values(state=State.ISSUING.value))
    assert field.step() == 3


def test_a_job_that_timed_out_is_made_again(field: Field) -> None:
    field.add(1)
    field.publish("A1")
    field.start(1)
    field.step()
    field.now += rollout.JOB_LIFE + timedelta(hours=1)
    with field.store.writing() as tx:
        assert jobs.expire(tx, field.now, timedelta(minutes=5)) == 1
    assert field.step() == 1


def test_a_terminal_that_says_done_and_is_not_is_asked_again_after_a_day(field: Field) -> None:
    field.add(1)
    field.publish("A1")
    field.start(1)
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    with field.store.writing() as tx:
        tx.execute(update(terminal).values(dir=0))  # its disk went back
    assert field.step() == 0
    field.now += rollout.AGAIN_AFTER
    assert field.step() == 1


def test_what_everybody_has_already_waits_for_nobody_but_those_who_come_later(field: Field) -> None:
    field.add(2, has=1)
    field.publish("A1")
    number = field.start(1)
    assert field.step() == 0
    assert field.stage(number)[0] == "wide"
    field.add(1, first=9)
    assert field.step() == 1


def test_a_newer_version_takes_the_place_of_an_older_one(field: Field) -> None:
    field.add(5)
    field.publish("A1")
    older = field.start(1, pilot=1)
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    field.step()
    field.publish("A1", "A2")
    field.start(2, pilot=1)
    assert field.stage(older)[0] == "replaced"
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    field.step()
    field.answer(JobStatus.SUCCEEDED)
    assert field.having(2) == 5


def test_the_same_list_again_is_no_new_version(field: Field) -> None:
    assert field.publish("A1", "A2").is_new
    again = field.publish("A1", "A2")
    assert (again.is_new, again.release.version) == (False, 1)
    assert field.publish("A1", "A2", area=PROVINCE).release.version == 2  # versions rise over all areas
