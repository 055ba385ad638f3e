"""Options of the centre: bounds, versions, what is on disk, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config import RulesSection
from kiosk.runtime.configuration import FILE, Configuration, ConfigurationRefused

STATION = RulesSection(max_copies=9)


def test_a_version_names_the_whole_and_the_rest_is_as_the_station_says(tmp_path: Path) -> None:
    one = Configuration(STATION, tmp_path)
    applied: list[RulesSection] = []
    one.apply = applied.append
    one.set(1, {"rules.idle_s": 90, "rules.max_copies": 3})
    one.set(4, {"rules.volume": 150})
    assert (one.version, one.rules) == (4, RulesSection(max_copies=9, volume=150))
    assert applied[-1] == one.rules
    again = Configuration(STATION, tmp_path)
    assert (again.version, again.rules) == (4, one.rules)


@pytest.mark.parametrize(
    ("conf", "values", "code"),
    [
        (3, {"rules.volume": 900}, "badValue"),
        (3, {"rules.idle_s": 90, "rules.volume": 9}, "badValue"),
        (3, {"rules.max_copies": True}, "badValue"),
        (3, {"rules.speech": "yes"}, "badValue"),
        (3, {"rules.unit_shown": "磅"}, "badValue"),
        (3, {"rules.slogans": "一二|三四|五六|七八"}, "badValue"),
        (3, {"rules.slogans": "一" * 25}, "badValue"),
        (3, {"paths.state": "/tmp"}, "unknownName"),
        (3, {"rules.": 1}, "unknownName"),
        (3, {"idle_s": 30}, "unknownName"),
        (1, {"rules.idle_s": 90}, "tooOld"),
        (2, {"rules.idle_s": 90}, "conflict"),
    ],
)
def test_what_is_refused_changes_nothing_at_all(tmp_path: Path, conf: int, values: dict[str, str | int | bool], code: str) -> None:
    one = Configuration(STATION, tmp_path)
    one.set(2, {"rules.idle_s": 60})
    kept = (tmp_path / FILE).read_bytes()
    one.apply = lambda _: pytest.fail("applied")
    with pytest.raises(ConfigurationRefused) as refused:
        one.set(conf, values)
    assert refused.value.code == code
    assert (one.version, one.rules.idle_s) == (2, 60)
    assert (tmp_path / FILE).read_bytes() == kept


def test_the_same_version_again_is_done_already(tmp_path: Path) -> None:
    one = Configuration(STATION, tmp_path)
    one.set(2, {"rules.idle_s": 60})
    one.apply = lambda _: pytest.fail("applied twice")
    one.set(2, {"rules.idle_s": 60})


@pytest.mark.parametrize("version_before", [0, 2])
def test_what_cannot_be_applied_is_put_back_on_disk_and_in_the_app(tmp_path: Path, version_before: int) -> None:
    one = Configuration(STATION, tmp_path)
    if version_before:
        one.set(version_before, {"rules.idle_s": 60})
    before = one.rules
    applied: list[RulesSection] = []

    def apply(rules: RulesSection) -> None:
        applied.append(rules)
        if rules.volume == 150:
            raise RuntimeError("no voice")

    one.apply = apply
    with pytest.raises(ConfigurationRefused, match="notApplied"):
        one.set(3, {"rules.volume": 150})
    assert applied[-1] == before
    assert (one.version, one.rules) == (version_before, before)
    assert Configuration(STATION, tmp_path).rules == before


def test_a_disk_that_takes_nothing_refuses_and_nothing_holds(tmp_path: Path) -> None:
    one = Configuration(STATION, tmp_path / "gone")
    with pytest.raises(ConfigurationRefused, match="notKept"):
        one.set(1, {"rules.idle_s": 60})
    assert (one.version, one.rules) == (0, STATION)


@pytest.mark.parametrize("content", [b"", b"{", b'{"v":1,"conf":0,"values":{}}', b'{"v":1,"conf":3,"values":{"rules.idle_s":5}}'])
def test_a_kept_file_that_is_no_good_leaves_the_station_file_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    one = Configuration(STATION, tmp_path)
    assert (one.version, one.rules) == (0, STATION)
    one.set(1, {"rules.idle_s": 60})
    assert Configuration(STATION, tmp_path).version == 1


@given(
    st.dictionaries(
        st.text(max_size=12).map("rules.".__add__) | st.text(max_size=12), st.text(max_size=30) | st.integers() | st.booleans()
    )
)
def test_whatever_comes_is_taken_whole_or_refused(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str | int | bool]
) -> None:
    one = Configuration(STATION, tmp_path_factory.mktemp("options"))
    try:
        one.set(1, values)
    except ConfigurationRefused:
        assert (one.version, one.rules) == (0, STATION)
    else:
        assert one.version == 1
