"""The host's rules of Sparkplug, against the edge's own implementation."""

from __future__ import annotations

from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.snapshot import DeviceName
from kiosk.wire.sparkplug.edge import EdgeNode, Publish
from tools.fleet.collector.sparkplug_host import AskRebirth, Born, Died, News, SparkplugHost, Told, rebirth_command

CODE = "1407030031"


def an_edge() -> tuple[EdgeNode, Publish, list[Publish]]:
    edge = EdgeNode("140703", CODE, NODE, {name.value: rows for name, rows in DEVICES.items()})
    edge.report_node({"Temperature/cpu": 40.5, "Issuing/state": "issuing"}, 1000)
    edge.report_device(DeviceName.PRINTER.value, {"state": "online", "supply/paper": "full"}, 1000, there=True)
    will = edge.connecting(7)
    return edge, will, list(edge.connected(2000))


def heard(host: SparkplugHost, *messages: Publish, now: float = 0) -> list[News]:
    return [news for one in messages for news in host.heard(one.topic, one.payload, now)]


def test_a_birth_tells_everything_and_data_by_alias_is_understood() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost()
    node, printer = heard(host, *births)
    assert isinstance(node, Born)
    assert {reading.name: reading.value for reading in node.readings}["Temperature/cpu"] == 40.5
    assert isinstance(printer, Born)
    assert printer.device == "printer"
    told = heard(host, *edge.report_device("printer", {"supply/paper": "out", "supply/labels_remaining": 0}, 3000, there=True))
    assert isinstance(told[0], Told)
    assert {reading.name: reading.value for reading in told[0].readings} == {"supply/paper": "out", "supply/labels_remaining": 0}
    assert told[0].readings[0].at_ms == 3000
    negative = heard(host, *edge.report_node({"Clock/offset": -5000}, 3000))
    assert isinstance(negative[0], Told)
    assert negative[0].readings[0].value == -5000


def test_data_of_an_unborn_node_asks_for_a_rebirth_and_not_too_often() -> None:
    edge, _, _ = an_edge()
    host = SparkplugHost(rebirth_every_s=60)
    first = edge.report_node({"Temperature/cpu": 50.0}, 1)
    second = edge.report_node({"Temperature/cpu": 60.0}, 2)
    assert heard(host, *first, now=0) == [AskRebirth("140703", CODE)]
    assert heard(host, *second, now=10) == []
    ask = AskRebirth("140703", CODE)
    reborn = edge.heard_command(ask.topic, rebirth_command(5), 5)
    assert isinstance(heard(host, *reborn.publish, now=11)[0], Born)
    assert host.is_online(CODE)


def test_messages_out_of_order_wait_and_come_in_order() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost()
    heard(host, *births)
    one, two, three = (edge.report_node({"Temperature/cpu": value}, 10)[0] for value in (50.0, 60.0, 70.0))
    assert heard(host, three, two) == []
    values = [news.readings[0].value for news in heard(host, one) if isinstance(news, Told)]
    assert values == [50.0, 60.0, 70.0]
    assert host.tick(100) == []


def test_a_gap_that_stays_asks_for_a_rebirth_after_the_reorder_time() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost(reorder_s=5)
    heard(host, *births)
    edge.report_node({"Temperature/cpu": 50.0}, 10)  # lost
    heard(host, *edge.report_node({"Temperature/cpu": 60.0}, 10), now=100)
    assert host.tick(104.9) == []
    assert host.tick(105) == [AskRebirth("140703", CODE)]
    assert host.tick(106) == []


def test_a_duplicate_changes_nothing() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost()
    heard(host, *births)
    data = edge.report_node({"Temperature/cpu": 50.0}, 10)
    assert len(heard(host, *data)) == 1
    assert heard(host, *data) == []
    assert host.tick(1000) == []


def test_the_will_of_an_older_connection_kills_nobody() -> None:
    edge, old_will, births = an_edge()
    host = SparkplugHost()
    heard(host, *births)
    edge.lost()
    new_will = edge.connecting(8)
    heard(host, *edge.connected(3000))
    assert heard(host, old_will) == []
    assert host.is_online(CODE)
    assert heard(host, new_will) == [Died("140703", CODE, "")]
    assert not host.is_online(CODE)


def test_what_is_historical_says_so() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost()
    heard(host, *births)
    edge.lost()
    edge.connecting(8)
    edge.report_node({"Temperature/cpu": 71.0}, 2500)
    edge.report_node({"Temperature/cpu": 44.0}, 2600)
    news = heard(host, *edge.connected(3000))
    past = [reading for one in news if isinstance(one, Told) for reading in one.readings]
    assert [(reading.value, reading.historical, reading.at_ms) for reading in past] == [(71.0, True, 2500), (44.0, True, 2600)]


def test_rubbish_is_counted_and_harms_nobody() -> None:
    host = SparkplugHost()
    for topic in ("spBv1.0/140703/NBIRTH/x", "spBv1.0/140703/NDATA/x", "spBv1.0/140703/NDEATH/x"):
        for data in (b"\xff\xff", b"", b"\x08"):
            host.heard(topic, data, 0)
    assert host.malformed > 0
    assert host.heard("spBv1.0/STATE/sxc", b"{}", 0) == []


def test_seq_goes_round_after_255() -> None:
    edge, _, births = an_edge()
    host = SparkplugHost()
    heard(host, *births)
    for index in range(600):
        news = heard(host, *edge.report_node({"Issuing/today": index}, 10))
        assert isinstance(news[0], Told)


def test_thousands_of_nodes_share_one_table_of_aliases() -> None:
    host = SparkplugHost()
    for index in range(50):
        edge = EdgeNode("140703", f"{index:010d}", NODE, {name.value: rows for name, rows in DEVICES.items()})
        edge.connecting(0)
        heard(host, *edge.connected(1))
    assert len(host._tables) == 1


def test_a_node_that_speaks_elsewhere_and_is_not_born_in_time_is_asked_once() -> None:
    _, _, births = an_edge()
    host = SparkplugHost(reorder_s=5, rebirth_every_s=60)
    host.expect("140703", CODE, 0)
    host.expect("140703", CODE, 4)
    assert host.tick(4) == []
    assert host.tick(5) == [AskRebirth("140703", CODE)]
    host.expect("140703", CODE, 6)
    assert host.tick(30) == []  # it was asked a moment ago
    heard(host, *births, now=31)
    host.expect("140703", CODE, 32)
    assert host.tick(90) == []


def test_a_birth_in_time_is_not_asked_for() -> None:
    _, _, births = an_edge()
    host = SparkplugHost(reorder_s=5)
    host.expect("140703", CODE, 0)
    heard(host, *births, now=1)
    assert host.tick(10) == []
