"""A read-only door to the outbox for the agent's process: a Unix socket that answers two questions and nothing else.

Questions are JSON lines: ``{"ask": "span"}`` -> ``{"generation", "first", "last"}``; ``{"ask": "events", "after": seq, "limit": n}`` ->
``{"events": [[seq, kind, body as base64]]}``; anything else, and a ledger that does not answer, -> ``{"error": code}``.
Rules: only our own user and root get in (SO_PEERCRED; the file is 0600); a question has at most ``MAX_LINE`` bytes, an answer ``MAX_EVENTS`` events.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from kiosk.issuing.issuer import IssuerError, OutboxEvent

SOCKET = "events.sock"
MAX_LINE = 256
MAX_EVENTS = 500
_TICK_S = 0.3
_PATIENCE_S = 30.0


class Outbox(Protocol):
    """What the door shows of a ledger."""

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]: ...

    def outbox_span(self) -> tuple[str, int, int]:
        """Generation, first and last ``seq`` (0 and 0: empty)."""
        ...


class EventsDoor:
    """Serves ``outbox`` at ``folder/events.sock`` until ``close``. One thread, one question at a time: the agent asks one by one."""

    def __init__(self, outbox: Outbox, folder: Path) -> None:
        self._outbox = outbox
        self._path = folder / SOCKET
        folder.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen(2)
        self._listener.settimeout(_TICK_S)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="kiosk-events", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more."""
        self._stop.set()
        self._thread.join(timeout=5)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                visitor, _ = self._listener.accept()
            except TimeoutError:
                continue
            with visitor, suppress(OSError):
                if _is_ours(visitor):
                    self._talk(visitor)

    def _talk(self, visitor: socket.socket) -> None:
        visitor.settimeout(_TICK_S)
        pending, quiet_s = b"", 0.0
        while not self._stop.is_set() and quiet_s < _PATIENCE_S:
            try:
                heard = visitor.recv(MAX_LINE)
            except TimeoutError:
                quiet_s += _TICK_S
                continue
            if not heard or len(pending) + len(heard) > MAX_LINE:
                return
            pending, quiet_s = pending + heard, 0.0
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                visitor.settimeout(_PATIENCE_S)
                visitor.sendall(json.dumps(self._answer(line), separators=(",", ":")).encode() + b"\n")
                visitor.settimeout(_TICK_S)

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


def _is_ours(visitor: socket.socket) -> bool:
    """Source: unix(7), SO_PEERCRED: pid, uid, gid of whoever connected."""
    _, user, _ = struct.unpack("3i", visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return user in (0, os.getuid())
