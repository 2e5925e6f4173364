"""Keywords: what is rising, kept for thirty days after it was last seen, and what that knowledge was worth.

A keyword lives from its first sight until it expires; seen again it lives on, and its first sight never moves. One that
expired and comes back begins a new life in a row of its own. Statements name no tenant where row-level security adds
it. What a person adds or takes away is an event in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from store.cache import ANALYTICS_S, Cache
from store.ids import new_id
from store.redis import Redis

Rows = Connection[Any]
FoundBy = Literal["mined", "web", "person"]

LIFE = timedelta(days=30)
"""How long a keyword lives after it was last seen."""
MOST = 20
"""Keywords that a scan loads."""
HALVES = timedelta(days=7)
"""What was found this long ago counts half: growth is measured over days."""
SLOT = timedelta(hours=6)
"""The web is searched once in it."""
AGAIN = timedelta(minutes=30)
"""A search that failed, or that nobody ended, is begun again after so long."""
PER_LIST = 8
"""Products and addresses kept of one keyword, the newest first."""
PHRASE_CHARS = 60
PHRASE_WORDS = 5
"""A longer phrase is no keyword."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A phrase that is rising, or that a person wants looked for."""

    phrase: str
    key: str
    """The stem key that ideas have."""
    category: str
    strength: float
    """In [0, 1], as of `last_seen_at`."""
    uses: int
    """What held it when it was last seen: folded texts, or pages of the web."""
    products: tuple[str, ...]
    urls: tuple[str, ...]
    found_by: FoundBy
    first_seen_at: datetime
    last_seen_at: datetime
    expires_at: datetime | None
    """None: a person's, until it is taken away."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What keywords announced: of the ideas that came into the top quartile, those a keyword had named before."""

    ideas: int
    announced: int
    median_lead_hours: float | None

    @property
    def share(self) -> float | None:
        """In [0, 1]; None where no idea came into the top quartile."""
        return self.announced / self.ideas if self.ideas else None


def kept_worth(redis: Redis, tenant: str) -> Cache:
    """Where the worth as it was last counted is kept: counting reads every score of two months."""
    return Cache(redis, tenant, "analytics", ANALYTICS_S)


@dataclass(frozen=True, slots=True)
class Search:
    """One slot of web discovery: what was asked about, and what became of it."""

    slot: datetime
    audiences: tuple[str, ...]
    outcome: Literal["asked", "found", "failed"]
    found: int
    left_out: Mapping[str, int]
    reason: str


COLUMNS = "phrase, key, category, strength, uses, products, urls, found_by, first_seen_at, last_seen_at, expires_at"

LIVING = "first_seen_at <= %(now)s AND (expires_at IS NULL OR expires_at > %(now)s)"

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('keyword ' || current_setting('bellwether.tenant'), 0))"
"""One writer of a tenant's keywords at a time: two that see the same phrase at once begin one life."""

SEEN = f"""
SELECT {COLUMNS} FROM keyword
WHERE key = %(key)s AND first_seen_at <= %(until)s AND (expires_at IS NULL OR expires_at > %(now)s)
ORDER BY first_seen_at DESC
"""  # noqa: S608 - made of the constants above

PUT = f"""
INSERT INTO keyword (tenant_id, {COLUMNS})
VALUES (current_setting('bellwether.tenant'), %(phrase)s, %(key)s, %(category)s, %(strength)s, %(uses)s, %(products)s,
  %(urls)s, %(found_by)s, %(first_seen_at)s, %(last_seen_at)s, %(expires_at)s)
ON CONFLICT (tenant_id, key, first_seen_at) DO UPDATE SET phrase = excluded.phrase, category = excluded.category,
  strength = excluded.strength, uses = excluded.uses, products = excluded.products, urls = excluded.urls,
  found_by = excluded.found_by, last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at
"""  # noqa: S608 - made of the constants above

STRONGEST = f"""
SELECT {COLUMNS} FROM keyword WHERE {LIVING}
ORDER BY CASE WHEN found_by = 'person' THEN 1.0 ELSE strength * 0.5 ^ (greatest(
  extract(epoch FROM %(now)s::timestamptz - last_seen_at), 0) / %(halves_s)s::float8) END DESC, key
LIMIT %(most)s
"""  # noqa: S608 - made of the constants above

LIVE = f"SELECT {COLUMNS} FROM keyword WHERE {LIVING} ORDER BY key"  # noqa: S608 - made of the constants above

