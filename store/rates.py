"""Rates: how many requests a minute are let in, by name; shared through Redis.

A minute slides in slices of 5 s: in no 60 s are there more than the limit, and what was let in is forgotten after 60 to
65 s. While Redis is away each process counts by the same rule for itself, so of several processes each lets in as many;
after a flush a minute begins anew. What was refused is not counted: whoever asks too often is let in again as the first
requests are forgotten. A name with a client's address lives as long as its counts and is in no table.

Where thousands a minute are let in a process takes some places at a time, so that not every request asks Redis. Those
it does not use within a second, and within their slice, count as used all the same.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from store.redis import AsyncRedis, RedisDown

SLICE_S = 5
SLICES = 12
MOST_NAMES = 20_000
"""Names that one process counts at a time; of more, the one that asked the longest ago begins anew."""
AHEAD_S = 1.0
"""How long places that were taken together may wait for a request."""
AHEAD_PART, MOST_AHEAD = 1_200, 50
"""Of a limit so small a part, and no more, is taken at a time: one by one below 2,400 a minute."""
SCRIPT = Path(__file__).with_name("rates.lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a name stands after it asked: let in or not, how many more may come, when some are forgotten."""

    taken: bool
    limit: int
    left: int
    reset_s: int


@dataclass(slots=True)
class _Ahead:
    """Places that were taken together and wait for requests: how many, of which limit, until when (monotonic)."""

    places: int
    limit: int
    left: int
    reset_s: int
    until: float


class MemoryRates:
    """Rates of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.time, most: int = MOST_NAMES) -> None:
        self._clock = clock
        self._most = most
        self._counts: OrderedDict[str, dict[int, int]] = OrderedDict()

    def take(self, name: str, limit: int) -> Standing:
        """Let one more in where the last minute has room."""
        now = self._clock()
        current = int(now // SLICE_S)
        kept = self._counts.pop(name, {})
        counts = self._counts[name] = {at: count for at, count in kept.items() if at >= current - SLICES}
        used = sum(counts.values())
        oldest = min(counts, default=current)
        taken = used < limit
        if taken:
            counts[current] = counts.get(current, 0) + 1
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        reset_s = math.ceil((oldest + SLICES + 1) * SLICE_S - now)
        return Standing(taken, limit, max(limit - used - taken, 0), reset_s)


class Rates:
    """Rates of all processes that share a Redis; of each for itself while that is away."""

    def __init__(
        self, redis: AsyncRedis, alone: MemoryRates | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._alone = alone or MemoryRates()
        self._clock = clock
        self._ahead: OrderedDict[str, _Ahead] = OrderedDict()

    async def take(self, name: str, limit: int) -> Standing:
        """Let one more in where the last minute has room."""
        ahead = self._waiting(name, limit)
        if ahead is not None:
            ahead.places -= 1
            return Standing(True, limit, ahead.left + ahead.places, ahead.reset_s)
        wanted, asked = min(max(limit // AHEAD_PART, 1), MOST_AHEAD), self._clock()
        try:
            answer = await self._redis.script(SCRIPT, [f"bw:{name}"], [limit, SLICE_S, SLICES, wanted])
        except RedisDown:
            return self._alone.take(name, limit)
        taken, left, reset_s, good_ms = map(int, answer)
        if taken > 1:
            self._keep(name, _Ahead(taken - 1, limit, left, reset_s, asked + min(good_ms / 1000, AHEAD_S)))
        return Standing(taken > 0, limit, left + max(taken - 1, 0), reset_s)

    def _waiting(self, name: str, limit: int) -> _Ahead | None:
        ahead = self._ahead.get(name)
        if ahead is None or not ahead.places or ahead.limit != limit or self._clock() >= ahead.until:
            return None
        return ahead

    def _keep(self, name: str, ahead: _Ahead) -> None:
        """Beside those that another request at the same moment has taken."""
        other = self._waiting(name, ahead.limit)
        if other is not None:
            ahead.places, ahead.until = ahead.places + other.places, min(ahead.until, other.until)
        self._ahead[name] = ahead
        self._ahead.move_to_end(name)
        if len(self._ahead) > MOST_NAMES:
            self._ahead.popitem(last=False)
