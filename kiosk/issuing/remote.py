"""``TerminalIssuer`` in another process: the app's side of the issuer's socket.

Rules
- One question at a time, on one connection that is opened anew whenever it broke. The first question that finds nobody waits ``patience_s`` for the
  issuer to come back (a restart takes about two seconds); while it is known to be away each next one is told so at once.
- An answer that was lost is asked for again under the same id where the issuer makes that harmless (``contract.REPEATABLE``).
- How an attempt on paper ended is remembered until it could be told: the paper is what it is.
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kiosk import log
from kiosk.domain.certificate import Certificate, PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Registration, Subject, SubjectId
from kiosk.issuing.contract import LONG, REPEATABLE, call_of, error_of
from kiosk.issuing.issuer import ISSUER_AWAY, Habits, OutboxEvent, Refused, StoreUnavailable, TodayRow, Unfinished
from kiosk.wire.canonical import WireError
from kiosk.wire.issuer_rpc import MAX_ASK_BYTES, MAX_REPLY_BYTES, Ask, Frame, FrameReader, Reply

PATIENCE_S = 8.0
ANSWER_S = 15.0
_LONG_ANSWER_S = 900.0
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 1.0
_MOST_OWED = 500


class _NobodyThereError(Exception):
    """It could not even be asked."""


class _AnswerLostError(Exception):
    """It was asked; what became of it is not known."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """``result`` or ``error``; ``repeated``: an earlier asking may have been done already."""

    result: Any
    error: Exception | None
    repeated: bool

    def value(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class RemoteIssuer:
    """See ``issuer.TerminalIssuer``; usable from any thread. ``demo``: what the trusted key list says of this terminal's key.

    ``on_turn`` is called when the issuer is found away, and when it is back; it must not wait.
    """

    def __init__(
        self,
        path: Path,
        *,
        demo: bool,
        patience_s: float = PATIENCE_S,
        answer_s: float = ANSWER_S,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._path = path
        self._demo = demo
        self._patience_s = patience_s
        self._answer_s = answer_s
        self.on_turn: Callable[[], None] = lambda: None
        self._closing = threading.Event()
        self._wait = wait or self._closing.wait
        self._run = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._socket: socket.socket | None = None
        self._reader = FrameReader(MAX_REPLY_BYTES)
        self._is_away = False
        self._owed: deque[tuple[Any, ...]] = deque(maxlen=_MOST_OWED)

    @property
    def is_demo(self) -> bool:
        """True when the signing key is a demonstration key."""
        return self._demo

    def close(self) -> None:
        """Hang up; whoever still waits for the issuer is told that it is away."""
        self._closing.set()
        with self._lock:
            self._hang_up()

    def clock_problem(self) -> str:
        """See ``Issuer.clock_problem``."""
        problem: str = self._ask("clock_problem").value()
        return problem

    def issue(self, made: Promise) -> Certificate:
        """See ``Issuer.issue``."""
        certificate: Certificate = self._ask("issue", made).value()
        return certificate

    def find(self, number: CertificateNumber) -> Certificate:
        """See ``Issuer.find``."""
        certificate: Certificate = self._ask("find", number).value()
        return certificate

    def begin_print(self, number: CertificateNumber, copy: int, *, reprint: bool) -> PrintJob:
        """See ``Issuer.begin_print``."""
        job: PrintJob = self._ask("begin_print", number, copy, reprint).value()
        return job

    def record_print(
        self, job_id: int, outcome: PaperOutcome, error: str = "", *, layout_version: str = "", font_digest: str = ""
    ) -> None:
        """See ``Issuer.record_print``. Where it could not be told it is remembered, and told before anything else that is asked later."""
        told = (job_id, outcome, error, layout_version, font_digest)
        with self._lock:
            try:
                self._ask("record_print", *told).value()
            except StoreUnavailable as err:
                if err.code == ISSUER_AWAY:
                    self._owed.append(told)
                raise

    def answer_paper(self, job_id: int, answer: PaperAnswer) -> None:
        """See ``Issuer.answer_paper``."""
        self._ask("answer_paper", job_id, answer).value()

    def give_up_copy(self, number: CertificateNumber, copy: int, by: str) -> None:
        """See ``Issuer.give_up_copy``."""
        self._ask("give_up_copy", number, copy, by).value()

    def unfinished(self) -> Sequence[Unfinished]:
        """See ``Issuer.unfinished``."""
        found: Sequence[Unfinished] = self._ask("unfinished").value()
        return found

    def void(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.void``. When only its answer was lost, the certificate that we made void is no error."""
        answer = self._ask("void", number, reason, by)
        if answer.repeated and isinstance(answer.error, Refused) and answer.error.code == "alreadyVoided":
            found = self.find(number)
            if found.void_reason == reason.strip():
                return found
        certificate: Certificate = answer.value()
        return certificate

    def allow_reprint(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.allow_reprint``."""
        certificate: Certificate = self._ask("allow_reprint", number, reason, by).value()
        return certificate

    def today(self, day: date) -> Sequence[TodayRow]:
        """See ``Issuer.today``."""
        rows: Sequence[TodayRow] = self._ask("today", day).value()
        return rows

    def habits(self, subject: SubjectId) -> Habits:
        """See ``Issuer.habits``."""
        found: Habits = self._ask("habits", subject).value()
        return found

    def register(self, registration: Registration) -> Subject:
        """See ``Issuer.register``."""
        subject: Subject = self._ask("register", registration).value()
        return subject

    def registered(self, person_hash: bytes) -> Sequence[Subject]:
        """See ``Issuer.registered``."""
        found: Sequence[Subject] = self._ask("registered", person_hash).value()
        return found

    def registered_by_phone(self, phone: str) -> Sequence[Subject]:
        """See ``Issuer.registered_by_phone``."""
        found: Sequence[Subject] = self._ask("registered_by_phone", phone).value()
        return found

    def set_pin(self, subject: SubjectId, pin: str, by: str) -> None:
        """See ``Issuer.set_pin``."""
        self._ask("set_pin", subject, pin, by).value()

    def check_pin(self, subject: SubjectId, pin: str) -> bool:
        """See ``Issuer.check_pin``."""
        fits: bool = self._ask("check_pin", subject, pin).value()
        return fits

    def keep_check(self, facts: Mapping[str, str], by: str) -> None:
        """See ``Issuer.keep_check``."""
        self._ask("keep_check", facts, by).value()

    def voids(self) -> Sequence[tuple[int, int]]:
        """See ``Issuer.voids``."""
        found: Sequence[tuple[int, int]] = self._ask("voids").value()
        return found

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """Not here: events leave by the agent's door alone. Raises ``Refused('notHere')``."""
        raise Refused("notHere")

    def last_counter(self) -> int:
        """See ``TerminalIssuer.last_counter``."""
        counter: int = self._ask("last_counter").value()
        return counter

    def last_issued_at(self) -> datetime | None:
        """See ``TerminalIssuer.last_issued_at``."""
        moment: datetime | None = self._ask("last_issued_at").value()
        return moment

    def broken_audit_row(self) -> int | None:
        """See ``TerminalIssuer.broken_audit_row``."""
        row: int | None = self._ask("broken_audit_row").value()
        return row

    def check_whole(self) -> None:
        """See ``TerminalIssuer.check_whole``."""
        self._ask("check_whole").value()

    def ledger_bytes(self) -> int:
        """See ``TerminalIssuer.ledger_bytes``."""
        size: int = self._ask("ledger_bytes").value()
        return size

    def _ask(self, name: str, *arguments: Any) -> _Answer:
        """Raises ``StoreUnavailable('issuerAway')``."""
        with self._lock:
            until = time.monotonic() + (0 if self._is_away else self._patience_s)
            wait_s, repeated, ask_id = _FIRST_WAIT_S, False, uuid.uuid4().hex
            while True:
                reason = "nobody"
                try:
                    self._connect()
                    self._pay()
                    answer = self._exchange(name, arguments, ask_id, repeated=repeated)
                except _AnswerLostError:
                    reason, repeated = "answerLost", True
                    if name not in REPEATABLE:
                        self._note(away=True, reason=reason)
                        raise StoreUnavailable(ISSUER_AWAY, reason=reason) from None
                except _NobodyThereError:
                    pass  # asked again below, or told as away
                else:
                    self._note(away=False)
                    return answer
                if time.monotonic() >= until or self._closing.is_set():
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
        while self._owed:
            try:
                answer = self._exchange("record_print", self._owed[0], uuid.uuid4().hex, repeated=True)
            except _AnswerLostError as err:
                raise _NobodyThereError from err  # it stays owed, and what we came for was not asked
            if isinstance(answer.error, StoreUnavailable):
                return  # the disk is full or the like: it stays owed
            if answer.error is not None:
                log.event("service-failed", service="record-print", code=type(answer.error).__name__)
            self._owed.popleft()

    def _exchange(self, name: str, arguments: tuple[Any, ...], ask_id: str, *, repeated: bool) -> _Answer:
        """Raises ``_NobodyThereError`` (it surely did not arrive), ``_AnswerLostError``, ``ValueError`` for what cannot be sent at all."""
        call = call_of(name)
        try:
            body = call.arguments.encode(arguments)
            asked = Frame(Ask(id=ask_id, run=self._run, call=name).encode(), body).pack(MAX_ASK_BYTES)
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
                return _Answer(None, error_of(reply.error), repeated)
            return _Answer(call.result.decode(frame.body), None, repeated)
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
