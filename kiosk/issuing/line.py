"""The connection to the issuer's process: one question at a time, asked again where that is harmless.

Rules
- It is opened anew whenever it broke. The first question that finds nobody waits ``patience_s`` for the issuer to come back (a restart takes about
  two seconds); while it is known to be away each next one is told so at once.
- An answer that was lost is asked for again under the same id where the issuer makes that harmless (``contract.REPEATABLE``).
- What is owed is told before anything else is asked.
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk import log
from kiosk.domain.certificate import PaperOutcome
from kiosk.domain.number import CertificateNumber
from kiosk.issuing.contract import LONG, REPEATABLE, call_of, error_of
from kiosk.issuing.issuer import ISSUER_AWAY, StoreUnavailable
from kiosk.wire.canonical import WireError
from kiosk.wire.issuer_rpc import MAX_ASK_BYTES, MAX_REPLY_BYTES, Ask, Frame, FrameReader, Reply

PATIENCE_S = 8.0
ANSWER_S = 15.0
ANSWER_LOST = "answerLost"
"""Fact ``reason`` of ``issuerAway``: it was asked, and may have been done."""
_LONG_ANSWER_S = 900.0
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 1.0
_MOST_OWED = 500


class _NobodyThereError(Exception):
    """It could not even be asked."""


class _AnswerLostError(Exception):
    """It was asked; what became of it is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``result`` or ``error``; ``repeated``: an earlier asking may have been done already."""

    result: Any
    error: Exception | None
    repeated: bool

    def value(self) -> Any:
        """The result. Raises what the issuer raised."""
        if self.error is not None:
            raise self.error
        return self.result


class IssuerLine:
    """Usable from any thread; ``lock`` holds off the others. ``run`` names this process.

    ``owed`` are arguments of ``record_print`` that could not be told, ``unanswered`` attempts on paper (number, copy, reprint) whose beginning was
    asked under that id and never answered. ``on_turn`` is called when the issuer is found away, and when it is back.
    """

    def __init__(self, path: Path, patience_s: float, answer_s: float, wait: Callable[[float], object] | None = None) -> None:
        self.lock = threading.RLock()
        self.run = uuid.uuid4().hex
        self.patience_s = patience_s
        self.on_turn: Callable[[], None] = lambda: None
        self.owed: deque[tuple[Any, ...]] = deque(maxlen=_MOST_OWED)
        self.unanswered: dict[tuple[CertificateNumber, int, bool], str] = {}
        self._path = path
        self._answer_s = answer_s
        self._closing = threading.Event()
        self._wait = wait or self._closing.wait
        self._socket: socket.socket | None = None
        self._reader = FrameReader(MAX_REPLY_BYTES)
        self._is_away = False

    def close(self) -> None:
        """Hang up; whoever still waits is told that the issuer is away."""
        self._closing.set()
        with self.lock:
            self._hang_up()

    def ask(self, name: str, *arguments: Any, ask_id: str = "") -> Answer:
        """Ask under a fresh id, or again under ``ask_id``. Raises ``StoreUnavailable('issuerAway')``."""
        with self.lock:
            until = time.monotonic() + (0 if self._is_away else self.patience_s)
            wait_s, repeated, ask_id = _FIRST_WAIT_S, False, ask_id or uuid.uuid4().hex
            while True:
                try:
                    self._connect()
                    self._pay()
                    answer = self._exchange(name, arguments, ask_id, repeated=repeated)
                except _AnswerLostError:
                    repeated = True
                except _NobodyThereError:
                    pass  # asked again below, or told as away
                else:
                    self._note(away=False)
                    return answer
                if time.monotonic() >= until or self._closing.is_set() or (repeated and name not in REPEATABLE):
                    reason = ANSWER_LOST if repeated else "nobody"
                    self._note(away=True, reason=reason)
                    raise StoreUnavailable(ISSUER_AWAY, reason=reason)
                self._wait(min(wait_s, max(0.0, until - time.monotonic())))
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _connect(self) -> None:
        if self._socket is not None:
            return
        fresh = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            fresh.settimeout(self._answer_s)
            fresh.connect(str(self._path))
        except OSError as err:
            fresh.close()
            raise _NobodyThereError from err
        self._socket, self._reader = fresh, FrameReader(MAX_REPLY_BYTES)

    def _pay(self) -> None:
        """Tell what could not be told when it was."""
        while self.owed:
            told = self._tell("record_print", self.owed[0])
            if isinstance(told.error, StoreUnavailable):
                return  # the disk is full or the like: it stays owed
            if told.error is not None:
                log.event("service-failed", service="record-print", code=type(told.error).__name__)
            self.owed.popleft()
        for attempt, ask_id in list(self.unanswered.items()):
            begun = self._tell("begin_print", attempt, ask_id)
            if begun.error is None:
                begun = self._tell("record_print", (begun.result.job_id, PaperOutcome.FAILED, ISSUER_AWAY, "", ""))
            if isinstance(begun.error, StoreUnavailable):
                return
            del self.unanswered[attempt]

    def _tell(self, name: str, arguments: tuple[Any, ...], ask_id: str = "") -> Answer:
        try:
            return self._exchange(name, arguments, ask_id or uuid.uuid4().hex, repeated=True)
        except _AnswerLostError as err:
            raise _NobodyThereError from err  # it stays owed, and what we came for was not asked

    def _exchange(self, name: str, arguments: tuple[Any, ...], ask_id: str, *, repeated: bool) -> Answer:
        """Raises ``_NobodyThereError`` (it surely did not arrive), ``_AnswerLostError``, ``ValueError`` for what cannot be sent at all."""
        call = call_of(name)
        try:
            body = call.arguments.encode(arguments)
            asked = Frame(Ask(id=ask_id, run=self.run, call=name).encode(), body).pack(MAX_ASK_BYTES)
        except WireError as err:
            raise ValueError(err.code) from err
        if self._socket is None:
            raise _NobodyThereError
        self._socket.settimeout(_LONG_ANSWER_S if name in LONG else self._answer_s)
        try:
            self._socket.sendall(asked)
        except OSError as err:
            # A frame that is not whole is not done, and the kernel takes a whole one only from a connection that stands.
            self._hang_up()
            raise _NobodyThereError from err
        try:
            frame = self._heard()
            reply = Reply.decode(frame.head)
            if reply.id not in (ask_id, ""):
                raise WireError("otherReply")
            if reply.error is not None:
                if not reply.id:
                    self._hang_up()  # so does the other side
                return Answer(None, error_of(reply.error), repeated)
            return Answer(call.result.decode(frame.body), None, repeated)
        except (OSError, WireError) as err:
            self._hang_up()
            raise _AnswerLostError from err

    def _heard(self) -> Frame:
        if self._socket is None:
            raise ConnectionError("hung up")
        while True:
            heard = self._socket.recv(65536)
            if not heard:
                raise ConnectionError("the issuer hung up")
            if frames := self._reader.feed(heard):
                return frames[0]

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _note(self, *, away: bool, reason: str = "") -> None:
        if away == self._is_away:
            return
        self._is_away = away
        if away:
            log.event("issuer-away", reason=reason)
        else:
            log.event("issuer-back")
        if not self._closing.is_set():
            self.on_turn()
