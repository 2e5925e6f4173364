"""The gallery on a real database: what a search takes, walks that lose nothing, and what another tenant sees."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import designs
from store.decisions import Rows, one
from store.gallery import (
    ORDERS,
    Cursor,
    NotKept,
    UnknownDesign,
    Wanted,
    find_id,
    get_design,
    load_facets,
    load_page,
    statement,
)
from store.ids import new_id
from store.postgres import owner, pool
from store.queue import BadCursor, write_cursor
from tests.batched import begin, file_all, rows

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def shelf(session: Rows) -> dict[str, UUID]:
    """A shirt of trout, a mug of coffee ten days older, a poster of moss older yet; by their keywords."""
    given = [
        *rows("1", text="Gone Fishing", keyword="trout", product_format="shirt"),
        *rows("2", text="But first", keyword="coffee", product_format="mug"),
        *rows("3", text="100% moss_green", keyword="moss", product_format="poster"),
    ]
    batch = await begin(session, given, name="spring")
    done = await file_all(
        session,
        {"1": {"score": 0.95, "category": "animals", "tags": {"trout": 0.95, "calm": 0.4, "shirt": 1.0}},
         "2": {"score": 0.88, "category": "food and drink", "tags": {"coffee": 0.9, "mug": 1.0}},
         "3": {"score": None, "category": "plants", "tags": {"moss": 0.9, "green": 0.8}}},
    )  # fmt: skip
    for at, row_id in enumerate(("1", "2", "3")):
        await session.execute(
            "UPDATE design SET ended_at = %s WHERE id = %s", (NOW - timedelta(days=10 * at), done[row_id])
        )
    assert batch
    return {"trout": done["1"], "coffee": done["2"], "moss": done["3"]}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["trout", "coffee", "moss"]),
        ({"order": "score"}, ["trout", "coffee", "moss"]),
        ({"tags": ("Trout",)}, ["trout"]),
        ({"tags": ("trout", "coffee")}, []),
        ({"tags": ("calm",)}, []),
        ({"tags": ("calm",), "sure": 0.3}, ["trout"]),
        ({"category": "Food and drink"}, ["coffee"]),
        ({"text": "fishing GONE"}, ["trout"]),
        ({"text": "fish"}, ["trout"]),
        ({"text": "green mos"}, ["moss"]),
        ({"text": "100%"}, ["moss"]),
        ({"text": "s_g"}, ["moss"]),
        ({"text": "%"}, ["moss"]),
        ({"text": "fishing coffee"}, []),
        ({"product": "mug"}, ["coffee"]),
        ({"brand": "acme"}, ["trout", "coffee", "moss"]),
        ({"brand": "other"}, []),
        ({"batch": UUID(int=1)}, []),
        ({"since": NOW - timedelta(days=10)}, ["trout", "coffee"]),
        ({"until": NOW - timedelta(days=10)}, ["moss"]),
        ({"least_score": 0.9}, ["trout"]),
        ({"tier": "archive"}, []),
        ({"tier": "hot", "tags": ("green",), "text": "moss"}, ["moss"]),
        ({"deleted": True}, []),
        ({"superseded": True}, ["trout", "coffee", "moss"]),
    ],
)
async def test_each_condition_takes_what_it_says_and_leaves_the_rest(
    session: Rows, changes: dict[str, Any], names: list[str]
) -> None:
    known = {design_id: name for name, design_id in (await shelf(session)).items()}
    assert [known[row["id"]] for row in await load_page(session, Wanted(**changes), 10)] == names


async def test_what_is_not_done_superseded_or_deleted_is_not_shown_unless_asked(session: Rows) -> None:
    ids = await shelf(session)
    batch = (await load_page(session, Wanted(), 1))[0]["batch_id"]
    await designs.renew(session, batch, "me", ["1"])
    await session.execute("UPDATE design SET deleted_at = now() WHERE id = %s", (ids["coffee"],))
    assert [row["id"] for row in await load_page(session, Wanted(), 10)] == [ids["moss"]]
    assert [row["id"] for row in await load_page(session, Wanted(superseded=True), 10)] == [ids["trout"], ids["moss"]]
    assert [row["id"] for row in await load_page(session, Wanted(deleted=True), 10)] == [ids["coffee"]]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_walk_sees_each_design_once_and_in_order(session: Rows, order: Any) -> None:
    draw = random.Random(7)
    await begin(session, rows(*map(str, range(40))))
    await file_all(
        session, {str(n): {"score": draw.choice([None, 0.5, draw.random()]), "key": f"{n:064d}"} for n in range(40)}
    )
    await session.execute("UPDATE design SET ended_at = now() - line / 3 * interval '1 minute'")
    seen: list[dict[str, Any]] = []
    after = None
    while page := await load_page(session, Wanted(order=order), 7, after):
        seen += page
        after = Cursor.read(Cursor.after(page[-1], order).write(), order)
    assert len({row["id"] for row in seen}) == len(seen) == 40
    column = "ended_at" if order == "newest" else "score"
    keys = [-1.0 if row[column] is None else row[column] for row in seen]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "design_newest"),
        (Wanted(order="score"), "design_best"),
        (Wanted(category="quotes"), "design_category"),
        (Wanted(product="shirt"), "design_product"),
        (Wanted(tags=("rare",)), "tag_pkey|tag_name"),
    ],
)
async def test_a_page_after_a_cursor_begins_where_its_index_says(session: Rows, wanted: Wanted, index: str) -> None:
    await shelf(session)
    row = (await load_page(session, Wanted(), 1))[0]
    query, values = statement(wanted, 5, Cursor.after(row, wanted.order))
    for off in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
        await session.execute(f"SET {off} = off")
    lines = [line for (line,) in await (await session.execute(f"EXPLAIN {query}".encode(), values)).fetchall()]
    assert any(re.search(rf"using ({index})\b", line) for line in lines), lines
    if not wanted.tags:
        assert any("Index Cond" in line and "ROW(" in line for line in lines), lines


async def test_a_page_tells_what_a_card_shows(session: Rows) -> None:
    await shelf(session)
    first = (await load_page(session, Wanted(), 1))[0]
    assert first["text"] == "Gone Fishing"
    assert (first["brand"], first["batch"], first["product"], first["tier"]) == ("acme", "spring", "shirt", "hot")
    assert first["tags"][0] == {"name": "shirt", "confidence": 1.0}


async def test_facets_count_what_is_wanted(session: Rows) -> None:
    await shelf(session)
    facets = await load_facets(session, Wanted())
    assert facets["count"] == 3
    assert not facets["more"]
    assert facets["categories"] == {"animals": 1, "food and drink": 1, "plants": 1}
    assert facets["tags"]["trout"] == 1
    assert "calm" not in facets["tags"]
    assert (await load_facets(session, Wanted(product="mug")))["categories"] == {"food and drink": 1}


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "'; DROP TABLE design; --", "%_\\", "💥", "مرحبا", "x" * 5000])
async def test_hostile_texts_find_nothing_and_break_nothing(session: Rows, text: str) -> None:
    await shelf(session)
    for wanted in (
        Wanted(text=text), Wanted(tags=(text,)), Wanted(category=text), Wanted(brand=text), Wanted(product=text),
        Wanted(tier=text),
    ):  # fmt: skip
        assert await load_page(session, wanted, 5) == []
    assert len(await load_page(session, Wanted(), 5)) == 3


async def test_an_empty_library_is_an_empty_page(session: Rows) -> None:
    assert await load_page(session, Wanted(text="moss", order="score"), 5) == []
    assert await load_facets(session, Wanted()) == {"count": 0, "more": False, "categories": {}, "tags": {}}


async def test_a_design_tells_all_that_is_known_of_it(session: Rows) -> None:
    ids = await shelf(session)
    found = await get_design(session, ids["trout"])
    assert (found["row"]["keyword"], found["prompt"], found["seed"]) == ("trout", "moss", 7)
    assert found["files"]["print"]["tier"] == "hot"
    assert [each["to_status"] for each in found["events"]] == ["drawing", "done"]
    assert [each["version"] for each in found["versions"]] == [1]


async def test_a_design_is_found_by_the_beginning_of_its_id_and_two_are_told_apart(session: Rows) -> None:
    ids = await shelf(session)
    trout = ids["trout"]
    assert await find_id(session, str(trout)) == trout
    assert await find_id(session, f" {str(trout)[:-1].upper()}") == trout
    assert await find_id(session, str(trout)[-8:]) == trout
    with pytest.raises(UnknownDesign, match="several"):
        await find_id(session, str(trout)[:8])
    for wrong in ("", "zz", "00000000", "'; drop table", "-----", "💥", "a" * 999, "f" * 36):
        with pytest.raises(UnknownDesign):
            await find_id(session, wrong)


async def test_what_is_not_finished_is_not_in_the_library(session: Rows) -> None:
    await begin(session, rows("1"))
    row = await one(session, "SELECT id FROM design")
    assert row is not None
    with pytest.raises(NotKept, match="waiting"):
        await get_design(session, row["id"])
    with pytest.raises(UnknownDesign):
        await get_design(session, new_id())


async def test_another_tenant_sees_nothing(session: Rows, database: str) -> None:
    ids = await shelf(session)
    with owner(database) as admin:
        admin.execute("INSERT INTO tenant (id) VALUES ('other')")
    async with pool(database, "other", 1) as sessions, sessions.connection() as theirs:
        for wanted in (Wanted(), Wanted(superseded=True), Wanted(text=str(ids["trout"])), Wanted(tags=("trout",))):
            assert await load_page(theirs, wanted, 10) == []
        assert (await load_facets(theirs, Wanted()))["count"] == 0
        with pytest.raises(UnknownDesign):
            await find_id(theirs, str(ids["trout"]))
        with pytest.raises(UnknownDesign):
            await get_design(theirs, ids["trout"])


@pytest.mark.parametrize(
    "wrong", ["", "x", "💥", write_cursor("newest", 1, 2), write_cursor("design", "newest", "soon", str(UUID(int=1)))]
)
def test_a_cursor_that_no_page_gave_is_refused(wrong: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.read(wrong, "newest")


def test_a_cursor_of_another_order_says_so() -> None:
    written = Cursor("score", 0.5, UUID(int=1)).write()
    with pytest.raises(BadCursor, match="by score"):
        Cursor.read(written, "newest")


@given(st.text(max_size=60))
def test_no_text_becomes_part_of_the_statement(text: str) -> None:
    query, _ = statement(Wanted(text="a", tags=("b",)), 5)
    hostile, values = statement(Wanted(text=f"a {text}", tags=(text,)), 5)
    assert hostile == query
    assert len(values["likes"]) <= 12
