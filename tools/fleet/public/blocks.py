"""What other registers say of a subject, read from the JSON they gave: nothing in it is trusted, everything is text.

A body is an object; all members may be missing, others are ignored::

    {"grade": "A", "note": "一句话", "rows": [{"at": "2026-10-02", "title": "采收", "detail": "番茄，第三批"}, ...]}
"""

from __future__ import annotations

from typing import Any

from kiosk.domain.certificate import beijing_date
from tools.fleet.public.privacy import without_ids
from tools.fleet.store.queries_public import Block

_MOST_ROWS = 30
_MOST_CHARACTERS = 200


def block_facts(block: Block) -> dict[str, Any] | None:
    """``{grade, note, rows: [{at, title, detail}], source, day}`` or None for a body that says nothing."""
    body = block.body if isinstance(block.body, dict) else {}
    rows = body.get("rows")
    read = [_row(row) for row in rows[:_MOST_ROWS] if isinstance(row, dict)] if isinstance(rows, list) else []
    facts = {"grade": _text(body.get("grade")), "note": _text(body.get("note")), "rows": [row for row in read if row["title"]]}
    if not any(facts.values()):
        return None
    return {**facts, "source": _text(block.source), "day": beijing_date(block.updated_at).isoformat()}


def _row(row: dict[str, Any]) -> dict[str, str]:
    return {name: _text(row.get(name)) for name in ("at", "title", "detail")}


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return without_ids(str(value))[:_MOST_CHARACTERS]
