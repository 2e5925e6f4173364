"""Listings as rows alone: what the tests of the outbox and of its callers stand on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.listing import Disclosures, Listing, Picture, pack
from store import listings, outbox
from store.decisions import Rows
from store.listings import Draft, Wish
from tests.batched import begin, file_all, rows

PICTURE = "a" * 64


def listing_of(key: str = "bw-aaaaaaaaaaaaaaaa", marketplace: str = "folder", **changes: Any) -> Listing:
    """A listing of one picture."""
    plain: dict[str, Any] = {
        "key": key, "marketplace": marketplace, "locale": "en", "title": "Moss Frame Shirt",
        "bullets": ("Soft cotton",), "description": "A shirt with a moss frame.", "tags": ("moss", "frame"),
        "product_format": "shirt", "price_cents": 1999, "currency": "USD", "quantity": 100, "variants": (),
        "pictures": (Picture(PICTURE, "image/png", "front.png", "A shirt"),),
        "disclosures": Disclosures("seller", "printify"),
    }  # fmt: skip
    return Listing(**{**plain, **changes})


async def wished(connection: Rows, *ids: str, marketplace: str = "folder", idea_id: UUID | None = None) -> list[UUID]:
    """Listings just begun, one for a finished design each."""
    await begin(connection, rows(*ids), idea=(idea_id, 1) if idea_id else None)
    done = await file_all(connection, {})
    wishes = [Wish(done[each], marketplace, "en", idea_id, 1 if idea_id else None) for each in ids]
    return [row["id"] for row, _ in await listings.put_listings(connection, "default", wishes, "ana")]


async def drafted(connection: Rows, listing_id: UUID, *gates: dict[str, Any], **changes: Any) -> int:
    """A draft that gates have looked at; its number."""
    row = await listings.get_listing(connection, listing_id)
    body = listing_of(row["key"], row["marketplace"], **changes)
    nth = await listings.save_draft(connection, listing_id, Draft(pack(body), body.digest, "rule"), "ana")
    await listings.save_gates(connection, listing_id, nth, gates, "ana")
    return nth


async def approved(connection: Rows, *ids: str, undo_s: float = 0.0, **told: Any) -> list[UUID]:
    """Listings that a person said yes to."""
    made = await wished(connection, *ids, **told)
    for each in made:
        await drafted(connection, each)
        await outbox.approve(connection, each, "ana", undo_s)
    return made


def gate(name: str, outcome: str = "clear", why: str = "") -> dict[str, Any]:
    """What a gate said, as the store takes it."""
    return {"name": name, "outcome": outcome, "verdict": {"why": why}}
