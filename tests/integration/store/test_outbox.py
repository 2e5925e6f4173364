from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest

from store import listings, outbox
from store.decisions import Row, Rows, every, one
from store.ids import new_id
from store.listings import NotNow
from store.outbox import Later, Lost
from store.postgres import connect, pool
from tests.decided import put_decided
from tests.listed import approved, drafted, wished

US, THEM = new_id(), new_id()


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def take_one(session: Rows, worker: UUID = US) -> Row:
    [row] = await outbox.take(session, worker, "me", 1)
    return row


async def statuses(session: Rows, listing_id: UUID) -> tuple[str, str]:
    """Of the listing, and of its last row."""
    found = await listings.get_listing(session, listing_id)
    return found["status"], found["pushes"][-1]["status"]


async def test_the_approval_and_the_row_that_goes_out_are_one(session: Rows):
    [listing] = await approved(session, "1")
    assert await statuses(session, listing) == ("queued", "queued")
    found = await listings.get_listing(session, listing)
    assert found["pushes"][0]["digest"] == found["digest"] and found["pushes"][0]["actor"] == "ana"
    assert found["events"][-1]["to_status"] == "queued"


async def test_approved_twice_is_approved_once(session: Rows):
    [listing] = await approved(session, "1")
    standing = await outbox.approve(session, listing, "ben", 0.0)
    found = await listings.get_listing(session, listing)
    assert [each["id"] for each in found["pushes"]] == [standing["id"]] and standing["actor"] == "ana"


async def test_a_listing_has_never_two_open_rows(session: Rows):
    await approved(session, "1")
    copy = """
    INSERT INTO outbox (tenant_id, id, listing_id, verb, nth, marketplace, body, digest, status, due_at, undo_until,
      deadline_at, actor)
    SELECT tenant_id, gen_random_uuid(), listing_id, verb, nth, marketplace, body, digest, status, due_at, undo_until,
      deadline_at, actor FROM outbox
    """
    with pytest.raises(psycopg.errors.UniqueViolation):
        await session.execute(copy)


async def test_what_was_changed_since_it_was_looked_at_is_not_approved(session: Rows):
    [listing] = await wished(session, "1")
    await drafted(session, listing)
    seen = (await listings.get_listing(session, listing))["digest"]
    await drafted(session, listing, price_cents=1)
    with pytest.raises(NotNow, match="changed meanwhile"):
        await outbox.approve(session, listing, "ana", 0.0, digest=seen)


async def test_an_approval_of_another_draft_or_of_what_is_being_ended_finds_nothing(session: Rows):
    [listing] = await approved(session, "1")
    with pytest.raises(NotNow, match="changed meanwhile"):
        await outbox.approve(session, listing, "ben", 0.0, "0" * 64)
    row = await take_one(session)
    await outbox.settle(session, US, row, "live", "me")
    await outbox.end(session, listing, "ana", "sold out")
    with pytest.raises(NotNow, match="queued"):
        await outbox.approve(session, listing, "ben", 0.0, row["digest"])


async def test_nothing_goes_out_before_the_undo_window_is_over_and_within_it_it_is_taken_back(session: Rows):
    [listing] = await approved(session, "1", undo_s=60.0)
    assert await outbox.take(session, US, "me", 9) == []
    assert 50 < (await outbox.next_due_s(session) or 0) <= 60
    await outbox.withdraw(session, listing, "ana")
    assert await statuses(session, listing) == ("waiting", "withdrawn")
    await outbox.approve(session, listing, "ana", 0.0)
    assert (await take_one(session))["listing_id"] == listing


async def test_what_a_worker_has_is_not_taken_back(session: Rows):
    [listing] = await approved(session, "1")
    await take_one(session)
    with pytest.raises(NotNow, match="no longer be taken back"):
        await outbox.withdraw(session, listing, "ana")


