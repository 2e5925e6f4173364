"""Calls: what models were asked and answered, and what it cost.

`model_call` keeps every answer that was paid for under the hash of all it depends on, so none is paid for twice.
`spend` holds money and tokens against ceilings: reserved before a call, settled after it:

    begin   the answers that are there; where there is none, what it may cost is reserved in all scopes or in none
    settle  the answer is kept; then the reservation becomes what it really cost

A process killed in between leaves its reservation standing for HOLD_S: a ceiling errs to the cautious side. Where one
is reached, what has expired by then is given back first; a call that ends after that is counted all the same. An answer
is on disk before it is used. The few rows of `spend` are shared by all calls, so they are committed without waiting for
the disk (each would hold the next one up); a crash of the whole server may forget the last half second of spend, no
answer.

`MemoryCalls` is the in-memory twin; one contract test runs on both.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Protocol
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from store.ids import new_id

HOLD_S = 1800.0
"""How long a reservation stands that nobody settles: longer than any call waits for its turn and its answer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it is kept."""

    key: str
    provider: str
    model: str
    answer: str
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What a ceiling holds for: `day:2026-11-21` or `run:<uuid>`."""

    name: str
    ceiling_micro_usd: int
    ceiling_tokens: int


@dataclass(frozen=True, slots=True)
class Hold:
    """What one call may cost at most, and the scopes it counts in; held once at a time, settled by its id."""

    scopes: tuple[Scope, ...]
    micro_usd: int
    tokens: int
    keep_s: float = HOLD_S
    id: UUID = field(default_factory=new_id, compare=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """What came of `begin`: answers that are there, or a reservation, or the scopes that are full."""

    kept: tuple[Kept, ...] = ()
    held: bool = False
    full: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """Where one scope stands."""

    reserved_micro_usd: int
    spent_micro_usd: int
    tokens: int


class Calls(Protocol):
    """The ledger of calls of one tenant."""

    tenant: str

    async def begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        """Answers kept under any of the keys; where there is none, reserves `hold` in all its scopes or in none."""
        ...

    async def settle(self, hold: Hold, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        """Turns a reservation into what was spent, and keeps the answer where there is one; the first kept stays."""
        ...

    async def spent(self, scope: str) -> Spent:
        """Where a scope stands; zeros where nothing was spent."""
        ...


class MemoryCalls:
    """Calls kept in this process alone."""

    def __init__(self, tenant: str = "default") -> None:
        self.tenant = tenant
        self.rows: dict[str, Kept] = {}
        self._spend: dict[str, Spent] = {}
        self._holds: dict[UUID, tuple[Hold, float]] = {}

    async def begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        kept = tuple(self.rows[key] for key in keys if key in self.rows)
        if kept:
            return Begun(kept)
        if not all(self._fits(scope, hold) for scope in hold.scopes):
            self._release_expired()
        full = tuple(scope.name for scope in hold.scopes if not self._fits(scope, hold))
        if full:
            return Begun(full=full)
        self._holds[hold.id] = (hold, time.monotonic() + hold.keep_s)
        self._add(hold, hold.micro_usd, 0, hold.tokens)
        return Begun(held=True)

    def _fits(self, scope: Scope, hold: Hold) -> bool:
        now = self._spend.get(scope.name, Spent(0, 0, 0))
        money = now.reserved_micro_usd + now.spent_micro_usd + hold.micro_usd
        return money <= scope.ceiling_micro_usd and now.tokens + hold.tokens <= scope.ceiling_tokens

    async def settle(self, hold: Hold, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        if kept is not None:
            self.rows.setdefault(kept.key, kept)
        if self._holds.pop(hold.id, None):
            self._add(hold, -hold.micro_usd, 0, -hold.tokens)
        self._add(hold, 0, micro_usd, tokens)

    def _release_expired(self) -> None:
        for hold, until in list(self._holds.values()):
            if until < time.monotonic():
                del self._holds[hold.id]
                self._add(hold, -hold.micro_usd, 0, -hold.tokens)

    def _add(self, hold: Hold, reserved: int, spent: int, tokens: int) -> None:
        for scope in hold.scopes:
            now = self._spend.get(scope.name, Spent(0, 0, 0))
            self._spend[scope.name] = Spent(
                now.reserved_micro_usd + reserved, now.spent_micro_usd + spent, now.tokens + tokens
            )

    async def spent(self, scope: str) -> Spent:
        return self._spend.get(scope, Spent(0, 0, 0))


BEGIN = """
WITH found AS MATERIALIZED (
  SELECT key, provider, model, answer, input_tokens, output_tokens, cost_micro_usd
  FROM model_call WHERE tenant_id = %(tenant)s AND key = ANY(%(keys)s)
), scope AS MATERIALIZED (
  SELECT *, set_config('synchronous_commit', 'off', true)
  FROM unnest(%(scopes)s::text[], %(money_ceilings)s::bigint[], %(token_ceilings)s::bigint[])
    AS scope (name, money, tokens)
), held AS (
  INSERT INTO spend AS spend (tenant_id, scope, reserved_micro_usd, tokens)
  SELECT %(tenant)s, name, %(micro_usd)s, %(tokens)s FROM scope
  WHERE NOT EXISTS (SELECT FROM found) AND %(micro_usd)s <= money AND %(tokens)s <= tokens
  ORDER BY name
  ON CONFLICT (tenant_id, scope) DO UPDATE SET
    reserved_micro_usd = spend.reserved_micro_usd + excluded.reserved_micro_usd,
    tokens = spend.tokens + excluded.tokens
  WHERE EXISTS (
    SELECT FROM scope WHERE scope.name = spend.scope
      AND spend.reserved_micro_usd + spend.spent_micro_usd + excluded.reserved_micro_usd <= scope.money
      AND spend.tokens + excluded.tokens <= scope.tokens)
  RETURNING scope
), hold AS (
  INSERT INTO spend_hold (tenant_id, id, scopes, micro_usd, tokens, expires_at)
  SELECT %(tenant)s, %(id)s, array_agg(scope), %(micro_usd)s, %(tokens)s, now() + make_interval(secs => %(keep_s)s)
  FROM held HAVING count(*) > 0
)
SELECT key, provider, model, answer, input_tokens, output_tokens, cost_micro_usd FROM found
UNION ALL
SELECT NULL, scope, NULL, NULL, NULL, NULL, NULL FROM held
"""

KEEP = """
INSERT INTO model_call (tenant_id, key, provider, model, answer, input_tokens, output_tokens, cost_micro_usd)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (tenant_id, key) DO NOTHING
"""

SETTLE = """
WITH swift AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS swift),
held AS (DELETE FROM spend_hold WHERE tenant_id = %(tenant)s AND id = %(id)s RETURNING micro_usd, tokens)
UPDATE spend SET reserved_micro_usd = reserved_micro_usd - coalesce((SELECT micro_usd FROM held), 0),
  spent_micro_usd = spent_micro_usd + %(micro_usd)s,
  tokens = spend.tokens - coalesce((SELECT tokens FROM held), 0) + %(tokens)s
FROM swift
WHERE tenant_id = %(tenant)s AND scope = ANY(%(scopes)s)
"""

RELEASE = """
WITH expired AS (
  DELETE FROM spend_hold WHERE expires_at < now() RETURNING scopes, micro_usd, tokens
), freed AS (
  SELECT scope, sum(micro_usd) AS micro_usd, sum(tokens) AS tokens FROM expired, unnest(scopes) AS scope GROUP BY scope
), turn AS MATERIALIZED (
  SELECT scope FROM spend WHERE scope IN (SELECT scope FROM freed) ORDER BY scope FOR UPDATE
)
UPDATE spend SET reserved_micro_usd = reserved_micro_usd - freed.micro_usd, tokens = spend.tokens - freed.tokens
FROM freed JOIN turn USING (scope) WHERE spend.scope = freed.scope
"""


async def release_expired(connection: AsyncConnection[Any]) -> None:
    """Gives back what processes had reserved that were killed."""
    await connection.execute(RELEASE)


class PostgresCalls:
    """Calls kept in PostgreSQL: shared by every process of the tenant."""

    def __init__(self, pool: AsyncConnectionPool[Any], tenant: str) -> None:
        self.tenant = tenant
        self._pool = pool

    async def begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        begun = await self._begin(keys, hold)
        if begun.full:
            async with self._pool.connection() as connection:
                await release_expired(connection)
            begun = await self._begin(keys, hold)
        return begun

    async def _begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        values = {
            "tenant": self.tenant,
            "keys": list(keys),
            "scopes": [scope.name for scope in hold.scopes],
            "money_ceilings": [scope.ceiling_micro_usd for scope in hold.scopes],
            "token_ceilings": [scope.ceiling_tokens for scope in hold.scopes],
            "micro_usd": hold.micro_usd,
            "tokens": hold.tokens,
            "id": hold.id,
            "keep_s": hold.keep_s,
        }
        async with self._pool.connection() as connection:
            rows: list[TupleRow] = await (await connection.execute(BEGIN, values)).fetchall()
        kept = {row[0]: Kept(*row) for row in rows if row[0] is not None}
        if kept:
            return Begun(tuple(kept[key] for key in keys if key in kept))
        held = {row[1] for row in rows}
        full = tuple(scope.name for scope in hold.scopes if scope.name not in held)
        if full and held:
            await self._settle(hold, held, 0, 0)
        return Begun(held=not full, full=full)

    async def settle(self, hold: Hold, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        if kept is not None:
            async with self._pool.connection() as connection:
                await connection.execute(KEEP, (self.tenant, *astuple(kept)))
        await self._settle(hold, (scope.name for scope in hold.scopes), micro_usd, tokens)

    async def _settle(self, hold: Hold, scopes: Iterable[str], micro_usd: int, tokens: int) -> None:
        values = {
            "tenant": self.tenant,
            "id": hold.id,
            "scopes": sorted(scopes),
            "micro_usd": micro_usd,
            "tokens": tokens,
        }
        async with self._pool.connection() as connection:
            await connection.execute(SETTLE, values)

    async def spent(self, scope: str) -> Spent:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "SELECT reserved_micro_usd, spent_micro_usd, tokens FROM spend WHERE tenant_id = %s AND scope = %s",
                (self.tenant, scope),
            )
            row = await cursor.fetchone()
        return Spent(*row) if row else Spent(0, 0, 0)
