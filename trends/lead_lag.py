"""Lead and lag: by how much one source's mentions run before another's, with an interval, or why that cannot be told.

    where both were watched      the stretch of time in which both had mentions
    log counts, whitened         the rhythm of the day or week is taken out, then what a series foretells of itself
                                 (an autoregression fitted to each): two series that merely move slowly, or keep the
                                 same hours, correlate at every lag
    cross-correlation            the lag of the highest, if it stands out from chance at any lag (ALPHA over all)
    interval                     blocks of time are drawn again, all lags together; the middle 90 % of the best lags

Checked on series with known lags by `bellwether eval lead_lag`, beside plain cross-correlation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

OVERLAP = 14
"""Fewest steps in which both sources were active."""
MENTIONS = 10
"""Fewest of each source in that time."""
ALPHA = 0.005
"""Chance of a lag standing out anywhere between series that have nothing to do with each other."""
ORDER = 3
"""Steps of its own past that a series is foretold from."""
PERIODS = 3
"""A rhythm is taken out where it was seen so many times."""
LOUDEST = 2.5
"""Standard deviations that a step may count: one burst in both alone is no lag."""
DRAWS = 600
COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Lead:
    """`steps` by which the first runs before the second (negative: after), with the interval that holds 90 %."""

    steps: int
    low: int
    high: int
    correlation: float
    overlap: int
    """Steps in which both were watched."""


@dataclass(frozen=True, slots=True)
class Untold:
    """Why no lead can be told."""

    reason: str


def lead_lag(one: Floats, other: Floats, most: int, period: int, seed: int = 7, whiten: bool = True) -> Lead | Untold:
    """The lead of the first over the second, two series of counts side by side; lags up to `most` steps are tried.

    `period` is that of the rhythm, in steps: 24 for hours, 7 for days. `whiten=False` is the plain cross-correlation
    of the counts, kept as the baseline.
    """
    start, end = _together(one, other)
    overlap = max(end - start, 0)
    if not overlap:
        return Untold("the two do not overlap in time")
    if overlap < OVERLAP:
        return Untold(f"they overlap for {overlap} steps, {OVERLAP} needed")
    one, other = one[start:end], other[start:end]
    fewest = int(min(one.sum(), other.sum()))
    if fewest < MENTIONS:
        return Untold(f"{fewest} mentions of one of them in that time, {MENTIONS} needed")
    most = min(most, overlap // 4)
    first, second = (_whitened(each, period) if whiten else _scaled(each) for each in (one, other))
    if not first.any() or not second.any():
        return Untold("one of them does not move")
    products = _products(first, second, most)
    correlation = products.sum(axis=0) / len(first)
    best = int(correlation.argmax())
    if correlation[best] < _threshold(len(first), most):
        return Untold("no lag stands out from chance")
    low, high = _interval(products, most, seed)
    return Lead(best - most, min(low, best - most), max(high, best - most), float(correlation[best]), overlap)


def _together(one: Floats, other: Floats) -> tuple[int, int]:
    seen, also = np.flatnonzero(one), np.flatnonzero(other)
    if not len(seen) or not len(also):
        return 0, 0
    return int(max(seen[0], also[0])), int(min(seen[-1], also[-1])) + 1


def _whitened(counts: Floats, period: int) -> Floats:
    """What is left of the log counts when rhythm and own past are taken out, of mean 0 and variance 1."""
    logs = np.log1p(counts)
    if len(logs) >= PERIODS * period:
        phase = np.arange(len(logs)) % period
        logs = logs - (np.bincount(phase, logs) / np.bincount(phase))[phase]
    logs = logs - logs.mean()
    past = np.stack([np.concatenate([np.zeros(back), logs[:-back]]) for back in range(1, ORDER + 1)], axis=1)
    weights = np.linalg.solve(past.T @ past + np.eye(ORDER), past.T @ logs)
    return _scaled(np.clip(_scaled(logs - past @ weights), -LOUDEST, LOUDEST))


def _scaled(values: Floats) -> Floats:
    centred = values - values.mean()
    spread = float(centred.std())
    return centred / spread if spread > 1e-9 else np.zeros_like(centred)


def _products(one: Floats, other: Floats, most: int) -> Floats:
    """`one[t] * other[t + lag]`, shape (steps, lags), lags from -most to most; 0 where there is no such step."""
    padded = np.concatenate([np.zeros(most), other, np.zeros(most)])
    shifted = np.lib.stride_tricks.sliding_window_view(padded, len(one))
    found: Floats = one[:, None] * shifted.T
    return found


def _threshold(steps: int, most: int) -> float:
    """The correlation that chance exceeds at no lag, but with chance ALPHA; bounded for few steps."""
    return min(float(norm.ppf(1 - ALPHA / (2 * most + 1)) / np.sqrt(max(steps - ORDER, 1))), 0.9)


def _interval(products: Floats, most: int, seed: int) -> tuple[int, int]:
    """The middle COVERAGE of the best lags over drawn blocks of time."""
    steps = len(products)
    size = max(round(steps ** (1 / 3)), 2)
    blocks = np.lib.stride_tricks.sliding_window_view(products, size, axis=0).sum(axis=-1)
    drawn = np.random.default_rng(seed).integers(0, len(blocks), (DRAWS, -(-steps // size)))
    counts = np.zeros((DRAWS, len(blocks)))
    np.add.at(counts, (np.arange(DRAWS)[:, None], drawn), 1.0)
    best = (counts @ blocks).argmax(axis=1) - most
    low, high = np.quantile(best, ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2), method="nearest")
    return int(low), int(high)
