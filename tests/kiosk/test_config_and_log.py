"""The station file and the log's catalogue."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import log
from kiosk.config import ConfigError, load_station

EXAMPLE = Path(__file__).parents[2] / "firmware_config" / "station.example.toml"


def test_the_example_station_file_is_valid() -> None:
    station = load_station(EXAMPLE)
    assert station.station.terminal == "1407030031"
    assert station.scale.verified_until is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('county = "140703"', 'county = "410100"', "station.county"),
        ('terminal = "1407030031"', 'terminal = "1401050031"', "140703"),
        ('host = "q.sxnc.cn"', 'host = "much-too-long.example.cn"', "station.host"),
        ("max_copies = 50", "max_copys = 50", "max_copys"),
        ('technician_pin = "161803"', 'technician_pin = "271828"', "station.technician_pin"),
        ('technician_pin = "161803"', 'technician_pin = "16180"', "station.technician_pin"),
        ('division = "0.005"', 'division = "0"', "scale.division"),
        ("[station]", "[station", "写法"),
    ],
)
def test_a_mistake_in_the_station_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "station.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_station(file)


def test_a_missing_station_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"station\.example\.toml"):
        load_station(tmp_path / "nothing.toml")


def test_relative_paths_count_from_the_station_file(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("/var/lib/kiosk", "state"), encoding="utf-8")
    assert load_station(file).paths.state == tmp_path / "state"


def test_a_log_line_carries_only_catalogued_fields(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="page"):
        log.event("page", phone="x")
    with pytest.raises(KeyError):
        log.event("never-heard-of")
    with caplog.at_level(logging.INFO, logger="kiosk"):
        log.event("page", page="attract")
    assert json.loads(caplog.messages[-1]) == {"event": "page", "page": "attract"}


@given(st.from_regex(r"\d{17}[\dX]|1[3-9]\d{9}", fullmatch=True), st.sampled_from(["", "给 ", "=", "：", " x "]))
def test_numbers_of_people_never_reach_a_log_line(number: str, before: str) -> None:
    assert number not in log.redact(f"{before}{number} 后")


def test_a_certificate_number_stays_readable_in_logs() -> None:
    assert log.redact("140703-0031-000417-G") == "140703-0031-000417-G"


def test_every_catalogued_event_is_complete() -> None:
    for name, entry in log.catalogue().items():
        assert entry["level"] in ("info", "warning", "error"), name
        assert entry["meaning"], name
        assert not {"name", "id_number", "phone", "address"} & set(entry["fields"]), name  # type: ignore[call-overload]


def test_journal_has_each_event_once_and_no_debugging_of_libraries_though_kivy_has_come() -> None:
    said = """
import logging
from kiosk import log
from kiosk.ui.app import configure
from kiosk.ui.theme import load_board
log.to_journal()
configure(load_board("landscape-10"), fullscreen=True)
from kivy.logger import Logger
log.event("directory-opened", number=7, subjects=1)
logging.getLogger("escpos").debug("a library's debugging")
Logger.info("Kivy: its own news")
logging.getLogger("escpos").warning("a library's warning")
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIVY")}
    done = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.count('"directory-opened"') == 1
    assert done.stderr.count("a library's warning") == 1
    assert "debugging" not in done.stderr + done.stdout and "its own news" not in done.stderr + done.stdout
