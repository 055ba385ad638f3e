"""The front door on machines that lack something, and under signals: it says what to do, ends what it began, and hides no exit code."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOOR = ROOT / "tools" / "dev"
LOADED = f"""
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.SourceFileLoader("dev", {str(DOOR)!r})
dev = importlib.util.module_from_spec(importlib.util.spec_from_loader("dev", loader))
loader.exec_module(dev)
"""


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("front_door", str(DOOR))
    spec = importlib.util.spec_from_loader("front_door", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def begun() -> Iterator[list[subprocess.Popen[str]]]:
    """Programs of a test, ended with it whatever happens."""
    programs: list[subprocess.Popen[str]] = []
    yield programs
    for program in programs:
        program.kill()
        program.wait()
        if program.stdout is not None:
            program.stdout.close()


def door(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(DOOR), *arguments], capture_output=True, text=True, check=False, timeout=60)


def inside(script: str, *, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **({"PATH": path} if path is not None else {})}
    return subprocess.run([sys.executable, "-c", LOADED + script], capture_output=True, text=True, check=False, env=env, timeout=60)


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_gone(pid: int, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_python_that_is_too_old_can_read_it_and_says_so(tmp_path: Path) -> None:
    ast.parse(DOOR.read_text(encoding="utf-8"), feature_version=(3, 7))
    done = inside("sys.version_info = (3, 9, 2, 'final', 0)\nsys.exit(dev.main(['setup']))", path=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.strip().startswith("Python 3.9.2 is too old: 3.11 or newer is needed")
    assert "Traceback" not in done.stderr


def test_the_exit_code_is_the_commands_own() -> None:
    assert door("run", "sh", "-c", "exit 7").returncode == 7
    assert door("run", "true").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run"], 2, "run what?"),
        (["rnu"], 2, "unknown: rnu"),
        (["lint", "kiosk"], 2, "takes no arguments"),
        (["run", "no-such-command"], 127, "cannot run no-such-command"),
    ],
)
def test_wrong_use_is_told_in_a_line(arguments: list[str], code: int, words: str) -> None:
    done = door(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_command_itself(begun: list[subprocess.Popen[str]], number: signal.Signals) -> None:
    program = subprocess.Popen(
        [str(DOOR), "run", "sh", "-c", "echo $$; exec sleep 600"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    begun.append(program)
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    assert is_alive(pid)
    program.send_signal(number)
    assert program.wait(10) == -number
    assert is_gone(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_step_that_runs_with_all_it_began_and_no_other_follows(
    begun: list[subprocess.Popen[str]], number: signal.Signals
) -> None:
    # The first shell dies of nothing that asks kindly, and its child lies in the background: both must go.
    script = """
dev.PATIENCE = ((dev.signal.SIGINT, 0.3), (dev.signal.SIGTERM, 0.3), (dev.signal.SIGKILL, 5.0))
dev.install_packages = dev.make_environment = lambda *_: None
dev.LINT = (
    ("stubborn", ("/bin/sh", "-c", "trap '' INT TERM; sleep 600 & echo $! $$; while :; do wait; done")),
    ("next", ("/bin/echo", "NEXT")),
)
sys.exit(dev.main(["lint"]))
"""
    program = subprocess.Popen(
        [sys.executable, "-u", "-c", LOADED + script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    begun.append(program)
    assert program.stdout is not None
    line = program.stdout.readline()
    while line.startswith(">"):
        line = program.stdout.readline()
    pids = [int(word) for word in line.split()]
    assert all(is_alive(pid) for pid in pids)
    program.send_signal(number)
    said = program.stdout.read()
    assert program.wait(10) == 128 + number
    assert f"ended by {number.name}" in said
    assert "NEXT" not in said.split("ended by")[0].replace("/bin/echo NEXT", "")
    assert all(is_gone(pid) for pid in pids)


def test_all_steps_run_after_one_that_failed_and_the_end_says_which() -> None:
    done = inside("sys.exit(dev.steps([('one', ['/bin/false']), ('two', ['/bin/true']), ('three', ['/bin/sh', '-c', 'exit 4'])]))")
    assert done.returncode == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["FAILED", "0", "s", "one", "(exit", "1)"] in rows
    assert ["ok", "0", "s", "two"] in rows
    assert ["FAILED", "0", "s", "three", "(exit", "4)"] in rows
    assert done.stdout.splitlines()[-1].startswith("FAILED: one, three; 3 steps in")


def test_a_user_without_sudo_gets_the_one_command_and_nothing_is_begun(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    which = shutil.which
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name, *_, **__: None if name == "sudo" else which(name))
    monkeypatch.setattr(dev, "missing_packages", lambda _: ["xvfb", "xdotool"])
    monkeypatch.setattr(dev, "begin", lambda *_, **__: pytest.fail("something was begun"))
    with pytest.raises(SystemExit) as end:
        dev.install_packages()
    assert end.value.code == 3
    commands = [line.strip() for line in capsys.readouterr().err.splitlines() if "apt-get" in line]
    assert commands == ["su -c 'apt-get update && apt-get install -y --no-install-recommends xvfb xdotool'"]


def test_only_what_is_not_installed_is_missing(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = "# words\n\n[development]\ndpkg      is there\nno-such-package-kiosk    is not\n"
    monkeypatch.setattr(dev, "PACKAGES", tmp_path / "packages.list")
    (tmp_path / "packages.list").write_text(rows, encoding="utf-8")
    assert dev.missing_packages() == ["no-such-package-kiosk"]


def test_a_long_command_is_told_about_and_its_words_come_out_only_if_it_fails(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "EVERY_S", 0.2)
    said = "echo 'Unpacking xvfb:amd64 (2:21.1.7-3) ...'; sleep 1.5; echo the reason"
    assert dev.follow(["sh", "-c", said], os.environ, dev.apt_where) == 0
    well = capsys.readouterr()
    assert "unpacking xvfb (" in well.out
    assert "the reason" not in well.out + well.err
    assert dev.follow(["sh", "-c", f"{said}; exit 100"], os.environ, dev.apt_where) == 100
    assert capsys.readouterr().err.strip().splitlines()[-1] == "the reason"


def test_an_environment_that_was_moved_or_has_another_lock_is_not_taken_for_ready(dev: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    place, moved = dev.Place(tmp_path / "a", lock), dev.Place(tmp_path / "b", lock)
    lock.write_text("numpy==2\n")
    first = dev.wanted_stamp(place)
    lock.write_text("numpy==3\n")
    assert len({first, dev.wanted_stamp(place), dev.wanted_stamp(moved)}) == 3


def test_what_ci_runs_fails_when_the_door_says_so(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "tools" / "dev").write_text('#!/bin/sh\n[ "$*" = test ] && exit 5\n')
    (tmp_path / "tools" / "dev").chmod(0o755)
    assert subprocess.run(["bash", ".ci/run"], cwd=tmp_path, check=False).returncode == 5
