"""The cards of the bench, seen by the real driver through pyusb."""

from __future__ import annotations

from datetime import date

import pytest

from drivers.device import DeviceKind
from drivers.idcard.record import CardFailed, CardKind, CardRead, CardTrouble
from support.bench_host import BenchHost, happened, wait_until
from tools.bench.bench import Bench
from tools.bench.people import everybody

READER = DeviceKind.ID_READER


def test_a_card_that_is_laid_down_is_read_whole(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    host.reader.arm()
    wait_until(lambda: bench.state()["reader"]["asking"] is True)  # type: ignore[index]
    bench.tap_card("王建国")
    card = host.wait_for(CardRead).card
    assert (card.name, card.number, card.address) == ("王建国", "142421196804123019", "山西省晋中市太谷区明星镇南庄村")
    wait_until(lambda: "card-read" in happened(bench))


def test_nobody_asks_the_reader_before_it_is_armed(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    bench.tap_card("li")
    assert bench.state()["reader"]["asking"] is False  # type: ignore[index]
    assert "card-read" not in happened(bench)


def test_every_card_of_the_bench_reads_without_a_contradiction(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    for person in everybody():
        since = len(host.records)
        bench.tap_card(person.key)
        host.reader.arm()
        card = host.wait_for(CardRead, since=since).card
        host.reader.disarm()
        assert (card.name, card.number, card.warnings) == (person.name, person.card.number, ())
        bench.remove_card()
        if person.key == "anna":
            assert card.kind is CardKind.FOREIGNER_2023
        if person.key == "hao":
            assert card.valid_to is not None and card.valid_to < date(2026, 1, 1)
        if person.key == "ren":
            assert ord(card.name[1]) > 0xFFFF


def test_a_card_pulled_early_is_told_and_the_next_one_reads(bench: Bench, host: BenchHost) -> None:
    host.use_reader()
    host.online(READER)
    bench.reader_fault("pull-early")
    bench.tap_card("wang")
    host.reader.arm()
    assert host.wait_for(CardFailed).trouble is CardTrouble.REMOVED
    wait_until(lambda: "card-pulled" in happened(bench))
    assert bench.state()["reader"] == {**bench.state()["reader"], "card": "", "fault": ""}  # type: ignore[dict-item]
    bench.tap_card("wang")
    assert host.wait_for(CardRead).card.name == "王建国"


@pytest.mark.parametrize(("fault", "trouble"), [("refuse", CardTrouble.REFUSED), ("bad-checksum", None), ("mute", None)])
def test_a_reader_that_fails_is_told_and_mends(bench: Bench, host: BenchHost, fault: str, trouble: CardTrouble | None) -> None:
    host.use_reader()
    host.online(READER)
    bench.reader_fault(fault)
    bench.tap_card("wang")
    host.reader.arm()
    if trouble is None:
        host.error("timeOut")
    else:
        assert host.wait_for(CardFailed).trouble is trouble
    bench.reader_fault("well")
    host.reader.disarm()
    host.reader.arm()
    assert host.wait_for(CardRead, seconds=15).card.name == "王建国"
