"""Forecast: the next days of a daily series, with an interval; nothing where the series is too short to judge it.

Damped trend (Gardner and McKenzie 1985) on log1p counts, the smoothing chosen by the one-day errors of the series; so
multiplicative moves are straight lines and nothing falls below zero. The interval is Student's, from those errors,
widened with the days ahead as simple smoothing implies. Its real coverage is measured by `bellwether eval trends`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

MINIMUM_DAYS = 14
"""Fewest days: below, neither the trend nor the spread of its errors can be told from noise."""
WARM_UP_DAYS = 3
"""The first errors say more about the start values than about the series."""
DAMPING = 0.8
"""Of a trend, so much is left each day: attention does not grow for ever."""
LEVELS = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
TRENDS = (0.0, 0.1, 0.3)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One entry a day ahead, in the unit of the series: the median, and the interval for `coverage` of outcomes."""

    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    coverage: float
    days: int
    """How many days it was fitted on."""


def forecast(series: Sequence[float], horizon: int = 7, coverage: float = 0.8) -> Forecast | None:
    """The next `horizon` days of a series of counts; None under MINIMUM_DAYS or where nothing ever happened."""
    if horizon < 1 or not 0 < coverage < 1:
        raise ValueError(f"horizon must be at least 1 and coverage between 0 and 1, got {horizon} and {coverage}")
    logs = np.log1p(np.maximum(np.asarray(series, dtype=float), 0.0))
    if len(logs) < MINIMUM_DAYS or not logs.any():
        return None
    smoothing = min(product(LEVELS, TRENDS), key=lambda pair: float(np.square(_smooth(logs, *pair)[2]).sum()))
    level, trend, errors = _smooth(logs, *smoothing)
    ahead = np.arange(1, horizon + 1)
    middle = level + trend * np.cumsum(DAMPING**ahead)
    # Two smoothing parameters and two start values were fitted to these errors.
    free = len(errors) - 3
    spread = float(np.sqrt(np.square(errors).sum() / free)) * np.sqrt(1 + (ahead - 1) * smoothing[0] ** 2)
    width = float(student.ppf((1 + coverage) / 2, free)) * spread
    return Forecast(_counts(middle), _counts(middle - width), _counts(middle + width), coverage, len(logs))


def _smooth(logs: Floats, alpha: float, beta: float) -> tuple[float, float, Floats]:
    """Level and trend after the last day, and the one-day errors after the warm-up."""
    level, trend = float(logs[:WARM_UP_DAYS].mean()), 0.0
    errors = []
    for value in logs.tolist():
        error = value - (level + DAMPING * trend)
        level, trend = level + DAMPING * trend + alpha * error, DAMPING * trend + alpha * beta * error
        errors.append(error)
    return level, trend, np.array(errors[WARM_UP_DAYS:])


def _counts(logs: Floats) -> tuple[float, ...]:
    return tuple(np.expm1(np.maximum(logs, 0.0)).tolist())
