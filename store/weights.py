"""Weights of the score: every version that was ever set, by whom and why; one more is one transaction with its event.

Versions are numbered in the order they were set. Who sets one says which it is based on: where another came between,
nothing is written and what stands is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import fsum, isfinite
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from store.decisions import Row, every
from store.ids import new_id

Rows = AsyncConnection[Any]

FIVE = ("freshness", "engagement", "novelty", "community_fit", "seasonality")
MOST = 1_000.0
LEAST_SUM = 0.001
"""Only their proportions count, and they are computed with in 32 bits: what is far from 1 would vanish there."""

HISTORY = """
SELECT w.version, w.freshness, w.engagement, w.novelty, w.community_fit, w.seasonality, w.reason, w.known_at,
  coalesce(e.actor, '') AS actor
FROM weights w LEFT JOIN LATERAL (SELECT actor FROM event
  WHERE subject = 'weights' AND subject_id = w.version::text ORDER BY recorded_at LIMIT 1) e ON true
WHERE %s::integer IS NULL OR w.version < %s ORDER BY w.version DESC LIMIT %s
"""
ADD = """
WITH newest AS (SELECT max(version) AS version FROM weights),
added AS (
  INSERT INTO weights (tenant_id, version, freshness, engagement, novelty, community_fit, seasonality, reason, known_at)
  SELECT current_setting('bellwether.tenant'), newest.version + 1, %(freshness)s, %(engagement)s, %(novelty)s,
    %(community_fit)s, %(seasonality)s, %(reason)s, %(known_at)s
  FROM newest WHERE %(based_on)s::integer IS NULL OR newest.version = %(based_on)s
  ON CONFLICT DO NOTHING RETURNING version),
told AS (
  INSERT INTO event (tenant_id, id, subject, subject_id, from_status, to_status, actor, reason, versions)
  SELECT current_setting('bellwether.tenant'), %(event)s, 'weights', added.version::text,
    (added.version - 1)::text, added.version::text, %(actor)s, %(reason)s, %(five)s FROM added)
SELECT version FROM added
"""


class BadWeights(ValueError):
    """These five are no weights: one line."""


class Superseded(Exception):
    """Another version was set meanwhile; `standing` is it."""

    def __init__(self, standing: Row) -> None:
        by = f" by {standing['actor']}" if standing["actor"] else ""
        super().__init__(f"version {standing['version']} was set{by} meanwhile: look at it, and set yours on top of it")
        self.standing = standing


async def load_weights(connection: Rows, most: int = 100, before: int | None = None) -> list[Row]:
    """The versions, newest first, each with its five weights, reason, known_at and actor; the shipped one has none."""
    return await every(connection, HISTORY, before, before, most)


async def add_weights(
    connection: Rows,
    five: Mapping[str, float],
    reason: str,
    actor: str,
    known_at: datetime,
    based_on: int | None = None,
) -> Row:
    """Set the weights from `known_at` on, with the event; the row as it stands.

    Raises:
        BadWeights: see `check`.
        Superseded: another version than `based_on` is the newest one.
    """
    check(five, reason)
    given = {name: five[name] for name in FIVE} | {"reason": reason, "known_at": known_at, "actor": actor}
    given |= {"based_on": based_on, "event": new_id(), "five": Jsonb({name: five[name] for name in FIVE})}
    async with connection.cursor() as cursor:
        added = await (await cursor.execute(ADD, given)).fetchone()
    newest = (await load_weights(connection, 1, None if added is None else added[0] + 1))[0]
    if added is None:
        raise Superseded(newest)
    return newest


def check(five: Mapping[str, float], reason: str) -> None:
    """BadWeights unless these are the five, each in [0, MOST], not all zero, and there is a reason."""
    if set(five) != set(FIVE):
        raise BadWeights(f"five weights are needed, and no other: {', '.join(FIVE)}")
    for name in FIVE:
        if not (isfinite(five[name]) and 0 <= five[name] <= MOST):
            raise BadWeights(f"{name} is {five[name]}: a number from 0 to {MOST:,.0f}")
    if fsum(five.values()) < LEAST_SUM:
        raise BadWeights("all five are zero: one of them must count")
    if not reason.strip():
        raise BadWeights("a reason is needed: whoever looks at the history wants to know why")
