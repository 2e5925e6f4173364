"""What the tests of drafts share: twenty ideas as people posted them, and a subject, an offer and a listing of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from market.costs import load_default_costs, providers_of
from market.drafts import Offer, prepared
from market.listing import Disclosures, Listing, Picture, Variant
from market.subject import Artwork, Subject
from market.words import LANGUAGES
from studio.library import Tag

IDEAS = (
    ("pumpkin carving", "home crafters", "Halloween", "Carve me crazy"),
    ("latte art", "home baristas", "", "But first, latte"),
    ("golden retriever", "dog owners", "", "Golden hour"),
    ("zombie", "Halloween fans", "Halloween", "zombie"),
    ("90s hip hop", "hip-hop fans", "", "90s hip hop"),
    ("hot sauce", "food lovers", "", "Feel the burn est. 1986"),
    ("solar eclipse", "space fans", "", "Solar Eclipse"),
    ("espresso mug", "home baristas", "", "Mugs not drugs"),
    ("cat", "cat owners", "", "Cat"),
    ("christmas tree", "Christmas fans", "Christmas", "O Tannenbaum"),
    ("fly fishing", "anglers", "Father's Day", "Gone fishing"),
    ("piano", "musicians", "", "Eighty-eight reasons"),
    ("cast iron skillet", "home cooks", "", "Season well"),
    ("pixel art", "game makers", "", "Press start"),
    ("granny square", "crocheters", "Mother's Day", "Hooked since 1999"),
    ("night sky", "space fans", "", "Look up"),
    ("mountain bike", "cyclists", "", ""),
    ("dna", "science lovers", "", "Nice genes"),
    ("art deco", "design lovers", "New Year", "Roaring again"),
    ("iguana", "iguana fans", "", "Scale up"),
)
FORMATS = ("shirt", "mug", "apron", "ornament", "phone_case")
PICTURES = (Picture("a" * 64, "image/png", "front.png", "the print"),)


def subject(number: int = 0, product_format: str = "shirt", **changes: Any) -> Subject:
    """An idea of the twenty, on a product, by the cheapest provider."""
    phrase, audience, occasion, text = IDEAS[number]
    renderer = "sdxl" if number % 6 == 5 else "typographic"
    colours = ("#182649", "#f3e7c9", "#a8471f")
    tags = (Tag(product_format, 1.0), Tag("lettering", 1.0), Tag("badge", 0.95), Tag("crafts", 0.6))
    art = Artwork(f"d{number}", text, renderer, tags, colours, 4500, 5400)
    cost = providers_of(load_default_costs(), product_format)[0]
    told: dict[str, Any] = {"cost": cost, "style": ("bold", "warm")}
    return Subject(phrase, audience, occasion, product_format, art, **(told | changes))


def offer(locale: str = "en", marketplace: str = "etsy", **changes: Any) -> Offer:
    told: dict[str, Any] = {"price_cents": 2499, "currency": "USD"}
    return Offer("key-1", marketplace, locale, **(told | changes))


def drafted(number: int, product_format: str, locale: str, marketplace: str = "etsy") -> Subject:
    """The subject as the writers see it: with what is really offered."""
    return prepared(subject(number, product_format), offer(locale, marketplace))[0]


def every() -> Iterator[tuple[int, str, str]]:
    """Every idea on every format in every language."""
    return ((number, name, locale) for number in range(len(IDEAS)) for name in FORMATS for locale in LANGUAGES)


def listing(**changes: Any) -> Listing:
    """One that every marketplace of the table takes."""
    told: dict[str, Any] = {
        "key": "key-1", "marketplace": "folder", "locale": "en", "title": "Pumpkin Carving Mug",
        "bullets": ("A gift for home crafters",),
        "description": "This mug carries our own pumpkin carving design. It is printed on demand, after you order.",
        "tags": ("pumpkin carving", "halloween mug"), "product_format": "mug", "price_cents": 1799, "currency": "USD",
        "quantity": 10, "variants": (), "pictures": PICTURES, "disclosures": Disclosures("seller", "printify"),
    }  # fmt: skip
    return Listing(**(told | changes))


def variant(key: str = "key-1-m", price_cents: int = 1799, **options: str) -> Variant:
    return Variant(key, options or {"size": "M"}, price_cents)
