"""The issuer's side of the app's socket: understands an ask, does it on the ledger, and answers with what a caller in the same process would get.

Rules
- Nothing from the socket is believed: frames are bounded, values are typed, and the issuer judges every promise again.
- What nobody foresaw is logged without values and answered as such; the next ask is served as ever.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk import log
from kiosk.issuing.contract import CALLS, LONG, call_of, failure_of
from kiosk.issuing.issuer import Refused, StoreUnavailable
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.listener import TICK_S, Listener
from kiosk.wire.canonical import WireError
from kiosk.wire.issuer_rpc import MAX_ASK_BYTES, MAX_REPLY_BYTES, Ask, Failure, FailureKind, Frame, FrameReader, Reply

_FRAME_S = 10.0
"""A frame that has begun must be whole by then."""
_SEND_S = 30.0


class IssuerServer:
    """Serves ``issuer`` at ``path`` until ``close``; ``users`` get in besides our own."""

    def __init__(self, issuer: LedgerIssuer, path: Path, users: frozenset[int] = frozenset()) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[str, float]] = {}
        self._listener = Listener(path, self._talk, users, "kiosk-issuer")

    def close(self) -> None:
        """Let nobody in any more; what is under way is answered first."""
        self._listener.close()

    def is_stuck(self, limit_s: float) -> bool:
        """Whether something that should be quick takes longer than ``limit_s``, and not because the whole ledger is being read."""
        now = time.monotonic()
        with self._lock:
            calls = list(self._under_way.values())
        return not any(name in LONG for name, _ in calls) and any(now - since > limit_s for _, since in calls)

    def _talk(self, visitor: socket.socket, is_ended: Callable[[], bool]) -> None:
        reader, begun_s = FrameReader(MAX_ASK_BYTES), 0.0
        visitor.settimeout(TICK_S)
        while not is_ended():
            try:
                heard = visitor.recv(65536)
            except TimeoutError:
                begun_s = begun_s + TICK_S if reader.is_within else 0.0
                if begun_s > _FRAME_S:
                    return
                continue
            if not heard:
                return
            begun_s = 0.0
            try:
                for frame in reader.feed(heard):
                    visitor.settimeout(_SEND_S)
                    visitor.sendall(self._answer(frame))
                    visitor.settimeout(TICK_S)
            except WireError as err:
                log.event("issuer-frame-refused", code=err.code)
                visitor.settimeout(_SEND_S)
                visitor.sendall(_failed("", Failure(kind=FailureKind.INVALID, code=err.code)))
                return

    def _answer(self, frame: Frame) -> bytes:
        """Raises ``WireError`` for a head that is no ask."""
        ask = Ask.decode(frame.head)
        if ask.call not in CALLS:
            return _failed(ask.id, Failure(kind=FailureKind.INVALID, code="unknownCall"))
        try:
            with self._noted(ask.call):
                return self._done(ask, frame.body).pack(MAX_REPLY_BYTES)
        except (Refused, StoreUnavailable) as err:
            return _failed(ask.id, failure_of(err))
        except (WireError, ValueError) as err:
            code = err.code if isinstance(err, WireError) else "value"
            log.event("issuer-frame-refused", code=code)
            return _failed(ask.id, Failure(kind=FailureKind.INVALID, code=code))
        except Exception as err:  # noqa: BLE001 - the last line of a visit: log, tell, go on
            log.event("issuer-crashed", call=ask.call, error=type(err).__name__)
            return _failed(ask.id, Failure(kind=FailureKind.CRASHED, code=type(err).__name__))

    def _done(self, ask: Ask, body: bytes) -> Frame:
        call = call_of(ask.call)
        values = call.arguments.decode(body)
        keywords: dict[str, Any] = dict(zip(call.keywords, values[call.positional :], strict=True))
        if call.name == "begin_print":
            keywords["attempt"] = ask.id
        result = getattr(self._issuer.of_app(ask.run), call.name)(*values[: call.positional], **keywords)
        return Frame(Reply(id=ask.id).encode(), call.result.encode(result))

    @contextmanager
    def _noted(self, call: str) -> Iterator[None]:
        me = threading.get_ident()
        with self._lock:
            self._under_way[me] = (call, time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[me]


def _failed(ask_id: str, failure: Failure) -> bytes:
    return Frame(Reply(id=ask_id, error=failure).encode(), b"null").pack(MAX_REPLY_BYTES)
