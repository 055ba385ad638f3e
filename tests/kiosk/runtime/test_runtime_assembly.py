"""A terminal that cannot start says why, in a sentence that tells what to do; one that can, starts again on its own ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.config import StationConfig, load_station
from kiosk.credential.secret_file import write_secret
from kiosk.issuing.opening import StartError
from kiosk.runtime.assembly import assemble
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.texts import Texts
from tools.bench.station import make_demo_station


@pytest.fixture
def station(tmp_path: Path) -> Path:
    return make_demo_station(tmp_path / "station")


def start(config: StationConfig) -> list[Terminal]:
    """Put it together, let it wake, and stop it; what it showed."""
    states: list[Terminal] = []
    parts = assemble(config, states.append)
    parts.runner.start(parts.services)
    parts.stop()
    return states


def lose_a_secret(config: StationConfig) -> None:
    (config.paths.secrets / "ledger.key").unlink()


def show_a_secret_to_others(config: StationConfig) -> None:
    (config.paths.secrets / "signing.key").chmod(0o644)


def cut_a_secret(config: StationConfig) -> None:
    (config.paths.secrets / "lookup.key").write_bytes(b"short")


def bring_another_signing_key(config: StationConfig) -> None:
    write_secret(config.paths.secrets / "signing.key", bytes(range(1, 33)))


def lose_the_key_list(config: StationConfig) -> None:
    config.paths.keys.unlink()


def name_another_terminal(config: StationConfig) -> None:
    document = json.loads(config.paths.keys.read_text(encoding="utf-8"))
    text = json.dumps(document).replace(config.station.terminal, "1407030999")
    config.paths.keys.write_text(text, encoding="utf-8")


def bring_another_ledger_key(config: StationConfig) -> None:
    start(config)
    write_secret(config.paths.secrets / "ledger.key", bytes(range(32)))


@pytest.mark.parametrize(
    ("spoil", "text_id"),
    [
        (lose_a_secret, "start.secret.missing"),
        (show_a_secret_to_others, "start.secret.openToOthers"),
        (cut_a_secret, "start.secret.malformed"),
        (bring_another_signing_key, "start.secret.notOurs"),
        (lose_the_key_list, "start.keys.missing"),
        (name_another_terminal, "start.keys.notOurs"),
        (bring_another_ledger_key, "start.ledger.storeBroken"),
    ],
)
def test_a_terminal_that_cannot_start_says_what_to_do(station: Path, spoil: Callable[[StationConfig], None], text_id: str) -> None:
    config = load_station(station)
    spoil(config)
    with pytest.raises(StartError) as told:
        assemble(config, lambda _: None)
    assert told.value.text_id == text_id
    assert text_id in Texts.load("start")


def test_a_terminal_starts_again_on_its_own_ledger(station: Path) -> None:
    config = load_station(station)
    for _ in range(2):
        assert start(config)[-1].page is Page.ATTRACT


def test_a_terminal_without_a_directory_still_starts(station: Path) -> None:
    config = load_station(station)
    for file in config.paths.directory.glob("directory-*.db"):
        file.unlink()
    assert start(config)[-1].page is Page.ATTRACT


def test_the_command_says_in_one_line_what_is_wrong_with_the_station_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "--station", str(tmp_path / "none.toml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "没有找到站点文件" in done.stderr
    assert "Traceback" not in done.stderr
