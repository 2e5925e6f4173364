"""The eval of lead and lag: known lags, its baseline, and what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.lead_lag import run


def test_intervals_hold_and_independent_pairs_are_left_alone_more_than_by_the_baseline() -> None:
    result = run(seed=3, pairs=60)
    told = {**result.figures}
    assert result.asked["coverage"].is_met(told["coverage"])
    assert isinstance(told["false_claims"], float)
    assert isinstance(result.baseline["false_claims"], float)
    assert told["false_claims"] < result.baseline["false_claims"] / 2


def test_no_file_has_known_lags() -> None:
    with pytest.raises(ValueError, match="leave --data out"):
        run(Path("some.csv"))
