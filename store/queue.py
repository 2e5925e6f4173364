"""Queue: lists of decided ideas, a page at a time: filtered, sorted, searched, counted, and who answered what of late.

A page begins after a cursor: the sort key and the id of the last row that was seen. So a walk sees each row once,
whatever is decided beneath it, and the last page costs what the first does. Every sort has its index, and each status
and verdict is a stretch of it; a search by words alone reads the stretch until the page is full.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from store.decisions import Row, every, one

Rows = AsyncConnection[Any]
Order = Literal["score", "newest", "deadline", "margin"]
ORDERS: tuple[str, ...] = get_args(Order)
VERDICTS = ("approve", "review", "reject")
STATUSES = ("discovered", "analysing", "pending_review", "approved", "rejected", "designed", "listed", "live",
            "archived")  # fmt: skip
MOST_COUNTED = 20_000
"""Where counting stops: of a million ended ideas nobody needs the last figure."""
CURSOR_LIMIT = 200


class BadCursor(ValueError):
    """The cursor is none of ours, or of a list in another order."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to sort: the column that its index holds, and how a key is read back from a cursor."""

    key: str
    descending: bool
    read: Callable[[Any], Any]


def _number(given: Any) -> float:
    if given is None:
        return -math.inf
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError(given)
    return float(given)


SORTS: Mapping[str, Sort] = {
    "score": Sort("i.score_key", True, _number),
    "newest": Sort("i.decided_at", True, datetime.fromisoformat),
    "deadline": Sort("i.deadline_key", False, lambda given: date.fromisoformat(given or "9999-12-31")),
    "margin": Sort("i.margin_key", True, _number),
}
COLUMNS: Mapping[str, str] = {
    "score": "score",
    "newest": "decided_at",
    "deadline": "order_by",
    "margin": "margin_ratio",
}
"""What a row holds of each sort's key."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which decided ideas, in which order. No verdicts or formats: all of them. `text`: part of a phrase or audience,
    or a whole id."""

    statuses: tuple[str, ...] = ("pending_review",)
    verdicts: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    text: str = ""
    order: Order = "score"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after this key and id."""

    order: str
    key: Any
    id: UUID

    @classmethod
    def after(cls, row: Mapping[str, Any], order: str) -> Cursor:
        """The cursor of whatever follows this row."""
        return cls(order, row[COLUMNS[order]], row["id"])

    @classmethod
    def read(cls, text: str, order: str) -> Cursor:
        """The cursor that `write` wrote. BadCursor where it is none, or one of a list in another order."""
        try:
            its_order, key, idea_id = read_cursor(text)
            if its_order != order:
                raise BadCursor(f"the cursor is of a list by {its_order}, not by {order}: begin again without one")
            return cls(order, SORTS[order].read(key), UUID(idea_id))
        except (ValueError, TypeError, AttributeError, KeyError) as wrong:
            raise wrong if isinstance(wrong, BadCursor) else BadCursor(UNKNOWN_CURSOR) from None

    def write(self) -> str:
        """As one word that fits into an address."""
        lost = self.key is None or self.key == -math.inf
        return write_cursor(self.order, None if lost else self.key, self.id)


UNKNOWN_CURSOR = "the cursor is not one that a page of this list gave: begin again without one"


def write_cursor(*parts: Any) -> str:
    """A place in a list as one opaque word."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def read_cursor(text: str) -> list[Any]:
    """What `write_cursor` was given, as JSON has it. BadCursor where it is nothing of the kind."""
    try:
        if len(text) > CURSOR_LIMIT:
            raise BadCursor(UNKNOWN_CURSOR)
        found = orjson.loads(base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True))
        if not isinstance(found, list):
            raise BadCursor(UNKNOWN_CURSOR)
        return found
    except (binascii.Error, UnicodeError, orjson.JSONDecodeError):
        raise BadCursor(UNKNOWN_CURSOR) from None


SHOWN = """i.id, i.phrase, i.audience, i.product_format, i.kind, i.status, i.verdict, i.score, i.margin_ratio,
  i.price_cents, i.order_by, i.decided_at, i.revision, i.occasion"""
DECIDED = "i.status = s.status AND i.verdict = v.verdict AND i.decided_at IS NOT NULL AND i.merged_into IS NULL"
BY_ID = " AND i.id = %(id)s"
BY_WORDS = " AND (i.phrase ILIKE %(like)s OR i.audience ILIKE %(like)s)"
BY_FORMAT = " AND i.product_format = ANY(%(formats)s::text[])"

STATUS_FACET = """
SELECT s.status AS name, n.count FROM unnest(%(statuses)s::text[]) AS s (status)
CROSS JOIN LATERAL (SELECT count(*) AS count FROM (SELECT FROM idea i WHERE i.status = s.status
  AND i.decided_at IS NOT NULL AND i.merged_into IS NULL LIMIT %(most)s) AS counted) AS n
WHERE n.count > 0
"""
WAITING_FACETS = """
SELECT i.verdict, i.product_format, count(*) FROM idea i
WHERE i.status = 'pending_review' AND i.decided_at IS NOT NULL AND i.merged_into IS NULL
GROUP BY i.verdict, i.product_format
"""
ANSWERS = """
SELECT r.id, r.idea_id, i.phrase, i.status, r.revision, r.answer, r.actor, r.reason, r.edits, r.decided_at,
  r.undo_until, r.undone_at
FROM review r JOIN idea i ON i.tenant_id = r.tenant_id AND i.id = r.idea_id
WHERE r.id < %s AND (%s::text IS NULL OR r.actor = %s) ORDER BY r.id DESC LIMIT %s
"""
DECISIONS = """
SELECT d.idea_id, d.revision, i.phrase, d.verdict, d.advice, d.ceiling, d.reasons, d.as_of, d.recorded_at
FROM decision d JOIN idea i ON i.tenant_id = d.tenant_id AND i.id = d.idea_id
WHERE (d.recorded_at, d.idea_id, d.revision) < (%s, %s, %s)
ORDER BY d.recorded_at DESC, d.idea_id DESC, d.revision DESC LIMIT %s
"""
LAST = UUID(int=2**128 - 1)
LATEST = (datetime.max.replace(tzinfo=UTC), LAST, 0)


