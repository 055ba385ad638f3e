"""The demonstration in a person's hands: what it says where, a card and goods on the bench's page in a browser, touches on the terminal's window, Ctrl-C."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tools.bench.browser import a_browser, find_browser
from tools.bench.centre import LOGIN, PASSWORD
from tools.bench.display import Finger, VirtualDisplay
from tools.bench.looker import Looker

pytestmark = [pytest.mark.screen, pytest.mark.skipif(not find_browser(), reason="chromium is not installed")]
ROOT = Path(__file__).resolve().parents[2]


class Person:
    """Looks, touches the terminal's window wherever it stands, and reads what the demonstration says."""

    def __init__(self, folder: Path, display: VirtualDisplay) -> None:
        self.folder = folder
        self._display = display.name
        self._finger = Finger(display.name)
        self._said = folder / "said.txt"
        command = [sys.executable, "-m", "tools.bench", "demo", "--eyes", str(folder / "eyes.sock")]
        environment = {**display.environment(), "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(ROOT)}
        environment.pop("WAYLAND_DISPLAY", None)
        with self._said.open("wb") as said:
            self.demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        self._looker = Looker(folder / "eyes.sock")
        self._corner = self._window()

    def reads(self, pattern: str, within_s: float = 60) -> str:
        """What the first group of ``pattern`` stands for, once it has been said."""
        deadline = time.monotonic() + within_s
        while True:
            found = re.search(pattern, self._said.read_text(encoding="utf-8"))
            if found:
                return found[1]
            assert time.monotonic() < deadline and self.demo.poll() is None, self._said.read_text(encoding="utf-8")
            time.sleep(0.1)

    def at(self, page: str, words: str = "") -> Person:
        self._looker.wait(lambda seen: seen["page"] == page and any(words in text for text in seen["texts"]), f"{page} {words}", 40)
        return self

    def touch(self, name: str) -> Person:
        x, y, width, height = self._target(name)
        self._finger.touch(x + width / 2, y + height / 2)
        return self

    def sign(self) -> Person:
        x, y, width, height = self._target("signature")
        self._finger.drag([(x + width * part / 20, y + height * (0.3 + 0.4 * (part % 3 == 0))) for part in range(4, 17)])
        return self

    def close(self) -> None:
        self._looker.close()
        self.demo.kill()
        self.demo.wait()

    def _window(self) -> tuple[int, int]:
        """Where the terminal's window has its upper left corner."""
        deadline = time.monotonic() + 20
        while True:
            tree = subprocess.run(
                ["xwininfo", "-display", self._display, "-root", "-tree"], capture_output=True, text=True, check=True
            )
            places = re.findall(r" 1280x800\+-?\d+\+-?\d+  \+(-?\d+)\+(-?\d+)", tree.stdout)
            if places:
                return int(places[-1][0]), int(places[-1][1])
            assert time.monotonic() < deadline, tree.stdout
            time.sleep(0.1)

    def _target(self, name: str) -> tuple[float, float, float, float]:
        last: list[dict[str, float]] = []

        def rests(seen: dict[str, list[dict[str, float]]]) -> bool:
            found = [one for one in seen["targets"] if one["name"] == name and one["enabled"]]
            is_same = bool(found) and found == last
            last[:] = found
            return is_same

        self._looker.wait(rests, name)
        return last[0]["x"] + self._corner[0], last[0]["y"] + self._corner[1], last[0]["width"], last[0]["height"]


@pytest.fixture
def person() -> Iterator[Person]:
    """On a screen bigger than the terminal; the folder is short because Unix sockets lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="hands-"))
    with VirtualDisplay(1600, 1000) as display:
        made = Person(folder, display)
        try:
            yield made
        finally:
            made.close()
            shutil.rmtree(folder, ignore_errors=True)


def test_a_person_taps_a_card_weighs_signs_and_opens_the_public_page_that_the_demonstration_names(person: Person) -> None:
    with a_browser(find_browser()) as browser:
        bench = browser.new_page(viewport={"width": 1400, "height": 950})
        bench.goto(person.reads(r"虚拟设备\s+(http://127\.0\.0\.1:\d+/)"))
        person.at("attract").touch("start").at("consent").touch("agree").at("identify")
        bench.click(".seat[data-name=王建国] .id-card")
        person.at("product").touch("category:vegetable").at("product", "茄果辣椒").touch("group:solanum")
        person.at("product", "番茄").touch("product:17").at("quantity")
        bench.click("#take-card")
        bench.fill("#kg-typed", "12.35")
        bench.click("#kg-form button.go")
        person.at("quantity", "已稳定").touch("takeWeight").at("origin").touch("next").at("promise").sign().touch("issue").at(
            "done"
        )
        expect(bench.locator("#labels img")).to_have_count(1, timeout=20_000)
        console = person.reads(r"值班台\s+(http\S+/console/certificates/\d+)")
        public = person.reads(r"公开页\s+(http\S+/q/\d+)\n")
        _is_shown(browser.new_page(), console, public)
    person.demo.send_signal(signal.SIGINT)
    assert person.demo.wait(40) == 130
    assert _programs_naming(person.folder.name) == []


def _is_shown(page: Page, console: str, public: str) -> None:
    page.goto(console)
    page.fill("[name=login]", LOGIN)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1.code")).to_contain_text("140703-9001")
    expect(page.get_by_text("12.35 公斤")).to_be_visible()
    page.goto(public)
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "valid", timeout=20_000)
    expect(page.get_by_role("heading", name="演示样张")).to_be_visible()


def _programs_naming(words: str) -> list[str]:
    """Command lines of all programs that have ``words`` in their environment or command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if words.encode() in (process / "environ").read_bytes() + command:
                found.append(command.replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
