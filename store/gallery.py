"""Gallery: finished designs as people look for them: filtered, searched, sorted, a page at a time, and all of one.

A page begins after a cursor: the sort key and the id of the last row that was seen. Both orders have their index,
and so have a tag, a batch and a brand; a search by words alone reads designs in order until the page is full.

GalleryError (a BatchError)
|- UnknownDesign   no design of this tenant has this id, or several have such a one: the message names them
`- NotKept         the design is not finished, or was never that: there is nothing to keep, delete or show of it
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from store.batches import BatchError
from store.decisions import Row, Rows, every, every_named, one
from store.queue import UNKNOWN_CURSOR, BadCursor, read_cursor, write_cursor

Order = Literal["newest", "score"]
ORDERS: tuple[str, ...] = get_args(Order)
MOST_COUNTED = 10_000
"""Where counting stops: of a hundred thousand designs nobody needs the last figure."""
MOST_TAGGED = 2_000
"""Designs whose tags are counted: each has a dozen."""
MOST_TAGS = 60
"""Tags that a facet lists, the commonest."""
MOST_WORDS = 12
"""Words of a search that count."""
_ID = re.compile(r"[0-9a-f-]{4,36}")
_END = re.compile(r"[0-9a-f]{4,12}")


class GalleryError(BatchError):
    """Root of this module's errors."""


class UnknownDesign(GalleryError):
    """There is no such design."""


class NotKept(GalleryError):
    """The design is not finished."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which finished designs, in which order; every condition that is given must hold."""

    tags: tuple[str, ...] = ()
    """Each must be there, with a confidence of at least `sure`."""
    sure: float = 0.5
    category: str = ""
    text: str = ""
    """Every word must stand, whole or in part, in the row's words or the tags; or a whole id."""
    brand: str = ""
    """By name, whatever version."""
    batch: UUID | None = None
    product: str = ""
    since: datetime | None = None
    """Finished then or later."""
    until: datetime | None = None
    """Finished before then."""
    least_score: float | None = None
    tier: str = ""
    idea: UUID | None = None
    deleted: bool = False
    """Those that were deleted, instead."""
    superseded: bool = False
    """Older versions too."""
    order: Order = "newest"


@dataclass(frozen=True, slots=True)
class _Sort:
    """The column that an index holds, what a row holds of it, and how a key is read back from a cursor."""

    key: str
    column: str
    read: Callable[[Any], Any]


def _number(given: Any) -> float:
    if given is None:
        return -math.inf
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError(given)
    return float(given)


