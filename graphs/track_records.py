"""Track records, kept: the calls whose outcome is known by now, scored and stored; once more changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg_pool import AsyncConnectionPool

from agents.coordinator import leans_to
from memory.track_record import SALES_DAYS, Against, Track, calls_of, row_of, track_records
from store.track_records import add_track_records, load_calls

WINDOW = timedelta(days=180)
"""Older calls were made by other models and other prompts."""


async def refresh(pool: AsyncConnectionPool[Any], now: datetime) -> tuple[list[Track], int]:
    """The records of one tenant as of now, against trends and against sales, and how many of them are new."""
    async with pool.connection() as connection:
        calls = calls_of(await load_calls(connection, now - WINDOW, now, SALES_DAYS))
        tracks = [track for against in Against for track in track_records(calls, leans_to, against)]
        return tracks, await add_track_records(connection, [row_of(track) for track in tracks], now)
