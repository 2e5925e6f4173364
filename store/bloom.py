"""Bloom: whether an item was certainly not seen before, in a few bits an item, in Redis.

It stands before a unique key, never in its place: what it calls new goes straight to the insert, what it does not is
looked up first. It errs to both sides without harm: one in `1 / error` new items is looked up in vain, and what was
added before a flush, or two fillings ago, is called new and meets the unique key.

Where the server knows BF.INSERT it is used; elsewhere a script sets the bits, k of them by double hashing from one
SHA-1 (Kirsch and Mitzenmacher 2006). Two generations: the current one becomes the previous when it holds `capacity`
items, and both are asked, each for half the error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from store.redis import Redis, RedisDown

KEEP_S = 30 * 86_400
AT_ONCE = 500
"""Items a round trip: a few milliseconds of the server's time."""

PROBE = "return type(redis.pcall('BF.CARD', KEYS[1])) == 'number' and 1 or 0"
ADD = """
local bits, hashes, capacity, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local current, previous, count = KEYS[1], KEYS[2], KEYS[3]
local before = redis.call('EXISTS', previous) == 1
local new, added = {}, 0
for number = 5, #ARGV do
  local digest = redis.sha1hex(ARGV[number])
  local first, step = tonumber(digest:sub(1, 8), 16), tonumber(digest:sub(9, 16), 16)
  local unseen, unknown = 0, before and 0 or 1
  for turn = 0, hashes - 1 do
    local bit = (first + turn * step) % bits
    if redis.call('SETBIT', current, bit, 1) == 0 then unseen = 1 end
    if unknown == 0 and redis.call('GETBIT', previous, bit) == 0 then unknown = 1 end
  end
  new[#new + 1] = unseen * unknown
  added = added + unseen
end
if redis.call('INCRBY', count, added) >= capacity then
  redis.call('RENAME', current, previous)
  redis.call('SET', count, 0)
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, keep) end
return new
"""


class Bloom:
    """One filter, shared by all who use its name; its shape must be theirs, too."""

    def __init__(self, redis: Redis, name: str, capacity: int, error: float) -> None:
        """`capacity` is what one generation holds, `error` the share of new items, at most, not called new."""
        if capacity < 1 or not 0 < error < 1:
            raise ValueError(f"a filter of {capacity} items with error {error}: at least one, between 0 and 1")
        self._redis = redis
        self.capacity = capacity
        self.error = error / 2
        self.bits = math.ceil(-capacity * math.log(self.error) / math.log(2) ** 2)
        self.hashes = max(1, round(self.bits / capacity * math.log(2)))
        stem = f"bw:shared:bloom:{name}:{capacity}:{error:g}"
        self._keys = [f"{stem}:current", f"{stem}:previous", f"{stem}:count"]
        self._native: bool | None = None

    def new(self, items: Sequence[bytes]) -> list[bool]:
        """Adds all; True where an item was not there before. All False while Redis is down: look them up."""
        found: list[bool] = []
        try:
            for at in range(0, len(items), AT_ONCE):
                found += self._add(items[at : at + AT_ONCE])
        except RedisDown:
            found += [False] * (len(items) - len(found))
        return found

    def _add(self, items: Sequence[bytes]) -> list[bool]:
        if self._native is None:
            self._native = self._redis.script(PROBE, self._keys[:1]) == 1
        if self._native:
            return self._add_native(items)
        shape = (self.bits, self.hashes, self.capacity, KEEP_S)
        return [told == 1 for told in self._redis.script(ADD, self._keys, [*shape, *items])]

    def _add_native(self, items: Sequence[bytes]) -> list[bool]:
        current, previous, _ = self._keys
        before, added, held, _ = self._redis.pipeline(
            [
                ("BF.MEXISTS", previous, *items),
                ("BF.INSERT", current, "CAPACITY", self.capacity, "ERROR", self.error, "ITEMS", *items),
                ("BF.CARD", current),
                ("EXPIRE", current, KEEP_S),
            ]
        )
        if held >= self.capacity:
            self._redis.call("RENAME", current, previous)
        return [not old and bool(new) for old, new in zip(before, added, strict=True)]
