"""Cache: values as JSON for a while, in Redis; whatever goes wrong with it is a miss."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from store.redis import Redis, RedisDown

ANALYTICS_S = 24 * 3600.0
"""How long what was counted over weeks is shown before it is counted again."""
MOST_CHARS = 1_000_000
"""A longer value is not kept: it would push out many others."""


class Cache:
    """One kind of value of one tenant. None cannot be told from a miss, so it is never kept."""

    def __init__(self, redis: Redis, tenant: str, what: str, ttl_s: float) -> None:
        self._redis = redis
        self._stem = f"bw:{tenant}:{what}:"
        self._ttl_ms = max(1, round(ttl_s * 1000))

    def get(self, key: str) -> Any:
        """The value, or None where there is none, Redis is down, or what is there is no JSON."""
        try:
            kept = self._redis.call("GET", self._stem + key)
            return None if kept is None else json.loads(kept)
        except (RedisDown, ValueError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keeps a value that JSON can carry; TypeError where it cannot."""
        text = json.dumps(value)
        if value is None or len(text) > MOST_CHARS:
            return
        try:
            self._redis.call("SET", self._stem + key, text, "PX", self._ttl_ms)
        except RedisDown:
            return

    def get_or_make(self, key: str, make: Callable[[], Any]) -> Any:
        """The kept value, else a new one, kept from now on."""
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found
