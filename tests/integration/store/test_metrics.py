"""Metrics on a real database: stored once, restated by the newest, late ones kept, impossible ones refused by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.decisions import Row, Rows, every
from store.metrics import Delivery, Refusal, Stated, load_deliveries, load_refused, put_delivery
from store.postgres import pool
from store.totals import load_totals
from tests.listed import wished

DAY = datetime(2026, 11, 1, tzinfo=UTC)
SOON = DAY + timedelta(days=2)


@pytest.fixture
async def session(database: str) -> AsyncIterator[Rows]:
    async with pool(database, "default", 2) as sessions, sessions.connection() as connection:
        yield connection


@pytest.fixture
async def listing(session: Rows) -> UUID:
    [made] = await wished(session, "1")
    return made


def day(listing: UUID | str, name: str, amount: int, **changes: object) -> Stated:
    plain = Stated(1, str(listing), "", "", name, amount, "", DAY, DAY + timedelta(days=1), "", SOON)
    return replace(plain, **changes)  # type: ignore[arg-type]


async def put(session: Rows, digest: str, *stated: Stated, refused: Sequence[Refusal] = ()) -> Row:
    rows, _ = await put_delivery(session, Delivery("etsy", digest, len(stated), stated, refused, "ana"))
    return rows


def counts(row: Row) -> tuple[int, int, int, int]:
    return row["stored"], row["restated"], row["repeated"], row["refused"]


async def total(session: Rows, listing: UUID, name: str) -> int:
    return int((await load_totals(session, [listing]))[listing][name]["amount"])


async def test_what_is_brought_again_is_found_and_changes_nothing(session: Rows, listing: UUID):
    given = Delivery("etsy", "d", 1, [day(listing, "views", 7)], [], "ana")
    first, is_new = await put_delivery(session, given)
    again, is_again = await put_delivery(session, given)
    assert (is_new, is_again, again["id"]) == (True, False, first["id"])
    assert await total(session, listing, "views") == 7
    assert len(await load_deliveries(session)) == 1


async def test_the_newest_statement_of_a_window_holds_whatever_order_they_come_in(session: Rows, listing: UUID):
    hour = timedelta(hours=1)
    assert counts(await put(session, "a", day(listing, "views", 7))) == (1, 0, 0, 0)
    assert counts(await put(session, "b", day(listing, "views", 9, stated_at=SOON + hour))) == (1, 1, 0, 0)
    assert counts(await put(session, "c", day(listing, "views", 8, stated_at=SOON - hour))) == (1, 0, 0, 0)
    assert await total(session, listing, "views") == 9
    kept = await every(session, "SELECT amount, superseded FROM metric ORDER BY stated_at")
    assert [(row["amount"], row["superseded"]) for row in kept] == [(8, True), (7, True), (9, False)]


async def test_the_same_amount_stated_later_is_a_repeat(session: Rows, listing: UUID):
    await put(session, "a", day(listing, "orders", 2))
    assert counts(await put(session, "b", day(listing, "orders", 2, stated_at=SOON + timedelta(days=1)))) == (
        0,
        0,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"end": DAY + timedelta(days=2)}, "views: its window overlaps one that is counted"),
        ({"start": DAY + timedelta(hours=1), "end": DAY + timedelta(hours=2)}, "views: its window overlaps"),
        ({"amount": 8}, "views: 7 and 8 are stated at the same moment"),
        ({"listing": "bw-nobody-knows"}, "no listing 'bw-nobody-knows' of yours"),
        ({"listing": "", "arm": "test/red"}, "no arm 'test/red' of yours"),
    ],
)
async def test_what_cannot_be_beside_what_stands_is_refused_by_its_row(
    session: Rows, listing: UUID, change: dict[str, object], why: str
):
    await put(session, "a", day(listing, "views", 7))
    wrong = replace(day(listing, "views", 7, row=2), **change)  # type: ignore[arg-type]
    delivery = await put(session, "b", day(listing, "orders", 1), wrong)
    assert counts(delivery) == (1, 0, 0, 1)
    [refused] = await load_refused(session, delivery["id"])
    assert (refused["row_no"], refused["reason"][: len(why)]) == (2, why)
    assert await total(session, listing, "views") == 7


async def test_clicks_above_impressions_are_refused_whichever_came_first(session: Rows, listing: UUID):
    await put(session, "a", day(listing, "impressions", 10))
    assert counts(await put(session, "b", day(listing, "clicks", 11))) == (0, 0, 0, 1)
    assert counts(await put(session, "c", day(listing, "clicks", 10))) == (1, 0, 0, 0)
    later = {"stated_at": SOON + timedelta(hours=1)}
    assert counts(await put(session, "d", day(listing, "impressions", 9, **later))) == (0, 0, 0, 1)
    both = (day(listing, "impressions", 9, **later), day(listing, "clicks", 9, **later))
    assert counts(await put(session, "e", *both)) == (2, 2, 0, 0)


async def test_money_of_another_currency_is_refused(session: Rows, listing: UUID):
    await put(session, "a", day(listing, "revenue", 1999, currency="USD"))
    delivery = await put(
        session, "b", day(listing, "revenue", 1850, currency="EUR", stated_at=SOON + timedelta(days=1))
    )
    [refused] = await load_refused(session, delivery["id"])
    assert refused["reason"] == "revenue: it stands in USD, and EUR is stated"


async def test_two_counters_of_one_thing_are_not_added(session: Rows, listing: UUID):
    moment = {"end": DAY}
    orders = (day(listing, "orders", 1, row=at, reference=f"o-{at}", **moment) for at in (1, 2, 3))
    await put(session, "a", day(listing, "orders", 2, row=9), *orders)
    await put_delivery(session, Delivery("file", "b", 1, [day(listing, "orders", 2)], [], "ana"))
    found = (await load_totals(session, [listing]))[listing]["orders"]
    assert (found["amount"], found["source"]) == (3, "etsy")


async def test_a_row_that_was_refused_before_is_kept_with_its_reason(session: Rows, listing: UUID):
    delivery = await put(
        session, "a", day(listing, "views", 1), refused=[Refusal(4, "views is 'x': no number", "views x")]
    )
    assert await load_refused(session, delivery["id"]) == [
        {"row_no": 4, "reason": "views is 'x': no number", "excerpt": "views x"}
    ]


async def test_rows_that_were_refused_are_tried_when_the_same_is_brought_again_and_no_others(
    session: Rows, listing: UUID
):
    rows = (day(listing, "views", 7), day("bw-not-yet-there-is", "views", 1, row=2), day(listing, "orders", 1, row=3))
    assert counts(await put(session, "a", *rows)) == (2, 0, 0, 1)
    await put(session, "b", day(listing, "views", 9, stated_at=SOON + timedelta(days=1)))
    mended = [replace(each, stated_at=SOON + timedelta(days=2)) for each in rows]
    mended[1] = replace(mended[1], listing=str(listing), name="carts")
    delivery, is_new = await put_delivery(session, Delivery("etsy", "a", 3, mended, [], "ana"))
    assert (counts(delivery), is_new) == ((3, 0, 0, 0), True)
    assert (await total(session, listing, "views"), await total(session, listing, "carts")) == (9, 1)


async def test_another_tenant_sees_and_moves_nothing(database: str, session: Rows, listing: UUID):
    await put(session, "a", day(listing, "views", 7))
    await session.execute("SELECT 1")
    async with pool(database, "other", 2) as sessions, sessions.connection() as other:
        assert await load_totals(other) == {}


@settings(max_examples=60)
@given(
    amounts=st.lists(st.integers(0, 2), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_ends_the_same(amounts: list[int], order: object) -> None:
    from store.metrics import _Book, _enter

    listing = UUID(int=1)
    stated = [day(listing, "views", amount, stated_at=SOON + timedelta(hours=at)) for at, amount in enumerate(amounts)]
    order.shuffle(stated)  # type: ignore[attr-defined]
    book, subjects = _Book(), {("listing", str(listing)): listing}
    for each in stated:
        assert _enter(book, 1, [each], "etsy", subjects) == []
    [held] = book.held[(listing, "views", "etsy", "", "")].values()
    assert held.stated.amount == amounts[-1]