async def load_queue(connection: Rows, filter: Filter, most: int, after: Cursor | None = None) -> list[Row]:  # noqa: A002
    """At most so many rows after the cursor, in the filter's order."""
    return await _all(connection, *statement(filter, most, after))


def statement(filter: Filter, most: int, after: Cursor | None = None) -> tuple[str, dict[str, Any]]:  # noqa: A002
    """The query of `load_queue`, and what it is given."""
    sort = SORTS[filter.order]
    way, beyond = ("DESC", "<") if sort.descending else ("ASC", ">")
    ordered = f"ORDER BY {sort.key} {way}, i.id {way} LIMIT {most:d}"
    past = f" AND ({sort.key}, i.id) {beyond} (%(key)s, %(last)s)" if after else ""
    query = f"""
    SELECT {SHOWN} {_stretches(filter)} CROSS JOIN LATERAL (SELECT i.* FROM idea i
      WHERE {DECIDED}{_narrowed(filter)}{past} {ordered}) AS i {ordered}
    """  # noqa: S608 - made of the constants above and a number
    given = _given(filter)
    if after:
        key = sort.read(None) if after.key is None else after.key
        given |= {"key": key, "last": after.id}
    return query, given


async def count_queue(connection: Rows, filter: Filter) -> int:  # noqa: A002
    """How many the filter lets through; MOST_COUNTED stands for so many or more."""
    query = f"""
    SELECT count(*) FROM (SELECT {_stretches(filter)} CROSS JOIN LATERAL (SELECT FROM idea i
      WHERE {DECIDED}{_narrowed(filter)} LIMIT {MOST_COUNTED}) AS i LIMIT {MOST_COUNTED}) AS counted
    """  # noqa: S608 - made of the constants above
    rows = await _all(connection, query, _given(filter))
    count: int = rows[0]["count"]
    return count


async def load_facets(connection: Rows) -> dict[str, dict[str, int]]:
    """How many decided ideas have each status (counted to MOST_COUNTED), and of those that wait each verdict and
    format."""
    by_status = await _all(connection, STATUS_FACET, {"statuses": list(STATUSES), "most": MOST_COUNTED})
    facets: dict[str, dict[str, int]] = {"status": {row["name"]: row["count"] for row in by_status}}
    for name in ("verdict", "product_format"):
        facets[name] = {}
    for row in await every(connection, WAITING_FACETS):
        for name in ("verdict", "product_format"):
            facets[name][row[name]] = facets[name].get(row[name], 0) + row["count"]
    return facets


async def load_answers_of_late(
    connection: Rows, most: int, after: UUID | None = None, actor: str | None = None
) -> list[Row]:
    """Who answered what, when, the latest first; also what was taken back. With `actor`: what this one answered."""
    return await every(connection, ANSWERS, after or LAST, actor, actor, most)


async def load_decided(connection: Rows, most: int, after: tuple[datetime, UUID, int] = LATEST) -> list[Row]:
    """Decisions, the latest first; after the moment, idea and revision of the last that was seen."""
    return await every(connection, DECISIONS, *after, most)


async def find_queued(connection: Rows, idea_id: UUID) -> Row | None:
    """One idea as lists show it; None where there is none. It need not be decided."""
    return await one(connection, f"SELECT {SHOWN} FROM idea i WHERE i.id = %s", idea_id)  # noqa: S608


def _stretches(filter: Filter) -> str:  # noqa: A002
    """A stretch of the index for each status and verdict.

    How many there are, and how many rows are wanted, stand in the statement itself: PostgreSQL then sees that a plan
    for any values costs no more than one for these, and plans no more (a third of the time of a page).
    """
    status, verdict = (_values(name, len(given)) for name, given in _within(filter).items())
    return f"FROM {status} AS s (status) CROSS JOIN {verdict} AS v (verdict)"


def _within(filter: Filter) -> dict[str, list[str]]:  # noqa: A002
    """The statuses and verdicts that a filter lets through, each once."""
    statuses, verdicts = filter.statuses or STATUSES, filter.verdicts or VERDICTS
    return {"status": list(dict.fromkeys(statuses)), "verdict": list(dict.fromkeys(verdicts))}


def _values(name: str, count: int) -> str:
    return "(VALUES " + ", ".join(f"(%({name}{at})s::text)" for at in range(count)) + ")"


def _narrowed(filter: Filter) -> str:  # noqa: A002
    words = filter.text.strip()
    searched = "" if not words else BY_ID if _as_id(words) else BY_WORDS
    return searched + (BY_FORMAT if filter.formats else "")


def _given(filter: Filter) -> dict[str, Any]:  # noqa: A002
    words = filter.text.strip()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        **{f"{name}{at}": each for name, given in _within(filter).items() for at, each in enumerate(given)},
        "formats": list(filter.formats),
        "like": f"%{escaped}%",
        "id": _as_id(words),
    }


def _as_id(words: str) -> UUID | None:
    try:
        return UUID(words) if len(words) == 36 else None
    except ValueError:
        return None


async def _all(connection: Rows, query: str, given: Mapping[str, Any]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), given)
        return await cursor.fetchall()
