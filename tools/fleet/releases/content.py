"""What stands in a release's files, line by line: the whole, and the difference to the release before. Pure.

Rules: the same content gives the same lines, so a list that was read twice is no new version; a key list is given out in the order in which terminals
rebuild it, because its root's signature covers that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kiosk.domain.subject import Subject
from kiosk.wire.canonical import canonical_json
from kiosk.wire.sync import SubjectPut

Line = dict[str, Any]
Entry = tuple[str, object]
"""What a line is about: ``("subject", id)``, ``("key", id)`` or ``("void", (key id, counter))``."""


def subject_line(subject: Subject, persons: Sequence[bytes]) -> Line:
    """A subject as it travels: hashes of persons, never an ID number."""
    put = SubjectPut(
        id=subject.id,
        kind=subject.kind.value,
        status=subject.status.value,
        name=subject.name,
        phone=subject.phone,
        county=subject.base.county,
        place=subject.base.text,
        credit_code=subject.credit_code,
        person_name=subject.person_name,
        persons=tuple(person.hex() for person in persons),
    )
    return {"put": put.model_dump(mode="json")}


def key_lines(document: Mapping[str, Any]) -> Iterator[Line]:
    """Keys, then voids."""
    for item in sorted(document["keys"], key=lambda item: item["key_id"]):
        yield {"put": item}
    for void in sorted((one["key_id"], one["counter"]) for one in document.get("voids", [])):
        yield {"void": list(void)}


def in_terminals_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """The list as a terminal rebuilds it from its lines."""
    return {
        **document,
        "keys": sorted(document["keys"], key=lambda item: item["key_id"]),
        "voids": sorted(document.get("voids", []), key=lambda void: (void["key_id"], void["counter"])),
    }


def entry_of(line: Mapping[str, Any]) -> Entry:
    """What a line of a whole file is about."""
    if line.get("void") is not None:
        return ("void", tuple(line["void"]))
    put = line["put"]
    return ("key", put["key_id"]) if "key_id" in put else ("subject", put["id"])


def digests(lines: Iterable[Mapping[str, Any]]) -> dict[Entry, bytes]:
    """What every line of a whole file says, in few bytes: a register has a million of them."""
    return {entry_of(line): _digest(line) for line in lines}


def difference(before: Mapping[Entry, bytes], after: Iterable[Line]) -> list[Line] | None:
    """The lines that make the one the other. None where only the whole can: a void is never taken back by a difference."""
    left = dict(before)
    lines = [line for line in after if left.pop(entry_of(line), None) != _digest(line)]
    if any(kind == "void" for kind, _ in left):
        return None
    return lines + [{"drop": number} for _, number in left]


def _digest(line: Mapping[str, Any]) -> bytes:
    return hashlib.blake2b(canonical_json(dict(line)), digest_size=16).digest()
