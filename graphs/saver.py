"""Saver: the checkpointer that Studio, CLI and API share, in PostgreSQL beside the tables.

LangGraph's own tables know no tenant, so each gets a `tenant_id` that the session fills in, and row-level security over
it; a thread's id is already made from its tenant. What may be stored is JSON-ready, so strict msgpack loses nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.state import CompiledStateGraph
from psycopg import AsyncConnection
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg_pool import AsyncConnectionPool

from graphs.database import prepared_url
from graphs.settings import Settings
from store.keeping import OldThread, find_answered, find_closed, load_old_threads
from store.postgres import pool, turn_async

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
TURN = "bellwether checkpointer"
SAVER_CONNECTIONS = 4

PAGE = 1_000
"""Checkpoints that are looked at together."""
AT_ONCE = 100
"""Threads that are deleted in one transaction: some thousands of rows."""
GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)
"""Where the time in a checkpoint's id, a UUIDv6, begins."""

AGE = "checkpoints_age"
BY_AGE = f"""
CREATE INDEX IF NOT EXISTS {AGE} ON checkpoints (tenant_id, checkpoint_id COLLATE "C")
"""

OWN = """
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_policies WHERE tablename = '{table}' AND policyname = 'own_rows') THEN
    ALTER TABLE {table} ADD COLUMN IF NOT EXISTS tenant_id text NOT NULL DEFAULT current_setting('bellwether.tenant');
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY own_rows ON {table} USING (tenant_id = current_setting('bellwether.tenant'))
      WITH CHECK (tenant_id = current_setting('bellwether.tenant'));
  END IF;
END $$
"""


@asynccontextmanager
async def open_saver(url: str, tenant: str) -> AsyncIterator[AsyncPostgresSaver]:
    """A saver on connections of its own; its tables are made once, by one process."""
    async with pool(url, tenant, size=SAVER_CONNECTIONS) as connections:
        saver = AsyncPostgresSaver(cast(Any, connections), serde=JsonPlusSerializer())
        if not await _is_set_up(connections):
            async with turn_async(url, tenant, TURN):
                await saver.setup()
                async with connections.connection() as connection:
                    for table in TABLES:
                        await connection.execute(OWN.format(table=table).encode())
                    await connection.execute(BY_AGE.encode())
        yield saver


@asynccontextmanager
async def checkpointer() -> AsyncIterator[AsyncPostgresSaver]:
    """What `langgraph.json` names: the saver of the settings' database and tenant."""
    settings = await asyncio.to_thread(Settings)
    url = await asyncio.to_thread(prepared_url, settings)
    async with open_saver(url, settings.tenant) as saver:
        yield saver


async def prune(
    connections: AsyncConnectionPool[Any],
    graph: CompiledStateGraph[Any, Any, Any, Any],
    older_than: timedelta,
    budget_s: float = math.inf,
) -> int:
    """Delete threads that ended and that nobody touched for so long; of those that rest keep the last state.

    How many were deleted or cut short. What the budget leaves over is for the next time.
    """
    saver = graph.checkpointer
    if not isinstance(saver, AsyncPostgresSaver):
        return 0
    until, before = time.monotonic() + budget_s, first_id_of(datetime.now(UTC) - older_than)
    after, pruned = "", 0
    while time.monotonic() < until:
        async with connections.connection() as connection:
            page = await load_old_threads(connection, after, before, PAGE)
            ended = await _ended(connection, page)
        if not page:
            break
        after = max(thread.read_to for thread in page)
        resting = [thread.id for thread in page if thread.rests and thread.long and thread.id not in ended]
        pruned += await _prune(saver, sorted(ended), "delete") + await _prune(saver, resting, "keep_latest")
    return pruned


def first_id_of(moment: datetime) -> str:
    """What the ids of checkpoints from this moment on begin with at least: they are UUIDv6, in the order of time."""
    ticks = (moment - GREGORIAN) // timedelta(microseconds=1) * 10
    high = f"{ticks >> 12:012x}"
    return f"{high[:8]}-{high[8:]}-6{ticks & 0xFFF:03x}"


async def _ended(connection: AsyncConnection[Any], page: Sequence[OldThread]) -> set[str]:
    """The threads whose idea is answered for good, whose revision another one follows, or whose run is closed."""
    named = {thread.id: thread.name.split(":") for thread in page if thread.rests and thread.name}
    ideas = {each: (_uuid(words[2]), words[3]) for each, words in named.items() if _is(words, "idea", 4)}
    runs = {each: _uuid(words[2]) for each, words in named.items() if _is(words, "run", 3)}
    known = await find_answered(connection, [idea for idea, _ in ideas.values() if idea])
    closed = await find_closed(connection, [run for run in runs.values() if run])
    ended = {each for each, run in runs.items() if run in closed}
    for each, (idea, revision) in ideas.items():
        if idea in known and revision.isdigit():
            current, answered = known[idea]
            if answered or int(revision) < current:
                ended.add(each)
    return ended


def _is(words: Sequence[str], what: str, length: int) -> bool:
    """Whether the words of a thread's name are `tenant:what:id...`; who starts a thread may name it anything."""
    return len(words) == length and words[1] == what


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _prune(saver: AsyncPostgresSaver, threads: Sequence[str], strategy: str) -> int:
    """How many were pruned. Those that somebody else was at are left for the next time."""
    pruned = 0
    for at in range(0, len(threads), AT_ONCE):
        some = threads[at : at + AT_ONCE]
        with suppress(SerializationFailure, DeadlockDetected):
            await saver.aprune(some, strategy=strategy)
            pruned += len(some)
    return pruned


async def _is_set_up(connections: AsyncConnectionPool[Any]) -> bool:
    """Whether all three tables are there, up to date, behind their policies and indexed by age."""
    async with connections.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*), to_regclass(%s) IS NOT NULL FROM pg_policies "
            "WHERE tablename = ANY(%s) AND policyname = 'own_rows'",
            (AGE, list(TABLES)),
        )
        if await cursor.fetchone() != (len(TABLES), True):
            return False
        cursor = await connection.execute("SELECT max(v) FROM checkpoint_migrations")
        row = await cursor.fetchone()
    return row is not None and row[0] == len(AsyncPostgresSaver.MIGRATIONS) - 1
