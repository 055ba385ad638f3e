"""Directory and key list: whole and as a difference, over a download that breaks off; whatever is wrong changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.agent.jobs import JobFailed, Outcome
from kiosk.agent.store import StoredJob
from kiosk.agent.sync import SyncDesk
from kiosk.credential.keylist import KeyList, TrustedKey, canonical, dump_key_list, load_key_list
from kiosk.credential.token import Algorithm
from kiosk.directory.reader import Directory
from kiosk.domain.subject import SubjectId
from kiosk.wire.job import JobKind, JobStatus
from kiosk.wire.sync import Announcement, FileHead, FileKind, sign_announcement, write_lines
from support.agents import CENTRE_KEY

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
KEY = bytes(range(32))
ROOT = Ed25519PrivateKey.from_private_bytes(b"r" * 32)
ROOT_PUBLIC = ROOT.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@dataclass
class Server:
    """A file server: what it has, and how often it breaks off in the middle."""

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: int = 0
    starts: list[int] = field(default_factory=list)

    def __call__(self, path: str, start: int, sink: Callable[[bytes], None]) -> None:
        self.starts.append(start)
        content = self.files[path][start:]
        if self.breaks:
            self.breaks -= 1
            sink(content[: len(content) // 2])
            raise OSError("line broke")
        sink(content)


@dataclass
class Terminal:
    """Folders of a terminal and its desk."""

    folder: Path
    server: Server = field(default_factory=Server)
    versions: dict[FileKind, int] = field(default_factory=lambda: dict.fromkeys(FileKind, 0))

    @property
    def desk(self) -> SyncDesk:
        return SyncDesk(CENTRE_KEY.public_key(), self.server, self.folder / "incoming", self.versions.__getitem__, lambda: NOW)

    def sync(self, kind: FileKind, file: Announcement | dict[str, Any]) -> Outcome:
        body = file if isinstance(file, dict) else file.as_json()
        job_kind = JobKind.SYNC_DIRECTORY if kind is FileKind.DIRECTORY else JobKind.SYNC_KEYS
        job = StoredJob("j", job_kind, {"file": body}, NOW, JobStatus.IN_PROGRESS, {}, "b", NOW, told=True)
        run = (
            self.desk.directory(self.folder / "directory", KEY)
            if kind is FileKind.DIRECTORY
            else self.desk.keys(self.folder / "keys.json", ROOT_PUBLIC)
        )
        outcome = run(job)
        self.versions[kind] = outcome.detail["version"]
        return outcome

    def publish(self, kind: FileKind, version: int, base: int, lines: list[dict[str, Any]], **head: Any) -> Announcement:
        content = write_lines(FileHead(kind=kind, version=version, base=base, count=len(lines), **head), lines)
        path = f"{kind.value}-{version}-{base}.gz"
        self.server.files[path] = content
        sha256 = hashlib.sha256(content).hexdigest()
        bare = Announcement(kind=kind, version=version, base=base, size=len(content), sha256=sha256, path=path, made_at=NOW)
        return sign_announcement(bare, CENTRE_KEY)

    def names(self) -> list[str]:
        with Directory.open(self.folder / "directory", KEY, may_be_missing=True) as directory:
            return sorted(subject.name for subject, _ in directory.everybody())


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def put(number: int, name: str) -> dict[str, Any]:
    return {
        "put": {
            "id": number,
            "kind": "farmer",
            "status": "active",
            "name": name,
            "phone": "13800000417",
            "county": "140703",
            "place": "晋中市太谷区明星镇南庄村",
            "person_name": name,
            "persons": [hashlib.sha256(name.encode()).hexdigest()],
        }
    }


def whole(terminal: Terminal) -> Announcement:
    return terminal.publish(FileKind.DIRECTORY, 6, 0, [put(1, "王建国"), put(2, "李秀英"), put(3, "张志强")])


def test_directory_comes_whole_then_as_a_difference(terminal: Terminal) -> None:
    assert terminal.sync(FileKind.DIRECTORY, whole(terminal)).detail == {"version": 6, "kind": "directory", "count": 3}
    change = terminal.publish(FileKind.DIRECTORY, 7, 6, [put(2, "李秀兰"), {"drop": 3}, put(4, "赵海燕")])
    terminal.sync(FileKind.DIRECTORY, change)
    assert terminal.names() == ["李秀兰", "王建国", "赵海燕"]
    with Directory.open(terminal.folder / "directory", KEY) as directory:
        found = directory.by_person(hashlib.sha256("李秀兰".encode()).digest())
        assert [subject.id for subject in found] == [SubjectId(2)]
    assert len(list((terminal.folder / "directory").glob("directory-*.db"))) == 2  # the old one is kept
    assert not list((terminal.folder / "incoming").iterdir())


def test_a_version_that_is_there_is_not_fetched_again(terminal: Terminal) -> None:
    terminal.sync(FileKind.DIRECTORY, whole(terminal))
    fetched = len(terminal.server.starts)
    assert terminal.sync(FileKind.DIRECTORY, whole(terminal)).detail["already"] is True
    assert len(terminal.server.starts) == fetched


def test_a_download_that_breaks_off_goes_on_where_it_was(terminal: Terminal) -> None:
    terminal.server.breaks = 3
    terminal.sync(FileKind.DIRECTORY, whole(terminal))
    assert terminal.server.starts[0] == 0
    assert terminal.server.starts == sorted(set(terminal.server.starts))
    assert len(terminal.names()) == 3


def tampered(terminal: Terminal, file: Announcement) -> None:
    content = bytearray(terminal.server.files[file.path])
    content[len(content) // 2] ^= 1
    terminal.server.files[file.path] = bytes(content)


def truncated(terminal: Terminal, file: Announcement) -> None:
    terminal.server.files[file.path] = terminal.server.files[file.path][:-9]


def longer(terminal: Terminal, file: Announcement) -> None:
    terminal.server.files[file.path] += b"x" * 10


def gone(terminal: Terminal, file: Announcement) -> None:
    terminal.server.breaks = 99


@pytest.mark.parametrize(
    ("fault", "code"), [(tampered, "badHash"), (truncated, "unreachable"), (longer, "tooLong"), (gone, "unreachable")]
)
def test_a_file_that_is_not_as_announced_changes_nothing(
    terminal: Terminal, fault: Callable[[Terminal, Announcement], None], code: str
) -> None:
    terminal.sync(FileKind.DIRECTORY, whole(terminal))
    file = terminal.publish(FileKind.DIRECTORY, 7, 0, [put(9, "别人")])
    fault(terminal, file)
    with pytest.raises(JobFailed, match=code):
        terminal.sync(FileKind.DIRECTORY, file)
    assert terminal.names() == ["张志强", "李秀英", "王建国"]


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([put(9, "某人"), {"put": {"id": 0}}], 2),
        ([put(9, "某人"), put(9, "某人")], 2),
        ([{"put": None}], 1),
        ([put(9, "某人")], 2),
        ([put(9, "某人"), put(8, "某乙")], 1),
    ],
)
def test_a_signed_file_with_a_wrong_line_changes_nothing(terminal: Terminal, lines: list[dict[str, Any]], count: int) -> None:
    terminal.sync(FileKind.DIRECTORY, whole(terminal))
    content = write_lines(FileHead(kind=FileKind.DIRECTORY, version=7, base=0, count=count), lines)
    terminal.server.files["f"] = content
    bare = Announcement(
        kind=FileKind.DIRECTORY, version=7, size=len(content), sha256=hashlib.sha256(content).hexdigest(), path="f", made_at=NOW
    )
    with pytest.raises(JobFailed):
        terminal.sync(FileKind.DIRECTORY, sign_announcement(bare, CENTRE_KEY))
    assert terminal.names() == ["张志强", "李秀英", "王建国"]
    assert not list((terminal.folder / "directory").glob("*.part"))


def test_only_the_centres_word_for_this_version_counts(terminal: Terminal) -> None:
    terminal.sync(FileKind.DIRECTORY, whole(terminal))
    file = terminal.publish(FileKind.DIRECTORY, 9, 8, [put(9, "某人")])
    with pytest.raises(JobFailed, match="otherBase"):
        terminal.sync(FileKind.DIRECTORY, file)
    with pytest.raises(JobFailed, match="badSignature"):
        terminal.sync(FileKind.DIRECTORY, {**file.as_json(), "base": 6})
    with pytest.raises(JobFailed, match="otherKind"):
        terminal.sync(FileKind.KEYS, file)


def key(number: int) -> TrustedKey:
    return TrustedKey(number, Algorithm.ED25519, bytes([number]) * 32, f"140703{number:04d}", "测试服务站", "140703", NOW)


def signed_list(keys: KeyList) -> dict[str, Any]:
    document = dump_key_list(keys)
    return {**document, "signature": ROOT.sign(canonical(document)).hex()}


def head_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in ("keys", "voids")}


def test_key_list_comes_whole_then_as_a_difference_that_its_own_root_signed(terminal: Terminal) -> None:
    first = KeyList("q.sxnc.cn", NOW, {1: key(1), 2: key(2)})
    one = signed_list(first)
    file = terminal.publish(FileKind.KEYS, 1, 0, [{"put": item} for item in one["keys"]], document=head_of(one))
    terminal.sync(FileKind.KEYS, file)
    second = KeyList("q.sxnc.cn", NOW, {1: replace(key(1), revoked_after=40), 3: key(3)}, frozenset({(1, 7)}))
    two = signed_list(second)
    lines = [{"put": two["keys"][0]}, {"drop": 2}, {"put": two["keys"][1]}, {"void": [1, 7]}]
    terminal.sync(FileKind.KEYS, terminal.publish(FileKind.KEYS, 2, 1, lines, document=head_of(two)))
    assert load_key_list(terminal.folder / "keys.json", ROOT_PUBLIC) == second
    assert load_key_list(terminal.folder / "keys.json.old", ROOT_PUBLIC) == first


def test_key_list_that_its_root_did_not_sign_is_refused_though_the_centre_did(terminal: Terminal) -> None:
    one = signed_list(KeyList("q.sxnc.cn", NOW, {1: key(1)}))
    terminal.sync(FileKind.KEYS, terminal.publish(FileKind.KEYS, 1, 0, [{"put": i} for i in one["keys"]], document=head_of(one)))
    before = (terminal.folder / "keys.json").read_bytes()
    forged = terminal.publish(
        FileKind.KEYS, 2, 1, [{"put": dump_key_list(KeyList("x", NOW, {6: key(6)}))["keys"][0]}], document=head_of(one)
    )
    with pytest.raises(JobFailed, match="badSignature"):
        terminal.sync(FileKind.KEYS, forged)
    assert (terminal.folder / "keys.json").read_bytes() == before
    assert json.loads(before)["keys"]
