"""One simulated terminal on the wire: hello, births, certificates within a window, health, jobs; back after every fall, with jitter.

It keeps the rules of a real one (receipts only, cumulative; at most ``WINDOW`` batches on their way) and remembers when what was said was receipted.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kiosk.wire.canonical import WireError
from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.job import Job, JobKind, JobReport, JobStatus
from kiosk.wire.sparkplug.edge import EdgeNode, Publish
from kiosk.wire.sparkplug.payload import Value
from kiosk.wire.sync import Announcement
from kiosk.wire.topics import Down, Up, down_filter, parse, up
from kiosk.wire.uplink import (
    WINDOW,
    CertBatch,
    ClockReport,
    ClockSource,
    Hello,
    Mark,
    OutboxSpan,
    Receipt,
    Welcome,
    WireEvent,
    batches,
)
from tools.fleet.simulator.faults import Faults
from tools.fleet.simulator.mqtt import Last, MqttClient, MqttError
from tools.fleet.simulator.terminals import SimulatedTerminal

RETRY_S = 15.0
_BACK_S = (0.5, 8.0)
_DEVICE_ROWS = {name.value: rows for name, rows in DEVICES.items()}


@dataclass(frozen=True, slots=True)
class Wire:
    """Where the broker is. ``password_of`` gives a terminal's password, "" where the broker asks none."""

    host: str = "127.0.0.1"
    port: int = 1883
    password_of: Callable[[str], str] = lambda _: ""


@dataclass(slots=True)
class Figures:
    """What was seen, over all stations."""

    lags: list[float] = field(default_factory=list)
    connects: int = 0
    welcomes: int = 0
    messages: int = 0
    jobs: int = 0
    bad: int = 0


