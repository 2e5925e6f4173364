"""Data science: sample size, what is missing, what looks made, and intervals that cover what they say."""

from __future__ import annotations

import numpy as np
import pytest

from agents.data_science import DATA_SCIENCE, median_interval, robust_z
from agents.specialist import Abstain
from tests.desks import brief, facts_of, mention


def test_it_abstains_where_nothing_points_at_the_idea() -> None:
    with pytest.raises(Abstain, match="no signal"):
        DATA_SCIENCE.facts(brief())


def test_a_robust_z_finds_the_one_that_lies_far_off() -> None:
    z = robust_z(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 100]))
    assert z[-1] == pytest.approx(95 / (1.4826 * 2))
    assert (np.abs(z) > 3.5).sum() == 1


def test_equal_values_have_no_outlier() -> None:
    assert not robust_z(np.ones(9)).any()


def test_an_interval_of_the_median_covers_it_nine_times_in_ten() -> None:
    rng = np.random.default_rng(7)
    held = [low <= 1.0 <= high for low, high in (median_interval(rng.lognormal(0, 1, 41)) for _ in range(600))]
    assert 0.88 <= np.mean(held) <= 0.97


def test_what_is_missing_is_counted() -> None:
    rows = [mention(1, author_hash=None, published_at=None), mention(2, metrics={"views": 5.0})]
    facts = facts_of(DATA_SCIENCE, brief(rows))
    assert [facts[f"data_science.missing_{name}_share"].value for name in ("author", "time", "metrics")] == [
        0.5,
        0.5,
        0.5,
    ]


@pytest.mark.parametrize(("copies", "expected"), [(3, True), (2, False)])
def test_repeated_texts_are_suspect_from_three_in_ten(copies: int, expected: bool) -> None:
    texts = ["buy now"] * (copies + 1) + [f"text {n}" for n in range(9 - copies)]
    facts = facts_of(DATA_SCIENCE, brief([mention(n, text) for n, text in enumerate(texts)]))
    assert facts["data_science.repeated_share"].value == pytest.approx(copies / 10)
    assert facts["data_science.bot_suspicion"].value is expected


@pytest.mark.parametrize(("by_one", "expected"), [(5, True), (4, False)])
def test_one_author_is_suspect_from_half_of_the_signals(by_one: int, expected: bool) -> None:
    rows = [mention(n, author_hash="one" if n < by_one else f"a{n}") for n in range(10)]
    assert facts_of(DATA_SCIENCE, brief(rows))["data_science.bot_suspicion"].value is expected


def test_more_likes_than_views_is_suspect() -> None:
    rows = [mention(n, metrics={"views": 10.0, "likes": 20.0 if n == 0 else 1.0}) for n in range(10)]
    facts = facts_of(DATA_SCIENCE, brief(rows))
    assert facts["data_science.impossible_share"].value == pytest.approx(0.1)
    report = DATA_SCIENCE.rule(facts)
    assert report.stance < 0
    assert "looks made" in report.summary


def test_counts_that_somebody_made_are_not_repeated_texts() -> None:
    rows = [mention(n, "latte art", author_hash=None, metrics={"items": 3.0, "authors": 3.0}) for n in range(10)]
    facts = facts_of(DATA_SCIENCE, brief(rows))
    assert facts["data_science.bot_suspicion"].value is False
    assert facts["data_science.missing_author_share"].value == 0


def test_growth_that_may_be_none_is_a_caveat() -> None:
    report = DATA_SCIENCE.rule(facts_of(DATA_SCIENCE, brief([mention()], [5, 90, 4, 80, 6, 70, 9])))
    assert any("it may be none" in caveat for caveat in report.model_dump()["caveats"])


def test_an_interval_of_growth_holds_the_growth_it_was_made_with() -> None:
    facts = facts_of(DATA_SCIENCE, brief([mention()], [100 * 1.1**n for n in range(10)]))
    assert facts.number("data_science.growth_low") <= 0.1 <= facts.number("data_science.growth_high") + 0.001


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e6])
def test_an_interval_of_growth_does_not_depend_on_the_unit(scale: float) -> None:
    low, high = (
        facts_of(DATA_SCIENCE, brief([mention()], [scale * each for each in (5, 9, 4, 8, 6, 7, 9, 11)])).number(
            f"data_science.growth_{end}"
        )
        for end in ("low", "high")
    )
    assert (low, high) == (pytest.approx(-0.0332, abs=1e-4), pytest.approx(0.1653, abs=1e-4))


def test_more_signals_make_more_trust() -> None:
    few, many = (
        facts_of(DATA_SCIENCE, brief([mention(n, metrics={"likes": 5.0}) for n in range(size)])) for size in (3, 90)
    )
    assert few.number("data_science.confidence") < many.number("data_science.confidence") <= 100


def test_engagement_comes_with_its_interval_where_there_are_enough_signals() -> None:
    rows = [mention(n, metrics={"views": 100.0, "likes": float(n)}) for n in range(1, 10)]
    facts = facts_of(DATA_SCIENCE, brief(rows))
    assert facts["data_science.median_engagement"].value == pytest.approx(0.05)
    assert (
        facts.number("data_science.median_engagement_low") < 0.05 < facts.number("data_science.median_engagement_high")
    )
    assert "data_science.median_engagement_low" not in facts_of(DATA_SCIENCE, brief(rows[:7]))
