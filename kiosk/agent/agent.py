"""The agent's loop: one thread that listens, pumps, reports and begins jobs.

Order after each connect: hello -> welcome -> certificates; the health plane beside it as soon as the primary host is there. A broker without retained
messages never tells of the host: then a welcome and ``STATE_PATIENCE_S`` stand in for it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass

from kiosk import log
from kiosk.agent.clock import AgentClock
from kiosk.agent.connection import Acked, Connected, Connection, Heard, Lost
from kiosk.agent.health import Machine, StatusReader, tell
from kiosk.agent.jobs import JobDesk
from kiosk.agent.pump import Pump, Verdict
from kiosk.agent.source import SourceUnavailable
from kiosk.agent.store import AgentStore
from kiosk.version import VERSION
from kiosk.wire.canonical import WireError
from kiosk.wire.health import Outbox
from kiosk.wire.job import JobReport
from kiosk.wire.order import Standing
from kiosk.wire.snapshot import Status
from kiosk.wire.sparkplug.edge import EdgeNode, Phase, Publish
from kiosk.wire.sync import FileKind
from kiosk.wire.topics import Down, Up, parse, up
from kiosk.wire.uplink import Hello, OutboxSpan, Pause, Receipt, Welcome

STATE_PATIENCE_S = 10.0
HELLO_AGAIN_S = 30.0
ASK_AGAIN_S = 5.0
WELCOME_PATIENCE_S = 5.0
"""So long a job that waits is not begun before the welcome, with which the centre says what it has taken back."""
_HEALTH_S = 5.0
_SLICE_S = 0.25


@dataclass(frozen=True, slots=True)
class Parts:
    """What the loop is made of."""

    terminal: str
    boot: str
    store: AgentStore
    clock: AgentClock
    connection: Connection
    edge: EdgeNode
    pump: Pump
    jobs: JobDesk
    machine: Machine
    status: StatusReader
    pauses: queue.Queue[Pause]
    write_standing: Callable[[Standing], None]


class Agent:
    """Run ``step`` until the end of days, then ``close``."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._welcomed = False
        self._connected_at = 0.0
        self._hello_at = self._hello_said = 0.0
        self._hello_ledger = ""
        self._health_at = 0.0
        self._jobs_at = 0.0
        self._oldest: tuple[int, float] | None = None
        self._reports: dict[int, JobReport] = {}
        kept = parts.store.standing()
        self._standing = Standing() if kept is None else Standing.decode(kept)
        parts.write_standing(self._standing)

    def step(self, timeout_s: float = _SLICE_S) -> None:
        """One turn. Raises ``StoreError`` when the agent's own file fails: then the process ends and begins anew."""
        p = self._p
        for happening in p.connection.step(timeout_s):
            match happening:
                case Connected():
                    self._on_connected(happening)
                case Lost():
                    self._on_lost(happening)
                case Heard():
                    self._on_heard(happening)
                case Acked(ticket):
                    report = self._reports.pop(ticket, None)
                    if report is not None:
                        p.jobs.told(report)
        now = p.clock.monotonic()
        self._take_pauses()
        if now >= self._health_at:
            self._health_at = now + _HEALTH_S
            self._report_health()
            self._greet_for_new_ledger(now)
        if p.connection.is_up:
            self._work(now)

    @property
    def is_welcomed(self) -> bool:
        """Whether the centre has answered in this session, so that certificates go up."""
        return self._welcomed

    def close(self) -> None:
        """Say goodbye in order."""
        self._p.connection.leave(self._p.edge.leaving())
        self._p.jobs.close()

    def _work(self, now: float) -> None:
        self._work_jobs(now)
        if not self._welcomed:
            if now >= self._hello_at:
                self._say_hello(now)
            return
        p = self._p
        if now - self._connected_at >= STATE_PATIENCE_S:
            self._publish(p.edge.host_is_there(p.clock.now_ms()))
        try:
            for batch in p.pump.due(now):
                p.connection.publish(Publish(up(p.terminal, Up.CERT), batch.encode(), qos=1))
        except SourceUnavailable:
            return  # health tells it (Outbox/pending is unknown); the next turn asks again

    def _work_jobs(self, now: float) -> None:
        p = self._p
        # A report that nobody hears is lost though the broker acknowledged it: the centre must have shown itself first.
        is_patient = now - self._connected_at >= WELCOME_PATIENCE_S
        if now < self._jobs_at or not (self._welcomed or (is_patient and p.edge.phase is Phase.ONLINE)):
            return
        self._jobs_at = now + _SLICE_S
        before = p.jobs.versions_changed
        reports = p.jobs.step()
        under_way = {(report.id, report.status) for report in self._reports.values()}
        for report in reports:
            if (report.id, report.status) not in under_way:
                ticket = p.connection.publish(Publish(up(p.terminal, Up.JOB), report.encode(), qos=1))
                if ticket:
                    self._reports[ticket] = report
        if p.jobs.versions_changed != before:
            self._say_hello(now)  # after the reports: the centre's answer must know them

    def _on_connected(self, happening: Connected) -> None:
        p = self._p
        log.event("agent-connected", broker=happening.broker, protocol=happening.protocol)
        self._welcomed = False
        p.pump.fit(p.connection.largest_packet)
        self._connected_at = p.clock.monotonic()
        self._report_health()  # a birth tells what is now
        self._publish(p.edge.connected(p.clock.now_ms()))
        self._say_hello(self._connected_at)

    def _on_lost(self, happening: Lost) -> None:
        log.event("agent-disconnected", broker=happening.broker, reason=happening.reason, wait_s=happening.wait_s)
        self._welcomed = False
        self._hello_ledger = ""
        self._reports.clear()
        self._p.edge.lost()
        self._p.pump.lost()

    def _on_heard(self, message: Heard) -> None:
        p = self._p
        address = parse(message.topic)
        if address is None:
            now = p.clock.now_ms()
            reaction = p.edge.heard_state(message.topic, message.payload, now)
            if reaction.disconnect:
                p.connection.leave(reaction.publish[0], onward=True)
            elif reaction.publish:
                self._publish(reaction.publish)
                self._hello_at = 0.0  # the centre has just come: it cannot have heard a hello from before
            self._publish(p.edge.heard_command(message.topic, message.payload, now).publish)
        elif address.terminal == p.terminal:
            try:
                self._on_word(address.word, message.payload)
            except WireError as err:
                log.event("message-refused", word=address.word.value, code=err.code)

    def _on_word(self, word: Up | Down, payload: bytes) -> None:
        match word:
            case Down.WELCOME:
                self._on_welcome(Welcome.decode(payload))
            case Down.RECEIPT:
                self._on_receipt(Receipt.decode(payload))
            case Down.JOB:
                self._p.jobs.hear(payload)
            case Down.CANCEL:
                self._p.jobs.hear_cancel(payload)
            case _:
                pass

    def _on_welcome(self, welcome: Welcome) -> None:
        p = self._p
        p.clock.heard_centre(welcome.utc)
        p.connection.works()
        if not self._welcomed:
            self._welcomed = True
            cursor = self._cursor()
            if welcome.receipt_upto < cursor:
                log.event("centre-has-less", centre=welcome.receipt_upto, cursor=cursor)
            p.pump.begin(welcome.receipt_upto)
        try:
            p.pump.centre_has(welcome.receipt_upto)
        except SourceUnavailable:
            p.pump.lost()
        floor = max(welcome.counter_floor, self._standing.counter_floor)
        told_of = self._hello_ledger or self._standing.floor_ledger
        self._stand(Standing(pause=welcome.pause, counter_floor=floor, floor_ledger=told_of))
        for job in welcome.jobs:
            p.jobs.hear(job)

    def _on_receipt(self, receipt: Receipt) -> None:
        p = self._p
        verdict = p.pump.receipted(receipt, p.clock.monotonic(), p.clock.now())
        if verdict is Verdict.MOVED:
            for bad in receipt.bad:
                log.event("receipt-bad", seq=bad.seq, code=bad.code.value)
        elif verdict is not Verdict.KNOWN:
            log.event("receipt-refused", verdict=verdict.value)
            if verdict is Verdict.TOO_HIGH:
                self._ask_again()

    def _ask_again(self) -> None:
        """The centre knows more than we remember to have sent (our file was lost): its next welcome says how much. Forged, it costs one hello."""
        now = self._p.clock.monotonic()
        if now - self._hello_said >= ASK_AGAIN_S:
            self._say_hello(now)

    def _greet_for_new_ledger(self, now: float) -> None:
        """The ledger was replaced in mid-session: it gives no number before the centre said which ones are given."""
        if not self._welcomed:
            return
        try:
            generation = self._p.pump.backlog().span.generation
        except SourceUnavailable:
            return
        if generation != self._hello_ledger:
            self._say_hello(now)

    def _say_hello(self, now: float) -> None:
        p = self._p
        self._hello_at, self._hello_said = now + HELLO_AGAIN_S, now
        try:
            span, marks = p.pump.backlog().span, p.pump.marks()
        except SourceUnavailable:
            return  # without a ledger there is nothing to be welcomed for; asked again in a while
        hello = Hello(
            boot=p.boot,
            ledger=span.generation,
            sw=VERSION,
            conf=p.store.number("version.conf"),
            dir=p.store.number(f"version.{FileKind.DIRECTORY.value}"),
            keys=p.store.number(f"version.{FileKind.KEYS.value}"),
            outbox=OutboxSpan(first=span.first, last=span.last),
            clock=p.clock.report(),
            marks=marks,
        )
        p.connection.publish(Publish(up(p.terminal, Up.HELLO), hello.encode(), qos=1))
        self._hello_ledger = span.generation

    def _report_health(self) -> None:
        p = self._p
        said = tell(p.edge, self._status(), p.machine.read(), self._outbox(), p.clock.view(), p.clock.now_ms())
        self._publish(said)

    def _status(self) -> Status | None:
        """The app's snapshot with the key list's version: the list does not carry it, who switched it knows."""
        status = self._p.status.read()
        if status is None:
            return None
        keys = self._p.store.number(f"version.{FileKind.KEYS.value}")
        return status.model_copy(update={"versions": status.versions.model_copy(update={"keys": keys})})

    def _outbox(self) -> Outbox | None:
        """Depth, and how long its oldest event has been waiting since this process first saw it wait."""
        try:
            backlog = self._p.pump.backlog()
        except SourceUnavailable:
            return None
        now = self._p.clock.monotonic()
        if not backlog.pending:
            self._oldest = None
        elif self._oldest is None or self._oldest[0] <= backlog.upto:
            self._oldest = (backlog.upto + 1, now)
        age = None if self._oldest is None else int(now - self._oldest[1])
        return Outbox(backlog.pending, age)

    def _cursor(self) -> int:
        try:
            return self._p.pump.backlog().upto
        except SourceUnavailable:
            return 0

    def _take_pauses(self) -> None:
        while True:
            try:
                pause = self._p.pauses.get_nowait()
            except queue.Empty:
                return
            self._stand(self._standing.model_copy(update={"pause": pause}))

    def _stand(self, standing: Standing) -> None:
        if standing != self._standing:
            self._standing = standing
            self._p.store.set_standing(standing.encode())
            self._p.write_standing(standing)

    def _publish(self, messages: tuple[Publish, ...] | list[Publish]) -> None:
        for message in messages:
            self._p.connection.publish(message)
