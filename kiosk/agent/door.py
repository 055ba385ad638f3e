"""The agent's side of the events door (``kiosk.issuing.events_door``): one connection, opened again whenever it broke."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kiosk.agent.source import LedgerSpan, SourceUnavailable
from kiosk.issuing.events_door import SOCKET
from kiosk.wire.uplink import WireEvent

_ANSWER_S = 15.0
_MAX_ANSWER = 16 << 20


class DoorSource:
    """An ``EventSource`` over the socket under the runtime directory. Used by one thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SOCKET
        self._socket: socket.socket | None = None

    def span(self) -> LedgerSpan:
        """What there is now. Raises ``SourceUnavailable``."""
        answer = self._ask({"ask": "span"})
        return LedgerSpan(str(answer["generation"]), int(answer["first"]), int(answer["last"]))

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        """Events with a higher ``seq``. Raises ``SourceUnavailable``."""
        answer = self._ask({"ask": "events", "after": seq, "limit": limit})
        return [WireEvent(int(number), str(kind), base64.b64decode(body)) for number, kind, body in answer["events"]]

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._exchange(question)
        except (OSError, ValueError) as err:
            self.close()
            raise SourceUnavailable from err
        if "error" in answer:
            raise SourceUnavailable(answer["error"])
        return answer

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(_ANSWER_S)
            self._socket.connect(str(self._path))
        self._socket.sendall(json.dumps(question).encode() + b"\n")
        heard = bytearray()
        while not heard.endswith(b"\n"):
            part = self._socket.recv(65536)
            if not part or len(heard) > _MAX_ANSWER:
                raise ConnectionError("the door closed")
            heard += part
        answer: dict[str, Any] = json.loads(heard)
        return answer
