"""Rest from equal frames, and age."""

from decimal import Decimal

import pytest

from drivers.scale.record import ScaleStatus
from drivers.scale.stability import Freshness, Stability
from drivers.scale.weight import no_weight, weighing


def moving(kilograms: str):
    return weighing(Decimal(kilograms), moving=True, raw=b"")


def statuses(stability: Stability, frames: list[tuple[float, str]]) -> list[ScaleStatus]:
    return [stability.judge(moving(weight), at).status for at, weight in frames]


def test_five_equal_frames_over_a_second_are_at_rest():
    seen = statuses(Stability(), [(at / 10, "1.250") for at in range(12)])
    assert seen == [ScaleStatus.UNSTABLE] * 10 + [ScaleStatus.STABLE] * 2


def test_a_second_without_five_frames_is_not_rest():
    assert statuses(Stability(), [(0, "1.2"), (1, "1.2"), (2, "1.2"), (3, "1.2")]) == [ScaleStatus.UNSTABLE] * 4


def test_an_unequal_frame_begins_anew():
    stability = Stability()
    statuses(stability, [(at / 10, "1.250") for at in range(12)])
    assert statuses(stability, [(1.2, "1.251"), (1.3, "1.250"), (1.4, "1.250")]) == [ScaleStatus.UNSTABLE] * 3


def test_rest_has_a_sign():
    for weight, status in [("0.000", ScaleStatus.ZERO), ("-0.020", ScaleStatus.UNDER_ZERO)]:
        assert statuses(Stability(3, 0.6), [(0, weight), (0.5, weight), (1, weight)])[-1] is status


def test_a_frame_without_weight_begins_anew():
    stability = Stability(3, 0.6)
    statuses(stability, [(0, "1"), (0.5, "1"), (1, "1")])
    assert stability.judge(no_weight(ScaleStatus.OVERWEIGHT), 1.1).status is ScaleStatus.OVERWEIGHT
    assert statuses(stability, [(1.2, "1")]) == [ScaleStatus.UNSTABLE]


@pytest.mark.parametrize(("frames", "seconds"), [(2, 1.0), (5, 0.5)])
def test_rest_cannot_be_configured_away(frames, seconds):
    with pytest.raises(ValueError, match="3 equal frames"):
        Stability(frames, seconds)


@pytest.mark.parametrize(("period", "limit"), [(0.1, 1.0), (0.5, 1.5)])
def test_a_reading_lives_a_second_or_three_periods(period, limit):
    freshness = Freshness(period)
    assert freshness.is_stale(0.0)
    freshness.seen(10.0)
    assert not freshness.is_stale(10.0 + limit)
    assert freshness.is_stale(10.001 + limit)
