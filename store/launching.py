"""Launching: what a listing is drawn up from, and where a live one came from.

idea -> design -> listing: the words and pictures it has, the facts it may state, who said yes, what went out
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from store.decisions import Row, Rows, every, one
from store.listings import UnknownListing

DESIGN = """
SELECT d.id, d.row, d.row ->> 'text' AS text, d.category, d.product, d.score, d.render_key, b.id AS batch_id,
  b.name AS batch, w.name AS brand, w.version AS brand_version, w.profile -> 'terms' AS brand_terms, r.renderer,
  r.version, r.seed, r.prompt, r.made_with, r.safety,
  (SELECT jsonb_object_agg(f.kind, f.sha256) FROM render_asset f
    WHERE f.tenant_id = r.tenant_id AND f.key = r.key) AS files,
  (SELECT coalesce(jsonb_object_agg(t.name, t.confidence), '{}') FROM tag t
    WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id) AS tags
FROM design d JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
JOIN brand w ON w.tenant_id = b.tenant_id AND w.id = b.brand_id
JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
WHERE d.id = %s
"""
FACTS = """
SELECT id, agent, label, value, unit, source, known_at, rows, row_count FROM fact
WHERE idea_id = %s AND revision = %s ORDER BY id
"""
APPROVED = """
SELECT answer, actor, reason, edits, decided_at FROM review
WHERE idea_id = %s AND revision = %s AND undone_at IS NULL AND answer <> 'respond'
"""
OF_IDEA = """
SELECT d.id, b.idea_id, b.idea_revision AS revision FROM batch b
JOIN design d ON d.tenant_id = b.tenant_id AND d.batch_id = b.id
WHERE b.idea_id = %s AND d.shown ORDER BY b.idea_revision DESC, d.ended_at DESC
"""
OF_DESIGNS = """
SELECT d.id, b.idea_id, b.idea_revision AS revision FROM design d
JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id WHERE d.id = ANY(%s) AND d.shown
"""
TO_LAUNCH = """
SELECT d.id, b.idea_id, b.idea_revision AS revision FROM idea i
JOIN batch b ON b.tenant_id = i.tenant_id AND b.idea_id = i.id
JOIN design d ON d.tenant_id = b.tenant_id AND d.batch_id = b.id
WHERE i.status = 'designed' AND d.shown AND NOT EXISTS (
  SELECT FROM listing l WHERE l.tenant_id = d.tenant_id AND l.design_id = d.id)
ORDER BY d.ended_at LIMIT %s
"""


async def load_case(connection: Rows, listing_id: UUID) -> Row:
    """What a listing is drawn up from: "listing", "design", "idea" (None: a design from a file), "facts"."""
    listing = await one(connection, "SELECT * FROM listing WHERE id = %s", listing_id)
    if listing is None:
        raise UnknownListing(f"no listing {listing_id}; `bellwether listings list` shows them")
    design = await one(connection, DESIGN, listing["design_id"])
    idea, facts = None, list[Row]()
    if listing["idea_id"] is not None:
        idea = await one(connection, "SELECT * FROM idea WHERE id = %s", listing["idea_id"])
        facts = await every(connection, FACTS, listing["idea_id"], listing["revision"])
    return {"listing": listing, "design": design, "idea": idea, "facts": facts}


async def load_provenance(connection: Rows, listing_id: UUID) -> Row:
    """From a listing back to its beginning: what `load_case` tells, and "decision", "approvals", "gates", "pushes",
    "sources": how many signals of which source stand behind the idea."""
    case = await load_case(connection, listing_id)
    found: Row = {**case, "decision": None, "approvals": [], "sources": []}
    found["gates"] = await every(
        connection, "SELECT * FROM gate WHERE listing_id = %s AND nth = %s ORDER BY name", listing_id,
        case["listing"]["nth"],
    )  # fmt: skip
    pushes = """
    SELECT id, verb, nth, digest, status, takes, tries, error, actor, reason, recorded_at, first_at, ended_at
    FROM outbox WHERE listing_id = %s ORDER BY recorded_at, id
    """
    found["pushes"] = await every(connection, pushes, listing_id)
    if case["idea"] is None:
        return found
    idea_id, revision = case["listing"]["idea_id"], case["listing"]["revision"]
    decided = "SELECT * FROM decision WHERE idea_id = %s AND revision = %s"
    found["decision"] = await one(connection, decided, idea_id, revision)
    found["approvals"] = await every(connection, APPROVED, idea_id, revision)
    counted = """
    SELECT s.source, count(*) AS signals, min(s.first_known_at) AS first_known_at FROM idea_signal m
    JOIN signal s ON s.id = m.signal_id WHERE m.idea_id = %s GROUP BY s.source ORDER BY signals DESC, s.source
    """
    found["sources"] = await every(connection, counted, idea_id)
    return found


async def designs_of_idea(connection: Rows, idea_id: UUID) -> list[Row]:
    """The finished designs of an idea with its id and revision, the newest first."""
    return await every(connection, OF_IDEA, idea_id)


async def shown_designs(connection: Rows, ids: Sequence[UUID]) -> list[Row]:
    """Those of these designs that are finished and shown, with the idea they were made for."""
    return await every(connection, OF_DESIGNS, list(ids))


async def load_to_launch(connection: Rows, most: int) -> list[Row]:
    """Designs of ideas that wait to be listed and of which no listing was begun, the oldest first."""
    return await every(connection, TO_LAUNCH, most)
