from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from store import listings, outbox
from store.decisions import Rows
from store.listings import Draft, NotNow, UnknownListing, Wish, key_of
from store.postgres import pool
from tests.listed import approved, drafted, gate, wished


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


async def status(session: Rows, listing_id: object) -> str:
    row = await listings.get_listing(session, listing_id)  # type: ignore[arg-type]
    return str(row["status"])


async def test_a_listing_that_is_wanted_again_is_found(session: Rows):
    [first] = await wished(session, "1")
    row = await listings.get_listing(session, first)
    again = await listings.put_listings(session, "default", [Wish(row["design_id"], "folder", "en")], "ben")
    other = await listings.put_listings(session, "default", [Wish(row["design_id"], "folder", "de")], "ben")
    assert [(found["id"], is_new) for found, is_new in again] == [(first, False)]
    assert other[0][1] and other[0][0]["key"] != row["key"]


async def test_a_key_is_the_same_for_good_and_another_for_every_tenant(session: Rows):
    [first] = await wished(session, "1")
    row = await listings.get_listing(session, first)
    wish = Wish(row["design_id"], "folder", "en")
    assert row["key"] == key_of("default", wish) != key_of("other", wish)
    assert len(row["key"]) == 19


async def test_a_draft_waits_when_every_gate_is_clear_and_is_blocked_when_one_is_not(session: Rows):
    clear, blocked = await wished(session, "1", "2")
    await drafted(session, clear, gate("trademark"), gate("profanity"))
    await drafted(session, blocked, gate("trademark"), gate("pictures", "could not run"))
    assert [await status(session, each) for each in (clear, blocked)] == ["waiting", "blocked"]
    with pytest.raises(NotNow, match="blocked: only what waits"):
        await outbox.approve(session, blocked, "ana", 0.0)


async def test_a_person_lets_a_gate_pass_with_a_reason_that_stays_when_it_is_asked_again(session: Rows):
    [listing] = await wished(session, "1")
    nth = await drafted(session, listing, gate("trademark", "blocked"), gate("claims", "blocked"))
    assert await listings.let_pass(session, listing, ["trademark"], "ana", "our own mark") == "blocked"
    assert await listings.let_pass(session, listing, ["claims"], "ana", "shown in the lab report") == "waiting"
    await listings.save_gates(session, listing, nth, [gate("trademark", "blocked", "again")], "rule")
    assert await status(session, listing) == "waiting"
    found = await listings.get_listing(session, listing)
    assert [(each["name"], each["passed_by"]) for each in found["gates"]] == [("claims", "ana"), ("trademark", "ana")]


async def test_a_gate_that_blocks_nothing_cannot_be_let_pass(session: Rows):
    [listing] = await wished(session, "1")
    await drafted(session, listing, gate("trademark"), gate("claims", "blocked"))
    with pytest.raises(NotNow):
        await listings.let_pass(session, listing, ["trademark"], "ana", "why not")


async def test_a_changed_draft_is_checked_anew_and_what_was_let_pass_before_is_not(session: Rows):
    [listing] = await wished(session, "1")
    await drafted(session, listing, gate("trademark", "blocked"))
    await listings.let_pass(session, listing, ["trademark"], "ana", "ours")
    assert await drafted(session, listing, gate("trademark", "blocked"), title="Another Title") == 2
    assert await status(session, listing) == "blocked"


async def test_the_same_draft_again_is_no_other_draft(session: Rows):
    [listing] = await wished(session, "1")
    assert [await drafted(session, listing, gate("claims")) for _ in range(2)] == [1, 1]
    assert await status(session, listing) == "waiting"


async def test_what_is_under_way_is_not_changed(session: Rows):
    [listing] = await approved(session, "1")
    with pytest.raises(NotNow, match="wait until it is settled"):
        await drafted(session, listing, title="Another Title")


