"""Makes a release: the whole file, the difference to the release before, signed announcements, all of it or nothing.

Rules
- A file's name holds 128 random bits: who does not have a terminal's job cannot guess it. The file server asks for a certificate besides.
- Files are written and synced before the database knows of them; what a dead publisher left is a file that nobody names.
- A difference that is not smaller than the whole is not kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.store.whole_file import write_whole
from kiosk.wire.sync import Announcement, FileHead, FileKind, read_lines, sign_announcement, write_lines
from tools.fleet.area import Area
from tools.fleet.releases.content import Entry, Line, difference, digests
from tools.fleet.store.database import Store
from tools.fleet.store.queries import note
from tools.fleet.store.queries_release import Release, add_file, add_release, file_of, newest_of, next_version


@dataclass(frozen=True, slots=True)
class Published:
    """``release`` is new, or the one there was when ``is_new`` is False: nothing had changed. Sizes in bytes; ``difference`` None: there is none."""

    release: Release
    is_new: bool
    whole: int = 0
    difference: int | None = None
    changed: int = 0


class Publisher:
    """Publishes into ``folder``. ``by`` is written down as who did it."""

    def __init__(self, store: Store, folder: Path, key: Ed25519PrivateKey, clock: Callable[[], datetime], by: str) -> None:
        self._store, self._folder, self._key, self._clock, self._by = store, folder, key, clock, by

    def publish(
        self, kind: FileKind, area: Area, count: int, lines: Callable[[], Iterable[Line]], document: dict[str, Any] | None = None
    ) -> Published:
        """``lines`` gives all of the content, as often as it is asked; ``count`` is how many. Raises ``OSError``."""
        now = self._clock()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._store.reading() as tx:
            version = next_version(tx, kind)
            before = newest_of(tx, kind, area.prefix)
            old = None if before is None else file_of(tx, kind, before.version, 0)
        known = None if old is None else _digests(self._folder / old.path)
        change = None if known is None else difference(known, lines())
        if before is not None and change == [] and document == self._document(self._folder / (old.path if old else "")):
            return Published(before, is_new=False)
        whole = self._write(kind, version, 0, count, lines(), document, now)
        files = [whole]
        if before is not None and change is not None:
            files += self._smaller(self._write(kind, version, before.version, len(change), change, document, now), whole)
        made = Release(kind, version, area.prefix, count, now, self._by)
        with self._store.writing() as tx:
            add_release(tx, made)
            for file in files:
                add_file(tx, file)
            note(tx, now, self._by, "released", f"{kind.value} {version}", {"area": area.prefix, "entries": count})
        return Published(made, True, whole.size, files[1].size if len(files) > 1 else None, len(change or ()))

    def _write(
        self, kind: FileKind, version: int, base: int, count: int, lines: Iterable[Line], document: Any, now: datetime
    ) -> Announcement:
        content = write_lines(FileHead(kind=kind, version=version, base=base, count=count, document=document), lines)
        path = f"{kind.value}-{version}-{base}-{secrets.token_hex(16)}.gz"
        write_whole(self._folder / path, content)
        sha256 = hashlib.sha256(content).hexdigest()
        bare = Announcement(kind=kind, version=version, base=base, size=len(content), sha256=sha256, path=path, made_at=now)
        return sign_announcement(bare, self._key)

    def _smaller(self, part: Announcement, whole: Announcement) -> list[Announcement]:
        if part.size < whole.size:
            return [part]
        (self._folder / part.path).unlink()
        return []

    @staticmethod
    def _document(path: Path) -> dict[str, Any] | None:
        with path.open("rb") as file:
            return read_lines(file)[0].document


def _digests(path: Path) -> dict[Entry, bytes]:
    with path.open("rb") as file:
        return digests(_lines(file))


def _lines(file: Any) -> Iterator[Line]:
    yield from read_lines(file)[1]
