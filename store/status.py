"""Status: the figures that nobody else keeps a query for; reads only, each bounded by an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import Connection
from psycopg.errors import QueryCanceled

from store.errors import StoreError
from store.redis import Redis
from store.window import State

MOST_PACED = 100
"""Newest decisions that the pace is measured on."""
GLANCE = timedelta(milliseconds=400)
LIMIT_KEYS = "bw:shared:limit:"
MOST_LIMITS = 200

WORKERS = """
SELECT count(*) FILTER (WHERE last_heartbeat > %(now)s - %(stalled)s), max(last_heartbeat) FROM procrastinate_workers
"""
PACE = """
WITH late AS (
  SELECT idea_id, as_of, recorded_at, revision FROM decision WHERE recorded_at > %(since)s
  ORDER BY recorded_at DESC LIMIT %(most)s),
seen AS (
  SELECT late.*, s.first_at, s.newest_at FROM late JOIN LATERAL (
    SELECT min(s.recorded_at) AS first_at, max(s.recorded_at) AS newest_at
    FROM idea_signal m JOIN signal s ON s.id = m.signal_id
    WHERE m.idea_id = late.idea_id AND s.first_known_at <= late.as_of AND s.recorded_at <= late.recorded_at) s
  ON s.newest_at IS NOT NULL)
SELECT count(*), percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM recorded_at - newest_at)),
  count(*) FILTER (WHERE revision = 1),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM recorded_at - first_at)) FILTER (WHERE revision = 1)
FROM seen
"""
LIVE_PACE = """
WITH late AS (
  SELECT l.idea_id, f.approved_at, f.live_at FROM listing l JOIN LATERAL (
    SELECT o.recorded_at AS approved_at, o.ended_at AS live_at FROM outbox o
    WHERE o.tenant_id = l.tenant_id AND o.listing_id = l.id AND o.verb = 'put' AND o.status = 'live'
    ORDER BY o.recorded_at LIMIT 1) f ON f.live_at > %(since)s
  WHERE l.changed_at > %(since)s AND l.idea_id IS NOT NULL ORDER BY f.live_at DESC LIMIT %(most)s),
seen AS (
  SELECT late.*, s.newest_at FROM late JOIN LATERAL (
    SELECT max(s.recorded_at) AS newest_at FROM idea_signal m JOIN signal s ON s.id = m.signal_id
    WHERE m.idea_id = late.idea_id AND s.recorded_at <= (
      SELECT max(d.recorded_at) FROM decision d WHERE d.idea_id = late.idea_id AND d.recorded_at <= late.approved_at)) s
  ON s.newest_at IS NOT NULL)
SELECT count(*), percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM live_at - newest_at)),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM live_at - approved_at))
FROM seen
"""
ALLOWANCES = "SELECT name, state FROM provider_limit WHERE used_at > now() - interval '1 day' ORDER BY name LIMIT %s"


class TooLong(StoreError):
    """An answer that a glance does not wait for."""


@dataclass(frozen=True, slots=True)
class Workers:
    """How many gave a sign of life lately, a process one for each of its lanes, and when the last one did."""

    alive: int
    last_sign_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pace:
    """From signal to decision, of the newest MOST_PACED decisions of a time, 95 of 100 took at most so long.

    `newest`: since the newest signal that the decision could know was stored here. `first`: of ideas decided for the
    first time, since the first of their signals was.
    """

    decisions: int
    newest: timedelta | None
    first_decisions: int
    first: timedelta | None


@dataclass(frozen=True, slots=True)
class LivePace:
    """To live, of the newest MOST_PACED listings that went live for the first time, 95 of 100 took at most so long.

    `signal`: since the newest signal that the decision could know was stored here. `approval`: since a person said yes.
    """

    listings: int
    signal: timedelta | None
    approval: timedelta | None


def find_workers(connection: Connection[Any], now: datetime, stalled: timedelta) -> Workers:
    """Workers with a heartbeat within `stalled`."""
    row = connection.execute(WORKERS, {"now": now, "stalled": stalled}).fetchone()
    return Workers(*row) if row else Workers(0, None)


def find_pace(connection: Connection[Any], since: datetime) -> Pace:
    """The pace of the decisions since then."""
    row = connection.execute(PACE, {"since": since, "most": MOST_PACED}).fetchone() or (0, None, 0, None)
    return Pace(row[0], _span(row[1]), row[2], _span(row[3]))


def find_live_pace(connection: Connection[Any], since: datetime) -> LivePace:
    """The pace of the listings that went live since then; those of designs without an idea have no signal."""
    row = connection.execute(LIVE_PACE, {"since": since, "most": MOST_PACED}).fetchone() or (0, None, None)
    return LivePace(row[0], _span(row[1]), _span(row[2]))


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=float(seconds))


@contextmanager
def briefly(connection: Connection[Any], most: timedelta = GLANCE) -> Iterator[None]:
    """Questions that may take so long and no longer; TooLong where one did not end."""
    milliseconds = f"{most.total_seconds() * 1000:.0f}"
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])
            yield
    except QueryCanceled as stopped:
        raise TooLong(f"not counted within {milliseconds} ms") from stopped


def load_allowances(connection: Connection[Any]) -> list[tuple[str, State]]:
    """What was taken of providers' limits where Redis was away, by the allowance's name."""
    return connection.execute(ALLOWANCES, (MOST_LIMITS,)).fetchall()


def load_shared_allowances(redis: Redis) -> list[tuple[str, State]]:
    """What all processes take of providers' limits, by the allowance's name. Raises RedisDown."""
    names: list[str] = []
    cursor = "0"
    while True:
        cursor, found = redis.call("SCAN", cursor, "MATCH", f"{LIMIT_KEYS}*", "COUNT", 1_000)
        names += found
        if str(cursor) == "0" or len(names) >= MOST_LIMITS:
            break
    states = redis.pipeline([("GET", name) for name in sorted(names)[:MOST_LIMITS]])
    return [
        (name.removeprefix(LIMIT_KEYS), orjson.loads(state))
        for name, state in zip(sorted(names), states, strict=False)
        if state is not None
    ]
