"""Plays the terminal as a person would: looks where a thing is, puts a finger there, waits for what comes. Every screen is kept as a picture."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from kiosk.ui.theme import load_board
from tools.bench.bench import Bench
from tools.bench.display import Finger, VirtualDisplay, end
from tools.bench.looker import Looker
from tools.bench.station import FleetLink, make_demo_station


class Player:
    """A finger, a pair of eyes and the bench. ``steps`` is what was done, ``touches`` how often the finger came down; ``screens`` None keeps no pictures.

    On a slow machine every wait is ``patience`` times longer.
    """

    def __init__(
        self,
        finger: Finger,
        eyes: Path,
        screens: Path | None,
        bench: Bench,
        said: Callable[[str], None] = lambda _: None,
        patience: float = 1.0,
    ) -> None:
        self._finger = finger
        self._looker = Looker(eyes, patience=patience)
        self._screens = screens
        self._said = said
        self._begun = time.monotonic()
        self._is_closed = False
        self.bench = bench
        self.steps: list[dict[str, Any]] = []
        self.touches = 0

    def at(self, page: str, *, words: str = "", within_s: float = 20.0) -> Player:
        """Wait for a page (showing ``words`` somewhere) and keep its picture."""

        def arrived(seen: dict[str, Any]) -> bool:
            return seen["page"] == page and (not words or any(words in text for text in seen["texts"]))

        self._looker.wait(arrived, f"page {page} {words}".strip(), within_s)
        if self._screens is None:
            return self.note(page)
        name = f"{len(self.steps) + 1:02d}-{page}.png"
        self._looker.ask("shot", file=str((self._screens / name).resolve()))
        return self.note(page, f"screens/{name}")

    def note(self, page: str, screen: str = "") -> Player:
        """Count something seen as a step; ``screen`` names its picture."""
        step = {"page": page, "at_s": round(time.monotonic() - self._begun, 2)}
        self.steps.append({**step, "screen": screen} if screen else step)
        self._said(f"{len(self.steps):2d}  {page}")
        return self

    def touch(self, name: str) -> Player:
        """Touch the middle of a target, once it can be touched."""
        place = self._target(name)
        self._finger.touch(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        self.touches += 1
        return self

    def tap_twice(self, name: str) -> Player:
        """Touch a target twice as a hurried finger does."""
        place = self._target(name)
        for _ in range(2):
            self._finger.touch(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2, hold_s=0.03)
            self.touches += 1
        return self

    def type(self, keys: str) -> Player:
        """Touch one key after another."""
        for key in keys:
            self.touch(f"key:{key}")
        return self

    def sign(self) -> Player:
        """Draw a signature: one stroke across the field and back."""
        place = self._target("signature")
        shape = [(0.2, 0.6), (0.3, 0.3), (0.36, 0.7), (0.45, 0.35), (0.5, 0.65), (0.6, 0.4), (0.68, 0.62), (0.8, 0.45)]
        self._finger.drag([(place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in _smooth(shape)])
        self.touches += 1
        return self

    def look(self) -> dict[str, Any]:
        """What is on the screen now."""
        return self._looker.ask("look")

    def pulse(self) -> list[tuple[str, float, float]]:
        """Page, longest time our code kept the screen's thread and longest time away (ms), since the last call."""
        return [(page, kept, away) for page, kept, away in self._looker.ask("pulse")["gaps_ms"]]

    def close(self) -> None:
        """End the terminal as closing its window would; once is enough."""
        if self._is_closed:
            return
        self._is_closed = True
        # A terminal that has ended by itself needs no telling.
        with suppress(OSError):
            self._looker.ask("close")
        with suppress(OSError):
            self._looker.close()

    def _target(self, name: str) -> dict[str, Any]:
        """Where a target is, once it can be touched and has stopped moving: a hand does not hit what is still being laid out."""
        last: list[dict[str, Any]] = []

        def rests(seen: dict[str, Any]) -> bool:
            found = [target for target in seen["targets"] if target["name"] == name and target["enabled"]]
            is_same = bool(found) and found == last
            last[:] = found
            return is_same

        self._looker.wait(rests, f"a target {name}")
        return last[0]


@contextmanager
def playing(
    folder: Path,
    *,
    board: str = "landscape-10",
    screens: Path | None = None,
    log: Path | None = None,
    fleet: FleetLink | None = None,
    issuer_log: Path | None = None,
    said: Callable[[str], None] = lambda _: None,
) -> Iterator[Player]:
    """The real terminal of a demo station in ``folder``, on a virtual screen of the board's size and a bench of its own; all end with it.

    With ``issuer_log`` its issuer is a process of its own, which writes there.
    """
    station = make_demo_station(folder / "station", board=board, fleet=fleet, own_issuer=issuer_log is not None)
    size = load_board(board)
    eyes = folder / "eyes.sock"
    with ExitStack() as stack:
        display = stack.enter_context(VirtualDisplay(size.width_px, size.height_px))
        bench = stack.enter_context(Bench(folder))
        if issuer_log is not None:
            stack.enter_context(issuing(station, issuer_log))
        command = [*terminal_command(station, bench), "--eyes", str(eyes), "--fullscreen"]
        with _running(command, display.environment(), log or folder / "terminal.log"):
            player = Player(Finger(display.name), eyes, screens, bench, said=said)
            try:
                yield player
            finally:
                player.close()


def terminal_command(station: Path, bench: Bench) -> list[str]:
    """How to start the real terminal of a station on a bench's devices."""
    return [sys.executable, "-m", "tools.bench.terminal", "--station", str(station), "--bus", str(bench.usb_socket)]


@contextmanager
def issuing(station: Path, log: Path) -> Iterator[None]:
    """The issuer of a station made with ``own_issuer``; to be begun before the terminal, and ended after it."""
    command = [sys.executable, "-m", "kiosk.issuing", "--station", str(station)]
    with log.open("wb") as journal, subprocess.Popen(command, stdout=journal, stderr=subprocess.STDOUT) as process:
        try:
            yield
        finally:
            end(process)


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """A process of ours; its journal goes to ``log``. It is ended at the end, gently first."""
    with log.open("wb") as journal:
        process = subprocess.Popen(command, env=environment, stdout=journal, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                end(process)


def a_whole_issue(player: Player, person: str) -> None:
    """From the attract page to the finished certificate and back."""
    bench = player.bench
    player.at("attract").touch("start")
    player.at("consent").touch("agree")
    player.at("identify")
    bench.tap_card(person)
    player.at("product").touch("category:vegetable")
    player.at("product", words="茄果辣椒").touch("group:solanum")
    player.at("product", words="番茄").touch("product:17")
    bench.remove_card()
    player.at("quantity")
    bench.set_weight(Decimal("126.35"))
    player.at("quantity", words="已稳定").touch("takeWeight")
    player.at("origin").touch("next")
    player.at("promise").sign()
    player.at("promise").touch("issue")
    player.at("done", within_s=40.0)
    bench.set_weight(Decimal(0))
    player.touch("finish")
    player.at("attract")


def _smooth(points: Sequence[tuple[float, float]], between: int = 5) -> list[tuple[float, float]]:
    """Points between the points, so that ink is drawn and not jumped."""
    path: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        path += [(x0 + (x1 - x0) * i / between, y0 + (y1 - y0) * i / between) for i in range(between)]
    return [*path, points[-1]]
