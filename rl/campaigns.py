"""Campaigns: what is true of promotions and hidden from whoever paces them, drawn many at a time.

Arrays of campaigns are of shape (E,), of their listings (E, L). Ranges of training and evaluation can be disjoint.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rl.dynamics import WEEK, Dynamics, Floats, novelty

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where campaigns are drawn from, evenly in the logarithm; those of training and evaluation can be disjoint."""

    budget_usd: Range = (250.0, 650.0)
    delay_days: Range = (0.5, 3.0)
    days: tuple[int, int] = (14, 28)
    novelty_days: Range = (3.0, 12.0)
    evergreen: Range = (0.05, 0.4)
    peak: Range = (0.1, 0.9)
    """When attention is highest, as a share of the days: early signals are promoted while a trend still rises."""
    listings: int = 6

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name == "listings":
                continue
            low, high = getattr(self, field.name)
            if not 0 < low <= high:
                raise ValueError(f"{field.name} = {(low, high)}: a range above 0, low end first, is needed")
        if self.listings < 1 or self.days[0] < 2:
            raise ValueError(f"{self.listings} listings over {self.days[0]} days: at least 1 over 2 are needed")


TRAINING = Ranges()
UNSEEN = Ranges(budget_usd=(700.0, 1100.0), delay_days=(3.5, 6.0))
"""Budgets and delays above all of training's."""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """What is true of E campaigns and hidden from policies, but for budget and days."""

    budget: Floats
    days: Ints
    weekday: Ints
    """Of the first day, 0 is Monday."""
    delay_days: Floats
    novelty_days: Floats
    evergreen: Floats
    peak_day: Floats
    forecast_day: Floats
    """When the trend's forecast expects the peak: known before the first day, and off."""
    orders_per_click: Floats
    """(E, L), on an untired audience."""
    kappa: Floats
    """(E, L)"""
    audience: Floats
    """(E, L)"""
    value: Floats
    """(E, L): USD an order."""
    week: Floats
    """(E, 7)"""
    parts: Floats
    """(E, 4)"""

    def put(self, which: Bools, others: Campaigns) -> None:
        """Replaces the marked campaigns by others, in their order."""
        for field in fields(self):
            getattr(self, field.name)[which] = getattr(others, field.name)


def draw(dynamics: Dynamics, ranges: Ranges, count: int, rng: np.random.Generator) -> Campaigns:
    """Campaigns from ranges: rates gamma, audiences and prices lognormal around the usual, calendars jittered."""
    shape = (count, ranges.listings)
    spread = _log_even((dynamics.unlike_shape.one, dynamics.alike_shape.one), count, rng)[:, None]
    days = rng.integers(ranges.days[0], ranges.days[1] + 1, count)
    peak = days * rng.uniform(*ranges.peak, count)
    return Campaigns(
        budget=_log_even(ranges.budget_usd, count, rng),
        days=days,
        weekday=rng.integers(0, WEEK, count),
        delay_days=_log_even(ranges.delay_days, count, rng),
        novelty_days=_log_even(ranges.novelty_days, count, rng),
        evergreen=_log_even(ranges.evergreen, count, rng),
        peak_day=peak,
        forecast_day=peak + dynamics.forecast_error_days.one * rng.standard_normal(count),
        orders_per_click=dynamics.orders_per_click.one * rng.gamma(spread, 1 / spread, shape),
        kappa=dynamics.kappa_usd * rng.lognormal(0, 0.3, shape),
        audience=dynamics.audience_usd * rng.lognormal(0, 0.3, shape),
        value=dynamics.order_value_usd.one * rng.lognormal(0, 0.2, shape),
        week=_jittered(dynamics.weekday.value, count, rng),
        parts=_jittered(dynamics.part.value, count, rng),
    )


def demand_of(own: Campaigns, dynamics: Dynamics, day: Ints | int) -> Floats:
    """(E, 4): the true demand multipliers of a day."""
    count = np.arange(len(own.budget))
    week = own.week[count, (own.weekday + day) % WEEK]
    fresh = novelty(np.abs(day - own.peak_day), dynamics.novelty_power.one, own.novelty_days, own.evergreen)
    return np.asarray((week * fresh)[:, None] * own.parts)


def _log_even(ends: Range, count: int, rng: np.random.Generator) -> Floats:
    return np.exp(rng.uniform(np.log(ends[0]), np.log(ends[1]), count))


def _jittered(profile: tuple[float, ...], count: int, rng: np.random.Generator) -> Floats:
    drawn = np.array(profile) * rng.lognormal(0, 0.05, (count, len(profile)))
    return np.asarray(drawn / drawn.mean(axis=1, keepdims=True))
