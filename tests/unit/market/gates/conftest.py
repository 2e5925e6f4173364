"""A listing that nothing is wrong with, and the design it shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from market.gates import Artwork
from market.listing import Claim, Disclosures, Listing, Picture, Variant


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def artwork() -> Artwork:
    return Artwork(
        "Moss is my therapy", "typographic", "clear", "letters and shapes of ours alone", "text only 1", "printify"
    )


@pytest.fixture
def listing() -> Listing:
    return Listing(
        key="k1", marketplace="etsy", locale="en", title="Moss lover shirt", bullets=("Soft cotton",),
        description="A shirt for people who like moss. Printed by a partner.", tags=("moss", "plant mom"),
        product_format="shirt", price_cents=2500, currency="USD", quantity=99,
        variants=(Variant("k1-m", {"size": "M"}, 2500),),
        pictures=(Picture("0" * 64, "image/png", "front.png", "A shirt with moss letters"),),
        disclosures=Disclosures("seller", "printify"), claims=(Claim("Soft cotton", "cost:printify/shirt"),),
    )  # fmt: skip
