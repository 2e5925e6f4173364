"""Offers: listings of the sample's designs in every state, each come to by the real way: drawn up, checked, pushed.

The marketplaces that refuse, fall silent or are not set up do so by a script; nothing leaves the machine.

    python -m evals.offers DATABASE
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from graphs.produce import Plan
from graphs.product import Product
from graphs.settings import Settings
from graphs.wiring import open_product
from market.errors import MarketError, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Files, Listing, Standing
from market.marketplaces import Marketplace
from store.gallery import Wanted
from studio.drawing import Row

WHO = "ana"
HEBREW = "חולצת דגים עם כיתוב מצויר ביד, מתנה לדייגים ולמי שאוהב את הים בסתיו ובחורף"
LONG = "Lighthouse Keeper in Training Poster for Everybody Who Would Rather Live by the Sea Than in Town, Maine"
MARK = "Star Wars Forever Poster"
SAID = 'title: the phrase "World\'s okayest" is used by too many shops: change it'


@dataclass(frozen=True, slots=True)
class Scripted:
    """A marketplace at which nothing stands, and that answers every push with this error."""

    name: str
    error: MarketError

    async def find(self, key: str) -> Standing | None:
        """Nothing stands."""
        del key
        return None

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """As the script says."""
        del listing, standing, files
        raise self.error

    async def end(self, standing: Standing) -> Standing:
        """As it stands."""
        return standing


@dataclass(frozen=True, slots=True)
class Offer:
    """One listing: of which design, where, what is changed of it, and what is answered."""

    design: int
    marketplace: str
    locale: str = "en"
    edits: Mapping[str, Any] = field(default_factory=dict)
    answer: str = ""


OFFERS = (
    Offer(0, "folder", answer="approve"),
    Offer(1, "etsy", "de"),
    Offer(2, "folder", "ja"),
    Offer(3, "etsy", answer="approve"),
    Offer(4, "shopify", "fr", answer="approve"),
    Offer(5, "ebay", answer="approve"),
    Offer(6, "redbubble", answer="approve"),
    Offer(7, "folder", edits={"title": HEBREW}),
    Offer(8, "folder", edits={"title": MARK}),
    Offer(8, "etsy", edits={"title": LONG}),
    Offer(9, "folder", answer="decline"),
    Offer(10, "folder", "es", answer="end"),
    Offer(10, "folder", "en", answer="wait"),
)
SCRIPTS = {
    "etsy": MarketRefused(SAID),
    "shopify": Unconfirmed("the answer to a change never came"),
    "ebay": NotConfigured("ebay has no account: add it to BELLWETHER_SHOPS (docs/shops.md)"),
}


async def put(settings: Settings) -> int:
    """Draws the offers up on what is drawn there; how many listings there are then."""
    async with open_product(settings) as product:
        await _of_idea(product)
        page = await product.library.search(Wanted(), len(OFFERS))
        designs = [row["id"] for row in page.designs]
        product.pusher.markets = _markets(product)
        launches = replace(product.launches.by(WHO), undo_s=0.0)
        made = [(offer, await _begun(launches, designs, offer)) for offer in OFFERS]
        for offer, listing in made:
            if offer.answer in ("approve", "end"):
                await launches.approve(listing)
            elif offer.answer == "decline":
                await launches.decline(listing, "too much like what we have")
        await product.pusher.work(most_s=5.0)
        for offer, listing in made:
            if offer.answer == "end":
                await launches.end(listing, "out of season")
        await product.pusher.work(most_s=5.0)
        for offer, listing in made:
            if offer.answer == "wait":
                await replace(launches, undo_s=3600.0).approve(listing)
        await _sold(product)
        return sum((await launches.counts()).values())


async def _sold(product: Product) -> None:
    """A week of counts of what is live."""
    live = await product.launches.page(1, statuses=["live"])
    days = [datetime.now(UTC) - timedelta(days=back) for back in range(1, 8)]
    rows = [
        {"listing": str(row["id"]), "from": f"{day:%Y-%m-%d}", "views": 38 + 5 * at, "favorites": at % 3,
         "orders": at % 2, "revenue": f"{(at % 2) * 28.7:.2f}", "currency": "USD"}
        for row in live for at, day in enumerate(days)
    ]  # fmt: skip
    if rows:
        await product.outcomes.bring(rows, "shop")


async def _of_idea(product: Product) -> None:
    """A design of an idea that somebody approved: the newest, so the first offer's."""
    waiting = await product.reviews.pending()
    if not waiting:
        return
    idea = await product.reviews.show(waiting[0]["id"])
    await product.reviews.approve(waiting[0]["id"], actor=WHO)
    row = idea["idea"]
    given = Row("1", str(row["phrase"]).title(), keyword=row["phrase"], product_format=row["product_format"])
    begun = await product.batches.begin(
        [given], row["phrase"], plan=Plan(width=900, height=1080), idea=(row["id"], row["revision"])
    )
    await product.workshop.work(begun.id, stay=True)


async def _begun(launches: Any, designs: Sequence[UUID], offer: Offer) -> UUID:
    design = designs[offer.design % len(designs)]
    [(row, _)] = await launches.begin([design], [(offer.marketplace, offer.locale)])
    if offer.edits:
        row = await launches.edit(row["id"], offer.edits)
    listing: UUID = row["id"]
    return listing


def _markets(product: Product) -> Any:
    def market(name: str) -> Marketplace:
        return Scripted(name, SCRIPTS[name]) if name in SCRIPTS else product.shops(name)

    return market


if __name__ == "__main__":
    print(asyncio.run(put(Settings(database=sys.argv[1], database_url=None, redis_url=None))))
