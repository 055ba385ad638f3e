"""The centre's standing word where certificates are made: the pause, the floor of numbers, and what holds when the agent's file is gone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from kiosk.domain.number import MAX_COUNTER
from kiosk.issuing.issuer import Refused
from kiosk.issuing.remote import RemoteIssuer
from kiosk.issuing.standing import StandingFile
from kiosk.store.whole_file import write_whole
from kiosk.wire.order import STANDING_FILE, Standing
from kiosk.wire.uplink import Pause
from support.builders import a_promise
from support.issuers import IssuerProcess, remote_station
from support.ledgers import open_issuer as open_ledger

open_issuer = partial(open_ledger, first_number=1)
PAUSED = Standing(pause=Pause(on=True, reason="停电检修"), counter_floor=0)


class Agent:
    """Writes as the agent does."""

    def __init__(self, folder: Path) -> None:
        self.runtime, self.state = folder / "run", folder / "state"
        self.runtime.mkdir()
        self.state.mkdir()

    def says(self, standing: Standing) -> Agent:
        write_whole(self.runtime / STANDING_FILE, standing.encode())
        return self

    def is_gone(self) -> Agent:
        (self.runtime / STANDING_FILE).unlink()
        return self

    def word(self) -> StandingFile:
        return StandingFile(self.runtime, self.state)


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def test_nothing_is_issued_while_the_centre_paused_and_the_next_promise_after_it_is(tmp_path: Path, agent: Agent) -> None:
    with open_issuer(tmp_path, centre=agent.word()) as issuer:
        first = issuer.issue(a_promise("first"))
        agent.says(PAUSED)
        with pytest.raises(Refused, match=r"^paused$"):
            issuer.issue(a_promise("second"))
        assert issuer.issue(a_promise("first")) == first  # what is issued stays issued
        assert len(issuer.events_after(0, 10)) == 1
        agent.says(Standing())
        assert issuer.issue(a_promise("second")).number.counter == 2


def test_a_pause_outlives_the_agents_file_and_a_restart(tmp_path: Path, agent: Agent) -> None:
    word = agent.says(PAUSED).word()
    assert word.read() == PAUSED
    agent.is_gone()
    assert word.read() == PAUSED
    with open_issuer(tmp_path, centre=agent.word()) as issuer, pytest.raises(Refused, match=r"^paused$"):
        issuer.issue(a_promise())


@pytest.mark.parametrize("content", [b"", b"{", b'{"v":2}', b'{"v":1,"pause":{"on":"yes"}}', b"\xff" * 70_000])
def test_a_word_that_cannot_be_read_leaves_the_last_one_standing(agent: Agent, content: bytes) -> None:
    word = agent.says(PAUSED).word()
    word.read()
    (agent.runtime / STANDING_FILE).write_bytes(content)
    assert word.read() == PAUSED
    assert agent.says(Standing()).word().read() == Standing()


def test_the_next_number_lies_above_the_floor_and_the_floor_never_comes_down(tmp_path: Path, agent: Agent) -> None:
    with open_issuer(tmp_path, centre=agent.says(Standing(counter_floor=417)).word()) as issuer:
        assert [issuer.issue(a_promise(f"{i}")).number.counter for i in range(2)] == [418, 419]
        agent.says(Standing(counter_floor=3))
        assert issuer.issue(a_promise("lower")).number.counter == 420
        agent.says(Standing(counter_floor=420))
        assert issuer.issue(a_promise("equal")).number.counter == 421
    word = agent.word()
    assert word.read().counter_floor == 420
    assert agent.is_gone().word().read().counter_floor == 420


def test_a_floor_beyond_all_numbers_issues_nothing(tmp_path: Path, agent: Agent) -> None:
    with open_issuer(tmp_path, centre=agent.says(Standing(counter_floor=MAX_COUNTER)).word()) as issuer:
        with pytest.raises(Refused, match=r"^numbersUsedUp$"):
            issuer.issue(a_promise())
        assert issuer.events_after(0, 10) == []


def test_app_and_issuer_keep_the_same_word_whether_they_share_a_folder_or_not(agent: Agent, tmp_path: Path) -> None:
    other = tmp_path / "issuer"
    other.mkdir()
    words = [agent.says(PAUSED).word(), agent.word(), StandingFile(agent.runtime, other)]
    assert [word.read() for word in words] == [PAUSED] * 3
    agent.is_gone()
    assert [agent.word().read(), StandingFile(agent.runtime, other).read()] == [PAUSED] * 2


def test_a_full_disk_beside_the_ledger_does_not_undo_the_pause(agent: Agent) -> None:
    agent.state.rmdir()
    assert agent.says(PAUSED).word().read() == PAUSED


def test_the_issuers_own_process_refuses_whatever_the_app_asks_for_and_after_its_restart(tmp_path: Path) -> None:
    fleet = '\n[fleet]\nenabled = true\nbrokers = ["127.0.0.1:1"]\ncentre_key = "centre.pub"\n'
    config = remote_station(tmp_path / "station", fleet)
    assert config.issuer.socket is not None
    config.paths.runtime.mkdir(parents=True, exist_ok=True)
    standing = config.paths.runtime / STANDING_FILE
    process = IssuerProcess(tmp_path / "station")
    process.start()
    issuer = RemoteIssuer(config.issuer.socket, demo=True)
    try:
        with pytest.raises(Refused, match=r"^promise:subject$"):  # as far as it gets without a pause
            issuer.issue(a_promise())
        write_whole(standing, PAUSED.encode())
        with pytest.raises(Refused, match=r"^paused$"):
            issuer.issue(a_promise())
        process.kill()
        standing.unlink()
        process.start()
        with pytest.raises(Refused, match=r"^paused$"):
            issuer.issue(a_promise())
    finally:
        issuer.close()
        process.kill()
