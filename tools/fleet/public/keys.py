"""The key list as the public page needs it: the whole one for the centre's own check, one key at a time for a browser.

Rules: 20,000 keys are megabytes, so a browser gets an excerpt in the form of ``docs/token-format.md`` section 4, signed by the centre's excerpt key
whose public half stands in the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credential.keylist import KeyList, canonical, dump_key_list

KeySource = Callable[[], KeyList]
"""Gives the list of now; asked at every request: ``KeyFile(path, root).current`` of the collector."""


def excerpt(keys: KeyList, key_id: int, signer: Ed25519PrivateKey) -> dict[str, Any] | None:
    """The signed list of only this key and its voids; None where the key is not on the list."""
    key = keys.keys.get(key_id)
    if key is None:
        return None
    voids = frozenset(void for void in keys.voids if void[0] == key_id)
    document = dump_key_list(KeyList(keys.host, keys.issued_at, {key_id: key}, voids))
    return {**document, "signature": signer.sign(canonical(document)).hex()}
