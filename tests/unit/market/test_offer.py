"""Whether a listing can be sold at all."""

from dataclasses import replace

import pytest

from market.errors import MarketRefused
from market.listing import Disclosures, Listing, Picture, Variant
from market.offer import check_sale

LISTING = Listing(
    key="k", marketplace="ebay", locale="en", title="Otter", bullets=(), description="An otter.", tags=(),
    product_format="mug", price_cents=1800, currency="USD", quantity=5, variants=(),
    pictures=(Picture("ab", "image/png", "front.png", "An otter"),), disclosures=Disclosures("seller", ""),
)  # fmt: skip


def test_what_can_be_sold_passes():
    check_sale(LISTING, "eBay", ("USD", "CAD"))
    check_sale(replace(LISTING, currency="JPY"), "eBay")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"price_cents": 0}, "a price must be positive, got 0"),
        ({"variants": (Variant("v", {"size": "M"}, -5),)}, "a price must be positive, got -5"),
        ({"quantity": -1}, "a quantity must be positive, got -1"),
        ({"pictures": ()}, "it has no picture"),
        ({"currency": "EUR"}, "eBay sells in USD or CAD, the listing is in EUR"),
    ],
)
def test_what_cannot_be_sold_is_refused_with_the_value(other, words):
    with pytest.raises(MarketRefused, match=words):
        check_sale(replace(LISTING, **other), "eBay", ("USD", "CAD"))
