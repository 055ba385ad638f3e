"""The invented people of the bench: their cards for the virtual reader, and the subjects that the demo directory holds for them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from drivers.virtual.reader import VirtualCard
from kiosk.domain.identity import id_number_hash
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind
from tools.bench.errors import BenchError

PEOPLE_FILE = Path(__file__).with_name("people.toml")
_CARD_FIELDS = {field.name for field in fields(VirtualCard)}


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person. ``note`` says in Chinese what this one is good for."""

    key: str
    card: VirtualCard
    note: str

    @property
    def name(self) -> str:
        """The name on the card."""
        return self.card.name


@cache
def everybody() -> tuple[Person, ...]:
    """All people of ``people.toml``, in its order."""
    return tuple(
        Person(row["key"], VirtualCard(**{name: value for name, value in row.items() if name in _CARD_FIELDS}), row["note"])
        for row in _tables("person")
    )


def person(name: str) -> Person:
    """The person of that name or key. Raises ``BenchError`` (no-such-person)."""
    for one in everybody():
        if name in (one.name, one.key):
            return one
    raise BenchError("no-such-person", name=name, known=" ".join(f"{one.name}({one.key})" for one in everybody()))


def card(name: str) -> VirtualCard:
    """That person's card. Raises ``BenchError`` (no-such-person)."""
    return person(name).card


def subjects(lookup_key: bytes) -> list[tuple[Subject, list[bytes]]]:
    """The register entries, each with the keyed hashes of the ID numbers of all who may promise for it; the first stands in the entry."""
    return [_subject(row, lookup_key) for row in _tables("subject")]


def subjects_of(key: str) -> list[str]:
    """Names of the subjects for which the person of that key may promise."""
    return [str(row["name"]) for row in _tables("subject") if key in row["persons"]]


def _subject(row: dict[str, object], lookup_key: bytes) -> tuple[Subject, list[bytes]]:
    keys = row["persons"]
    assert isinstance(keys, Iterable)
    persons = [person(str(key)) for key in keys]
    hashes = [id_number_hash(one.card.number, lookup_key) for one in persons]
    entry = Subject(
        id=SubjectId(int(str(row["id"]))),
        kind=SubjectKind(str(row["kind"])),
        name=str(row["name"]),
        phone=str(row["phone"]),
        base=Place(str(row["county"]), str(row["base"])),
        credit_code=str(row.get("credit_code", "")),
        person_name=persons[0].name,
        person_hash=hashes[0],
    )
    return entry, hashes


@cache
def _file() -> dict[str, list[dict[str, object]]]:
    return tomllib.loads(PEOPLE_FILE.read_text(encoding="utf-8"))


def _tables(name: str) -> list[dict[str, object]]:
    return _file()[name]
