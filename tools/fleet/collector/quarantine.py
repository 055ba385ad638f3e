"""Messages that nobody could read: kept once, counted every time, and never more than ``MOST`` of them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import quarantine

MOST = 10_000
_KEPT_BYTES = 64 * 1024
_CLEAN_EVERY = 256


def keep(tx: Connection, topic: str, payload: bytes, reason: str, now: datetime) -> None:
    """Remember one message."""
    digest = hashlib.sha256(topic.encode("utf-8", "surrogateescape") + b"\0" + payload).digest()
    made: Any = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(quarantine)
    tx.execute(
        made.on_conflict_do_update(
            index_elements=["sha256"], set_={"times": quarantine.c.times + 1, "last_at": made.excluded.last_at}
        ),
        {
            "sha256": digest,
            "topic": topic.replace("\0", "")[:200],
            "reason": reason[:60],
            "payload": payload[:_KEPT_BYTES],
            "times": 1,
            "first_at": now,
            "last_at": now,
        },
    )
    if digest[0] % _CLEAN_EVERY == 0:
        _clean(tx)


def _clean(tx: Connection) -> None:
    held = tx.execute(select(func.count()).select_from(quarantine)).scalar() or 0
    if held > MOST:
        oldest = select(quarantine.c.sha256).order_by(quarantine.c.last_at).limit(held - MOST)
        tx.execute(delete(quarantine).where(quarantine.c.sha256.in_(oldest)))
