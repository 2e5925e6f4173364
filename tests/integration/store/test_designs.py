from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from store import batches, designs
from store.decisions import Rows, every, one
from store.designs import Lost
from store.ids import new_id
from store.postgres import pool
from tests.batched import begin, filed, rows
from tests.decided import put_decided


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def take_one(session: Rows, worker: UUID) -> UUID:
    [row] = await designs.take(session, worker, "me", 1)
    found: UUID = row["id"]
    return found


async def test_a_row_is_given_to_one_worker_alone(session: Rows):
    await begin(session, rows("1", "2", "3"))
    first = await designs.take(session, new_id(), "me", 2)
    second = await designs.take(session, new_id(), "me", 2)
    assert [each["row_id"] for each in first] == ["1", "2"]
    assert [each["row_id"] for each in second] == ["3"]


async def test_the_most_urgent_batch_goes_first_and_in_it_the_most_urgent_row(session: Rows):
    await begin(session, rows("1", "2"))
    urgent = await begin(session, [*rows("3"), *rows("4", priority=5)])
    await batches.set_priority(session, urgent, 1)
    assert await designs.set_row_priority(session, urgent, "3", 2)
    taken = await designs.take(session, new_id(), "me", 3)
    assert [each["row_id"] for each in taken] == ["4", "3", "1"]


async def test_what_a_silent_worker_had_goes_to_another_and_the_silent_one_cannot_file_it(session: Rows):
    await begin(session, rows("1"))
    silent, other = new_id(), new_id()
    design = await take_one(session, silent)
    assert await designs.take(session, other, "me", 1) == []
    await session.execute("UPDATE design SET taken_until = now() - interval '1 second'")
    assert await take_one(session, other) == design
    with pytest.raises(Lost):
        await designs.file_design(session, silent, filed(design), "me")
    await designs.file_design(session, other, filed(design), "me")
    assert (await one(session, "SELECT takes, status FROM design")) == {"takes": 2, "status": "done"}


async def test_a_drawing_that_is_filed_twice_is_one(session: Rows):
    await begin(session, rows("1", "2"))
    worker = new_id()
    for _ in range(2):
        await designs.file_design(session, worker, filed(await take_one(session, worker)), "me")
    for table, count in (("render", 1), ("asset", 1), ("render_asset", 1)):
        assert (await one(session, f"SELECT count(*) AS n FROM {table}")) == {"n": count}  # noqa: S608
    found = await designs.find_render(session, "k" * 64)
    assert found is not None
    assert [each["kind"] for each in found["files"]] == ["print"]


async def test_a_row_that_is_put_back_waits_for_its_pause(session: Rows):
    batch = await begin(session, rows("1"))
    worker = new_id()
    design = await take_one(session, worker)
    await designs.put_back(session, worker, design, "me", "RendererDown: away", 4.0)
    assert await designs.take(session, worker, "me", 1) == []
    assert 3 < (await designs.next_due_s(session, batch) or 0) <= 4
    [row] = await designs.load_designs(session, batch)
    assert (row["status"], row["retries"], row["error"]) == ("waiting", 1, "RendererDown: away")


async def test_a_dead_letter_keeps_its_reason_and_is_queued_anew_as_the_next_version(session: Rows):
    batch = await begin(session, rows("1", "2"))
    worker = new_id()
    await designs.bury_design(session, worker, await take_one(session, worker), "style", "too far", "me")
    await designs.file_design(session, worker, filed(await take_one(session, worker)), "me")
    await batches.finish_batch(session, batch, "me")
    [dead] = await designs.load_designs(session, batch, ["dead"])
    assert (dead["reason"], dead["error"]) == ("style", "too far")
    assert await designs.renew(session, batch, "ann") == 1
    standing = [
        (each["row_id"], each["version"], each["status"]) for each in await designs.load_designs(session, batch)
    ]
    assert standing == [("1", 2, "waiting"), ("2", 1, "done")]
    assert (await batches.get_batch(session, str(batch)))["status"] == "running"


async def test_one_row_alone_can_be_asked_for_again_also_a_done_one(session: Rows):
    batch = await begin(session, rows("1", "2"))
    worker = new_id()
    await designs.file_design(session, worker, filed(await take_one(session, worker)), "me")
    assert await designs.renew(session, batch, "ann", ["1"]) == 1
    assert await designs.renew(session, batch, "ann", ["9"]) == 0
    assert (await batches.get_batch(session, str(batch)))["waiting"] == 2


async def test_every_change_of_a_row_is_an_event_with_who_and_why(session: Rows):
    await begin(session, rows("1"))
    worker = new_id()
    design = await take_one(session, worker)
    await designs.bury_design(session, worker, design, "timeout", "300 s", "me")
    told = await every(
        session, "SELECT from_status, to_status, reason FROM event WHERE subject = 'design' ORDER BY recorded_at, id"
    )
    assert [tuple(each.values()) for each in told] == [
        ("waiting", "drawing", ""),
        ("drawing", "dead", "timeout: 300 s"),
    ]


async def test_an_approved_idea_is_designed_when_its_batch_of_one_is_done(session: Rows, connection):
    idea = put_decided(connection, status="approved")
    assert [each["id"] for each in await designs.ideas_to_design(session, 5)] == [idea]
    await begin(session, rows("1"), idea=(idea, 1))
    assert await designs.ideas_to_design(session, 5) == []
    assert await designs.designed_share(session) == (0, 1)
    worker = new_id()
    await designs.file_design(session, worker, filed(await take_one(session, worker)), "me")
    assert await designs.designed_share(session) == (1, 1)
    told = await one(
        session, "SELECT from_status, to_status FROM event WHERE subject = 'idea' AND subject_id = %s", str(idea)
    )
    assert told == {"from_status": "approved", "to_status": "designed"}


async def test_an_attempt_is_kept_once_with_its_scores(session: Rows):
    batch = await begin(session, rows("1"))
    design = await take_one(session, new_id())
    told = {
        "key": "k", "renderer": "typographic", "knobs": {}, "checked": {"misses": []}, "passed": False, "drawn": True,
        "seconds": 1.0,
    }  # fmt: skip
    for _ in range(2):
        await designs.put_attempt(session, design, 0, told)
    assert [each["attempts"] for each in await designs.load_designs(session, batch)] == [1]
