"""What every marketplace keeps to: one suite, before each of the stalls of `tests/stalls`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from market.errors import KeyRefused, ListingGone, MarketBusy, MarketDown, MarketError, MarketRefused, Unconfirmed
from market.listing import changes
from tests.stalls.stall import SECRET, WORDS, Fault, Ground, Provider, Stall, repriced, with_providers, without

REMOTE = with_providers()
ALL = {**without(), **REMOTE}
OTHER_KEY = "bw-0190d5c6-7a2b-7c3d-8e4f-000000000002"
WAIT_S = 1.5
"""Of a client that is made to wait for an answer that does not come."""


@pytest.fixture
async def stall(request: pytest.FixtureRequest, httpserver: HTTPServer, tmp_path: Path) -> AsyncIterator[Stall]:
    """The stall whose name the test is given, open; in the end every request to it must have fitted."""
    folder = tmp_path / "stall"
    folder.mkdir()
    ground = Ground(httpserver, folder, lambda: request.getfixturevalue("shared"))
    async with ALL[request.param](ground) as opened:
        yield opened
        opened.check()


all_stalls = pytest.mark.parametrize("stall", ALL, indirect=True)
stalls_with_providers = pytest.mark.parametrize("stall", REMOTE, indirect=True)


def provider_of(stall: Stall) -> Provider:
    assert isinstance(stall.behind, Provider)
    return stall.behind


@all_stalls
async def test_nothing_stands_before_anything_is_put(stall: Stall) -> None:
    assert await stall.market.find(stall.listing.key) is None
    assert stall.behind.standing() == []


@all_stalls
async def test_what_is_put_stands_and_is_found_by_our_key(stall: Stall) -> None:
    put = await stall.market.put(stall.listing, None, stall.files)
    found = await stall.market.find(stall.listing.key)
    assert found is not None
    assert (put.state, found.state) == (stall.put_state, stall.put_state)
    assert found.native_id == put.native_id != ""
    assert found.shown["title"] == stall.listing.title
    assert [change for change in changes(stall.listing, found) if change.name != "state"] == []
    assert len(stall.behind.standing()) == 1


@all_stalls
async def test_what_is_put_again_changes_nothing(stall: Stall) -> None:
    first = await stall.market.put(stall.listing, None, stall.files)
    before = await stall.market.find(stall.listing.key)
    again = await stall.market.put(stall.listing, before, stall.files)
    assert (again.native_id, again.state) == (first.native_id, stall.put_state)
    assert await stall.market.find(stall.listing.key) == before
    assert len(stall.behind.standing()) == 1


@all_stalls
async def test_another_price_and_title_are_changed_where_it_stands(stall: Stall) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    changed = repriced(stall.listing, "Otter with a book shirt", 300)
    standing = await stall.market.find(changed.key)
    assert "title" in {change.name for change in changes(changed, standing)}
    await stall.market.put(changed, standing, stall.files)
    found = await stall.market.find(changed.key)
    assert found is not None and found.shown["title"] == changed.title
    assert [change for change in changes(changed, found) if change.name != "state"] == []
    assert len(stall.behind.standing()) == 1


@all_stalls
async def test_a_picture_more_is_shown_where_it_stands(stall: Stall) -> None:
    fewer = replace(stall.listing, pictures=stall.listing.pictures[:1])
    await stall.market.put(fewer, None, stall.files)
    await stall.market.put(stall.listing, await stall.market.find(fewer.key), stall.files)
    found = await stall.market.find(fewer.key)
    assert found is not None and found.shown.get("pictures", 2) == 2


@all_stalls
async def test_two_keys_are_two_listings(stall: Stall) -> None:
    variants = tuple(
        replace(each, key=each.key.replace(stall.listing.key, OTHER_KEY)) for each in stall.listing.variants
    )
    other = replace(stall.listing, key=OTHER_KEY, title="Another otter shirt", variants=variants)
    first = await stall.market.put(stall.listing, None, stall.files)
    second = await stall.market.put(other, None, stall.files)
    assert first.native_id != second.native_id
    assert len(stall.behind.standing()) == 2
    found = await stall.market.find(stall.listing.key)
    assert found is not None and found.shown["title"] == stall.listing.title
    found = await stall.market.find(OTHER_KEY)
    assert found is not None and found.shown["title"] == other.title


@all_stalls
async def test_what_is_ended_is_off_sale_and_may_be_ended_again_and_put_up_again(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    ended = await stall.market.end(standing)
    assert ended.state == "ended"
    found = await stall.market.find(stall.listing.key)
    assert (found.state if found else None) == ("ended" if stall.keeps_ended else None)
    assert (await stall.market.end(ended)).state == "ended"
    again = await stall.market.put(stall.listing, found, stall.files)
    assert again.state == stall.put_state
    assert len(stall.behind.standing()) == 1


@all_stalls
async def test_what_was_deleted_behind_our_back_is_gone(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    stall.behind.forget()
    assert await stall.market.find(stall.listing.key) is None
    with pytest.raises(ListingGone):
        await stall.market.put(repriced(stall.listing, "Otter with a book shirt", 300), standing, stall.files)
    with pytest.raises(ListingGone):
        await stall.market.end(standing)
    assert stall.behind.standing() == []


# With a provider ----------------------------------------------------------------------------------------------------


async def changes_of_a_put(stall: Stall) -> int:
    """How many requests that change something a put takes; nothing stands afterwards."""
    await stall.market.put(stall.listing, None, stall.files)
    provider = provider_of(stall)
    provider.forget()
    made, provider.changes = len(provider.changes), []
    return made


async def finish(stall: Stall) -> None:
    """Look what stands, put again, and see one listing that is as it should be."""
    provider_of(stall).go_on()
    standing = await stall.market.find(stall.listing.key)
    put = await stall.market.put(stall.listing, standing, stall.files)
    assert standing is None or put.native_id == standing.native_id
    found = await stall.market.find(stall.listing.key)
    assert found is not None and found.state == put.state == stall.put_state
    assert [change for change in changes(stall.listing, found) if change.name != "state"] == []
    assert len(stall.behind.standing()) == 1


@stalls_with_providers
@pytest.mark.parametrize("fault", ["cut", "broken", "html"])
async def test_a_put_that_breaks_off_at_any_change_is_unconfirmed_and_is_finished_once(
    stall: Stall, fault: Fault
) -> None:
    for after in range(await changes_of_a_put(stall)):
        provider_of(stall).fail(fault, after=after)
        with pytest.raises(Unconfirmed) as said:
            await stall.market.put(stall.listing, None, stall.files)
        assert SECRET not in str(said.value)
        if fault == "cut":
            assert await stall.market.find(stall.listing.key) is not None, "what was made is not found by our key"
        await finish(stall)
        stall.behind.forget()


@stalls_with_providers
async def test_an_answer_that_comes_too_late_is_unconfirmed_and_the_draft_is_found(stall: Stall) -> None:
    assert stall.client is not None
    patient, stall.client.timeout_s = stall.client.timeout_s, WAIT_S
    provider_of(stall).fail("slow")
    with pytest.raises(Unconfirmed, match="did not answer"):
        await stall.market.put(stall.listing, None, stall.files)
    stall.client.timeout_s = patient
    provider_of(stall).go_on()
    assert await stall.market.find(stall.listing.key) is not None
    await finish(stall)


@stalls_with_providers
async def test_a_marketplace_that_was_asked_too_often_says_until_when(stall: Stall) -> None:
    for after in range(await changes_of_a_put(stall)):
        provider_of(stall).fail("busy", after=after)
        with pytest.raises(MarketBusy) as said:
            await stall.market.put(stall.listing, None, stall.files)
        assert datetime.now(UTC) < said.value.until < datetime.now(UTC) + timedelta(minutes=10)
        await finish(stall)
        stall.behind.forget()


@stalls_with_providers
async def test_a_key_that_is_not_taken_is_said_and_not_shown(stall: Stall) -> None:
    for at in ("look-up", "change"):
        provider_of(stall).fail("key", at, times=9)
        with pytest.raises(KeyRefused) as said:
            if at == "look-up":
                await stall.market.find(stall.listing.key)
            else:
                await stall.market.put(stall.listing, None, stall.files)
        assert SECRET not in str(said.value)
        provider_of(stall).go_on()
    assert stall.behind.standing() == []


@stalls_with_providers
async def test_a_refusal_at_any_change_comes_with_the_providers_words_and_doubles_nothing(stall: Stall) -> None:
    for after in range(await changes_of_a_put(stall)):
        provider_of(stall).fail("refused", after=after)
        with pytest.raises(MarketRefused, match=WORDS) as said:
            await stall.market.put(stall.listing, None, stall.files)
        assert not isinstance(said.value, KeyRefused | ListingGone)
        await finish(stall)
        stall.behind.forget()


@stalls_with_providers
@pytest.mark.parametrize("fault", ["html", "broken", "cut"])
async def test_a_look_up_that_is_not_answered_settles_nothing(stall: Stall, fault: Fault) -> None:
    await stall.market.put(stall.listing, None, stall.files)
    provider_of(stall).fail(fault, "look-up")
    with pytest.raises(MarketDown):
        await stall.market.find(stall.listing.key)
    assert await stall.market.find(stall.listing.key) is not None


@stalls_with_providers
async def test_an_end_that_breaks_off_is_unconfirmed_and_can_be_said_again(stall: Stall) -> None:
    standing = await stall.market.put(stall.listing, None, stall.files)
    provider_of(stall).fail("cut")
    with pytest.raises(Unconfirmed):
        await stall.market.end(standing)
    provider_of(stall).go_on()
    found = await stall.market.find(stall.listing.key)
    assert (await stall.market.end(found or standing)).state == "ended"


@stalls_with_providers
async def test_nobody_at_the_address_is_down_and_nothing_was_changed(stall: Stall) -> None:
    assert stall.client is not None
    stall.client.base = "http://127.0.0.1:9"
    with pytest.raises(MarketDown):
        await stall.market.find(stall.listing.key)
    with pytest.raises(MarketError) as said:
        await stall.market.put(stall.listing, None, stall.files)
    assert not isinstance(said.value, Unconfirmed)
    assert stall.behind.standing() == []
