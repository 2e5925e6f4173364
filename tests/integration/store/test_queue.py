"""The queue on a real database: filters, sorts, searches, and walks that lose nothing while rows are decided."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.postgres import pool
from store.queue import (
    ORDERS,
    BadCursor,
    Cursor,
    Filter,
    Order,
    count_queue,
    load_answers_of_late,
    load_decided,
    load_facets,
    load_queue,
    read_cursor,
    statement,
    write_cursor,
)
from store.reviews import Answer, record_answer
from tests.decided import put_decided

SORTED = """
EXPLAIN SELECT id FROM idea WHERE status = 'pending_review' AND verdict = 'review' AND decided_at IS NOT NULL
  AND merged_into IS NULL ORDER BY KEY WAY, id WAY LIMIT 5
"""
Session = psycopg.AsyncConnection[Any]


@pytest.fixture
async def session(database: str) -> AsyncIterator[Session]:
    async with pool(database, "default", 1) as connections, connections.connection() as opened:
        yield opened


def fill(connection: psycopg.Connection[Any], count: int = 60) -> list[UUID]:
    """Ideas with figures drawn at random, some of them missing, some the same."""
    draw = random.Random(7)
    return [
        put_decided(
            connection,
            f"subject {n}",
            score=draw.choice([None, 0.25, draw.random()]),
            margin_ratio=draw.choice([None, -0.5, draw.random()]),
            order_by=draw.choice([None, date(2026, 12, 1) + timedelta(days=n % 5)]),
            verdict=draw.choice(["approve", "review", "reject"]),
            product_format=draw.choice(["mug", "shirt"]),
            age_s=n // 3,
        )
        for n in range(count)
    ]


async def walk(session: Session, wanted: Filter, most: int = 7) -> list[dict[str, Any]]:
    """Every page, each begun with the cursor as it was written and read."""
    seen: list[dict[str, Any]] = []
    after = None
    while rows := await load_queue(session, wanted, most, after):
        seen += rows
        after = Cursor.read(Cursor.after(rows[-1], wanted.order).write(), wanted.order)
    return seen


@pytest.mark.parametrize("order", ORDERS)
async def test_a_walk_in_any_order_sees_each_row_once_and_in_order(
    connection: psycopg.Connection[Any], session: Session, order: Any
) -> None:
    ideas = fill(connection)
    rows = await walk(session, Filter(order=order))
    assert sorted(row["id"] for row in rows) == sorted(ideas)
    assert rows == await load_queue(session, Filter(order=order), 100)
    if order == "deadline":
        keys = [row["order_by"] or date.max for row in rows]
        assert keys == sorted(keys)
    else:
        name = {"score": "score", "margin": "margin_ratio", "newest": "decided_at"}[order]
        known = [row[name] for row in rows if row[name] is not None]
        assert known == sorted(known, reverse=True)
        assert [row[name] for row in rows[: len(known)]] == known


async def test_a_walk_sees_each_row_once_while_rows_are_decided_beneath_it(
    connection: psycopg.Connection[Any], session: Session
) -> None:
    ideas = set(fill(connection))
    seen: list[UUID] = []
    answered: set[UUID] = set()
    after, draw = None, random.Random(3)
    while rows := await load_queue(session, Filter(), 5, after):
        seen += [row["id"] for row in rows]
        after = Cursor.after(rows[-1], "score")
        for idea_id in draw.sample(sorted(ideas - answered), 3):
            await record_answer(session, idea_id, None, Answer("ignore", "ana"), 30.0)
            answered.add(idea_id)
    assert len(seen) == len(set(seen))
    assert ideas - answered <= set(seen)


async def test_filters_narrow_and_counts_and_facets_agree(
    connection: psycopg.Connection[Any], session: Session
) -> None:
    fill(connection)
    put_decided(connection, "put away", status="archived")
    for wanted in (
        Filter(),
        Filter(verdicts=("approve",)),
        Filter(formats=("mug",), verdicts=("review", "reject")),
        Filter(statuses=("archived", "pending_review"), text="SUBJECT 1"),
        Filter(statuses=()),
        Filter(formats=("spaceship",)),
    ):
        rows = await walk(session, wanted)
        assert len(rows) == await count_queue(session, wanted)
        assert all(not wanted.verdicts or row["verdict"] in wanted.verdicts for row in rows)
        assert all(not wanted.formats or row["product_format"] in wanted.formats for row in rows)
        assert all(not wanted.statuses or row["status"] in wanted.statuses for row in rows)
    facets = await load_facets(session)
    assert facets["status"] == {"pending_review": 60, "archived": 1}
    assert sum(facets["verdict"].values()) == sum(facets["product_format"].values()) == 60


@pytest.mark.parametrize("words", ["100%", "100_", "a\\b", "'; DROP TABLE idea; --", "<b>", "%", "_"])
async def test_what_is_searched_for_is_text_whatever_it_means_elsewhere(
    connection: psycopg.Connection[Any], session: Session, words: str
) -> None:
    wanted = put_decided(connection, f"before {words.upper()} after")
    put_decided(connection, "100 other")
    assert [row["id"] for row in await load_queue(session, Filter(text=words), 10)] == [wanted]


async def test_a_search_finds_audiences_and_whole_ids(connection: psycopg.Connection[Any], session: Session) -> None:
    wanted = put_decided(connection, "fox", audience="Night walkers")
    put_decided(connection, "owl")
    for text in ("night", str(wanted), f" {str(wanted).upper()} "):
        assert [row["id"] for row in await load_queue(session, Filter(text=text), 10)] == [wanted]


async def test_who_answered_what_is_listed_the_latest_first(
    connection: psycopg.Connection[Any], session: Session
) -> None:
    ideas = fill(connection, 5)
    for idea_id in ideas:
        await record_answer(session, idea_id, None, Answer("approve", "ana"), 30.0)
    rows = await load_answers_of_late(session, 3)
    rest = await load_answers_of_late(session, 3, rows[-1]["id"])
    assert [row["idea_id"] for row in rows + rest] == ideas[::-1]
    assert {row["actor"] for row in rows} == {"ana"}


async def test_decisions_are_listed_the_latest_first(connection: psycopg.Connection[Any], session: Session) -> None:
    ideas = fill(connection, 5)
    rows = await load_decided(session, 3)
    last = rows[-1]
    rest = await load_decided(session, 3, (last["recorded_at"], last["idea_id"], last["revision"]))
    assert [row["idea_id"] for row in rows + rest] == ideas[::-1]


async def test_every_sort_is_a_walk_along_an_index(database: str, connection: psycopg.Connection[Any]) -> None:
    fill(connection, 200)
    connection.execute("SET enable_sort = off")
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_bitmapscan = off")
    for name, key, way in (
        ("idea_by_score", "score_key", "DESC"),
        ("idea_by_margin", "margin_key", "DESC"),
        ("idea_by_newest", "decided_at", "DESC"),
        ("idea_by_deadline", "deadline_key", "ASC"),
    ):
        query = SORTED.replace("KEY", key).replace("WAY", way)
        plan = "\n".join(row[0] for row in connection.execute(query.encode()))
        assert name in plan, plan
        assert "Sort" not in plan, plan


@pytest.mark.parametrize("order", ORDERS)
async def test_the_last_page_reads_no_more_than_the_first(
    connection: psycopg.Connection[Any], session: Session, order: Order
) -> None:
    fill(connection, 400)
    wanted = Filter(order=order)
    rows = await load_queue(session, wanted, 380)
    for way in ("seqscan", "bitmapscan", "sort"):  # which is what a small table is read by
        await session.execute(f"SET enable_{way} = off".encode())
    first, last = [await _scanned(session, wanted, after) for after in (None, Cursor.after(rows[-1], order))]
    assert 0 < last <= first <= 15


async def _scanned(session: Session, wanted: Filter, after: Cursor | None) -> int:
    """How many rows of the index a page of five looks at, shown or not."""
    query, given = statement(wanted, 5, after)
    cursor = await session.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}".encode(), given)
    (answer,) = await cursor.fetchone() or ()

    def rows(node: dict[str, Any]) -> float:
        own = 0.0
        if "Index Name" in node:
            own = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        return own + sum(rows(each) for each in node.get("Plans", ()))

    return round(rows(answer[0]["Plan"]))


@given(st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda raw: raw.hex())))
def test_a_cursor_that_nobody_gave_is_refused(text: str) -> None:
    for order in ORDERS:
        with pytest.raises(BadCursor):
            Cursor.read(text, order)


@pytest.mark.parametrize(
    "parts",
    [
        ("score", "high", str(UUID(int=1))), ("score", True, str(UUID(int=1))), ("score", 0.5, "1"), ("score", 0.5),
        ("newest", None, str(UUID(int=1))), ("deadline", "soon", str(UUID(int=1))), ("margin", {}, str(UUID(int=1))),
        ("score", 0.5, 7), ("score", 0.5, str(UUID(int=1)), 1),
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(parts: tuple[Any, ...]) -> None:
    with pytest.raises(BadCursor, match="begin again"):
        Cursor.read(write_cursor(*parts), parts[0])


def test_a_cursor_of_another_order_is_refused_by_name() -> None:
    text = Cursor("score", 0.5, UUID(int=1)).write()
    assert read_cursor(text)[0] == "score"
    with pytest.raises(BadCursor, match="by score, not by margin"):
        Cursor.read(text, "margin")
