"""Drafts: a whole listing that its marketplace takes, with what a person should know of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from market.bounds import NoBounds, load_bounds
from market.drafts import draft, prepared
from market.figures import untraced
from market.listing import Disclosures, pack, unpack
from market.money import Rate
from market.subject import grounds_of
from market.texts import Texts
from market.words import LANGUAGES
from tests.drafting import PICTURES, offer, subject

EURO = Rate("USD", "EUR", Decimal("0.92"), date(2026, 11, 1), "test")


@pytest.mark.parametrize("marketplace", sorted(load_bounds()))
@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_draft_is_taken_by_its_marketplace_and_every_figure_of_it_is_traced(marketplace, locale):
    for number in (0, 4, 5, 9):
        known, offered = subject(number, "shirt"), offer(locale, marketplace)
        made = draft(known, offered, PICTURES, seed=number)
        assert made.refusals == ()
        one = made.listing
        told = (one.title, *one.bullets, one.description, *one.tags)
        assert untraced(told, one.claims, grounds_of(prepared(known, offered)[0]), locale) == ()
        assert unpack(pack(one)) == one and one.claims


def test_price_and_surcharges_follow_the_rate_that_was_brought():
    made = draft(subject(), offer("de", rates=(EURO,)), PICTURES).listing
    assert (made.price_cents, made.currency) == (2299, "EUR")
    assert sorted({one.price_cents for one in made.variants}) == [2299, 2483, 2667]


def test_what_could_not_be_done_is_in_the_notes():
    lacking = draft(subject(), offer("de"), PICTURES)
    assert lacking.notes == ("no exchange rate USD to EUR was brought: it stays in USD",)
    assert (lacking.listing.price_cents, lacking.listing.currency) == (2499, "USD")


@pytest.mark.parametrize(
    ("changes", "pictures", "line"),
    [
        ({"price_cents": 0}, PICTURES, "price: 0 minor units of USD: a price must be above 0"),
        ({}, (), "pictures: there is none, etsy wants 1: add a mock-up or the thumbnail of the print"),
        ({"shop_currency": "EUR"}, PICTURES, "currency: the price is in USD, the shop sells in EUR"),
    ],
)
def test_what_the_marketplace_would_refuse_is_told_with_the_draft(changes, pictures, line):
    made = draft(subject(), offer(**changes), pictures)
    assert any(one.startswith(line) for one in made.refusals)


def test_lettering_is_the_sellers_design_and_any_other_picture_is_disclosed():
    assert draft(subject(0), offer(), PICTURES).listing.disclosures == Disclosures("seller", "printify")
    drawn = draft(subject(5), offer(), PICTURES).listing
    assert drawn.disclosures == Disclosures("seller with AI", "printify")
    alone = draft(replace(subject(0), cost=None), offer(), PICTURES).listing
    assert alone.disclosures.production_partner == ""


def test_texts_that_somebody_else_wrote_are_fitted_like_our_own():
    texts = Texts("A mug & a mug & " * 12, ("one",), "It is a mug.", ("mug",) * 3, by="somebody/model", why="")
    made = draft(subject(0, "mug"), offer(), PICTURES, texts)
    assert made.refusals == () and made.by == "somebody/model"
    assert len(made.listing.title) <= 140 and made.listing.tags == ("mug",)


def test_sizes_that_are_told_are_those_that_are_offered():
    known, _, offered = prepared(subject(0, "poster"), offer())
    assert known.sizes == ("12 x 18 in", "18 x 24 in", "24 x 36 in") and known.shades == ()
    assert len(offered.variants) == 3


def test_a_marketplace_that_nobody_wrote_down_is_refused():
    with pytest.raises(NoBounds):
        draft(subject(), offer(marketplace="myspace"), PICTURES)