async def test_what_was_declined_is_not_approved_and_what_went_out_is_not_declined(session: Rows):
    first, second = await wished(session, "1", "2")
    await drafted(session, first)
    assert await listings.decline(session, first, "ana", "not our taste")
    assert not await listings.decline(session, first, "ana", "not our taste")
    with pytest.raises(NotNow, match="declined"):
        await outbox.approve(session, first, "ana", 0.0)
    await drafted(session, second)
    await outbox.approve(session, second, "ana", 0.0)
    with pytest.raises(NotNow, match="end it instead"):
        await listings.decline(session, second, "ana", "no")


async def test_a_listing_is_found_by_its_key_and_by_the_beginning_of_its_id(session: Rows):
    [listing] = await wished(session, "1")
    key = (await listings.get_listing(session, listing))["key"]
    assert await listings.find_id(session, key.upper()) == listing
    assert await listings.find_id(session, str(listing)[:13]) == listing
    with pytest.raises(UnknownListing, match="no listing begins"):
        await listings.find_id(session, "")


async def test_a_draft_that_is_based_on_an_older_one_is_refused(session: Rows):
    [listing] = await wished(session, "1")
    await drafted(session, listing)
    first = await listings.get_listing(session, listing)
    await drafted(session, listing, title="Another")
    late = Draft(first["body"], first["digest"], "ana")
    with pytest.raises(NotNow, match="changed meanwhile"):
        await listings.save_draft(session, listing, late, "ana", first["digest"])
    assert (await listings.get_listing(session, listing))["title"] == "Another"


async def test_pages_hold_every_listing_once_the_last_changed_first(session: Rows):
    made = await wished(session, *(str(at) for at in range(5)))
    await drafted(session, made[0])
    first = await listings.load_page(session, 3)
    second = await listings.load_page(session, 3, (first[-1]["changed_at"], first[-1]["id"]))
    assert first[0]["id"] == made[0]
    assert sorted(row["id"] for row in first + second) == sorted(made)
    assert [row["id"] for row in await listings.load_page(session, 9, statuses=["waiting"])] == [made[0]]
    assert (await listings.count_by_status(session))["drafting"] == 4


async def test_another_tenant_sees_nothing_of_it(database: str, session: Rows):
    [listing] = await approved(session, "1")
    await session.commit()
    async with pool(database, "other", 1) as sessions, sessions.connection() as connection:
        with pytest.raises(UnknownListing):
            await listings.get_listing(connection, listing)
        assert await outbox.take(connection, listing, "them", 9) == []


async def test_a_no_is_taken_back_only_lately_and_the_listing_stands_as_before(session: Rows):
    waiting, blocked = await wished(session, "1", "2")
    await drafted(session, waiting, gate("trademark"))
    await drafted(session, blocked, gate("trademark", "blocked"))
    for each in (waiting, blocked):
        await listings.decline(session, each, "ana", "not ours")
        assert not await listings.reopen(session, each, "ana", 0.0)
        assert await listings.reopen(session, each, "ana", 60.0)
        assert not await listings.reopen(session, each, "ana", 60.0)
    assert [await status(session, each) for each in (waiting, blocked)] == ["waiting", "blocked"]


async def test_listings_are_counted_by_marketplace_and_what_blocks_them_is_told(session: Rows):
    clear, blocked = await wished(session, "1", "2")
    row = await listings.get_listing(session, clear)
    [(other, _)] = await listings.put_listings(session, "default", [Wish(row["design_id"], "etsy", "de")], "ana")
    await drafted(session, clear, gate("trademark"))
    await drafted(session, blocked, gate("claims", "blocked", "no fact says so"), gate("pictures", "could not run"))
    assert await listings.count_by_marketplace(session) == {
        "etsy": {"drafting": 1}, "folder": {"blocked": 1, "waiting": 1}
    }  # fmt: skip
    told = await listings.load_blocking(session, [clear, blocked])
    assert {each: [row["name"] for row in rows] for each, rows in told.items()} == {blocked: ["claims", "pictures"]}
    assert told[blocked][0]["why"] == "no fact says so"
    assert [each["marketplace"] for each in await listings.load_of_design(session, row["design_id"])] == [
        "etsy", "folder"
    ]  # fmt: skip
    assert await listings.count_by_marketplace(session, other["id"]) == {}
