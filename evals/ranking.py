"""Ranking: how well a line puts the top quartile above the rest, per day and averaged, with intervals over days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

FEWEST_ROWS = 20
"""A day with fewer rows is not judged."""
RESAMPLES = 2000

Floats = NDArray[np.float64]


def auc(line: Floats, top: NDArray[np.bool_]) -> float:
    """The chance that the line puts a top row above another, ties counted half; NaN where all are of one kind."""
    above, below = int(top.sum()), int((~top).sum())
    if not above or not below:
        return float("nan")
    return float((rankdata(line)[top].sum() - above * (above + 1) / 2) / (above * below))


def top_quartile(outcome: Floats) -> NDArray[np.bool_]:
    """Whether each outcome lies above the third quartile."""
    top: NDArray[np.bool_] = outcome > np.quantile(outcome, 0.75)
    return top


@dataclass(frozen=True, slots=True)
class Judged:
    """One task: the AUC of each line on each day that had rows enough."""

    days: int
    rows: int
    by_line: Mapping[str, Floats]

    def mean(self, line: str) -> float:
        """The average over days; NaN where no day could be judged."""
        return float(np.mean(self.by_line[line])) if self.days else float("nan")

    def interval(self, line: str, seed: int) -> tuple[float, float]:
        """The 95 % interval of the average, by resampling days."""
        if not self.days:
            return float("nan"), float("nan")
        drawn = np.random.default_rng(seed).integers(0, self.days, (RESAMPLES, self.days))
        low, high = np.quantile(self.by_line[line][drawn].mean(axis=1), (0.025, 0.975))
        return float(low), float(high)


def judge(day: NDArray[np.int64], outcome: Floats, lines: Mapping[str, Floats], fewest: int = FEWEST_ROWS) -> Judged:
    """Ranks the rows of each day by each line against that day's top quartile of outcomes."""
    found: dict[str, list[float]] = {name: [] for name in lines}
    rows = 0
    for number in _days(day):
        here = day == number
        top = top_quartile(outcome[here])
        if here.sum() < fewest or not top.any() or top.all():
            continue
        rows += int(here.sum())
        for name, line in lines.items():
            found[name].append(auc(line[here], top))
    by_line = {name: np.array(values) for name, values in found.items()}
    return Judged(len(next(iter(by_line.values()))), rows, by_line)


def _days(day: NDArray[np.int64]) -> Sequence[int]:
    numbers: list[int] = np.unique(day).tolist()
    return numbers
