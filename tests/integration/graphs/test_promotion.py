"""A day's money over real rows: divided once, by exact chances that add up to one, within what was set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg_pool import AsyncConnectionPool

from graphs.inbox import BadAnswer
from graphs.outcomes import Outcomes
from graphs.promotion import Division, Promotion
from store import outbox
from store.ids import new_id
from store.postgres import pool
from tests.listed import approved

Pool = AsyncConnectionPool[Any]
TODAY = datetime.now(UTC).date()


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[Pool]:
    async with pool(database, "default", 3) as opened:
        yield opened


async def live(sessions: Pool, *names: str) -> list[UUID]:
    """Listings that are for sale."""
    worker = new_id()
    async with sessions.connection() as connection:
        made = await approved(connection, *names)
        for row in await outbox.take(connection, worker, "me", len(names)):
            await outbox.settle(connection, worker, row, "live", "me", native={"id": "7"})
    return made


async def counted(sessions: Pool, orders: dict[UUID, tuple[int, int]], days_ago: int = 2) -> None:
    """Orders and views of a day."""
    day = f"{datetime.now(UTC) - timedelta(days=days_ago):%Y-%m-%d}"
    rows = [
        {"listing": str(listing), "from": day, "orders": sold, "views": seen}
        for listing, (sold, seen) in orders.items()
    ]
    delivery, _ = await Outcomes(sessions, "ana").bring(rows, "shop")
    assert delivery["refused"] == 0


def promotion(sessions: Pool, budget: int = 10_000, **more: Any) -> Promotion:
    return Promotion(sessions, "ana", Division(budget, **more), 7)


async def test_a_day_is_divided_once_by_chances_that_add_up_to_one(sessions: Pool):
    made = await live(sessions, "1", "2", "3")
    await counted(sessions, {made[0]: (30, 400), made[1]: (4, 400)})
    first, is_new = await promotion(sessions).divide()
    again, is_again = await promotion(sessions, 99_999).divide()
    assert (is_new, is_again, again) == (True, False, first)
    shares = {each["listing_id"]: each for each in first["shares"]}
    assert sum(each["cents"] for each in shares.values()) == 10_000
    assert sum(each["propensity"] for each in shares.values()) == pytest.approx(1.0)
    assert shares[made[0]]["cents"] > shares[made[1]]["cents"]
    assert shares[made[0]]["mean"] > shares[made[2]]["mean"] > shares[made[1]]["mean"], "a new one is like all"
    assert all(each["propensity"] > 0 and each["version"].startswith("thompson-1") for each in shares.values())
    assert first["prior"]["fitted_to"] == 2


async def test_floor_and_cap_hold_and_give_way_where_the_budget_leaves_no_room(sessions: Pool):
    made = await live(sessions, "1", "2", "3", "4")
    await counted(sessions, {made[0]: (90, 400), made[1]: (1, 400)})
    found, _ = await promotion(sessions, 1_000, floor_cents=100, cap_ratio=0.4).divide()
    assert all(100 <= each["cents"] <= 400 for each in found["shares"])
    tight, _ = await promotion(sessions, 7, floor_cents=100, cap_ratio=0.1).divide(TODAY + timedelta(days=1))
    assert sum(each["cents"] for each in tight["shares"]) == 7


async def test_what_was_counted_long_ago_weighs_less(sessions: Pool):
    made = await live(sessions, "1", "2")
    await counted(sessions, {made[0]: (40, 400)}, days_ago=29)
    await counted(sessions, {made[1]: (40, 400)}, days_ago=1)
    found, _ = await promotion(sessions, half_life=timedelta(days=7)).divide()
    trials = {each["listing_id"]: each["trials"] for each in found["shares"]}
    assert trials[made[0]] == pytest.approx(400 * 0.5 ** (28 / 7), rel=0.01)
    assert trials[made[1]] == pytest.approx(400, rel=0.01)


async def test_where_nothing_was_counted_all_are_alike_and_only_what_is_live_gets_a_share(sessions: Pool):
    made = await live(sessions, "1", "2")
    async with sessions.connection() as connection:
        await approved(connection, "3")
    found, _ = await promotion(sessions).divide()
    assert {each["listing_id"] for each in found["shares"]} == set(made)
    assert [each["cents"] for each in found["shares"]] == [5_000, 5_000]


async def test_orders_without_views_are_no_rate_above_one(sessions: Pool):
    made = await live(sessions, "1", "2")
    rows = [{"listing": str(made[0]), "from": f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}", "orders": 5}]
    await Outcomes(sessions, "ana").bring(rows, "shop")
    found, _ = await promotion(sessions).divide()
    assert all(each["successes"] <= each["trials"] and 0 < each["mean"] < 1 for each in found["shares"])


async def test_what_cannot_be_divided_says_why(sessions: Pool):
    with pytest.raises(BadAnswer, match="nothing is live"):
        await promotion(sessions).divide()
    await live(sessions, "1")
    with pytest.raises(BadAnswer, match="BELLWETHER_PROMOTION_CENTS"):
        await promotion(sessions, 0).divide()
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=9)):
        with pytest.raises(BadAnswer, match="today and tomorrow are divided"):
            await promotion(sessions).divide(day)


async def test_the_schedule_divides_what_it_may_and_says_nothing_of_the_rest(sessions: Pool):
    assert await promotion(sessions).due() == 0
    await live(sessions, "1", "2")
    assert await promotion(sessions, 0).due() == 0
    assert [await promotion(sessions).due(), await promotion(sessions).due()] == [2, 0]
    [day] = await promotion(sessions).days()
    assert (day["listings"], day["cents"]) == (2, 10_000)
