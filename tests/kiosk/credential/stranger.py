"""A verifier by somebody who has only read docs/token-format.md: no import of ours, ``cryptography`` and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALGORITHMS = {1: "ED25519", 2: "SM2", 3: "P256"}
UNITS = {0: "0.001", 1: "0.01", 2: "0.1", 3: "1", 8: "1", 9: "100"}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def list_is_genuine(document: dict[str, Any], root: bytes) -> bool:
    bare = {name: value for name, value in document.items() if name != "signature"}
    message = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return holds(root, bytes.fromhex(document["signature"]), message)


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify(text: str, trusted: dict[str, Any], record: str | None = None) -> tuple[str, dict[str, Any]]:
    """Status and, once the signature held, what the code says."""
    match = re.fullmatch(r"https://([a-z0-9][a-z0-9.-]{0,10})/([0-9]*)", text)
    if len(text) > 400 or match is None:
        return "notOurs", {}
    host, digits = match.groups()
    if len(digits) < 20:
        return "notOurs", {}
    if len(digits) < 241:
        return "truncated", {}
    if len(digits) > 241 or int(digits) >= 2**800:
        return "malformed", {}
    token = int(digits).to_bytes(100, "big")
    bits = int.from_bytes(token[:36], "big")

    def field(offset: int, count: int) -> int:
        return bits >> (288 - offset - count) & (1 << count) - 1

    version, algorithm, key_id, counter = field(0, 4), field(4, 4), field(8, 24), field(32, 32)
    copy, copies, clock = field(64, 8), field(72, 8), field(104, 8)
    mantissa, unit, basis = field(152, 20), field(172, 4), field(176, 8)
    if version != 1:
        return "unknownVersion", {}
    if algorithm not in ALGORITHMS:
        return "unknownAlgorithm", {}
    if clock > 5 or not 1 <= copy <= copies or basis > 7 or unit not in UNITS:
        return "malformed", {}
    if host != trusted["host"]:
        return "wrongHost", {}
    key = next((key for key in trusted["keys"] if key["key_id"] == key_id), None)
    if key is None:
        return "unknownKey", {}
    if key["algorithm"] != ALGORITHMS[algorithm] or key["algorithm"] != "ED25519":
        return "unknownAlgorithm", {}
    if not holds(bytes.fromhex(key["public_key"]), token[36:], b"SXC1" + host.encode() + token[:36]):
        return "badSignature", {}
    said = {
        "number": number(key["terminal"], counter),
        "terminal": key["terminal"],
        "station": key["station"],
        "key_id": key_id,
        "copy": copy,
        "copies": copies,
        "minutes": field(80, 24),
        "clock": ("untrusted", "rtc", "restored", "welcome", "gsm", "ntp")[clock],
        "county": f"{field(112, 20):06d}",
        "document": field(132, 4),
        "product": field(136, 16),
        "amount": (mantissa, UNITS[unit]),
        "unit": "kg" if unit < 4 else "piece",
        "basis": [name for bit, name in enumerate(("control", "ownTest", "entrustedTest")) if basis >> bit & 1],
        "subject": field(184, 40),
        "digest": token[28:36].hex(),
        "demo": key.get("demo", False),
    }
    if counter == 0:
        return "malformed", {}
    revoked = key.get("revoked_after")
    if revoked is not None and counter > revoked:
        return "revoked", said
    if {"key_id": key_id, "counter": counter} in trusted.get("voids", []):
        return "voided", said
    if record is not None and hashlib.sha256(record.encode()).digest()[:8] != token[28:36]:
        return "recordMismatch", said
    return "valid", said


def number(terminal: str, counter: int) -> str:
    """With ISO/IEC 7064 MOD 37,36 written out from the standard's recurrence."""
    plain = f"{terminal}{counter:06d}"
    check = 36
    for character in plain:
        check = (check + ALPHABET.index(character)) % 36 or 36
        check = check * 2 % 37
    return f"{plain[:6]}-{plain[6:10]}-{plain[10:]}-{ALPHABET[(1 - check) % 36]}"
