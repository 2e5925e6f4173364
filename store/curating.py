"""Curating: what people change of a finished design: its category, its tags, whether it is shown, when it was used.

Each change is one transaction with its event; doing it again writes nothing. Errors: those of `store.gallery`, and
NotSo of `store.batches` where a newer version is being drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from store.batches import NotSo, note
from store.decisions import Row, Rows, every, one
from store.designs import SET_WORDS
from store.gallery import check_known

LOCKED = """
SELECT id, status, category, category_by, superseded, deleted_at, batch_id, row_id, render_key FROM design
WHERE id = %s AND status = 'done' FOR NO KEY UPDATE
"""
SET_CATEGORY = """
UPDATE design d SET category = %(category)s, category_by = 'person' WHERE d.id = %(id)s
"""
RULE_CATEGORY = """
UPDATE design d SET category = coalesce(r.seen ->> 'category', ''), category_by = 'rule'
FROM render r WHERE r.tenant_id = d.tenant_id AND r.key = d.render_key AND d.id = %(id)s RETURNING d.category
"""
PUT_TAGS = """
INSERT INTO tag (tenant_id, design_id, name, confidence, put_by)
SELECT current_setting('bellwether.tenant'), %s, name, 1.0, 'person' FROM unnest(%s::text[]) AS name
ON CONFLICT (tenant_id, design_id, name) DO UPDATE SET confidence = 1.0, put_by = 'person'
WHERE tag.confidence < 1.0 OR tag.put_by <> 'person' RETURNING name
"""
STANDING = """
SELECT id, status FROM design WHERE batch_id = %s AND row_id = %s AND NOT superseded AND id <> %s FOR NO KEY UPDATE
"""
USE = """
UPDATE design d SET used_at = now(), tier = 'hot'
FROM (SELECT tenant_id, id, tier FROM design WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) old
WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING d.id, old.tier
"""
USED_FILES = """
SELECT a.sha256, a.tier, a.bytes FROM asset a WHERE a.tier <> 'hot' AND EXISTS (
  SELECT FROM render_asset f JOIN design d ON d.tenant_id = f.tenant_id AND d.render_key = f.key
  WHERE f.tenant_id = a.tenant_id AND f.sha256 = a.sha256 AND d.id = ANY(%s) AND (%s::text IS NULL OR f.kind = %s))
ORDER BY a.sha256
"""


async def set_category(connection: Rows, design_id: UUID, category: str, actor: str) -> str:
    """What a person says it is of, which no rule changes; '' is the rule's again. What it is now."""
    async with connection.transaction():
        row = await _lock(connection, design_id)
        if category and (row["category"], row["category_by"]) == (category, "person"):
            return category
        if category:
            await connection.execute(SET_CATEGORY, {"id": design_id, "category": category})
        else:
            category = await _ruled(connection, design_id)
            if (row["category"], row["category_by"]) == (category, "rule"):
                return category
        await _note(connection, design_id, "categorised", actor, f"{row['category'] or 'none'} -> {category or 'none'}")
    return category


async def _ruled(connection: Rows, design_id: UUID) -> str:
    cursor = await connection.execute(RULE_CATEGORY, {"id": design_id})
    row = await cursor.fetchone()
    return str(row[0]) if row else ""


async def add_tags(connection: Rows, design_id: UUID, names: Sequence[str], actor: str) -> list[str]:
    """Tags that a person is sure of; those that are new."""
    async with connection.transaction():
        await _lock(connection, design_id)
        put = [row["name"] for row in await every(connection, PUT_TAGS, design_id, list(names))]
        if put:
            await connection.execute(SET_WORDS, (design_id,))
            await _note(connection, design_id, "tagged", actor, ", ".join(sorted(put)))
    return sorted(put)


async def remove_tag(connection: Rows, design_id: UUID, name: str, actor: str) -> bool:
    """Whether it had that tag, and has it no more."""
    async with connection.transaction():
        await _lock(connection, design_id)
        gone = await one(
            connection, "DELETE FROM tag WHERE design_id = %s AND name = %s RETURNING name", design_id, name
        )
        if gone is not None:
            await connection.execute(SET_WORDS, (design_id,))
            await _note(connection, design_id, "untagged", actor, name)
    return gone is not None


async def delete(connection: Rows, design_id: UUID, actor: str, reason: str) -> bool:
    """Show it no more; whether it was shown. Row, files and events stay."""
    async with connection.transaction():
        row = await _lock(connection, design_id)
        if row["deleted_at"] is not None:
            return False
        await connection.execute("UPDATE design SET deleted_at = now() WHERE id = %s", (design_id,))
        await _note(connection, design_id, "deleted", actor, reason)
    return True


async def restore(connection: Rows, design_id: UUID, actor: str, reason: str) -> bool:
    """Show what was deleted again, and let an older version stand in the place of the newer; whether that was news.

    Raises:
        NotSo: the newer version is just being drawn.
    """
    async with connection.transaction():
        row = await _lock(connection, design_id)
        if row["deleted_at"] is None and not row["superseded"]:
            return False
        standing = await one(connection, STANDING, row["batch_id"], row["row_id"], design_id)
        if row["superseded"] and standing is not None:
            if standing["status"] == "drawing":
                raise NotSo("its newer version is being drawn: wait, or cancel the batch")
            await connection.execute("UPDATE design SET superseded = true WHERE id = %s", (standing["id"],))
        await connection.execute("UPDATE design SET deleted_at = NULL, superseded = false WHERE id = %s", (design_id,))
        await _note(connection, design_id, "restored", actor, reason)
    return True


async def use(connection: Rows, designs: Sequence[UUID], actor: str, why: str) -> dict[UUID, str]:
    """These are used now, so they do not age; those of them that had been put away, each with its tier."""
    async with connection.transaction():
        was = {row["id"]: row["tier"] for row in await every(connection, USE, list(designs))}
        back = {design_id: tier for design_id, tier in was.items() if tier != "hot"}
        for design_id, tier in back.items():
            await _note(connection, design_id, "brought back", actor, f"{why}; it was in the {tier}", tier)
    return back


async def load_put_away(connection: Rows, designs: Sequence[UUID], kind: str | None = None) -> list[Row]:
    """The files of these designs, of one kind or of all, that are not at hand: sha256, tier, bytes."""
    return await every(connection, USED_FILES, list(designs), kind, kind)


async def set_tier(connection: Rows, sha256: str, tier: str) -> None:
    """Where a file lies."""
    await connection.execute("UPDATE asset SET tier = %s WHERE sha256 = %s", (tier, sha256))


async def _lock(connection: Rows, design_id: UUID) -> Row:
    row = await one(connection, LOCKED, design_id)
    if row is None:
        await check_known(connection, design_id)
    return row or {}


async def _note(connection: Rows, design_id: UUID, to: str, actor: str, reason: str, was: str = "done") -> None:
    await note(connection, "design", [(design_id, was)], to, actor, reason)
