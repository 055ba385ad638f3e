"""A whole terminal whose scale's wire hangs in mid-visit: the number goes away, nobody can take it, and everything else goes on."""

import json
import logging
import time
from pathlib import Path

import pytest

from drivers.scale import device as scale_device
from drivers.virtual.bus import RemoteBus
from drivers.virtual.hid_scale import VENDOR
from kiosk.domain.quantity import NO_WEIGHT
from kiosk.session import events as ev
from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.visit import Visit
from support import builders as b
from support import terminals
from support.hanging import HangingBackend


def test_a_scale_that_hangs_loses_its_number_and_gets_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wires: list[HangingBackend] = []

    def hanging(bus: RemoteBus) -> HangingBackend:
        wires.append(HangingBackend(bus, VENDOR))
        return wires[-1]

    monkeypatch.setattr(terminals, "VirtualBackend", hanging)
    monkeypatch.setattr(scale_device, "PATIENCE_S", 2.5)
    with terminals.a_desk(tmp_path) as desk:
        wire = wires[0]
        tomato = desk.identified().at(Page.PRODUCT).parts.catalogue.get(terminals.TOMATO)
        assert tomato is not None
        desk.send(ev.ProductChosen(tomato)).at(Page.QUANTITY)
        desk.bench.set_weight(b.stable("126.35").kg)
        desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight == b.stable("126.35"), "the weight")
        try:
            wire.hold()
            assert wire.caught.wait(5)
            began = time.monotonic()
            desk.bench.set_weight(b.stable("80.5").kg)
            desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight == NO_WEIGHT, "no weight", within_s=3)
            assert time.monotonic() - began < 2.0
            assert desk.state.health.scale is DeviceWord.READY  # nobody has noticed yet: the age alone took it away
            desk.press(Key.TAKE_WEIGHT).wait(lambda s: s.said is not None and s.said.code == "weight.notReady", "the refusal")
            assert desk.state.page is Page.QUANTITY and desk.visit.draft.quantity is None
            desk.wait(lambda s: s.health.scale is DeviceWord.TROUBLE, "the word of it", within_s=8)
            assert desk.state.health.printer is DeviceWord.READY
        finally:
            wire.let_go()
        desk.wait(lambda s: s.health.scale is DeviceWord.READY, "the scale again", within_s=8)
        desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight == b.stable("80.5"), "the weight of now", within_s=8)
        with desk._changed:
            shown = [s.errand.weight for s in desk._states if isinstance(s.errand, Visit) and s.page is Page.QUANTITY]
        after = shown[shown.index(b.stable("126.35")) :]
        assert b.stable("126.35") not in after[after.index(NO_WEIGHT) :]  # what the stuck read brought at last was old
        assert desk.press(Key.TAKE_WEIGHT).at(Page.ORIGIN)
    said = [json.loads(record.message) for record in caplog.records if "device-hung" in record.message]
    assert [(line["kind"], bool(line["port"])) for line in said] == [("scale", True)]
    assert {r.levelname for r in caplog.records if "device-hung" in r.message} == {"WARNING"}


def test_a_terminal_closes_in_time_though_a_wire_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wires: list[HangingBackend] = []
    monkeypatch.setattr(terminals, "VirtualBackend", lambda bus: wires.append(HangingBackend(bus, VENDOR)) or wires[-1])
    monkeypatch.setattr(scale_device, "PATIENCE_S", 1.5)
    with terminals.a_desk(tmp_path) as desk:
        desk.healthy()
        wires[0].hold()
        try:
            desk.wait(lambda s: s.health.scale is DeviceWord.TROUBLE, "the word of it", within_s=8)
            began = time.monotonic()
            desk.stop()
            assert time.monotonic() - began < 10
        finally:
            wires[0].let_go()
