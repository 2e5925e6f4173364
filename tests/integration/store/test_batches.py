from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from store import batches, designs
from store.batches import NotSo, UnknownBatch, UnknownBrand
from store.decisions import Rows, every
from store.ids import new_id
from store.postgres import pool
from tests.batched import PROFILE, begin, filed, rows


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def test_a_brand_that_changed_is_a_new_version_and_the_same_again_is_none(session: Rows):
    first = await batches.put_brand(session, "acme", PROFILE, ["a" * 64], "me")
    again = await batches.put_brand(session, "acme", PROFILE, ["a" * 64], "me")
    other = await batches.put_brand(session, "acme", PROFILE, ["b" * 64], "me")
    assert (first["id"], first["version"]) == (again["id"], 1)
    assert other["version"] == 2
    assert (await batches.get_brand(session, "acme"))["id"] == other["id"]
    assert [each["name"] for each in await batches.load_brands(session)] == ["acme"]


async def test_a_brand_that_is_not_there_is_named_with_those_that_are(session: Rows):
    await batches.put_brand(session, "acme", PROFILE, [], "me")
    with pytest.raises(UnknownBrand, match="no brand 'acne'; there are: acme"):
        await batches.get_brand(session, "acne")


async def test_the_same_batch_twice_is_one_batch(session: Rows):
    first = await begin(session, rows("1", "2"), key="one")
    again = await begin(session, rows("1", "2"), key="one")
    assert first == again
    batch = await batches.get_batch(session, str(first)[:13])
    assert (batch["total"], batch["waiting"], batch["brand"]) == (2, 2, "acme")


async def test_a_paused_batch_gives_out_nothing_and_goes_on_where_it_was(session: Rows):
    batch = await begin(session, rows("1"))
    assert await batches.move_batch(session, batch, "paused", "ann", "lunch")
    assert not await batches.move_batch(session, batch, "paused", "ann")
    assert await designs.take(session, new_id(), "me", 5) == []
    assert await designs.next_due_s(session, batch) is None
    await batches.move_batch(session, batch, "running", "ann")
    assert len(await designs.take(session, new_id(), "me", 5)) == 1
    told = await every(
        session, "SELECT to_status, actor, reason FROM event WHERE subject = 'batch' ORDER BY recorded_at, id"
    )
    assert [(each["to_status"], each["actor"], each["reason"]) for each in told] == [
        ("running", "me", "1 rows"),
        ("paused", "ann", "lunch"),
        ("running", "ann", ""),
    ]


async def test_a_cancelled_batch_takes_its_rows_away_from_whoever_has_them(session: Rows):
    batch, worker = await begin(session, rows("1", "2")), new_id()
    [taken] = await designs.take(session, worker, "me", 1)
    await batches.move_batch(session, batch, "cancelled", "ann")
    assert await designs.beat(session, worker, [taken["id"]]) == {taken["id"]}
    with pytest.raises(designs.Lost):
        await designs.file_design(session, worker, filed(taken["id"]), "me")
    assert (await batches.get_batch(session, str(batch)))["cancelled"] == 2
    with pytest.raises(NotSo, match="is cancelled: it cannot become paused"):
        await batches.move_batch(session, batch, "paused", "ann")


async def test_a_batch_is_over_when_none_of_its_rows_is_left(session: Rows):
    batch, worker = await begin(session, rows("1")), new_id()
    assert not await batches.finish_batch(session, batch, "me")
    [taken] = await designs.take(session, worker, "me", 1)
    await designs.file_design(session, worker, filed(taken["id"]), "me")
    assert await batches.finish_batch(session, batch, "me")
    assert not await batches.finish_batch(session, batch, "me")
    assert (await batches.get_batch(session, "spring"))["status"] == "finished"


async def test_a_batch_that_stands_says_why_and_others_go_on(session: Rows):
    held, other = await begin(session, rows("1"), name="held"), await begin(session, rows("2"), name="other")
    await batches.hold_batch(session, held, "RendererDown: no device", 60)
    assert [each["batch"] for each in await designs.take(session, new_id(), "me", 5)] == ["other"]
    assert 50 < (await designs.next_due_s(session, held) or 0) <= 60
    assert (await batches.get_batch(session, "held"))["waits_for"] == "RendererDown: no device"
    await batches.hold_batch(session, held, "", 0)
    assert await designs.next_due_s(session, held) == 0
    assert other != held


async def test_an_unknown_batch_is_a_line_that_says_where_to_look(session: Rows):
    with pytest.raises(UnknownBatch, match="bellwether batch list"):
        await batches.get_batch(session, "winter")


def test_another_tenant_sees_none_of_it(database: str, connection: psycopg.Connection[object]):
    connection.execute(
        "INSERT INTO asset (tenant_id, sha256, media_type, bytes) VALUES ('default', %s, 'image/png', 1)", ["a" * 64]
    )
    from store.migrate import add_tenant
    from store.postgres import connect

    add_tenant(database, "other")
    with connect(database, "other") as other:
        assert other.execute("SELECT count(*) FROM asset").fetchone() == (0,)
