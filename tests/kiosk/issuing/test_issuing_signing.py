"""Issued with the real key, every copy verifies offline; what the code cannot hold is refused, not written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.credential.keylist import KeyList, TrustedKey
from kiosk.credential.secret_file import write_secret
from kiosk.credential.signer import load_signer, new_private_key
from kiosk.credential.token import Algorithm
from kiosk.credential.verify import Status, verify_url
from kiosk.domain.certificate import canonical_record
from kiosk.domain.product import ProductId
from kiosk.issuing.issuer import Refused
from kiosk.issuing.signing import SigningKeyError, TokenLabelSigner, load_label_signer
from support.builders import NOON, TOMATO, a_promise
from support.ledgers import STATION, TERMINAL, open_issuer


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "signing.key"
    write_secret(path, new_private_key())
    return path


def trusted(key_file: Path, terminal: str = TERMINAL) -> TrustedKey:
    public = load_signer(key_file, 7).public_key
    return TrustedKey(7, Algorithm.ED25519, public, terminal, STATION, "140703", NOON, demo=True)


def a_signer(key_file: Path) -> TokenLabelSigner:
    return load_label_signer(key_file, [trusted(key_file)], "q.test")


def test_every_copy_verifies_offline_and_binds_the_stored_record(tmp_path: Path, key_file: Path) -> None:
    keys = KeyList("q.test", NOON, {7: trusted(key_file)})
    with open_issuer(tmp_path, signer=a_signer(key_file)) as issuer:
        made = issuer.issue(a_promise(copies=3))
        found = issuer.find(made.number)
        assert issuer.is_demo and found.demo
    record = canonical_record(found.number, found.issued_at, found.promise)
    for copy, label in enumerate(found.labels, start=1):
        verdict = verify_url(label.url, keys, NOON, record)
        assert verdict.status is Status.VALID
        assert verdict.number == made.number
        assert verdict.body is not None
        assert (verdict.body.copy, verdict.body.copies) == (copy, 3)
    assert verify_url(found.labels[0].url, keys, NOON, record + b" ").status is Status.RECORD_MISMATCH


def test_facts_that_the_code_cannot_hold_are_refused_and_take_no_number(tmp_path: Path, key_file: Path) -> None:
    with open_issuer(tmp_path, signer=a_signer(key_file)) as issuer:
        with pytest.raises(Refused, match="unsignable"):
            issuer.issue(a_promise("bad", product=replace(TOMATO, id=ProductId(65536))))
        assert issuer.events_after(0, 9) == []
        assert issuer.issue(a_promise("good")).number.counter == 1


def test_a_key_that_the_list_does_not_name_for_this_terminal_signs_nothing(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(SigningKeyError, match="notOurs"):
        load_label_signer(key_file, [], "q.test")
    other = tmp_path / "other.key"
    write_secret(other, new_private_key())
    with pytest.raises(SigningKeyError, match="notOurs"):
        load_label_signer(other, [trusted(key_file)], "q.test")
    other.chmod(0o644)
    with pytest.raises(SigningKeyError, match="openToOthers"):
        load_label_signer(other, [trusted(key_file)], "q.test")
    with pytest.raises(SigningKeyError, match="missing"):
        load_label_signer(tmp_path / "none", [trusted(key_file)], "q.test")


def test_between_the_new_list_and_the_new_file_the_older_key_signs_on(tmp_path: Path, key_file: Path) -> None:
    coming = tmp_path / "coming.key"
    write_secret(coming, new_private_key())
    newer = replace(trusted(coming), key_id=8)
    assert a_label_key(key_file, [newer, trusted(key_file)]) == 7
    assert a_label_key(coming, [newer, trusted(key_file)]) == 8


def a_label_key(file: Path, own: list[TrustedKey]) -> int:
    """The key id in a label that is signed with a file."""
    return load_label_signer(file, own, "q.test").key_id
