"""Drafting: what a listing is drawn up from, gathered: facts, design, cost, price, pictures.

A price is what the person approved, else what code computed; a design that came from a file of rows asks what is usual
for its product. Every sentence that states something traces to a fact or a row (`market.texts`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg_pool import AsyncConnectionPool

from agents.copywriter import Copywriter
from graphs.launches import Way, Written
from graphs.library import Library, products
from graphs.packing import Packed
from market.bounds import NoBounds, bounds_of
from market.costs import CostTable, ProductCost, in_force, load_default_costs, providers_of, read_costs
from market.drafts import Offer, draft, prepared
from market.errors import NotConfigured
from market.listing import Picture
from market.money import Rate, read_rates
from market.reference import Reference
from market.subject import Artwork as Printed
from market.subject import Subject, grounds_of
from market.words import NoWords, words_of
from store import decisions
from store.assets import Assets
from studio.library import Tag
from trends.fact import Fact, Facts

PNG = "image/png"
MOST_ALT = 200


@dataclass(frozen=True, slots=True)
class Brought:
    """What the tenant brought that prices stand on: costs in force now, and exchange rates."""

    costs: CostTable
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class Drafting:
    """Draws listings up for one tenant: by a model where there is one, else by the shipped wordings."""

    pool: AsyncConnectionPool[Any]
    library: Library
    copywriter: Copywriter
    seed: int

    async def write(self, case: Packed) -> Written:
        """The listing of a case."""
        listing, design = case["listing"], case["design"]
        brought, pictures = await self._brought(), await self._pictures(case)
        subject = subject_of(case, brought.costs)
        price_cents, currency = _price(case, subject.cost)
        offer = Offer(
            listing["key"], listing["marketplace"], listing["locale"], price_cents, currency, rates=brought.rates
        )
        seed = (self.seed + listing["id"].int) % 2**31
        known, _, _ = prepared(subject, offer)
        texts = await self.copywriter.write(known, offer.locale, bounds_of(offer.marketplace), seed)
        made = draft(subject, offer, pictures, texts, seed=seed, print_sha256=design["files"]["print"])
        return Written(made.listing, made.by, "; ".join(made.notes))

    async def allowed(self, case: Packed) -> frozenset[str]:
        """Names of the facts and rows that a claim of this listing may trace to."""
        return frozenset(grounds_of(subject_of(case, (await self._brought()).costs)))

    async def _brought(self) -> Brought:
        now = datetime.now(UTC)
        async with self.pool.connection() as connection:
            rows = await decisions.load_references(connection, now)
        references = [Reference(str(each["id"]), each["kind"], each["body"], each["known_at"]) for each in rows]
        table = in_force(read_costs(references, load_default_costs()), now.date())
        return Brought(table, read_rates(references))

    async def _pictures(self, case: Packed) -> list[Picture]:
        """The design on its product, then on paper; what has no mock-up is shown on paper alone."""
        design, assets = case["design"], Assets(self.library.folder)
        wanted = [design["product"], "poster"] if design["product"] in products() else ["poster"]
        shown = []
        for product in dict.fromkeys(wanted):
            opened = await self.library.mock_up(design["id"], product)
            digest = await asyncio.to_thread(lambda path: assets.put(path.read_bytes()), opened.path)
            alt = f"{design['text']}, on a {product}"[:MOST_ALT]
            shown.append(Picture(digest, PNG, f"{product}.png", alt))
        return shown


def subject_of(case: Packed, costs: CostTable) -> Subject:
    """What is put up for sale, from the idea where there is one, else from the row that was drawn."""
    design, idea = case["design"], case["idea"] or {}
    row, made = design["row"], design["made_with"]
    product_format = idea.get("product_format") or row["product_format"]
    makers = providers_of(costs, product_format)
    occasion = idea.get("occasion") or {}
    return Subject(
        phrase=idea.get("phrase") or row["keyword"] or row["text"],
        audience=idea.get("audience") or row["audience"],
        occasion=str(occasion.get("name", "")),
        product_format=product_format,
        artwork=Printed(
            str(design["id"]), design["text"], design["renderer"],
            tuple(Tag(name, sure) for name, sure in design["tags"].items()), _colours(made),
        ),
        cost=makers[0] if makers else None,
        facts=Facts(_fact(each) for each in case["facts"]),
        style=tuple(design["brand_terms"] or ()),
    )  # fmt: skip


def read_ways(told: Sequence[str], where: str = "") -> list[Way]:
    """Marketplace and language of "etsy:de"; "etsy" alone is in English.

    Raises NotConfigured where there is no such one; its line begins with `where` they were read.
    """
    ways = []
    for each in told:
        marketplace, _, locale = each.strip().partition(":")
        try:
            bounds_of(marketplace)
            words_of(locale or "en")
        except (NoBounds, NoWords) as unknown:
            raise NotConfigured(f"{where}{each!r}: {unknown}") from unknown
        ways.append((marketplace, locale or "en"))
    return ways


def _price(case: Packed, cost: ProductCost | None) -> tuple[int, str]:
    """What the person approved or code computed, else what is usual; 0 where nobody knows, which no gate lets pass."""
    currency = cost.currency if cost else "USD"
    asked = (case["idea"] or {}).get("price_cents")
    return int(asked or (cost.retail_price_cents if cost else 0)), currency


def _colours(made: Mapping[str, Any]) -> tuple[str, ...]:
    palette = made.get("palette") or {}
    found = [palette[name] for name in ("ink", "accent", "second", "third") if isinstance(palette.get(name), str)]
    return tuple(dict.fromkeys(found))


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        row["id"], row["value"], row["unit"], row["source"], row["known_at"], row["label"], tuple(row["rows"]),
        row["row_count"],
    )  # fmt: skip
