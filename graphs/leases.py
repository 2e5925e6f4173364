"""Leases: one worker on one thread at a time, of all processes on a database.

A lease is an advisory lock of one session, so a process that is killed gives all of its leases back with it. A session
may take a lock twice, so within the process an asyncio lock stands in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

PAUSE_S = 0.1
TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 1))"
GIVE = "SELECT pg_advisory_unlock(hashtextextended(%s, 1))"


class Leases:
    """The leases of one process, all on one session of the pool it is given."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._session: AsyncConnection[Any] | None = None
        self._here: dict[str, asyncio.Lock] = {}
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def hold(self, name: str, wait: bool = True) -> AsyncIterator[bool]:
        """Hold a name, waiting for whoever holds it; without `wait`, False where somebody else does."""
        lock = self._here.setdefault(name, asyncio.Lock())
        if not wait and lock.locked():
            yield False
            return
        async with lock:
            while not (taken := await self._take(name)) and wait:  # noqa: ASYNC110 - another process gives it
                await asyncio.sleep(PAUSE_S)
            try:
                yield taken
            finally:
                if taken:
                    await self._give(name)

    async def close(self) -> None:
        """Give everything back."""
        async with self._turn:
            session, self._session = self._session, None
            if session is None:
                return
            with suppress(OperationalError):  # a session that was cut has given everything back
                if not session.closed:
                    await session.execute("SELECT pg_advisory_unlock_all()")
            await self._pool.putconn(session)

    async def _take(self, name: str) -> bool:
        """Ask for a lease, on another session where this one lay idle while its server went away."""
        try:
            return await self._ask(TAKE, name)
        except OperationalError:
            if self._session is None or not self._session.closed:
                raise
            return await self._ask(TAKE, name)

    async def _give(self, name: str) -> None:
        try:
            await self._ask(GIVE, name)
        except OperationalError:
            return  # the session is gone, and its leases with it

    async def _ask(self, query: str, name: str) -> bool:
        async with self._turn:
            if self._session is None or self._session.closed:
                if self._session is not None:
                    await self._pool.putconn(self._session)
                    self._session = None
                self._session = await self._pool.getconn()
            cursor = await self._session.execute(query.encode(), (name,))
            row = await cursor.fetchone()
        return bool(row and row[0])
