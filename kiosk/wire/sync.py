"""Directory and trusted key list as signed versioned files, whole or as the difference to an older version.

``Announcement`` (signed, small, inside a job) names a file by size and hash; ``read_announcement`` checks it; the file itself comes over any
channel, because its hash is signed. A file is JSON lines, gzip: ``FileHead``, then one ``SubjectLine`` (directory) or ``KeyLine`` (key list) a line;
``write_lines`` makes it, ``read_lines`` walks through it.

Rules: versions only rise; a difference (``base`` > 0) applies only to exactly that version; the announcement's ``path`` is relative to the station's
own file server, so nobody can point a terminal elsewhere.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, model_validator

from kiosk.wire.canonical import WireError, canonical_json, read_json
from kiosk.wire.message import Count, Hash, Message, Moment, Part
from kiosk.wire.signing import signed, verify

MAX_FILE_BYTES = 2 << 30
MAX_LINE_BYTES = 64 * 1024


class FileKind(StrEnum):
    """What is kept in step."""

    DIRECTORY = "directory"
    KEYS = "keys"


class Announcement(Message):
    """One file. ``base`` 0: whole; else the difference to that version. ``size`` and ``sha256`` are of the bytes as they travel."""

    kind: FileKind = Field(strict=False)
    version: Count = Field(ge=1)
    base: Count = 0
    size: Count = Field(ge=1, le=MAX_FILE_BYTES)
    sha256: Hash
    path: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", max_length=200)
    made_at: Moment
    sig: str = ""

    @model_validator(mode="after")
    def _rises(self) -> Announcement:
        if self.base >= self.version:
            raise ValueError("not newer than its base")
        return self


def sign_announcement(announcement: Announcement, key: Ed25519PrivateKey) -> Announcement:
    """The same with its signature."""
    return Announcement.read(signed(announcement.as_json(), key))


def read_announcement(body: dict[str, Any], centre: Ed25519PublicKey, kind: FileKind, current: int) -> Announcement:
    """Check signature, kind and version. Raises ``WireError``: badSignature | malformed | otherKind | tooOld | otherBase."""
    verify(body, centre)
    announcement = Announcement.read(body)
    if announcement.kind is not kind:
        raise WireError("otherKind")
    if announcement.version <= current:
        raise WireError("tooOld")
    if announcement.base not in (0, current):
        raise WireError("otherBase")
    return announcement


class FileHead(Message):
    """First line: it repeats the announcement, so that a file cannot be taken for another. ``count`` lines follow.

    ``document`` (key list only) holds everything but ``keys`` and ``voids``: host, time and the list's own signature over the *resulting* list.
    """

    kind: FileKind = Field(strict=False)
    version: Count = Field(ge=1)
    base: Count = 0
    count: Count
    document: dict[str, Any] | None = None

    def fits(self, announcement: Announcement) -> bool:
        """Whether it is the announced file."""
        return (self.kind, self.version, self.base) == (announcement.kind, announcement.version, announcement.base)


class SubjectPut(Part):
    """A subject as the directory keeps it; ``persons`` are the keyed hashes (hex) of whoever may promise for it, the responsible one first."""

    id: Count = Field(ge=1)
    kind: str = Field(max_length=40)
    status: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=120)
    phone: str = Field(max_length=20)
    county: str = Field(pattern=r"^\d{6}$")
    place: str = Field(max_length=160)
    credit_code: str = Field(default="", max_length=18)
    person_name: str = Field(default="", max_length=120)
    persons: tuple[Hash, ...] = Field(default=(), strict=False)


class SubjectLine(Part):
    """Either ``put`` a subject (new or changed) or ``drop`` one by its id."""

    put: SubjectPut | None = None
    drop: Count | None = None

    @model_validator(mode="after")
    def _one(self) -> SubjectLine:
        if (self.put is None) == (self.drop is None):
            raise ValueError("put or drop")
        return self


class KeyLine(Part):
    """``put`` a key (an entry of the list's ``keys``), ``drop`` one by its key id, or add a ``void`` (key id, counter)."""

    put: dict[str, Any] | None = None
    drop: Count | None = None
    void: tuple[Count, Count] | None = Field(default=None, strict=False)

    @model_validator(mode="after")
    def _one(self) -> KeyLine:
        if [self.put, self.drop, self.void].count(None) != 2:
            raise ValueError("put, drop or void")
        return self


def write_lines(head: FileHead, lines: Iterable[dict[str, Any]]) -> bytes:
    """The file. The same content gives the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(head.encode() + b"\n")
        for line in lines:
            packed.write(canonical_json(line) + b"\n")
    return out.getvalue()


def read_lines(file: BinaryIO) -> tuple[FileHead, Iterator[dict[str, Any]]]:
    """Head, then line by line. Raises ``WireError`` (malformed, tooLarge), also while iterating, and when the count of lines differs."""
    packed = gzip.GzipFile(fileobj=file, mode="rb")
    head = FileHead.decode(_line(packed))
    return head, _rest(packed, head.count)


def _rest(packed: gzip.GzipFile, count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        yield read_json(_line(packed))
    if _line(packed):
        raise WireError("malformed")


def _line(packed: gzip.GzipFile) -> bytes:
    try:
        line = packed.readline(MAX_LINE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as err:
        raise WireError("malformed") from err
    if len(line) > MAX_LINE_BYTES:
        raise WireError("tooLarge")
    return line
