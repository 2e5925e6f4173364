"""Forecast: an interval that holds what it says, and nothing for a series that is too short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.forecast import MINIMUM_DAYS, forecast


def test_under_two_weeks_there_is_no_forecast() -> None:
    assert forecast([10.0] * (MINIMUM_DAYS - 1)) is None
    assert forecast([10.0] * MINIMUM_DAYS) is not None
    assert forecast([0.0] * 30) is None


def test_a_level_series_goes_on() -> None:
    ahead = forecast([100.0] * 30, horizon=5)
    assert ahead is not None
    assert ahead.median == pytest.approx([100.0] * 5, rel=0.01)
    assert ahead.days == 30


def test_a_rising_series_goes_on_rising_and_flattens() -> None:
    ahead = forecast([10 * 1.2**day for day in range(30)], horizon=10)
    assert ahead is not None
    steps = np.diff(np.log(ahead.median))
    assert (steps > 0).all()
    assert steps[-1] < steps[0]


def test_the_interval_widens_with_the_days_ahead_and_with_the_coverage() -> None:
    series = np.random.default_rng(3).lognormal(4, 0.3, 40).cumsum() ** 0.5
    narrow, wide = forecast(series, 7, coverage=0.5), forecast(series, 7, coverage=0.9)
    assert narrow is not None
    assert wide is not None
    spans = np.log1p(wide.high) - np.log1p(wide.low)
    assert (np.diff(spans) >= -1e-9).all()
    assert all(high > other for high, other in zip(wide.high, narrow.high, strict=True))


def test_four_fifths_of_what_comes_lies_inside_the_interval() -> None:
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(150):
        logs = np.maximum(np.cumsum(rng.normal(0, 0.15, 40)) + 5 + rng.normal(0, 0.3, 40), 0)
        series = np.expm1(logs)
        ahead = forecast(series[:-3].tolist(), horizon=3)
        assert ahead is not None
        inside += ((series[-3:] >= ahead.low) & (series[-3:] <= ahead.high)).tolist()
    assert 0.72 <= np.mean(inside) <= 0.88


@pytest.mark.parametrize(("horizon", "coverage"), [(0, 0.8), (3, 0.0), (3, 1.0)])
def test_a_senseless_question_is_refused(horizon: int, coverage: float) -> None:
    with pytest.raises(ValueError, match="horizon must be at least 1"):
        forecast([1.0] * 20, horizon, coverage)


@given(st.lists(st.floats(0, 1e9), min_size=MINIMUM_DAYS, max_size=50))
def test_low_median_and_high_stand_in_order_and_never_below_zero(series: list[float]) -> None:
    ahead = forecast(series)
    if ahead is not None:
        for low, median, high in zip(ahead.low, ahead.median, ahead.high, strict=True):
            assert 0 <= low <= median <= high
