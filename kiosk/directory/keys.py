"""Under which words a subject is found.

Used where directories are built, and by the tests as the truth that the search must reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kiosk.directory.divisions import load_divisions
from kiosk.directory.places import PlaceParts, without_place
from kiosk.directory.spelling import initials, person_initials
from kiosk.directory.townships import load_townships
from kiosk.directory.words import fold, tail
from kiosk.domain.subject import Subject, SubjectKind

_PEOPLE = (SubjectKind.FARMER, SubjectKind.PURCHASER_PERSON)


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """``names``: whole and without the places in front; ``insides``: what a part is looked for in; ``tails``: turned round."""

    names: tuple[str, ...]
    insides: tuple[str, ...]
    initials: tuple[str, ...]
    tails: tuple[str, ...]


@lru_cache(maxsize=100_000)
def parts_of(text: str, county: str) -> PlaceParts:
    """The parts of a base; subjects of one village share the work."""
    return load_townships().parse(text, county)


def search_keys(subject: Subject) -> SearchKeys:
    """All keys of one subject; none is empty, none stands twice."""
    name, person = fold(subject.name), fold(subject.person_name)
    is_person = subject.kind in _PEOPLE
    short = name if is_person else fold(_short_name(subject))
    spelled = initials(name)
    letters = ["".join(spelled), "".join(spelled[len(spelled) - len(short) :])]
    if is_person:
        letters.extend(person_initials(name))
    letters.extend(person_initials(person))
    return SearchKeys(
        names=_distinct(name, short, person),
        insides=_distinct(name, person),
        initials=_distinct(*letters),
        tails=_distinct(tail(subject.phone), tail(subject.credit_code)),
    )


def _short_name(subject: Subject) -> str:
    return without_place(subject.name, subject.base, load_divisions(), parts_of(subject.base.text, subject.base.county).town)


def _distinct(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
