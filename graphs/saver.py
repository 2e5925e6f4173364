"""Saver: the checkpointer that Studio, CLI and API share, in PostgreSQL beside the tables.

LangGraph's own tables know no tenant, so each gets a `tenant_id` that the session fills in, and row-level security over
it; a thread's id is already made from its tenant. What may be stored is JSON-ready, so strict msgpack loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.state import CompiledStateGraph
from psycopg_pool import AsyncConnectionPool

from graphs.database import prepared_url
from graphs.settings import Settings
from store.postgres import pool, turn_async

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
TURN = "bellwether checkpointer"
SAVER_CONNECTIONS = 4

LONG_THREADS = """
SELECT thread_id FROM checkpoints GROUP BY thread_id
HAVING count(*) > 1 AND max((checkpoint ->> 'ts')::timestamptz) < now() - %s ORDER BY thread_id LIMIT 1000
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
        yield saver


@asynccontextmanager
async def checkpointer() -> AsyncIterator[AsyncPostgresSaver]:
    """What `langgraph.json` names: the saver of the settings' database and tenant."""
    settings = await asyncio.to_thread(Settings)
    url = await asyncio.to_thread(prepared_url, settings)
    async with open_saver(url, settings.tenant) as saver:
        yield saver


async def prune(
    connections: AsyncConnectionPool[Any], graph: CompiledStateGraph[Any, Any, Any, Any], older_than: timedelta
) -> int:
    """Let threads that nobody touched for so long keep their last state only; how many were cut short."""
    async with connections.connection() as connection:
        cursor = await connection.execute(LONG_THREADS, (older_than,))
        threads = [row[0] for row in await cursor.fetchall()]
    if isinstance(graph.checkpointer, AsyncPostgresSaver):
        await graph.checkpointer.aprune(threads)
    return len(threads)


async def _is_set_up(connections: AsyncConnectionPool[Any]) -> bool:
    """Whether all three tables are there, up to date and behind their policies."""
    async with connections.connection() as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_policies WHERE tablename = ANY(%s) AND policyname = 'own_rows'", (list(TABLES),)
        )
        row = await cursor.fetchone()
        if row is None or row[0] != len(TABLES):
            return False
        cursor = await connection.execute("SELECT max(v) FROM checkpoint_migrations")
        row = await cursor.fetchone()
    return row is not None and row[0] == len(AsyncPostgresSaver.MIGRATIONS) - 1
