"""Lead and lag: found where it is known, silent where there is nothing, with an interval that holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from evals.lead_lag import DAY, MOST, pair
from trends.lead_lag import Floats, Lead, Untold, lead_lag


def pulses(shift: int) -> Floats:
    series = np.zeros(40)
    for day in (5, 12, 20, 21, 30):
        series[day + shift] = 4.0
    return series


def lead_of(one: Floats, other: Floats) -> int | None:
    found = lead_lag(one, other, most=7, period=7)
    return found.steps if isinstance(found, Lead) else None


@pytest.mark.parametrize("shift", [0, 1, 3])
def test_who_leads_by_how_many_days_is_found(shift: int) -> None:
    assert lead_of(pulses(0), pulses(shift)) == shift
    assert lead_of(pulses(shift), pulses(0)) == -shift


def test_sources_that_were_not_watched_together_have_no_lead() -> None:
    early, late = np.zeros(60), np.zeros(60)
    early[:20], late[30:50] = 2.0, 2.0
    assert lead_lag(early, late, 7, 7) == Untold("the two do not overlap in time")


def test_unlike_sources_have_no_lead() -> None:
    assert lead_of(np.ones(40), pulses(0)) is None


def test_too_short_and_too_few_are_told_apart() -> None:
    short, few = np.ones(9) * 5, np.zeros(40)
    few[[1, 38]] = 3.0
    assert lead_lag(short, short, 7, 7) == Untold("they overlap for 9 steps, 14 needed")
    assert lead_lag(few, pulses(0) + 1, 7, 7) == Untold("6 mentions of one of them in that time, 10 needed")


def test_what_never_moves_has_no_lead() -> None:
    steady = np.full(60, 3.0)
    assert lead_lag(steady, steady, 7, 7) == Untold("one of them does not move")


def test_the_rhythm_of_the_day_in_both_is_no_lead() -> None:
    rng = np.random.default_rng(2)
    rhythm = 8 * (1.2 + np.sin(np.arange(168) / 24 * 2 * np.pi))
    one, other = rng.poisson(rhythm).astype(float), rng.poisson(rhythm).astype(float)
    assert isinstance(lead_lag(one, other, 12, 24), Untold)
    assert isinstance(lead_lag(one, other, 12, 24, whiten=False), Lead)


def test_the_same_seed_gives_the_same_interval() -> None:
    one, other = pair(np.random.default_rng(1), 4)
    assert lead_lag(one, other, MOST, DAY, seed=3) == lead_lag(one, other, MOST, DAY, seed=3)


def test_known_lags_lie_in_the_interval_and_swapping_turns_it_round() -> None:
    rng = np.random.default_rng(8)
    for lag in (-9, -2, 0, 5):
        one, other = pair(rng, lag)
        found, back = lead_lag(one, other, MOST, DAY), lead_lag(other, one, MOST, DAY)
        assert isinstance(found, Lead)
        assert isinstance(back, Lead)
        assert found.low <= lag <= found.high
        assert found.steps == -back.steps


def test_nothing_is_nothing() -> None:
    assert isinstance(lead_lag(np.zeros(0), np.zeros(0), 7, 7), Untold)
    assert isinstance(lead_lag(np.zeros(50), np.ones(50), 7, 7), Untold)
