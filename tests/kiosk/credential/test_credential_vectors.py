"""The published vectors, answered by our verifier, by a stranger's and by the command."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import Status, verify_url
from tests.kiosk.credential import stranger
from tests.vectors import make_vectors

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PUBLISHED = json.loads(make_vectors.VECTORS_FILE.read_text(encoding="utf-8"))
TRUSTED = json.loads(make_vectors.KEYS_FILE.read_text(encoding="utf-8"))
ROOT = bytes.fromhex(PUBLISHED["root_public_key"])
KEYS = load_key_list(make_vectors.KEYS_FILE, ROOT)
BY_NAME = {vector["name"]: vector for vector in PUBLISHED["vectors"]}
GOOD = BY_NAME["good"]["text"]

every_vector = pytest.mark.parametrize("name", BY_NAME)


def test_the_published_files_are_what_the_program_makes() -> None:
    assert make_vectors.KEYS_FILE.read_text(encoding="utf-8") == make_vectors.as_text(make_vectors.key_list())
    assert make_vectors.VECTORS_FILE.read_text(encoding="utf-8") == make_vectors.as_text(make_vectors.vectors())


def test_every_status_has_a_vector() -> None:
    assert {vector["status"] for vector in BY_NAME.values()} == set(Status)
    assert stranger.list_is_genuine(TRUSTED, ROOT)


@every_vector
def test_our_verifier_and_a_stranger_s_agree_with_the_published_answer(name: str) -> None:
    vector = BY_NAME[name]
    record = vector["record"]
    verdict = verify_url(vector["text"], KEYS, NOW, None if record is None else record.encode())
    status, said = stranger.verify(vector["text"], TRUSTED, record)
    assert verdict.status == status == vector["status"]
    assert verdict.demo is said.get("demo", False) is (name == "demo")


@cache
def answers() -> dict[str, tuple[int, dict[str, Any]]]:
    """Every vector through the command, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BY_NAME, pool.map(asked, BY_NAME.values()), strict=True))


def asked(vector: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    more = []
    if vector["record"] is not None:
        more = ["--record", "/dev/stdin"]
    done = command(
        vector["text"], "--keys", str(make_vectors.KEYS_FILE), "--root", ROOT.hex(), "--json", *more, stdin=vector["record"]
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def command(*words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "kiosk.credential", "verify", *words]
    return subprocess.run(call, input=stdin, capture_output=True, text=True, check=False, timeout=60)


@every_vector
def test_the_command_names_the_check_and_tells_it_by_its_exit_code(name: str) -> None:
    code, answer = answers()[name]
    vector = BY_NAME[name]
    valid = vector["status"] == "valid"
    assert (code, answer["check"], answer["valid"]) == (0 if valid else 1, vector["status"], valid)
    _, said = stranger.verify(vector["text"], TRUSTED, vector["record"])
    if not said:
        assert "number" not in answer or vector["status"] == "malformed"
        return
    mantissa, factor = said.pop("amount")
    issued = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=said.pop("minutes"))
    assert Decimal(answer["amount"]) == mantissa * Decimal(factor)
    assert datetime.fromisoformat(answer["issued"]) == issued
    assert sorted(answer["basis"]) == sorted(said.pop("basis"))
    assert {field: answer[field] for field in said} == said


def test_the_command_in_words_says_specimen_first_and_what_to_do() -> None:
    keys = ("--keys", str(make_vectors.KEYS_FILE))
    demo = command(BY_NAME["demo"]["text"], *keys)
    assert demo.returncode == 0
    assert demo.stdout.startswith("【演示样张】")
    forged = command(BY_NAME["altered-body"]["text"], *keys)
    assert forged.returncode == 1
    assert "签名不对" in forged.stdout and "编号" not in forged.stdout


@pytest.mark.parametrize(
    ("content", "more"),
    [
        (None, []),
        ("{", []),
        ('{"schema": 2}', []),
        ('{"schema": 1}', []),
        ("GOOD", ["--root", "00" * 32]),
        ("GOOD", ["--root", "zz"]),
    ],
)
def test_a_list_that_cannot_be_used_is_told_apart_from_a_false_code(tmp_path: Path, content: str | None, more: list[str]) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(json.dumps(TRUSTED) if content == "GOOD" else content, encoding="utf-8")
    done = command(GOOD, "--keys", str(file), "--json", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_any_one_flipped_bit_of_the_token_fails() -> None:
    token = int(GOOD.rpartition("/")[2])
    for bit in range(800):
        text = f"https://{KEYS.host}/{token ^ 1 << bit:0241d}"
        status, _ = stranger.verify(text, TRUSTED)
        assert verify_url(text, KEYS, NOW).status == status != "valid", bit


def test_any_one_changed_digit_fails() -> None:
    prefix, digits = GOOD[:-241], GOOD[-241:]
    for place, was in enumerate(digits):
        for digit in set("0123456789") - {was}:
            changed = f"{prefix}{digits[:place]}{digit}{digits[place + 1 :]}"
            assert not verify_url(changed, KEYS, NOW).is_valid, place


def test_any_two_neighbouring_digits_exchanged_fail() -> None:
    prefix, digits = GOOD[:-241], GOOD[-241:]
    for place in range(240):
        a, b = digits[place : place + 2]
        changed = f"{prefix}{digits[:place]}{b}{a}{digits[place + 2 :]}"
        assert a == b or not verify_url(changed, KEYS, NOW).is_valid


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_any_one_changed_character_of_the_address_fails(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert verify_url(changed, KEYS, NOW).is_valid is (changed == GOOD)


@given(st.one_of(st.text(max_size=500), st.from_regex(r"https://q\.sxhgz\.cn/[0-9]{200,260}", fullmatch=True)))
def test_no_text_breaks_either_verifier_and_both_say_the_same(text: str) -> None:
    assert verify_url(text, KEYS, NOW).status == stranger.verify(text, TRUSTED)[0] != "valid"
