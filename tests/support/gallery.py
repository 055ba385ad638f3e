"""Draws screens to look at and to measure: any state, on any board, for any eyes, without a window of that size.

    python tests/support/gallery.py [--page product] [--board landscape-10] [--elder] --out DIR

draws every registered sample state (``support.states``) into DIR as PNG, under a virtual screen of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from kiosk.directory.catalogue import load_catalogue  # noqa: E402
from kiosk.session.events import Event  # noqa: E402
from kiosk.session.terminal import Terminal  # noqa: E402
from kiosk.texts import Texts  # noqa: E402
from kiosk.ui.theme import Board, load_board  # noqa: E402
from tools.bench.display import VirtualDisplay  # noqa: E402

BOARDS = ("landscape-10", "landscape-15", "portrait-21")


@dataclass
class Drawn:
    """A screen that was drawn: its root widget and what touches on it would send."""

    board: Board
    state: Terminal
    stage: Any
    sent: list[Event]

    def widgets(self) -> Iterator[Any]:
        """All visible widgets of the screen, parents first."""

        def walk(widget: Any) -> Iterator[Any]:
            if getattr(widget, "opacity", 1) == 0:
                return
            yield widget
            for child in reversed(widget.children):
                yield from walk(child)

        yield from walk(self.stage.screen)

    def save(self, file: Path) -> None:
        """The picture."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.stage.export_to_png(str(file))


def draw(state: Terminal, board_name: str, *, elder: bool = False) -> Drawn:
    """Lay out and draw a state. Needs a display (``VirtualDisplay``) and Kivy's window in this process."""
    from kivy.base import EventLoop
    from kivy.core.window import Window  # noqa: F401 - opens the GL context

    from kiosk.ui.stage import Stage

    board = load_board(board_name)
    sent: list[Event] = []
    stage = Stage(
        board,
        _texts(),
        load_catalogue(),
        sent.append,
        lambda *_: None,
        size_hint=(None, None),
        size=(board.width_px, board.height_px),
    )
    stage.show(replace(state, elder=elder))
    for _ in range(4):
        stage.do_layout()
        EventLoop.idle()
    return Drawn(board, state, stage, sent)


@cache
def _texts() -> Texts:
    return Texts.load()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", default="", help="samples whose key begins so")
    parser.add_argument("--board", choices=BOARDS, action="append", help="default: landscape-10")
    parser.add_argument("--elder", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    if os.environ.get("KIOSK_GALLERY") != "inside":
        with VirtualDisplay(1280, 800) as display:
            environment = {**display.environment(), "KIOSK_GALLERY": "inside"}
            return subprocess.run([sys.executable, __file__, *arguments], env=environment, check=False).returncode
    prepare()
    from support.states import samples

    for board in chosen.board or ["landscape-10"]:
        for key, _, state in samples(chosen.page):
            file = chosen.out / f"{key}-{board}{'-elder' if chosen.elder else ''}.png"
            draw(state, board, elder=chosen.elder).save(file)
            print(file)  # noqa: T201 - the answer of a command
    return 0


def prepare() -> None:
    """Set Kivy up in this process, once, before its window is imported."""
    from kiosk.ui.app import configure

    configure(load_board("landscape-10"), fullscreen=False)
    from kivy.config import Config

    # Nobody looks at these frames: none of them waits for its turn.
    Config.set("graphics", "maxfps", "0")
    import kivy.core.window  # noqa: F401


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
