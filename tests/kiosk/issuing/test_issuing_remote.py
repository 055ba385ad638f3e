"""The issuer as a process of its own: the app sees what it would see in one process, whenever and however the issuer dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.agent.door import DoorSource
from kiosk.agent.source import SourceUnavailable
from kiosk.config import StationConfig, load_station
from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import Status, verify_url
from kiosk.directory.reader import Directory
from kiosk.domain.certificate import PaperAnswer, PaperOutcome, beijing_date
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Registration, Subject, SubjectId, SubjectKind
from kiosk.issuing.clock import SystemClock
from kiosk.issuing.issuer import ISSUER_AWAY, Refused, StoreUnavailable
from kiosk.issuing.listener import peer_user
from kiosk.issuing.remote import RemoteIssuer
from kiosk.wire.canonical import canonical_json
from kiosk.wire.issuer_rpc import MAX_ASK_BYTES, MAX_REPLY_BYTES, Ask, FailureKind, Frame, FrameReader, Reply
from support import builders as b
from support.issuers import ROOT, IssuerProcess, remote_station

PERSON = Registration(SubjectKind.FARMER, "李秀英", "李秀英", b"k" * 32, "13800000999", b.VILLAGE)


@pytest.fixture
def station(tmp_path: Path) -> StationConfig:
    return remote_station(tmp_path / "s")


@pytest.fixture
def start(tmp_path: Path, station: StationConfig) -> Iterator[Callable[..., IssuerProcess]]:
    begun: list[IssuerProcess] = []

    def make(moment: str = "", call: str = "") -> IssuerProcess:
        process = IssuerProcess(tmp_path / "s", moment, call)
        begun.append(process)
        process.start()
        return process

    yield make
    for process in begun:
        process.kill()


@pytest.fixture
def far(tmp_path: Path, station: StationConfig) -> Iterator[RemoteIssuer]:
    issuer = RemoteIssuer(tmp_path / "s" / "issuer" / "issuer.sock", demo=True, patience_s=15)
    yield issuer
    issuer.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssuerProcess]:
    """One process for questions that leave it as it was."""
    folder = tmp_path_factory.mktemp("standing") / "s"
    remote_station(folder)
    process = IssuerProcess(folder)
    process.start()
    yield process
    assert process.end() == 0


@pytest.fixture
def near(standing: IssuerProcess) -> Iterator[RemoteIssuer]:
    issuer = RemoteIssuer(standing.path, demo=True)
    yield issuer
    issuer.close()


def known(config: StationConfig) -> Subject:
    with Directory.open(config.paths.directory, (config.paths.secrets / "directory.key").read_bytes()) as directory:
        return next(iter(directory.find("建国")))


def promise_of(config: StationConfig, promise_id: str = "", copies: int = 1) -> Promise:
    now = SystemClock().read().now
    evidence = b.Confirmation(b.EvidenceLevel.CARD, "2026-02", "T2026-02", now, b.INK)
    return b.a_promise(promise_id or uuid.uuid4().hex, copies=copies, subject=known(config), confirmation=evidence)


def test_what_a_visit_needs_is_answered_as_in_one_process(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    process = start()
    made = promise_of(station, copies=2)
    assert far.clock_problem() == "" and far.last_counter() == 0 and far.last_issued_at() is None
    certificate = far.issue(made)
    assert certificate.promise == made and certificate.number.counter == 1 and certificate.demo
    keys = load_key_list(station.paths.keys)
    for label in certificate.labels:
        assert verify_url(label.url, keys, SystemClock().read().now).status is Status.VALID
    assert far.issue(made) == certificate == far.find(certificate.number)
    job = far.begin_print(certificate.number, 1, reprint=False)
    assert not job.reprint and [item.copy for item in far.unfinished()] == [2]
    far.record_print(job.job_id, PaperOutcome.CONFIRMED, layout_version="1", font_digest="f")
    far.give_up_copy(certificate.number, 2, "producer")
    assert far.unfinished() == []
    [row] = far.today(beijing_date(certificate.issued_at))
    assert (row.number, row.printed) == (certificate.number, 1)
    assert far.habits(made.subject.id).products == (made.product.id,)
    assert far.last_issued_at() == certificate.issued_at and far.last_counter() == 1
    assert far.register(PERSON) == far.register(PERSON) == far.registered(PERSON.person_hash)[0]
    assert [found.name for found in far.registered_by_phone(PERSON.phone)] == [PERSON.name]
    far.set_pin(made.subject.id, "482913", "clerk")
    assert far.check_pin(made.subject.id, "482913") and not far.check_pin(made.subject.id, "000000")
    assert far.check_pin(SubjectId(0), station.station.clerk_pin)
    far.keep_check({"part": "scale"}, "technician")
    assert far.allow_reprint(certificate.number, "标签弄湿了", "clerk") == certificate
    assert far.begin_print(certificate.number, 1, reprint=True).reprint
    void = far.void(certificate.number, "写错了", "clerk")
    assert void.void_reason == "写错了" and len(far.voids()) == 1
    far.check_whole()
    assert far.broken_audit_row() is None and far.ledger_bytes() > 0
    assert process.end() == 0
    assert not process.path.exists()


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda far, made: far.issue(b.a_promise("b" * 32, subject=b.a_subject(id=SubjectId(999_999)))), "subjectUnknown"),
        (lambda far, made: far.issue(b.a_promise("b" * 32, subject=made.subject, phone="1")), "promise:phone"),
        (lambda far, made: (far.issue(made), far.issue(b.a_promise(made.promise_id))), "promise:confirmation"),
        (lambda far, made: far.find(CertificateNumber("1407030031", 7)), "notFound"),
        (lambda far, made: far.begin_print(CertificateNumber("1407030031", 7), 1, reprint=False), "notFound"),
        (lambda far, made: far.record_print(7, PaperOutcome.FAILED), "notFound"),
        (lambda far, made: far.answer_paper(7, PaperAnswer.GOT_IT), "notFound"),
        (lambda far, made: far.void(far.issue(made).number, " ", "clerk"), "reasonMissing"),
        (lambda far, made: [far.void(far.issue(made).number, "x", "clerk") for _ in range(2)], "alreadyVoided"),
        (lambda far, made: far.allow_reprint(CertificateNumber("1407030031", 7), "x", "clerk"), "notFound"),
        (lambda far, made: far.set_pin(made.subject.id, "12", "clerk"), "pinShape"),
        (lambda far, made: far.events_after(0, 10), "notHere"),
    ],
)
def test_a_refusal_is_the_one_the_ledger_gives(
    standing: IssuerProcess, near: RemoteIssuer, ask: Callable[[RemoteIssuer, Promise], object], code: str
) -> None:
    with pytest.raises(Refused) as told:
        ask(near, promise_of(load_station(standing.station)))
    assert told.value.code == code
    assert near.clock_problem() == ""


def test_a_lock_tells_its_seconds_and_a_call_that_cannot_be_is_our_own_mistake(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    start()
    with pytest.raises(Refused) as told:
        for _ in range(6):
            far.check_pin(SubjectId(0), "000000")
    assert (told.value.code, told.value.facts) == ("pinLocked", {"wait_s": 15})
    certificate = far.issue(promise_of(station))
    job = far.begin_print(certificate.number, 1, reprint=False)
    with pytest.raises(ValueError, match="value"):
        far.record_print(job.job_id, PaperOutcome.PENDING)
    with pytest.raises(ValueError, match="malformed"):
        far.find("1407030031000001X")  # type: ignore[arg-type]
    far.record_print(job.job_id, PaperOutcome.CONFIRMED)


@pytest.mark.parametrize("moment", ["beforeCommit", "afterCommit"])
def test_an_issuer_killed_while_it_issues_gives_one_certificate_once(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer, moment: str
) -> None:
    process = start(moment, "issue")
    reborn = process.reborn()
    made = promise_of(station, copies=3)
    certificate = far.issue(made)  # asked again by itself, under the same promise
    reborn.join(20)
    assert certificate.number.counter == 1 and far.last_counter() == 1
    assert far.issue(made) == certificate
    assert far.issue(promise_of(station, "b" * 32)).number.counter == 2
    assert [row.number.counter for row in far.today(beijing_date(certificate.issued_at))] == [2, 1]


@pytest.mark.parametrize("moment", ["beforeCommit", "afterCommit"])
def test_an_issuer_killed_while_an_attempt_begins_marks_no_first_paper_as_a_reprint(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer, moment: str
) -> None:
    process = start(moment, "begin_print")
    reborn = process.reborn()
    certificate = far.issue(promise_of(station))
    job = far.begin_print(certificate.number, 1, reprint=False)
    reborn.join(20)
    assert not job.reprint and job.job_id == 1
    assert far.unfinished() == []  # it is under way here, whoever keeps the ledger
    far.record_print(job.job_id, PaperOutcome.CONFIRMED)
    with pytest.raises(Refused, match="reprintNotAllowed"):
        far.begin_print(certificate.number, 1, reprint=False)


@pytest.mark.parametrize("moment", ["beforeCommit", "afterCommit"])
def test_an_attempt_that_was_never_answered_is_the_same_attempt_when_the_person_tries_again(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer, moment: str
) -> None:
    process = start(moment, "begin_print")
    far._line.patience_s = 0.1
    certificate = far.issue(promise_of(station))
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=ISSUER_AWAY):
            far.begin_print(certificate.number, 1, reprint=False)
    process.start()
    job = far.begin_print(certificate.number, 1, reprint=False)
    assert (job.job_id, job.reprint) == (1, False)


@pytest.mark.parametrize("moment", ["beforeCommit", "afterCommit"])
def test_an_attempt_that_was_never_answered_is_open_paper_when_the_person_went_away(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer, moment: str
) -> None:
    process = start(moment, "begin_print")
    far._line.patience_s = 0.1
    certificate = far.issue(promise_of(station))
    with pytest.raises(StoreUnavailable, match=ISSUER_AWAY):
        far.begin_print(certificate.number, 1, reprint=False)
    process.start()
    [left] = far.unfinished()
    assert left.job is not None and (left.job.outcome, left.job.error) == (PaperOutcome.FAILED, ISSUER_AWAY)
    assert not far.begin_print(certificate.number, 1, reprint=False).reprint


def test_an_issuer_killed_between_answer_and_record_keeps_the_papers_truth(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    process = start()
    certificate = far.issue(promise_of(station))
    job = far.begin_print(certificate.number, 1, reprint=False)
    process.kill()
    impatient = RemoteIssuer(process.path, demo=True, patience_s=0)
    impatient._line.run = far._line.run
    with pytest.raises(StoreUnavailable, match=ISSUER_AWAY):
        impatient.record_print(job.job_id, PaperOutcome.CONFIRMED, layout_version="1", font_digest="f")
    process.start()
    assert impatient.clock_problem() == ""  # whatever is asked next tells first what is owed
    [row] = far.today(beijing_date(certificate.issued_at))
    assert row.printed == 1 and far.unfinished() == []
    impatient.close()


def test_an_app_that_died_under_a_living_issuer_asks_about_its_paper(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    process = start()
    certificate = far.issue(promise_of(station))
    far.begin_print(certificate.number, 1, reprint=False)
    far.close()
    again = RemoteIssuer(process.path, demo=True)
    [left] = again.unfinished()
    assert left.job is not None and left.job.outcome is PaperOutcome.UNKNOWN
    assert again.begin_print(certificate.number, 1, reprint=False).reprint
    again.close()


def test_a_void_whose_answer_was_lost_is_no_error(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    process = start("afterCommit", "void")
    reborn = process.reborn()
    certificate = far.issue(promise_of(station))
    assert far.void(certificate.number, "写错了", "clerk").void_reason == "写错了"
    reborn.join(20)
    with pytest.raises(Refused, match="alreadyVoided"):
        far.void(certificate.number, "写错了", "clerk")


def test_what_must_not_be_done_twice_is_not_asked_twice(
    station: StationConfig, start: Callable[..., IssuerProcess], far: RemoteIssuer
) -> None:
    process = start("afterCommit", "check_pin")
    with pytest.raises(StoreUnavailable) as told:
        far.check_pin(SubjectId(0), "000000")
    assert (told.value.code, told.value.facts) == (ISSUER_AWAY, {"reason": "answerLost"})
    assert process.died()
    process.start()
    assert not far.check_pin(SubjectId(0), "000000")  # the second wrong one, not the third: four more are free
    assert [far.check_pin(SubjectId(0), "000000") for _ in range(2)] == [False, False]
    with pytest.raises(Refused, match="pinLocked"):
        far.check_pin(SubjectId(0), "000000")


def test_an_absent_issuer_is_told_at_once_after_the_first_patience(tmp_path: Path) -> None:
    far = RemoteIssuer(tmp_path / "none.sock", demo=False, patience_s=0.4)
    times = []
    for _ in range(3):
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable) as told:
            far.clock_problem()
        assert (told.value.code, told.value.facts) == (ISSUER_AWAY, {"reason": "nobody"})
        times.append(time.monotonic() - begun)
    assert 0.4 <= times[0] < 2 and max(times[1:]) < 0.2
    far.close()


def exchange(path: Path, sent: bytes) -> list[Reply]:
    """What a visitor hears until the door closes or is quiet."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(1.5)
        visitor.connect(str(path))
        reader, found = FrameReader(MAX_REPLY_BYTES), []
        try:
            visitor.sendall(sent)
            while heard := visitor.recv(65536):
                found += [Reply.decode(frame.head) for frame in reader.feed(heard)]
        except (TimeoutError, ConnectionError):
            pass  # a door that closes in mid-sentence is an answer, too
        return found


