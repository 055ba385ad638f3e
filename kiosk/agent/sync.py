"""Directory and trusted key list: checked, built whole beside the old one, switched by one rename, the old one kept.

Rules: nothing is switched before every line was read; a difference applies only to the version it names; the app sees the new directory by itself
(the highest number) and the new key list at its next check. A version is noted after the switch: a crash in between leads to the same file again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from kiosk.agent.download import Download, fetch
from kiosk.agent.jobs import JobFailed, Outcome
from kiosk.agent.store import StoredJob
from kiosk.credential.keylist import KeyListError, parse_key_list
from kiosk.directory.build import SnapshotBuilder
from kiosk.directory.reader import Directory
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.store.errors import StoreError
from kiosk.wire.canonical import WireError
from kiosk.wire.message import Part
from kiosk.wire.sync import Announcement, FileKind, KeyLine, SubjectLine, SubjectPut, read_announcement, read_lines

P = TypeVar("P", bound=Part)


class SyncDesk:
    """``current`` tells the version in use, ``root`` signs key lists (None: demonstrations, whose lists are not signed)."""

    def __init__(
        self,
        centre: Ed25519PublicKey,
        download: Download,
        incoming: Path,
        current: Callable[[FileKind], int],
        now: Callable[[], Any],
    ) -> None:
        self._centre, self._download, self._incoming = centre, download, incoming
        self._current, self._now = current, now

    def directory(self, folder: Path, key: bytes) -> Callable[[StoredJob], Outcome]:
        """The executor of ``syncDirectory``. Its outcome's detail has the ``version`` now in use."""

        def run(job: StoredJob) -> Outcome:
            return self._take(job, FileKind.DIRECTORY, lambda file, told: _new_directory(file, told, folder, key, self._now))

        return run

    def keys(self, path: Path, root: bytes | None) -> Callable[[StoredJob], Outcome]:
        """The executor of ``syncKeys``."""

        def run(job: StoredJob) -> Outcome:
            return self._take(job, FileKind.KEYS, lambda file, told: _new_keys(file, told, path, root))

        return run

    def _take(self, job: StoredJob, kind: FileKind, switch: Callable[[BinaryIO, Announcement], int]) -> Outcome:
        try:
            announcement = read_announcement(job.args["file"], self._centre, kind, self._current(kind))
        except WireError as err:
            if err.code == "tooOld":
                return Outcome(True, detail={"version": self._current(kind), "already": True})
            raise JobFailed(err.code) from err
        part = fetch(self._download, announcement, self._incoming)
        try:
            with part.open("rb") as file:
                count = switch(file, announcement)
        except WireError as err:
            raise JobFailed(err.code) from err
        except StoreError as err:
            raise JobFailed(f"{err.code}:{err.reason}") from err
        except (KeyError, TypeError, ValueError, KeyListError) as err:
            raise JobFailed(getattr(err, "code", "malformed")) from err
        finally:
            part.unlink(missing_ok=True)
        return Outcome(True, detail={"version": announcement.version, "kind": kind.value, "count": count})


def _new_directory(file: BinaryIO, told: Announcement, folder: Path, key: bytes, now: Callable[[], Any]) -> int:
    head, lines = read_lines(file)
    if not head.fits(told):
        raise WireError("malformed")
    puts: dict[int, SubjectPut] = {}
    drops: set[int] = set()
    with Directory.open(folder, key, may_be_missing=True) as before, SnapshotBuilder(folder, key) as builder:
        if told.base and not before.number:
            raise WireError("otherBase")
        for line in _typed(lines, SubjectLine):
            if line.put is not None and told.base:
                puts[line.put.id] = line.put
                drops.discard(line.put.id)
            elif line.put is not None:
                builder.add(*_subject(line.put))  # a whole file is not held in memory
            elif line.drop is not None:
                drops.add(line.drop)
                puts.pop(line.drop, None)
        if told.base:
            for subject, persons in before.everybody():
                if subject.id not in drops and subject.id not in puts:
                    builder.add(subject, persons)
            for put in puts.values():
                builder.add(*_subject(put))
        builder.finish(now())
        return builder.count


def _subject(put: SubjectPut) -> tuple[Subject, list[bytes]]:
    persons = [bytes.fromhex(person) for person in put.persons]
    subject = Subject(
        id=SubjectId(put.id),
        kind=SubjectKind(put.kind),
        name=put.name,
        phone=put.phone,
        base=Place(put.county, put.place),
        credit_code=put.credit_code,
        person_name=put.person_name,
        person_hash=persons[0] if persons else b"",
        status=SubjectStatus(put.status),
    )
    return subject, persons


def _new_keys(file: BinaryIO, told: Announcement, path: Path, root: bytes | None) -> int:
    head, lines = read_lines(file)
    if not head.fits(told) or head.document is None:
        raise WireError("malformed")
    keys: dict[int, dict[str, Any]] = {}
    voids: set[tuple[int, int]] = set()
    if told.base:
        before = json.loads(path.read_text(encoding="utf-8"))
        keys = {item["key_id"]: item for item in before["keys"]}
        voids = {(item["key_id"], item["counter"]) for item in before.get("voids", [])}
    for line in _typed(lines, KeyLine):
        if line.put is not None:
            keys[line.put["key_id"]] = line.put
        elif line.drop is not None:
            keys.pop(line.drop, None)
        elif line.void is not None:
            voids.add(line.void)
    document = {
        **head.document,
        "keys": [keys[key_id] for key_id in sorted(keys)],
        "voids": [{"key_id": key_id, "counter": counter} for key_id, counter in sorted(voids)],
    }
    parse_key_list(document, root)
    _replace(path, json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8"))
    return len(keys)


def _replace(path: Path, content: bytes) -> None:
    """Switch a file by one rename; what it was stays beside it as ``.old``."""
    new, old = path.with_name(path.name + ".new"), path.with_name(path.name + ".old")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        old.unlink(missing_ok=True)
        os.link(path, old)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _typed(lines: Iterator[dict[str, Any]], kind: type[P]) -> Iterator[P]:
    for line in lines:
        try:
            yield kind.model_validate(line)
        except ValidationError:
            raise WireError("malformed") from None
