"""The suite of weights: its bounds, and that its five weights are learned from the past alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from evals.outlook import HAND, LEARNED
from evals.ranking import Judged
from evals.weights import HANDSET, Scored, by_day, cut, false_go, rolling, ruled, run
from rl.weights import PastDay
from trends.score_table import TERMS

FIRST = date(2026, 1, 5)


def scored(days: int = 26, ideas: int = 40, which: int = 4) -> list[Scored]:
    """Days on which one term decides what comes; every second idea is a subject."""
    rng = np.random.default_rng(8)
    found = []
    for number in range(days):
        terms = rng.random((ideas, 5))
        came = terms[:, which] + 0.2 * rng.standard_normal(ideas)
        found.append(Scored(PastDay(FIRST + timedelta(days=number), terms, came), np.arange(ideas) % 2 == 0))
    return found


def judged(learned: float, hand: float, days: int = 30) -> Judged:
    noise = 0.01 * np.random.default_rng(1).standard_normal(days)
    return Judged(
        days, days * 50, {LEARNED: learned + noise, HAND: np.full(days, hand), "last_gain": np.full(days, hand)}
    )


def test_weights_are_proposed_from_days_whose_week_was_over() -> None:
    ideas = scored()
    proposals = rolling(ideas)
    assert [one.days for one in proposals[:9]] == [0] * 7 + [1, 2]
    assert proposals[0].five == pytest.approx(HANDSET)
    changed = [*ideas[:12], *scored(which=0)[12:]]
    assert [one.five for one in rolling(changed)[:19]] == [one.five for one in proposals[:19]]
    assert rolling(changed)[-1].five != proposals[-1].five


def test_the_gate_lets_learned_weights_pass_and_the_wrong_term_alone_not() -> None:
    ideas = scored(days=45)
    rows = [np.ones(40, dtype=bool)] * len(ideas)
    assert ruled(ideas, [one.five for one in rolling(ideas)], rows, 7).go
    wrong = {name: float(name == "novelty") for name in TERMS}
    ruling = ruled(ideas, [wrong] * len(ideas), rows, 7)
    assert (ruling.go, ruling.gain < 0) == (False, True)


def test_a_day_of_too_few_rows_has_no_figure() -> None:
    ideas = scored(3)
    few, all_ = np.arange(40) < 7, np.ones(40, dtype=bool)
    figures = by_day(ideas, [HANDSET] * 3, [few, all_, all_])
    assert np.isnan(figures[0])
    assert 0.5 < figures[1] < 1


def test_the_cut_is_the_share_of_what_was_lacking() -> None:
    share, lower = cut(judged(0.95, 0.9), LEARNED, "last_gain", 7)
    assert share == pytest.approx(0.5, abs=0.03)
    assert 0.4 < lower < share
    assert all(np.isnan(cut(Judged(0, 0, {LEARNED: np.array([]), "last_gain": np.array([])}), LEARNED, "last_gain", 7)))


def test_what_is_no_better_passes_seldom() -> None:
    assert false_go(judged(0.9, 0.8), 7, draws=300) <= 0.06


def test_a_file_of_too_few_days_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    header = "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,date\n"
    path.write_text(header + "abcdefghijk,a title,a channel,24,a|b,100,1,1,1,,13.09\n")
    with pytest.raises(ValueError, match="10 days"):
        run(path)
