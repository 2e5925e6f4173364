"""Hot topics: the same answer from Redis and from PostgreSQL, whatever happens to Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import psycopg
import pytest

from store.postgres import connect
from store.redis import Redis
from store.stream import KEPT_S, Counts, MemoryCounts, RedisCounts, bucket_of
from trends.hot import Hot, phrases_of, sighting_of
from trends.intake import take_payload
from trends.signal import Signal, SignalKind

NOW = datetime(2026, 3, 3, 12, 5, tzinfo=UTC)
Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


def post(number: int, text: str, hours: float = 0.0, source: str = "reddit", author: str | None = None) -> Signal:
    at = NOW - timedelta(hours=hours)
    return Signal(source, SignalKind.ITEM, text, at, f"n{number}", author_hash=author or f"a{number}", row=number + 1)


def some_posts() -> list[Signal]:
    rng = np.random.default_rng(5)
    things = ("moss frame", "pumpkin carving", "otter quilt", "willow lantern")
    posts = []
    for number in range(300):
        thing = things[int(rng.integers(4)) if number % 3 else 0]
        source = ("reddit", "youtube")[number % 2]
        posts.append(post(number, f"look, a {thing} for you", float(rng.uniform(0, 47)), source, f"a{number % 40}"))
    return sorted(posts, key=lambda one: one.known_at)


@pytest.fixture
def opened(database: str) -> Connect:
    return partial(connect, database, "default")


@pytest.fixture
def store(connection: psycopg.Connection[Any]) -> Callable[[Sequence[Signal]], None]:
    numbers = iter(range(1, 1_000_000))

    def put(signals: Sequence[Signal]) -> None:
        slot = f"slot {next(numbers)}"
        take_payload(connection, "default", "reddit", slot, NOW, iter(signals))

    return put


@pytest.fixture(params=["memory", "redis"])
def counts(request: pytest.FixtureRequest) -> Iterator[Counts]:
    yield MemoryCounts() if request.param == "memory" else RedisCounts(request.getfixturevalue("redis"))


def test_an_account_counts_once_a_phrase_and_ten_minutes(counts: Counts) -> None:
    loud = [post(number, "moss frame", 0.01, author="loud") for number in range(100)]
    counts.add([sighting_of(one) for one in [*loud, post(200, "moss frame")]])
    found = dict(counts.hottest(bucket_of(NOW), 10, None))
    assert found["moss frame"] == 2


def test_a_thing_counts_when_it_is_new_and_again_after_two_days_of_silence(counts: Counts) -> None:
    for hours in (100, 99, 60, 0.0):
        counts.add([sighting_of(post(1, "moss frame", hours))])
    last = bucket_of(NOW)
    assert ("moss frame", 1.0) in counts.hottest(last, 9, None)
    assert dict(counts.hottest(last - 60 * 6, 9, None))["moss frame"] < 0.02
    assert counts.series(last, ["moss frame"]).totals.sum() == 1


def test_both_answer_the_same_on_one_stream(redis: Redis) -> None:
    sightings = [sighting_of(one) for one in some_posts()]
    kept, twin, last = RedisCounts(redis), MemoryCounts(sightings), bucket_of(NOW)
    kept.add(sightings)
    for source in (None, "reddit", "youtube"):
        assert kept.hottest(last, 50, source) == twin.hottest(last, 50, source)
    assert kept.busy(last, 72, 3, 9) == twin.busy(last, 72, 3, 9)
    ours, theirs = kept.series(last, ["moss frame", "otter quilt"]), twin.series(last, ["moss frame", "otter quilt"])
    assert ours.sources == theirs.sources == ("reddit", "youtube")
    assert (ours.counts == theirs.counts).all()
    assert (ours.totals == theirs.totals).all()


def test_a_bucket_keeps_the_phrases_that_most_voices_use(redis: Redis) -> None:
    kept = RedisCounts(redis, most=20)
    kept.add([sighting_of(post(number, "moss frame")) for number in range(5)])
    kept.add([sighting_of(post(100 + n, f"thing{chr(97 + n % 26)}{chr(97 + n // 26)} lantern")) for n in range(80)])
    held = kept.busy(bucket_of(NOW), 1, 1, 1_000)
    assert "moss frame" in held
    assert len(held) <= 2 * 20


def test_every_key_ends_within_two_days(redis: Redis) -> None:
    RedisCounts(redis).add([sighting_of(one) for one in some_posts()])
    keys = redis.call("KEYS", "*")
    assert keys
    assert all(key.startswith("bw:shared:hot:") for key in keys)
    assert all(0 < redis.call("TTL", key) <= KEPT_S for key in keys)


def test_flushed_down_or_whole_the_answer_is_the_same(
    redis: Redis, opened: Connect, store: Callable[[Sequence[Signal]], None]
) -> None:
    posts = some_posts()
    store(posts)
    with_redis, without = Hot(redis, opened), Hot(Redis(None), opened)
    expected = without.top(NOW, 5)
    assert expected[0].phrase == "moss frame"
    assert with_redis.top(NOW, 5) == expected  # empty: from the rows, and filled
    assert RedisCounts(redis).is_whole(bucket_of(NOW))
    assert with_redis.top(NOW, 5) == expected
    assert with_redis.top(NOW, 5, "youtube") == without.top(NOW, 5, "youtube") != expected
    redis.call("FLUSHALL")
    assert with_redis.top(NOW, 5) == expected


def test_what_came_while_redis_was_away_is_in_the_next_answer(
    redis: Redis, opened: Connect, store: Callable[[Sequence[Signal]], None]
) -> None:
    hot = Hot(redis, opened)
    hot.top(NOW, 5)
    missed = [post(number, "badger kettle", source="youtube") for number in range(9)]
    store(missed)
    hot.redis = Redis(None)
    hot.listen(missed)
    hot.redis = redis
    assert [topic.phrase for topic in hot.top(NOW, 5)] == ["badger kettle"]


def test_what_comes_in_while_the_counts_are_filled_anew_is_counted(
    redis: Redis, opened: Connect, store: Callable[[Sequence[Signal]], None]
) -> None:
    late = post(999, "willow lantern")

    @contextmanager
    def slow() -> Iterator[psycopg.Connection[Any]]:
        with opened() as connection:
            yield connection
        store([late])
        Hot(redis, opened).listen([late])

    store(some_posts())
    Hot(redis, slow).top(NOW)
    assert Hot(redis, opened).counted(NOW) == Hot(Redis(None), opened).top(NOW)


def test_a_signal_that_is_listened_to_twice_counts_once(redis: Redis, opened: Connect) -> None:
    hot = Hot(redis, opened)
    hot.top(NOW, 5)
    for _ in range(3):
        hot.listen([post(1, "moss frame")])
    assert [(topic.phrase, topic.heat) for topic in hot.top(NOW, 5)] == [("moss frame", 1.0)]


def test_a_thing_that_was_long_known_stays_known_after_a_flush(
    redis: Redis, opened: Connect, store: Callable[[Sequence[Signal]], None]
) -> None:
    for hours in (70, 40, 10):
        store([post(1, "moss frame", hours)])
    hot = Hot(redis, opened)
    assert hot.top(NOW, 5) == []
    hot.listen([post(1, "moss frame")])
    assert hot.top(NOW, 5) == []


def test_a_voice_counts_half_after_six_hours_and_nothing_after_two_days(
    redis: Redis, opened: Connect, store: Callable[[Sequence[Signal]], None]
) -> None:
    store([post(1, "moss frame", 6), post(2, "otter quilt", 48.5)])
    [topic] = Hot(redis, opened).top(NOW, 5)
    assert (topic.phrase, topic.heat) == ("moss frame", 0.5)


def test_phrases_are_names_of_things_and_no_fillers() -> None:
    found = phrases_of("The Best of Pumpkin Carvings, for people!", ("#mossframe", "otter quilts"))
    assert {"pumpkin carving", "mossframe", "otter quilt", "pumpkin"} <= found
    assert not found & {"the", "best of pumpkin", "people", "best", "carving for", "for people"}
    assert phrases_of("1024x683 / 90s / otter before quilt") == {"90s", "otter", "quilt"}
    assert len(phrases_of(" ".join(f"wxy{n}" for n in range(500)))) <= 60
