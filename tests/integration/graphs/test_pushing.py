"""Pushing, before a marketplace that does what a script says; `bench publish` does the same over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg_pool import AsyncConnectionPool

from graphs import pushing
from graphs.packing import Packed
from graphs.pushing import Pusher
from market.errors import ListingGone, MarketBusy, MarketDown, MarketRefused, NotConfigured, Unconfirmed
from market.listing import Files, Listing, Standing
from store import listings, outbox
from store.assets import Assets
from store.postgres import pool
from tests.listed import PICTURE, approved, drafted


@dataclass
class Scripted:
    """Keeps what is put, and before that or after that raises what the script says."""

    name: str = "folder"
    before: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    stands: dict[str, Standing] = field(default_factory=dict)
    hidden: int = 0
    """So many look-ups do not see what stands yet."""
    made: list[str] = field(default_factory=list)
    looks: int = 0
    slow_s: float = 0.0

    async def find(self, key: str) -> Standing | None:
        self.looks += 1
        if self.hidden:
            self.hidden -= 1
            return None
        return self.stands.get(key)

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        await asyncio.sleep(self.slow_s)
        assert set(files) == {PICTURE}
        if self.before:
            raise self.before.pop(0)
        if standing is None:
            self.made.append(listing.key)
        shown = {"title": listing.title, "price_cents": listing.price_cents}
        self.stands[listing.key] = Standing(f"n{len(self.made)}", "live", "https://example.com/1", shown)
        if self.after:
            raise self.after.pop(0)
        return self.stands[listing.key]

    async def end(self, standing: Standing) -> Standing:
        return Standing(standing.native_id, "ended")


@dataclass
class Desk:
    """A pusher before one marketplace."""

    sessions: AsyncConnectionPool[Any]
    pusher: Pusher
    market: Scripted
    shut: list[tuple[str, float]]

    async def approve(self, *ids: str) -> list[UUID]:
        async with self.sessions.connection() as connection:
            return await approved(connection, *ids)

    async def show(self, listing: UUID) -> Packed:
        async with self.sessions.connection() as connection:
            return await listings.get_listing(connection, listing)


@pytest.fixture
async def desk(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(pushing, "PAUSES_S", (0.01,))
    monkeypatch.setattr(pushing, "LOOKS_S", (0.01, 0.01, 0.01, 0.01))
    market, assets, shut = Scripted(), Assets(tmp_path), list[tuple[str, float]]()
    assets.path(PICTURE).parent.mkdir(parents=True)
    assets.path(PICTURE).write_bytes(b"a picture")

    async def told(name: str, seconds: float) -> None:
        shut.append((name, seconds))

    async with pool(database, "default", 4) as sessions:
        yield Desk(sessions, Pusher(sessions, "worker", lambda _: market, assets, told, quiet_s=0.3), market, shut)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=0.05)


async def test_what_was_approved_is_live_and_was_not_looked_for_before(desk: Desk):
    [listing] = await desk.approve("1")
    assert await desk.pusher.work() == 1
    found = await desk.show(listing)
    assert (found["status"], found["native"]["id"], desk.market.looks) == ("live", "n1", 0)
    assert found["native"]["url"] == "https://example.com/1" and found["seen_at"] is not None


async def test_an_answer_that_never_came_is_settled_by_a_look_up_and_made_once(desk: Desk):
    desk.market.after = [Unconfirmed("no answer within 30 s")]
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert found["status"] == "live" and desk.market.made == [found["key"]]
    assert "unconfirmed" in [each["to_status"] for each in found["events"]]


async def test_what_a_look_up_does_not_see_yet_is_not_made_again_before_all_is_quiet(desk: Desk):
    desk.market.after, desk.market.hidden = [Unconfirmed("no answer")], 3
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    assert (await desk.show(listing))["status"] == "live" and len(desk.market.made) == 1


async def test_what_was_lost_on_the_way_is_made_when_all_is_quiet(desk: Desk):
    desk.market.before = [Unconfirmed("the connection broke")]
    [listing] = await desk.approve("1")
    began = datetime.now(UTC)
    await desk.pusher.work(stay=True)
    assert (await desk.show(listing))["status"] == "live" and len(desk.market.made) == 1
    assert (datetime.now(UTC) - began).total_seconds() >= desk.pusher.quiet_s


async def test_a_refusal_is_in_the_marketplaces_words_and_is_not_tried_again(desk: Desk):
    desk.market.before = [MarketRefused("etsy.com answers 400: the title is too long")]
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert (found["status"], found["error"]) == ("refused", "etsy.com answers 400: the title is too long")


async def test_whoever_is_told_to_wait_waits_and_tells_the_others(desk: Desk):
    desk.market.before = [MarketBusy("429", soon())]
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert (found["status"], found["pushes"][0]["tries"]) == ("live", 0)
    assert [name for name, _ in desk.shut] == ["folder"]


async def test_a_marketplace_that_is_down_is_tried_again(desk: Desk):
    desk.market.before = [MarketDown("cannot be reached")] * 3
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert (found["status"], found["pushes"][0]["tries"]) == ("live", 3)


async def test_a_marketplace_that_stays_down_leaves_a_dead_letter_at_the_deadline(desk: Desk):
    desk.market.before = [MarketDown("cannot be reached")] * 999
    [listing] = await desk.approve("1")
    async with desk.sessions.connection() as connection:
        await connection.execute("UPDATE outbox SET deadline_at = now() + interval '0.2 seconds'")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert found["status"] == "dead" and "could not be settled within its time" in found["error"]
    assert "cannot be reached" in found["error"]


async def test_what_arrived_just_before_its_deadline_is_live_all_the_same(desk: Desk):
    desk.market.after = [Unconfirmed("no answer")]
    [listing] = await desk.approve("1")
    async with desk.sessions.connection() as connection:
        await connection.execute("UPDATE outbox SET deadline_at = now() - interval '1 second' , begun_at = now()")
        row = (await listings.get_listing(connection, listing))["key"]
    desk.market.stands[row] = Standing("n9", "live", "", {"title": "Moss Frame Shirt"})
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert (found["status"], found["native"]["id"], desk.market.made) == ("live", "n9", [])


async def test_a_listing_deleted_behind_our_back_is_made_anew_when_it_is_changed(desk: Desk):
    [listing] = await desk.approve("1")
    await desk.pusher.work()
    desk.market.stands.clear()
    desk.market.before = [ListingGone("it is not there")]
    async with desk.sessions.connection() as connection:
        await drafted(connection, listing, price_cents=2500)
        await outbox.approve(connection, listing, "ana", 0.0)
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert found["status"] == "live" and desk.market.stands[found["key"]].shown["price_cents"] == 2500


async def test_without_a_key_it_is_dead_and_says_which_setting_is_missing(desk: Desk):
    def missing(_: str) -> Scripted:
        raise NotConfigured("etsy has no key: set BELLWETHER_ETSY_KEY")

    desk.pusher.markets = missing
    [listing] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert found["status"] == "dead" and "BELLWETHER_ETSY_KEY" in found["error"]


async def test_what_is_ended_is_looked_up_and_taken_off(desk: Desk):
    [listing] = await desk.approve("1")
    await desk.pusher.work()
    async with desk.sessions.connection() as connection:
        await outbox.end(connection, listing, "ana", "sold out")
    await desk.pusher.work(stay=True)
    found = await desk.show(listing)
    assert (found["status"], found["native"]["state"]) == ("ended", "ended")


async def test_a_picture_that_is_gone_is_a_dead_letter_and_the_next_listing_goes_on(desk: Desk):
    desk.pusher.assets.path(PICTURE).unlink()
    [first] = await desk.approve("1")
    await desk.pusher.work(stay=True)
    assert "draw the design again" in (await desk.show(first))["error"]
    desk.pusher.assets.path(PICTURE).write_bytes(b"a picture")
    async with desk.sessions.connection() as connection:
        await outbox.retry(connection, first, "ana", "")
    await desk.pusher.work(stay=True)
    assert (await desk.show(first))["status"] == "live"


async def test_two_workers_push_each_listing_once(desk: Desk):
    desk.market.slow_s = 0.02
    made = await desk.approve(*(str(at) for at in range(20)))
    other = Pusher(desk.sessions, "other", lambda _: desk.market, desk.pusher.assets)
    worked = await asyncio.gather(desk.pusher.work(stay=True), other.work(stay=True))
    assert sum(worked) == len(made) == len(desk.market.made) == len(set(desk.market.made))


async def test_whoever_lost_a_listing_files_nothing(desk: Desk):
    desk.market.slow_s = 0.3
    [listing] = await desk.approve("1")
    task = asyncio.create_task(desk.pusher.work(most_s=0.05))
    await asyncio.sleep(0.1)
    async with desk.sessions.connection() as connection:
        await connection.execute("UPDATE outbox SET taken_until = now() - interval '1 minute'")
        [row] = await outbox.take(connection, UUID(int=7), "other", 9)
    await task
    assert (await desk.show(listing))["status"] == "pushing" and row["uncertain_for"] is not None


async def test_a_process_pushes_in_one_place_at_a_time(desk: Desk):
    desk.market.slow_s = 0.1
    await desk.approve("1", "2")
    assert sorted(await asyncio.gather(desk.pusher.work(), desk.pusher.work())) == [0, 2]
    assert len(desk.market.made) == 2
