"""Listings: drafts of what is put up for sale, what gates said of them, and what a person answered.

A listing is one design on one marketplace in one language, begun once. Each change is one transaction that writes its
event. Errors: `ListingError`, of which `UnknownListing` (look at the id) and `NotNow` (as it stands this cannot be
done; the message says what stands).
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from store.batches import note
from store.decisions import Row, Rows, every, every_named, one
from store.ids import new_id

WAITING = ("blocked", "waiting")
"""Statuses in which a person may answer."""
OPEN = ("queued", "pushing", "unconfirmed")
"""Statuses in which the outbox has it."""
STATUSES = ("drafting", *WAITING, "declined", *OPEN, "live", "refused", "dead", "ended")


class ListingError(Exception):
    """Root of what goes wrong with listings."""


class UnknownListing(ListingError):
    """There is no listing of this name."""


class NotNow(ListingError):
    """As it stands this cannot be done."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A listing that is wanted."""

    design_id: UUID
    marketplace: str
    locale: str
    idea_id: UUID | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written, JSON-ready, under the hash of it."""

    body: Mapping[str, Any]
    digest: str
    written_by: str
    remark: str = ""


PUT = """
INSERT INTO listing (tenant_id, id, key, design_id, idea_id, revision, marketplace, locale, status, actor)
SELECT current_setting('bellwether.tenant'), w.id, w.key, w.design_id, w.idea_id, w.revision, w.marketplace, w.locale,
  'drafting', %(actor)s
FROM jsonb_to_recordset(%(wishes)s) AS w (id uuid, key text, design_id uuid, idea_id uuid, revision int,
  marketplace text, locale text)
ON CONFLICT (tenant_id, design_id, marketplace, locale) DO NOTHING RETURNING id
"""
FOUND = """
SELECT l.* FROM ROWS FROM (jsonb_to_recordset(%s) AS (design_id uuid, marketplace text, locale text))
  WITH ORDINALITY AS w (design_id, marketplace, locale, nth)
JOIN listing l ON l.design_id = w.design_id AND l.marketplace = w.marketplace AND l.locale = w.locale ORDER BY w.nth
"""
DRAW_UP = """
UPDATE listing SET body = %(body)s, digest = %(digest)s, nth = nth + 1, written_by = %(by)s, remark = %(remark)s,
  title = %(body)s::jsonb ->> 'title', price_cents = (%(body)s::jsonb ->> 'price_cents')::bigint,
  currency = %(body)s::jsonb ->> 'currency', changed_at = now(), error = ''
WHERE id = %(id)s AND digest <> %(digest)s RETURNING nth
"""
PUT_GATES = """
INSERT INTO gate AS old (tenant_id, listing_id, nth, name, outcome, verdict)
SELECT current_setting('bellwether.tenant'), %(id)s, %(nth)s, g.name, g.outcome, g.verdict
FROM jsonb_to_recordset(%(gates)s) AS g (name text, outcome text, verdict jsonb)
ON CONFLICT (tenant_id, listing_id, nth, name) DO UPDATE SET outcome = excluded.outcome, verdict = excluded.verdict,
  checked_at = now() WHERE old.passed_at IS NULL
"""
BLOCKING = """
SELECT name FROM gate WHERE listing_id = %s AND nth = %s AND outcome <> 'clear' AND passed_at IS NULL ORDER BY name
"""
PAGE = """
SELECT l.id, l.key, l.design_id, l.idea_id, l.marketplace, l.locale, l.status, l.title, l.price_cents, l.currency,
  l.native, l.seen_at, l.error, l.recorded_at, l.changed_at, l.digest,
  (SELECT r.made_with #>> '{palette,ground}' FROM render r JOIN design d ON d.tenant_id = r.tenant_id
    AND d.render_key = r.key WHERE r.tenant_id = l.tenant_id AND d.id = l.design_id) AS ground,
  (SELECT sha256 FROM render_asset f JOIN design d ON d.tenant_id = f.tenant_id AND d.render_key = f.key
    WHERE f.tenant_id = l.tenant_id AND d.id = l.design_id AND f.kind = 'thumb') AS thumb
