"""Progress: what people look at of batches: how fast they go, their newest pictures, their rows, a row's attempts.

Read only. Every question is bounded and answered by an index, so that a page may ask each two seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from store.decisions import Row, Rows, every, one

WINDOW_S = 300.0
"""Over how long the pace of a batch is taken."""
SHORTEST_S = 20.0
"""Two rows that ended in the same second are no pace of a hundred a minute."""

PACES = """
SELECT d.batch_id, count(*) * 60.0 / greatest(extract(epoch FROM now() - min(d.ended_at)), %s) AS per_minute
FROM design d WHERE d.batch_id = ANY(%s) AND d.status IN ('done', 'dead')
  AND d.ended_at > now() - %s * interval '1 second'
GROUP BY d.batch_id HAVING count(*) > 1
"""
FACES = """
SELECT b.id AS batch_id, f.* FROM unnest(%s::uuid[]) AS b (id) CROSS JOIN LATERAL (
  SELECT a.sha256, r.made_with #>> '{palette,ground}' AS ground
  FROM design d JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
  JOIN render_asset a ON a.tenant_id = r.tenant_id AND a.key = r.key AND a.kind = 'thumb'
  WHERE d.batch_id = b.id AND d.status = 'done' AND NOT d.superseded AND d.deleted_at IS NULL
  ORDER BY d.ended_at DESC, d.line DESC LIMIT %s) f
"""
TILES = """
SELECT d.id, d.line, d.row_id, d.version, d.row ->> 'text' AS text, d.row ->> 'product_format' AS product_format,
  d.status, d.reason, d.error, d.score, d.category, d.priority, d.retries, d.ended_at, d.deleted_at,
  r.made_with #>> '{palette,ground}' AS ground, a.sha256 AS thumb
FROM design d LEFT JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
LEFT JOIN render_asset a ON a.tenant_id = r.tenant_id AND a.key = r.key AND a.kind = 'thumb'
WHERE d.batch_id = %s AND NOT d.superseded AND (%s::text IS NULL OR d.status = %s) ORDER BY d.line LIMIT %s OFFSET %s
"""
SHOWN = """
SELECT d.*, r.renderer, r.seed, r.checked, r.safety, r.seconds, r.made_with #>> '{palette,ground}' AS ground,
  (SELECT jsonb_object_agg(a.kind, a.sha256) FROM render_asset a WHERE a.tenant_id = r.tenant_id AND a.key = r.key)
    AS files
FROM design d LEFT JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
WHERE d.batch_id = %s AND d.row_id = %s AND NOT d.superseded
"""
ATTEMPTS = """
SELECT nth, renderer, knobs, checked, passed, drawn, seconds, recorded_at FROM attempt WHERE design_id = %s ORDER BY nth
"""
STUDIO = """
SELECT count(*) FILTER (WHERE d.status = 'drawing') AS drawing,
  count(*) FILTER (WHERE d.status = 'waiting' AND b.status = 'running') AS waiting,
  count(*) FILTER (WHERE d.status = 'dead') AS dead
FROM design d JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
WHERE NOT d.superseded AND d.status IN ('waiting', 'drawing', 'dead')
"""


@dataclass(frozen=True, slots=True)
class Studio:
    """How many designs are being drawn, wait to be drawn in a batch that runs, and are dead letters."""

    drawing: int
    waiting: int
    dead: int


async def load_paces(connection: Rows, batches: Sequence[UUID]) -> dict[UUID, float]:
    """Rows that ended a minute, of batches of which at least two ended in the last five minutes."""
    rows = await every(connection, PACES, SHORTEST_S, list(batches), WINDOW_S)
    return {row["batch_id"]: float(row["per_minute"]) for row in rows}


async def load_faces(connection: Rows, batches: Sequence[UUID], most: int) -> dict[UUID, list[Row]]:
    """At most so many newest thumbnails of each batch, with the ground that each was drawn for."""
    faces: dict[UUID, list[Row]] = {}
    for row in await every(connection, FACES, list(batches), most):
        faces.setdefault(row["batch_id"], []).append(row)
    return faces


async def load_tiles(
    connection: Rows, batch: UUID, status: str | None = None, most: int = 24, start: int = 0
) -> list[Row]:
    """A page of a batch's rows as they stand, in the order of the file, those that are done with their thumbnail."""
    return await every(connection, TILES, batch, status, status, most, start)


async def find_row(connection: Rows, batch: UUID, row_id: str) -> Row | None:
    """One row of a batch as it stands, with what was drawn for it and its files by kind."""
    return await one(connection, SHOWN, batch, row_id)


async def load_attempts(connection: Rows, design: UUID) -> list[Row]:
    """What each attempt at a design came to, the first first."""
    return await every(connection, ATTEMPTS, design)


async def find_studio(connection: Rows) -> Studio:
    """What the studio is at, over all batches."""
    row = await one(connection, STUDIO)
    return Studio(0, 0, 0) if row is None else Studio(row["drawing"], row["waiting"], row["dead"])
