"""Metrics: what was counted of listings and arms, each statement kept, the newest of each window in force.

A delivery is one transaction: its rows, what it refused, and what it restated. Brought again it is found by its
content: rows that were refused are tried once more, and nothing else changes. Windows in force of one counter (subject,
metric, source, variant, reference) never overlap, so that nothing is counted twice. Statements about one window may
come late and out of order: the newest by `stated_at` holds, and the others stay beside it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from store.decisions import Row, Rows, every, every_named, one
from store.ids import new_id

Counter = tuple[UUID, str, str, str, str]
"""Subject, metric, source, variant, reference."""
Window = tuple[datetime, datetime]

PUT_DELIVERY = """
INSERT INTO delivery (tenant_id, id, digest, source, rows, stored, restated, repeated, refused, actor)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, 0, 0, 0, 0, %s)
ON CONFLICT (tenant_id, source, digest) DO NOTHING RETURNING id
"""
CLOSE_DELIVERY = """
UPDATE delivery SET stored = stored + %s, restated = restated + %s, repeated = repeated + %s, refused = %s
WHERE id = %s RETURNING *
"""
SUBJECTS = """
SELECT 'listing' AS kind, id, wanted FROM listing JOIN unnest(%(listings)s::text[]) AS wanted
  ON key = wanted OR id::text = wanted
UNION ALL
SELECT 'arm', a.id, wanted FROM arm a JOIN experiment e ON e.tenant_id = a.tenant_id AND e.id = a.experiment_id
  JOIN unnest(%(arms)s::text[]) AS wanted ON a.id::text = wanted OR e.name || '/' || a.name = wanted
"""
STANDING = """
SELECT m.id, m.subject_id, m.name, m.source, m.variant, m.reference, m.from_at, m.to_at, m.amount, m.currency,
  m.stated_at, m.confirmed_at
