"""The rules of a Sparkplug host, without any I/O: told what came and when, it says what it means and which nodes must be asked for a rebirth.

Rules
- Nothing of a node is believed before its NBIRTH; data of a node without one asks for a rebirth. So does a node that is known to be there otherwise
  (``expect``) and is not born within ``reorder_s``: its birth was told while nobody listened.
- ``seq`` counts over all messages of a node. What comes early waits for what is missing, ``reorder_s`` at most; then the node is asked for a rebirth.
- An NDEATH counts only with the ``bdSeq`` of the birth it belongs to: the Will of an older connection kills nobody.
- A historical value is news about the past and never becomes the present.
Source: Sparkplug 3.0.0, chapters 5 and 6 (host applications).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.wire.canonical import WireError
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload, Value, typed
from kiosk.wire.sparkplug.topic import Kind, SparkplugTopic, parse_topic

BDSEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
_MOST_WAITING = 64
_Table = Mapping[int, tuple[str, str, DataType]]
"""Alias to device, name and datatype."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value; ``at_ms`` is the terminal's own time of it."""

    device: str
    name: str
    value: Value
    at_ms: int
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Born:
    """A node or one of its devices is there, with everything it will ever report."""

    county: str
    terminal: str
    device: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """New values of a node or a device."""

    county: str
    terminal: str
    device: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Died:
    """A node (``device`` "") or a device is gone."""

    county: str
    terminal: str
    device: str


@dataclass(frozen=True, slots=True)
class AskRebirth:
    """Publish a rebirth command to this node."""

    county: str
    terminal: str

    @property
    def topic(self) -> str:
        """Where."""
        return str(SparkplugTopic(self.county, Kind.NCMD, self.terminal))


News = Born | Told | Died | AskRebirth


@dataclass(slots=True)
class _Node:
    county: str
    online: bool = False
    bd_seq: int | None = None
    expected: int = 0
    table: _Table = field(default_factory=dict)
    waiting: dict[int, tuple[SparkplugTopic, Payload]] = field(default_factory=dict)
    gap_since: float | None = None
    asked_at: float | None = None


