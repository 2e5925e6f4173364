"""A cache of JSON in Redis: what goes wrong is a miss."""

from __future__ import annotations

import time

import pytest

from store.cache import MOST_CHARS, Cache
from store.redis import Redis


def test_a_value_is_made_once_and_kept_for_its_time(redis: Redis):
    cache, made = Cache(redis, "default", "figures", ttl_s=0.2), []

    def make() -> dict[str, object]:
        made.append(1)
        return {"n": [1, 2.5, "drei", None]}

    assert [cache.get_or_make("k", make) for _ in range(3)] == [{"n": [1, 2.5, "drei", None]}] * 3
    assert len(made) == 1
    time.sleep(0.25)
    assert cache.get("k") is None


def test_one_tenant_and_kind_sees_nothing_of_another(redis: Redis):
    Cache(redis, "default", "figures", 60).put("k", 1)
    assert Cache(redis, "other", "figures", 60).get("k") is None
    assert Cache(redis, "default", "words", 60).get("k") is None
    assert redis.call("TTL", "bw:default:figures:k") in range(50, 61)


def test_without_redis_every_value_is_made_anew():
    cache = Cache(Redis(None), "default", "figures", 60)
    assert cache.get("k") is None
    assert [cache.get_or_make("k", lambda made=made: made) for made in (1, 2)] == [1, 2]


def test_what_is_no_json_or_of_another_type_is_a_miss(redis: Redis):
    cache = Cache(redis, "default", "figures", 60)
    redis.call("SET", "bw:default:figures:k", "{broken")
    assert cache.get("k") is None
    redis.call("DEL", "bw:default:figures:k")
    redis.call("LPUSH", "bw:default:figures:k", "x")
    assert cache.get("k") is None


def test_what_is_too_long_or_nothing_is_not_kept(redis: Redis):
    cache = Cache(redis, "default", "figures", 60)
    cache.put("long", "x" * MOST_CHARS)
    cache.put("none", None)
    assert redis.call("DBSIZE") == 0
    with pytest.raises(TypeError):
        cache.put("set", {1, 2})
