"""The published vectors: the file is what the code makes, and every message in it is read back as itself."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.wire import topics
from kiosk.wire.canonical import WireError, canonical_json, read_json
from kiosk.wire.job import JobReport, JobStatus, may_follow, read_cancel, read_job
from kiosk.wire.message import Message
from kiosk.wire.order import Answer, Order, Standing
from kiosk.wire.signing import read_public_key
from kiosk.wire.snapshot import Status
from kiosk.wire.sparkplug.payload import Payload
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sync import Announcement, FileHead, FileKind, read_announcement
from kiosk.wire.uplink import CertBatch, Hello, Receipt, Welcome, batches
from tests.vectors.wire.make_wire_vectors import CENTRE, FILE, LEDGER, TERMINAL, event, messages, vectors

KINDS: dict[str, type[Message]] = {
    "hello": Hello,
    "welcome": Welcome,
    "receipt": Receipt,
    "job_report": JobReport,
    "announcement": Announcement,
    "file_head": FileHead,
    "status": Status,
    "order": Order,
    "answer": Answer,
    "standing": Standing,
}


def stored() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def test_file_is_what_the_code_makes() -> None:
    assert stored() == json.loads(json.dumps(vectors()))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_messages_are_read_back_as_themselves(name: str) -> None:
    raw = stored()["messages"][name].encode()
    assert KINDS[name].decode(raw).encode() == raw


@pytest.mark.parametrize("name", sorted(KINDS))
def test_unknown_version_is_refused_and_unknown_fields_are_ignored(name: str) -> None:
    body = json.loads(stored()["messages"][name])
    for version in (2, 0, True, "1", None):
        with pytest.raises(WireError, match="unknownVersion"):
            KINDS[name].decode(canonical_json({**body, "v": version}))
    assert KINDS[name].decode(canonical_json({**body, "later": [1]})) == KINDS[name].decode(canonical_json(body))


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_field_of_another_type_is_refused(name: str) -> None:
    body = json.loads(stored()["messages"][name])
    for field in set(body) - {"v"}:
        with pytest.raises(WireError, match="malformed"):
            KINDS[name].decode(canonical_json({**body, field: [{"x": 1}, 3]}))


def test_topics_are_those_of_the_vectors_and_parse_back() -> None:
    for name, topic in stored()["topics"].items():
        address = topics.parse(topic)
        assert address is not None
        assert address.terminal == TERMINAL
        assert name.endswith(f".{address.word.value}")
    for strange in (
        "sxc/v1/1407030031/up/welcome",
        "sxc/v1/14/up/cert",
        "sxc/v2/1407030031/up/cert",
        "sxc/v1/1407030031/up/cert/x",
        "",
    ):
        assert topics.parse(strange) is None


def test_batch_carries_the_bodies_byte_for_byte() -> None:
    raw = stored()["messages"]["cert"].encode()
    batch = CertBatch.decode(raw)
    assert batch.encode() == raw
    assert canonical_json(read_json(raw)) == raw  # the spliced bytes are canonical as a whole
    assert (batch.first, batch.last) == (1101, 1102)


def test_batch_with_one_changed_body_or_wrong_order_is_refused() -> None:
    body = json.loads(stored()["messages"]["cert"])
    body["events"][0]["body"]["contact"] = "13800000418"
    with pytest.raises(WireError, match="malformed"):
        CertBatch.decode(canonical_json(body))
    turned = json.loads(stored()["messages"]["cert"])
    turned["events"].reverse()
    with pytest.raises(WireError, match="malformed"):
        CertBatch.decode(canonical_json(turned))


def test_batches_are_cut_by_number_and_by_size() -> None:
    small = [event(seq, "print", {"n": seq}) for seq in range(1, 121)]
    assert [len(batch.events) for batch in batches(LEDGER, small)] == [50, 50, 20]
    large = [event(seq, "print", {"n": "x" * 25_000}) for seq in range(1, 6)]
    assert [len(batch.events) for batch in batches(LEDGER, large)] == [2, 2, 1]
    assert [e for batch in batches(LEDGER, small) for e in batch.events] == small


def test_receipt_cannot_call_an_event_bad_that_it_does_not_cover() -> None:
    body = json.loads(stored()["messages"]["receipt"])
    body["upto"] = 1100
    with pytest.raises(WireError, match="malformed"):
        Receipt.decode(canonical_json(body))


def test_job_is_believed_only_with_the_centres_signature_for_this_terminal() -> None:
    raw = stored()["messages"]["job"].encode()
    centre = read_public_key(stored()["centre_key"])
    assert read_job(raw, centre, TERMINAL).args == {"reason": "停电检修"}
    with pytest.raises(WireError, match="otherTerminal"):
        read_job(raw, centre, "1407030032")
    for change in (
        {"not_after": "2027-11-24T04:00:00.250Z"},
        {"kind": "reboot"},
        {"args": {"reason": "换了"}},
        {"sig": "A" * 86},
        {"sig": ""},
    ):
        with pytest.raises(WireError, match="badSignature"):
            read_job(canonical_json({**json.loads(raw), **change}), centre, TERMINAL)
    with pytest.raises(WireError, match="badSignature"):
        read_job(raw, Ed25519PrivateKey.generate().public_key(), TERMINAL)


def test_cancel_is_believed_only_with_the_centres_signature_for_this_terminal() -> None:
    raw = stored()["messages"]["cancel"].encode()
    centre = read_public_key(stored()["centre_key"])
    assert read_cancel(raw, centre, TERMINAL) == json.loads(stored()["messages"]["job"])["id"]
    with pytest.raises(WireError, match="otherTerminal"):
        read_cancel(raw, centre, "1407030032")
    for change in ({"cancel": str(UUID(int=0))}, {"sig": "A" * 86}, {"later": 1}):
        with pytest.raises(WireError, match="badSignature"):
            read_cancel(canonical_json({**json.loads(raw), **change}), centre, TERMINAL)
    with pytest.raises(WireError, match="malformed"):
        read_cancel(stored()["messages"]["job"].encode(), centre, TERMINAL)
    with pytest.raises(WireError, match="malformed"):
        read_job(raw, centre, TERMINAL)


def test_announcement_must_be_signed_newer_and_fit_the_version_in_use() -> None:
    body, centre = json.loads(stored()["messages"]["announcement"]), CENTRE.public_key()
    assert read_announcement(body, centre, FileKind.DIRECTORY, 6).base == 6
    for current, kind, code in (
        (7, FileKind.DIRECTORY, "tooOld"),
        (8, FileKind.DIRECTORY, "tooOld"),
        (5, FileKind.DIRECTORY, "otherBase"),
        (6, FileKind.KEYS, "otherKind"),
    ):
        with pytest.raises(WireError, match=code):
            read_announcement(body, centre, kind, current)
    with pytest.raises(WireError, match="badSignature"):
        read_announcement({**body, "sha256": "0" * 64}, centre, FileKind.DIRECTORY, 6)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../b", "http://x/y", "", "a//b", ".hidden", "a/.."])
def test_announced_path_cannot_leave_the_file_server(path: str) -> None:
    body = json.loads(stored()["messages"]["announcement"])
    with pytest.raises(WireError, match="malformed"):
        Announcement.read({**body, "path": path})


def test_final_job_states_have_no_successor() -> None:
    assert all(not may_follow(state, after) for state in JobStatus if state.is_final for after in JobStatus)
    assert may_follow(JobStatus.QUEUED, JobStatus.IN_PROGRESS)
    assert not may_follow(JobStatus.QUEUED, JobStatus.SUCCEEDED)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b"{", b'{"a":1,"a":2}', b'{"a":1.5}', b'{"a":NaN}', b"\xff", b'{"a":' + b"[" * 100_000]
)
def test_strange_json_is_refused_without_a_crash(raw: bytes) -> None:
    with pytest.raises(WireError, match="malformed"):
        read_json(raw)


def test_payload_vectors_are_read_back_as_themselves() -> None:
    from tests.vectors.wire.make_wire_vectors import TYPES, payloads

    for name, text in stored()["payloads"].items():
        assert Payload.decode(bytes.fromhex(text)).encode(TYPES).hex() == text
        assert payloads()[name] == Payload.decode(bytes.fromhex(text))


def test_host_state_is_read_back() -> None:
    raw = stored()["messages"]["state"].encode()
    assert HostState.decode(raw).encode() == raw
    for strange in (b"ONLINE", b'{"online":1,"timestamp":1}', b'{"online":true}', b'{"online":true,"timestamp":-1}'):
        with pytest.raises(WireError):
            HostState.decode(strange)


def test_vectors_hold_every_message() -> None:
    assert set(messages()) == set(stored()["messages"])
