"""The filter before the unique key: what it calls new was not there, and few new ones are missed."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from store.bloom import Bloom
from store.redis import EmbeddedRedis, Redis


def items(start: int, count: int) -> list[bytes]:
    return [f"signal-{number}".encode() for number in range(start, start + count)]


def test_an_item_is_new_once(redis: Redis):
    bloom = Bloom(redis, "signals", 1000, 0.001)
    assert bloom.new([b"a", b"b", b"a"]) == [True, True, False]
    assert Bloom(redis, "signals", 1000, 0.001).new([b"b", b"c"]) == [False, True]
    assert Bloom(redis, "others", 1000, 0.001).new([b"b"]) == [True]


def test_not_one_that_was_added_is_called_new_and_few_others_are_missed(redis: Redis):
    bloom = Bloom(redis, "signals", 20_000, 0.01)
    first = bloom.new(items(0, 15_000))
    assert bloom.new(items(0, 15_000)) == [False] * 15_000
    missed = 15_000 - sum(first) + 4_000 - sum(bloom.new(items(50_000, 4_000)))
    assert missed / 19_000 <= 0.01, "the false positives stay under what was asked"


def test_a_full_filter_starts_anew_and_remembers_one_filling_back(redis: Redis):
    bloom = Bloom(redis, "signals", 1000, 0.001)
    for start in (0, 1000, 2000):
        bloom.new(items(start, 1000))
    bloom.new(items(3000, 500))
    assert sum(bloom.new(items(2000, 1000))) == 0
    assert sum(bloom.new(items(0, 400))) > 390, "two fillings ago: forgotten, the unique key knows"


def test_every_key_of_it_expires(redis: Redis):
    Bloom(redis, "signals", 1, 0.001).new(items(0, 3))
    assert all(redis.call("TTL", key) > 86_400 for key in redis.call("KEYS", "*"))


def test_without_redis_nothing_is_called_new(redis_server: EmbeddedRedis):
    assert Bloom(Redis(None), "signals", 10, 0.1).new([b"a", b"b"]) == [False, False]
    gone = Redis("redis://127.0.0.1:1/0")
    assert Bloom(gone, "signals", 10, 0.1).new([b"a"]) == [False]


def test_a_flushed_filter_calls_everything_new_again(redis: Redis):
    bloom = Bloom(redis, "signals", 10, 0.1)
    bloom.new([b"a"])
    redis.call("FLUSHALL")
    assert bloom.new([b"a"]) == [True]


@pytest.mark.parametrize(("capacity", "error"), [(0, 0.1), (10, 0.0), (10, 1.0)])
def test_a_shape_that_cannot_be_is_refused(capacity: int, error: float):
    with pytest.raises(ValueError, match="a filter of"):
        Bloom(Redis(None), "signals", capacity, error)


class WithBloom(socketserver.StreamRequestHandler):
    """A server that knows Bloom filters, as sets: what RedisBloom and valkey-bloom answer, shape assumed."""

    held: dict[bytes, set[bytes]]
    said: list[bytes]

    def handle(self) -> None:
        while first := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _ in range(int(first[1:]))]
            self.wfile.write(self.answer(words[0].upper(), words[1:]))

    def answer(self, verb: bytes, words: list[bytes]) -> bytes:
        self.said.append(verb)
        if verb == b"EVALSHA":
            return b":1\r\n"
        if verb == b"BF.CARD":
            return b":%d\r\n" % len(self.held.get(words[0], ()))
        if verb == b"BF.MEXISTS":
            return array([item in self.held.get(words[0], ()) for item in words[1:]])
        if verb == b"BF.INSERT":
            kept, fresh = self.held.setdefault(words[0], set()), []
            for item in words[words.index(b"ITEMS") + 1 :]:
                fresh.append(item not in kept)
                kept.add(item)
            return array(fresh)
        if verb == b"RENAME":
            self.held[words[1]] = self.held.pop(words[0])
        return b"+OK\r\n" if verb != b"EXPIRE" else b":1\r\n"


def array(told: list[bool]) -> bytes:
    return b"*%d\r\n" % len(told) + b"".join(b":%d\r\n" % one for one in told)


@pytest.fixture
def with_bloom() -> Iterator[tuple[Redis, list[bytes]]]:
    handler = type("Handler", (WithBloom,), {"held": {}, "said": []})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Redis(f"redis://127.0.0.1:{server.server_address[1]}/0", timeout_s=5.0)
        yield client, handler.said  # type: ignore[attr-defined]
        client.close()
        server.shutdown()


def test_a_server_with_bloom_filters_is_asked_for_them_after_one_probe(with_bloom):
    client, said = with_bloom
    bloom = Bloom(client, "signals", 2, 0.1)
    assert bloom.new([b"a", b"b", b"a"]) == [True, True, False]
    assert bloom.new([b"a", b"c"]) == [False, True]
    assert bloom.new([b"d"]) == [True]
    assert bloom.new([b"b"]) == [True], "two fillings ago"
    assert said.count(b"EVALSHA") == 1, "the probe, and no script that sets bits"
