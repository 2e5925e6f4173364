"""Live sources as they stand, in a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from store import sources
from store.postgres import connect
from store.sources import Slot

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_workers_that_reserve_at_once_never_take_more_than_the_quota(database: str, connection: Session) -> None:
    sources.open_source(connection, "stub")

    def take_some(_: int) -> int:
        with connect(database, "default") as session:
            return sum(sources.reserve(session, "stub", 3, 100, NOW.date()) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take_some, range(4))) == 33
    assert sources.load_sources(connection)[0]["quota_used"] == 99


def test_a_quota_begins_anew_each_day_and_what_exceeds_it_takes_nothing(connection: Session) -> None:
    day = NOW.date()
    assert [sources.reserve(connection, "stub", units, 10, day) for units in (11, 7, 4, 3)] == [
        False,
        True,
        False,
        True,
    ]
    assert sources.reserve(connection, "stub", 10, 10, day + timedelta(days=1))
    assert sources.load_sources(connection)[0]["quota_used"] == 10


def test_a_slot_comes_back_as_it_was_saved(connection: Session) -> None:
    sources.open_source(connection, "stub")
    state = Slot('"etag"', "Fri, 20 Nov 2026 11:00:00 GMT", "0" * 64, {"since": ["t3_a", 3]}, NOW)
    sources.save_slot(connection, "stub", "hot/crafts", state)
    assert sources.load_slots(connection, "stub") == {"hot/crafts": state}
    sources.mark_asked(connection, "stub", "hot/crafts", NOW + timedelta(hours=1))
    (kept,) = sources.load_slots(connection, "stub").values()
    assert (kept.etag, kept.asked_at) == ('"etag"', NOW + timedelta(hours=1))


def test_a_source_is_claimed_by_one_session_until_it_releases_it(connection: Session, database: str) -> None:
    with connect(database, "default") as other:
        assert sources.claim(connection, "stub")
        assert not sources.claim(other, "stub")
        sources.release(connection, "stub")
        assert sources.claim(other, "stub")
