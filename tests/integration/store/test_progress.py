from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from store import designs, progress
from store.decisions import Rows
from store.ids import new_id
from store.postgres import pool
from tests.batched import begin, file_all, rows


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def test_a_batch_has_a_pace_only_once_two_of_its_rows_ended(session: Rows):
    batch = await begin(session, rows("1", "2"))
    other = await begin(session, rows("3"))
    await file_all(session, {})
    paces = await progress.load_paces(session, [batch, other])
    assert list(paces) == [batch]
    assert 0 < paces[batch] <= 6


async def test_faces_are_the_newest_thumbnails_on_their_ground(session: Rows):
    batch = await begin(session, rows("1", "2", "3"))
    thumb = [{"kind": "thumb", "sha256": "a" * 64, "media_type": "image/png", "bytes": 3}]
    made = {"palette": {"ground": "#101010"}}
    await file_all(session, {each: {"files": thumb, "made_with": made} for each in ("1", "2", "3")})
    faces = (await progress.load_faces(session, [batch, new_id()], 2))[batch]
    assert [(each["sha256"], each["ground"]) for each in faces] == [("a" * 64, "#101010")] * 2


async def test_rows_come_in_the_order_of_the_file_a_page_at_a_time_and_by_status(session: Rows):
    batch = await begin(session, rows("c", "a", "b"))
    first = await progress.load_tiles(session, batch, most=2)
    rest = await progress.load_tiles(session, batch, most=2, start=2)
    assert [each["row_id"] for each in (*first, *rest)] == ["c", "a", "b"]
    assert await progress.load_tiles(session, batch, "done") == []


async def test_a_row_is_found_with_its_files_and_its_attempts_in_their_order(session: Rows):
    batch = await begin(session, rows("1"))
    assert await progress.find_row(session, batch, "2") is None
    ids = await file_all(session, {})
    for nth in (1, 0):
        told = {"key": "k", "renderer": "r", "knobs": {}, "checked": {}, "passed": bool(nth), "drawn": True,
                "seconds": 1.0}  # fmt: skip
        await designs.put_attempt(session, ids["1"], nth, told)
    row = await progress.find_row(session, batch, "1")
    assert row is not None
    assert list(row["files"]) == ["print"]
    assert [each["passed"] for each in await progress.load_attempts(session, ids["1"])] == [False, True]


async def test_the_studio_counts_what_waits_in_batches_that_run_and_every_dead_letter(session: Rows):
    await begin(session, rows("1", "2", "3"))
    worker = new_id()
    one, _ = await designs.take(session, worker, "me", 2)
    await designs.bury_design(session, worker, one["id"], "style", "", "me")
    assert await progress.find_studio(session) == progress.Studio(drawing=1, waiting=1, dead=1)
