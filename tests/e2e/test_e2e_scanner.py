"""A scanner in the hand beside the camera: what it reads is checked like what the camera sees, and only when somebody asked for it."""

from __future__ import annotations

import os
import pty
import tty
from pathlib import Path

from kiosk.config import load_station
from kiosk.session import events as ev
from kiosk.session.check import Check
from kiosk.session.events import Key
from kiosk.session.pages import Page
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import make_demo_station


def test_a_label_read_by_the_hand_scanner_is_genuine_and_nothing_is_read_unasked(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    file = make_demo_station(tmp_path / "station")
    with file.open("a", encoding="utf-8") as station:
        station.write(f'\n[scanner]\nprofile = "serial"\nport = "{os.ttyname(slave)}"\n')
    try:
        with Bench(tmp_path) as bench:
            desk = Desk(load_station(file), bench)
            try:
                desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
                certificate = desk.visit.certificate
                assert certificate is not None
                os.write(master, certificate.labels[0].url.encode() + b"\r")
                desk.press(Key.FINISH).at(Page.ATTRACT)
                assert desk.state.health.camera is ev.DeviceWord.READY
                desk.press(Key.START_CHECK).at(Page.CHECK)
                os.write(master, certificate.labels[0].url.encode() + b"\r")
                desk.at(Page.VERDICT)
                assert isinstance(desk.state.errand, Check) and desk.state.errand.verdict is not None
                assert desk.state.errand.verdict.outcome == "genuine"
                assert desk.pages.count(Page.VERDICT) == 1
            finally:
                desk.stop()
    finally:
        os.close(master)
        os.close(slave)
