"""What the parts of a listing's page say: gates, claims, changes, marketplaces, ways."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from market.bounds import bounds_of
from market.listing import Change, Variant
from market.pace import Pace, shipped
from ui.console.gates import outcome_of, source_text
from ui.console.leaving import table
from ui.console.offered import line_of, ways_of
from ui.console.outlets import pace_text, takes_text
from ui.console.shown import ground_of, options_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outcome", "passed", "counts"),
    [
        ("blocked", None, "blocked"),
        ("blocked", NOW, "passed"),
        ("could not run", NOW, "passed"),
        ("clear", None, "clear"),
    ],
)
def test_a_gate_that_was_let_pass_counts_as_that(outcome: str, passed: datetime | None, counts: str) -> None:
    assert outcome_of({"outcome": outcome, "passed_at": passed}) == counts


def test_a_list_says_its_version_and_its_size() -> None:
    assert source_text({"name": "marks", "version": "7d", "size": 1261}) == "marks 7d, 1,261 rows"
    assert source_text({"name": "EUIPO", "version": "", "size": None}) == "EUIPO"


def test_a_claim_stands_beside_its_fact_or_its_row() -> None:
    fact = {"value": 2400, "unit": "cents", "label": "price", "source": "costs", "known_at": NOW, "row_count": 3}
    assert ground_of("pricing.price_cents", fact) == (
        "price: $24.00", "pricing.price_cents · costs · 1 Dec 2026 · 3 rows"
    )  # fmt: skip
    assert ground_of("cost:printify/shirt", None) == ("A row of costs", "printify/shirt")
    assert ground_of("cost:printify/shirt#shipping", None) == ("A row of costs", "printify/shirt, shipping")
    assert ground_of("design:01a2-22#lettering", None) == ("The design", "lettering")


def test_options_are_told_once_each_in_their_order() -> None:
    variants = [Variant(f"{size}{colour}", {"size": size, "colour": colour}, 1) for size in "SM" for colour in "ab"]
    assert options_of(variants) == {"size": ["S", "M"], "colour": ["a", "b"]}


def test_what_would_go_out_is_set_as_text() -> None:
    drawn = table([Change("title", None, "<script>x</script>"), Change("price_cents", 1999, 2450)], "USD")
    assert "<script>" not in drawn and "&lt;script&gt;" in drawn
    assert "nothing" in drawn and "$19.99" in drawn and "$24.50" in drawn


def test_a_marketplace_says_what_it_takes_and_how_often_it_may_be_asked() -> None:
    assert takes_text(bounds_of("etsy")).startswith("Takes: title of 140, text of 49,000, 13 tags of 20, 20 pictures")
    assert "from $0.20" in takes_text(bounds_of("etsy"))
    assert pace_text("etsy", shipped()) == "May be asked: 10 a second; 10,000 a day"
    own = [Pace("x", "publish", 1800.0, 200, date(2026, 1, 1), "")]
    assert pace_text("x", own) == "May be asked: 200 in 30 minutes to put something up"
    assert pace_text("folder", shipped()) == ""


def test_only_ways_that_are_not_begun_are_drawn_up() -> None:
    rows = [{"marketplace": "folder", "locale": "en"}]
    assert ways_of(["folder", "etsy"], ["en", "de"], rows) == [("folder", "de"), ("etsy", "en"), ("etsy", "de")]


def test_the_day_at_a_glance_says_how_many_wait_are_live_and_need_somebody() -> None:
    assert line_of({"waiting": 3, "live": 1, "blocked": 1, "dead": 1}) == (
        "Listings: 3 wait for you, 1 is live, 2 need somebody"
    )
    assert line_of({}) == "Listings: none wait, none are live"
