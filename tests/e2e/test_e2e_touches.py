"""The real terminal played by real touches under a virtual screen: the way through, and the ways out of trouble."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from tools.bench.player import Player, a_whole_issue, playing

pytestmark = pytest.mark.screen
PERSON = "王建国"
Play = Callable[[str], Player]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A terminal on a board, ended with the test."""
    with ExitStack() as stack:
        yield lambda board: stack.enter_context(_playing(tmp_path, board))


def _playing(folder: Path, board: str) -> AbstractContextManager[Player]:
    return playing(folder, board=board)


def to_the_promise(player: Player) -> Player:
    player.at("attract").touch("start").at("consent").touch("agree").at("identify")
    player.bench.tap_card(PERSON)
    player.at("product").touch("category:vegetable").at("product", words="茄果辣椒").touch("group:solanum")
    player.at("product", words="番茄").touch("product:17").at("quantity")
    player.bench.remove_card()
    player.bench.set_weight(Decimal("12.35"))
    return player.at("quantity", words="已稳定").touch("takeWeight").at("origin").touch("next").at("promise")


@pytest.mark.parametrize("board", ["landscape-15", "portrait-21"])
def test_a_whole_issue_by_touches_on_every_board(play: Play, board: str) -> None:
    player = play(board)
    a_whole_issue(player, PERSON)
    assert len(player.bench.labels()) == 1


def test_paper_that_is_out_is_told_and_closes_itself_when_it_is_in(play: Play) -> None:
    player = to_the_promise(play("landscape-10"))
    player.sign()
    player.bench.printer("paper-out")
    player.touch("issue").at("trouble", words="没有纸了")
    player.bench.printer("well")
    player.at("done", within_s=30)
    assert len(player.bench.labels()) == 1


def test_a_double_tap_on_issue_prints_one_label(play: Play) -> None:
    player = to_the_promise(play("landscape-10"))
    player.sign().tap_twice("issue").at("done", within_s=30)
    assert len(player.bench.labels()) == 1


def test_elder_mode_by_one_touch_reaches_the_paper_too(play: Play) -> None:
    player = play("landscape-10")
    player.at("attract").touch("elder")
    a_whole_issue(player, PERSON)
    assert len(player.bench.labels()) == 1


def test_the_same_as_last_time_takes_five_touches_from_agree_to_paper(play: Play) -> None:
    player = play("landscape-10")
    a_whole_issue(player, PERSON)
    player.touch("start").at("consent")
    before = player.touches
    player.touch("agree").at("identify")
    player.bench.tap_card(PERSON)
    player.at("product", words="和上次一样").touch("sameAgain").at("quantity")
    player.bench.set_weight(Decimal("8.05"))
    player.at("quantity", words="已稳定").touch("takeWeight").at("promise").sign().touch("issue").at("done", within_s=30)
    assert player.touches - before <= 5
    assert len(player.bench.labels()) == 2


def test_anybody_can_check_the_label_before_the_camera(play: Play) -> None:
    player = play("landscape-10")
    a_whole_issue(player, PERSON)
    player.touch("startCheck").at("check")
    player.bench.show_qr(player.bench.labels()[-1].png)
    player.at("verdict", words="演示样张")


def test_the_demonstration_leaves_what_it_promises(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "demo", "--headless", "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["verified"] is True
    assert report["touches"] > 0 and report["seconds"] > 0
    for step in report["steps"]:
        assert (out / step["screen"]).stat().st_size > 0
    for name in ("label.bin", "label.png", "certificate.json", "keys.json"):
        assert (out / name).stat().st_size > 0
    assert [step["page"] for step in report["steps"][-3:]] == ["attract", "arrived at the centre", "public page"]
    assert report["centre"]["arrived"] is True
    keys = json.loads((out / "keys.json").read_text(encoding="utf-8"))
    assert all(key["demo"] for key in keys["keys"])
