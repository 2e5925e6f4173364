"""Illustrations: the made-up listings of the sample, so that prices and competition can be shown without market data.

No shop sells at these prices. Each line of LISTINGS is a phrase, a product, a middle price, how many listings there are
and how many reviews the middle one has; the rest follows by arithmetic. Written to `trends/sample/comparables.csv` by
`make sample`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = ("title", "phrase", "product_format", "marketplace", "price_cents", "currency", "seller", "rating", "reviews",
           "return_ratio", "known_on")  # fmt: skip
KNOWN_ON = "2017-10-01"


@dataclass(frozen=True, slots=True)
class Listing:
    """What the made-up listings of one phrase have in common."""

    phrase: str
    product_format: str
    price_cents: int
    listings: int = 6
    reviews: int = 30


LISTINGS = (
    Listing("pumpkin", "shirt", 2790, 8, 45),
    Listing("zombie", "shirt", 2850, 8, 40),
    Listing("cat", "shirt", 2690, 9, 60),
    Listing("bear", "shirt", 2650, 9, 62),
    Listing("steak", "apron", 3190, 7, 50),
    Listing("hot sauce", "apron", 3290, 6, 22),
    Listing("beer", "mug", 1990, 9, 65),
    Listing("bee", "tote", 2690, 8, 35),
    Listing("piano", "shirt", 2850, 7, 40),
    Listing("baking", "apron", 3250, 8, 55),
    Listing("cupcake", "apron", 3190, 6, 25),
    Listing("latte art", "mug", 1690, 7, 48),
    Listing("golden retriever", "shirt", 2690, 26, 240),
)


def listings() -> Iterator[tuple[str | int | float, ...]]:
    """The rows of comparables.csv: prices from 12 % below to 18 % above the middle, no seller twice in a phrase."""
    for each in LISTINGS:
        for at in range(each.listings):
            place = at / max(1, each.listings - 1)
            price = round(each.price_cents * (0.88 + 0.30 * place) / 10) * 10
            yield (
                f"Illustrative {each.phrase} {each.product_format.replace('_', ' ')} {at + 1}",
                each.phrase,
                each.product_format,
                "etsy",
                price,
                "USD",
                f"example shop {at + 1}",
                round(4.2 + 0.1 * (at % 7), 1),
                max(1, round(each.reviews * (0.4 + 1.2 * place))),
                round(0.02 + 0.01 * (at % 4), 2),
                KNOWN_ON,
            )
