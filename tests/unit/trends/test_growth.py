"""Growth: rates, phases and expectations from daily series, and nothing below their minima."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.growth import (
    Phase,
    acceleration,
    attention,
    expected_change,
    expected_gain,
    expected_rates,
    growth_per_day,
    half_life_days,
    hours_since_peak,
    interactions,
    phase,
    promise,
    trend,
    week_ratio,
)
from trends.idea import Evidence

START = datetime(2017, 10, 1, tzinfo=UTC)


def evidence(series: list[float], as_of: datetime | None = None, mentions: list[float] | None = None) -> Evidence:
    days = tuple(date(2017, 10, 1) + timedelta(days=day) for day in range(len(series)))
    return Evidence(
        as_of=as_of or START + timedelta(days=len(series)),
        mentions=(),
        days=days,
        mentions_by_day=tuple(mentions or series),
        attention_by_day=tuple(series),
    )


def test_a_series_that_doubles_each_day_grows_by_one_a_day() -> None:
    assert growth_per_day([1000 * 2.0**day for day in range(10)]) == pytest.approx(1, rel=0.01)


def test_one_good_day_after_days_without_anything_is_no_leap_a_day() -> None:
    lumpy = [0.0, 40.0, 0.0, 0.0, 30.0, 0.0, 30.0, 0.0, 0.0, 60.0, 0.0, 0.0, 80.0, 60.0]
    assert week_ratio(lumpy) == pytest.approx(2.0)
    assert growth_per_day(lumpy) == pytest.approx(2 ** (1 / 7) - 1)


def test_out_of_silence_no_multiple_is_stated_and_the_rate_is_bounded() -> None:
    assert week_ratio([0.0] * 7 + [1e9] * 7) is None
    assert growth_per_day([0.0] * 7 + [1e9] * 7) == pytest.approx(100 ** (1 / 7) - 1)


def test_a_steady_series_does_not_grow() -> None:
    assert growth_per_day([50.0] * 10) == pytest.approx(0)
    assert acceleration([50.0] * 10) == pytest.approx(0)


@pytest.mark.parametrize("series", [[], [5.0], [5.0, 6.0, 7.0]])
def test_below_its_minimum_of_days_nothing_is_said(series: list[float]) -> None:
    assert growth_per_day(series) is None
    assert acceleration(series) is None
    assert half_life_days(series) is None
    assert phase(series) is None


def test_silence_has_no_trend() -> None:
    found = trend(evidence([0.0] * 20))
    assert (found.growth_per_day, found.acceleration, found.half_life_days, found.phase) == (None, None, None, None)
    assert found.hours_since_peak is None


def test_what_halves_each_day_has_a_half_life_of_a_day() -> None:
    assert half_life_days([10.0, 1e6, 5e5, 2.5e5, 1.25e5, 62500.0]) == pytest.approx(1, rel=0.01)


def test_what_rises_has_no_half_life() -> None:
    assert half_life_days([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]) is None


def test_a_curve_that_bends_upward_accelerates() -> None:
    bent = acceleration([100.0, 100.0, 100.0, 100.0, 200.0, 800.0])
    assert bent is not None
    assert bent > 0.5


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([0, 0, 0, 0, 0, 0, 0, 5, 20, 60, 150], Phase.EMERGING),
        ([40, 50, 60, 70, 80, 95, 110, 130, 150, 180, 210], Phase.RISING),
        ([10, 40, 80, 100, 98, 101, 99, 100, 102, 100, 99, 101, 100, 98], Phase.PEAK),
        ([100, 200, 300, 200, 120, 70, 40, 25, 15, 8], Phase.FADING),
    ],
)
def test_each_phase_is_recognised(series: list[float], expected: Phase) -> None:
    assert phase([float(value) for value in series]) is expected


def test_mentions_are_read_where_nobody_measured_attention() -> None:
    assert attention(evidence([0.0, 0.0, 0.0], mentions=[1.0, 2.0, 3.0])) == (1.0, 2.0, 3.0)


def test_the_peak_ends_with_its_day_and_the_latest_of_equals_counts() -> None:
    assert hours_since_peak(evidence([1.0, 9.0, 9.0, 2.0])) == 24
    assert hours_since_peak(evidence([1.0, 2.0, 9.0], as_of=START + timedelta(days=2, hours=12))) == 0


@given(st.lists(st.floats(0, 1e9), max_size=40))
def test_any_series_gives_finite_numbers_or_none(series: list[float]) -> None:
    found = trend(evidence(series))
    for value in (found.growth_per_day, found.acceleration, found.half_life_days, found.hours_since_peak):
        assert value is None or math.isfinite(value)


def test_attention_to_one_thing_ages_fast_at_first_and_slowly_later() -> None:
    gains = np.array([100.0, 100.0])
    young, old = expected_change(np.array([2.0, 20.0]), gains, np.full(2, np.nan))
    assert young < old < 0
    assert young == pytest.approx(-2 * math.log(1.5))


def test_a_part_of_the_last_surprise_comes_again() -> None:
    days, last = np.array([5.0, 5.0]), np.array([100.0, 100.0])
    better, worse = expected_gain(days, last, np.array([50.0, 400.0]))
    assert better > worse


def test_the_higher_place_the_greater_level_and_the_recent_move_promise_more() -> None:
    unknown = np.array([np.nan])
    level = promise(np.array([1000.0]), unknown, unknown)[0]
    assert level == 1000
    assert promise(np.array([1000.0]), np.array([5.0]), unknown)[0] > level
    assert promise(np.array([1000.0]), np.array([190.0]), unknown)[0] < level
    assert promise(np.array([1000.0]), unknown, np.array([50.0]))[0] > level


def test_reactions_count_before_views() -> None:
    assert interactions({"views": 1000, "likes": 5, "comments": 2}) == 7
    assert interactions({"views": 1000}) == 1000
    assert interactions({"rank": 3}) is None


def test_a_rate_is_read_from_what_was_gained_and_else_from_the_time_since_publication() -> None:
    hour = timedelta(hours=1)
    once = ([(START, {"likes": 600.0})], START - 10 * hour)
    undated = ([(START, {"likes": 1440.0})], None)
    twice = ([(START, {"likes": 100.0}), (START + 24 * hour, {"likes": 1540.0})], None)
    uncounted = ([(START, {"rank": 1.0})], None)
    rates = expected_rates([once, undated, twice, uncounted])
    assert rates[:2].tolist() == [1, 1]
    assert rates[2] == pytest.approx(1.5**-2)
    assert math.isnan(rates[3])
    assert len(expected_rates([])) == 0


def test_a_thing_that_stopped_gaining_is_expected_to_stay_so() -> None:
    observed = [(START + timedelta(days=day), {"likes": 500.0}) for day in range(4)]
    assert expected_rates([(observed, None)]).tolist() == [0]
