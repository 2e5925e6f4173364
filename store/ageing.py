"""Ageing: which designs are old enough to be put away, and which files may go with them.

A design's tier says how old it has become; a file's tier says where it lies. Designs are moved first, with an event
each; a file follows once the warmest of all designs that have it is colder than where it lies. So whoever is killed
between the two leaves files that are still due.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from store.assets import TIERS, Tier
from store.batches import note
from store.decisions import Row, Rows, every, one

HANDY = ("thumb", "vectors")
"""Kinds of files that stay at hand: what pages show, and what a drawing can be seen by at any size."""
AGE = """
UPDATE design d SET tier = %s
FROM (SELECT d.tenant_id, d.id, d.tier FROM design d
  WHERE d.status = 'done' AND d.tier = ANY(%s) AND d.ended_at < %s AND (d.used_at IS NULL OR d.used_at < %s)
    AND NOT EXISTS (SELECT FROM batch b JOIN idea i ON i.tenant_id = b.tenant_id AND i.id = b.idea_id
      WHERE b.tenant_id = d.tenant_id AND b.id = d.batch_id AND i.status IN ('listed', 'live'))
  ORDER BY d.ended_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED) old
WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING d.id
"""
DUE = """
SELECT a.sha256 FROM design d
JOIN render_asset f ON f.tenant_id = d.tenant_id AND f.key = d.render_key
JOIN asset a ON a.tenant_id = f.tenant_id AND a.sha256 = f.sha256
WHERE d.status = 'done' AND d.tier <> 'hot' AND d.tier <> a.tier AND (a.tier = 'hot' OR d.tier = 'cold')
  AND f.kind <> ALL(%s) AND a.sha256 <> ALL(%s) LIMIT %s
"""
WANTED = """
SELECT min(array_position(%s::text[], d.tier)) AS rank, bool_or(f.kind = ANY(%s)) AS handy
FROM render_asset f JOIN design d ON d.tenant_id = f.tenant_id AND d.render_key = f.key AND d.status = 'done'
WHERE f.sha256 = %s
"""


async def age_batch(connection: Rows, tier: str, before: datetime, actor: str, most: int) -> int:
    """Move designs that were neither finished nor used since then to a tier, the oldest first; how many.

    What is on sale stays at hand.
    """
    warmer = list(TIERS[: TIERS.index(tier)])
    async with connection.transaction():
        moved: list[tuple[UUID, str | None]] = [
            (row["id"], "done") for row in await every(connection, AGE, tier, warmer, before, before, most)
        ]
        await note(connection, "design", moved, "put away", actor, f"into the {tier}: not used since {before:%Y-%m-%d}")
    return len(moved)


async def load_due(connection: Rows, skipped: Collection[str], most: int) -> list[str]:
    """Hashes of files that may be due to be put away, but for those that are skipped; each once."""
    rows = await every(connection, DUE, list(HANDY), list(skipped), most)
    return sorted({row["sha256"] for row in rows})


async def lock_file(connection: Rows, sha256: str) -> tuple[Tier, Tier]:
    """The tier that a file has, ours until the transaction ends, and the one that its designs let it have."""
    asset = await one(connection, "SELECT tier FROM asset WHERE sha256 = %s FOR UPDATE", sha256)
    found: Row = await one(connection, WANTED, list(TIERS), list(HANDY), sha256) or {}
    has: Tier = "hot" if asset is None else asset["tier"]
    wanted: Tier = "hot" if found.get("handy") or not found.get("rank") else TIERS[found["rank"] - 1]
    return has, wanted
