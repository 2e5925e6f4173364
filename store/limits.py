"""Limits: what providers allow, shared by every process that uses the same key.

    take    0.0: go, it is counted; else the seconds after which asking again may help
    settle  tokens that were held become those that were used
    learn   what the headers of an answer say is left; the stricter of that and the cap holds
    shut    the provider asked everybody to wait

`RedisLimits` answers in one round trip; while Redis is away it asks `PostgresLimits` in its place. Neither knows what
the other let out: at such a hand-over, and after a flush, up to one window's limit more may go out, once; the provider
then refuses, and `shut` holds everybody back. `MemoryLimits` is the twin for one process; one contract test runs on
all three. An allowance's name says server, model and a hash of the key, never the key.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from store import window
from store.redis import AsyncRedis, RedisDown, Word
from store.window import Cap, Rules, State, Stated

__all__ = [
    "Cap",
    "Limits",
    "MemoryLimits",
    "PostgresLimits",
    "RedisLimits",
    "Rules",
    "Urgency",
    "duration_s",
    "stated_in",
    "urgency",
    "with_urgency",
]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
T = TypeVar("T")

SCRIPT = Path(__file__).with_name("limits.lua").read_text(encoding="utf-8")
NO_CAP = Cap()


class Urgency(StrEnum):
    """Who goes first where a limit holds several back."""

    HOT = "hot"
    NORMAL = "normal"
    BATCH = "batch"

    @property
    def rank(self) -> int:
        return list(Urgency).index(self)


urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.NORMAL)
"""How urgent is what this task does."""


@contextmanager
def with_urgency(of: Urgency) -> Iterator[None]:
    """Everything asked inside, and by tasks made inside, is as urgent as that."""
    before = urgency.set(of)
    try:
        yield
    finally:
        urgency.reset(before)


class Limits(Protocol):
    """The allowances of all providers, by name."""

    async def take(self, name: str, tokens: int, cap: Cap = NO_CAP) -> float:
        """0.0: taken; else seconds to wait. Whoever waits asks again within `window.LOOK_S`, or loses their turn."""
        ...

    async def settle(
        self, name: str, held_tokens: int, used_tokens: int, age_s: float = 0.0, late_s: float = 0.0
    ) -> None:
        """What was held so many seconds ago becomes what was used; `late_s`: so long after that it left."""
        ...

    async def learn(self, name: str, headers: Mapping[str, str]) -> None:
        """Takes over `x-ratelimit-limit-`, `-remaining-` and `-reset-` of requests and tokens; others are ignored."""
        ...

    async def shut(self, name: str, seconds: float) -> None:
        """Nobody takes for so long."""
        ...


class MemoryLimits:
    """Limits of this process alone."""

    def __init__(self, rules: Rules | None = None, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules or Rules()
        self._clock = clock
        self._who = uuid4().hex[:8]
        self._states: dict[str, State] = {}

    async def take(self, name: str, tokens: int, cap: Cap = NO_CAP) -> float:
        who = f"{self._who}:{urgency.get()}"
        return window.take(self._state(name), self._clock(), self.rules, cap, tokens, urgency.get().rank, who)

    async def settle(
        self, name: str, held_tokens: int, used_tokens: int, age_s: float = 0.0, late_s: float = 0.0
    ) -> None:
        window.settle(self._state(name), self._clock(), self.rules, held_tokens, used_tokens, age_s, late_s)

    async def learn(self, name: str, headers: Mapping[str, str]) -> None:
        window.learn(self._state(name), self._clock(), self.rules, stated_in(headers))

    async def shut(self, name: str, seconds: float) -> None:
        window.shut(self._state(name), self._clock(), seconds)

    def _state(self, name: str) -> State:
        return self._states.setdefault(name, window.empty())


LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))"
READ = """
SELECT state, extract(epoch FROM clock_timestamp())::float8
FROM (SELECT) AS once LEFT JOIN provider_limit ON name = %s
"""
WRITE = """
INSERT INTO provider_limit (name, state) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET state = excluded.state, used_at = now()
"""
PRUNE = "DELETE FROM provider_limit WHERE used_at < now() - interval '2 days'"


class PostgresLimits:
    """Limits shared through PostgreSQL: slower by a few round trips, right without Redis."""

    def __init__(self, pool: AsyncConnectionPool[Any], rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._pool = pool
        self._who = uuid4().hex[:8]

    async def take(self, name: str, tokens: int, cap: Cap = NO_CAP) -> float:
        of = urgency.get()
        return await self._change(
            name, lambda state, now: window.take(state, now, self.rules, cap, tokens, of.rank, f"{self._who}:{of}")
        )

    async def settle(
        self, name: str, held_tokens: int, used_tokens: int, age_s: float = 0.0, late_s: float = 0.0
    ) -> None:
        await self._change(
            name, lambda state, now: window.settle(state, now, self.rules, held_tokens, used_tokens, age_s, late_s)
        )

    async def learn(self, name: str, headers: Mapping[str, str]) -> None:
        stated = stated_in(headers)
        if stated != (None, None):
            await self._change(name, lambda state, now: window.learn(state, now, self.rules, stated))

    async def shut(self, name: str, seconds: float) -> None:
        await self._change(name, lambda state, now: window.shut(state, now, seconds))

    async def _change(self, name: str, deed: Callable[[State, float], T]) -> T:
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(LOCK, (name,))
            row = await (await connection.execute(READ, (name,))).fetchone()
            state, now = row if row is not None else (None, 0.0)
            if state is None:
                state = window.empty()
                await connection.execute(PRUNE)
            result = deed(state, now)
            await connection.execute(WRITE, (name, Jsonb(state)))
        return result


class RedisLimits:
    """Limits shared through Redis, one round trip each; while it is away, `instead` is asked."""

    def __init__(self, redis: AsyncRedis, instead: Limits, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._redis = redis
        self._instead = instead
        self._who = uuid4().hex[:8]

    async def take(self, name: str, tokens: int, cap: Cap = NO_CAP) -> float:
        of = urgency.get()
        caps = (cap.requests_per_minute, cap.tokens_per_minute, cap.requests_per_day, cap.tokens_per_day)
        try:
            told = await self._ask(name, "take", tokens, *(each or 0 for each in caps), of.rank, f"{self._who}:{of}")
        except RedisDown:
            return await self._instead.take(name, tokens, cap)
        return float(told)

    async def settle(
        self, name: str, held_tokens: int, used_tokens: int, age_s: float = 0.0, late_s: float = 0.0
    ) -> None:
        try:
            await self._ask(name, "settle", held_tokens, used_tokens, age_s, late_s)
        except RedisDown:
            await self._instead.settle(name, held_tokens, used_tokens, age_s, late_s)

    async def learn(self, name: str, headers: Mapping[str, str]) -> None:
        words: list[float] = []
        for kind, told in enumerate(stated_in(headers), start=1):
            if told is not None:
                words += [kind, told.limit or 0, told.left, told.reset_s]
        if not words:
            return
        try:
            await self._ask(name, "learn", *words)
        except RedisDown:
            await self._instead.learn(name, headers)

    async def shut(self, name: str, seconds: float) -> None:
        try:
            await self._ask(name, "shut", seconds)
        except RedisDown:
            await self._instead.shut(name, seconds)

    async def _ask(self, name: str, deed: str, *words: Word) -> str:
        rules = (self.rules.window_s, self.rules.margin_s, self.rules.grain_s)
        return str(await self._redis.script(SCRIPT, [f"bw:shared:limit:{name}"], [deed, *rules, *words]))


def stated_in(headers: Mapping[str, str]) -> tuple[Stated | None, Stated | None]:
    """What headers say of requests and of tokens; None where they say nothing that can be read."""
    return _stated(headers, "requests"), _stated(headers, "tokens")


def _stated(headers: Mapping[str, str], kind: str) -> Stated | None:
    limit, left = (_number(headers.get(f"x-ratelimit-{what}-{kind}")) for what in ("limit", "remaining"))
    reset_s = duration_s(headers.get(f"x-ratelimit-reset-{kind}"))
    return None if left is None or reset_s is None else Stated(limit or None, left, reset_s)


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 15 else None


def duration_s(text: str | None) -> float | None:
    """Seconds of `2m59.5s`, `7.66s`, `120ms` or a bare number; None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
