"""Takes terminals' new keys into a trusted key list, with the day by which each must be renewed; and signs the list with the root key. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credential.keylist import KeyList, TrustedKey, canonical, dump_key_list, renewal_after
from kiosk.domain.certificate import beijing_date
from tools.fleet.releases.content import in_terminals_order


class NotTrusted(Exception):
    """The keys cannot be taken in. ``code``: otherHost | otherKey (the number is another key's)."""

    def __init__(self, code: str, key_id: int = 0) -> None:
        self.code = code
        super().__init__(f"{code} {key_id}" if key_id else code)


def take_in(known: KeyList | None, offered: Sequence[KeyList], now: datetime, renew_by: date | None = None) -> KeyList:
    """The list with the offered keys in it. ``renew_by`` is for those that say no day themselves; else it is a year after they began.

    Raises ``NotTrusted``.
    """
    host = offered[0].host if known is None else known.host
    keys: dict[int, TrustedKey] = {} if known is None else dict(known.keys)
    for one in offered:
        if one.host != host:
            raise NotTrusted("otherHost")
        for key in one.keys.values():
            held = keys.get(key.key_id)
            if held is not None and (held.public_key, held.terminal) != (key.public_key, key.terminal):
                raise NotTrusted("otherKey", key.key_id)
            day = key.renew_by or renew_by or renewal_after(beijing_date(key.not_before))
            keys[key.key_id] = replace(key if held is None else held, renew_by=day)
    return KeyList(host, now, keys, frozenset() if known is None else known.voids)


def without_a_day(keys: KeyList) -> list[int]:
    """Keys in use of which nobody is warned before they must be renewed."""
    return sorted(key.key_id for key in keys.keys.values() if key.renew_by is None and key.revoked_after is None)


def document_of(keys: KeyList, root: Ed25519PrivateKey | None) -> dict[str, Any]:
    """The list's JSON form in the order of the terminals, signed when a root key is given."""
    document = in_terminals_order(dump_key_list(keys))
    return document if root is None else {**document, "signature": root.sign(canonical(document)).hex()}
