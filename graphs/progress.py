"""Progress: a batch or a listing followed from any process, whoever works at it: what its tables say, as that changes.

batch     how it stands, first of all and whenever that changed
row       a row that changed since; who wants all of them reads them once the first `batch` was told
listing   how it stands, first of all and whenever that changed
beat      nothing changed for a while
end       the batch is over, or nothing more comes of the listing by itself
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

from graphs.batches import Batches
from graphs.launches import Launches, blocked_by
from graphs.packing import Packed
from graphs.runs import BEAT_S, STREAM_S, Event

POLL_S = 1.0
OVER = ("finished", "cancelled")
STANDS = ("id", "name", "status", "priority", "total", "waiting", "drawing", "done", "dead", "cancelled", "retried",
          "score", "waits_for", "ended_at")  # fmt: skip
"""What is told of a batch."""
ROW = ("id", "line", "row_id", "version", "status", "reason", "error", "score", "retries", "attempts")
"""What is told of a row."""
LISTING = ("id", "key", "marketplace", "locale", "status", "title", "digest", "price_cents", "currency", "native",
           "error", "changed_at")  # fmt: skip
"""What is told of a listing, beside what blocks it."""
RESTS = ("declined", "live", "refused", "dead", "ended")


async def follow(batches: Batches, batch_id: UUID, poll_s: float = POLL_S) -> AsyncIterator[Event]:
    """What becomes of a batch until it is over, or for STREAM_S. UnknownBatch where there is none."""
    told: Packed | None = None
    rows: dict[UUID, Packed] = {}
    beat = time.monotonic()
    until = beat + STREAM_S
    while time.monotonic() < until:
        found = await batches.find(batch_id)
        stands = {name: found[name] for name in STANDS}
        if stands != told:
            beat, now = time.monotonic(), await _rows(batches, batch_id)
            yield Event("batch", stands)
            for design, row in now.items():
                if told is not None and rows.get(design) != row:
                    yield Event("row", row)
            told, rows = stands, now
        elif time.monotonic() - beat > BEAT_S:
            beat = time.monotonic()
            yield Event("beat", {})
        if stands["status"] in OVER:
            yield Event("end", {"status": stands["status"]})
            return
        await asyncio.sleep(poll_s)


async def _rows(batches: Batches, batch_id: UUID) -> dict[UUID, Packed]:
    found = await batches.show(batch_id)
    return {row["id"]: {name: row[name] for name in ROW} for row in found["designs"]}


async def follow_listing(launches: Launches, listing: str | UUID, poll_s: float = POLL_S) -> AsyncIterator[Event]:
    """What becomes of a listing until it rests, or for STREAM_S. UnknownListing where there is none."""
    told: Packed | None = None
    beat = time.monotonic()
    until = beat + STREAM_S
    while time.monotonic() < until:
        found = await launches.show(listing)
        stands = {**{name: found[name] for name in LISTING}, "blocked_by": blocked_by(found)}
        if stands != told:
            beat, told = time.monotonic(), stands
            yield Event("listing", stands)
        elif time.monotonic() - beat > BEAT_S:
            beat = time.monotonic()
            yield Event("beat", {})
        if found["status"] in RESTS:
            yield Event("end", {"status": found["status"]})
            return
        await asyncio.sleep(poll_s)
