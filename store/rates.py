"""Rates: how many requests a minute are let in, by name; shared through Redis, one round trip each.

A minute slides in slices of 5 s: in no 60 s are there more than the limit, and what was let in is forgotten after 60 to
65 s. While Redis is away each process counts by the same rule for itself, so of several processes each lets in as many;
after a flush a minute begins anew. What was refused is not counted: whoever asks too often is let in again as the first
requests are forgotten. A name with a client's address lives as long as its counts and is in no table.
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
SCRIPT = Path(__file__).with_name("rates.lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a name stands after it asked: let in or not, how many more may come, when some are forgotten."""

    taken: bool
    limit: int
    left: int
    reset_s: int


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

    def __init__(self, redis: AsyncRedis, alone: MemoryRates | None = None) -> None:
        self._redis = redis
        self._alone = alone or MemoryRates()

    async def take(self, name: str, limit: int) -> Standing:
        """Let one more in where the last minute has room."""
        try:
            taken, left, reset_s = await self._redis.script(SCRIPT, [f"bw:{name}"], [limit, SLICE_S, SLICES])
        except RedisDown:
            return self._alone.take(name, limit)
        return Standing(bool(taken), limit, int(left), int(reset_s))
