"""Housekeeping: what is kept no longer goes, a little at a time; docs/keeping.md says what, when and why.

Rules run one after the other, each in batches with a transaction of their own, until nothing is left of it or the time
is up; the next time goes on. Killed anywhere, or done twice at once, it has deleted what was to go and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from langgraph.graph.state import CompiledStateGraph
from psycopg_pool import AsyncConnectionPool

from graphs.discover import Connect
from graphs.saver import prune
from graphs.settings import Settings
from store.jobs import delete_finished
from store.keeping import BATCH, delete_batch, note_tidied

BUDGET_S = 900.0
"""So long one tidying deletes; what is left waits for the next."""
THREADS_SHARE = 0.5
"""Of it for threads, which come first and have the most rows."""
YEAR, QUARTER, MONTH = timedelta(days=365), timedelta(days=90), timedelta(days=30)
Graph = CompiledStateGraph[Any, Any, Any, Any]


def kept_for(settings: Settings) -> Mapping[str, timedelta]:
    """How long the rows of each rule of `store.keeping` are kept."""
    return {
        "payloads": timedelta(days=settings.keep_payload_days),
        "model_calls": timedelta(days=settings.keep_call_days),
        "scores": timedelta(days=7),
        "candidates": QUARTER,
        "keywords": YEAR,
        "keyword_searches": QUARTER,
        "spikes": YEAR,
        "webhook_deliveries": timedelta(days=7),
        "source_slots": QUARTER,
        "provider_limits": timedelta(days=2),
        "spans": timedelta(days=settings.keep_span_days),
        "span_threads": timedelta(days=settings.keep_span_days),
        "dead_letters": MONTH,
        "refresh_tokens": timedelta(days=7),
        "kept_answers": timedelta(hours=24),
        "notices": QUARTER,
        "notice_messages": QUARTER,
    }


async def tidy(
    connect: Connect,
    pool: AsyncConnectionPool[Any],
    graph: Graph,
    settings: Settings,
    now: datetime | None = None,
    budget_s: float = BUDGET_S,
) -> dict[str, int]:
    """Delete what is kept no longer; how many rows (of `threads`: threads) of each. What was done is an event.

    A rule that fails does not hold up the others; raises an ExceptionGroup of their errors after all.
    """
    moment, until = now or datetime.now(UTC), time.monotonic() + budget_s
    age = timedelta(days=settings.keep_thread_days)
    counts = {"threads": await prune(pool, graph, age, budget_s * THREADS_SHARE)}
    failures: dict[str, psycopg.Error] = {}
    for what, kept in {**kept_for(settings), "jobs": timedelta(days=settings.keep_job_days)}.items():
        try:
            counts[what] = await asyncio.to_thread(_clear, connect, what, moment, kept, until)
        except psycopg.Error as failure:
            failures[what] = failure
    await asyncio.to_thread(_note, connect, settings.actor, moment, counts, sorted(failures))
    if failures:
        raise ExceptionGroup(f"not tidied: {', '.join(failures)}", list(failures.values()))
    return counts


def _clear(connect: Connect, what: str, now: datetime, kept: timedelta, until: float) -> int:
    """Delete by one rule until nothing is left or the time is up; each rule has one batch at least."""
    with connect() as connection:
        if what == "jobs":
            return delete_finished(connection, kept)
        deleted = batch = delete_batch(connection, what, now - kept)
        while batch == BATCH and time.monotonic() < until:
            batch = delete_batch(connection, what, now - kept)
            deleted += batch
    return deleted


def _note(connect: Connect, actor: str, now: datetime, counts: Mapping[str, int], failed: list[str]) -> None:
    reason = f"failed: {', '.join(failed)}" if failed else ""
    with connect() as connection:
        note_tidied(connection, f"{now:%Y-%m-%d}", actor, reason, counts)
