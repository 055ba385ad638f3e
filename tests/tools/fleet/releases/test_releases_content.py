"""Differences lead exactly from one content to the next; files are handed out whole, in part, and to nobody who guesses."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kiosk.wire.sync import FileKind
from support.centre import NOW
from tools.fleet.area import Area
from tools.fleet.releases.content import Line, difference, digests, in_terminals_order, key_lines
from tools.fleet.releases.publish import Publisher
from tools.fleet.releases.server import file_app
from tools.fleet.store.database import default_url, open_store

subjects = st.dictionaries(st.integers(1, 12), st.sampled_from(("甲", "乙", "丙")))
voids = st.sets(st.tuples(st.integers(1, 3), st.integers(1, 3)))


def subject_lines(content: dict[int, str]) -> list[Line]:
    return [{"put": {"id": number, "name": name}} for number, name in content.items()]


def key_document(keys: dict[int, str], voided: set[tuple[int, int]]) -> dict[str, object]:
    return {
        "keys": [{"key_id": number, "station": name} for number, name in keys.items()],
        "voids": [{"key_id": key_id, "counter": counter} for key_id, counter in voided],
    }


@given(subjects, subjects)
def test_a_difference_of_subjects_leads_from_the_old_to_the_new(old: dict[int, str], new: dict[int, str]) -> None:
    change = difference(digests(subject_lines(old)), subject_lines(new))
    assert change is not None
    made = dict(old)
    for line in change:
        if "put" in line:
            made[line["put"]["id"]] = line["put"]["name"]
        else:
            del made[line["drop"]]
    assert made == new
    assert len(change) <= len(old.keys() | new.keys())
    assert (change == []) == (old == new)


@given(subjects, voids, subjects, voids)
def test_a_void_is_never_taken_back_by_a_difference(
    old: dict[int, str], voided: set[tuple[int, int]], new: dict[int, str], later: set[tuple[int, int]]
) -> None:
    change = difference(digests(key_lines(key_document(old, voided))), list(key_lines(key_document(new, later))))
    assert (change is None) == bool(voided - later)
    if change is not None:
        assert {tuple(line["void"]) for line in change if "void" in line} == later - voided
        assert {line["drop"] for line in change if "drop" in line} == old.keys() - new.keys()


@given(subjects, voids)
def test_the_terminals_order_does_not_depend_on_ours(keys: dict[int, str], voided: set[tuple[int, int]]) -> None:
    document = key_document(keys, voided)
    turned = {name: list(reversed(items)) for name, items in document.items()}  # type: ignore[call-overload]
    assert in_terminals_order(document) == in_terminals_order(turned)


@pytest.fixture
def files(tmp_path: Path) -> tuple[TestClient, str, bytes]:
    store = open_store(default_url(tmp_path))
    publisher = Publisher(store, tmp_path / "files", Ed25519PrivateKey.generate(), lambda: NOW, "tester")
    lines = subject_lines({number: f"合作社{number}" for number in range(500)})
    publisher.publish(FileKind.DIRECTORY, Area("14"), len(lines), lambda: lines)
    (path,) = (tmp_path / "files").iterdir()
    return TestClient(file_app(store, tmp_path / "files"), raise_server_exceptions=False), path.name, path.read_bytes()


def test_a_file_is_handed_out_whole_and_from_any_byte(files: tuple[TestClient, str, bytes]) -> None:
    client, name, content = files
    whole = client.get(f"/files/{name}")
    assert whole.content == content
    assert gzip.decompress(whole.content).count(b"\n") == 501
    assert whole.headers["accept-ranges"] == "bytes"
    for start in (1, 700, len(content) - 1):
        part = client.get(f"/files/{name}", headers={"Range": f"bytes={start}-"})
        assert (part.status_code, part.content) == (206, content[start:])
        assert part.headers["content-range"] == f"bytes {start}-{len(content) - 1}/{len(content)}"
    assert client.get(f"/files/{name}", headers={"Range": f"bytes={len(content)}-"}).status_code == 416


def test_a_file_never_changes_under_its_name(files: tuple[TestClient, str, bytes]) -> None:
    client, name, content = files
    tag = client.get(f"/files/{name}").headers["etag"]
    assert client.get(f"/files/{name}", headers={"If-None-Match": tag}).status_code == 304
    part = client.get(f"/files/{name}", headers={"Range": "bytes=9-", "If-Range": tag})
    assert (part.status_code, part.content) == (206, content[9:])
    assert client.get(f"/files/{name}", headers={"Range": "bytes=9-", "If-Range": '"other"'}).content == content


def test_nothing_is_listed_and_nothing_beside_it_is_reached(files: tuple[TestClient, str, bytes], tmp_path: Path) -> None:
    client, name, _ = files
    (tmp_path / "files" / "directory-2-0.gz").write_bytes(b"left by a publisher that died")
    for path in (
        "",
        "/",
        "/files",
        "/files/",
        "/files/directory-2-0.gz",
        "/files/..%2Fcentre.db",
        "/files/%2Fetc%2Fpasswd",
        f"/files/{name}x",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/files/{name}").status_code == 405
