"""The app's snapshot as the agent reads it, from a whole terminal on the bench's bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kiosk.agent.health import StatusReader
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.wire.health import DEVICES
from kiosk.wire.snapshot import STATUS_FILE, DeviceName, Status
from support.terminals import PERSON, Desk, a_desk


def told(desk: Desk, found: Callable[[Status], bool], within_s: float = 8.0) -> Status:
    """The first snapshot that ``found`` likes."""
    reader, deadline = StatusReader(desk.config.paths.runtime), time.monotonic() + within_s
    while True:
        status = reader.read()
        if status is not None and found(status):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def test_snapshot_follows_the_terminal_and_names_nobody(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.healthy().at(Page.ATTRACT)
        well = told(desk, lambda s: s.can_issue and len(s.devices) >= 3)
        assert well.terminal == desk.config.station.terminal
        assert well.demo
        assert well.alarms == ()
        assert well.versions.directory >= 1
        assert well.devices[DeviceName.PRINTER].state == "online"

        desk.identified().at(Page.PRODUCT)
        told(desk, lambda s: s.page == Page.PRODUCT.value)
        assert PERSON not in (desk.config.paths.runtime / STATUS_FILE).read_text(encoding="utf-8")

    assert not (desk.config.paths.runtime / STATUS_FILE).exists()


def test_snapshot_counts_what_was_issued(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        after = told(desk, lambda s: s.ledger.last_counter > 0, within_s=15.0)
        assert (after.ledger.last_counter, after.ledger.issued_today) == (1, 1)
        assert after.ledger.last_issued_at is not None
        assert told(desk, lambda s: s.supplies.labels_printed == 1)


def test_every_counter_of_a_device_has_a_row_at_the_centre(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        after = told(desk, lambda s: s.supplies.labels_printed == 1)
        for name, device in after.devices.items():
            rows = {row.name for row in DEVICES[name]}
            assert {f"Stat/{counter}" for counter in device.statistics} <= rows
            assert device.statistics


def test_who_is_being_served_shows_in_the_snapshot_as_a_fact_only(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.healthy().at(Page.ATTRACT)
        assert not told(desk, lambda s: True).in_visit
        desk.press(Key.START).at(Page.CONSENT)
        told(desk, lambda s: s.in_visit)
        assert told(desk, lambda s: True).deadlines.scale_verification == desk.config.scale.verified_until
