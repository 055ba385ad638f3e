"""Certificates over a real mosquitto with faults: the checker says 0 lost, 0 doubled, 0 altered, whatever happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.wire.topics import Down
from kiosk.wire.uplink import WINDOW, CertBatch, Hello, Receipt, WireEvent
from support import broker as real
from support.agents import OTHER, TERMINAL, ListSource, RunningAgent, SmallCentre, check, ledger_events, station, until


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[real.Mosquitto]:
    with real.running(tmp_path / "broker") as one:
        yield one


def cursor(agent: RunningAgent) -> int:
    return int(agent.parts.pump._upto)


def all_receipted(agent: RunningAgent, source: ListSource, patience_s: float = 60) -> None:
    until(lambda: cursor(agent) == len(source.events), patience_s, "the last receipt")


def test_ten_thousand_after_days_offline_arrive_whole(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(10_000))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    assert centre.duplicates == 0
    centre.close()


def test_never_more_than_the_window_without_a_receipt(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(3000))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    centre.hold.set()
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        until(lambda: centre.batches >= WINDOW, what="a full window")
        until(lambda: agent.parts.connection.unacked == 0, what="all PUBACKs")
        assert agent.parts.pump.in_flight == WINDOW
        assert centre.batches == WINDOW
        assert cursor(agent) == 0  # every batch has its PUBACK, and none of them counts
        centre.hold.clear()
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    centre.close()


def test_hello_marks_the_last_receipted_event_and_the_last_there_is(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(3))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    config = station(tmp_path / "t", broker.port)
    with RunningAgent(config, source) as agent:
        all_receipted(agent, source)
    # The disk goes back behind the receipt and is filled again without the centre.
    source.events[1:] = [replace(event, body=event.body[:-1] + b',"z":1}') for event in ledger_events(4)[1:]]
    centre.heard.clear()
    with RunningAgent(config, source):
        until(lambda: any(topic.endswith("/up/hello") for topic, _ in list(centre.heard)), what="a hello")
    hello = Hello.decode(next(payload for topic, payload in centre.heard if topic.endswith("/up/hello")))
    assert [(mark.seq, mark.sha256) for mark in hello.marks] == [(seq, source.events[seq - 1].sha256) for seq in (3, 4)]
    centre.close()


@pytest.mark.parametrize("persistent", [False, True])
def test_broker_killed_after_puback_loses_nothing(tmp_path: Path, persistent: bool) -> None:
    with real.running(tmp_path / "broker", persistent=persistent) as broker:
        source = ListSource(ledger_events(600))
        with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
            centre = SmallCentre(tmp_path / "centre", broker.port)
            centre.hold.set()  # acknowledged by the broker, lost with it before the centre could commit
            until(lambda: centre.batches and agent.parts.connection.unacked == 0, what="PUBACKs")
            broker.kill()
            centre.hold.clear()
            source.events += ledger_events(50, first=601)  # issued while there is no broker
            broker.start()
            all_receipted(agent, source)
        assert check(source, centre).is_whole
        centre.close()


def test_broker_killed_again_and_again_while_it_drains(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(20_000))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        for part in (1000, 4000, 9000):
            until(lambda part=part: centre.count() > part, what="some progress")
            broker.kill()
            broker.start()
        all_receipted(agent, source, 90)
    assert check(source, centre).is_whole
    centre.close()


def test_lost_receipts_only_cost_duplicates(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(700))
    centre = SmallCentre(tmp_path / "centre", broker.port, lose=lambda n: n % 3 != 0 or n in (12, 15))
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    assert centre.duplicates > 0
    centre.close()


def test_agent_killed_between_commit_and_receipt_sends_again(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(500))
    centre = SmallCentre(tmp_path / "centre", broker.port, lose=lambda n: n <= 10)
    config = station(tmp_path / "t", broker.port)
    first = RunningAgent(config, source)
    until(lambda: centre.count() == 500)
    assert cursor(first) == 0
    first.stop(polite=False)
    with RunningAgent(config, source) as again:
        all_receipted(again, source)
    assert centre.duplicates >= 50
    assert check(source, centre).is_whole
    centre.close()


def test_lost_agent_file_only_costs_duplicates(tmp_path: Path, broker: real.Mosquitto) -> None:
    source, config = ListSource(ledger_events(3000)), station(tmp_path / "t", broker.port)  # more than one window
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(config, source) as agent:
        all_receipted(agent, source)
    (config.paths.agent / "agent.db").write_bytes(b"not a database at all" * 500)
    with RunningAgent(config, source) as agent:
        all_receipted(agent, source)
    assert (config.paths.agent / "agent.db.damaged").exists()
    assert check(source, centre).is_whole
    assert centre.duplicates >= 50
    centre.close()


def test_ledger_put_back_in_time_gets_no_receipt_for_what_it_writes_anew(tmp_path: Path, broker: real.Mosquitto) -> None:
    source, config = ListSource(ledger_events(200)), station(tmp_path / "t", broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(config, source) as agent:
        all_receipted(agent, source)
    (config.paths.agent / "agent.db").unlink()
    old = ListSource([*source.events[:100], *ledger_events(10, OTHER, first=101)], source.generation)
    with RunningAgent(config, old) as agent:
        until(lambda: len(centre.conflicts) >= 10)
        assert cursor(agent) <= 110
    assert {seq for _, seq in centre.conflicts} == set(range(101, 111))
    assert dict(centre.rows(TERMINAL, source.generation)) == {event.seq: event.body for event in source.events}  # never overwritten
    centre.close()


def test_centre_restored_from_a_backup_gets_the_rest_again(tmp_path: Path, broker: real.Mosquitto) -> None:
    source, config = ListSource(ledger_events(300)), station(tmp_path / "t", broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(config, source) as agent:
        all_receipted(agent, source)
    centre.forget_after(120)
    with RunningAgent(config, source) as agent:
        until(lambda: centre.count() == 300)
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    centre.close()


def test_forged_receipts_move_nothing(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(2000))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    centre.hold.set()
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        until(lambda: agent.parts.pump.in_flight == WINDOW)
        sent = agent.parts.pump._sent
        assert sent < 2000
        for forged in (
            Receipt(ledger="00000000-0000-4000-8000-000000000000", upto=10).encode(),
            Receipt(ledger=source.generation, upto=sent + 1).encode(),
            Receipt(ledger=source.generation, upto=2000).encode(),
            b'{"v":2,"ledger":"x","upto":1}',
            b"\xff\x00",
            b"{}",
            b'{"v":1,"ledger":"' + source.generation.encode() + b'","upto":true}',
        ):
            centre.send(TERMINAL, Down.RECEIPT, forged)
        # A last message that does count proves that the ones before it were read.
        centre.send(TERMINAL, Down.RECEIPT, Receipt(ledger=source.generation, upto=0).encode())
        centre.hold.clear()
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    centre.close()


def test_what_the_centre_calls_bad_is_kept_and_does_not_stop_the_rest(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(100))
    centre = SmallCentre(tmp_path / "centre", broker.port, lose=lambda _n: True)
    config = station(tmp_path / "t", broker.port)
    with RunningAgent(config, source) as agent:
        until(lambda: centre.count() == 100)
        body = {
            "v": 1,
            "ledger": source.generation,
            "upto": 100,
            "bad": [{"seq": 7, "code": "conflict"}, {"seq": 9, "code": "badToken"}],
        }
        centre.send(TERMINAL, Down.RECEIPT, json.dumps(body).encode())
        all_receipted(agent, source)
    from kiosk.agent.store import AgentStore

    with AgentStore.open(config.paths.agent / "agent.db") as store:
        assert store.bad_events(source.generation) == {7: "conflict", 9: "badToken"}
        assert store.receipt_upto(source.generation) == 100
    centre.close()


def client(name: str, port: int) -> mqtt.Client:
    made = mqtt.Client(CallbackAPIVersion.VERSION2, f"{name}-x", protocol=MQTTProtocolVersion.MQTTv5)
    made.username_pw_set(name)
    made.connect("127.0.0.1", port)
    made.loop_start()
    until(made.is_connected)
    return made


def test_terminal_can_neither_speak_as_another_nor_forge_a_receipt(tmp_path: Path, broker: real.Mosquitto) -> None:
    centre = SmallCentre(tmp_path / "centre", broker.port)
    until(centre.client.is_connected)
    source = ListSource(ledger_events(100))
    forged = CertBatch(source.generation, (WireEvent(1, "certificate", b'{"v":1,"forged":true}'),)).encode()
    liar = client(OTHER, broker.port)
    answers = []
    liar.on_publish = lambda _c, _u, _mid, reason, _p: answers.append(reason.value)
    liar.publish(f"sxc/v1/{TERMINAL}/up/cert", forged, 1)
    liar.publish(f"sxc/v1/{TERMINAL}/down/receipt", Receipt(ledger=source.generation, upto=1).encode(), 1)
    liar.publish(f"spBv1.0/140703/NDEATH/{TERMINAL}", b"", 1)
    until(lambda: len(answers) == 3)
    assert answers == [0x87] * 3  # not authorised
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        all_receipted(agent, source)
    assert check(source, centre).is_whole
    liar.disconnect()
    liar.loop_stop()
    centre.close()


def test_duplicates_and_reorder_on_the_way_change_nothing(tmp_path: Path, broker: real.Mosquitto) -> None:
    """A second sender repeats the terminal's batches, backwards and twice, while it drains."""
    source = ListSource(ledger_events(1000))
    centre = SmallCentre(tmp_path / "centre", broker.port)
    until(centre.client.is_connected)
    from kiosk.wire.uplink import batches

    echo = client(TERMINAL, broker.port)
    with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
        for batch in reversed(batches(source.generation, source.events) * 2):
            echo.publish(f"sxc/v1/{TERMINAL}/up/cert", batch.encode(), 1)
        all_receipted(agent, source)
    until(lambda: centre.count() == 1000)
    assert check(source, centre).is_whole
    echo.disconnect()
    echo.loop_stop()
    centre.close()


