"""A replaced disk never gives a number twice: an empty ledger of a fleet waits for the centre's word, or for a technician's."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config import ConfigError, load_station
from kiosk.issuing.issuer import Refused
from kiosk.issuing.remote import RemoteIssuer
from kiosk.issuing.standing import StandingFile
from kiosk.store.whole_file import write_whole
from kiosk.wire.order import STANDING_FILE, Standing
from kiosk.wire.uplink import Pause
from support.builders import a_promise
from support.issuers import IssuerProcess, remote_station
from support.ledgers import open_issuer
from tools.bench.station import make_demo_station

_FLEET = '\n[fleet]\nenabled = true\nbrokers = ["127.0.0.1:1"]\ncentre_key = "centre.pub"\n'


class Agent:
    """Writes as the agent does; each disk is a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runtime = folder, folder / "run"
        self.runtime.mkdir()

    def says(self, standing: Standing) -> None:
        write_whole(self.runtime / STANDING_FILE, standing.encode())

    def disk(self, name: str) -> Path:
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name

    def word(self, disk: str) -> StandingFile:
        return StandingFile(self.runtime, self.disk(disk))


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def test_an_empty_ledger_gives_no_number_before_the_centre_has_spoken_of_it(agent: Agent) -> None:
    with open_issuer(agent.disk("new"), centre=agent.word("new")) as issuer:
        for standing in (Standing(), Standing(counter_floor=417), Standing(pause=Pause(), floor_ledger="of an earlier disk")):
            agent.says(standing)
            assert issuer.numbers_problem() == "numbersUnknown"
            with pytest.raises(Refused, match=r"^numbersUnknown$"):
                issuer.issue(a_promise())
        assert issuer.events_after(0, 10) == [] and issuer.last_counter() == 0
        agent.says(Standing(counter_floor=417, floor_ledger=issuer.outbox_span()[0]))
        assert issuer.numbers_problem() == ""
        assert issuer.issue(a_promise()).number.counter == 418


def test_a_centre_that_knows_no_number_is_a_word_too_and_holds_without_the_agent(agent: Agent) -> None:
    with open_issuer(agent.disk("new"), centre=agent.word("new")) as issuer:
        agent.says(Standing(counter_floor=0, floor_ledger=issuer.outbox_span()[0]))
        assert issuer.numbers_problem() == ""
    (agent.runtime / STANDING_FILE).unlink()
    with open_issuer(agent.disk("new"), centre=agent.word("new")) as issuer:
        assert issuer.issue(a_promise()).number.counter == 1


def test_the_word_on_the_old_disk_does_not_count_for_the_new_one(agent: Agent) -> None:
    with open_issuer(agent.disk("old"), centre=agent.word("old")) as old:
        told = Standing(counter_floor=2, floor_ledger=old.outbox_span()[0])
        agent.says(told)
        assert [old.issue(a_promise(f"{i}")).number.counter for i in range(3)] == [3, 4, 5]
    with open_issuer(agent.disk("new"), centre=agent.word("new")) as new:  # the agent still says what it heard of the old one
        with pytest.raises(Refused, match=r"^numbersUnknown$"):
            new.issue(a_promise())
        agent.says(told.model_copy(update={"counter_floor": 5, "floor_ledger": new.outbox_span()[0]}))
        assert new.issue(a_promise()).number.counter == 6


def test_a_ledger_with_numbers_needs_nobody(agent: Agent) -> None:
    with open_issuer(agent.disk("new"), centre=agent.word("new"), first_number=1) as issuer:
        assert issuer.issue(a_promise("one")).number.counter == 1
    with open_issuer(agent.disk("new"), centre=agent.word("new")) as issuer:
        assert issuer.numbers_problem() == ""
        assert issuer.issue(a_promise("two")).number.counter == 2


def test_a_terminal_without_a_centre_begins_at_one(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        assert issuer.numbers_problem() == ""
        assert issuer.issue(a_promise()).number.counter == 1


def test_a_technicians_first_number_counts_offline_and_never_leads_back(agent: Agent) -> None:
    with open_issuer(agent.disk("new"), centre=agent.word("new"), first_number=1500) as issuer:
        assert [issuer.issue(a_promise(f"{i}")).number.counter for i in range(2)] == [1500, 1501]
    with open_issuer(agent.disk("new"), centre=agent.word("new"), first_number=7) as issuer:
        assert issuer.issue(a_promise("lower")).number.counter == 1502
        agent.says(Standing(counter_floor=2000))
        assert issuer.issue(a_promise("the centre knows more")).number.counter == 2001


def test_nobody_begins_below_one(tmp_path: Path) -> None:
    file = make_demo_station(tmp_path)
    assert load_station(file).issuer.first_number == 1
    file.write_text(file.read_text(encoding="utf-8").replace("first_number = 1", "first_number = 0"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"issuer\.first_number"):
        load_station(file)


def test_the_issuers_own_process_waits_for_the_word_too(tmp_path: Path) -> None:
    config = remote_station(tmp_path / "station", _FLEET)
    file = tmp_path / "station" / "station.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("first_number = 1\n", ""), encoding="utf-8")
    assert config.issuer.socket is not None
    config.paths.runtime.mkdir(parents=True, exist_ok=True)
    process = IssuerProcess(tmp_path / "station")
    process.start()
    issuer = RemoteIssuer(config.issuer.socket, demo=True)
    try:
        assert issuer.numbers_problem() == "numbersUnknown"
        with pytest.raises(Refused, match=r"^numbersUnknown$"):
            issuer.issue(a_promise())
        process.kill()
        file.write_text(file.read_text(encoding="utf-8").replace("[issuer]\n", "[issuer]\nfirst_number = 900\n"), encoding="utf-8")
        process.start()
        assert issuer.numbers_problem() == ""
        with pytest.raises(Refused, match=r"^promise:subject$"):  # as far as this promise gets
            issuer.issue(a_promise())
    finally:
        issuer.close()
        process.kill()
