"""Pure parts of the console: sums, times, charts, tiles, words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from drivers.device import DeviceState, Paper
from kiosk.directory.divisions import load_divisions
from kiosk.wire.health import DEVICES
from kiosk.wire.job import JobKind, JobStatus
from kiosk.wire.snapshot import DeviceName
from support.console_visit import NOW
from tools.fleet.area import Area
from tools.fleet.console.charts import day_bars, hour_bars, line_chart
from tools.fleet.console.devices import device_cards
from tools.fleet.console.speech import lasting, masked_phone, short_lag
from tools.fleet.console.summary import issuance
from tools.fleet.console.tiles import cartogram
from tools.fleet.console.words import load_words
from tools.fleet.store.queries import Metric
from tools.fleet.store.states import Severity, State

WORDS = load_words()


def test_every_code_that_can_come_has_a_chinese_word() -> None:
    for table, codes in (
        ("state", State),
        ("severity", Severity),
        ("deviceState", DeviceState),
        ("paper", Paper),
        ("device", DeviceName),
        ("job", JobKind),
        ("jobState", JobStatus),
        ("role", ("viewer", "operator", "administrator")),
    ):
        for code in codes:
            assert re.search(r"[\u4e00-\u9fff]", WORDS(table, code).text), (table, code)


def test_every_statistic_of_a_device_has_a_word() -> None:
    names = {row.name.removeprefix("Stat/") for rows in DEVICES.values() for row in rows if row.name.startswith("Stat/")}
    assert names <= set(WORDS.codes("statistic"))


def test_a_word_nobody_knows_is_shown_as_it_is() -> None:
    assert WORDS("cause", "brandNew").text == "brandNew"


def test_today_is_compared_with_the_same_minute_a_week_ago() -> None:
    begin = datetime(2026, 11, 24, 16, tzinfo=UTC)  # midnight in Beijing
    week = timedelta(days=7)
    today = {begin + timedelta(hours=9): 40, begin + timedelta(hours=14): 5}
    before = {begin - week + timedelta(hours=9): 20, begin - week + timedelta(hours=14): 10, begin - week + timedelta(hours=15): 99}
    made = issuance(today, before, NOW)  # half past two
    assert (made.sum_today, made.sum_before) == (45, 25)
    assert made.today[14] == 5
    assert made.today[15] is None


def test_the_cartogram_has_every_county_once() -> None:
    codes = [county.code for band in cartogram(Area("14")) for block in band for county in block.counties]
    assert sorted(codes) == sorted(county.code for county in load_divisions().counties())
    assert [c.code for band in cartogram(Area("140703101")) for block in band for c in block.counties] == ["140703"]
    assert {c.code[:4] for band in cartogram(Area("1407")) for block in band for c in block.counties} == {"1407"}


def test_a_printer_online_without_paper_is_not_well() -> None:
    def headline(**values: str) -> str:
        metrics = [Metric("printer", name.replace("__", "/"), value, NOW) for name, value in values.items()]
        return device_cards(metrics, WORDS, None)[0].state.text

    assert headline(state="online", supply__paper="full") == "正常"
    assert headline(state="online", supply__paper="out") == "没纸了"
    assert headline(state="online", supply__paper="low") == "纸快用完"
    assert headline(state="online", supply__paper="full", cover="open") == "盖子开着"
    assert headline(supply__paper="out") == "没纸了"
    assert headline(state="noDevice", supply__paper="out") == "没有找到"


@given(st.integers(0, 10**9))
def test_a_length_has_at_most_two_words(seconds: int) -> None:
    said = lasting(timedelta(seconds=seconds))
    assert 1 <= len(re.findall(r"\d+", said)) <= 2
    assert (short_lag(seconds) == "") == (seconds < 3600)


@given(st.text(min_size=0, max_size=20))
def test_a_mobile_number_keeps_its_secret(text: str) -> None:
    masked = masked_phone(text)
    assert masked_phone("13912345678") == "139****5678"
    assert len(masked) == len(text)
    if len(text) == 11:
        assert masked[3:7] == "****"


POINTS = st.lists(
    st.tuples(st.integers(0, 7 * 86400), st.floats(-1e12, 1e12, allow_nan=False)).map(
        lambda one: (NOW - timedelta(days=7) + timedelta(seconds=one[0]), one[1])
    ),
    max_size=700,
).map(sorted)


@given(POINTS)
def test_a_chart_is_well_formed_and_stays_inside(points: list[tuple[datetime, float]]) -> None:
    drawn = line_chart(points, NOW - timedelta(days=7), NOW, "温度")
    root = ElementTree.fromstring(str(drawn))
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    for path in root.iter("path"):
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.attrib["d"]):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height
    assert "style=" not in str(drawn)


def test_the_highest_value_survives_thinning() -> None:
    begin = NOW - timedelta(days=7)
    points = [(begin + timedelta(minutes=n), 10.0) for n in range(10_000)]
    points[6_543] = (points[6_543][0], 77.0)
    tops = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", str(line_chart(points, begin, NOW, "温度")))]
    flat = [
        float(y)
        for _, y in re.findall(
            r"([\d.]+) ([\d.]+)", str(line_chart([(at, 10.0) for at, _ in points] + [(NOW, 77.0)], begin, NOW, "t"))
        )
    ]
    assert min(tops) == min(flat)


def test_a_silence_breaks_the_line() -> None:
    begin = NOW - timedelta(days=7)
    points = [(begin + timedelta(minutes=10 * n), 5.0) for n in range(200)]
    later = [(at + timedelta(days=3), value) for at, value in points]
    assert str(line_chart(points, begin, NOW, "t")).count('class="line"') == 1
    assert str(line_chart(points + later, begin, NOW, "t")).count('class="line"') == 2


def test_labels_of_charts_are_escaped() -> None:
    evil = '"><script>'
    for drawn in (
        hour_bars([1] * 24, [2] * 24, evil),
        day_bars([(evil, 3)], evil),
        line_chart([], NOW - timedelta(days=1), NOW, evil),
    ):
        assert "<script>" not in str(drawn)
        ElementTree.fromstring(str(drawn))
