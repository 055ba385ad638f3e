"""The public page as HTTP: what strangers may send, how often, and what never leaves."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from starlette.testclient import TestClient

from kiosk.credential.keylist import parse_key_list
from kiosk.domain.certificate import record_digest
from support.centre import DATABASES
from support.public_host import SECRET, SIGNER, World, a_world
from tools.fleet.public.answer import judge
from tools.fleet.public.app import make_app
from tools.fleet.public.limits import Buckets, Rate, neighbourhood, visitor
from tools.fleet.public.privacy import masked, scrubbed, without_ids
from tools.fleet.public.record import canonical_of
from tools.fleet.public.settings import PublicSettings, Rates
from tools.fleet.store.queries import find_certificate
from tools.fleet.store.schema import evaluation, label_scan, report

ID_NUMBER = "142421196804123019"


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("public"), request.param) as made:
        yield made


def visit(world: World, address: str = "198.51.100.7", rates: Rates | None = None) -> TestClient:
    return TestClient(world.app(rates), client=(address, 50000), raise_server_exceptions=False)


def test_the_centre_rebuilds_the_very_record_that_the_code_binds(world: World) -> None:
    for fate in ("good", "demo", "blocks", "voided"):
        verdict = judge(world.codes[fate], world.keys, world.clock.now)
        with world.store.reading() as tx:
            row = find_certificate(tx, world.numbers[fate])
        assert row is not None
        assert verdict.body is not None
        assert record_digest(canonical_of(row)) == verdict.body.digest


def test_a_record_other_than_the_signed_one_is_to_be_looked_into(world: World) -> None:
    with world.store.reading() as tx:
        row = find_certificate(tx, world.numbers["blocks"])
    assert row is not None
    world.set_words("blocks", origin="太原市小店区别处")
    told = visit(world).post("/p/scan", json={"digits": world.codes["blocks"]}).json()
    world.set_words("blocks", origin=row.origin)
    assert told["standing"] == "recordMismatch"


def test_a_reading_is_counted_once_for_a_visitor_and_told_coarsely(world: World) -> None:
    digits = {"digits": world.codes["absent"]}
    one, other = visit(world, "198.51.100.1"), visit(world, "203.0.113.5")
    assert one.post("/p/scan", json=digits).json()["scans"]["count"] == 1
    assert one.post("/p/scan", json=digits).json()["scans"] == {"count": 1, "first": "2026年11月24日下午"}
    assert other.post("/p/scan", json=digits).json()["scans"]["count"] == 2
    world.clock.advance(3600)
    assert one.post("/p/scan", json=digits).json()["scans"]["count"] == 3
    with world.store.reading() as tx:
        kept = [str(value) for value in tx.execute(select(label_scan.c.visitor)).scalars()]
    assert not any("198.51" in value for value in kept)


@pytest.mark.parametrize("digits", ["", "1", "9" * 241, "9" * 3000, "7" * 241, None, 17, ["1"], "１" * 241, "0' OR 1=1"])
def test_what_is_not_genuine_is_neither_shown_nor_counted_nor_written_of(world: World, digits: object) -> None:
    client = visit(world)
    before = _rows(world)
    told = client.post("/p/scan", json={"digits": digits}).json()
    assert told["record"] is None
    assert "scans" not in told
    assert client.post("/p/report", json={"digits": digits, "kind": "goods"}).status_code == 400
    assert client.post("/p/evaluation", json={"digits": digits, "stars": 5}).status_code == 400
    assert _rows(world) == before


@given(bit=st.integers(0, 799))
def test_no_flipped_bit_verifies_at_the_centre(bit: int) -> None:
    vectors = json.loads((Path(__file__).parents[3] / "vectors" / "vectors.json").read_text(encoding="utf-8"))
    keys = parse_key_list(json.loads((Path(__file__).parents[3] / "vectors" / "keys.json").read_text(encoding="utf-8")))
    good = int(vectors["vectors"][0]["text"].rpartition("/")[2])
    assert judge(f"{good:0241d}", keys, keys.issued_at).is_valid
    assert not judge(f"{good ^ (1 << bit):0241d}", keys, keys.issued_at).is_valid


def test_the_excerpt_of_the_key_list_is_a_key_list_signed_for_the_page(world: World) -> None:
    client = visit(world)
    answer = client.get("/p/key/2.json")
    keys = parse_key_list(answer.json(), SIGNER.public_key().public_bytes_raw())
    assert set(keys.keys) == {2}
    assert judge(world.codes["good"], keys, world.clock.now).is_valid
    assert client.get("/p/key/77.json").status_code == 404
    assert client.get("/p/key/x.json").status_code == 404


def test_a_revoked_terminal_s_certificate_is_no_voucher(world: World) -> None:
    verdict = judge(world.codes["good"], world.keys, world.clock.now)
    assert verdict.key is not None
    revoked = replace(world.keys, keys={2: replace(verdict.key, revoked_after=0)})
    app = make_app(world.store.engine, lambda: revoked, PublicSettings(SIGNER, SECRET, now=lambda: world.clock.now))
    client = TestClient(app)
    assert client.post("/p/scan", json={"digits": world.codes["good"]}).json()["standing"] == "revoked"
    assert "不能作为凭证" in client.get(f"/{world.codes['good']}?plain").text


def test_reading_and_writing_have_limits_that_time_lifts(world: World) -> None:
    rates = Rates(read=Rate(5, 10), read_code=Rate(100, 1), write=Rate(2, 60), write_code=Rate(100, 1))
    app = world.app(rates)
    one = TestClient(app, client=("198.51.100.7", 1))
    neighbour = TestClient(app, client=("198.51.100.200", 1))
    stranger = TestClient(app, client=("192.0.2.1", 1))
    asked = {"digits": world.codes["good"]}
    assert [one.post("/p/scan", json=asked).status_code for _ in range(6)] == [200] * 5 + [429]
    refused = neighbour.post("/p/scan", json=asked)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 11
    assert "查得太快了" in one.get(f"/{world.codes['good']}?plain").text
    assert stranger.post("/p/scan", json=asked).status_code == 200
    world.clock.advance(11)
    assert one.post("/p/scan", json=asked).status_code == 200
    said = {**asked, "kind": "goods"}
    assert [one.post("/p/report", json=said).status_code for _ in range(3)] == [200, 200, 429]


def test_everybody_together_may_ask_only_so_often_about_one_label(world: World) -> None:
    app = world.app(Rates(read_code=Rate(3, 60)))
    found = [
        TestClient(app, client=(f"10.{n}.0.1", 1)).post("/p/scan", json={"digits": world.codes["good"]}).status_code
        for n in range(4)
    ]
    assert found == [200, 200, 200, 429]


def test_a_report_keeps_its_words_but_no_number_of_a_person(world: World) -> None:
    words = f"我叫张三，电话 138 0000 0417，身份证{ID_NUMBER}，箱子是破的\x00\u202e"
    said = {"digits": world.codes["good"], "kind": "quality", "words": words}
    assert visit(world, "192.0.2.77").post("/p/report", json=said).status_code == 200
    with world.store.reading() as tx:
        kept = tx.execute(select(report.c.words).where(report.c.kind == "quality").order_by(report.c.id.desc())).scalars().first()
    assert kept is not None
    assert not re.search(r"\d{4}", kept)
    assert "箱子是破的" in kept


def test_a_second_evaluation_of_a_visitor_replaces_the_first(world: World) -> None:
    client = visit(world, "192.0.2.99")
    for stars in (1, 5):
        assert client.post("/p/evaluation", json={"digits": world.codes["voided"], "stars": stars}).status_code == 200
    told = client.post("/p/scan", json={"digits": world.codes["voided"]}).json()
    assert told["evaluations"] == {"count": 1, "mean": "5.0"}
    for stars in (0, 6, True, "x", None, 2.5):
        assert client.post("/p/evaluation", json={"digits": world.codes["voided"], "stars": stars}).status_code == 400


def test_an_id_number_in_any_word_of_a_terminal_never_leaves(world: World) -> None:
    world.set_words("recalled", subject_name=f"王建国{ID_NUMBER}", void_reason=f"召回 {ID_NUMBER}", station=f"站{ID_NUMBER}")
    client = visit(world)
    assert ID_NUMBER not in client.post("/p/scan", json={"digits": world.codes["recalled"]}).text
    assert ID_NUMBER not in client.get(f"/{world.codes['recalled']}?plain").text


@pytest.mark.parametrize("path", ["/p/scan", "/p/report", "/p/evaluation"])
def test_bodies_that_no_page_of_ours_sends_are_refused(world: World, path: str) -> None:
    client = visit(world)
    assert client.post(path, content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert client.post(path, content=b"[" * 4000, headers={"content-type": "application/json"}).status_code == 400
    assert client.post(path, content=b"x" * 5000, headers={"content-type": "application/json"}).status_code == 413
    assert client.post(path, content=b"a=b", headers={"content-type": "text/plain"}).status_code == 415


def test_every_answer_forbids_frames_foreign_scripts_and_guessing_and_sets_no_cookie(world: World) -> None:
    client = visit(world)
    code = world.codes["good"]
    for path in (f"/{code}", f"/q/{code}", f"/{code}?plain", "/q/", "/nowhere", "/p/key/2.json", "/p/key/99.json"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "<script>" not in answer.text
        assert " style=" not in answer.text


def test_the_shell_is_one_for_all_codes_and_files_are_kept_for_ever(world: World) -> None:
    client = visit(world)
    one, other = client.get(f"/{world.codes['good']}"), client.get(f"/q/{world.codes['demo']}")
    assert one.content == other.content
    assert one.headers["referrer-policy"] == "no-referrer"
    again = client.get(f"/{world.codes['good']}", headers={"if-none-match": one.headers["etag"]})
    assert again.status_code == 304
    script = re.search(r'src="(/p/app\.[0-9a-f]{16}\.js)"', one.text)
    assert script is not None
    assert "immutable" in client.get(script[1]).headers["cache-control"]
    assert client.post("/p/scan", json={"digits": world.codes["good"]}).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/nowhere", "/p/nothing.js", "/q/abc", "/q/../etc", "/1234", "/q/?url=http://x/", "/%01"])
def test_an_address_that_is_none_gets_a_clear_page(world: World, path: str) -> None:
    answer = visit(world).get(path)
    assert answer.status_code in (200, 404)
    assert "Traceback" not in answer.text


def test_a_pasted_link_leads_to_its_code(world: World) -> None:
    answer = visit(world).get("/q/", params={"url": f"https://q.test/{world.codes['good']}"}, follow_redirects=False)
    assert answer.headers["location"] == f"/q/{world.codes['good']}"


def test_a_database_that_does_not_answer_gives_a_clear_page_and_no_secrets_in_the_log(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'missing' / 'no.db'}")
    app = make_app(engine, lambda: world.keys, PublicSettings(SIGNER, SECRET, now=lambda: world.clock.now))
    client = TestClient(app, raise_server_exceptions=False)
    with caplog.at_level(logging.INFO):
        assert client.post("/p/scan", json={"digits": world.codes["good"]}).status_code == 503
        page = client.get(f"/{world.codes['good']}?plain")
    assert page.status_code == 503
    assert "中心出了点问题" in page.text
    assert world.codes["good"] not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("tools"))


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13800000417", "138****0417"), ("0354-6221234", "035*-***1234"), ("6221234", "***1234"), ("1234", "1234"), ("", "")],
)
def test_a_masked_phone_keeps_its_last_four(phone: str, shown: str) -> None:
    assert masked(phone) == shown


@given(st.text(max_size=300))
def test_words_without_numbers_hold_no_id_and_no_phone(words: str) -> None:
    kept = scrubbed(f"{words} {ID_NUMBER} 13800000417", 400, "…")
    assert ID_NUMBER not in kept
    assert "13800000417" not in kept
    assert ID_NUMBER not in without_ids(f"{ID_NUMBER}")


def test_buckets_forget_the_longest_unused() -> None:
    buckets = Buckets(Rate(1, 60), lambda: 0.0, most=2)
    assert [buckets.take(key) for key in ("a", "b", "a")] == [0, 0, 60]
    assert buckets.take("c") == 0
    assert buckets.take("b") == 0


def test_addresses_are_known_by_their_neighbourhood_and_visitors_for_a_day(world: World) -> None:
    assert neighbourhood("198.51.100.7") == neighbourhood("::ffff:198.51.100.9") == "198.51.100.0/24"
    assert neighbourhood("2400:da00:1:2::1") == "2400:da00:1::/48"
    assert neighbourhood("unix") == ""
    now = world.clock.now
    assert visitor(SECRET, "198.51.100.7", now) == visitor(SECRET, "198.51.100.7", now)
    assert visitor(SECRET, "198.51.100.7", now) != visitor(SECRET, "198.51.100.7", now.replace(day=1))


def _rows(world: World) -> list[int]:
    with world.store.reading() as tx:
        return [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (label_scan, report, evaluation)]
