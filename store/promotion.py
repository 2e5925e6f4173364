"""Promotion: the live listings with what is known of them, and each day's division of money, written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from store.decisions import Row, Rows, every, every_named, one
from store.ids import new_id

LIVE = """
SELECT l.id, l.key, l.title, l.marketplace, d.row ->> 'product_format' AS product_format,
  i.audience, i.score FROM listing l
JOIN design d ON d.tenant_id = l.tenant_id AND d.id = l.design_id
LEFT JOIN idea i ON i.tenant_id = l.tenant_id AND i.id = l.idea_id
WHERE l.status = 'live' ORDER BY l.id LIMIT %s
"""
PUT = """
INSERT INTO promotion (tenant_id, id, day, budget_cents, outcome, rule, prior, seed, actor)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, day) DO NOTHING RETURNING id
"""
PUT_ALLOCATIONS = """
INSERT INTO allocation (tenant_id, promotion_id, listing_id, cents, propensity, successes, trials, mean, version)
SELECT current_setting('bellwether.tenant'), %(promotion)s, a.*
FROM unnest(%(listings)s::uuid[], %(cents)s::bigint[], %(propensities)s::float8[], %(successes)s::float8[],
  %(trials)s::float8[], %(means)s::float8[], %(versions)s::text[]) a
"""
ALLOCATIONS = """
SELECT a.listing_id, l.key, l.title, l.marketplace, l.status, a.cents, a.propensity, a.successes, a.trials, a.mean,
  a.version
FROM allocation a JOIN listing l ON l.tenant_id = a.tenant_id AND l.id = a.listing_id
WHERE a.promotion_id = %s ORDER BY a.cents DESC, a.propensity DESC, a.listing_id
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one listing gets of a day, and what was known of it."""

    listing_id: UUID
    cents: int
    propensity: float
    successes: float
    trials: float
    mean: float
    version: str


@dataclass(frozen=True, slots=True)
class NewPromotion:
    """How a day's money is divided."""

    day: date
    budget_cents: int
    outcome: str
    rule: str
    prior: Mapping[str, Any]
    seed: int
    actor: str
    shares: Sequence[Share]


async def load_live(connection: Rows, most: int) -> list[Row]:
    """The live listings with what they are of: format, audience, and the score of their idea where there is one."""
    return await every(connection, LIVE, most)


async def put_promotion(connection: Rows, new: NewPromotion) -> tuple[Row, bool]:
    """Write a day's division; as it stands, and whether it is new: the day again finds what stands."""
    given = (new_id(), new.day, new.budget_cents, new.outcome, new.rule, Jsonb(dict(new.prior)), new.seed, new.actor)
    async with connection.transaction():
        begun = await one(connection, PUT, *given)
        if begun is not None:
            columns = {
                "promotion": begun["id"], "listings": [each.listing_id for each in new.shares],
                "cents": [each.cents for each in new.shares], "propensities": [each.propensity for each in new.shares],
                "successes": [each.successes for each in new.shares], "trials": [each.trials for each in new.shares],
                "means": [each.mean for each in new.shares], "versions": [each.version for each in new.shares],
            }  # fmt: skip
            await connection.execute(PUT_ALLOCATIONS, columns)
        return await find_promotion(connection, new.day) or {}, begun is not None


async def find_promotion(connection: Rows, day: date) -> Row | None:
    """A day's division with its shares, the largest first; None where nothing was divided."""
    found = await one(connection, "SELECT * FROM promotion WHERE day = %s", day)
    return None if found is None else {**found, "shares": await every(connection, ALLOCATIONS, found["id"])}


async def load_promotions(connection: Rows, most: int = 30) -> list[Row]:
    """The newest days, without their shares: how many listings, and how much was divided."""
    query = """
    SELECT p.*, a.listings, a.cents FROM promotion p CROSS JOIN LATERAL (
      SELECT count(*) AS listings, coalesce(sum(cents), 0)::bigint AS cents FROM allocation a
      WHERE a.tenant_id = p.tenant_id AND a.promotion_id = p.id) a
    ORDER BY p.day DESC LIMIT %(most)s
    """
    return await every_named(connection, query, {"most": most})
