"""One way to write facts as bytes, so that a hash over them means something."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical_json(body: Json) -> bytes:
    """UTF-8 JSON with sorted keys and without spaces. No floats: quantities travel as text."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