FROM metric m JOIN (
  SELECT subject_id, name, min(from_at) AS first, max(to_at) AS last
  FROM unnest(%(subjects)s::uuid[], %(names)s::text[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
    AS i (subject_id, name, from_at, to_at) GROUP BY subject_id, name) i USING (subject_id, name)
WHERE NOT m.superseded AND m.source = %(source)s AND m.to_at >= i.first AND m.from_at <= i.last
"""
PUT = """
INSERT INTO metric (tenant_id, id, listing_id, arm_id, variant, source, name, from_at, to_at, reference, amount,
  currency, stated_at, confirmed_at, superseded, delivery_id)
SELECT current_setting('bellwether.tenant'), n.id, n.listing_id, n.arm_id, n.variant, %(source)s, n.name, n.from_at,
  n.to_at, n.reference, n.amount, n.currency, n.stated_at, n.confirmed_at, n.superseded, %(delivery)s
FROM unnest(%(ids)s::uuid[], %(listings)s::uuid[], %(arms)s::uuid[], %(variants)s::text[], %(names)s::text[],
  %(froms)s::timestamptz[], %(tos)s::timestamptz[], %(references)s::text[], %(amounts)s::bigint[],
  %(currencies)s::text[], %(stated)s::timestamptz[], %(confirmed)s::timestamptz[], %(superseded)s::boolean[])
  AS n (id, listing_id, arm_id, variant, name, from_at, to_at, reference, amount, currency, stated_at, confirmed_at,
    superseded)
ON CONFLICT (tenant_id, subject_id, name, source, variant, reference, from_at, to_at, stated_at) DO NOTHING
"""
CONFIRM = """
UPDATE metric m SET confirmed_at = n.at FROM unnest(%s::uuid[], %s::timestamptz[]) AS n (id, at) WHERE m.id = n.id
"""
REFUSE = """
INSERT INTO metric_refused (tenant_id, delivery_id, row_no, reason, excerpt)
SELECT current_setting('bellwether.tenant'), %(delivery)s, r.row_no, r.reason, r.excerpt
FROM unnest(%(rows)s::int[], %(reasons)s::text[], %(excerpts)s::text[]) AS r (row_no, reason, excerpt)
"""


@dataclass(frozen=True, slots=True)
class Stated:
    """One count or amount, as somebody stated it; `listing` or `arm` as they named it, the other empty."""

    row: int
    """Where it stands in what was brought, from 1."""
    listing: str
    arm: str
    variant: str
    name: str
    amount: int
    """A count, or minor units of `currency`, which a count has not."""
    currency: str
    start: datetime
    end: datetime
    """After `start`, or the same: an event at a moment, told from others by `reference`."""
    reference: str
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not counted, and why."""

    row: int
    why: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was brought at one time."""

    source: str
    digest: str
    """Of its content: brought again it is the same."""
    rows: int
    stated: Sequence[Stated]
    refused: Sequence[Refusal]
    actor: str


@dataclass(slots=True)
class _Held:
    """What is in force of a window: stored already, or new with this delivery."""

    id: UUID
    stated: Stated
    confirmed_at: datetime
    kind: str = ""
    """'listing' or 'arm', of a new one."""


@dataclass(slots=True)
class _Book:
    """What is in force of each counter, and what this delivery changes."""

    held: dict[Counter, dict[Window, _Held]] = field(default_factory=dict)
    windows: dict[Counter, list[Window]] = field(default_factory=dict)
    new: dict[UUID, tuple[_Held, UUID]] = field(default_factory=dict)
    """With the subject of each."""
    confirmed: dict[UUID, datetime] = field(default_factory=dict)
    """When the same was stated again, of what was stored before."""
    past: set[UUID] = field(default_factory=set)
    """No longer in force."""
    restated: int = 0
    repeated: int = 0

    def put(self, counter: Counter, held: _Held) -> None:
        window = held.stated.start, held.stated.end
        of = self.held.setdefault(counter, {})
        if window not in of:
            insort(self.windows.setdefault(counter, []), window)
        of[window] = held

    def confirm(self, held: _Held, at: datetime) -> None:
        """The same was stated again."""
        self.repeated += 1
        if at > held.confirmed_at:
            held.confirmed_at = at
            if held.id not in self.new:
                self.confirmed[held.id] = at

    def find(self, counter: Counter, window: Window) -> _Held | None:
        return self.held.get(counter, {}).get(window)

    def overlapped(self, counter: Counter, window: Window) -> Window | None:
        """Another window in force that overlaps this one: those in force do not overlap, so its neighbours decide."""
        start, end = window
        known = self.windows.get(counter, [])
        at = bisect_left(known, window)
        beside = (each for each in known[max(0, at - 1) : at + 2] if each != window)
        return next((each for each in beside if each[0] < end and start < each[1]), None)


async def put_delivery(connection: Rows, delivery: Delivery) -> tuple[Row, bool]:
    """Keep what was brought; the delivery as it stands, and whether anything of it is new."""
    async with connection.transaction():
        given = (new_id(), delivery.digest, delivery.source, delivery.rows, delivery.actor)
        begun = await one(connection, PUT_DELIVERY, *given)
        if begun is None:
            return await _again(connection, delivery)
        return await _enter_all(connection, begun["id"], delivery), True


async def _again(connection: Rows, delivery: Delivery) -> tuple[Row, bool]:
    """Of what was brought before, try the rows that were refused then: a listing may be known by now."""
    query = "SELECT * FROM delivery WHERE source = %s AND digest = %s FOR UPDATE"
    standing = await one(connection, query, delivery.source, delivery.digest) or {}
    query = "DELETE FROM metric_refused WHERE delivery_id = %s RETURNING row_no"
    held = {row["row_no"] for row in await every(connection, query, standing["id"])}
    if not held:
        return standing, False
    stated = [each for each in delivery.stated if each.row in held]
    refused = [each for each in delivery.refused if each.row in held]
    row = await _enter_all(connection, standing["id"], replace(delivery, stated=stated, refused=refused))
    return row, row["stored"] > standing["stored"]


async def _enter_all(connection: Rows, delivery_id: UUID, delivery: Delivery) -> Row:
    """Enter what is stated into the tables, refuse what cannot be; the delivery as it stands then."""
    subjects = await _subjects(connection, delivery.stated)
    book = _Book()
    refused = list(delivery.refused)
    await _open(connection, book, delivery, subjects)
    for row, told in groupby(sorted(delivery.stated, key=_in_order), key=_in_order):
        refused += _enter(book, row[1], list(told), delivery.source, subjects)
    await _write(connection, delivery_id, delivery.source, book)
    await _refuse(connection, delivery_id, refused)
    counts = (len(book.new), book.restated, book.repeated, len(refused))
    return await one(connection, CLOSE_DELIVERY, *counts, delivery_id) or {}


def _in_order(stated: Stated) -> tuple[datetime, int]:
    return stated.stated_at, stated.row


Subjects = Mapping[tuple[str, str], UUID]
"""Kind and how it was named."""


async def _subjects(connection: Rows, stated: Iterable[Stated]) -> Subjects:
    """Whom the rows name; locked, in the order of their ids, until the transaction ends."""
    listings, arms = {each.listing for each in stated if each.listing}, {each.arm for each in stated if each.arm}
    found = await every_named(connection, SUBJECTS, {"listings": sorted(listings), "arms": sorted(arms)})
    for table in ("listing", "arm"):
        ids = sorted(row["id"] for row in found if row["kind"] == table)
        query = f"SELECT FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
        await connection.execute(query.encode(), [ids])
    return {(row["kind"], row["wanted"]): row["id"] for row in found}


def _subject(stated: Stated, subjects: Subjects) -> UUID | None:
    return subjects.get(("listing", stated.listing) if stated.listing else ("arm", stated.arm))


async def _open(connection: Rows, book: _Book, delivery: Delivery, subjects: Subjects) -> None:
    """Read what is in force of the counters that the delivery names."""
    wanted = [(subject, each) for each in delivery.stated if (subject := _subject(each, subjects))]
    pairs = [(subject, name, each) for subject, each in wanted for name in _with_its_pair(each.name)]
    given = {
        "subjects": [subject for subject, _, _ in pairs], "names": [name for _, name, _ in pairs],
        "froms": [each.start for _, _, each in pairs], "tos": [each.end for _, _, each in pairs],
        "source": delivery.source,
    }  # fmt: skip
    for row in await every_named(connection, STANDING, given):
        counter = (row["subject_id"], row["name"], row["source"], row["variant"], row["reference"])
        stated = Stated(0, "", "", row["variant"], row["name"], row["amount"], row["currency"], row["from_at"],
                        row["to_at"], row["reference"], row["stated_at"])  # fmt: skip
        book.put(counter, _Held(row["id"], stated, row["confirmed_at"]))


def _with_its_pair(name: str) -> tuple[str, ...]:
    return ("clicks", "impressions") if name in ("clicks", "impressions") else (name,)


# One row --------------------------------------------------------------------------------------------------------------


def _enter(book: _Book, row: int, told: Sequence[Stated], source: str, subjects: Subjects) -> list[Refusal]:
    """Enter all that a row counts, or nothing and why."""
    subject = _subject(told[0], subjects)
    if subject is None:
        kind, name = ("listing", told[0].listing) if told[0].listing else ("arm", told[0].arm)
        return [Refusal(row, f"no {kind} {name[:80]!r} of yours", _excerpt(told))]
    for each in told:
        if why := _fault(book, (subject, each.name, source, each.variant, each.reference), each, told):
            return [Refusal(row, why, _excerpt(told))]
    for each in told:
        _state(book, subject, source, each)
    return []


def _excerpt(told: Sequence[Stated]) -> str:
    return ", ".join(f"{each.name} {each.amount}" for each in told)[:200]


def _fault(book: _Book, counter: Counter, stated: Stated, told: Sequence[Stated]) -> str:
    """Why a count cannot be, beside what stands; empty where it can."""
    window = stated.start, stated.end
    other = book.overlapped(counter, window)
    if other is not None:
        return f"{stated.name}: its window overlaps one that is counted ({other[0]:%Y-%m-%d %H:%M} to {other[1]:%H:%M})"
    held = book.find(counter, window)
    if held is not None and held.stated.currency != stated.currency:
        return f"{stated.name}: it stands in {held.stated.currency}, and {stated.currency} is stated"
    if held is not None and held.confirmed_at == stated.stated_at and held.stated.amount != stated.amount:
        return f"{stated.name}: {held.stated.amount:,} and {stated.amount:,} are stated at the same moment"
    return _clicks_fault(book, counter, stated, told)


def _clicks_fault(book: _Book, counter: Counter, stated: Stated, told: Sequence[Stated]) -> str:
    """Whether clicks would be more than impressions, of the same row or of what stands."""
    pair = {"clicks": "impressions", "impressions": "clicks"}.get(stated.name)
    if pair is None:
        return ""
    beside = next((each.amount for each in told if each.name == pair), None)
    if beside is None:
        held = book.find((counter[0], pair, *counter[2:]), (stated.start, stated.end))
        if held is None or held.confirmed_at > stated.stated_at:
            return ""
        beside = held.stated.amount
    clicks, shown = (stated.amount, beside) if stated.name == "clicks" else (beside, stated.amount)
    return f"clicks ({clicks:,}) above impressions ({shown:,})" if clicks > shown else ""


def _state(book: _Book, subject: UUID, source: str, stated: Stated) -> None:
    """Enter one count: new, restated, late, or what stands already."""
    counter, window = (subject, stated.name, source, stated.variant, stated.reference), (stated.start, stated.end)
    held = book.find(counter, window)
    if held is not None and held.stated.amount == stated.amount:
        book.confirm(held, stated.stated_at)
        return
    new = _Held(new_id(), stated, stated.stated_at, "listing" if stated.listing else "arm")
    book.new[new.id] = new, subject
    if held is not None and held.confirmed_at > stated.stated_at:
        book.past.add(new.id)
        return
    if held is not None:
        book.restated += 1
        book.past.add(held.id)
    book.put(counter, new)


async def _write(connection: Rows, delivery: UUID, source: str, book: _Book) -> None:
    old = [each for each in book.past if each not in book.new]
    if old:
        await connection.execute("UPDATE metric SET superseded = true WHERE id = ANY(%s)", [old])
    if book.confirmed:
        await connection.execute(CONFIRM, [list(book.confirmed), list(book.confirmed.values())])
    new = [(held.id, held.kind, subject, held.stated) for held, subject in book.new.values()]
    given: dict[str, Any] = {
        "delivery": delivery, "source": source, "ids": [each[0] for each in new],
        "listings": [subject if kind == "listing" else None for _, kind, subject, _ in new],
        "arms": [subject if kind == "arm" else None for _, kind, subject, _ in new],
        "superseded": [each[0] in book.past for each in new],
        "confirmed": [held.confirmed_at for held, _ in book.new.values()],
    }  # fmt: skip
    columns = {"variants": "variant", "names": "name", "froms": "start", "tos": "end", "references": "reference",
               "amounts": "amount", "currencies": "currency", "stated": "stated_at"}  # fmt: skip
    given |= {name: [attrgetter(of)(each[3]) for each in new] for name, of in columns.items()}
    await connection.execute(PUT, given)


async def _refuse(connection: Rows, delivery: UUID, refused: Sequence[Refusal]) -> None:
    first = {each.row: each for each in reversed(refused)}
    given = {
        "delivery": delivery, "rows": list(first), "reasons": [each.why for each in first.values()],
        "excerpts": [each.excerpt for each in first.values()],
    }  # fmt: skip
    await connection.execute(REFUSE, given)


# Reading --------------------------------------------------------------------------------------------------------------


async def load_deliveries(connection: Rows, most: int = 50) -> list[Row]:
    """The newest deliveries with their counts."""
    return await every(connection, "SELECT * FROM delivery ORDER BY recorded_at DESC, id DESC LIMIT %s", most)


async def load_refused(connection: Rows, delivery_id: UUID, most: int = 200) -> list[Row]:
    """The rows of a delivery that were refused, in their order."""
    query = "SELECT row_no, reason, excerpt FROM metric_refused WHERE delivery_id = %s ORDER BY row_no LIMIT %s"
    return await every(connection, query, delivery_id, most)
