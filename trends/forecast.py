"""Forecast: the next days of a daily series, with an interval; nothing where the series is too short to judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MINIMUM_DAYS = 14
"""Fewest days: below, neither the trend nor the spread of its errors can be told from noise."""


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
    level = np.log1p(np.maximum(np.asarray(series, dtype=float), 0.0))
    if len(level) < MINIMUM_DAYS or not level.any():
        return None
    spread = float(np.std(np.diff(level))) * 1.2816 * np.sqrt(np.arange(1, horizon + 1))
    middle = np.full(horizon, level[-3:].mean())

    def back(values: np.ndarray) -> tuple[float, ...]:
        return tuple(float(v) for v in np.expm1(np.maximum(values, 0.0)))

    return Forecast(back(middle), back(middle - spread), back(middle + spread), coverage, len(level))
