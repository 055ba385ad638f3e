"""What only a real connection shows of the Sparkplug edge: CONNECT, SUBSCRIBE and DISCONNECT as bytes, deaths told by the broker, amqtt's MQTT 3.1.1."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from kiosk.wire.snapshot import STATUS_FILE, ClockStatus, DeviceName, DeviceStatus, Status, Versions
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload, typed
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import Kind, parse_topic, state_topic
from support import broker as real
from support.agents import TERMINAL, ListSource, RunningAgent, SmallCentre, check, ledger_events, station, until


@pytest.fixture(autouse=True)
def every_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="kiosk")


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[real.Mosquitto]:
    with real.running(tmp_path / "broker") as one:
        yield one


def said(centre: SmallCentre) -> list[tuple[Kind, str, Payload]]:
    found = [(parse_topic(topic), payload) for topic, payload in list(centre.heard)]
    return [(t.kind, t.device, Payload.decode(p)) for t, p in found if t is not None and t.node == TERMINAL]


def kinds(centre: SmallCentre) -> list[Kind]:
    return [kind for kind, _, _ in said(centre)]


def write_status(config_run: Path, **printer: str) -> None:
    config_run.mkdir(parents=True, exist_ok=True)
    status = Status(
        at=datetime.now(UTC),
        terminal=TERMINAL,
        boot="b",
        page="attract",
        can_issue=True,
        devices={DeviceName.PRINTER: DeviceStatus(state="online", **printer)},
        clock=ClockStatus(source="ntp"),
        versions=Versions(software="0.1.0"),
    )
    new = config_run / "new"
    new.write_bytes(status.encode())
    new.replace(config_run / STATUS_FILE)


def bd_seq(payload: Payload) -> object:
    metric = payload.metric("bdSeq")
    assert metric is not None
    return typed(metric.value, DataType.INT64)


def test_births_data_rebirth_and_goodbye_over_a_broker(tmp_path: Path, broker: real.Mosquitto) -> None:
    config = station(tmp_path / "t", broker.port)
    write_status(config.paths.runtime, paper="full")
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(config, ListSource(ledger_events(3))):
        until(lambda: kinds(centre)[:2] == [Kind.NBIRTH, Kind.DBIRTH])
        write_status(config.paths.runtime, paper="low")
        until(lambda: Kind.DDATA in kinds(centre))
        first = next(p for k, _, p in said(centre) if k is Kind.DDATA)
        assert "low" in [m.value for m in first.metrics]
        order = Payload(int(time.time() * 1000), (Metric("Node Control/Rebirth", True, DataType.BOOLEAN),)).encode()
        centre.client.publish(f"spBv1.0/140703/NCMD/{TERMINAL}", order, 0)
        until(lambda: kinds(centre).count(Kind.NBIRTH) == 2)
    until(lambda: Kind.NDEATH in kinds(centre))
    births = [p for k, _, p in said(centre) if k is Kind.NBIRTH]
    deaths = [p for k, _, p in said(centre) if k is Kind.NDEATH]
    assert {bd_seq(p) for p in (*births, *deaths)} == {0}
    assert births[0].metric("Issuing/state").value == "issuing"  # type: ignore[union-attr]
    centre.close()


def test_bdseq_starts_at_0_and_rises_with_each_connect_also_after_a_restart(tmp_path: Path, broker: real.Mosquitto) -> None:
    """tck-id-topics-nbirth-bdseq-increment"""
    config = station(tmp_path / "t", broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    for number in range(3):
        with RunningAgent(config, ListSource()):
            until(lambda number=number: kinds(centre).count(Kind.NBIRTH) == number + 1)
    assert [bd_seq(p) for k, _, p in said(centre) if k is Kind.NBIRTH] == [0, 1, 2]
    centre.close()


def test_a_cut_line_makes_the_broker_tell_the_death(tmp_path: Path, broker: real.Mosquitto) -> None:
    config = station(tmp_path / "t", broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    agent = RunningAgent(config, ListSource())
    until(lambda: Kind.NBIRTH in kinds(centre))
    agent.stop(polite=False)
    until(lambda: Kind.NDEATH in kinds(centre))
    death = next(p for k, _, p in said(centre) if k is Kind.NDEATH)
    assert (bd_seq(death), death.seq) == (0, None)
    centre.close()


def test_host_offline_makes_the_edge_leave_and_wait(tmp_path: Path, broker: real.Mosquitto) -> None:
    """tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs"""
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", broker.port), ListSource()):
        until(lambda: kinds(centre) == [Kind.NBIRTH])
        now = int(time.time() * 1000)
        centre.client.publish(state_topic("sxc"), HostState(False, now).encode(), 1, True)
        until(lambda: Kind.NDEATH in kinds(centre))
        time.sleep(1.5)  # it comes back, sees the retained offline, and stays silent
        assert kinds(centre).count(Kind.NBIRTH) == 1
        centre.client.publish(state_topic("sxc"), HostState(True, now + 1).encode(), 1, True)
        until(lambda: kinds(centre).count(Kind.NBIRTH) == 2)
    centre.close()


class Sniffer:
    """Everything a client sends, byte for byte, on its way to the broker."""

    def __init__(self, target: int) -> None:
        self.connections: list[bytearray] = []
        sniffer = self

        class Listening(real.Proxy):
            def _carry(self, number: int, source: object, sink: object) -> None:  # type: ignore[override]
                while len(sniffer.connections) <= number:
                    sniffer.connections.append(bytearray())
                mine = source.getsockname()[1] == self.port  # type: ignore[attr-defined]
                super()._carry(number, _Copying(source, sniffer.connections[number]) if mine else source, sink)  # type: ignore[arg-type]

        self.proxy = Listening(target)

    def packets(self, number: int = 0) -> list[tuple[int, bytes]]:
        """(first byte, the rest) of each packet."""
        raw, at, found = bytes(self.connections[number]), 0, []
        while at < len(raw):
            length, shift, start = 0, 0, at + 1
            while True:
                byte = raw[start]
                length |= (byte & 0x7F) << shift
                start, shift = start + 1, shift + 7
                if byte < 0x80:
                    break
            found.append((raw[at], raw[start : start + length]))
            at = start + length
        return found


class _Copying:
    def __init__(self, sock: object, into: bytearray) -> None:
        self._sock, self._into = sock, into

    def recv(self, size: int) -> bytes:
        chunk = self._sock.recv(size)  # type: ignore[attr-defined]
        self._into += chunk
        return bytes(chunk)

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


def test_session_is_clean_in_mqtt_5_and_subscribes_before_it_speaks(tmp_path: Path, broker: real.Mosquitto) -> None:
    """tck-id-principles-persistence-clean-session-50, tck-id-message-flow-edge-node-ncmd-subscribe,
    tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50, tck-id-operational-behavior-edge-node-intentional-disconnect-packet"""
    sniffer = Sniffer(broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", sniffer.proxy.port), ListSource()):
        until(lambda: Kind.NBIRTH in kinds(centre))
    sniffer.proxy.close()
    packets = sniffer.packets()
    first, body = packets[0]
    assert first == 0x10
    assert body[:7] == b"\x00\x04MQTT\x05"
    flags = body[7]
    assert flags & 0x02  # clean start
    assert (flags & 0x04, flags >> 3 & 3, flags & 0x20) == (0x04, 1, 0)  # will, QoS 1, not retained
    properties = body[11 : 11 + body[10]]
    assert (
        b"\x11" not in properties or properties.partition(b"\x11")[2][:4] == b"\0\0\0\0"
    )  # session expiry 0 is also what absence means
    first, body = packets[1]
    assert first == 0x82
    topic = f"spBv1.0/140703/NCMD/{TERMINAL}".encode()
    assert body[body.index(topic) + len(topic)] & 3 == 1
    assert state_topic("sxc").encode() in body
    assert packets[-1][0] == 0xE0
    assert packets[-1][1][:1] == b"\x04"  # disconnect with will message
    assert packets[-2][0] >> 4 == 3
    assert b"NDEATH" in packets[-2][1]
    centre.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def amqtt(tmp_path: Path) -> Iterator[int]:
    port = real.free_port()
    settings = tmp_path / "amqtt.json"
    settings.write_text(json.dumps({"port": port}), encoding="utf-8")
    command = [sys.executable, "-m", "tools.fleet.broker_amqtt", str(settings)]
    with (tmp_path / "amqtt.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(lambda: listens(port), what="amqtt")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_broker_that_only_speaks_3_1_1_gets_everything_too(tmp_path: Path, amqtt: int, caplog: pytest.LogCaptureFixture) -> None:
    """tck-id-principles-persistence-clean-session-311, tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311"""
    sniffer = Sniffer(amqtt)
    centre = SmallCentre(tmp_path / "centre", amqtt, protocol=MQTTProtocolVersion.MQTTv311)
    until(centre.client.is_connected)
    source = ListSource(ledger_events(800))
    with RunningAgent(station(tmp_path / "t", sniffer.proxy.port), source):
        until(lambda: centre.count() == 800)
        until(lambda: Kind.NBIRTH in kinds(centre))
    until(lambda: Kind.NDEATH in kinds(centre))
    sniffer.proxy.close()
    assert check(source, centre).is_whole
    told = [json.loads(r.getMessage()) for r in caplog.records if "agent-connected" in r.getMessage()]
    assert told[-1]["protocol"] == "3.1.1"
    packets = sniffer.packets(len(sniffer.connections) - 1)
    assert packets[0][1][:7] == b"\x00\x04MQTT\x04"
    assert packets[0][1][7] & 0x02  # clean session
    assert packets[-1] == (0xE0, b"")
    assert b"NDEATH" in packets[-2][1]
    centre.close()


def test_broker_without_retained_messages_gets_births_after_a_welcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.agent.agent.STATE_PATIENCE_S", 0.5)
    with real.running(tmp_path / "broker", retain=False) as broker:
        centre = SmallCentre(tmp_path / "centre", broker.port, state=False)
        until(centre.client.is_connected)
        with RunningAgent(station(tmp_path / "t", broker.port), ListSource(ledger_events(3))):
            until(lambda: Kind.NBIRTH in kinds(centre))
            until(lambda: centre.count() == 3)
        centre.close()


def test_broker_without_wills_loses_nothing_and_the_next_birth_tells_of_the_new_session(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker", wills=False) as broker:
        centre = SmallCentre(tmp_path / "centre", broker.port)
        source, config = ListSource(ledger_events(60)), station(tmp_path / "t", broker.port)
        agent = RunningAgent(config, source)
        until(lambda: centre.count() == 60 and Kind.NBIRTH in kinds(centre))
        agent.stop(polite=False)
        source.events += ledger_events(20, first=61)
        with RunningAgent(config, source):
            until(lambda: centre.count() == 80 and kinds(centre).count(Kind.NBIRTH) == 2)
            # the connection that was cut had a Will, and the second birth came long after it fell
            assert Kind.NDEATH not in kinds(centre)
        assert [bd_seq(p) for k, _, p in said(centre) if k is Kind.NBIRTH] == [0, 1]
        assert check(source, centre).is_whole
        centre.close()


def test_one_connection_at_a_time(tmp_path: Path, broker: real.Mosquitto) -> None:
    """tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server"""
    with real.running(tmp_path / "second") as second:
        config = station(tmp_path / "t", 1, brokers=[f"127.0.0.1:{broker.port}", f"127.0.0.1:{second.port}"])
        centre, other = SmallCentre(tmp_path / "c1", broker.port), SmallCentre(tmp_path / "c2", second.port)
        with RunningAgent(config, ListSource()):
            until(lambda: Kind.NBIRTH in kinds(centre))
            centre.client.publish(state_topic("sxc"), HostState(False, int(time.time() * 1000)).encode(), 1, True)
            until(lambda: Kind.NBIRTH in kinds(other))
            until(lambda: Kind.NDEATH in kinds(centre))
            time.sleep(0.5)
            assert kinds(centre).count(Kind.NBIRTH) == 1
        centre.close()
        other.close()
