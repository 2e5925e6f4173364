"""Heat: the last two days by the hour, the last three weeks by the day; counted anew now and then, else as it is kept.

The time ends with the newest signal where all are older than now: what was taken in from last month's files has its own
last two days.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from graphs.product import Product
from store.cache import Cache
from store.heat import Measure, find_newest, heat_by_day, heat_by_hour

Unit = Literal["hour", "day"]
LENGTH: Mapping[Unit, timedelta] = {"hour": timedelta(hours=48), "day": timedelta(days=21)}
STEP: Mapping[Unit, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
KEPT_S: Mapping[Unit, float] = {"hour": 60.0, "day": 900.0}


@dataclass(frozen=True, slots=True)
class Cell:
    """What came in one hour or day, of one source or category; `what` is None for all but the largest."""

    what: str | None
    at: datetime
    count: float


@dataclass(frozen=True, slots=True)
class Heat:
    """The cells of a time in which something came."""

    since: datetime
    until: datetime
    cells: tuple[Cell, ...]


async def load_heat(product: Product, unit: Unit, measure: Measure, now: datetime) -> Heat | None:
    """Sources by the hour, or categories by the day; None where there is no signal. TooLong: see `store.heat`."""
    async with product.pool.connection() as connection:
        newest = await find_newest(connection)
        if newest is None:
            return None
        until = end_of(unit, min(newest, now))
        since = until - LENGTH[unit]
        kept = Cache(product.hot.redis, product.settings.tenant, "heat", KEPT_S[unit])
        key = f"{unit}:{measure}:{until.isoformat()}"
        found = await asyncio.to_thread(kept.get, key)
        if found is None:
            ask = heat_by_hour if unit == "hour" else heat_by_day
            rows = await ask(connection, since, until, measure)
            found = [asdict(Cell(**row)) | {"at": row["at"].isoformat()} for row in rows]
            await asyncio.to_thread(kept.put, key, found)
    return Heat(since, until, tuple(_cell(each) for each in found))


def end_of(unit: Unit, moment: datetime) -> datetime:
    """The end of the hour or the day (UTC) that a moment is in."""
    begin = moment.replace(minute=0, second=0, microsecond=0)
    return (begin.replace(hour=0) if unit == "day" else begin) + STEP[unit]


def _cell(kept: Mapping[str, Any]) -> Cell:
    return Cell(kept["what"], datetime.fromisoformat(kept["at"]), kept["count"])
