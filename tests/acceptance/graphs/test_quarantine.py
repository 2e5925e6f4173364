"""Quarantined rows tried again: stored once, counted right, told; and what cannot be read again says what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

import trends.screen
from graphs.product import Product
from graphs.quarantine import ContentGone, OtherFile, UnknownFile, retry
from store import sources
from store.migrate import add_tenant
from store.postgres import connect
from store.quarantine import Cursor, load_quarantine
from store.sources import KeptAnswer
from trends.arrival import Arrival
from trends.intake import take, take_payload
from trends.live.reddit import REDDIT
from trends.live.source import Reply, Request
from trends.raw import pack

Session = psycopg.Connection[Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEADER = "text,created_at,likes\n"
LINES = "moss owl,2026-01-01,4\nfelt owl,whenever,5\nclay owl,2026-01-03,6\n,2026-01-04,7\n"
HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) owl"
COUNTS = "SELECT rows_read, stored, repeated, quarantined FROM intake_file"


@pytest.fixture
def prude(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """The reader of yesterday, to whom an owl was nothing that a shop would print; and that of today."""
    today = trends.screen.is_nsfw

    def turn(on: bool) -> None:
        monkeypatch.setattr(trends.screen, "is_nsfw", (lambda text: "owl" in text) if on else today)

    return turn


Prude = Callable[[bool], None]


def one(connection: Session, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row if len(row) > 1 else row[0]


def write(tmp_path: Path, content: str = HEADER + LINES, name: str = "posts.csv") -> Path:
    path = tmp_path / name
    path.write_text(content)
    return path


def taken(connection: Session, path: Path) -> UUID:
    take([path], connection, "default")
    return UUID(str(one(connection, "SELECT id FROM intake_file")))


def listing(*titles: str) -> dict[str, Any]:
    posts = [
        {
            "id": f"p{n}",
            "title": title,
            "subreddit": "crafts",
            "author": "ann",
            "created_utc": 1_700_000_000,
            "score": 5,
        }
        for n, title in enumerate(titles)
    ]
    return {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": post} for post in posts]}}


def answered(connection: Session, body: dict[str, Any], asked: dict[str, Any] | None) -> UUID:
    """An answer of a live source as a scan takes it in."""
    request = Request("hot/crafts", "/r/crafts/hot")
    sources.open_source(connection, "reddit")
    with connection.transaction():
        rows = Arrival(NOW).rows(lambda: REDDIT.read(Reply(request, body, NOW)))
        found = take_payload(connection, "default", "reddit/hot/crafts/1", "sha", NOW, rows)
        count = found.count
        sources.count(connection, "reddit", NOW, count.rows_read, count.stored, count.repeated, count.quarantined)
        sources.save_payload(connection, found.file_id, KeptAnswer("reddit", request.slot, pack(body), NOW, asked))
    if asked is None:
        connection.execute("UPDATE payload SET asked = NULL")
    return found.file_id


ASKED = {"path": "/r/crafts/hot", "query": {}, "page": 1, "cursor": {}, "answers": "json"}


async def test_rows_that_are_read_now_are_stored_and_the_counts_add_up(
    product: Product, connection: Session, tmp_path: Path, prude: Prude
) -> None:
    path = write(tmp_path)
    prude(True)
    file = taken(connection, path)
    assert one(connection, COUNTS) == (4, 0, 0, 4)
    prude(False)
    retried = await retry(product, file, actor="ana", brought=path)
    assert (retried.tried, retried.stored, retried.repeated, retried.failed) == (4, 2, 0, 2)
    assert one(connection, COUNTS) == (4, 2, 0, 2)
    assert one(connection, "SELECT reason FROM intake_file").startswith("1 x ")
    left = connection.execute("SELECT row_no, reason FROM quarantine ORDER BY row_no").fetchall()
    assert [row_no for row_no, _ in left] == [2, 4]
    assert left[0][1] == retried.reason == "created_at 'whenever' is no time"
    told = "SELECT s.text, o.row_no FROM observation o JOIN signal s ON s.id = o.signal_id ORDER BY o.row_no"
    assert connection.execute(told).fetchall() == [("moss owl", 1), ("clay owl", 3)]
    event = one(connection, "SELECT actor, reason, versions ->> 'from' FROM event WHERE subject = 'file'")
    assert event == ("ana", "4 rows tried: 2 stored, 0 repeated, 2 stay", "file")


async def test_only_the_rows_that_are_named_are_tried(
    product: Product, connection: Session, tmp_path: Path, prude: Prude
) -> None:
    path = write(tmp_path)
    prude(True)
    file = taken(connection, path)
    prude(False)
    retried = await retry(product, file, [3, 3, 99, -1, 2**40], brought=path)
    assert (retried.tried, retried.stored, retried.failed) == (1, 1, 0)
    assert one(connection, COUNTS) == (4, 1, 0, 3)


async def test_two_at_once_store_each_row_once(
    product: Product, connection: Session, tmp_path: Path, prude: Prude
) -> None:
    path = write(tmp_path)
    prude(True)
    file = taken(connection, path)
    prude(False)
    outcomes = await asyncio.gather(*(retry(product, file, [1, 3], brought=path) for _ in range(4)))
    assert sorted(each.tried for each in outcomes) == [0, 0, 0, 2]
    assert sum(each.stored for each in outcomes) == 2
    assert one(connection, COUNTS) == (4, 2, 0, 2)
    assert one(connection, "SELECT count(*) FROM observation") == 2


async def test_what_came_by_another_way_meanwhile_counts_as_repeated(
    product: Product, connection: Session, tmp_path: Path, prude: Prude
) -> None:
    path = write(tmp_path)
    prude(True)
    file = taken(connection, path)
    prude(False)
    take([write(tmp_path, HEADER + LINES.replace(",7\n", ",8\n"), "again.csv")], connection, "default")
    before = one(connection, "SELECT count(*) FROM observation")
    retried = await retry(product, file, brought=path)
    assert (retried.stored, retried.repeated) == (0, 2)
    assert one(connection, "SELECT count(*) FROM observation") == before


async def test_a_raw_answer_is_tried_again_at_once_and_counts_for_its_source(
    product: Product, connection: Session, prude: Prude
) -> None:
    prude(True)
    file = answered(connection, listing("moss owl", "clay fox", HOSTILE), ASKED)
    assert one(connection, COUNTS) == (3, 1, 0, 2)
    prude(False)
    retried = await retry(product, file)
    assert (retried.tried, retried.stored, retried.failed) == (2, 2, 0)
    assert one(connection, "SELECT found, kept, quarantined FROM source WHERE name = 'reddit'") == (3, 3, 0)
    assert one(connection, "SELECT count(*) FROM quarantine") == 0
    texts = {text for (text,) in connection.execute("SELECT text FROM signal")}
    assert texts == {"moss owl", "clay fox", HOSTILE}
    assert one(connection, "SELECT actor FROM event WHERE subject = 'file'") == "mara"


@pytest.mark.parametrize("asked", [None, ASKED])
async def test_an_answer_that_is_not_kept_says_what_comes_instead(
    product: Product, connection: Session, prude: Prude, asked: dict[str, Any] | None
) -> None:
    prude(True)
    file = answered(connection, listing("moss owl"), asked)
    if asked is not None:
        connection.execute("DELETE FROM payload")
    with pytest.raises(ContentGone, match="comes again by itself"):
        await retry(product, file)


async def test_a_file_is_brought_again_byte_for_byte(product: Product, connection: Session, tmp_path: Path) -> None:
    file = taken(connection, write(tmp_path))
    with pytest.raises(ContentGone, match=r"'posts\.csv' is not kept: bring the same file again"):
        await retry(product, file)
    with pytest.raises(OtherFile, match="byte for byte"):
        await retry(product, file, brought=write(tmp_path, HEADER + LINES + "\n", "posts2.csv"))
    with pytest.raises(UnknownFile):
        await retry(product, uuid4())


async def test_a_kept_answer_that_no_longer_reads_keeps_its_rows_with_the_reason(
    product: Product, connection: Session, prude: Prude
) -> None:
    prude(True)
    file = answered(connection, listing("moss owl"), ASKED)
    connection.execute("UPDATE payload SET body = %s", [pack({"kind": "Listing", "data": []})])
    prude(False)
    retried = await retry(product, file)
    assert (retried.stored, retried.failed) == (0, 1)
    assert retried.reason == one(connection, "SELECT reason FROM quarantine") != ""


async def test_rows_of_a_damaged_file_stay_each_with_its_own_reason(
    product: Product, connection: Session, tmp_path: Path
) -> None:
    lines = ['{"text": "owl", "created_at": "2026-01-01"}', '{"text": "<b>', json.dumps(["owl"]), '{"text": 5}']
    path = write(tmp_path, "\n".join(lines), "posts.jsonl")
    file = taken(connection, path)
    before = connection.execute("SELECT row_no, reason, excerpt FROM quarantine ORDER BY row_no").fetchall()
    assert len(before) == 3
    retried = await retry(product, file, brought=path)
    assert (retried.stored, retried.failed) == (0, 3)
    assert connection.execute("SELECT row_no, reason, excerpt FROM quarantine ORDER BY row_no").fetchall() == before


async def test_what_a_tenant_brought_another_neither_sees_nor_tries_and_live_answers_are_everybodys(
    product: Product, database: str, connection: Session, tmp_path: Path, prude: Prude
) -> None:
    path = write(tmp_path)
    add_tenant(database, "other")
    with connect(database, "other") as theirs:
        take([path], theirs, "other")
        hidden = UUID(str(one(theirs, "SELECT id FROM intake_file")))
    prude(True)
    shown = answered(connection, listing("moss owl"), ASKED)
    async with product.pool.connection() as session:
        files = await load_quarantine(session, 10)
        assert [(row["id"], row["kept"]) for row in files] == [(shown, True)]
        assert await load_quarantine(session, 10, file=hidden) == []
    with pytest.raises(UnknownFile):
        await retry(product, hidden, brought=path)
    take([path], connection, "default")
    async with product.pool.connection() as session:
        assert [row["id"] for row in await load_quarantine(session, 10)] == [shown, hidden]


async def test_the_quarantine_is_walked_file_by_file_and_row_by_row(
    product: Product, connection: Session, tmp_path: Path
) -> None:
    for number in range(3):
        bad = "".join(f"{HOSTILE} {row},whenever,{number}\n" for row in range(5)) + ",2026-01-01,1\n"
        take([write(tmp_path, HEADER + bad, f"{number}.csv")], connection, "default")
    async with product.pool.connection() as session:
        first = await load_quarantine(session, 2)
        at = Cursor(first[-1]["recorded_at"], first[-1]["id"])
        last = await load_quarantine(session, 2, at)
        assert [row["name"] for row in [*first, *last]] == ["2.csv", "1.csv", "0.csv"]
        assert [each["rows"] for each in last[0]["reasons"]] == [5, 1]
        assert HOSTILE in last[0]["reasons"][0]["excerpt"]
        rows = await load_quarantine(session, 4, file=last[0]["id"])
        rest = await load_quarantine(session, 4, at._replace(row_no=rows[-1]["row_no"]), last[0]["id"])
        assert [row["row_no"] for row in [*rows, *rest]] == [1, 2, 3, 4, 5, 6]
