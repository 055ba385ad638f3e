"""The trusted key list: whose signatures count, from which terminal, and which are revoked.

Rules: presence on the list is validity; revocation is by counter, never by time, because a thief owns the clock; a list older than
``STALE_DAYS`` is used with a warning. With a root key given, the list's own signature is checked before anything in it is believed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.credential.token import Algorithm
from kiosk.domain.number import CertificateNumber

SCHEMA = 1
STALE_DAYS = 30
KEY_LIFE = timedelta(days=365)


class KeyListError(Exception):
    """The key list cannot be used. ``code``: missing | malformed | unknownVersion | badSignature."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One terminal's key. ``revoked_after`` None is active; a number keeps certificates up to that counter valid (0: none).

    ``demo`` keys make specimens: everything verified by them says 演示样张. ``renew_by`` is the last day (Beijing) by which a new key should be in
    use, None where nobody set one: it warns the centre and decides nothing.
    """

    key_id: int
    algorithm: Algorithm
    public_key: bytes
    terminal: str
    station: str
    county: str
    not_before: datetime
    revoked_after: int | None = None
    demo: bool = False
    renew_by: date | None = None


@dataclass(frozen=True, slots=True)
class KeyList:
    """The list, by key id. ``voids`` are single certificates declared void, as (key id, counter)."""

    host: str
    issued_at: datetime
    keys: dict[int, TrustedKey]
    voids: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def age_days(self, now: datetime) -> int:
        """Whole days since it was made; negative ages count as 0."""
        return max(0, (now - self.issued_at).days)

    def with_void(self, key_id: int, counter: int) -> KeyList:
        """The list with one more void: how a terminal knows its own voids at once."""
        return KeyList(self.host, self.issued_at, self.keys, self.voids | {(key_id, counter)})


def renewal_after(began: date) -> date:
    """The usual last day of a key: a year after it began."""
    return began + KEY_LIFE


def load_key_list(path: Path, root: bytes | None = None) -> KeyList:
    """Read a key list. Raises ``KeyListError``."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise KeyListError("missing") from err
    except (OSError, RecursionError, ValueError) as err:
        raise KeyListError("malformed") from err
    return parse_key_list(document, root)


def parse_key_list(document: object, root: bytes | None = None) -> KeyList:
    """Check and read the JSON form. Raises ``KeyListError``."""
    if not isinstance(document, dict):
        raise KeyListError("malformed")
    if document.get("schema") != SCHEMA:
        raise KeyListError("unknownVersion")
    if root is not None:
        _check_signature(document, root)
    try:
        keys = [_key(item) for item in document["keys"]]
        voids = frozenset((_number(item["key_id"]), _number(item["counter"])) for item in document.get("voids", []))
        by_id = {key.key_id: key for key in keys}
        if len(by_id) != len(keys):
            raise ValueError("key id twice")
        return KeyList(_text(document["host"]), _time(document["issued_at"]), by_id, voids)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise KeyListError("malformed") from err


def dump_key_list(keys: KeyList) -> dict[str, Any]:
    """The JSON form."""
    return {
        "schema": SCHEMA,
        "host": keys.host,
        "issued_at": keys.issued_at.isoformat(),
        "keys": [
            {
                "key_id": key.key_id,
                "algorithm": key.algorithm.name,
                "public_key": key.public_key.hex(),
                "terminal": key.terminal,
                "station": key.station,
                "county": key.county,
                "not_before": key.not_before.isoformat(),
                "revoked_after": key.revoked_after,
                "demo": key.demo,
                **({} if key.renew_by is None else {"renew_by": key.renew_by.isoformat()}),
            }
            for key in keys.keys.values()
        ],
        "voids": [{"key_id": key_id, "counter": counter} for key_id, counter in sorted(keys.voids)],
    }


def canonical(document: dict[str, Any]) -> bytes:
    """What a list's signature covers: the document without it, sorted keys, no spaces, UTF-8."""
    bare = {name: value for name, value in document.items() if name != "signature"}
    return json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _check_signature(document: dict[str, Any], root: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(root).verify(bytes.fromhex(str(document.get("signature", ""))), canonical(document))
    except (InvalidSignature, ValueError) as err:
        raise KeyListError("badSignature") from err


def _key(item: dict[str, Any]) -> TrustedKey:
    revoked, demo = item.get("revoked_after"), item.get("demo", False)
    public, renew = bytes.fromhex(item["public_key"]), item.get("renew_by")
    if not isinstance(demo, bool):
        raise ValueError("demo is true or false")
    if len(public) != 32 and item["algorithm"] == Algorithm.ED25519.name:
        raise ValueError("public key size")
    return TrustedKey(
        key_id=_number(item["key_id"]),
        algorithm=Algorithm[item["algorithm"]],
        public_key=public,
        terminal=CertificateNumber(_text(item["terminal"]), 1).terminal,
        station=_text(item["station"]),
        county=_text(item["county"]),
        not_before=_time(item["not_before"]),
        revoked_after=None if revoked is None else _number(revoked),
        demo=demo,
        renew_by=None if renew is None else date.fromisoformat(_text(renew)),
    )


def _number(value: object) -> int:
    """A whole number that is not negative; ``True`` and ``"7"`` are none."""
    if type(value) is not int or value < 0:
        raise ValueError("not a number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("time without zone")
    return moment
