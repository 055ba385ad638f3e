"""Makes the published test vectors: ``tools/dev run python -m tests.vectors.make_vectors``. A test keeps the files equal to this.

The keys are for tests only: whoever reads this file can sign with them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.credential.keylist import KeyList, TrustedKey, canonical, dump_key_list
from kiosk.credential.token import BODY_BYTES, Algorithm, TokenBody, signed_message
from kiosk.domain.certificate import ClockQuality, record_digest
from kiosk.domain.form import Basis

FOLDER = Path(__file__).parent
KEYS_FILE, VECTORS_FILE = FOLDER / "keys.json", FOLDER / "vectors.json"
HOST = "q.sxhgz.cn"
MADE = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = bytes(range(0xE0, 0x100))
ACTIVE, RETIRED, DEMO, STOLEN, SM2 = 0x000001, 0x00002A, 0x0D0001, 0x0003E8, 0x0000A2
SEEDS = {key_id: bytes([number]) * 32 for number, key_id in enumerate((ACTIVE, RETIRED, DEMO, STOLEN, SM2), start=1)}
RECORD = (
    '{"basis":["control"],"contact":"13800000417","copies":1,"county":"140703","form":"T2026_PRODUCER",'
    '"issued":"2026-11-24T12:00:30+08:00","number":"1407030031000417U","origin":"晋中市太谷区明星镇南庄村","product":"番茄",'
    '"quantity":"126.35 千克","subject":"太谷区建国蔬菜专业合作社"}'
)
GOOD = TokenBody(
    key_id=ACTIVE,
    counter=417,
    copy=1,
    copies=1,
    issued=datetime(2026, 11, 24, 4, 0, tzinfo=UTC),
    clock=ClockQuality.NTP,
    county=140703,
    document_type=1,
    product=17,
    mantissa=126_350,
    unit_code=0,
    basis=frozenset({Basis.CONTROL}),
    subject=417,
    digest=record_digest(RECORD.encode()),
)


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_list() -> dict[str, Any]:
    def key(key_id: int, terminal: str, **more: Any) -> TrustedKey:
        algorithm = more.pop("algorithm", Algorithm.ED25519)
        return TrustedKey(
            key_id, algorithm, public(SEEDS[key_id]), terminal, "太谷区明星镇农产品服务站", terminal[:6], MADE, **more
        )

    keys = (
        key(ACTIVE, "1407030031"),
        key(RETIRED, "1407030032", revoked_after=100),
        key(DEMO, "1407030099", demo=True),
        key(STOLEN, "1407030033", revoked_after=0),
        key(SM2, "1407030034", algorithm=Algorithm.SM2),
    )
    document = dump_key_list(KeyList(HOST, MADE, {k.key_id: k for k in keys}, frozenset({(ACTIVE, 500), (RETIRED, 7)})))
    signature = Ed25519PrivateKey.from_private_bytes(ROOT).sign(canonical(document))
    return {**document, "signature": signature.hex()}


def signed(body: TokenBody | bytes, *, by: int | None = None, host: str = HOST) -> bytes:
    raw = body if isinstance(body, bytes) else body.to_bytes()
    seed = SEEDS[int.from_bytes(raw[1:4], "big") if by is None else by]
    return raw + Ed25519PrivateKey.from_private_bytes(seed).sign(signed_message(host, raw))


def url(token: bytes, host: str = HOST) -> str:
    return f"https://{host}/{int.from_bytes(token, 'big'):0241d}"


def patched(data: bytes, at: int, *values: int) -> bytes:
    return data[:at] + bytes(values) + data[at + len(values) :]


def rows() -> list[tuple[str, str, str, str | None]]:
    """(name, text of the code, status, record)."""
    body, good = GOOD.to_bytes(), signed(GOOD)
    digits = url(good).rpartition("/")[2]
    other_record = RECORD.replace("126.35", "926.35")
    largest = replace(
        GOOD, counter=2**32 - 1, copy=255, copies=255, mantissa=2**20 - 1, unit_code=3, subject=2**40 - 1, product=65535
    )
    return [
        ("good", url(good), "valid", None),
        ("good-with-record", url(good), "valid", RECORD),
        ("good-other-record", url(good), "recordMismatch", other_record),
        ("good-largest-values", url(signed(largest)), "valid", None),
        ("good-last-copy", url(signed(replace(GOOD, copy=8, copies=8))), "valid", None),
        ("good-pieces", url(signed(replace(GOOD, mantissa=1200, unit_code=8))), "valid", None),
        ("good-hundreds-of-pieces", url(signed(replace(GOOD, mantissa=9_999, unit_code=9))), "valid", None),
        ("good-purchaser-all-bases", url(signed(replace(GOOD, document_type=2, basis=frozenset(Basis)))), "valid", None),
        ("good-untrusted-clock", url(signed(replace(GOOD, clock=ClockQuality.UNTRUSTED))), "valid", None),
        ("demo", url(signed(replace(GOOD, key_id=DEMO))), "valid", None),
        ("altered-body", url(patched(good, 21, good[21] ^ 0x10)), "badSignature", None),
        ("altered-copy", url(patched(good, 8, 1, 2)), "badSignature", None),
        ("altered-signature", url(patched(good, 99, good[99] ^ 1)), "badSignature", None),
        ("altered-digit", f"https://{HOST}/{digits[:120]}{(int(digits[120]) + 1) % 10}{digits[121:]}", "badSignature", None),
        ("wrong-key", url(signed(GOOD, by=RETIRED)), "badSignature", None),
        ("demo-key-posing-as-real", url(signed(GOOD, by=DEMO)), "badSignature", None),
        ("signed-for-another-host", url(signed(GOOD, host="q.other.cn")), "badSignature", None),
        ("zero-signature", url(body + bytes(64)), "badSignature", None),
        ("another-host", url(signed(GOOD, host="q.other.cn"), "q.other.cn"), "wrongHost", None),
        ("unknown-key", url(signed(replace(GOOD, key_id=99), by=ACTIVE)), "unknownKey", None),
        ("unknown-version", url(signed(patched(body, 0, 0x21))), "unknownVersion", None),
        ("version-zero", url(signed(patched(body, 0, 0x01))), "unknownVersion", None),
        ("algorithm-zero", url(signed(patched(body, 0, 0x10))), "unknownAlgorithm", None),
        ("algorithm-four", url(signed(patched(body, 0, 0x14))), "unknownAlgorithm", None),
        ("algorithm-not-the-key-s", url(signed(patched(body, 0, 0x12))), "unknownAlgorithm", None),
        (
            "algorithm-of-the-list-not-known-here",
            url(signed(replace(GOOD, key_id=SM2, algorithm=Algorithm.SM2))),
            "unknownAlgorithm",
            None,
        ),
        ("clock-six", url(signed(patched(body, 13, 6))), "malformed", None),
        ("copy-zero", url(signed(patched(body, 8, 0, 1))), "malformed", None),
        ("copy-above-copies", url(signed(patched(body, 8, 3, 2))), "malformed", None),
        ("basis-unknown-bit", url(signed(patched(body, 22, 0x09))), "malformed", None),
        ("unit-four", url(signed(patched(body, 21, body[21] & 0xF0 | 4))), "malformed", None),
        ("counter-zero", url(signed(patched(body, 4, 0, 0, 0, 0))), "malformed", None),
        ("before-revocation", url(signed(replace(GOOD, key_id=RETIRED, counter=100))), "valid", None),
        ("revoked", url(signed(replace(GOOD, key_id=RETIRED, counter=101))), "revoked", None),
        ("revoked-from-the-first", url(signed(replace(GOOD, key_id=STOLEN, counter=1))), "revoked", None),
        ("voided", url(signed(replace(GOOD, counter=500))), "voided", None),
        ("void-of-another-key", url(signed(replace(GOOD, counter=7))), "valid", None),
        ("truncated-by-one", url(good)[:-1], "truncated", None),
        ("truncated-to-half", url(good)[:140], "truncated", None),
        ("truncated-to-20", f"https://{HOST}/" + digits[:20], "truncated", None),
        ("19-digits", f"https://{HOST}/" + digits[:19], "notOurs", None),
        ("no-digits", f"https://{HOST}/", "notOurs", None),
        ("one-digit-more", url(good) + "0", "malformed", None),
        ("leading-zero-more", f"https://{HOST}/0{digits}", "malformed", None),
        ("beyond-800-bits", f"https://{HOST}/" + "9" * 241, "malformed", None),
        ("http", url(good).replace("https", "http"), "notOurs", None),
        ("capital-host", url(good).replace(HOST, HOST.upper()), "notOurs", None),
        ("host-of-12", url(good).replace(HOST, "q.hgz2.sx.cn"), "notOurs", None),
        ("query-behind", url(good) + "?from=x", "notOurs", None),
        ("port", url(good).replace(HOST, HOST + ":1"), "notOurs", None),
        ("full-width-digit", url(good)[:-1] + "７", "notOurs", None),
        ("another-link", "https://example.cn/p/1", "notOurs", None),
        ("empty", "", "notOurs", None),
    ]


def vectors() -> dict[str, Any]:
    return {
        "about": "SXC1 test vectors, see docs/token-format.md. keys.json is the trusted list. All keys are for tests only.",
        "root_public_key": public(ROOT).hex(),
        "root_private_key": ROOT.hex(),
        "private_keys": {str(key_id): seed.hex() for key_id, seed in SEEDS.items()},
        "body_of_good": {"hex": GOOD.to_bytes().hex(), "bytes": BODY_BYTES},
        "vectors": [{"name": name, "text": text, "status": status, "record": record} for name, text, status, record in rows()],
    }


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    KEYS_FILE.write_text(as_text(key_list()), encoding="utf-8")
    VECTORS_FILE.write_text(as_text(vectors()), encoding="utf-8")
