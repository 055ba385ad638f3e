"""The technician's room by real touches: through its PIN to a test label, a reference weight and every ring of the touch check."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kiosk.upkeep.trial import TARGETS
from tools.bench.player import Player, playing
from tools.bench.station import TECHNICIAN_PIN

pytestmark = pytest.mark.screen


def into_the_room(player: Player) -> Player:
    player.at("attract").touch("startClerk").at("clerkPin").touch("devices").at("upkeepPin")
    for digit in TECHNICIAN_PIN:
        player.touch(f"key:{digit}")
    return player.at("upkeepDevices", words="正常")


@pytest.mark.parametrize("board", ["landscape-10", "portrait-21"])
def test_a_technician_checks_the_machine_by_touches(tmp_path: Path, board: str) -> None:
    with playing(tmp_path, board=board) as player:
        into_the_room(player).touch("part:printer").at("upkeepPrinter").touch("checkNow")
        player.at("upkeepPrinter", words="清楚吗", within_s=30).touch("gotIt").at("upkeepPrinter", words="记下了")
        assert len(player.bench.labels()) == 1
        player.touch("back").at("upkeepDevices").touch("part:scale").at("upkeepScale").touch("reference:5")
        player.bench.set_weight(Decimal("5"))
        player.at("upkeepScale", words="已稳定").touch("checkNow").at("upkeepScale", words="在允许范围内")
        player.touch("watchBytes").at("upkeepBytes").touch("watchBytes").at("upkeepBytes", words="次")
        player.touch("back").at("upkeepScale").touch("back").at("upkeepDevices").touch("part:touch").at("upkeepTouch")
        for target in TARGETS:
            player.touch(f"target:{target}")
        player.at("upkeepTouch", words="五个点都准").touch("finish").at("upkeepDevices")
        player.touch("machine").at("upkeepMachine", words="账本完整").touch("cancel").at("attract")
