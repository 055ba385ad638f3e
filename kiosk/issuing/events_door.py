"""A read-only door to the outbox for the agent's process: a Unix socket that answers two questions and nothing else.

Questions are JSON lines: ``{"ask": "span"}`` -> ``{"generation", "first", "last"}``; ``{"ask": "events", "after": seq, "limit": n}`` ->
``{"events": [[seq, kind, body as base64]]}``; anything else, and a ledger that does not answer, -> ``{"error": code}``.
Rules: only our own user, root and the users named get in (``listener``); a question has at most ``MAX_LINE`` bytes, an answer ``MAX_EVENTS`` events.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from kiosk.issuing.issuer import IssuerError, OutboxEvent
from kiosk.issuing.listener import TICK_S, Listener

SOCKET = "events.sock"
MAX_LINE = 256
MAX_EVENTS = 500
_PATIENCE_S = 30.0


class Outbox(Protocol):
    """What the door shows of a ledger."""

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]: ...

    def outbox_span(self) -> tuple[str, int, int]:
        """Generation, first and last ``seq`` (0 and 0: empty)."""
        ...


class EventsDoor:
    """Serves ``outbox`` at ``folder/events.sock`` until ``close``; ``users`` get in besides our own."""

    def __init__(self, outbox: Outbox, folder: Path, users: frozenset[int] = frozenset()) -> None:
        self._outbox = outbox
        self._listener = Listener(folder / SOCKET, self._talk, users, "kiosk-events")

    def close(self) -> None:
        """Let nobody in any more."""
        self._listener.close()

    def _talk(self, visitor: socket.socket, is_ended: Callable[[], bool]) -> None:
        visitor.settimeout(TICK_S)
        pending, quiet_s = b"", 0.0
        while not is_ended() and quiet_s < _PATIENCE_S:
            try:
                heard = visitor.recv(MAX_LINE)
            except TimeoutError:
                quiet_s += TICK_S
                continue
            if not heard or len(pending) + len(heard) > MAX_LINE:
                return
            pending, quiet_s = pending + heard, 0.0
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                visitor.settimeout(_PATIENCE_S)
                visitor.sendall(json.dumps(self._answer(line), separators=(",", ":")).encode() + b"\n")
                visitor.settimeout(TICK_S)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            match json.loads(line):
                case {"ask": "span"}:
                    generation, first, last = self._outbox.outbox_span()
                    return {"generation": generation, "first": first, "last": last}
                case {"ask": "events", "after": int(after), "limit": int(limit)} if after >= 0 and limit > 0:
                    events = self._outbox.events_after(after, min(limit, MAX_EVENTS))
                    return {"events": [[e.seq, e.kind, base64.b64encode(e.body).decode("ascii")] for e in events]}
                case _:
                    return {"error": "unknownQuestion"}
        except (ValueError, RecursionError):
            return {"error": "malformed"}
        except IssuerError as err:
            return {"error": err.code}