SORTS: Mapping[str, _Sort] = {
    "newest": _Sort("d.ended_at", "ended_at", datetime.fromisoformat),
    "score": _Sort("d.score_key", "score", _number),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after this key and id."""

    order: str
    key: Any
    id: UUID

    @classmethod
    def after(cls, row: Mapping[str, Any], order: str) -> Cursor:
        """The cursor of whatever follows this row."""
        return cls(order, row[SORTS[order].column], row["id"])

    @classmethod
    def read(cls, text: str, order: str) -> Cursor:
        """The cursor that `write` wrote. BadCursor where it is none, or one of a list in another order."""
        try:
            what, its_order, key, design_id = read_cursor(text)
            if what == "design" and its_order != order:
                raise BadCursor(f"the cursor is of a list by {its_order}, not by {order}: begin again without one")
            if what != "design":
                raise BadCursor(UNKNOWN_CURSOR)
            return cls(order, SORTS[order].read(key), UUID(design_id))
        except (ValueError, TypeError, AttributeError, KeyError) as wrong:
            raise wrong if isinstance(wrong, BadCursor) else BadCursor(UNKNOWN_CURSOR) from None

    def write(self) -> str:
        """As one word that fits into an address."""
        lost = self.key is None or self.key == -math.inf
        return write_cursor("design", self.order, None if lost else self.key, self.id)


SHOWN = """d.id, d.row_id, d.version, d.superseded, d.row ->> 'text' AS text, d.row ->> 'keyword' AS keyword, d.product,
  d.category, d.category_by, d.score, d.tier, d.render_key, d.ended_at, d.deleted_at, d.used_at, d.batch_id,
  b.name AS batch, b.idea_id, w.name AS brand, w.version AS brand_version, r.renderer,
  r.made_with ->> 'composition' AS composition, r.made_with #>> '{palette,ground}' AS ground"""
BESIDE = """JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id
JOIN brand w ON w.tenant_id = b.tenant_id AND w.id = b.brand_id
JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key"""
FACE = """(SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'confidence', t.confidence)
    ORDER BY t.confidence DESC, t.name), '[]') FROM tag t
    WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id) AS tags,
  (SELECT f.sha256 FROM render_asset f WHERE f.tenant_id = d.tenant_id AND f.key = d.render_key AND f.kind = 'thumb')
    AS thumb"""
FILES = """(SELECT coalesce(jsonb_object_agg(f.kind, jsonb_build_object('sha256', a.sha256, 'media_type', a.media_type,
    'bytes', a.bytes, 'tier', a.tier)), '{}') FROM render_asset f JOIN asset a USING (tenant_id, sha256)
    WHERE f.tenant_id = d.tenant_id AND f.key = d.render_key) AS files"""
BY: Mapping[str, str] = {
    "category": "d.category = %(category)s",
    "product": "d.product = %(product)s",
    "tier": "d.tier = %(tier)s",
    "batch": "d.batch_id = %(batch)s",
    "brand": """d.batch_id IN (SELECT b.id FROM batch b JOIN brand w ON w.tenant_id = b.tenant_id AND w.id = b.brand_id
      WHERE w.name = %(brand)s)""",
    "idea": "d.batch_id IN (SELECT b.id FROM batch b WHERE b.idea_id = %(idea)s)",
    "since": "d.ended_at >= %(since)s",
    "until": "d.ended_at < %(until)s",
    "least_score": "d.score_key >= %(least_score)s",
}
BY_TAG = """EXISTS (SELECT FROM tag t WHERE t.tenant_id = d.tenant_id AND t.design_id = d.id AND t.name = %(tag{at})s
      AND t.confidence >= %(sure)s)"""

ONE = f"""
SELECT {SHOWN}, d.row, d.line, d.takes, d.retries, d.recorded_at, r.prompt, r.negative, r.seed,
  r.version AS renderer_version,
  r.made_with, r.checked, r.safety, r.seconds, b.status AS batch_status, b.plan, b.idea_revision, i.phrase AS idea,
  i.status AS idea_status, {FACE}, {FILES}
FROM design d {BESIDE} LEFT JOIN idea i ON i.tenant_id = b.tenant_id AND i.id = b.idea_id
WHERE d.id = %s
"""  # noqa: S608 - made of the constants above
OPENED = f"""
SELECT d.id, d.row ->> 'text' AS text, d.product, d.tier, r.made_with, {FILES}
FROM design d JOIN render r ON r.tenant_id = d.tenant_id AND r.key = d.render_key WHERE d.id = %s AND d.status = 'done'
"""  # noqa: S608
READY = f"""
SELECT {SHOWN}, {FACE} FROM design d {BESIDE} JOIN idea i ON i.tenant_id = b.tenant_id AND i.id = b.idea_id
WHERE d.shown AND i.status = 'designed' ORDER BY d.ended_at, d.id LIMIT %s
"""  # noqa: S608
ATTEMPTS = """
SELECT nth, key, renderer, knobs, checked, passed, drawn, seconds, recorded_at FROM attempt WHERE design_id = %s
ORDER BY nth
"""
VERSIONS = """
SELECT id, version, status, superseded, deleted_at IS NOT NULL AS deleted, score, reason, ended_at FROM design
WHERE batch_id = %s AND row_id = %s ORDER BY version DESC
"""
EVENTS = """
SELECT from_status, to_status, actor, reason, versions, recorded_at FROM event
WHERE subject = 'design' AND subject_id = %s ORDER BY recorded_at, id
"""
CATEGORY_FACET = """
SELECT category AS name, count(*) AS count FROM found GROUP BY category ORDER BY count DESC, name
"""
TAG_FACET = f"""
SELECT t.name, count(*) AS count FROM found d
JOIN tag t ON t.tenant_id = d.tenant_id AND t.design_id = d.id
WHERE t.confidence >= %(sure)s GROUP BY t.name ORDER BY count DESC, t.name LIMIT {MOST_TAGS}
"""  # noqa: S608


async def load_page(connection: Rows, wanted: Wanted, most: int, after: Cursor | None = None) -> list[Row]:
    """At most so many designs after the cursor, in their order, with batch, brand, tags and the thumbnail's hash."""
    return await every_named(connection, *statement(wanted, most, after))


def statement(wanted: Wanted, most: int, after: Cursor | None = None) -> tuple[str, dict[str, Any]]:
    """The query of `load_page`, and what it is given."""
    sort = SORTS[wanted.order]
    given = _given(wanted)
    past = ""
    if after is not None:
        key = sort.read(None) if after.key is None else after.key
        past, given = f" AND ({sort.key}, d.id) < (%(key)s, %(last)s)", {**given, "key": key, "last": after.id}
    ordered = f"ORDER BY {sort.key} DESC, d.id DESC LIMIT {most:d}"
    query = f"""
    SELECT {SHOWN}, {FACE} FROM (SELECT d.* FROM design d WHERE {_conditions(wanted)}{past} {ordered}) AS d {BESIDE}
    {ordered}
    """  # noqa: S608 - made of the constants above and a number
    return query, given


async def load_facets(connection: Rows, wanted: Wanted) -> dict[str, Any]:
    """Of the newest that are wanted: how many, how many of each category, and of MOST_TAGGED how many of each tag."""
    given = _given(wanted)
    categories = await every_named(connection, _newest(wanted, MOST_COUNTED) + CATEGORY_FACET, given)
    tags = await every_named(connection, _newest(wanted, MOST_TAGGED) + TAG_FACET, given)
    count = sum(each["count"] for each in categories)
    return {
        "count": count, "more": count >= MOST_COUNTED,
        "categories": {each["name"]: each["count"] for each in categories},
        "tags": {each["name"]: each["count"] for each in tags},
    }  # fmt: skip


def _newest(wanted: Wanted, most: int) -> str:
    return f"""WITH found AS MATERIALIZED (SELECT d.tenant_id, d.id, d.category FROM design d
      WHERE {_conditions(wanted)} ORDER BY d.ended_at DESC, d.id DESC LIMIT {most:d})"""  # noqa: S608


async def find_id(connection: Rows, text: str) -> UUID:
    """The one design that this id, or the beginning or the end of an id, names.

    Raises UnknownDesign where none or several do. Rows of one batch have ids that begin alike: their ends tell them.
    """
    wanted = text.strip().lower()
    found = await _find_ids(connection, wanted) if _ID.fullmatch(wanted) else []
    if not found and _END.fullmatch(wanted):
        query = "SELECT id FROM design WHERE right(id::text, %s) = %s ORDER BY id LIMIT 4"
        found = await every(connection, query, len(wanted), wanted)
    if not found:
        raise UnknownDesign(f"no design {text[:60]!r}; `bellwether designs list` shows them")
    if len(found) > 1:
        some = ", ".join(str(row["id"]) for row in found[:3])
        raise UnknownDesign(f"{text!r} names several designs: {some}; give more of the id")
    design_id: UUID = found[0]["id"]
    return design_id


async def _find_ids(connection: Rows, beginning: str) -> list[Row]:
    try:
        low, high = (UUID(hex=beginning.replace("-", "").ljust(32, fill)) for fill in "0f")
    except ValueError:
        return []
    query = "SELECT id FROM design WHERE id BETWEEN %s AND %s AND starts_with(id::text, %s) ORDER BY id LIMIT 4"
    return await every(connection, query, low, high, beginning)


async def get_design(connection: Rows, design_id: UUID) -> Row:
    """All that is known of a finished design, without its neighbours.

    Raises:
        UnknownDesign: there is none of this id.
        NotKept: it is not finished.
    """
    await check_known(connection, design_id)
    found = await one(connection, ONE, design_id) or {}
    return {
        **found,
        "attempts": await every(connection, ATTEMPTS, design_id),
        "versions": await every(connection, VERSIONS, found["batch_id"], found["row_id"]),
        "events": await every(connection, EVENTS, str(design_id)),
    }


async def check_known(connection: Rows, design_id: UUID) -> None:
    """Nothing where there is such a finished design; else UnknownDesign or NotKept."""
    row = await one(connection, "SELECT status FROM design WHERE id = %s", design_id)
    if row is None:
        raise UnknownDesign(f"no design {design_id}; `bellwether designs list` shows them")
    if row["status"] != "done":
        raise NotKept(f"design {design_id} is {row['status']}: only what is done is in the library")


async def get_files(connection: Rows, design_id: UUID) -> Row:
    """Of a finished design: id, text, product, made_with, tier, and its files by kind.

    Raises UnknownDesign or NotKept.
    """
    found = await one(connection, OPENED, design_id)
    if found is None:
        await check_known(connection, design_id)
    return found or {}


async def get_standing(connection: Rows, batch_id: UUID, row_id: str) -> Row:
    """The version of a row that stands: id, row_id, batch_id, version, status."""
    query = "SELECT id, row_id, batch_id, version, status FROM design WHERE batch_id = %s AND row_id = %s"
    return await one(connection, f"{query} AND NOT superseded", batch_id, row_id) or {}


async def load_ready(connection: Rows, most: int) -> list[Row]:
    """Shown designs of ideas that are `designed` and not yet listed, the oldest first."""
    return await every(connection, READY, most)


def _conditions(wanted: Wanted) -> str:
    """What a design must be, as SQL; every value is a parameter."""
    state = "d.shown"
    if wanted.deleted or wanted.superseded:
        state = "d.status = 'done'"
        state += f" AND d.deleted_at IS {'NOT ' if wanted.deleted else ''}NULL"
        state += "" if wanted.superseded else " AND NOT d.superseded"
    words = words_of(wanted.text)
    parts = [state, *(condition for name, condition in BY.items() if getattr(wanted, name) not in ("", None))]
    parts += [BY_TAG.format(at=at) for at, _ in enumerate(wanted.tags)]
    if _as_id(wanted.text):
        parts.append("d.id = %(id)s")
    elif words:
        parts.append("d.words LIKE ALL (%(likes)s::text[])")
    return " AND ".join(parts)


def _given(wanted: Wanted) -> dict[str, Any]:
    return {
        **{name: _sent(getattr(wanted, name)) for name in (*BY, "sure")},
        "category": _sent(wanted.category.strip().casefold()),
        "id": _as_id(wanted.text),
        "likes": [f"%{_escaped(word)}%" for word in words_of(wanted.text)],
        **{f"tag{at}": _sent(tag.strip().casefold()) for at, tag in enumerate(wanted.tags)},
    }


def words_of(text: str) -> Sequence[str]:
    """The words of a search, in lower case."""
    plain: str = _sent(text)
    return plain.lower().split()[:MOST_WORDS]


def _sent(given: Any) -> Any:
    """A text without what PostgreSQL cannot hold; anything else as it is."""
    return given.replace("\0", " ").encode("utf-8", "replace").decode() if isinstance(given, str) else given


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _as_id(text: str) -> UUID | None:
    plain = text.strip()
    try:
        return UUID(plain) if len(plain) == 36 else None
    except ValueError:
        return None
