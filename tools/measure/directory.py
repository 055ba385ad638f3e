"""How long a search of the register takes: p99 for each kind of question over a million of invented subjects in an encrypted file.

The questions are made from subjects that are there, from words that very many have, and from words that nobody has. The file is
built once (about three minutes) and kept in the temporary folder. Each question is asked three times, each time of a freshly
opened file, and its best time counts: the machine's other work is not the search's. The floor is one look at a row by its id,
asked in the same way.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from kiosk.directory.files import snapshots
from kiosk.directory.reader import Directory
from kiosk.directory.schema import FORMAT
from kiosk.directory.spelling import initials
from kiosk.directory.subject_code import subject_code
from kiosk.directory.words import fold
from kiosk.domain.subject import Subject
from tools.directory.fill import fill, invented_subjects
from tools.measure.row import Row

SUBJECTS = 1_000_000
GOAL_MS = 10.0
_ASKED = 1000
_ROUNDS = 3
_FLOOR = "row by id"
_SEED = 1
_KEY = b"measured directory, nobody in it"
_LOOKUP_KEY = b"measured lookups, hashes of none"
_COMMON = (
    "合 农 国 王 县 区 镇 山西 专业 合作 种植 农业 王国 国国 合作社 专业合作社 家庭农场 有限公司 种植家庭农场 股份经济合作社 "  # in very many names
    "业农 农农 社合作 区区 业业合 农业农业 合作合作社 作社专业 农场家庭农场 县区农业 业种植专 "
    "县农业 牧业合 专业家庭 庭农业有 菌专业专 作社县新 "  # of very common characters, in few names or none
    "w z zz hzs nyyxgs jtnc 0000 1540 9999 000000 YY00"
)
Question = Callable[[], object]


def rows(count: int = SUBJECTS) -> list[Row]:
    """One row for each kind of question, and one for all of them together."""
    folder = _filled(count)
    known = list(islice(invented_subjects(count, _LOOKUP_KEY, _SEED), 20 * _ASKED))
    asked = [subject for subject, _ in random.Random(7).sample(known, min(_ASKED, len(known)))]
    rounds = [_round(folder, asked) for _ in range(_ROUNDS)]
    best = {kind: [min(times) for times in zip(*(one[kind] for one in rounds), strict=True)] for kind in rounds[0]}
    floor = _p99(best.pop(_FLOOR))
    best["all questions"] = [time_ms for times in best.values() for time_ms in times]
    return [_row(f"directory, {kind}, p99 of {count} subjects", _p99(times), floor) for kind, times in best.items()]


def _round(folder: Path, subjects: Sequence[Subject]) -> dict[str, list[float]]:
    """Milliseconds of each question of each kind, on a freshly opened file: nothing is decrypted yet."""
    with Directory.open(folder, _KEY) as directory:
        return {kind: [_time_ms(question) for question in questions] for kind, questions in _questions(directory, subjects).items()}


def _row(name: str, value: float, floor: float) -> Row:
    return Row(
        name=name,
        value=value,
        unit="ms",
        floor=floor,
        ratio=value / floor,
        goal=f"<= {GOAL_MS:.0f} ms",
        holds=value <= GOAL_MS,
    )


def _filled(count: int) -> Path:
    folder = Path(tempfile.gettempdir()) / f"kiosk-measure-{os.getuid()}" / f"directory-{FORMAT}-{count}"
    with Directory.open(folder, _KEY, may_be_missing=True) as there:
        if there.count == count:
            return folder
    for file in snapshots(folder):
        file.path.unlink()
    fill(folder, _KEY, _LOOKUP_KEY, count, _SEED)
    return folder


def _questions(directory: Directory, subjects: Sequence[Subject]) -> dict[str, list[Question]]:
    chance = random.Random(11)
    coded = [one for one in subjects if one.credit_code]
    typed: dict[str, Sequence[str]] = {
        "whole phone": [one.phone for one in subjects],
        "4 last digits of a phone": [one.phone[-4:] for one in subjects],
        "whole credit code": [one.credit_code for one in coded],
        "5 last characters of a code": [one.credit_code[-5:] for one in coded],
        "initials of a person": ["".join(initials(fold(one.person_name))) for one in subjects],
        "first initials of a name": ["".join(initials(fold(one.name)))[: chance.randint(1, 9)] for one in subjects],
        "whole name": [one.name for one in subjects],
        "beginning of a name": [one.name[: chance.randint(1, 4)] for one in subjects],
        "inside of a name": [_part(chance, one.name, chance.randint(1, 6)) for one in subjects],
        "halves of two names": [
            _part(chance, a.name, 2) + _part(chance, b.name, chance.randint(1, 3)) for a, b in _pairs(chance, subjects)
        ],
        "scanned code": [subject_code(one) for one in subjects],
        "very common words": [word for _ in range(20) for word in _COMMON.split()],
    }
    asked: dict[str, list[Question]] = {kind: [_find(directory, text) for text in texts] for kind, texts in typed.items()}
    asked["person of a card"] = [_by_person(directory, one.person_hash) for one in subjects]
    asked[_FLOOR] = [_get(directory, one) for one in subjects]
    return {kind: questions for kind, questions in asked.items() if questions}


def _find(directory: Directory, text: str) -> Question:
    return lambda: directory.find(text)


def _get(directory: Directory, subject: Subject) -> Question:
    return lambda: directory.get(subject.id)


def _by_person(directory: Directory, person: bytes) -> Question:
    return lambda: directory.by_person(person)


def _part(chance: random.Random, name: str, length: int) -> str:
    start = chance.randrange(max(1, len(name) - length + 1))
    return name[start : start + length]


def _pairs(chance: random.Random, subjects: Sequence[Subject]) -> list[tuple[Subject, Subject]]:
    return [(chance.choice(subjects), chance.choice(subjects)) for _ in subjects]


def _time_ms(question: Question) -> float:
    begun = time.perf_counter()
    question()
    return (time.perf_counter() - begun) * 1000


def _p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[98]
