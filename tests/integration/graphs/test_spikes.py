"""The watch over the stream: what is told, once, and why the rest is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import psycopg
import pytest

from graphs.spikes import Spikes
from store.ideas import IdeaRow, put_ideas
from store.ids import new_id
from store.postgres import connect
from store.redis import Redis
from store.spikes import load_spikes
from trends.hot import Hot
from trends.intake import take_payload
from trends.merge import key_of
from trends.signal import Signal, SignalKind

NOW = datetime(2026, 3, 3, 12, 5, tzinfo=UTC)
THINGS = ("otter quilt", "willow lantern", "badger kettle", "paper garland", "copper spoon", "river stone")
TALK = (
    "made this {} today",
    "my new {} at last",
    "is a {} hard to keep?",
    "who else loves a {}",
    "this {} made my day",
)

Store = Callable[[Sequence[Signal]], None]


def post(
    number: int, text: str, at: datetime, source: str = "reddit", author: str | None = None, community: str = "crafts"
) -> Signal:
    return Signal(
        source,
        SignalKind.ITEM,
        text,
        at,
        f"n{number}",
        community=community,
        author_hash=author or f"author {number}",
        published_at=at,
        row=number + 1,
    )


def usual() -> list[Signal]:
    """Two days of two sources, about five posts in ten minutes, each of one of six things."""
    rng = np.random.default_rng(3)
    ages = np.sort(rng.uniform(0.02, 48.5, 1500))[::-1]
    return [
        post(
            number,
            TALK[number % 5].format(THINGS[int(rng.integers(6))]),
            NOW - timedelta(hours=float(age)),
            ("reddit", "youtube")[number % 2],
        )
        for number, age in enumerate(ages)
    ]


def rise(phrase: str, count: int = 24, first: int = 50_000, **kept: Any) -> list[Signal]:
    """Many posts within the last half hour."""
    return [
        post(first + n, TALK[n % 5].format(phrase) + f" no {n}", NOW - timedelta(minutes=30 - n % 30), **kept)
        for n in range(count)
    ]


@pytest.fixture
def store(connection: psycopg.Connection[Any]) -> Store:
    numbers = iter(range(1_000_000))

    def put(signals: Sequence[Signal]) -> None:
        take_payload(connection, "default", "reddit", f"answer {next(numbers)}", NOW, iter(signals))

    return put


@pytest.fixture(params=["with redis", "without redis"])
def spikes(request: pytest.FixtureRequest, database: str) -> Spikes:
    redis = request.getfixturevalue("redis") if request.param == "with redis" else Redis(None)
    return Spikes(Hot(redis, partial(connect, database, "default")))


def test_a_usual_day_tells_nothing(spikes: Spikes, store: Store) -> None:
    store(usual())
    assert spikes.watch(NOW) == []
    assert not spikes.passed_over


def test_a_rise_is_told_once_with_its_phrase_and_no_idea_where_there_is_none(spikes: Spikes, store: Store) -> None:
    store([*usual(), *rise("pumpkin carving")])
    [spike] = spikes.watch(NOW)
    assert (spike.phrase, spike.key, spike.idea_id) == ("pumpkin carving", key_of(("pumpkin", "carving")), None)
    assert NOW - timedelta(minutes=50) < spike.onset_at <= NOW - timedelta(minutes=10)
    assert spike.ratio > 3
    assert spikes.watch(NOW) == []
    assert spikes.watch(NOW + timedelta(minutes=11)) == []
    assert spikes.passed_over["told already"] > 0


def test_a_part_of_a_phrase_that_was_told_is_not_told_after_it(
    spikes: Spikes, store: Store, connection: psycopg.Connection[Any]
) -> None:
    store([*usual(), *rise("moss teapot", 40)])
    spikes.watch(NOW)
    store([post(90_000 + n, f"a teapot, said number {n}", NOW) for n in range(4)])
    for minutes in (1, 2, 11):
        assert spikes.watch(NOW + timedelta(minutes=minutes)) == []
    assert [row.phrase for row in load_spikes(connection, NOW - timedelta(days=1), 10)] == ["moss teapot"]


def test_a_rise_of_a_known_idea_names_it(spikes: Spikes, store: Store, connection: psycopg.Connection[Any]) -> None:
    key = key_of(("otter", "quilt"))
    row = IdeaRow(new_id(), key, "otter quilt", "quilters", None, "subject", "a hobby", "tote")
    known = put_ideas(connection, [row], NOW, "test", {})
    store([*usual(), *rise("otter quilt", 40)])
    assert [spike.idea_id for spike in spikes.watch(NOW)] == [known[key]]


def test_one_account_that_posts_a_hundred_times_is_counted_not_told(spikes: Spikes, store: Store) -> None:
    loud = rise("pumpkin carving", 100, author="loud")
    spread = [post(70_000 + n, one.text, NOW - timedelta(minutes=118 - n), author="loud") for n, one in enumerate(loud)]
    store([*usual(), *spread])
    assert spikes.watch(NOW) == []
    assert all("1 of the 5" in reason for reason in spikes.passed_over)
    assert spikes.passed_over


def test_a_rise_on_what_is_no_subject_is_kept_with_its_reason(
    spikes: Spikes, store: Store, connection: psycopg.Connection[Any]
) -> None:
    store([*usual(), *rise("Harry Potter")])
    assert spikes.watch(NOW) == []
    assert any("licensed names" in reason for reason in spikes.passed_over)
    rows = load_spikes(connection, NOW - timedelta(days=1), 10)
    assert {row.kind for row in rows} == {"licensed"}
    assert "harry potter" in {row.phrase for row in rows}


def test_a_source_that_comes_back_with_everything_at_once_is_no_spike(spikes: Spikes, store: Store) -> None:
    back = [
        post(80_000 + n, TALK[n % 5].format(THINGS[n % 6]) + f" no {n}", NOW - timedelta(minutes=n % 9))
        for n in range(200)
    ]
    store([one for one in usual() if one.source == "youtube" or one.known_at < NOW - timedelta(hours=5)])
    store(back)
    assert spikes.watch(NOW) == []


def test_two_workers_tell_a_spike_once(spikes: Spikes, store: Store, database: str) -> None:
    store([*usual(), *rise("pumpkin carving")])
    other = Spikes(Hot(Redis(None), partial(connect, database, "default")))
    assert len([*spikes.watch(NOW), *other.watch(NOW)]) == 1


def test_another_tenant_is_told_as_well(spikes: Spikes, store: Store, database: str) -> None:
    from store.migrate import add_tenant

    add_tenant(database, "other")
    store([*usual(), *rise("pumpkin carving")])
    other = Spikes(Hot(Redis(None), partial(connect, database, "other")))
    assert len(spikes.watch(NOW)) == len(other.watch(NOW)) == 1


def test_a_phrase_of_nonsense_waits_for_somebody_to_say_what_it_is(spikes: Spikes, store: Store) -> None:
    store([*usual(), *rise("zorbil quux")])
    assert spikes.watch(NOW) == []
    assert any(reason.startswith("unknown") for reason in spikes.passed_over)
