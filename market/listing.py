"""Listing: what is put up for sale on one marketplace in one language, and what stands there of it.

A listing is frozen when a person approves it: what is pushed is what was seen. Its `key` is ours, is sent with the very
first request, and is all that a look-up needs, so that whatever became of a request can be found out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

State = Literal["draft", "live", "ended"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image, in the order in which they are shown; the file is named by its content."""

    sha256: str
    media_type: str
    name: str
    """"front.png": what a marketplace is told."""
    alt: str
    """What is seen, for those who do not."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What a buyer chooses: its options by name ("size": "M", "colour": "Black"), its own key and price."""

    key: str
    options: Mapping[str, str]
    price_cents: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the text says is so, and the fact that it is said by."""

    text: str
    fact: str
    """Id of a fact of the idea's revision, or the name of a row: "cost:printify/shirt", "design:<id>"."""


@dataclass(frozen=True, slots=True)
class Disclosures:
    """What marketplaces want to be told of how a product came about (Etsy's Creativity Standards, July 2024)."""

    designed_by: Literal["seller", "seller with AI"]
    production_partner: str
    """Who prints it; empty: the seller."""
    digital: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """All of it. Money in minor units of `currency` (ISO 4217); texts in the language of `locale` ("en", "de")."""

    key: str
    marketplace: str
    locale: str
    title: str
    bullets: tuple[str, ...]
    description: str
    tags: tuple[str, ...]
    product_format: str
    price_cents: int
    currency: str
    quantity: int
    variants: tuple[Variant, ...]
    pictures: tuple[Picture, ...]
    disclosures: Disclosures
    claims: tuple[Claim, ...] = ()
    print_sha256: str = ""
    """The print file, for who prints it."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that a buyer sees: two listings of one digest look the same."""
        return sha256(json.dumps(pack(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on a marketplace under our key."""

    native_id: str
    state: State
    url: str = ""
    """Where a buyer sees it; empty where nobody can yet."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Of title, description, tags, price_cents, currency, quantity, pictures (how many): what the marketplace says it
    shows; what it does not say is not in it."""


def told_of(standing: Standing) -> dict[str, Any]:
    """As JSON can hold it: id, state, url, shown."""
    return {"id": standing.native_id, "state": standing.state, "url": standing.url, "shown": dict(standing.shown)}


@dataclass(frozen=True, slots=True)
class Change:
    """What a push would change of what stands: a field, what it is and what it becomes."""

    name: str
    before: Any
    after: Any


def changes(listing: Listing, standing: Standing | None) -> list[Change]:
    """What a push would do, field by field; of what does not stand yet everything is new."""
    after: dict[str, Any] = {
        "title": listing.title, "description": body_of(listing), "tags": list(listing.tags),
        "price_cents": listing.price_cents, "currency": listing.currency, "quantity": listing.quantity,
        "pictures": len(listing.pictures),
    }  # fmt: skip
    if standing is None:
        return [Change(name, None, value) for name, value in after.items()]
    told = {name: value for name, value in after.items() if name in standing.shown}
    found = [Change(name, standing.shown[name], value) for name, value in told.items() if standing.shown[name] != value]
    return found if standing.state == "live" else [*found, Change("state", standing.state, "live")]


def body_of(listing: Listing) -> str:
    """The description with its bullets above it, as plain text: what a marketplace without bullets shows."""
    points = "\n".join(f"• {point}" for point in listing.bullets)
    return f"{points}\n\n{listing.description}".strip()


def pack(listing: Listing) -> dict[str, Any]:
    """As JSON can hold it."""
    packed: dict[str, Any] = json.loads(json.dumps(asdict(listing)))
    return packed


def unpack(packed: Mapping[str, Any]) -> Listing:
    """The listing that was packed."""
    given = dict(packed)
    given |= {name: tuple(given[name]) for name in ("bullets", "tags")}
    given["variants"] = tuple(Variant(**each) for each in given["variants"])
    given["pictures"] = tuple(Picture(**each) for each in given["pictures"])
    given["claims"] = tuple(Claim(**each) for each in given["claims"])
    given["disclosures"] = Disclosures(**given["disclosures"])
    return Listing(**given)


Files = Mapping[str, Path]
"""Where the files of a listing lie, by their sha256."""
