"""Bounds: what a marketplace would not take is said before anything is pushed; what can be cut is cut well."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.bounds import NoBounds, bounds_of, fitted, load_bounds, refusals
from market.listing import Claim, Picture
from tests.drafting import PICTURES, listing, variant

ETSY, EBAY, AMAZON = bounds_of("etsy"), bounds_of("ebay"), bounds_of("amazon")
NAMES = [
    "etsy",
    "printify",
    "printful",
    "shopify",
    "ebay",
    "amazon",
    "tiktok_shop",
    "redbubble",
    "amazon_merch",
    "folder",
]


def on_etsy(**changes):
    return refusals(listing(marketplace="etsy", **changes), ETSY)


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_listing_is_taken_everywhere_and_each_row_says_whence_and_when(name):
    bounds = bounds_of(name)
    told = {} if bounds.takes_tags else {"tags": ()}
    assert refusals(listing(marketplace=name, **told), bounds) == ()
    assert bounds.source and bounds.known_on <= date(2026, 12, 31)
    assert sorted(load_bounds()) == sorted(NAMES)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"price_cents": 0}, "price: 0 minor units of USD: a price must be above 0"),
        ({"price_cents": -5}, "price: -5 minor units of USD: a price must be above 0"),
        ({"price_cents": 19}, "price: 19 minor units of USD, etsy takes 20 at least: raise it"),
        ({"title": ""}, "title: it is empty: write one"),
        ({"title": "x" * 141}, "title: 141 characters, etsy takes 140: shorten it by 1"),
        ({"title": "Mugs & more & mugs"}, "title: & stands 2 times, etsy takes it once: put a word in its place"),
        ({"title": "Mug ☕"}, "title: etsy takes no ☕: take it out"),
        ({"title": "Mug\x07"}, "title: it has characters that nobody sees (U+0007): type it anew"),
        ({"title": "Mug \u202egum"}, "title: it has characters that nobody sees (U+202E): type it anew"),
        ({"description": "\n"}, "bullet"),
        ({"tags": tuple(f"tag {n}" for n in range(14))}, "tags: 14 of them, etsy takes 13: leave one out"),
        ({"tags": ("a" * 21,)}, f"tag {'a' * 21!r}: 21 characters, etsy takes 20: shorten it by 1"),
        ({"tags": ("Mug", "mug ")}, "tag 'mug ': it stands twice: leave one out"),
        ({"tags": ("mug!",)}, "tag 'mug!': etsy takes no !: take it out"),
        ({"tags": ("",)}, "tag '': it is empty: write one"),
        ({"pictures": ()}, "pictures: there is none, etsy wants 1: add a mock-up or the thumbnail of the print"),
        ({"pictures": PICTURES * 2}, f"picture {'a' * 64!r}: it stands twice: leave one out"),
        ({"pictures": (Picture("x", "image/png", "a", ""),)}, "picture 1: 'x' is no SHA-256: file it again"),
        ({"currency": "usd"}, "currency: 'usd' is no ISO code: write one of three capitals, as USD"),
        ({"quantity": 0}, "quantity: 0: at least 1 must be for sale"),
        ({"quantity": 1000}, "quantity: 1000, etsy takes 999: lower it"),
        ({"key": " "}, "key: it is empty: a listing without a key cannot be looked up again"),
        ({"variants": (variant(), variant())}, "variant key 'key-1-m': it stands twice: leave one out"),
        ({"variants": (variant(price_cents=0),)}, "price of M: 0 minor units of USD: a price must be above 0"),
        ({"variants": (variant("key-1"),)}, "variant M: it needs a key of its own"),
        (
            {"variants": (variant("a"), variant("b", colour="red"))},
            "variants: they do not all have the same options: give each a value for every option",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_what_where_and_how_to_mend_it(changes, line):
    found = on_etsy(**changes)
    assert line in found or (line == "bullet" and not any(one.startswith("bullet") for one in found))


def test_a_currency_that_is_not_sold_in_is_refused_with_what_is():
    found = refusals(listing(marketplace="ebay", tags=(), currency="JPY"), EBAY)
    assert found[0].startswith("currency: ebay does not sell in JPY (USD, GBP, EUR")
    assert "the price is in USD, the shop sells in EUR" in refusals(listing(marketplace="etsy"), ETSY, "EUR")[0]
    assert refusals(listing(marketplace="etsy"), ETSY, "USD") == ()


def test_bullets_count_into_the_description_where_a_marketplace_has_none_of_its_own():
    long = replace(listing(marketplace="ebay", tags=()), description="d" * 3990, bullets=("b" * 20,))
    assert refusals(long, EBAY)[0].startswith("description: 4014 characters")
    assert refusals(replace(long, bullets=()), EBAY) == ()
    six = listing(marketplace="amazon", bullets=tuple(f"point {n}" for n in range(6)))
    assert "bullets: 6 of them, amazon takes 5: leave one out" in refusals(six, AMAZON)


def test_amazon_counts_its_tags_in_bytes():
    tags = tuple("é" * 20 + str(n) for n in range(7))
    assert "tags: 293 bytes together, amazon takes 249: leave some out" in refusals(
        listing(marketplace="amazon", tags=tags), AMAZON
    )
    assert len(fitted(listing(marketplace="amazon", tags=tags), AMAZON).tags) == 5


def test_bounds_of_another_marketplace_and_of_none_are_told():
    assert "the listing is for folder" in refusals(listing(), ETSY)[0]
    with pytest.raises(NoBounds, match=r"'myspace'.*known are amazon"):
        bounds_of("myspace")


def test_what_can_be_fitted_is_and_a_claim_goes_with_its_text():
    long = listing(
        marketplace="etsy",
        title=f"{'Pumpkin Carving and ' * 8}Mug & More & More",
        tags=("a tag that is far too long for it", "halloween!", "HALLOWEEN", *(f"tag {n}" for n in range(20))),
        claims=(Claim("printed on demand", "cost:x/mug"), Claim("90 days", "cost:x/mug")),
    )
    found = fitted(long, ETSY, frozenset(("and",)))
    assert refusals(found, ETSY) == ()
    assert len(found.title) <= 140 and found.title.endswith("Pumpkin Carving")
    assert found.tags[:2] == ("halloween", "tag 0") and len(found.tags) == 13
    assert [claim.text for claim in found.claims] == ["printed on demand"]


def test_a_listing_that_fits_is_left_as_it_is():
    for name in NAMES:
        whole = listing(marketplace=name)
        assert fitted(whole, bounds_of(name)) == whole


TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=400)


@settings(deadline=None, max_examples=150)
@given(TEXT, st.lists(TEXT, max_size=8), TEXT, st.lists(TEXT, max_size=20), st.sampled_from(NAMES))
def test_whatever_is_written_what_is_left_of_it_breaks_no_bound_of_length_or_sign(title, bullets, told, tags, name):
    whole = listing(marketplace=name, title=title, bullets=tuple(bullets), description=told * 12, tags=tuple(tags))
    found = fitted(whole, bounds_of(name))
    left = [line for line in refusals(found, bounds_of(name)) if "is empty" not in line and " more" not in line]
    assert left == []
    assert fitted(found, bounds_of(name)) == found
