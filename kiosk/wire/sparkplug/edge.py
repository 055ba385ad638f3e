"""The rules of a Sparkplug edge node, without any I/O: told what happens and when, it says what to publish.

In order: ``connecting`` (the Will) -> ``connected`` -> ``heard_state``, ``heard_command``, ``report_node``, ``report_device`` -> ``leaving`` or ``lost``.

Rules
- Births only while connected and, with a primary host, only after its STATE says online; all DBIRTHs directly follow the NBIRTH.
- ``seq`` is 0 in the NBIRTH and one more (255 -> 0) in every later message; an NDEATH has none and carries the ``bdSeq`` of its CONNECT.
- After a birth only changes travel, by alias. What changed while nobody could hear it follows the births as historical values.
- A device that is known but not there is born and dies at once, so that the host learns why.
Source: Sparkplug 3.0.0, chapters 4-6.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.wire.canonical import WireError
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload, Value
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import Kind, SparkplugTopic, parse_topic, state_topic

REBIRTH = "Node Control/Rebirth"
BDSEQ = "bdSeq"
MAX_HISTORY = 1000
"""Changes kept for a host that is away; then the oldest go."""
_HISTORY_BATCH = 100


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of a node or a device.

    ``words`` are the allowed values of a text, () for free text; ``unit`` "" for none; a number that moved less than ``step`` since it was last
    reported did not change.
    """

    name: str
    datatype: DataType
    unit: str = ""
    words: tuple[str, ...] = ()
    step: float = 0


@dataclass(frozen=True, slots=True)
class Publish:
    """One message to publish."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from something heard. ``disconnect``: publish, then leave this server and begin anew, at the next one if there is one."""

    publish: tuple[Publish, ...] = ()
    disconnect: bool = False


class Phase(StrEnum):
    """Where a session is."""

    OFFLINE = "offline"
    WAITING = "waiting"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class _Change:
    at: int
    alias: int
    device: str
    value: Value


class _Source:
    """The node itself or one device: its rows, current and last reported values."""

    def __init__(self, name: str, rows: Sequence[MetricRow], first_alias: int) -> None:
        self.name = name
        self.rows = {row.name: row for row in rows}
        self.aliases = {row.name: first_alias + i for i, row in enumerate(rows)}
        self.values: dict[str, Value] = {row.name: None for row in rows}
        self.reported: dict[str, Value] = {}
        self.is_known = False
        self.is_there = False

    def take(self, values: Mapping[str, Value]) -> list[str]:
        """Keep new values; the names whose value differs from what was reported last."""
        strange = values.keys() - self.rows.keys()
        if strange:
            raise ValueError(f"not in the table: {sorted(strange)}")
        self.values.update(values)
        return [n for n, row in self.rows.items() if n in values and _moved(self.reported.get(n), values[n], row.step)]

    def birth(self, now: int) -> list[Metric]:
        self.reported = dict(self.values)
        return [
            Metric(n, self.values[n], row.datatype, self.aliases[n], now, properties={"engUnit": row.unit} if row.unit else {})
            for n, row in self.rows.items()
        ]


