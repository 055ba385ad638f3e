"""A checkout becomes a terminal: what is in use changes in one step, what the terminal owns is left alone."""

import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tools import terminal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "kiosk").mkdir(parents=True)
    (root / "kiosk" / "__init__.py").write_text("VERSION = 1\n")
    (root / "drivers").mkdir()
    shutil.copytree(ROOT / "systemd", root / "systemd")
    (root / "firmware_config").mkdir()
    shutil.copyfile(ROOT / "firmware_config" / "station.example.toml", root / "firmware_config" / "station.example.toml")
    (root / terminal.LOCK).write_text("numpy==2\n")
    return root


def installed(root: Path, releases: Path, link: Path) -> tuple[Path, Path]:
    place = terminal.environment_of(root, releases)
    if not place.is_dir():
        venv.create(place, symlinks=True)
    app = terminal.lay_code(root, place)
    terminal.use(place, app, link)
    return place, app


def version(link: Path) -> str:
    asked = [link / "bin" / "python", "-E", "-c", "import kiosk; print(kiosk.VERSION)"]  # not what PYTHONPATH names
    return subprocess.run(asked, capture_output=True, text=True, check=True, cwd="/").stdout.strip()


@pytest.fixture
def a_machine_that_starts_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all that was done before had been done before the machine started."""
    monkeypatch.setattr(terminal.time, "clock_gettime", lambda _: -10.0)


def test_code_that_a_process_may_still_run_is_kept_until_the_machine_starts_again(checkout: Path, tmp_path: Path) -> None:
    releases, link = tmp_path / "releases", tmp_path / "kiosk"
    for number in (1, 2, 3):
        (checkout / "kiosk" / "__init__.py").write_text(f"VERSION = {number}\n")
        place, _ = installed(checkout, releases, link)
    assert len(list((place / "app").iterdir())) == 3


@pytest.mark.usefixtures("a_machine_that_starts_between")
def test_new_code_is_in_use_after_one_step_and_the_code_before_it_is_kept(checkout: Path, tmp_path: Path) -> None:
    releases, link = tmp_path / "releases", tmp_path / "kiosk"
    seen = []
    for number in (1, 2, 3):
        (checkout / "kiosk" / "__init__.py").write_text(f"VERSION = {number}\n")
        place, app = installed(checkout, releases, link)
        seen.append(app)
        assert version(link) == str(number)
    assert set((place / "app").iterdir()) == set(seen[1:])


def test_laying_the_same_code_again_changes_nothing(checkout: Path, tmp_path: Path) -> None:
    first = installed(checkout, tmp_path / "releases", tmp_path / "kiosk")
    assert installed(checkout, tmp_path / "releases", tmp_path / "kiosk") == first


@pytest.mark.usefixtures("a_machine_that_starts_between")
def test_another_lock_is_another_environment_and_the_one_before_it_is_kept(checkout: Path, tmp_path: Path) -> None:
    releases, link = tmp_path / "releases", tmp_path / "kiosk"
    places = []
    for number in (1, 2, 3):
        (checkout / terminal.LOCK).write_text(f"numpy=={number}\n")
        places.append(installed(checkout, releases, link)[0])
    assert link.resolve() == places[-1]
    assert {folder for folder in releases.iterdir() if folder.is_dir()} == set(places[1:])


def test_code_that_was_laid_halfway_is_not_taken_for_whole(checkout: Path, tmp_path: Path) -> None:
    place = terminal.environment_of(checkout, tmp_path / "releases")
    venv.create(place, symlinks=True)
    whole = terminal.lay_code(checkout, place)
    half = whole.with_suffix(".new")
    whole.rename(half)
    (half / "kiosk" / "__init__.py").unlink()
    assert (terminal.lay_code(checkout, place) / "kiosk" / "__init__.py").is_file()


def test_system_files_go_where_debian_looks_and_only_changed_ones_are_named(checkout: Path, tmp_path: Path) -> None:
    system = tmp_path / "system"
    (system / "etc" / "kiosk").mkdir(parents=True)
    (system / "etc" / "kiosk" / "station.toml").write_text("its own")
    first = terminal.lay_system_files(checkout, system)
    assert {"kiosk-app.service", "kiosk.conf", "50-kiosk.rules", "60-kiosk.rules", "station.example.toml"} <= set(first)
    assert terminal.lay_system_files(checkout, system) == []
    (checkout / "systemd" / "kiosk-app.service").write_text("[Unit]\n")
    assert terminal.lay_system_files(checkout, system) == ["kiosk-app.service"]
    assert (system / "etc" / "kiosk" / "station.toml").read_text() == "its own"


def test_a_folder_that_is_not_ours_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "kiosk").mkdir()
    assert str(tmp_path / "kiosk") in terminal.why_not(tmp_path / "kiosk")


def test_everything_in_systemd_is_laid() -> None:
    files = {file for file in (ROOT / "systemd").rglob("*") if file.is_file()}
    assert files == {file for pattern in terminal.PLACES for file in (ROOT / "systemd").glob(pattern)}


def test_terminals_lock_is_a_part_of_the_developers_lock() -> None:
    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return {row[0]: row[1] for row in re.findall(r"^(\S+==\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", text, re.MULTILINE)}

    terminals, developers = pinned(terminal.LOCK), pinned("requirements.lock")
    assert len(terminals) > 30
    assert terminals.items() <= developers.items()


def test_terminals_code_needs_nothing_that_its_lock_lacks() -> None:
    lock = (ROOT / terminal.LOCK).read_text(encoding="utf-8")
    for name in (
        "kivy",
        "pyusb",
        "pyserial",
        "evdev",
        "python-escpos",
        "opencv-python-headless",
        "paho-mqtt",
        "sqlalchemy",
        "protobuf",
    ):
        assert re.search(rf"^{name}==", lock, re.MULTILINE), name
