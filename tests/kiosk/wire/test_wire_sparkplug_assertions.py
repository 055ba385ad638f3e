"""Each testable assertion of Sparkplug 3.0.0 about edge nodes is one test with the assertion's id.

``ON_THE_WIRE`` are those that need a real connection: the named tests of ``tests/kiosk/agent/test_agent_sparkplug.py`` check them. ``NOT_USED`` are about
parts of the specification that our edge never publishes, each with its reason and a check that it does not. The list of all assertions and of whom each
binds is ``tests/vectors/sparkplug/assertions.txt``; a test says when one for edge nodes is neither checked nor excused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.snapshot import DeviceName
from kiosk.wire.sparkplug.edge import EdgeNode, Phase, Publish
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload, Value
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import Kind, SparkplugTopic, parse_topic, state_topic

GROUP, NODE_ID, HOST = "140703", "1407030031", "sxc"
NCMD = str(SparkplugTopic(GROUP, Kind.NCMD, NODE_ID))
STATE = state_topic(HOST)


@dataclass(frozen=True)
class Said:
    """One published message, taken apart."""

    topic: SparkplugTopic
    payload: Payload
    qos: int
    retain: bool

    @property
    def kind(self) -> Kind:
        return self.topic.kind


def read(publish: Publish) -> Said:
    topic = parse_topic(publish.topic)
    assert topic is not None
    return Said(topic, Payload.decode(publish.payload), publish.qos, publish.retain)


def edge(host: str = HOST) -> EdgeNode:
    made = EdgeNode(GROUP, NODE_ID, NODE, {name.value: rows for name, rows in DEVICES.items()}, host)
    made.report_node(node("issuing"), 1)
    made.report_device("printer", printer(), 1, there=True)
    made.report_device("scale", {"state": "noDevice"}, 1, there=False)
    return made


def node(state: str, **more: Value) -> dict[str, Value]:
    return {"Issuing/state": state, "Clock/offset": -12, "Temperature/cpu": 41.5, **more}


def printer(paper: str = "full") -> dict[str, Value]:
    return {"state": "online", "supply/paper": paper, "Stat/PaperCutCount": 3}


def online(at: int = 100, up: bool = True) -> bytes:
    return HostState(up, at).encode()


def rebirth(value: Value = True, name: str = "Node Control/Rebirth") -> bytes:
    kind = DataType.BOOLEAN if isinstance(value, bool) else DataType.STRING
    return Payload(5, (Metric(name, value, kind),)).encode()


def session() -> tuple[Said, list[Said]]:
    """Will and all messages of a session: births, 600 changes, a rebirth, a device that goes and comes, and the end."""
    one = edge()
    will = read(one.connecting(7))
    said: list[Publish] = list(one.connected(10))
    said += one.heard_state(STATE, online(), 11).publish
    for i in range(300):
        said += one.report_node(node("issuing", **{"Issuing/today": i + 1}), 20 + i)
        said += one.report_device("printer", {"Stat/PaperCutCount": i + 4}, 20 + i, there=True)
    said += one.heard_command(NCMD, rebirth(), 400).publish
    said += one.report_device("printer", {"state": "noDevice"}, 401, there=False)
    said += one.report_device("printer", printer("low"), 402, there=True)
    said.append(one.leaving())
    return will, [read(publish) for publish in said]


WILL, SESSION = session()
Check = Callable[[], None]
CHECKS: dict[str, Check] = {}


def asserts(*ids: str) -> Callable[[Check], Check]:
    def keep(check: Check) -> Check:
        for name in ids:
            assert f"tck-id-{name}" not in CHECKS
            CHECKS[f"tck-id-{name}"] = check
        return check

    return keep


def of(*kinds: Kind) -> list[Said]:
    found = [said for said in SESSION if said.kind in kinds]
    assert found
    return found


BIRTHS, DATA = (Kind.NBIRTH, Kind.DBIRTH), (Kind.NDATA, Kind.DDATA)


@asserts(
    "topic-structure", "topic-structure-namespace-a", "message-flow-edge-node-birth-publish-nbirth-topic", "topics-nbirth-topic"
)
@asserts("message-flow-device-birth-publish-dbirth-topic", "topics-dbirth-topic", "topics-ndata-topic", "topics-ddata-topic")
@asserts("topics-ddeath-topic", "topics-ndeath-topic", "message-flow-edge-node-birth-publish-will-message-topic")
def topics_have_their_form() -> None:
    for said in (WILL, *SESSION):
        parts = str(said.topic).split("/")
        assert parts[:4] == ["spBv1.0", GROUP, said.kind.value, NODE_ID]
        assert len(parts) == (5 if said.kind.value.startswith("D") else 4)
    assert {said.kind for said in SESSION} == {Kind.NBIRTH, Kind.DBIRTH, Kind.NDATA, Kind.DDATA, Kind.DDEATH, Kind.NDEATH}
    assert WILL.kind is Kind.NDEATH


@asserts("topic-structure-namespace-device-id-associated-message-types")
@asserts("topic-structure-namespace-device-id-non-associated-message-types")
def only_device_messages_carry_a_device() -> None:
    for kind in Kind:
        with pytest.raises(ValueError, match="not a Sparkplug topic"):
            SparkplugTopic(GROUP, kind, NODE_ID, "" if kind.is_of_device else "printer")


@asserts("topic-structure-namespace-valid-group-id")
@asserts("topic-structure-namespace-valid-edge-node-id", "topic-structure-namespace-valid-device-id")
def reserved_characters_are_refused() -> None:
    for bad in ("a+b", "a/b", "a#b"):
        for parts in ((bad, Kind.DDATA, NODE_ID, "x"), (GROUP, Kind.DDATA, bad, "x"), (GROUP, Kind.DDATA, NODE_ID, bad)):
            with pytest.raises(ValueError, match="not a Sparkplug topic"):
                SparkplugTopic(*parts)


@asserts("intro-group-id-string", "intro-edge-node-id-string", "intro-device-id-string")
@asserts("intro-group-id-chars", "intro-edge-node-id-chars", "intro-device-id-chars")
def ids_are_text_that_mqtt_can_carry() -> None:
    good = SparkplugTopic("山西", Kind.DDATA, "太谷", "打印机")
    assert parse_topic(str(good).encode("utf-8").decode("utf-8")) == good
    for bad in ("", "a\0b", "a\ud800b"):
        for parts in ((bad, Kind.DDATA, NODE_ID, "x"), (GROUP, Kind.DDATA, bad, "x"), (GROUP, Kind.DDATA, NODE_ID, bad)):
            with pytest.raises(ValueError, match="not a Sparkplug topic"):
                SparkplugTopic(*parts)


@asserts("topic-structure-namespace-unique-device-id", "topic-structure-namespace-duplicate-device-id-across-edge-node")
@asserts(
    "intro-edge-node-id-uniqueness",
    "topic-structure-namespace-unique-edge-node-descriptor",
    "payloads-nbirth-edge-node-descriptor",
    "case-sensitivity-sparkplug-ids",
)
def devices_are_told_apart_and_terminals_by_their_code() -> None:
    names = [name.value for name in DeviceName]
    assert len({name.lower() for name in names}) == len(names)
    other = EdgeNode(GROUP, "1407030032", NODE, {"printer": DEVICES[DeviceName.PRINTER]})
    other.connecting(0)
    assert {read(publish).topic.node for publish in other.connected(1)} == {"1407030032"}


@asserts("case-sensitivity-metric-names")
def metric_names_differ_by_more_than_case() -> None:
    for rows in (NODE, *DEVICES.values()):
        names = [row.name.lower() for row in rows] + ["bdseq", "node control/rebirth"]
        assert len(set(names)) == len(names)


@asserts("topics-nbirth-mqtt", "topics-dbirth-mqtt", "topics-ndata-mqtt", "topics-ddata-mqtt", "topics-ddeath-mqtt")
@asserts("payloads-nbirth-qos", "payloads-dbirth-qos", "payloads-ndata-qos", "payloads-ddata-qos", "payloads-nbirth-retain")
@asserts(
    "payloads-dbirth-retain", "payloads-ndata-retain", "payloads-ddata-retain", "message-flow-edge-node-birth-publish-nbirth-qos"
)
@asserts("message-flow-edge-node-birth-publish-nbirth-retained", "message-flow-device-birth-publish-dbirth-qos")
@asserts("message-flow-device-birth-publish-dbirth-retained")
def everything_but_the_death_is_qos_0_and_nothing_is_retained() -> None:
    assert all(said.qos == (said.kind is Kind.NDEATH) for said in SESSION)
    assert not any(said.retain for said in SESSION)


@asserts("message-flow-edge-node-birth-publish-will-message", "payloads-ndeath-will-message")
@asserts("message-flow-edge-node-birth-publish-will-message-qos", "payloads-ndeath-will-message-qos")
@asserts("message-flow-edge-node-birth-publish-will-message-will-retained", "payloads-ndeath-will-message-retain")
@asserts(
    "message-flow-edge-node-birth-publish-will-message-payload", "topics-ndeath-payload", "topics-ndeath-seq", "payloads-ndeath-seq"
)
def will_is_a_death_with_one_metric_and_no_seq() -> None:
    assert (WILL.kind, WILL.qos, WILL.retain) == (Kind.NDEATH, 1, False)
    assert [(m.name, m.value) for m in WILL.payload.metrics] == [("bdSeq", 7)]
    assert WILL.payload.seq is None
    assert of(Kind.NDEATH)[0].payload.seq is None


@asserts(
    "message-flow-edge-node-birth-publish-will-message-payload-bdSeq", "message-flow-edge-node-birth-publish-nbirth-payload-bdSeq"
)
@asserts("topics-nbirth-bdseq-included", "topics-nbirth-bdseq-matching", "payloads-nbirth-bdseq", "payloads-nbirth-bdseq-repeat")
@asserts("payloads-ndeath-bdseq", "operational-behavior-data-commands-rebirth-action-3")
def births_and_deaths_carry_the_bdseq_of_the_connect() -> None:
    assert len(of(Kind.NBIRTH)) == 2
    for said in (WILL, *of(Kind.NBIRTH, Kind.NDEATH)):
        metric = said.payload.metric("bdSeq")
        assert metric is not None
        assert (metric.value, metric.datatype) == (7, DataType.INT64)
    one = edge()
    for value in (0, 1, 255, 0):
        assert read(one.connecting(value)).payload.metrics[0].value == value
    with pytest.raises(ValueError, match=r"0\.\.255"):
        one.connecting(256)


@asserts("topics-nbirth-seq-num", "payloads-nbirth-seq", "payloads-sequence-num-req-nbirth")
@asserts("message-flow-edge-node-birth-publish-nbirth-payload-seq")
def node_birth_begins_the_sequence_at_0() -> None:
    assert [said.payload.seq for said in of(Kind.NBIRTH)] == [0, 0]


@asserts("payloads-sequence-num-always-included", "payloads-sequence-num-incrementing", "topics-dbirth-seq", "topics-ndata-seq-num")
@asserts("topics-ddata-seq-num", "topics-ddeath-seq-num", "payloads-dbirth-seq", "payloads-dbirth-seq-inc", "payloads-ndata-seq")
@asserts("payloads-ndata-seq-inc", "payloads-ddata-seq", "payloads-ddata-seq-inc", "payloads-ddeath-seq", "payloads-ddeath-seq-inc")
@asserts("payloads-ddeath-seq-number", "message-flow-device-birth-publish-dbirth-payload-seq")
def sequence_rises_by_one_and_wraps_at_255() -> None:
    counted = [said for said in SESSION if said.kind is not Kind.NDEATH]
    for before, after in pairwise(counted):
        if after.kind is not Kind.NBIRTH:
            assert after.payload.seq == ((before.payload.seq or 0) + 1) % 256
    assert any(before.payload.seq == 255 and after.payload.seq == 0 for before, after in pairwise(counted))


@asserts("topics-nbirth-timestamp", "topics-dbirth-timestamp", "topics-ndata-timestamp", "topics-ddata-timestamp")
@asserts("payloads-nbirth-timestamp", "payloads-dbirth-timestamp", "payloads-ndata-timestamp", "payloads-ddata-timestamp")
@asserts("payloads-ddeath-timestamp", "payloads-timestamp-in-UTC")
def messages_carry_the_time_they_were_told() -> None:
    assert all((said.payload.timestamp or 0) >= 11 for said in SESSION if said.kind is not Kind.NDEATH)
    times = [said.payload.timestamp or 0 for said in SESSION if said.kind is not Kind.NDEATH]
    assert times == sorted(times)


@asserts("payloads-name-birth-data-requirement", "payloads-metric-timestamp-in-UTC")
@asserts("operational-behavior-data-publish-nbirth-order", "operational-behavior-data-publish-dbirth-order")
def every_metric_carries_its_time_in_order() -> None:
    for said in of(*BIRTHS, *DATA):
        times = [metric.timestamp for metric in said.payload.metrics]
        assert None not in times
        assert times == sorted(times, key=lambda t: t or 0)


@asserts("topics-nbirth-metric-reqs", "topics-dbirth-metric-reqs", "operational-behavior-data-publish-nbirth")
@asserts("operational-behavior-data-publish-dbirth", "payloads-name-requirement", "topics-nbirth-metrics", "topics-dbirth-metrics")
@asserts("payloads-metric-datatype-req", "payloads-metric-datatype-value", "payloads-metric-datatype-value-type")
def births_list_every_metric_with_name_type_and_value() -> None:
    for said in of(*BIRTHS):
        rows = DEVICES[DeviceName(said.topic.device)] if said.topic.device else NODE
        extra = set() if said.topic.device else {"bdSeq", "Node Control/Rebirth"}
        assert {metric.name for metric in said.payload.metrics} == {row.name for row in rows} | extra
        types = {row.name: row.datatype for row in rows}
        assert all(metric.datatype is types.get(metric.name, metric.datatype) is not None for metric in said.payload.metrics)


@asserts("operational-behavior-data-publish-nbirth-values", "operational-behavior-data-publish-dbirth-values")
def births_carry_current_values_and_say_null_where_there_is_none() -> None:
    first, again = of(Kind.NBIRTH)
    assert first.payload.metric("Issuing/state").value == "issuing"  # type: ignore[union-attr]
    assert again.payload.metric("Issuing/today").value == 300  # type: ignore[union-attr]
    assert first.payload.metric("Store/error").value is None  # type: ignore[union-attr]
    born = next(said for said in of(Kind.DBIRTH) if said.topic.device == "printer")
    assert born.payload.metric("Stat/PaperCutCount").value == 3  # type: ignore[union-attr]
    assert born.payload.metric("cover").value is None  # type: ignore[union-attr]


@asserts("topics-nbirth-rebirth-metric", "payloads-nbirth-rebirth-req", "operational-behavior-data-commands-rebirth-datatype")
@asserts("operational-behavior-data-commands-rebirth-name", "operational-behavior-data-commands-rebirth-value")
@asserts("operational-behavior-data-commands-rebirth-name-aliases")
def node_birth_offers_a_rebirth_without_an_alias() -> None:
    for said in of(Kind.NBIRTH):
        metric = said.payload.metric("Node Control/Rebirth")
        assert metric is not None
        assert (metric.datatype, metric.value, metric.alias) == (DataType.BOOLEAN, False, None)


@asserts("payloads-alias-uniqueness", "payloads-alias-birth-requirement")
def aliases_are_unique_over_node_and_devices() -> None:
    births = of(*BIRTHS)[:3]
    aliases = [m.alias for said in births for m in said.payload.metrics if m.name != "Node Control/Rebirth"]
    assert None not in aliases
    assert len(set(aliases)) == len(aliases)
    assert {said.topic.device for said in births} == {"", "printer", "scale"}


@asserts("payloads-alias-data-cmd-requirement", "payloads-metric-datatype-not-req")
def data_carries_alias_and_value_only() -> None:
    assert all(m.name == "" and m.datatype is None and m.alias is not None for said in of(*DATA) for m in said.payload.metrics)


@asserts("topics-ndata-payload", "topics-ddata-payload", "principles-rbe-recommended")
@asserts("operational-behavior-data-publish-nbirth-change", "operational-behavior-data-publish-dbirth-change")
def only_changes_are_said() -> None:
    one = edge("")
    one.connecting(0)
    one.connected(1)
    assert one.report_node(node("issuing"), 2) == ()
    assert one.report_device("printer", printer(), 2, there=True) == ()
    (said,) = [read(p) for p in one.report_node(node("degraded"), 3)]
    assert [(m.alias, m.value) for m in said.payload.metrics] == [(1 + [r.name for r in NODE].index("Issuing/state"), "degraded")]


@asserts("message-flow-device-birth-publish-nbirth-wait", "payloads-dbirth-order", "payloads-ndata-order", "payloads-ddata-order")
@asserts("principles-birth-certificates-order", "operational-behavior-data-commands-rebirth-action-1")
@asserts("operational-behavior-data-commands-rebirth-action-2")
def births_come_together_before_any_data() -> None:
    for at in [i for i, said in enumerate(SESSION) if said.kind is Kind.NBIRTH]:
        assert [said.kind for said in SESSION[at : at + 4]] == [Kind.NBIRTH, Kind.DBIRTH, Kind.DBIRTH, Kind.DDEATH]


@asserts("message-flow-device-birth-publish-dbirth-match-edge-node-topic")
@asserts("message-flow-edge-node-birth-publish-nbirth-payload", "message-flow-device-birth-publish-dbirth-payload")
def device_births_match_their_node() -> None:
    assert {(said.topic.group, said.topic.node) for said in of(*BIRTHS)} == {(GROUP, NODE_ID)}
    assert all(said.payload.metrics for said in of(*BIRTHS))


@asserts("message-flow-edge-node-birth-publish-connect")
def nothing_is_said_without_a_connection() -> None:
    one = edge("")
    assert one.report_node(node("degraded"), 2) == ()
    assert one.report_device("printer", printer("low"), 2, there=True) == ()
    assert one.heard_command(NCMD, rebirth(), 3).publish == ()


@asserts("message-flow-edge-node-birth-publish-phid-wait", "operational-behavior-edge-node-birth-sequence-wait")
@asserts("message-flow-edge-node-birth-publish-phid-wait-id", "message-flow-edge-node-birth-publish-phid-wait-online")
def births_wait_for_this_host_to_be_online() -> None:
    one = edge()
    one.connecting(0)
    assert one.connected(1) == ()
    assert one.heard_state(state_topic("other"), online(), 2).publish == ()
    assert one.heard_state(STATE, online(up=False), 3) == one.heard_state(STATE, b"ONLINE", 3)
    assert one.report_node(node("degraded"), 4) == ()
    assert one.phase is Phase.WAITING
    assert read(one.heard_state(STATE, online(101), 5).publish[0]).kind is Kind.NBIRTH


@asserts("message-flow-edge-node-birth-publish-phid-wait-timestamp")
def an_older_state_is_not_believed() -> None:
    one = edge()
    one.connecting(0)
    one.connected(1)
    one.heard_state(STATE, online(200, up=False), 2)
    assert one.heard_state(STATE, online(199), 3).publish == ()
    assert one.heard_state(STATE, online(200), 4).publish != ()


@asserts("message-flow-edge-node-birth-publish-phid-offline", "operational-behavior-edge-node-termination-host-offline")
@asserts("operational-behavior-primary-application-state-with-multiple-servers-walk")
@asserts("operational-behavior-edge-node-termination-host-offline-reconnect")
def host_offline_means_death_and_leaving() -> None:
    one = edge()
    one.connecting(3)
    one.connected(1)
    one.heard_state(STATE, online(100), 2)
    reaction = one.heard_state(STATE, online(100, up=False), 3)
    assert reaction.disconnect
    assert [read(p).kind for p in reaction.publish] == [Kind.NDEATH]
    assert one.report_node(node("degraded"), 4) == ()


@asserts("operational-behavior-edge-node-termination-host-offline-timestamp")
def stale_offline_of_a_host_changes_nothing() -> None:
    one = edge()
    one.connecting(3)
    one.connected(1)
    one.heard_state(STATE, online(100), 2)
    assert not one.heard_state(STATE, online(99, up=False), 3).disconnect
    assert one.report_node(node("degraded"), 4) != ()


@asserts("operational-behavior-device-ddeath")
def a_device_that_goes_says_why_and_dies() -> None:
    kinds = [(said.kind, said.topic.device) for said in SESSION[-4:-1]]
    assert kinds == [(Kind.DDATA, "printer"), (Kind.DDEATH, "printer"), (Kind.DBIRTH, "printer")]
    one = edge("")
    one.connecting(0)
    one.connected(1)
    assert [read(p).kind for p in one.forget_device("printer", 2)] == [Kind.DDEATH]
    assert one.forget_device("printer", 3) == ()


@asserts("operational-behavior-edge-node-intentional-disconnect-ndeath", "payloads-ndeath-will-message-publisher")
def leaving_says_the_same_as_the_will() -> None:
    one = edge("")
    will = one.connecting(9)
    one.connected(1)
    assert one.leaving() == will


@asserts("payloads-propertyset-keys-array-size", "payloads-propertyset-values-array-size", "payloads-metric-propertyvalue-type-req")
@asserts("payloads-metric-propertyvalue-type-type", "payloads-metric-propertyvalue-type-value")
def units_are_typed_properties_of_births_only() -> None:
    from kiosk.wire.sparkplug.schema import payload_class

    one = edge("")
    one.connecting(0)
    raw = payload_class()()
    raw.ParseFromString(one.connected(1)[0].payload)
    with_units = [metric for metric in raw.metrics if metric.properties.keys]
    assert with_units
    for metric in with_units:
        assert len(metric.properties.keys) == len(metric.properties.values)
        assert all(value.type == DataType.STRING for value in metric.properties.values)
    assert all(not m.properties for said in of(*DATA) for m in said.payload.metrics)


@asserts("operational-behavior-data-commands-ncmd-rebirth-verb", "operational-behavior-data-commands-ncmd-rebirth-name")
@asserts("operational-behavior-data-commands-ncmd-rebirth-value", "operational-behavior-data-commands-ncmd-verb")
def only_a_true_rebirth_request_to_this_node_is_obeyed() -> None:
    one = edge("")
    one.connecting(0)
    one.connected(1)
    other = str(SparkplugTopic(GROUP, Kind.NCMD, "1407030032"))
    for topic, data in (
        (NCMD, rebirth(False)),
        (NCMD, rebirth("true")),
        (NCMD, rebirth(True, "Node Control/Reboot")),
        (NCMD, b"\xff\xff"),
        (other, rebirth()),
        (NCMD.replace("NCMD", "NDATA"), rebirth()),
    ):
        assert one.heard_command(topic, data, 2).publish == ()
    assert read(one.heard_command(NCMD, rebirth(), 3).publish[0]).kind is Kind.NBIRTH


ON_THE_WIRE = {
    "tck-id-message-flow-edge-node-ncmd-subscribe",
    "tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server",
    "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs",
    "tck-id-operational-behavior-edge-node-intentional-disconnect-packet",
    "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311",
    "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50",
    "tck-id-principles-persistence-clean-session-311",
    "tck-id-principles-persistence-clean-session-50",
    "tck-id-topics-nbirth-bdseq-increment",
}
NOT_USED = {
    "tck-id-message-flow-device-dcmd-subscribe": "no device takes commands: orders that matter are signed jobs",
    "tck-id-payloads-template-": "no metric is a template",
    "tck-id-topics-nbirth-templates": "no metric is a template",
    "tck-id-payloads-dataset-": "no metric is a table",
    "tck-id-payloads-propertyset-quality-": "an unknown value is null; no metric has a quality",
}
"""Beginnings of ids, and why."""
LIST = Path(__file__).parents[2] / "vectors" / "sparkplug" / "assertions.txt"


def listed() -> dict[str, str]:
    """Whom each assertion of the specification binds, by its id."""
    lines = [line.split() for line in LIST.read_text(encoding="ascii").splitlines() if not line.startswith("#")]
    return {name: who for who, name in lines}


def test_every_assertion_for_edge_nodes_is_checked_or_excused() -> None:
    known = listed()
    assert len(known) == 299
    edge_ids = {name for name, who in known.items() if who == "edge"}
    excused = {name for name in edge_ids if name.startswith(tuple(NOT_USED))}
    assert edge_ids - excused - CHECKS.keys() - ON_THE_WIRE == set()
    assert (CHECKS.keys() | ON_THE_WIRE) - known.keys() == set()  # no id of our own invention
    assert not CHECKS.keys() & ON_THE_WIRE
    assert not [start for start in NOT_USED if not any(name.startswith(start) for name in edge_ids)]


def test_what_needs_a_connection_is_named_by_a_test_that_has_one() -> None:
    tree = ast.parse((LIST.parents[2] / "kiosk" / "agent" / "test_agent_sparkplug.py").read_text(encoding="utf-8"))
    said = [
        ast.get_docstring(part) or "" for part in tree.body if isinstance(part, ast.FunctionDef) and part.name.startswith("test_")
    ]
    assert {name for text in said for name in re.findall(r"tck-id-[\w-]+", text)} == ON_THE_WIRE


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_edge_obeys(name: str) -> None:
    CHECKS[name]()


def test_parts_that_are_not_used_are_never_published() -> None:
    types = {metric.datatype for said in of(*BIRTHS) for metric in said.payload.metrics}
    assert types <= set(DataType)  # neither DataSet (16) nor Template (19)
    assert all(set(m.properties) <= {"engUnit"} for said in SESSION for m in said.payload.metrics)
    assert not [topic for topic in edge().subscriptions if "/DCMD/" in topic]  # no device takes commands
    assert not [name for name in (*CHECKS, *ON_THE_WIRE) if name.startswith(tuple(NOT_USED))]


def test_what_changed_while_nobody_listened_follows_as_history() -> None:
    one = edge("")
    one.connecting(0)
    one.connected(1)
    one.lost()
    for at, paper in ((10, "low"), (20, "out"), (30, "full")):
        one.report_device("printer", printer(paper), at, there=True)
    one.connecting(1)
    said = [read(p) for p in one.connected(40)]
    (past,) = [s for s in said if s.kind is Kind.DDATA]
    assert said[-1] is past
    assert [(m.value, m.timestamp, m.is_historical) for m in past.payload.metrics] == [
        ("low", 10, True),
        ("out", 20, True),
        ("full", 30, True),
    ]
    one.lost()
    one.connecting(2)
    assert not [p for p in one.connected(50) if read(p).kind is Kind.DDATA]


def test_history_is_bounded_and_keeps_the_latest() -> None:
    one = edge("")
    one.connecting(0)
    one.connected(1)
    one.lost()
    for at in range(3000):
        one.report_node({"Issuing/today": at + 1}, at + 2)
    one.connecting(1)
    said = [read(p) for p in one.connected(5000)]
    values = [m.value for s in said if s.kind is Kind.NDATA for m in s.payload.metrics]
    assert values == list(range(2001, 3001))


def test_welcome_stands_in_for_a_state_that_the_broker_does_not_keep() -> None:
    one = edge()
    one.connecting(0)
    one.connected(1)
    assert read(one.host_is_there(2)[0]).kind is Kind.NBIRTH
    assert one.host_is_there(3) == ()
    two = edge()
    two.connecting(0)
    two.connected(1)
    two.heard_state(STATE, online(up=False), 2)
    assert two.host_is_there(3) == ()


def test_small_movements_of_a_number_are_not_said() -> None:
    one = edge("")
    one.connecting(0)
    one.connected(1)
    assert one.report_node({"Temperature/cpu": 42.5}, 2) == ()
    assert one.report_node({"Temperature/cpu": 43.4}, 3) == ()
    assert one.report_node({"Temperature/cpu": 43.6}, 4) != ()


def test_unknown_names_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="not in the table"):
        edge().report_node({"Nonsense": 1}, 1)
