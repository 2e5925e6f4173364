"""A search is what it says, and a design ages by dates alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.library import Tag
from studio.shelf import Filed, Search, found, stage_of

TODAY = date(2026, 11, 20)
TROUT = Filed("a", "Gone trout fishing", (Tag("trout", 0.95), Tag("calm", 0.4)), "animals", 0.91, TODAY)
COFFEE = Filed("b", "But first coffee", (Tag("coffee", 0.9),), "food and drink", 0.87, TODAY - timedelta(100))
GONE = Filed("c", "Trout", (Tag("trout", 0.9),), "animals", 0.99, TODAY, deleted=True)


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (Search(), "ab"),
        (Search(tags=("Trout",)), "a"),
        (Search(tags=("trout", "coffee")), ""),
        (Search(tags=("calm",)), ""),
        (Search(tags=("calm",), sure=0.3), "a"),
        (Search(category="Food and drink"), "b"),
        (Search(words="fishing gone"), "a"),
        (Search(words="fish"), ""),
        (Search(since=TODAY), "a"),
        (Search(until=TODAY - timedelta(1)), "b"),
        (Search(least_score=0.9), "a"),
        (Search(stages=frozenset({"archived"})), "b"),
        (Search(deleted=True), "c"),
    ],
)
def test_each_condition_takes_what_it_says_and_leaves_the_rest(search, ids):
    assert "".join(one.id for one in found(search, [COFFEE, GONE, TROUT], TODAY)) == ids


@pytest.mark.parametrize(
    ("days", "stage"),
    [(0, "active"), (89, "active"), (90, "archived"), (364, "archived"), (365, "cold"), (4000, "cold")],
)
def test_a_design_is_archived_after_ninety_days_and_cold_after_twelve_months(days, stage):
    assert stage_of(TODAY - timedelta(days), None, TODAY) == stage


def test_use_keeps_a_design_active():
    old = TODAY - timedelta(1000)
    assert stage_of(old, TODAY - timedelta(10), TODAY) == "active"
    assert stage_of(TODAY, old, TODAY) == "active"


def test_a_design_of_a_leap_day_is_cold_on_the_first_of_march():
    assert stage_of(date(2024, 2, 29), None, date(2025, 2, 28)) == "archived"
    assert stage_of(date(2024, 2, 29), None, date(2025, 3, 1)) == "cold"


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(0, 800),
)
def test_a_design_only_grows_older(filed_on, used_on, days):
    order = ["active", "archived", "cold"]
    last = max(filed_on, used_on or filed_on)
    now, later = last + timedelta(days), last + timedelta(days + 30)
    assert order.index(stage_of(filed_on, used_on, now)) <= order.index(stage_of(filed_on, used_on, later))