FROM listing l
WHERE (%(statuses)s::text[] IS NULL OR l.status = ANY(%(statuses)s))
  AND (%(marketplace)s::text IS NULL OR l.marketplace = %(marketplace)s)
  AND (%(idea)s::uuid IS NULL OR l.idea_id = %(idea)s)
  AND (%(at)s::timestamptz IS NULL OR (l.changed_at, l.id) < (%(at)s, %(after)s::uuid))
ORDER BY l.changed_at DESC, l.id DESC LIMIT %(most)s
"""


def key_of(tenant: str, wish: Wish) -> str:
    """What marketplaces are told: 80 bits of who, what, where and in which language; the same for good."""
    packed = f"{tenant}\n{wish.design_id}\n{wish.marketplace}\n{wish.locale}"
    return f"bw-{b32encode(sha256(packed.encode()).digest()[:10]).decode().lower()}"


async def put_listings(connection: Rows, tenant: str, wishes: Sequence[Wish], actor: str) -> list[tuple[Row, bool]]:
    """The listing of each wish, in order, and whether it is new."""
    packed = [
        {
            "id": str(new_id()), "key": key_of(tenant, each), "design_id": str(each.design_id),
            "idea_id": str(each.idea_id) if each.idea_id else None, "revision": each.revision,
            "marketplace": each.marketplace, "locale": each.locale,
        }
        for each in wishes
    ]  # fmt: skip
    async with connection.transaction():
        async with connection.cursor() as cursor:
            await cursor.execute(PUT, {"wishes": Jsonb(packed), "actor": actor})
            new = {row[0] for row in await cursor.fetchall()}
        await note(connection, "listing", [(each, None) for each in new], "drafting", actor, "")
        rows = await every(connection, FOUND, Jsonb(packed))
    return [(row, row["id"] in new) for row in rows]


async def save_draft(connection: Rows, listing_id: UUID, draft: Draft, actor: str, based_on: str | None = None) -> int:
    """Keep what was written as the next draft; the number that it has. The same again changes nothing.

    Raises NotNow where the outbox has the listing: what was approved stays as it is; and where the draft is no longer
    the one of the digest that it is based on.
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if based_on is not None and row["digest"] != based_on:
            raise NotNow(f"{row['title']!r} was changed meanwhile: look at it again")
        if row["status"] in OPEN:
            raise NotNow(f"{row['title']!r} is {row['status']}: wait until it is settled, then change it")
        given = {"id": listing_id, "body": Jsonb(dict(draft.body)), "digest": draft.digest}
        async with connection.cursor() as cursor:
            await cursor.execute(DRAW_UP, {**given, "by": draft.written_by, "remark": draft.remark})
            new = await cursor.fetchone()
        if new is None:
            return int(row["nth"])
        await note(connection, "listing", [(listing_id, row["status"])], "drafting", actor, f"draft {new[0]}")
        await connection.execute("UPDATE listing SET status = 'drafting' WHERE id = %s", (listing_id,))
        return int(new[0])


async def save_gates(
    connection: Rows, listing_id: UUID, nth: int, verdicts: Sequence[Mapping[str, Any]], actor: str
) -> str:
    """Keep what gates said of a draft; the listing then waits, or is blocked. Its status.

    `verdicts`: each with name, outcome, and verdict (all of it). What a person let pass stays so. A draft that is no
    longer the newest changes nothing.
    """
    packed = [{**each, "verdict": dict(each["verdict"])} for each in verdicts]
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if row["nth"] != nth or row["status"] not in ("drafting", *WAITING):
            return str(row["status"])
        async with connection.cursor() as cursor:
            await cursor.execute(PUT_GATES, {"id": listing_id, "nth": nth, "gates": Jsonb(packed)})
        return await _rest(connection, row, actor, "gates were asked")


