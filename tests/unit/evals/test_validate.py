"""Bench validate: both kinds of asset are real ones, and its figures are those of the files that were written."""

from __future__ import annotations

from evals.bench.validate import GENERATION_S, KINDS, run


def test_the_small_size_measures_both_kinds_and_the_slower_one_decides():
    result = run(small=True)
    slower = max(result.figures[f"{kind}_least_s"] for kind in KINDS)
    assert result.figures["share"] == slower / GENERATION_S
    assert result.figures["share"] <= min(
        result.figures["share_by_clock"], result.figures["cpu_seconds"] / GENERATION_S
    )
    assert 0 < result.figures["max_ink"] <= 300
    assert not result.asked
    assert all(result.baseline[f"{kind}_finish_s"] > 0 for kind in KINDS)
