"""What is judged without a device: health words, the tolerance of a scale, the steps of a replacement, the kinds of cards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.quantity import Weight, WeightStatus
from kiosk.upkeep.cards import CardKind, card_kind
from kiosk.upkeep.health import CheckHealth, CheckLevel, CheckResult, DeviceReport, Part, internal_check, latest
from kiosk.upkeep.reference import REFERENCES_KG, compare, division_of, tolerance_of
from kiosk.upkeep.replacement import Step, begin, checked, follow

STATES = ("online", "offline", "powerOff", "noDevice", "hardwareError", "userError", "deviceBusy", "starting")
reports = st.builds(
    DeviceReport,
    st.just(Part.SCALE),
    st.sampled_from(STATES),
    st.sampled_from(("", "needsZero")),
    st.sampled_from(("none", "recoverable", "fatal")),
)
weights = st.decimals(min_value=0, max_value=60, places=3)


@given(reports)
def test_a_device_that_is_not_well_never_passes_its_internal_check(report: DeviceReport) -> None:
    check = internal_check(report)
    assert check.is_good is report.is_well
    assert (check.result is CheckResult.NOT_RESPONDING) is (not report.is_there and not report.is_well)
    assert check.is_good or check.error


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (CheckHealth(Part.SCALE, CheckLevel.INTERNAL, CheckResult.SUCCESSFUL), "Internal HCheck: Successful"),
        (
            CheckHealth(Part.SCALE, CheckLevel.EXTERNAL, CheckResult.NOT_RESPONDING, "noDevice"),
            "External HCheck: Not Responding (noDevice)",
        ),
        (CheckHealth(Part.SCALE, CheckLevel.INTERACTIVE, CheckResult.COMPLETE), "Interactive HCheck: Complete"),
    ],
)
def test_a_check_is_told_in_the_words_of_unifiedpos(check: CheckHealth, text: str) -> None:
    assert check.text == text


def test_the_last_check_of_a_part_counts() -> None:
    first = CheckHealth(Part.SCALE, CheckLevel.INTERACTIVE, CheckResult.FAILED, "outOfTolerance")
    last = CheckHealth(Part.SCALE, CheckLevel.INTERACTIVE, CheckResult.COMPLETE)
    other = CheckHealth(Part.VOICE, CheckLevel.INTERACTIVE, CheckResult.FAILED)
    assert latest((first, last, other), Part.SCALE) is last
    assert latest((other,), Part.SCALE) is None


@pytest.mark.parametrize(
    ("load", "division", "tolerance"),
    [
        ("2.5", "0.005", "0.005"),  # 500 e: half a division, twice that in service
        ("2.505", "0.005", "0.010"),
        ("10", "0.005", "0.010"),  # 2000 e
        ("20", "0.005", "0.015"),  # beyond: one and a half, twice
        ("1", "0.01", "0.01"),
    ],
)
def test_tolerances_are_those_of_a_class_iii_scale_in_service(load: str, division: str, tolerance: str) -> None:
    assert tolerance_of(Decimal(load), Decimal(division)) == Decimal(tolerance)


@given(weights, st.sampled_from(REFERENCES_KG), st.sampled_from([Decimal("0.001"), Decimal("0.005"), Decimal("0.01")]))
def test_a_comparison_is_symmetric_and_exact(shown: Decimal, reference: Decimal, division: Decimal) -> None:
    compared = compare(Weight(shown, WeightStatus.STABLE), reference, division)
    assert compared is not None
    assert compared.shown - compared.error == reference
    mirrored = compare(Weight(2 * reference - shown, WeightStatus.STABLE), reference, division)
    assert mirrored is not None
    assert mirrored.is_within is compared.is_within


@given(weights, st.sampled_from([status for status in WeightStatus if status not in (WeightStatus.STABLE, WeightStatus.ZERO)]))
def test_a_scale_that_does_not_rest_is_not_compared(shown: Decimal, status: WeightStatus) -> None:
    assert compare(Weight(shown, status), Decimal(5), None) is None


@pytest.mark.parametrize(("shown", "division"), [("12.350", "0.001"), ("12.35", "0.01"), ("12", "1")])
def test_without_a_plate_the_last_digit_is_the_division(shown: str, division: str) -> None:
    assert division_of(Decimal(shown)) == Decimal(division)


@given(st.lists(reports, max_size=20))
def test_a_replacement_is_never_done_without_its_check(seen: list[DeviceReport]) -> None:
    change = begin(Part.SCALE, seen[0] if seen else None)
    for report in seen:
        change = follow(change, report)
        assert change.step is not Step.DONE
        assert (change.new is not None) is (change.step is Step.FOUND)


def test_a_failed_check_leads_back_and_a_good_one_ends() -> None:
    change = follow(begin(Part.SCALE, None), DeviceReport(Part.SCALE, "online"))
    assert checked(change, good=False).step is Step.FOUND
    done = checked(change, good=True)
    assert done.step is Step.DONE
    assert follow(done, DeviceReport(Part.SCALE, "noDevice")) is done


def test_other_devices_do_not_move_a_replacement() -> None:
    change = begin(Part.SCALE, DeviceReport(Part.SCALE, "online"))
    assert follow(change, DeviceReport(Part.PRINTER, "noDevice")) is change


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("142421196804123019", CardKind.RESIDENT),
        ("810000199408230021", CardKind.HK_MACAO_TAIWAN),
        ("830000199201300022", CardKind.HK_MACAO_TAIWAN),
        ("911124198108030024", CardKind.FOREIGN_PERMANENT),
        ("USA110074120101", CardKind.FOREIGN_PERMANENT),
    ],
)
def test_the_kind_of_a_card_stands_in_its_number(number: str, kind: CardKind) -> None:
    assert card_kind(number) is kind
