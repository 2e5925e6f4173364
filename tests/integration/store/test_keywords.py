"""Keywords on PostgreSQL: lives, what is strongest, whose they are, and what they announced."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from store import ideas
from store.ids import new_id
from store.keywords import (
    AGAIN,
    LIFE,
    MOST,
    Keyword,
    add_keyword,
    begin_search,
    end_search,
    load_audiences,
    load_keywords,
    remove_keyword,
    save_keywords,
    slot_of,
    strongest,
    worth,
)
from store.migrate import add_tenant
from store.postgres import connect

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def keyword(phrase: str = "yarn bowl", at: datetime = NOW, **changes: Any) -> Keyword:
    made = Keyword(phrase, phrase, "crafters", 0.5, 3, ("mug",), ("https://a.example/1",), "mined", at, at, at + LIFE)
    return replace(made, **changes)


def own(phrase: str, at: datetime = NOW, expires_at: datetime | None = None) -> Keyword:
    return Keyword(phrase, phrase, "", 1.0, 0, (), (), "person", at, at, expires_at)


@pytest.fixture
def other(database: str) -> Iterator[Connection[Any]]:
    add_tenant(database, "other")
    with connect(database, "other") as session:
        yield session


# Lives ----------------------------------------------------------------------------------------------------------------


def test_what_is_stored_comes_back_and_storing_it_again_changes_nothing(connection: Connection[Any]):
    kept = save_keywords(connection, [keyword()])
    assert kept == save_keywords(connection, [keyword()]) == load_keywords(connection, NOW) == [keyword()]


def test_seen_again_it_lives_on_and_its_first_sight_never_moves(connection: Connection[Any]):
    save_keywords(connection, [keyword()])
    later = NOW + 20 * DAY
    save_keywords(connection, [keyword(at=later, strength=0.9, products=("tote",), urls=("https://b.example/2",))])
    (one,) = load_keywords(connection, later)
    assert (one.first_seen_at, one.last_seen_at, one.expires_at) == (NOW, later, later + LIFE)
    assert (one.strength, one.products, one.urls) == (
        0.9,
        ("tote", "mug"),
        ("https://b.example/2", "https://a.example/1"),
    )


def test_after_thirty_days_unseen_it_is_gone_and_coming_back_it_begins_anew(connection: Connection[Any]):
    save_keywords(connection, [keyword()])
    assert strongest(connection, NOW + LIFE - timedelta(seconds=1)) == [keyword()]
    assert strongest(connection, NOW + LIFE) == []
    save_keywords(connection, [keyword(at=NOW + LIFE)])
    assert strongest(connection, NOW + LIFE)[0].first_seen_at == NOW + LIFE
    assert connection.execute("SELECT count(*) FROM keyword").fetchone() == (2,)


def test_a_discovery_that_comes_late_takes_nothing_back(connection: Connection[Any]):
    save_keywords(connection, [keyword(at=NOW, strength=0.8)])
    for early in (NOW - DAY, NOW - 29 * DAY):
        save_keywords(connection, [keyword(at=early, strength=0.1)])
    assert load_keywords(connection, NOW) == [keyword(strength=0.8)]
    assert load_keywords(connection, NOW - DAY) == []


def test_found_twice_at_one_moment_the_stronger_counts_with_the_products_of_both_in_any_order(
    connection: Connection[Any],
):
    web = keyword(strength=0.3, found_by="web", products=("poster",), urls=("https://w.example/",), uses=1)
    for _ in range(2):
        save_keywords(connection, [keyword(), web])
        (one,) = load_keywords(connection, NOW)
        assert (one.strength, one.found_by, one.uses) == (0.5, "mined", 3)
        assert (one.products, one.urls) == (("mug", "poster"), ("https://a.example/1", "https://w.example/"))


def test_two_that_see_it_at_once_begin_one_life(database: str, connection: Connection[Any]):
    def see(at: datetime) -> None:
        with connect(database, "default") as session:
            save_keywords(session, [keyword(f"phrase {number}", at) for number in range(20)])

    threads = [threading.Thread(target=see, args=(NOW + n * timedelta(seconds=1),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(load_keywords(connection, NOW + DAY)) == 20
    assert connection.execute("SELECT count(*) FROM keyword").fetchone() == (20,)


# The strongest --------------------------------------------------------------------------------------------------------


def test_twenty_are_strongest_and_what_was_long_unseen_counts_less(connection: Connection[Any]):
    save_keywords(connection, [keyword(f"phrase {number:02}", strength=number / 100) for number in range(30)])
    save_keywords(
        connection, [keyword("faded", NOW - 14 * DAY, strength=0.9), keyword("late", NOW + DAY, strength=1.0)]
    )
    found = strongest(connection, NOW)
    assert len(found) == MOST
    assert [each.phrase for each in found[:9]] == [f"phrase {at}" for at in (29, 28, 27, 26, 25, 24, 23)] + [
        "faded",
        "phrase 22",
    ]
    assert [each.phrase for each in strongest(connection, NOW, 2)] == ["phrase 29", "phrase 28"]


# A person's -----------------------------------------------------------------------------------------------------------


def test_a_persons_keyword_comes_first_and_never_expires_until_it_is_taken_away(connection: Connection[Any]):
    save_keywords(connection, [keyword("loud", strength=0.99)])
    add_keyword(connection, own("mine"), "ann")
    years = NOW + 3650 * DAY
    assert [each.phrase for each in strongest(connection, NOW)] == ["mine", "loud"]
    assert [each.phrase for each in strongest(connection, years)] == ["mine"]
    assert remove_keyword(connection, "mine", years, "ann")
    assert not remove_keyword(connection, "mine", years, "ann")
    assert strongest(connection, years) == []
    events = "SELECT to_status, subject_id, actor FROM event WHERE subject = 'keyword' ORDER BY id"
    assert connection.execute(events).fetchall() == [("added", "mine", "ann"), ("removed", "mine", "ann")]


def test_one_that_a_person_told_to_expire_does(connection: Connection[Any]):
    add_keyword(connection, own("mine", expires_at=NOW + DAY), "ann")
    assert len(strongest(connection, NOW)) == 1
    assert strongest(connection, NOW + DAY) == []


def test_what_a_person_added_stays_theirs_when_it_is_found_rising_too(connection: Connection[Any]):
    save_keywords(connection, [keyword()])
    add_keyword(connection, own("yarn bowl", NOW + DAY), "ann")
    save_keywords(connection, [keyword(at=NOW + 2 * DAY, strength=0.2)])
    (one,) = load_keywords(connection, NOW + 2 * DAY)
    assert (one.found_by, one.strength, one.expires_at, one.first_seen_at) == ("person", 1.0, None, NOW)
    assert one.last_seen_at == NOW + 2 * DAY
    remove_keyword(connection, "yarn bowl", NOW + 3 * DAY, "ann")
    save_keywords(connection, [keyword(at=NOW + 4 * DAY)])
    (again,) = load_keywords(connection, NOW + 4 * DAY)
    assert (again.found_by, again.first_seen_at) == ("mined", NOW + 4 * DAY)


def test_a_keyword_of_nobodys_that_never_expires_is_refused(connection: Connection[Any]):
    with pytest.raises(psycopg.errors.CheckViolation):
        save_keywords(connection, [keyword(expires_at=None)])


# Two tenants ----------------------------------------------------------------------------------------------------------


def test_tenants_neither_see_nor_end_nor_block_each_others(connection: Connection[Any], other: Connection[Any]):
    save_keywords(connection, [keyword()])
    assert strongest(other, NOW) == []
    assert not remove_keyword(other, "yarn bowl", NOW, "eve")
    save_keywords(other, [keyword(strength=0.1)])
    _, mine = begin_search(connection, NOW, ["crafters"])
    _, theirs = begin_search(other, NOW, ["cooks"])
    assert mine and theirs
    assert [each.strength for each in strongest(connection, NOW)] == [0.5]
    assert worth(other, NOW).ideas == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        other.execute("UPDATE keyword SET tenant_id = 'default'")


# The web's slots ------------------------------------------------------------------------------------------------------


def test_a_slot_is_searched_once_with_the_audiences_of_the_first(connection: Connection[Any]):
    first, mine = begin_search(connection, NOW, ["crafters"])
    again, theirs = begin_search(connection, NOW + timedelta(hours=5), ["cooks"])
    assert (mine, theirs) == (True, False)
    assert (first.slot, first.audiences, first.outcome) == (NOW, ("crafters",), "asked")
    assert again == first
    end_search(connection, replace(first, outcome="found", found=2, left_out={"pages: no date": 1}))
    found, theirs = begin_search(connection, NOW, [])
    assert (found.outcome, found.found, found.left_out, theirs) == ("found", 2, {"pages: no date": 1}, False)
    assert begin_search(connection, NOW + timedelta(hours=6), ["cooks"])[1]


def test_a_search_that_failed_or_was_never_ended_is_made_again_after_a_while(connection: Connection[Any]):
    first, _ = begin_search(connection, NOW, ["crafters"])
    end_search(connection, replace(first, outcome="failed", reason="no connection"))
    standing, mine = begin_search(connection, NOW, [])
    assert (standing.reason, mine) == ("no connection", False)
    connection.execute("UPDATE keyword_search SET recorded_at = now() - %s", (AGAIN + timedelta(seconds=1),))
    anew, mine = begin_search(connection, NOW, ["cooks"])
    assert (anew.audiences, anew.outcome, anew.reason, mine) == (("crafters",), "asked", "", True)


def test_slots_are_the_quarters_of_a_day():
    assert [slot_of(NOW.replace(hour=hour, minute=59)).hour for hour in (0, 5, 6, 13, 23)] == [0, 0, 6, 12, 18]


# What they were worth -------------------------------------------------------------------------------------------------


def scored(connection: Connection[Any], at: datetime, **totals: float) -> dict[str, UUID]:
    """A run that scored these ideas, and as many dull ones that they stand out."""
    names = totals | {f"dull{number}": 0.1 for number in range(9)}
    run_id = new_id()
    ideas.start_run(connection, run_id, at, "test")
    rows = [ideas.IdeaRow(new_id(), name, name, "crafters", None, "subject", "because", "mug") for name in names]
    ids = ideas.put_ideas(connection, rows, at, "test", {})
    ideas.put_scores(connection, [ideas.ScoreRow(ids[name], total, []) for name, total in names.items()], at, 1)
    return ids


def test_worth_is_the_share_of_risen_ideas_that_a_keyword_named_before_and_its_lead(connection: Connection[Any]):
    save_keywords(
        connection, [keyword("early", NOW - 6 * DAY), keyword("tooold", NOW - 59 * DAY), keyword("late", NOW)]
    )
    scored(connection, NOW - 5 * DAY, early=0.05, late=0.05, missed=0.05)
    scored(connection, NOW - 2 * DAY, early=0.9, late=0.8, missed=0.05)
    scored(connection, NOW - DAY, early=0.9, missed=0.7, tooold=0.8)
    found = worth(connection, NOW)
    assert (found.ideas, found.announced, found.median_lead_hours) == (4, 1, 96.0)
    assert found.share == 0.25


def test_an_idea_that_was_at_the_top_before_the_window_is_no_later_one(connection: Connection[Any]):
    save_keywords(connection, [keyword("early", NOW - 45 * DAY)])
    scored(connection, NOW - 40 * DAY, early=0.9)
    scored(connection, NOW - DAY, early=0.9)
    assert worth(connection, NOW).ideas == 0
    assert worth(connection, NOW).share is None


def test_a_life_that_ended_still_counts_for_what_it_announced(connection: Connection[Any]):
    save_keywords(connection, [keyword("early", NOW - 40 * DAY)])
    scored(connection, NOW - 15 * DAY, early=0.9)
    save_keywords(connection, [keyword("early", NOW - 5 * DAY)])
    found = worth(connection, NOW)
    assert (found.ideas, found.announced, found.median_lead_hours) == (1, 1, 25 * 24)


def test_audiences_are_those_of_the_last_months_subjects(connection: Connection[Any]):
    scored(connection, NOW)
    assert load_audiences(connection, NOW) == ["crafters"]
    assert load_audiences(connection, NOW - DAY) == load_audiences(connection, NOW + 31 * DAY) == []