async def let_pass(connection: Rows, listing_id: UUID, names: Sequence[str], actor: str, why: str) -> str:
    """A person lets these gates pass, with a reason; the listing's status then.

    Raises NotNow where no such gate blocks it.
    """
    query = """
    UPDATE gate SET passed_by = %s, passed_why = %s, passed_at = now()
    WHERE listing_id = %s AND nth = %s AND name = ANY(%s) AND outcome <> 'clear' AND passed_at IS NULL RETURNING name
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        passed = await every(connection, query, actor, why, listing_id, row["nth"], list(names))
        if row["status"] != "blocked" or len(passed) != len(set(names)):
            raise NotNow(f"{row['title']!r} is {row['status']}, and not blocked by {', '.join(names) or 'nothing'}")
        return await _rest(connection, row, actor, f"{', '.join(names)} let pass: {why}")


async def _rest(connection: Rows, row: Row, actor: str, reason: str) -> str:
    """What a checked draft comes to: blocked by gates that nobody let pass, else it waits for a person."""
    blocking = [each["name"] for each in await every(connection, BLOCKING, row["id"], row["nth"])]
    status = "blocked" if blocking else "waiting"
    if row["status"] != status:
        why = f"{reason}; blocked by {', '.join(blocking)}" if blocking else reason
        await move(connection, row, status, actor, why)
    return status


async def decline(connection: Rows, listing_id: UUID, actor: str, reason: str) -> bool:
    """A person wants it not; whether that was news. NotNow where it went out already."""
    async with connection.transaction():
        row = await lock(connection, listing_id)
        if row["status"] == "declined":
            return False
        if row["status"] not in ("drafting", *WAITING, "refused", "dead"):
            raise NotNow(f"{row['title']!r} is {row['status']}: end it instead")
        await move(connection, row, "declined", actor, reason, told=False)
        return True


async def reopen(connection: Rows, listing_id: UUID, actor: str, within_s: float) -> bool:
    """Take a person's no back where it was given so lately: the listing stands as before; False where it was not."""
    query = """
    SELECT from_status, to_status, recorded_at > now() - %s * interval '1 second' AS lately FROM event
    WHERE subject = 'listing' AND subject_id = %s ORDER BY recorded_at DESC, id DESC LIMIT 1
    """
    async with connection.transaction():
        row = await lock(connection, listing_id)
        last = await one(connection, query, within_s, str(listing_id))
        if row["status"] != "declined" or last is None or not last["lately"] or last["to_status"] != "declined":
            return False
        await move(connection, row, last["from_status"], actor, "the no was taken back")
        return True


async def lock(connection: Rows, listing_id: UUID) -> Row:
    """The listing's row, nobody else's to change until this transaction ends."""
    row = await one(connection, "SELECT * FROM listing WHERE id = %s FOR NO KEY UPDATE", listing_id)
    if row is None:
        raise UnknownListing(f"no listing {listing_id}; `bellwether listings list` shows them")
    return row


async def move(connection: Rows, row: Row, status: str, actor: str, reason: str, told: bool = True) -> None:
    """Change the status and write its event; where it has that status already, nothing. `told`: its thread knows."""
    if row["status"] == status:
        return
    query = "UPDATE listing SET status = %s, told = told AND %s, changed_at = now() WHERE id = %s"
    await connection.execute(query, (status, told, row["id"]))
    await note(connection, "listing", [(row["id"], row["status"])], status, actor, reason)


async def find_id(connection: Rows, text: str | UUID) -> UUID:
    """A listing by its key or the beginning of its id. UnknownListing where none or several are meant.

    An id is taken as it is: whoever uses it says whether there is one.
    """
    if isinstance(text, UUID):
        return text
    query = "SELECT id FROM listing WHERE key = %s OR (%s AND starts_with(id::text, %s)) ORDER BY id LIMIT 2"
    wanted = str(text).strip().lower()
    rows = await every(connection, query, wanted, len(wanted) >= 8, wanted)
    if len(rows) == 1:
        found: UUID = rows[0]["id"]
        return found
    told = "several listings begin" if rows else "no listing begins"
    raise UnknownListing(f"{told} with {wanted!r}; `bellwether listings list` shows them")


