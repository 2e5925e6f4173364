"""Price: the median, unless it leaves too little; checked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.costs import margin_at
from market.price import asking_price, least_price_cents
from tests.desks import ETSY, SHIRT, comparable


def test_the_median_is_asked_where_it_leaves_twenty_per_cent() -> None:
    asking = asking_price(SHIRT, ETSY, [comparable(n, cents) for n, cents in enumerate((2000, 2500, 4000))])
    assert (asking.price_cents, asking.basis, asking.raised) == (2500, "comparables", False)
    assert asking.margin_ratio == pytest.approx(0.3268)


def test_a_median_that_leaves_too_little_gives_way_to_the_lowest_price_that_does_not() -> None:
    # 2000 leaves 2000 - 1400 - 235 = 365 (18.25 %); 2100 leaves 2100 - 1400 - 245 = 455 (21.7 %).
    asking = asking_price(SHIRT, ETSY, [comparable(n, cents) for n, cents in enumerate((1500, 2000, 2100, 2600, 1900))])
    assert (asking.price_cents, asking.raised) == (2100, True)


def test_where_no_price_leaves_enough_the_median_stays() -> None:
    asking = asking_price(SHIRT, ETSY, [comparable(n, cents) for n, cents in enumerate((1500, 1600, 1700))])
    assert (asking.price_cents, asking.raised) == (1600, False)
    assert asking.margin_ratio < 0.20


def test_a_median_at_exactly_twenty_per_cent_is_not_raised() -> None:
    free = replace(ETSY, listing_fee_cents=0, transaction_ratio=0.0, payment_ratio=0.0, payment_fixed_cents=0)
    asking = asking_price(SHIRT, free, [comparable(n, cents) for n, cents in enumerate((1750, 1750, 9000))])
    assert (asking.price_cents, asking.margin_ratio, asking.raised) == (1750, 0.2, False)


def test_without_comparables_the_usual_price_is_asked_and_says_so() -> None:
    asking = asking_price(SHIRT, ETSY, [])
    assert (asking.price_cents, asking.basis) == (2500, "usual retail price")


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.5])
def test_the_least_price_reaches_its_margin_and_a_cent_less_does_not(margin: float) -> None:
    price = least_price_cents(SHIRT, ETSY, margin)
    assert price is not None
    assert margin_at(price, SHIRT, ETSY) >= margin > margin_at(price - 1, SHIRT, ETSY)


def test_there_is_no_least_price_where_fees_take_it_all() -> None:
    assert least_price_cents(SHIRT, replace(ETSY, transaction_ratio=0.9)) is None