END = """
UPDATE keyword SET expires_at = greatest(%(now)s, first_seen_at)
WHERE key = %(key)s AND (expires_at IS NULL OR expires_at > %(now)s) RETURNING phrase
"""

NOTE = """
INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor, reason)
VALUES (current_setting('bellwether.tenant'), %s, 'keyword', %s, %s, %s, %s)
"""

URLS = "SELECT id, url FROM signal WHERE id = ANY(%s) AND url IS NOT NULL"

AUDIENCES = """
SELECT audience FROM idea WHERE kind = 'subject' AND merged_into IS NULL AND as_of > %s AND as_of <= %s
GROUP BY audience ORDER BY count(*) DESC, audience LIMIT %s
"""

BEGIN_SEARCH = """
INSERT INTO keyword_search AS search (tenant_id, slot, audiences)
VALUES (current_setting('bellwether.tenant'), %(slot)s, %(audiences)s)
ON CONFLICT (tenant_id, slot) DO UPDATE SET outcome = 'asked', reason = '', recorded_at = now()
WHERE search.outcome <> 'found' AND search.recorded_at < now() - %(again)s RETURNING slot
"""

FIND_SEARCH = "SELECT slot, audiences, outcome, found, left_out, reason FROM keyword_search WHERE slot = %s"

END_SEARCH = """
UPDATE keyword_search SET outcome = %s, found = %s, left_out = %s, reason = %s WHERE slot = %s AND outcome <> 'found'
"""

WORTH = """
WITH moment AS (
  SELECT DISTINCT ON (date_bin('6 hours', as_of, 'epoch'::timestamptz)) as_of FROM run
  WHERE as_of > %(before)s AND as_of <= %(now)s
  ORDER BY date_bin('6 hours', as_of, 'epoch'::timestamptz), as_of DESC),
scored AS (
  SELECT DISTINCT ON (s.idea_id, s.as_of) s.idea_id, s.as_of, s.total, i.key
  FROM moment JOIN score s USING (as_of) JOIN idea i ON i.tenant_id = s.tenant_id AND i.id = s.idea_id
  WHERE i.kind = 'subject' ORDER BY s.idea_id, s.as_of, s.weights_version DESC),
bar AS (SELECT as_of, percentile_cont(0.75) WITHIN GROUP (ORDER BY total) AS total FROM scored GROUP BY as_of),
risen AS (
  SELECT scored.key, min(scored.as_of) AS at FROM scored JOIN bar USING (as_of)
  WHERE scored.total > bar.total GROUP BY scored.key),
told AS (
  SELECT risen.key, risen.at, min(k.first_seen_at) AS told_at FROM risen
  LEFT JOIN keyword k ON k.key = risen.key AND k.first_seen_at < risen.at
    AND (k.expires_at IS NULL OR k.expires_at > risen.at)
  WHERE risen.at > %(since)s GROUP BY risen.key, risen.at)
SELECT count(*), count(told_at),
  (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM at - told_at)) / 3600)::float8 FROM told
"""


def save_keywords(connection: Rows, found: Iterable[Keyword]) -> list[Keyword]:
    """Store what a discovery found, each as seen at its `last_seen_at`; as they stand now. Again changes nothing.

    What lives is extended and its first sight stays. What a person added stays the person's. A discovery that comes
    late, as of a moment before the newest sight, takes nothing back.
    """
    with connection.transaction():
        connection.execute(LOCK)
        return [_see(connection, each) for each in found]


def _see(connection: Rows, seen: Keyword) -> Keyword:
    now = seen.last_seen_at
    found = _load(connection, SEEN, {"key": seen.key, "now": now, "until": now + LIFE})
    kept = _extended(found[0], seen) if found else seen
    if not found or kept != found[0]:
        connection.execute(PUT, {name: getattr(kept, name) for name in Keyword.__slots__} | _lists(kept))
    return kept


def _lists(keyword: Keyword) -> dict[str, list[str]]:
    return {"products": list(keyword.products), "urls": list(keyword.urls)}


