"""Values as people read them, and series as drawings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import drawing, wording


def test_a_fact_is_shown_with_its_unit() -> None:
    assert wording.fact_text(2450, "cents") == "$24.50"
    assert wording.fact_text(0.412, "ratio") == "41%"
    assert wording.fact_text(0.034, "share") == "3.4%"
    assert wording.fact_text(True, "bool") == "yes"
    assert wording.fact_text("low", "text") == "low"
    assert wording.fact_text(12.5, "days") == "12.5 days"
    assert wording.fact_text(1_234_567, "count") == "1,234,567"


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (2400, "USD", "$24.00"), (2750, "JPY", "JPY 2,750"), (1_234_567, "EUR", "€12,345.67"), (-50, "USD", "-$0.50"),
        (1250, "KWD", "KWD 1.250"), (999, "", "9.99"),
    ],
)  # fmt: skip
def test_an_amount_has_as_many_decimals_as_its_currency(minor: int, currency: str, said: str) -> None:
    assert wording.money(minor, currency) == said


def test_a_field_says_its_unit_by_its_name() -> None:
    assert wording.field_text("price_cents", 1999) == "$19.99"
    assert wording.field_text("margin_ratio", 0.25) == "25%"
    assert wording.field_text("risks", ["thin", "long"]) == "thin; long"
    assert wording.field_name("price_cents") == "price"


def test_a_day_is_written_out() -> None:
    assert wording.day(datetime(2017, 10, 5, tzinfo=UTC)) == "5 Oct 2017"
    assert wording.day("2017-10-31") == "31 Oct 2017"


def test_a_short_or_empty_series_is_not_drawn() -> None:
    assert drawing.spark([1.0, 2.0], "") is None
    assert drawing.spark([0.0, 0.0, 0.0], "") is None


def test_a_series_fills_its_box() -> None:
    drawn = drawing.spark([0.0, 5.0, 10.0], "rising")
    assert drawn is not None
    assert drawn.line == "M0.0 56.0L120.0 31.0L240.0 6.0"
    assert (drawn.end_x, drawn.end_y) == (240.0, 6.0)


def test_the_terms_of_a_score_stand_on_each_other_and_a_missing_one_has_no_length() -> None:
    terms = [
        {"name": "freshness", "value": 0.5, "weight": 0.4, "reason": ""},
        {"name": "novelty", "value": None, "weight": 0.0, "reason": "no data"},
        {"name": "community_fit", "value": 1.0, "weight": 0.6, "reason": ""},
    ]
    drawn = drawing.waterfall(terms)
    assert [(each.start, each.length, each.missing) for each in drawn] == [
        (0.0, 20.0, False),
        (20.0, 0.0, True),
        (20.0, 60.0, False),
    ]


@given(st.text(max_size=200), st.sampled_from(["mug", "shirt", "poster", ""]))
def test_lettering_never_has_more_than_three_lines_nor_leaves_its_room(phrase: str, product: str) -> None:
    lines, size = drawing.letter(phrase, product)
    assert 1 <= len(lines) <= 3
    assert 0 < size <= 14
    assert max(map(len, lines)) * size * drawing.GLYPH <= drawing.ROOM.get(product, 48.0) * 1.2