def asked(call: str, body: bytes, **changes: Any) -> bytes:
    head = {**Ask(id="0" * 32, run="1" * 32, call=call).as_json(), **changes}
    return Frame(canonical_json(head), body).pack(MAX_ASK_BYTES)


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", ["tooLarge"]),
        ((MAX_ASK_BYTES + 1).to_bytes(4, "big") + b"x" * 100, ["tooLarge"]),
        (b"\0\0\0\3abc", ["malformed"]),
        (b"\0\0\0\0", ["malformed"]),
        (asked("issue", b"[]", v=2), ["unknownVersion"]),
        (asked("issue", b"[]", id="x"), ["malformed"]),
        (asked("issue", b"[]"), ["malformed"]),
        (asked("issue", b"["), ["malformed"]),
        (asked("issue", b"[" * 200_000), ["malformed"]),
        (asked("issue", b"\xff\xfe"), ["malformed"]),
        (asked("record_print", b'[[1,"pending","","",""]]'), ["value"]),
        (asked("record_print", b'[["1","failed","","",""]]'), ["malformed"]),
        (asked("events_after", b"[[0,10]]"), ["unknownCall"]),
        (asked("close", b"[[]]"), ["unknownCall"]),
        (asked("__init__", b"[[]]"), ["unknownCall"]),
        (asked("of_app", b'[["x"]]'), ["unknownCall"]),
        (asked("close", b"[[]]") + asked("voids", b"[[1]]"), ["unknownCall", "malformed"]),
    ],
)
def test_strange_frames_are_answered_or_hung_up_on_and_the_next_visitor_is_served(
    standing: IssuerProcess, near: RemoteIssuer, sent: bytes, codes: list[str]
) -> None:
    said = exchange(standing.path, sent)
    assert [reply.error.code for reply in said if reply.error is not None] == codes
    assert all(reply.error is not None and reply.error.kind is FailureKind.INVALID for reply in said)
    assert near.clock_problem() == ""


