"""Comparables: read with care, matched by stems and format, never later than the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from market.comparables import MOST_ROWS, comparables_from, format_of, match
from market.reference import Reference
from tests.desks import AS_OF, comparable, idea

ROW = {"title": "Carved Pumpkins T-Shirt", "price": "$24.99", "marketplace": "Etsy"}


def reference(known_at: datetime = datetime(2025, 9, 1, tzinfo=UTC), **body: Any) -> Reference:
    return Reference("1", "comparable", ROW | body, known_at)


def test_prices_are_read_in_whole_units_or_cents() -> None:
    assert comparables_from([reference()])[0].price_cents == 2499
    assert comparables_from([reference(price_cents="1999")])[0].price_cents == 1999


@pytest.mark.parametrize(
    "body", [{"title": " "}, {"price": "free"}, {"price": "0"}, {"price": "nan"}, {"price": "-3"}, {"price": None}]
)
def test_a_row_without_a_title_or_a_positive_price_is_passed_over(body: dict[str, Any]) -> None:
    assert comparables_from([reference(**body)]) == ()


def test_what_is_out_of_range_is_unknown() -> None:
    row = comparables_from([reference(rating="47", reviews="-1", return_ratio="inf")])[0]
    assert (row.rating, row.reviews, row.return_ratio) == (None, None, None)


def test_what_was_learned_later_is_not_known() -> None:
    late = reference(known_at=AS_OF + timedelta(seconds=1))
    assert comparables_from([late], AS_OF) == ()
    assert match(idea(), [comparable(known_at=AS_OF + timedelta(seconds=1))], AS_OF).rows == ()


def test_a_title_matches_by_stems_in_any_order() -> None:
    assert match(idea(), [comparable(title="Carve PUMPKINS shirt")]).rows
    assert not match(idea(), [comparable(title="Pumpkin spice shirt")]).rows


def test_a_stated_phrase_decides_over_the_title() -> None:
    assert match(idea(), [comparable(title="Jack o lantern", phrase="pumpkins carving")]).rows
    assert not match(idea(), [comparable(phrase="halloween")]).rows


def test_another_format_does_not_match_and_an_unknown_one_does() -> None:
    assert not match(idea(), [comparable(product_format="mug")]).rows
    assert match(idea(), [comparable(product_format="")]).rows


@pytest.mark.parametrize(
    ("stated", "title", "found"),
    [
        ("Phone case", "x", "phone_case"),
        (None, "Fox T-Shirts for runners", "shirt"),
        ("mugs", "x", "mug"),
        (None, "Fox", ""),
        ("puzzle", "Fox mug", "puzzle"),
    ],
)
def test_a_format_is_read_from_its_column_else_from_the_title(stated: str | None, title: str, found: str) -> None:
    assert format_of(stated, title) == found


def test_a_phrase_without_words_matches_nothing() -> None:
    assert match(idea(phrase="🎃 !!"), [comparable()]).rows == ()


def test_the_newest_are_kept_up_to_a_limit() -> None:
    rows = [comparable(n, known_at=AS_OF - timedelta(minutes=n)) for n in range(MOST_ROWS + 5)]
    kept = match(idea(), rows, AS_OF).rows
    assert len(kept) == MOST_ROWS
    assert kept[0].known_at == AS_OF
