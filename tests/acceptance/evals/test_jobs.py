"""The bench of jobs, small: it runs, and what does not depend on the machine holds."""

from __future__ import annotations

from evals.bench import jobs


def test_all_of_the_history_is_cleaned_away_and_every_turn_is_worked_off() -> None:
    result = jobs.run(small=True)
    assert result.figures["deleted"] == jobs.SMALL_HISTORY
    for name in ("jobs_per_s", "jobs_per_s_with_history", "jobs_per_s_cleaned"):
        rate = result.figures[name]
        assert isinstance(rate, float) and rate > 0
    assert result.baseline["jobs_per_s"] and result.asked == {}
