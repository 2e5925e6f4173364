"""A row of the queue as the browser is told it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ui.console.rows import Pages, told

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": UUID(int=1), "phrase": "<b>moss</b>", "audience": "gardeners", "product_format": "phone_case",
    "status": "pending_review", "verdict": "approve", "score": 0.71, "margin_ratio": 0.31, "price_cents": 2450,
    "order_by": None, "decided_at": NOW - timedelta(hours=3), "revision": 1,
}  # fmt: skip


def test_a_row_is_words_and_a_colour_and_what_people_wrote_stays_as_it_is() -> None:
    row = told(ROW, NOW)
    assert (row["phrase"], row["line"], row["score"]) == ("<b>moss</b>", "phone case · gardeners", "0.71")
    assert row["facts"] == [["money", "$24.50 · 31% margin"], ["age", "3 h"]]
    assert (row["verdict"], row["colour"]) == ("approve", "green")


def test_what_is_not_known_is_said() -> None:
    row = told({**ROW, "score": None, "price_cents": None, "margin_ratio": None}, NOW)
    assert row["score"] == "–"
    assert row["facts"] == [["money", "price unknown"], ["age", "3 h"]]


def test_an_answered_idea_shows_its_status_instead_of_the_advice() -> None:
    row = told({**ROW, "status": "rejected"}, NOW)
    assert (row["verdict"], row["colour"]) == ("rejected", "red")


@pytest.mark.parametrize(
    ("day", "urgency", "text"),
    [
        (date(2026, 5, 3), "over", "order by 3 May"),
        (date(2026, 5, 11), "soon", "order by 11 May"),
        (date(2026, 5, 12), "due", "order by 12 May"),
        (date(2027, 1, 2), "due", "order by 2 Jan 2027"),
    ],
)
def test_an_order_date_is_the_more_urgent_the_nearer_it_is(day: date, urgency: str, text: str) -> None:
    assert told({**ROW, "order_by": day}, NOW)["due"] == (urgency, text)


def test_pages_say_where_one_is_and_which_way_one_can_go() -> None:
    assert Pages(25, 10_000, True).told(25) == {"range": "26–50 of 10,000", "back": True, "on": True}
    assert Pages(0, 0, False).told(0) == {"range": "0 of 0", "back": False, "on": False}