class SparkplugHost:
    """All nodes. Times are seconds of a clock that only goes forward."""

    def __init__(self, reorder_s: float = 5, rebirth_every_s: float = 60) -> None:
        self._reorder = reorder_s
        self._every = rebirth_every_s
        self._nodes: dict[str, _Node] = {}
        self._gaps: set[str] = set()
        self._expected: dict[str, tuple[str, float]] = {}
        self._tables: dict[tuple[tuple[int, str, str, DataType], ...], _Table] = {}
        self.malformed = 0

    def heard(self, topic: str, data: bytes, now: float) -> list[News]:
        """What a message means. Messages that are none of ours mean nothing."""
        address = parse_topic(topic)
        if address is None or address.kind in (Kind.NCMD, Kind.DCMD):
            return []
        try:
            payload = Payload.decode(data)
            return self._heard(address, payload, now)
        except WireError:
            self.malformed += 1
            return []

    def tick(self, now: float) -> list[News]:
        """Ask those whose missing message or birth did not come in time."""
        news: list[News] = []
        for terminal in sorted(self._gaps):
            node = self._nodes[terminal]
            if node.gap_since is not None and now - node.gap_since >= self._reorder:
                node.waiting.clear()
                node.gap_since = None
                self._gaps.discard(terminal)
                node.online = False
                news += self._ask(terminal, node, now)
        for terminal, (county, since) in list(self._expected.items()):
            if now - since >= self._reorder:
                del self._expected[terminal]
                node = self._nodes.setdefault(terminal, _Node(county))
                news += [] if node.online else self._ask(terminal, node, now)
        return news

    def expect(self, county: str, terminal: str, now: float) -> None:
        """The node has spoken elsewhere, so it is there and its birth must be on its way."""
        if not self.is_online(terminal):
            self._expected.setdefault(terminal, (county, now))

    def forget_all(self) -> None:
        """Our own connection fell: what was said meanwhile is unknown, so every node must be born again before it is believed."""
        for node in self._nodes.values():
            node.online = False
            node.waiting.clear()
            node.gap_since = None
        self._gaps.clear()
        self._expected.clear()

    def is_online(self, terminal: str) -> bool:
        """Whether it was born and did not die."""
        node = self._nodes.get(terminal)
        return node is not None and node.online

    def _heard(self, address: SparkplugTopic, payload: Payload, now: float) -> list[News]:
        node = self._nodes.setdefault(address.node, _Node(address.group))
        if address.kind is Kind.NBIRTH:
            return self._born(address, payload, node, now)
        if address.kind is Kind.NDEATH:
            return self._death(address, payload, node)
        if not node.online:
            return self._ask(address.node, node, now)
        if payload.seq is None:
            raise WireError("malformed")
        if payload.seq != node.expected:
            return self._early(address, payload, node, now)
        news = self._in_order(address, payload, node, now)
        while node.online and node.expected in node.waiting:
            news += self._in_order(*node.waiting.pop(node.expected), node, now)
        if not node.waiting:
            node.gap_since = None
            self._gaps.discard(address.node)
        return news

    def _born(self, address: SparkplugTopic, payload: Payload, node: _Node, now: float) -> list[News]:
        death = payload.metric(BDSEQ)
        if payload.seq != 0 or death is None or not isinstance(death.value, int):
            raise WireError("malformed")
        node.county, node.online, node.bd_seq, node.expected = address.group, True, int(death.value), 1
        node.waiting.clear()
        node.gap_since = node.asked_at = None
        self._gaps.discard(address.node)
        self._expected.pop(address.node, None)
        node.table = {}
        return [Born(address.group, address.node, "", self._learn(node, "", payload, now))]

    def _death(self, address: SparkplugTopic, payload: Payload, node: _Node) -> list[News]:
        death = payload.metric(BDSEQ)
        if death is None or not node.online or death.value != node.bd_seq:
            return []
        node.online = False
        node.waiting.clear()
        self._gaps.discard(address.node)
        return [Died(address.group, address.node, "")]

    def _early(self, address: SparkplugTopic, payload: Payload, node: _Node, now: float) -> list[News]:
        """A message that is not the next: it waits, unless it is an old one come again."""
        assert payload.seq is not None
        ahead = (payload.seq - node.expected) % 256
        if ahead > 128:
            return []  # a duplicate, or a replay
        if len(node.waiting) >= _MOST_WAITING:
            node.online = False
            node.waiting.clear()
            self._gaps.discard(address.node)
            return self._ask(address.node, node, now)
        node.waiting[payload.seq] = (address, payload)
        if node.gap_since is None:
            node.gap_since = now
            self._gaps.add(address.node)
        return []

    def _in_order(self, address: SparkplugTopic, payload: Payload, node: _Node, now: float) -> list[News]:
        node.expected = (node.expected + 1) % 256
        match address.kind:
            case Kind.DBIRTH:
                return [Born(address.group, address.node, address.device, self._learn(node, address.device, payload, now))]
            case Kind.DDEATH:
                return [Died(address.group, address.node, address.device)]
            case _:
                return self._told(address, payload, node, now)

    def _told(self, address: SparkplugTopic, payload: Payload, node: _Node, now: float) -> list[News]:
        readings = []
        for metric in payload.metrics:
            known = node.table.get(-1 if metric.alias is None else metric.alias)
            if known is None:
                return self._ask(address.node, node, now)
            device, name, datatype = known
            at = metric.timestamp or payload.timestamp or 0
            value = metric.value if metric.datatype is not None else typed(metric.value, datatype)
            readings.append(Reading(device, name, value, at, metric.is_historical))
        return [Told(address.group, address.node, address.device, tuple(readings))]

    def _learn(self, node: _Node, device: str, payload: Payload, now: float) -> tuple[Reading, ...]:
        rows = [(alias, *entry) for alias, entry in node.table.items() if entry[0] != device]
        readings = []
        for metric in payload.metrics:
            if metric.alias is not None and metric.datatype is not None:
                rows.append((metric.alias, device, metric.name, metric.datatype))
            if metric.name and metric.name != BDSEQ and metric.name != REBIRTH:
                readings.append(self._reading(device, metric, payload))
        rows.sort()
        # thousands of terminals share one table
        node.table = self._tables.setdefault(tuple(rows), {alias: (dev, name, kind) for alias, dev, name, kind in rows})
        return tuple(readings)

    @staticmethod
    def _reading(device: str, metric: Metric, payload: Payload) -> Reading:
        return Reading(device, metric.name, metric.value, metric.timestamp or payload.timestamp or 0, metric.is_historical)

    def _ask(self, terminal: str, node: _Node, now: float) -> list[News]:
        if node.asked_at is not None and now - node.asked_at < self._every:
            return []
        node.asked_at = now
        return [AskRebirth(node.county, terminal)]


def rebirth_command(now_ms: int) -> bytes:
    """The payload of an NCMD that asks for a rebirth."""
    return Payload(now_ms, (Metric(REBIRTH, True, DataType.BOOLEAN, timestamp=now_ms),)).encode()
