"""The benches of batches, small: they run, and what does not depend on the machine holds."""

from __future__ import annotations

from evals.bench import batch, kill


def test_every_row_is_drawn_once_and_a_rerun_draws_nothing() -> None:
    figures = batch.run(small=True).figures
    assert (figures["done"], figures["dead"], figures["rerun_renders"]) == (batch.SMALL_ROWS, 0, 0)
    assert figures["peak_mb"] < 1500  # type: ignore[operator]


def test_a_batch_that_is_killed_again_and_again_loses_and_doubles_nothing() -> None:
    figures = kill.run(small=True).figures
    assert figures["killed"] == kill.SMALL_KILLS
    assert (figures["assets"], figures["lost"], figures["doubled"]) == (kill.SMALL_ROWS, 0, 0)
