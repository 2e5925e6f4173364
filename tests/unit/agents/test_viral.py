"""Viral: velocity and ratios by hand, and a branching ratio that finds the one a process was made with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from agents.specialist import Abstain
from agents.viral import VIRAL, arrivals, branching_ratio
from tests.desks import AS_OF, brief, facts_of, mention


def hawkes_counts(ratio: float, days: int = 3000, rate: float = 3.0, seed: int = 7) -> list[float]:
    """Daily counts of a self-exciting process, made by its clusters: immigrants, and Poisson(ratio) children each."""
    rng = np.random.default_rng(seed)
    times = list(rng.uniform(0, days, rng.poisson(rate * days)))
    waiting = list(times)
    while waiting:
        born = waiting.pop()
        children = [born + delay for delay in rng.exponential(0.05, rng.poisson(ratio))]
        times += children
        waiting += children
    return np.histogram(times, bins=days, range=(0, days))[0].astype(float).tolist()


@pytest.mark.parametrize("ratio", [0.3, 0.6, 0.8])
def test_the_branching_ratio_of_a_made_process_is_found(ratio: float) -> None:
    assert branching_ratio(hawkes_counts(ratio)) == pytest.approx(ratio, abs=0.08)


def test_arrivals_by_chance_alone_breed_nothing() -> None:
    assert branching_ratio(hawkes_counts(0.0)) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("counts", [[10.0] * 13, [1.0] * 14, []])
def test_too_few_days_or_arrivals_give_no_branching_ratio(counts: list[float]) -> None:
    assert branching_ratio(counts) is None


def test_equal_days_breed_nothing() -> None:
    assert branching_ratio([5.0] * 20) == 0.0


def measured(**metrics: float) -> dict[str, Any]:
    return {"metrics": metrics, "published_at": AS_OF - timedelta(hours=11), "known_at": AS_OF - timedelta(hours=1)}


def test_ratios_and_velocity_are_those_of_the_middle_signal() -> None:
    rows = [mention(n, **measured(views=1000.0 * n, likes=40.0, comments=10.0, shares=20.0)) for n in (1, 2, 4)]
    facts = facts_of(VIRAL, brief(rows))
    assert facts["viral.per_hour"].value == pytest.approx(200.0)
    assert facts["viral.engagement_ratio"].value == pytest.approx(70 / 2000)
    assert facts["viral.share_ratio"].value == pytest.approx(0.01)
    assert facts["viral.talk_ratio"].value == pytest.approx(0.25)
    # (.35 + .5 + 1 + 0 hooks: a number is one alone) / 4
    assert facts["viral.potential"].value == 46


def test_points_and_comments_are_enough_where_nobody_counts_views() -> None:
    facts = facts_of(VIRAL, brief([mention(1, **measured(score=100.0, comments=10.0))]))
    assert facts["viral.talk_ratio"].value == pytest.approx(0.1)
    assert facts["viral.per_hour"].value == pytest.approx(11.0)


def test_it_abstains_where_nothing_was_measured() -> None:
    with pytest.raises(Abstain, match="no likes, comments, shares or scores"):
        VIRAL.facts(brief([mention(1)]))
    with pytest.raises(Abstain, match="no signal"):
        VIRAL.facts(brief())


def test_broken_counts_are_not_measurements() -> None:
    rows = [mention(1, **measured(views=float("nan"), likes=float("inf"), score=1e300))]
    with pytest.raises(Abstain):
        VIRAL.facts(brief(rows))


def test_the_rule_never_carries_a_decision_alone() -> None:
    rows = [mention(n, text=f"How you win! {n}", **measured(views=10.0, likes=9.0, shares=9.0)) for n in range(5)]
    report = VIRAL.rule(facts_of(VIRAL, brief(rows)))
    assert 0 < report.stance <= 0.5


def test_what_was_there_when_watching_began_is_no_arrival() -> None:
    rows = [mention(n, published_at=None, days_ago=20) for n in range(50)]
    rows += [mention(50 + n, published_at=None, days_ago=20 - n % 20) for n in range(40)]
    counts = arrivals(rows, AS_OF)
    assert counts == [2.0] * 19
    assert branching_ratio(counts) == 0.0


def test_files_captured_now_and_then_say_nothing_of_arrivals() -> None:
    rows = [mention(n, published_at=None, days_ago=(60, 30, 1)[n % 3]) for n in range(90)]
    assert arrivals(rows, AS_OF) == []


def test_arrivals_of_years_ago_say_nothing_of_today() -> None:
    assert arrivals([mention(n, days_ago=900 + n) for n in range(90)], AS_OF) == []
