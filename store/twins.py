"""Twins: which designs look alike: by the bits of their hashes, and by what a descriptor saw of them.

Hashes are compared in PostgreSQL, all of them at each question: a hundred thousand cost some milliseconds. Looks are
compared by whoever asks; only candidates are handed out, the nearest by hash, the newest of the brand, and the newest
of the same composition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from store.decisions import Row, Rows, every, every_named, one
from store.gallery import BESIDE, FACE, SHOWN

MOST_CANDIDATES = 300
"""Of each of the three ways to become one."""
FIND = """
SELECT d.id, d.phash, l.model, l.vector, concat_ws(' ', d.row ->> 'text', d.row ->> 'hook') AS text, r.renderer
FROM design d JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
LEFT JOIN look l ON l.tenant_id = d.tenant_id AND l.key = d.render_key
"""
CANDIDATES = f"""
WITH self AS (SELECT d.id, d.phash, d.batch_id, r.made_with ->> 'composition' AS composition, b.brand_id
  FROM design d JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
  JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id WHERE d.id = %(id)s),
near AS (SELECT d.id FROM design d, self WHERE d.shown AND d.phash <> 0 AND d.id <> self.id
  ORDER BY bit_count((d.phash # self.phash)::bit(64)), d.id LIMIT {MOST_CANDIDATES}),
kin AS (SELECT d.id FROM design d, self WHERE d.shown AND d.id <> self.id AND d.batch_id IN (
    SELECT b.id FROM batch b WHERE b.brand_id = self.brand_id)
  ORDER BY d.ended_at DESC LIMIT {MOST_CANDIDATES}),
made AS (SELECT d.id FROM tag t JOIN design d ON d.tenant_id = t.tenant_id AND d.id = t.design_id, self
  WHERE t.name = replace(self.composition, '_', ' ') AND d.shown AND d.id <> self.id
  ORDER BY d.ended_at DESC LIMIT {MOST_CANDIDATES})
{FIND} WHERE d.id IN (SELECT id FROM near UNION SELECT id FROM kin UNION SELECT id FROM made)
"""  # noqa: S608 - made of the constants above
HASHES = """
SELECT d.id, d.phash, concat_ws(' ', d.row ->> 'text', d.row ->> 'hook') AS text, r.renderer FROM design d
JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key
WHERE d.shown AND d.phash <> 0 ORDER BY d.ended_at, d.id
"""
CARDS = f"""
SELECT {SHOWN}, {FACE} FROM design d {BESIDE} WHERE d.id = ANY(%s)
"""  # noqa: S608


async def find_look(connection: Rows, design_id: UUID) -> Row | None:
    """How a finished design looks: phash, model and vector (None where no descriptor saw it), text, renderer."""
    return await one(connection, FIND + "WHERE d.id = %s", design_id)


async def load_candidates(connection: Rows, design_id: UUID) -> list[Row]:
    """Shown designs that may look like this one, as `find_look` tells them, in no order."""
    return await every_named(connection, CANDIDATES, {"id": design_id})


async def load_hashes(connection: Rows) -> list[Row]:
    """The hash, the words and the renderer of every shown design, the oldest first."""
    return await every(connection, HASHES)


async def load_cards(connection: Rows, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """These designs as a page of the gallery has them, by id."""
    return {row["id"]: row for row in await every(connection, CARDS, list(ids))}