def test_batches_fit_what_the_broker_accepts(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker", largest=8000) as broker:
        source, centre = ListSource(ledger_events(120)), SmallCentre(tmp_path / "centre", broker.port)
        with RunningAgent(station(tmp_path / "t", broker.port), source) as agent:
            all_receipted(agent, source)
        assert check(source, centre).is_whole
        assert centre.batches > 120 * 700 / 8000
        centre.close()


def test_half_open_connection_is_noticed_and_replaced(tmp_path: Path, broker: real.Mosquitto) -> None:
    source = ListSource(ledger_events(100))
    proxy = real.Proxy(broker.port)
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", proxy.port, keepalive_s=5), source) as agent:
        all_receipted(agent, source)
        proxy.freeze()
        source.events += ledger_events(25, first=101)
        all_receipted(agent, source, 5 * 1.5 + 10)
    assert check(source, centre).is_whole
    proxy.close()
    centre.close()


def test_the_real_ledger_arrives_byte_for_byte(tmp_path: Path, broker: real.Mosquitto) -> None:
    from kiosk.agent.source import InProcessSource
    from support.builders import a_promise
    from support.ledgers import open_issuer

    issuer = open_issuer(tmp_path)
    for number in range(3):
        issuer.issue(a_promise(str(number) * 32))
    events = issuer.events_after(0, 100)
    generation = json.loads(events[0].body)["generation"]
    centre = SmallCentre(tmp_path / "centre", broker.port)
    with RunningAgent(station(tmp_path / "t", broker.port), InProcessSource(issuer, generation)):
        until(lambda: centre.count() == len(events))
    assert dict(centre.rows(TERMINAL, generation)) == {event.seq: event.body for event in events}
    issuer.close()
    centre.close()