async def test_a_row_has_one_worker_and_a_silent_one_loses_it_as_uncertain(session: Rows):
    await approved(session, "1", "2")
    assert len(await outbox.take(session, US, "me", 1)) == 1
    assert len(await outbox.take(session, THEM, "me", 9)) == 1
    await session.execute("UPDATE outbox SET taken_until = now() - interval '3 seconds' WHERE taken_by = %s", (US,))
    assert await outbox.beat(session, US, [row["id"] for row in await every(session, "SELECT id FROM outbox")]) == set()
    row = await take_one(session, THEM)
    assert row["takes"] == 2 and 3 <= row["uncertain_for"].total_seconds() < 4
    with pytest.raises(Lost):
        await outbox.settle(session, US, row, "live", "me")
    await outbox.settle(session, THEM, row, "live", "me", native={"id": "7"})
    assert await statuses(session, row["listing_id"]) == ("live", "live")


async def test_a_row_that_was_never_begun_says_so_and_the_next_of_its_listing_does_not(session: Rows):
    [listing] = await approved(session, "1")
    first = await take_one(session)
    assert first["begun_at"] == first["first_at"]
    await outbox.settle(session, US, first, "refused", "me", "the title is too long")
    assert (await listings.get_listing(session, listing))["error"] == "the title is too long"
    await drafted(session, listing, title="Short")
    await outbox.approve(session, listing, "ana", 0.0)
    second = await take_one(session)
    assert second["takes"] == 1 and second["begun_at"] < second["first_at"]


async def test_what_is_uncertain_stays_so_until_it_is_known(session: Rows):
    [listing] = await approved(session, "1")
    await outbox.put_back(session, US, await take_one(session), "me", Later(0.0, "no answer", uncertain=True))
    assert await statuses(session, listing) == ("unconfirmed", "unconfirmed")
    await outbox.put_back(session, US, await take_one(session), "me", Later(0.0, "busy", counts=False))
    row = await take_one(session)
    assert (row["tries"], row["uncertain_for"] is None) == (1, False)
    await outbox.put_back(session, US, row, "me", Later(0.0, "it is a draft", uncertain=False))
    assert await statuses(session, listing) == ("queued", "queued")


async def test_a_dead_row_is_tried_again_as_it_was_approved(session: Rows):
    [listing] = await approved(session, "1")
    row = await take_one(session)
    await outbox.settle(session, US, row, "dead", "me", "nobody answered")
    with pytest.raises(NotNow):
        await outbox.approve(session, listing, "ana", 0.0)
    again = await outbox.retry(session, listing, "ana", "")
    assert again["id"] == row["id"] and (await take_one(session))["takes"] == 2


async def test_only_what_went_out_is_ended(session: Rows):
    [listing] = await wished(session, "1")
    await drafted(session, listing)
    with pytest.raises(NotNow, match="nothing to end"):
        await outbox.end(session, listing, "ana", "")
    await outbox.approve(session, listing, "ana", 0.0)
    await outbox.settle(session, US, await take_one(session), "live", "me", native={"id": "7"})
    put = await outbox.end(session, listing, "ana", "sold out")
    assert (await outbox.end(session, listing, "ben", ""))["id"] == put["id"]
    row = await take_one(session)
    assert (row["verb"], row["native"]) == ("end", {"id": "7"})
    await outbox.settle(session, US, row, "ended", "me")
    assert await statuses(session, listing) == ("ended", "ended")


async def test_an_idea_is_listed_when_a_listing_goes_out_and_live_with_the_first_that_is(database: str, session: Rows):
    with connect(database, "default") as plain:
        idea = put_decided(plain, status="designed")
    await approved(session, "1", idea_id=idea)
    row = await take_one(session)
    found = await one(session, "SELECT status FROM idea WHERE id = %s", idea)
    assert found == {"status": "listed"}
    await outbox.settle(session, US, row, "live", "me", native={"id": "7"})
    events = await every(session, "SELECT to_status FROM event WHERE subject = 'idea' ORDER BY recorded_at, id")
    assert [each["to_status"] for each in events] == ["listed", "live"]


async def test_a_row_over_its_deadline_says_so(session: Rows):
    await approved(session, "1")
    await session.execute("UPDATE outbox SET deadline_at = now() - interval '1 second'")
    assert (await take_one(session))["late"]


async def test_a_worker_does_not_take_again_what_it_still_works_at(session: Rows):
    await approved(session, "1")
    row = await take_one(session)
    await session.execute("UPDATE outbox SET taken_until = now() - interval '1 second'")
    assert await outbox.take(session, US, "me", 9, mine=[row["id"]]) == []
    await outbox.settle(session, US, row, "live", "me")
