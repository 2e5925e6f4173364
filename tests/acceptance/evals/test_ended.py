"""Bench ended, small: both databases find and judge the same new ideas; and its queries read no ended one."""

from __future__ import annotations

import pytest

from evals.bench import ended


def test_both_databases_judge_the_same_number_of_new_ideas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended, "SMALL_ENDED", 4_000)
    monkeypatch.setattr(ended, "SMALL_ROUNDS", 2)
    result = ended.run(small=True)
    assert result.figures["judged"] == result.baseline["judged"] == 2 * ended.TOP
    assert result.figures["ended"] == 4_000 and not result.asked
    read = result.figures["rows_read"]
    assert isinstance(read, int) and read < 4_000, "less than one look at every idea; small tables are read whole"


def test_every_round_has_subjects_of_its_own() -> None:
    rounds = [set(ended.subjects_of(nth)) for nth in range(ended.ROUNDS + 1)]
    assert len(set.union(*rounds)) == sum(len(each) for each in rounds)
