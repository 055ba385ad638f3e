"""The demonstration's centre: a certificate of the demo terminal is shown in its console and on its public page; what does not arrive is told as such."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.config import load_station
from kiosk.domain.number import CertificateNumber
from kiosk.session.events import Key
from kiosk.session.pages import Page
from support.terminals import Desk
from tools.bench.arrival import ARRIVED, PUBLIC, show_arrival, wait_arrival
from tools.bench.bench import Bench
from tools.bench.browser import find_browser
from tools.bench.centre import CentreError, DemoCentre
from tools.bench.station import TERMINAL, make_demo_station

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: Unix sockets lie in it."""
    made = Path(tempfile.mkdtemp(prefix="arrival-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_without_a_browser_both_pages_are_asked_for_and_kept(folder: Path) -> None:
    with ExitStack() as stack:
        centre = stack.enter_context(DemoCentre(folder / "centre", folder))
        station = make_demo_station(folder / "station", fleet=centre.link)
        desk = Desk(load_station(station), stack.enter_context(Bench(folder)))
        stack.callback(desk.stop)
        centre.begin(station)
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        issued = desk.visit.certificate
        assert issued is not None
        seen: list[tuple[str, str]] = []
        digits = issued.labels[0].url.rpartition("/")[2]
        wait_arrival(centre, issued.number, digits)
        show_arrival(centre, issued.number, digits, folder, "", lambda page, file: seen.append((page, file)))
        assert seen == [(ARRIVED, "console.html"), (PUBLIC, "public.html")]
        assert "番茄" in (folder / "console.html").read_text(encoding="utf-8")
        shown = (folder / "public.html").read_text(encoding="utf-8")
        assert "演示样张" in shown and "13800000417" not in shown
        with pytest.raises(CentreError, match="没有到中心"):
            centre.wait_arrived(CertificateNumber(TERMINAL, 900), digits, within_s=1)


@pytest.mark.parametrize("words", ['#!/bin/sh\nexec /snap/bin/chromium "$@"\n', ""])
def test_a_browser_that_is_only_a_way_to_a_snap_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if words:
        (tmp_path / "chromium-browser").write_text(words, encoding="utf-8")
        (tmp_path / "chromium-browser").chmod(0o755)
    assert find_browser() == ""


@pytest.mark.screen
def test_a_centre_that_dies_is_a_failure_of_its_own_and_the_visit_still_counts(folder: Path) -> None:
    command = [sys.executable, "-m", "tools.bench", "demo", "--headless", "--out", str(folder / "out")]
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        os.kill(_program("tools.bench.centre_host", demo.pid), signal.SIGKILL)
        _, said = demo.communicate(timeout=100)
    finally:
        demo.kill()
        demo.wait()
    assert demo.returncode == 4
    assert "合格证没有到中心：centre 自己退出了" in said
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["verified"] is True and report["centre"]["arrived"] is False
    assert (folder / "out" / "certificate.json").stat().st_size > 0


def _program(module: str, parent: int) -> int:
    """The process of ``parent`` that runs ``module``, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in task.read_text(encoding="ascii").split():
                if module.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        time.sleep(0.05)
    raise AssertionError(f"no {module}")