class Station:
    """Runs until it is cancelled."""

    def __init__(
        self,
        terminal: SimulatedTerminal,
        wire: Wire,
        figures: Figures,
        faults: Faults = Faults(),  # noqa: B008 - frozen
        report_s: float = 30,
        name: str = "",
        retry_s: float = RETRY_S,
    ) -> None:
        self.terminal = terminal
        self.upto = 0
        self.is_silent = False
        self.is_held = asyncio.Event()
        self._wire = wire
        self._figures = figures
        self._faults = faults
        self._report_s = report_s
        self._name = name or terminal.code
        self._retry_s = retry_s
        self._chance = random.Random(f"station:{self._name}")
        self._edge = EdgeNode(terminal.county, terminal.code, NODE, _DEVICE_ROWS)
        self._client: MqttClient | None = None
        self._welcomed = False
        self._sent_upto = 0
        self._sent_at = 0.0
        self._issued_at: dict[int, float] = {}
        self._bd_seq = self._chance.randrange(256)
        self._wake = asyncio.Event()
        self._versions = {JobKind.SYNC_DIRECTORY: 0, JobKind.SYNC_KEYS: 0}
        self._paper = "full"
        self._labels = self._chance.randint(200, 900)

    async def run(self) -> None:
        """Connect, work, fall, come back."""
        wait = _BACK_S[0]
        while True:
            try:
                await self._session()
                wait = _BACK_S[0]
            except (OSError, MqttError):
                wait = min(wait * 2, _BACK_S[1])
            finally:
                self._leave()
            while self.is_held.is_set():
                await asyncio.sleep(0.2)
            await asyncio.sleep(wait * self._chance.uniform(0.5, 1.5))

    def issue(self) -> None:
        """A farmer takes a certificate away, connected or not."""
        event = self.terminal.issue(datetime.now(UTC))
        self._issued_at[event.seq] = time.monotonic()
        self._labels -= 1
        self._wake.set()

    def fall(self) -> None:
        """The connection breaks."""
        if self._client is not None:
            self._client.cut()

    def hold(self, *, away: bool) -> None:
        """Stay away, or come back."""
        if away:
            self.is_held.set()
            self.fall()
        else:
            self.is_held.clear()

    def run_out_of_paper(self) -> None:
        """The printer says so."""
        self._paper, self._labels = "out", 0
        self.report()

    def roll_back(self, events: int) -> None:
        """The disk of yesterday, and a restart."""
        self.terminal.roll_back(events, self.upto)
        self.terminal.boot = uuid.UUID(int=self._chance.getrandbits(128)).hex
        self.upto = min(self.upto, self.terminal.outbox_span()[1])
        self.fall()

    @property
    def pending(self) -> int:
        """Events without a receipt."""
        return sum(1 for event in reversed(self.terminal.events) if event.seq > self.upto)

    def report(self) -> None:
        """Tell what has changed."""
        if self._client is None or not self._welcomed or self.is_silent:
            return
        now = _ms()
        self._say(*self._edge.report_node(self._values(), now))
        for device, values in self._device_values().items():
            self._say(*self._edge.report_device(device, values, now, there=True))

    async def _session(self) -> None:
        one = self.terminal
        self._welcomed = False
        self._sent_upto = self.upto
        self._bd_seq = (self._bd_seq + 1) % 256
        self._edge.report_node(self._values(), _ms())
        for device, values in self._device_values().items():
            self._edge.report_device(device, values, _ms(), there=True)
        will = self._edge.connecting(self._bd_seq)
        client = MqttClient(self._heard)
        await client.connect(
            self._wire.host,
            self._wire.port,
            self._name,
            one.code,
            self._wire.password_of(one.code),
            Last(will.topic, will.payload, will.qos),
        )
        self._client = client
        self._figures.connects += 1
        await client.subscribe([down_filter(one.code), *self._edge.subscriptions])
        client.publish(up(one.code, Up.HELLO), self._hello().encode(), 1)
        self._say(*self._edge.connected(_ms()))
        next_report = time.monotonic() + self._chance.uniform(0, self._report_s)
        hello_at = time.monotonic()
        while not client.closed.is_set():
            now = time.monotonic()
            if not self._welcomed and now - hello_at > self._retry_s:
                client.publish(up(one.code, Up.HELLO), self._hello().encode(), 1)
                hello_at = now
            if now >= next_report:
                self.report()
                next_report = now + self._report_s
            self._pump(now)
            await self._rest(client, max(0.05, min(next_report - now, self._retry_s / 4)))

    async def _rest(self, client: MqttClient, longest: float) -> None:
        """Until something is to do; one waiter, because thousands of stations wait at once."""
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), longest)
        except TimeoutError:
            return

    def _leave(self) -> None:
        if self._client is not None:
            self._client.cut()
        self._client = None
        self._edge.lost()

    def _hello(self) -> Hello:
        one = self.terminal
        first, last = one.outbox_span()
        return Hello(
            boot=one.boot,
            ledger=one.generation,
            sw="0.1.0",
            conf=1,
            dir=self._versions[JobKind.SYNC_DIRECTORY],
            keys=self._versions[JobKind.SYNC_KEYS],
            outbox=OutboxSpan(first=first, last=last),
            clock=ClockReport(utc=datetime.now(UTC), src=ClockSource.NTP, err_ms=20),
            marks=tuple(Mark(seq=event.seq, sha256=event.sha256) for event in self._marked()),
        )

    def _marked(self) -> list[WireEvent]:
        """The last receipted event and the last one; seqs have no holes."""
        events = self.terminal.events
        return (
            [events[place] for place in sorted({self.upto - events[0].seq, len(events) - 1}) if 0 <= place < len(events)]
            if events
            else []
        )

    def _pump(self, now: float) -> None:
        """Send what has no receipt, a window at most; all of it again when no receipt comes."""
        if not self._welcomed or self._client is None or self.is_silent or not self.terminal.events:
            return
        last = self.terminal.events[-1].seq
        if self.upto >= last:
            return
        if self._sent_upto > self.upto and now - self._sent_at > self._retry_s:
            self._sent_upto = self.upto
        if self._sent_upto >= last or self._sent_upto - self.upto >= WINDOW * 50:
            return
        waiting = self._after(self._sent_upto, WINDOW * 50)
        made = batches(self.terminal.generation, waiting)
        room = max(0, WINDOW - (self._sent_upto - self.upto + 49) // 50)
        self._send_batches(made[:room], now)

    def _after(self, seq: int, limit: int) -> list[WireEvent]:
        events = self.terminal.events
        at = len(events)
        while at > 0 and events[at - 1].seq > seq:
            at -= 1
        return events[at : at + limit]

    def _send_batches(self, made: list[CertBatch], now: float) -> None:
        if not made or self._client is None:
            return
        order = list(made)
        if len(order) > 1 and self._chance.random() < self._faults.reorder:
            self._chance.shuffle(order)
        for batch in order:
            payload = batch.encode()
            times = 2 if self._chance.random() < self._faults.duplicates else 1
            for _ in range(times):
                self._client.publish(up(self.terminal.code, Up.CERT), payload, 1)
                self._figures.messages += 1
        self._sent_upto = max(self._sent_upto, made[-1].last)
        self._sent_at = now

    def _heard(self, topic: str, payload: bytes) -> None:
        address = parse(topic)
        try:
            if address is None:
                reaction = self._edge.heard_command(topic, payload, _ms())
                self._say(*reaction.publish)
            elif address.word is Down.RECEIPT:
                self._receipted(Receipt.decode(payload))
            elif address.word is Down.WELCOME:
                self._welcome(Welcome.decode(payload))
            elif address.word is Down.JOB:
                self._job(Job.decode(payload))
        except WireError:
            self._figures.bad += 1

    def _welcome(self, welcome: Welcome) -> None:
        one = self.terminal
        one.fast_forward(welcome.counter_floor)
        if welcome.receipt_upto < self.upto:  # the centre has less than we think, or wants to see it all
            self.upto = self._sent_upto = welcome.receipt_upto
        if not self._welcomed:
            self._figures.welcomes += 1
        self._welcomed = True
        for job in welcome.jobs:
            self._job(Job.read(job))
        self._wake.set()

    def _receipted(self, receipt: Receipt) -> None:
        # beyond what was sent it is for somebody else, who uses our name
        if receipt.ledger != self.terminal.generation or not self.upto < receipt.upto <= self._sent_upto:
            return
        self._figures.bad += len(receipt.bad)
        now = time.monotonic()
        for seq in range(self.upto + 1, receipt.upto + 1):
            issued = self._issued_at.pop(seq, None)
            if issued is not None:
                self._figures.lags.append(now - issued)
        self.upto = receipt.upto
        self._sent_upto = max(self._sent_upto, self.upto)
        self._wake.set()

    def _job(self, job: Job) -> None:
        if self._client is None:
            return
        self._figures.jobs += 1
        detail: dict[str, Any] = {}
        if job.kind in self._versions:  # it takes the centre's word for the file
            detail["version"] = self._versions[job.kind] = Announcement.read(job.args["file"]).version
        for status in (JobStatus.IN_PROGRESS, JobStatus.SUCCEEDED):
            report = JobReport(id=job.id, status=status, detail=detail, at=datetime.now(UTC))
            self._client.publish(up(self.terminal.code, Up.JOB), report.encode(), 1)

    def _say(self, *messages: Publish) -> None:
        if self._client is not None and not self.is_silent:
            for one in messages:
                self._client.publish(one.topic, one.payload, one.qos)

    def _values(self) -> dict[str, Value]:
        can = "issuing" if self._paper != "out" else "cannotIssue"
        return {
            "Properties/FW": "0.1.0",
            "Issuing/state": can,
            "Issuing/today": len(self.terminal.numbers),
            "App/alive": True,
            "Outbox/pending": self.pending,
            "Disk/free": 20 << 30,
            "Disk/total": 64 << 30,
            "Temperature/cpu": round(45 + 6 * self._chance.random(), 1),
            "Clock/offset": self._chance.randint(-400, 400),
            "Clock/source": "ntp",
        }

    def _device_values(self) -> dict[str, dict[str, Value]]:
        return {
            "printer": {"state": "online", "supply/paper": self._paper, "supply/labels_remaining": max(0, self._labels)},
            "scale": {"state": "online", "Stat/GoodWeightReadCount": len(self.terminal.numbers)},
            "reader": {"state": "online"},
            "camera": {"state": "online"},
        }


def _ms() -> int:
    return int(time.time() * 1000)