async def get_listing(connection: Rows, listing_id: UUID) -> Row:
    """All of a listing: row, gates of its draft, its outbox rows and events, the newest last."""
    row = await one(connection, "SELECT * FROM listing WHERE id = %s", listing_id)
    if row is None:
        raise UnknownListing(f"no listing {listing_id}; `bellwether listings list` shows them")
    gates = "SELECT * FROM gate WHERE listing_id = %s AND nth = %s ORDER BY name"
    pushes = "SELECT * FROM outbox WHERE listing_id = %s ORDER BY recorded_at, id"
    events = """
    SELECT from_status, to_status, actor, reason, recorded_at FROM event
    WHERE subject = 'listing' AND subject_id = %s ORDER BY recorded_at, id
    """
    return {
        **row,
        "gates": await every(connection, gates, listing_id, row["nth"]),
        "pushes": await every(connection, pushes, listing_id),
        "events": await every(connection, events, str(listing_id)),
    }


async def load_page(
    connection: Rows,
    most: int,
    after: tuple[datetime, UUID] | None = None,
    statuses: Sequence[str] | None = None,
    marketplace: str | None = None,
    idea_id: UUID | None = None,
) -> list[Row]:
    """Listings, the last that changed first, behind this one, with the thumbnail's hash."""
    at, last = after or (None, None)
    given = {
        "statuses": None if statuses is None else list(statuses), "marketplace": marketplace, "idea": idea_id,
        "at": at, "after": last, "most": most,
    }  # fmt: skip
    return await every_named(connection, PAGE, given)


async def count_by_status(connection: Rows) -> dict[str, int]:
    """How many listings there are of each status."""
    query = "SELECT status, count(*) AS n FROM listing GROUP BY status"
    counted = {row["status"]: int(row["n"]) for row in await every(connection, query)}
    return {status: counted.get(status, 0) for status in STATUSES}


async def count_by_marketplace(connection: Rows, idea_id: UUID | None = None) -> dict[str, dict[str, int]]:
    """How many listings of each status there are on each marketplace, of one idea or of all."""
    query = """
    SELECT marketplace, status, count(*) AS n FROM listing WHERE %s::uuid IS NULL OR idea_id = %s
    GROUP BY marketplace, status ORDER BY marketplace, status
    """
    found: dict[str, dict[str, int]] = {}
    for row in await every(connection, query, idea_id, idea_id):
        found.setdefault(row["marketplace"], {})[row["status"]] = int(row["n"])
    return found


async def load_of_design(connection: Rows, design_id: UUID) -> list[Row]:
    """The listings of a design, by marketplace and language."""
    query = """
    SELECT id, key, marketplace, locale, status, title, error FROM listing WHERE design_id = %s
    ORDER BY marketplace, locale
    """
    return await every(connection, query, design_id)


async def load_blocking(connection: Rows, ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """The gates that block each of these listings ("name", "why"); none of those that nothing blocks."""
    query = """
    SELECT g.listing_id, g.name, g.verdict ->> 'why' AS why FROM gate g
    JOIN listing l ON l.tenant_id = g.tenant_id AND l.id = g.listing_id AND l.nth = g.nth
    WHERE g.listing_id = ANY(%s) AND g.outcome <> 'clear' AND g.passed_at IS NULL ORDER BY g.name
    """
    found: dict[UUID, list[Row]] = {}
    for row in await every(connection, query, list(ids)):
        found.setdefault(row["listing_id"], []).append(row)
    return found


async def load_unseen(connection: Rows, before: datetime, most: int) -> list[Row]:
    """Live listings at which nobody looked since, the longest unseen first."""
    query = """
    SELECT id, key, marketplace, native FROM listing WHERE status = 'live' AND seen_at < %s ORDER BY seen_at LIMIT %s
    """
    return await every(connection, query, before, most)


async def load_untold(connection: Rows, most: int) -> list[Row]:
    """Listings whose threads do not know yet what was answered, the oldest first."""
    return await every(connection, "SELECT id FROM listing WHERE NOT told ORDER BY changed_at LIMIT %s", most)


async def mark_told(connection: Rows, listing_id: UUID) -> None:
    """Its thread knows what stands."""
    await connection.execute("UPDATE listing SET told = true WHERE id = %s", (listing_id,))