def _extended(standing: Keyword, seen: Keyword) -> Keyword:
    """What stands, seen again; of two sights at one moment the stronger counts, with the products of both."""
    if seen.last_seen_at < standing.last_seen_at:
        return standing
    weaker = seen.last_seen_at == standing.last_seen_at and seen.strength < standing.strength
    first, second = (standing, seen) if weaker else (seen, standing)
    again = replace(
        first,
        uses=first.uses or second.uses,
        products=_joined(first.products, second.products),
        urls=_joined(first.urls, second.urls),
        first_seen_at=standing.first_seen_at,
    )
    if standing.found_by != "person" or seen.found_by == "person":
        return again
    mine = standing
    return replace(again, phrase=mine.phrase, category=mine.category, strength=mine.strength, found_by="person",
                   expires_at=mine.expires_at)  # fmt: skip


def _joined(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))[:PER_LIST]


def strongest(connection: Rows, now: datetime, most: int = MOST) -> list[Keyword]:
    """The living keywords that count most: what persons added, then by strength, which halves every HALVES unseen."""
    return _load(connection, STRONGEST, {"now": now, "most": most, "halves_s": HALVES.total_seconds()})


def load_keywords(connection: Rows, now: datetime) -> list[Keyword]:
    """Every living keyword, by its key."""
    return _load(connection, LIVE, {"now": now})


def add_keyword(connection: Rows, keyword: Keyword, actor: str) -> Keyword:
    """A person wants this looked for; it stays until it is taken away, or until its `expires_at` where that is told."""
    with connection.transaction():
        connection.execute(LOCK)
        kept = _see(connection, replace(keyword, found_by="person"))
        connection.execute(NOTE, (new_id(), kept.key, "added", actor, kept.phrase))
    return kept


def remove_keyword(connection: Rows, key: str, now: datetime, actor: str) -> bool:
    """End a keyword's life, whoever found it; False where none lives. What is found rising again begins anew."""
    with connection.transaction():
        connection.execute(LOCK)
        ended = connection.execute(END, {"key": key, "now": now}).fetchall()
        if ended:
            connection.execute(NOTE, (new_id(), key, "removed", actor, ended[0][0]))
    return bool(ended)


def worth(connection: Rows, now: datetime, days: int = 30) -> Worth:
    """Of the ideas that first came into the top quartile in the last `days`, how many a living keyword named before.

    A quartile is that of the subjects scored in one run, the last of each six hours. Who was in it during as many days
    before is no later idea. Lead is counted from the keyword's first sight, in hours.
    """
    since = now - timedelta(days=days)
    given = {"now": now, "since": since, "before": since - timedelta(days=days)}
    ideas, announced, lead = connection.execute(WORTH, given).fetchone() or (0, 0, None)
    return Worth(ideas, announced, lead)


def load_urls(connection: Rows, signals: Sequence[UUID]) -> dict[UUID, str]:
    """The addresses of signals that have one."""
    return dict(connection.execute(URLS, (list(signals),)).fetchall())


def load_audiences(connection: Rows, now: datetime, most: int = 8) -> list[str]:
    """Whom the subjects of the last thirty days are for, the commonest first."""
    rows = connection.execute(AUDIENCES, (now - LIFE, now, most)).fetchall()
    return [row[0] for row in rows]


def begin_search(connection: Rows, now: datetime, audiences: Sequence[str]) -> tuple[Search, bool]:
    """The search of the slot that holds this moment, and whether the caller is to make it.

    One caller is, until it failed or AGAIN has gone by without an end; it asks with the audiences of the first.
    """
    given = {"slot": slot_of(now), "audiences": list(audiences), "again": AGAIN}
    mine = connection.execute(BEGIN_SEARCH, given).fetchone() is not None
    slot, asked, outcome, found, left_out, reason = connection.execute(FIND_SEARCH, (given["slot"],)).fetchall()[0]
    return Search(slot, tuple(asked), outcome, found, left_out, reason), mine


def end_search(connection: Rows, search: Search) -> None:
    """Write down what became of a search; one that found stays as it is."""
    told = (search.outcome, search.found, Jsonb(dict(search.left_out)), search.reason, search.slot)
    connection.execute(END_SEARCH, told)


def slot_of(now: datetime) -> datetime:
    """The beginning of the six hours (UTC) that hold a moment."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (now - epoch) // SLOT * SLOT


def _load(connection: Rows, query: str, given: Mapping[str, Any]) -> list[Keyword]:
    rows: list[tuple[Any, ...]] = connection.execute(query, given).fetchall()
    return [_keyword(dict(zip(COLUMNS.split(", "), row, strict=True))) for row in rows]


def _keyword(row: dict[str, Any]) -> Keyword:
    return Keyword(**row | {"products": tuple(row["products"]), "urls": tuple(row["urls"])})