class EdgeNode:
    """One terminal on the health plane. Times are ms since 1970."""

    def __init__(
        self,
        group: str,
        node: str,
        rows: Sequence[MetricRow],
        devices: Mapping[str, Sequence[MetricRow]],
        primary_host: str = "",
    ) -> None:
        self._group, self._id, self._host = group, node, primary_host
        self._node = _Source("", rows, 1)
        self._node.is_known = self._node.is_there = True
        self._devices: dict[str, _Source] = {}
        alias = 1 + len(rows)
        for name, device_rows in devices.items():
            self._devices[name] = _Source(name, device_rows, alias)
            alias += len(device_rows)
        sources = (self._node, *self._devices.values())
        self._types = {s.aliases[n]: row.datatype for s in sources for n, row in s.rows.items()}
        self._history: deque[_Change] = deque(maxlen=MAX_HISTORY)
        self._state_at: int | None = None
        self._bd_seq = 0
        self._seq = 0
        self.phase = Phase.OFFLINE
        self.heard_host = False

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Topics to subscribe with QoS 1 before anything is published. No device takes commands, so there is no DCMD."""
        command = str(SparkplugTopic(self._group, Kind.NCMD, self._id))
        return (command, state_topic(self._host)) if self._host else (command,)

    def connecting(self, bd_seq: int) -> Publish:
        """The Will of the next CONNECT. ``bd_seq`` (0..255) is one more than at the CONNECT before."""
        if not 0 <= bd_seq <= 255:
            raise ValueError("bdSeq is 0..255")
        self.phase, self.heard_host = Phase.OFFLINE, False
        self._bd_seq = bd_seq
        return self._death()

    def connected(self, now: int) -> tuple[Publish, ...]:
        """The session stands and the subscriptions are made."""
        if self._host:
            self.phase = Phase.WAITING
            return ()
        return self._births(now)

    def heard_state(self, topic: str, data: bytes, now: int) -> Reaction:
        """A STATE message. One of another host, malformed, or older than what was heard before changes nothing."""
        if not self._host or topic != state_topic(self._host) or self.phase is Phase.OFFLINE:
            return Reaction()
        try:
            state = HostState.decode(data)
        except WireError:
            return Reaction()
        if self._state_at is not None and state.timestamp < self._state_at:
            return Reaction()
        self._state_at = state.timestamp
        self.heard_host = True
        if state.online:
            return Reaction(self._births(now)) if self.phase is Phase.WAITING else Reaction()
        if self.phase is Phase.ONLINE:
            return Reaction((self.leaving(),), disconnect=True)
        return Reaction()

    def host_is_there(self, now: int) -> tuple[Publish, ...]:
        """The host has proved its presence in another way: for brokers that keep no retained STATE. Nothing happens if a STATE was heard."""
        return self._births(now) if self.phase is Phase.WAITING and not self.heard_host else ()

    def heard_command(self, topic: str, data: bytes, now: int) -> Reaction:
        """An NCMD. Only a rebirth is obeyed; orders that matter are signed jobs."""
        parsed = parse_topic(topic)
        if parsed != SparkplugTopic(self._group, Kind.NCMD, self._id) or self.phase is not Phase.ONLINE:
            return Reaction()
        try:
            payload = Payload.decode(data)
        except WireError:
            return Reaction()
        wanted = payload.metric(REBIRTH)
        return Reaction(self._births(now)) if wanted is not None and wanted.value is True else Reaction()

    def report_node(self, values: Mapping[str, Value], now: int) -> tuple[Publish, ...]:
        """New values of the node. Raises ``ValueError`` for a name that is not in its table."""
        return self._report(self._node, values, now)

    def report_device(self, name: str, values: Mapping[str, Value], now: int, *, there: bool) -> tuple[Publish, ...]:
        """New values of a device and whether it is there. Raises ``KeyError`` for an unknown device, ``ValueError`` as above."""
        device = self._devices[name]
        was_known, was_there = device.is_known, device.is_there
        device.is_known, device.is_there = True, there
        if self.phase is not Phase.ONLINE:
            return self._report(device, values, now)
        if not was_known or (there and not was_there):
            device.take(values)
            born = self._born(device, now)
            return (born,) if there else (born, self._message(Kind.DDEATH, now, (), device.name))
        said = self._report(device, values, now) if was_there else (device.take(values), ())[1]
        return said if there == was_there else (*said, self._message(Kind.DDEATH, now, (), device.name))

    def forget_device(self, name: str, now: int) -> tuple[Publish, ...]:
        """Nobody can tell how the device is any more."""
        device = self._devices[name]
        dies = self.phase is Phase.ONLINE and device.is_there
        device.is_known = device.is_there = False
        return (self._message(Kind.DDEATH, now, (), device.name),) if dies else ()

    def leaving(self) -> Publish:
        """The NDEATH before an intended disconnect; the MQTT 5 DISCONNECT then says "with will message"."""
        self.phase = Phase.OFFLINE
        return self._death()

    def lost(self) -> None:
        """The connection is gone."""
        self.phase = Phase.OFFLINE

    def _births(self, now: int) -> tuple[Publish, ...]:
        self.phase = Phase.ONLINE
        self._seq = 255  # the next one is 0
        head = (
            Metric(BDSEQ, self._bd_seq, DataType.INT64, 0, now),
            Metric(REBIRTH, False, DataType.BOOLEAN, None, now),
        )
        known = [device for device in self._devices.values() if device.is_known]
        said = [self._message(Kind.NBIRTH, now, (*head, *self._node.birth(now)))]
        said += [self._born(device, now) for device in known]
        said += [self._message(Kind.DDEATH, now, (), device.name) for device in known if not device.is_there]
        return (*said, *self._past(now))

    def _born(self, device: _Source, now: int) -> Publish:
        return self._message(Kind.DBIRTH, now, device.birth(now), device.name)

    def _past(self, now: int) -> Iterator[Publish]:
        """What changed while nobody listened, oldest first, source by source."""
        there = {"": self._node, **{name: device for name, device in self._devices.items() if device.is_there}}
        changes = list(self._history)
        self._history.clear()
        for name in there:
            own = [Metric("", c.value, None, c.alias, c.at, is_historical=True) for c in changes if c.device == name]
            for at in range(0, len(own), _HISTORY_BATCH):
                yield self._message(Kind.DDATA if name else Kind.NDATA, now, own[at : at + _HISTORY_BATCH], name)

    def _report(self, source: _Source, values: Mapping[str, Value], now: int) -> tuple[Publish, ...]:
        moved = source.take(values)
        if not moved:
            return ()
        was_reported = bool(source.reported)
        source.reported.update({name: source.values[name] for name in moved})
        if self.phase is not Phase.ONLINE:
            if was_reported:  # the first values of all are no change; the birth tells them
                self._history.extend(_Change(now, source.aliases[n], source.name, source.values[n]) for n in moved)
            return ()
        metrics = [Metric("", source.values[n], None, source.aliases[n], now) for n in moved]
        return (self._message(Kind.DDATA if source.name else Kind.NDATA, now, metrics, source.name),)

    def _message(self, kind: Kind, now: int, metrics: Iterable[Metric], device: str = "") -> Publish:
        self._seq = (self._seq + 1) % 256
        payload = Payload(now, tuple(metrics), self._seq)
        return Publish(str(SparkplugTopic(self._group, kind, self._id, device)), payload.encode(self._types))

    def _death(self) -> Publish:
        payload = Payload(None, (Metric(BDSEQ, self._bd_seq, DataType.INT64),))
        return Publish(str(SparkplugTopic(self._group, Kind.NDEATH, self._id)), payload.encode(), qos=1)


def _moved(before: Value, after: Value, step: float) -> bool:
    if isinstance(before, int | float) and isinstance(after, int | float) and step and not isinstance(before, bool):
        return abs(after - before) >= step
    return before != after
