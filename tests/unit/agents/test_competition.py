"""Competition: three signs, their thresholds at the edges, and silence where little is known."""

from __future__ import annotations

import pytest

from agents.competition import COMPETITION, above_equal, hhi
from agents.specialist import Abstain
from tests.desks import brief, comparable, facts_of, mention


def level(count: int, reviews: int | None = None, mentions: int = 200, sellers: int | None = None) -> str:
    rows = [comparable(n, reviews=reviews, seller=None if sellers is None else f"s{n % sellers}") for n in range(count)]
    return facts_of(COMPETITION, brief([mention(n) for n in range(mentions)], comparables=rows)).text(
        "competition.level"
    )


def test_it_abstains_under_five_comparables_and_says_what_to_bring() -> None:
    with pytest.raises(Abstain, match=r"4 comparables known, 5 needed.*bring a CSV"):
        COMPETITION.facts(brief(comparables=[comparable(n) for n in range(4)]))
    assert level(5, reviews=0) == "low"


def test_one_sign_alone_shows_no_open_field() -> None:
    assert level(5) == "medium"


@pytest.mark.parametrize(
    ("count", "reviews", "sellers", "expected"),
    [
        (14, 99, 14, "low"),  # 0 + 0 + 0
        (15, 99, 15, "low"),  # 1 + 0 + 0
        (15, 100, 15, "medium"),  # 1 + 1 + 0
        (59, 1000, 59, "medium"),  # 1 + 2 + 0
        (60, 999, 60, "medium"),  # 2 + 1 + 0
        (60, 1000, 60, "high"),  # 2 + 2 + 0
        (14, 1000, 1, "high"),  # 0 + 2 + 2
        (60, None, None, "medium"),  # 2, the others are not known
    ],
)
def test_the_level_follows_the_written_thresholds(
    count: int, reviews: int | None, sellers: int | None, expected: str
) -> None:
    assert level(count, reviews, sellers=sellers) == expected


def test_many_listings_for_few_mentions_crowd_one_step_more() -> None:
    assert level(14, 100, mentions=8) == "low"
    assert level(14, 100, mentions=7) == "medium"


def test_concentration_is_the_sum_of_squared_shares() -> None:
    assert hhi(["a", "a", "b", "c"]) == (pytest.approx(0.25 + 0.0625 + 0.0625), 3)
    assert above_equal(0.25, 4) == pytest.approx(0.0)
    assert above_equal(1.0, 4) == pytest.approx(1.0)


def test_concentration_is_left_out_where_few_listings_name_a_seller() -> None:
    rows = [comparable(n, seller="s" if n < 4 else None) for n in range(10)]
    facts = facts_of(COMPETITION, brief(comparables=rows))
    assert "competition.hhi" not in facts
    assert facts["competition.signs"].value == 1


@pytest.mark.parametrize(("count", "reviews", "sign"), [(10, 5, 1), (60, 5000, -1)])
def test_the_rule_is_for_a_low_level_and_against_a_high_one(count: int, reviews: int, sign: int) -> None:
    rows = [comparable(n, reviews=reviews) for n in range(count)]
    report = COMPETITION.rule(facts_of(COMPETITION, brief(comparables=rows)))
    assert report.stance * sign > 0
    assert f"{count} comparable listings" in report.summary
