"""The bench of the API, small: real processes, real keys; what it says it measured is there."""

from __future__ import annotations

from evals.bench.api import run


def test_the_small_bench_asks_lists_and_decides_without_an_error() -> None:
    result = run(small=True)
    assert result.figures["errors"] == 0, result.notes
    assert result.figures["untold"] == 0 or float(str(result.figures["settle_s"])) < 60
    assert int(str(result.figures["decided"])) > 0
    assert float(str(result.figures["read_ratio"])) > 0
    assert float(str(result.baseline["bare_per_s"])) > 0
