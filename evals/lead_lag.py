"""Eval lead_lag: are known lags inside their interval, and is silence kept where there is none.

Generated pairs of sources: a hidden interest that wanders (autoregressive, with bursts) drives the counts of one source
at once and those of the other some steps later, both through Poisson noise and the same rhythm of the day; sizes, lags
and loudness are drawn. As many pairs are independent but wander just as slowly and keep the same hours.

    coverage        part of the told lags whose 90 % interval holds the true one
    told            part of the pairs with a lag for which one is told at all
    error_median    steps, of those told
    false_claims    part of the independent pairs for which a lag is told

Beside it in the same run: plain cross-correlation of the counts, the same threshold, the same interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from evals.report import Asked, Figure, Result
from trends.lead_lag import COVERAGE, Lead, lead_lag

PAIRS = 400
DAY = 24
MOST = 12
STEPS = (72, 120, 168, 240)
MEMORY = 0.8

Floats = NDArray[np.float64]


def run(data: Path | None = None, seed: int = 7, pairs: int = PAIRS) -> Result:
    """Measures on generated pairs; ValueError where a file is given: none with known lags exists."""
    if data is not None:
        raise ValueError("lags are known only of generated series: leave --data out")
    rng = np.random.default_rng(seed)
    lagged = [(pair(rng, lag), lag) for lag in rng.integers(-MOST + 2, MOST - 1, pairs).tolist()]
    alone = [pair(rng, None) for _ in range(pairs)]
    asked = {"coverage": Asked(least=COVERAGE - 0.03), "false_claims": Asked(most=0.02)}
    figures, baseline = (_measure(lagged, alone, whiten) for whiten in (True, False))
    notes = (f"{pairs} pairs with a lag of -10 to 10 hours, {pairs} without; baseline: counts as they are",)
    return Result("lead_lag", figures, baseline, "generated", seed, notes, asked)


def pair(rng: np.random.Generator, lag: int | None) -> tuple[Floats, Floats]:
    """Hourly counts of two sources: the second follows the first by `lag` steps, or has nothing to do with it."""
    steps = int(rng.choice(STEPS))
    rhythm = 0.8 * np.sin(np.arange(steps) / DAY * 2 * np.pi)
    hidden = _interest(rng, steps + 2 * MOST)
    also = _interest(rng, steps + 2 * MOST) if lag is None else hidden
    shift = MOST - (lag or 0)
    sources = (hidden[MOST : MOST + steps], also[shift : shift + steps])
    one, other = (rng.poisson(rng.uniform(2, 12) * np.exp(each + rhythm)).astype(float) for each in sources)
    return one, other


def _interest(rng: np.random.Generator, steps: int) -> Floats:
    shocks = rng.normal(0, 0.35, steps) + rng.binomial(1, 0.04, steps) * rng.exponential(1.2, steps)
    moved: Floats = lfilter([1.0], [1.0, -MEMORY], shocks)
    return np.asarray(moved - moved.mean())


def _measure(
    lagged: list[tuple[tuple[Floats, Floats], int]], alone: list[tuple[Floats, Floats]], whiten: bool
) -> Mapping[str, Figure]:
    told = [(lead, lag) for (one, other), lag in lagged if isinstance(lead := _lead(one, other, whiten), Lead)]
    claims = sum(isinstance(_lead(one, other, whiten), Lead) for one, other in alone)
    held = [lead.low <= lag <= lead.high for lead, lag in told]
    errors = [abs(lead.steps - lag) for lead, lag in told]
    widths = [lead.high - lead.low for lead, _ in told]
    return {
        "coverage": float(np.mean(held)) if told else float("nan"),
        "told": len(told) / len(lagged),
        "error_median": float(np.median(errors)) if told else float("nan"),
        "error_p90": float(np.quantile(errors, 0.9)) if told else float("nan"),
        "width_median": float(np.median(widths)) if told else float("nan"),
        "false_claims": claims / len(alone),
    }


def _lead(one: Floats, other: Floats, whiten: bool) -> object:
    return lead_lag(one, other, MOST, DAY, whiten=whiten)
