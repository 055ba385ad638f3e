"""The trusted key list: read strictly, believed only with the root's signature, aged into a warning."""

from __future__ import annotations

import copy
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credential.keylist import KeyListError, dump_key_list, load_key_list, parse_key_list
from kiosk.credential.secret_file import KeyFileError, read_secret, write_secret
from kiosk.credential.signer import load_signer, new_private_key
from kiosk.credential.verify import Status, verify_url
from tests.vectors.make_vectors import ACTIVE, GOOD, KEYS_FILE, MADE, ROOT, key_list, public, signed, url

DOCUMENT = key_list()


def changed(*path: str | int, value: Any = None, gone: bool = False) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if gone:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_a_list_survives_being_written() -> None:
    keys = parse_key_list(DOCUMENT, public(ROOT))
    assert parse_key_list(dump_key_list(keys)) == keys
    assert keys == load_key_list(KEYS_FILE)
    assert [key.demo for key in keys.keys.values()] == [False, False, True, False, False]


def test_a_day_to_renew_a_key_by_survives_and_decides_nothing() -> None:
    keys = parse_key_list(changed("keys", 0, "renew_by", value="2020-01-31"))
    assert [key.renew_by for key in keys.keys.values()] == [date(2020, 1, 31), None, None, None, None]
    assert parse_key_list(dump_key_list(keys)) == keys
    assert verify_url(url(signed(GOOD)), keys, MADE).status is Status.VALID


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "malformed"),
        ("text", "malformed"),
        (changed("schema", value=2), "unknownVersion"),
        (changed("schema", gone=True), "unknownVersion"),
        (changed("host", gone=True), "malformed"),
        (changed("host", value=7), "malformed"),
        (changed("issued_at", value="2026-11-24T00:00:00"), "malformed"),
        (changed("keys", gone=True), "malformed"),
        (changed("keys", value=["x"]), "malformed"),
        (changed("keys", 1, "key_id", value=ACTIVE), "malformed"),
        (changed("keys", 0, "key_id", value="1"), "malformed"),
        (changed("keys", 0, "key_id", value=True), "malformed"),
        (changed("keys", 0, "algorithm", value="RSA"), "malformed"),
        (changed("keys", 0, "public_key", value="00"), "malformed"),
        (changed("keys", 0, "public_key", value="zz" * 32), "malformed"),
        (changed("keys", 0, "terminal", value="14"), "malformed"),
        (changed("keys", 0, "not_before", gone=True), "malformed"),
        (changed("keys", 0, "revoked_after", value="100"), "malformed"),
        (changed("keys", 0, "renew_by", value="soon"), "malformed"),
        (changed("keys", 0, "renew_by", value=20270131), "malformed"),
        (changed("keys", 0, "revoked_after", value=-1), "malformed"),
        (changed("keys", 0, "demo", value="no"), "malformed"),
        (changed("voids", value=[{"key_id": 1}]), "malformed"),
        (changed("voids", value=[7]), "malformed"),
    ],
)
def test_a_list_that_is_not_as_published_is_not_used(document: object, code: str) -> None:
    with pytest.raises(KeyListError) as caught:
        parse_key_list(document)
    assert caught.value.code == code


def test_what_may_be_missing_may_be_missing() -> None:
    document = changed("voids", gone=True)
    del document["signature"]
    for key in document["keys"]:
        del key["demo"]
        key.pop("revoked_after")
        key["new member"] = 1
    keys = parse_key_list(document)
    assert keys.voids == frozenset()
    assert all(not key.demo and key.revoked_after is None for key in keys.keys.values())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_breaks_the_reader(value: Any) -> None:
    for document in (
        value,
        changed("keys", value=value),
        changed("voids", value=value),
        changed("keys", 0, "public_key", value=value),
    ):
        try:
            parse_key_list(document)
        except KeyListError:
            continue


@pytest.mark.parametrize(
    "document",
    [
        changed("host", value="q.other.cn"),
        changed("keys", 2, "demo", value=False),
        changed("keys", 1, "revoked_after", value=None),
        changed("voids", value=[]),
        changed("signature", value="00" * 64),
        changed("signature", value="zz"),
        changed("signature", gone=True),
    ],
)
def test_a_list_changed_after_signing_is_not_believed(document: dict[str, Any]) -> None:
    parse_key_list({**document})  # well-formed
    with pytest.raises(KeyListError, match="badSignature"):
        parse_key_list(document, public(ROOT))


def test_an_old_list_warns_and_never_decides() -> None:
    keys = parse_key_list(DOCUMENT)
    for days, stale in ((-5, False), (30, False), (31, True), (4000, True)):
        verdict = verify_url(url(signed(GOOD)), keys, MADE + timedelta(days=days, hours=1))
        assert verdict.status is Status.VALID
        assert (verdict.is_stale, verdict.list_age_days) == (stale, max(0, days))


def test_a_void_of_this_terminal_counts_at_once() -> None:
    keys = parse_key_list(DOCUMENT)
    assert verify_url(url(signed(GOOD)), keys.with_void(ACTIVE, GOOD.counter), MADE).status is Status.VOIDED
    assert verify_url(url(signed(GOOD)), keys, MADE).status is Status.VALID


def test_files_that_cannot_be_read_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(KeyListError, match="missing"):
        load_key_list(tmp_path / "none.json")
    with pytest.raises(KeyListError, match="malformed"):
        load_key_list(tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\xff\xfe{")
    with pytest.raises(KeyListError, match="malformed"):
        load_key_list(broken)
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(KeyListError, match="malformed"):
        load_key_list(deep)
    broken.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    assert load_key_list(broken).host == DOCUMENT["host"]


def test_a_secret_is_written_for_its_owner_and_read_from_nobody_else_s_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "signing.key"
    write_secret(path, new_private_key())
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signer(path, 1).public_key != load_signer(path, 1).sign(b"x")[:32]
    path.chmod(0o604)
    with pytest.raises(KeyFileError, match="openToOthers"):
        read_secret(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(KeyFileError, match="malformed"):
        read_secret(path)
    with pytest.raises(KeyFileError, match="missing"):
        read_secret(tmp_path / "none")
