"""Foresight: how often the forecast's interval holds what came, and whether its median beats "as in the last days".

The series are the attention gained a day by the things under one tag (the most used tags of the file), as the evidence
of an idea is; from every day on which a series is long enough, the next days are forecast and compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

import numpy as np

from trends.evidence import Witness
from trends.forecast import MINIMUM_DAYS, forecast
from trends.table import Corpus

TAGS = 60
HORIZON = 3
STEP = 2
COVERAGE = 0.8

Series = Sequence[float]


def tag_series(corpus: Corpus, tags: int = TAGS) -> list[Series]:
    """The daily attention of the most used tags, long enough for a forecast and days to compare it with."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, own in enumerate(corpus.tags):
        for tag in dict.fromkeys(name.casefold() for name in own):
            rows[tag].append(row)
    most = sorted(rows, key=lambda tag: (-len(rows[tag]), tag))
    witness = Witness(corpus, max(corpus.known_at))
    found = (witness.evidence(rows[tag], 0, ()).attention_by_day for tag in most)
    return list(islice((one for one in found if len(one) >= MINIMUM_DAYS + HORIZON and any(one)), tags))


def measure(series: Sequence[Series]) -> dict[str, float]:
    """Share of days inside the interval, and the median's absolute log error over that of the last three days' mean."""
    inside, errors, naive = [], [], []
    for one in series:
        for origin in range(MINIMUM_DAYS, len(one) - HORIZON + 1, STEP):
            ahead = forecast(one[:origin], HORIZON, COVERAGE)
            if ahead is None:
                continue
            came = np.array(one[origin : origin + HORIZON])
            inside += ((came >= np.array(ahead.low)) & (came <= np.array(ahead.high))).tolist()
            errors += np.abs(np.log1p(came) - np.log1p(ahead.median)).tolist()
            naive += np.abs(np.log1p(came) - np.log1p(np.mean(one[origin - 3 : origin]))).tolist()
    if not inside:
        return {}
    return {
        "forecast_coverage": float(np.mean(inside)),
        "forecast_error_ratio": float(np.mean(errors)) / max(float(np.mean(naive)), 1e-9),
        "forecast_days": len(inside),
    }