def test_visitors_who_stand_in_the_door_stop_nobody(standing: IssuerProcess, near: RemoteIssuer) -> None:
    crowd = []
    for _ in range(4):
        visitor = socket.socket(socket.AF_UNIX)
        visitor.connect(str(standing.path))
        visitor.sendall(b"\0\0")
        crowd.append(visitor)
    assert near.clock_problem() == ""
    for visitor in crowd:
        visitor.close()


FLEET = '[fleet]\nenabled = true\nbrokers = ["127.0.0.1:1"]\ncentre_key = "none"\n'
STRANGER = """
import os, socket, sys
os.setgid(65533)
os.setuid(int(sys.argv[1]))
with socket.socket(socket.AF_UNIX) as visitor:
    visitor.settimeout(30)
    visitor.connect(sys.argv[2])
    try:
        visitor.sendall(bytes.fromhex(sys.argv[3]))
        sys.stdout.write(str(len(visitor.recv(65536))))
    except ConnectionError:
        sys.stdout.write("0")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_only_users_who_are_named_get_an_answer_each_at_his_door() -> None:
    with tempfile.TemporaryDirectory(prefix="issuer-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        remote_station(folder / "s", f'users = ["65531"]\nagents = ["65532"]\n{FLEET}')
        (folder / "s").chmod(0o755)
        heard: dict[tuple[str, str], bool] = {}
        with IssuerProcess(folder / "s"):
            for door, question in (("issuer.sock", asked("last_counter", b"[[]]")), ("events.sock", b'{"ask": "span"}\n')):
                path = folder / "s" / "issuer" / door
                assert path.stat().st_mode & 0o777 == 0o660
                path.chmod(0o666)  # the file lets everybody try: the kernel's word decides
                for user in ("65531", "65532", "1"):
                    command = [sys.executable, "-c", STRANGER, user, str(path), question.hex()]
                    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
                    heard[door, user] = int(done.stdout) > 0
    assert [who for who, answered in heard.items() if answered] == [("issuer.sock", "65531"), ("events.sock", "65532")]


def test_the_other_end_is_told_by_the_kernel() -> None:
    here, there = socket.socketpair()
    assert peer_user(here) == os.getuid()
    here.close()
    there.close()


def test_the_agent_reads_events_where_the_issuer_is(tmp_path: Path, start: Callable[..., IssuerProcess], far: RemoteIssuer) -> None:
    config = remote_station(tmp_path / "s", FLEET)
    process = start()
    source = DoorSource(config.events_folder)
    certificate = far.issue(promise_of(config))
    [event] = source.events_after(0, 10)
    assert certificate.number.compact in event.body.decode()
    process.kill()
    with pytest.raises(SourceUnavailable):
        source.span()
    process.start()
    assert source.span().last == 1


def run_once(config_file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk.issuing", "--station", str(config_file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_an_issuer_that_cannot_start_says_why(tmp_path: Path, station: StationConfig) -> None:
    file = tmp_path / "s" / "station.toml"
    (station.paths.secrets / "signing.key").chmod(0o644)
    done = run_once(file)
    assert done.returncode == 2 and "权限太宽" in done.stderr
    (station.paths.secrets / "signing.key").chmod(0o600)
    with file.open("a", encoding="utf-8") as out:
        out.write('users = ["nobody-knows-him"]\n')
    done = run_once(file)
    assert done.returncode == 2 and "nobody-knows-him" in done.stderr
    assert run_once(tmp_path / "none.toml").returncode == 2
