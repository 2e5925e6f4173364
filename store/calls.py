"""Calls: what models were asked and answered, and what it cost.

`model_call` keeps every answer that was paid for under the hash of all it depends on, so none is paid for twice.
`spend` holds money and tokens against ceilings: reserved before a call, settled after it:

    begin   the answers that are there; where there is none, what it may cost is reserved in all scopes or in none
    settle  the answer is kept; then the reservation becomes what it really cost

A process killed in between leaves its reservation standing: a ceiling errs to the cautious side. An answer is on disk
before it is used. The few rows of `spend` are shared by all calls, so they are committed without waiting for the disk
(each would hold the next one up); a crash of the whole server may forget the last half second of spend, no answer.

`MemoryCalls` is the in-memory twin; one contract test runs on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Protocol

from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool


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
    """What one call may cost at most, and the scopes it counts in."""

    scopes: tuple[Scope, ...]
    micro_usd: int
    tokens: int


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

    async def begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        kept = tuple(self.rows[key] for key in keys if key in self.rows)
        if kept:
            return Begun(kept)
        full = tuple(scope.name for scope in hold.scopes if not self._fits(scope, hold))
        if full:
            return Begun(full=full)
        for scope in hold.scopes:
            now = self._spend.get(scope.name, Spent(0, 0, 0))
            self._spend[scope.name] = replace(
                now, reserved_micro_usd=now.reserved_micro_usd + hold.micro_usd, tokens=now.tokens + hold.tokens
            )
        return Begun(held=True)

    def _fits(self, scope: Scope, hold: Hold) -> bool:
        now = self._spend.get(scope.name, Spent(0, 0, 0))
        money = now.reserved_micro_usd + now.spent_micro_usd + hold.micro_usd
        return money <= scope.ceiling_micro_usd and now.tokens + hold.tokens <= scope.ceiling_tokens

    async def settle(self, hold: Hold, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        if kept is not None:
            self.rows.setdefault(kept.key, kept)
        for scope in hold.scopes:
            now = self._spend[scope.name]
            self._spend[scope.name] = Spent(
                now.reserved_micro_usd - hold.micro_usd,
                now.spent_micro_usd + micro_usd,
                now.tokens - hold.tokens + tokens,
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
WITH swift AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS swift)
UPDATE spend SET reserved_micro_usd = reserved_micro_usd - %(held_micro_usd)s,
  spent_micro_usd = spent_micro_usd + %(micro_usd)s, tokens = tokens + %(tokens)s
FROM swift
WHERE tenant_id = %(tenant)s AND scope = ANY(%(scopes)s)
"""


class PostgresCalls:
    """Calls kept in PostgreSQL: shared by every process of the tenant."""

    def __init__(self, pool: AsyncConnectionPool[Any], tenant: str) -> None:
        self.tenant = tenant
        self._pool = pool

    async def begin(self, keys: Sequence[str], hold: Hold) -> Begun:
        values = {
            "tenant": self.tenant,
            "keys": list(keys),
            "scopes": [scope.name for scope in hold.scopes],
            "money_ceilings": [scope.ceiling_micro_usd for scope in hold.scopes],
            "token_ceilings": [scope.ceiling_tokens for scope in hold.scopes],
            "micro_usd": hold.micro_usd,
            "tokens": hold.tokens,
        }
        async with self._pool.connection() as connection:
            rows: list[TupleRow] = await (await connection.execute(BEGIN, values)).fetchall()
        kept = {row[0]: Kept(*row) for row in rows if row[0] is not None}
        if kept:
            return Begun(tuple(kept[key] for key in keys if key in kept))
        held = {row[1] for row in rows}
        full = tuple(scope.name for scope in hold.scopes if scope.name not in held)
        if full and held:
            await self._release(hold, held, 0, 0)
        return Begun(held=not full, full=full)

    async def settle(self, hold: Hold, kept: Kept | None, micro_usd: int, tokens: int) -> None:
        if kept is not None:
            async with self._pool.connection() as connection:
                await connection.execute(KEEP, (self.tenant, *astuple(kept)))
        await self._release(hold, (scope.name for scope in hold.scopes), micro_usd, tokens)

    async def _release(self, hold: Hold, scopes: Iterable[str], micro_usd: int, tokens: int) -> None:
        values = {
            "tenant": self.tenant,
            "scopes": sorted(scopes),
            "held_micro_usd": hold.micro_usd,
            "micro_usd": micro_usd,
            "tokens": tokens - hold.tokens,
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
