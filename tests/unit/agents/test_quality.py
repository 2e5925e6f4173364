"""Quality: what prints, what people keep, and a fatal risk at the edges of its thresholds."""

from __future__ import annotations

from typing import Any

import pytest

from agents.quality import CAPACITY, QUALITY
from tests.desks import brief, comparable, facts_of
from trends.product import FORMATS


def fatal(rows: list[dict[str, Any]] | None = None, **idea: Any) -> bool:
    comparables = [comparable(n, **row) for n, row in enumerate(rows or [])]
    return bool(facts_of(QUALITY, brief(comparables=comparables, **idea))["quality.fatal_risk"].value)


def test_every_format_states_what_it_holds() -> None:
    assert set(CAPACITY) == set(FORMATS)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("ox", False),
        ("x", True),
        ("🎃🎃🎃", True),
        ("", True),
        ("a" * 120, False),
        ("a" * 121, True),
        ("編み物", False),
    ],
)
def test_a_phrase_is_fatal_where_it_cannot_be_printed(phrase: str, expected: bool) -> None:
    assert fatal(phrase=phrase) is expected


@pytest.mark.parametrize(("rating", "count", "expected"), [(2.9, 5, True), (3.0, 5, False), (1.0, 4, False)])
def test_a_bad_median_rating_is_fatal_from_five_ratings_on(rating: float, count: int, expected: bool) -> None:
    assert fatal([{"rating": rating}] * count) is expected


@pytest.mark.parametrize(("returned", "count", "expected"), [(0.21, 5, True), (0.20, 5, False), (0.9, 4, False)])
def test_many_returns_are_fatal_from_five_statements_on(returned: float, count: int, expected: bool) -> None:
    assert fatal([{"return_ratio": returned}] * count) is expected


def test_a_short_phrase_with_good_ratings_scores_by_hand() -> None:
    # print 1.0; rating (4.5 - 3) / 2 = .75
    facts = facts_of(QUALITY, brief(comparables=[comparable(n, rating=4.5) for n in range(5)]))
    assert facts["quality.score"].value == 88
    assert "4.5 of five stars" in QUALITY.rule(facts).summary


def test_a_phrase_longer_than_the_format_holds_is_a_risk() -> None:
    facts = facts_of(QUALITY, brief(phrase="word " * 6, product_format="hat"))
    report = QUALITY.rule(facts).model_dump()
    assert report["risks"][0] == "The phrase has 29 characters; the product holds 20."
    assert "It is stitched: bold shapes and few colours only." in report["risks"]


def test_without_ratings_the_rule_stays_moderate_and_says_so() -> None:
    report = QUALITY.rule(facts_of(QUALITY, brief()))
    assert 0 < report.stance <= 0.4
    assert "No ratings" in report.summary


def test_a_fatal_risk_is_a_clear_no() -> None:
    assert QUALITY.rule(facts_of(QUALITY, brief(phrase="x"))).stance == -1


def test_emoji_and_other_scripts_are_told() -> None:
    facts = facts_of(QUALITY, brief(phrase="ёлка 🎄"))
    assert facts["quality.full_colour"].value is True
    assert facts["quality.latin"].value is False
    assert facts["quality.printable_share"].value == pytest.approx(0.8)
