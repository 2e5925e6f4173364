"""Variants: what is offered, under keys that stay, at prices that stand in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from market.bounds import bounds_of, refusals
from market.money import Rate
from market.variants import load_ranges, variants_of
from tests.drafting import listing
from trends.product import FORMATS

ETSY = bounds_of("etsy")
SHIRT = load_ranges()["shirt"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_range_with_its_source_and_its_variants_are_taken(name):
    offered = load_ranges()[name]
    assert offered.source and offered.known_on
    found = variants_of("key-1", offered, 2000, "USD", ETSY).variants
    assert len(found) in (0, max(len(offered.sizes), 1) * max(len(offered.colours), 1))
    assert refusals(listing(marketplace="etsy", variants=found), ETSY) == ()


def test_a_larger_size_costs_what_the_table_says():
    found = {one.options["size"]: one for one in variants_of("k", SHIRT, 2799, "USD", ETSY).variants[:6]}
    assert {size: one.price_cents for size, one in found.items()} == {
        "S": 2799, "M": 2799, "L": 2799, "XL": 2799, "2XL": 2999, "3XL": 3199,
    }  # fmt: skip
    assert found["2XL"].key == "k-2xl-black"


def test_keys_stay_whatever_else_is_offered_and_no_two_are_one():
    alone = variants_of("k", replace(SHIRT, colours=("black",)), 2799, "USD", ETSY).variants
    all_of_them = [one.key for one in variants_of("k", SHIRT, 2799, "USD", ETSY).variants]
    assert {one.key for one in alone} <= set(all_of_them)
    assert len(set(all_of_them)) == 18


def test_in_another_currency_a_surcharge_needs_a_rate():
    lacking = variants_of("k", SHIRT, 2500, "EUR", ETSY)
    assert {one.price_cents for one in lacking.variants} == {2500}
    assert lacking.note == "no exchange rate USD to EUR was brought: every size costs the same"
    rate = Rate("USD", "EUR", Decimal("0.92"), date(2026, 11, 1), "test")
    found = variants_of("k", SHIRT, 2500, "EUR", ETSY, [rate])
    assert sorted({one.price_cents for one in found.variants}) == [2500, 2684, 2868] and not found.note


def test_as_many_as_a_marketplace_takes_and_the_rest_is_told():
    found = variants_of("k", SHIRT, 2500, "USD", replace(ETSY, variants=4))
    assert [one.options for one in found.variants][-1] == {"size": "XL", "colour": "black"}
    assert found.note == "etsy takes 4 variants: 14 of 18 are left out"


def test_one_of_a_kind_has_no_variants():
    assert variants_of("k", load_ranges()["ornament"], 1699, "USD", ETSY).variants == ()
