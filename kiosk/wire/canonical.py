"""One way to write facts as bytes, so that a hash or a signature over them means something, and a careful way to read strangers' JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

MAX_BODY_BYTES = 1 << 20
"""No message of ours is larger; what is, is refused before it is parsed."""


class WireError(Exception):
    """The bytes are not such a message. ``code``: tooLarge | malformed | unknownVersion | badSignature | otherTerminal | tooOld | tooLate | ...

    Never holds values from the message.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def canonical_json(body: Json) -> bytes:
    """UTF-8 JSON with sorted keys and without spaces. No floats: quantities travel as text."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def read_json(data: bytes, limit: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """A JSON object from a stranger. Raises ``WireError`` (tooLarge, malformed): also for keys that come twice and for floats."""
    if len(data) > limit:
        raise WireError("tooLarge")
    try:
        body = json.loads(data, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as err:
        raise WireError("malformed") from err
    if not isinstance(body, dict):
        raise WireError("malformed")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a key twice")
    return body


def _no_float(_text: str) -> Any:
    raise ValueError("a float")
