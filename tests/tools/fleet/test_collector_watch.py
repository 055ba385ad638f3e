"""Silence is told in time, once, and for the right reason: ten thousand terminals and a clock that is moved."""

from __future__ import annotations

import random

from tools.fleet.collector.watch import Contact, Watch
from tools.fleet.config import Delays

DELAYS = Delays()
TERMINALS = 10_000
REPORT_S = 300


class Fleet:
    """Terminals that report every ``report_s`` at their own moment, until they fall."""

    def __init__(self, count: int = TERMINALS, per_county: int = 90) -> None:
        chance = random.Random(7)
        self.county = {f"{index:010d}": f"14{index // per_county:04d}" for index in range(count)}
        self.phase = {code: chance.uniform(0, REPORT_S) for code in self.county}
        self.next = dict(self.phase)
        self.last: dict[str, float] = {}
        self.fallen: set[str] = set()
        self.watch = Watch(DELAYS)
        self.told: dict[str, float] = {}
        for code, county in self.county.items():
            self.watch.add(code, county, 0)

    def run(self, start: int, end: int) -> None:
        """One-second steps."""
        for now in range(start, end):
            for code, at in self.next.items():
                if at <= now and code not in self.fallen:
                    self.watch.heard(code, now)
                    self.last[code] = now
                    self.next[code] = at + REPORT_S
            for code in self.watch.tick(now):
                self.told.setdefault(code, now)


def test_each_silent_terminal_of_ten_thousand_is_told_within_ten_seconds() -> None:
    fleet = Fleet()
    fleet.run(0, 400)
    # one of each county: an outage of none
    fallen = {f"{index:010d}" for index in range(0, TERMINALS, 90)}
    fleet.fallen |= fallen
    fleet.run(400, 1200)
    assert set(fleet.told) == fallen
    assert all(abs(fleet.told[code] - (fleet.last[code] + DELAYS.silent_after_s)) <= 10 for code in fallen)
    assert all(fleet.watch.contact(code) is Contact.SILENT for code in fallen)
    assert fleet.watch.outages == {}


def test_a_county_without_network_is_one_outage_from_the_first_moment() -> None:
    fleet = Fleet(900)
    fleet.run(0, 700)
    members = [code for code, county in fleet.county.items() if county == "140003"]
    fleet.fallen |= set(members)
    for now in range(700, 2000):
        fleet.run(now, now + 1)
        if fleet.told:
            # whoever is due first, the county is judged with it: nobody was told alone
            assert set(fleet.watch.outages) == {"140003"}
    outage = fleet.watch.outages["140003"]
    assert (outage.gone, outage.of, outage.cause) == (90, 90, "unheard")
    assert set(fleet.told) == set(members)
    fleet.fallen.clear()
    fleet.run(2000, 2400)
    assert fleet.watch.outages == {}


def test_connections_that_fall_together_say_network_or_power() -> None:
    watch = Watch(DELAYS)
    codes = [f"{index:010d}" for index in range(40)]
    for code in codes:
        watch.add(code, "140703", 0)
        watch.heard(code, 10)
    for index, code in enumerate(codes[:30]):
        watch.died(code, 100 + index)
    assert watch.tick(189) == []
    assert watch.tick(190) == [codes[0]]
    assert watch.outages["140703"].cause == "networkOrPower"
    assert watch.outages["140703"].since == 100


def test_a_connection_that_comes_back_soon_was_never_gone() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    watch.died("1", 100)
    watch.heard("1", 150)
    assert watch.tick(300) == []
    assert watch.contact("1") is Contact.THERE


def test_whoever_said_good_bye_is_offline_and_not_silent() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    watch.died("1", 100)
    watch.tick(200)
    watch.tick(5000)
    assert watch.contact("1") is Contact.OFFLINE
    assert watch.since("1") == 100


def test_nobody_is_silent_while_the_centre_is_deaf() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    watch.deaf(100)
    assert watch.tick(5000) == []
    watch.hearing(5000)
    assert watch.tick(5000 + DELAYS.silent_after_s - 101) == []
    assert watch.tick(5000 + DELAYS.silent_after_s - 99) == ["1"]


def test_a_device_that_falls_out_of_its_rhythm_is_silent_while_its_terminal_speaks() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    for now in range(0, 4000, 60):
        watch.heard("1", now, "scale")
        watch.heard("1", now, "printer")
    for now in range(4000, 6000, 60):
        watch.heard("1", now, "printer")
    assert watch.silent_devices("1", 3960 + DELAYS.device_silent_after_s - 10) == []
    assert watch.silent_devices("1", 3960 + DELAYS.device_silent_after_s + 10) == ["scale"]
    # the night does not count, nor is it a gap to learn from
    assert watch.silent_devices("1", 50_000, opened=49_000) == []
    watch.heard("1", 50_000, "scale", opened=49_990)
    assert "scale" not in watch.silent_devices("1", 50_000 + 100, opened=49_990)


def test_a_device_that_hardly_ever_speaks_is_not_missed() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    watch.heard("1", 0, "camera")
    for now in range(0, 20_000, 100):
        watch.heard("1", now)
    assert watch.silent_devices("1", 20_000) == []


def test_a_quiet_terminal_is_asked_and_who_answers_is_not_silent() -> None:
    watch = Watch(DELAYS)
    watch.add("quiet", "140703", 0)
    watch.add("gone", "140703", 0)
    silent: list[str] = []
    asked: list[int] = []
    for now in range(2000):
        for code in watch.to_ask(now):
            asked.append(now)
            if code == "quiet":
                watch.heard("quiet", now)
        silent += watch.tick(now)
    assert silent == ["gone"]
    # the quiet one every five minutes, the other until somebody goes there: never more often
    assert asked == sorted([*range(300, 2000, 300)] * 2)


def test_whoever_is_offline_is_not_asked() -> None:
    watch = Watch(DELAYS)
    watch.add("1", "140703", 0)
    watch.died("1", 10)
    watch.tick(200)
    assert watch.to_ask(5000) == []


def test_after_a_restart_an_outage_is_still_one() -> None:
    watch = Watch(DELAYS)
    for index in range(10):
        watch.add(str(index), "140703", 1000, Contact.SILENT, since=100)
    watch.tick(1001)
    assert list(watch.outages) == ["140703"]
