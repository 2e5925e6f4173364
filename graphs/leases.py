"""Leases: one worker on one thread at a time, of all processes on a database.

A lease is an advisory lock of one session, so a process that is killed gives all of its leases back with it. A session
may take a lock twice, so within the process an asyncio lock stands in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

T = TypeVar("T")

PAUSE_S = 0.1
TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 1))"
GIVE = "SELECT pg_advisory_unlock(hashtextextended(%s, 1))"


@dataclass(slots=True)
class _Here:
    """Who of this process has a name or waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Leases:
    """The leases of one process, all on one session of the pool it is given."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._session: AsyncConnection[Any] | None = None
        self._here: dict[str, _Here] = {}
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def hold(self, name: str, wait: bool = True) -> AsyncIterator[bool]:
        """Hold a name, waiting for whoever holds it; without `wait`, False where somebody else does."""
        here = self._here.setdefault(name, _Here())
        if not wait and here.users:
            yield False
            return
        here.users += 1
        try:
            async with here.lock:
                while not (taken := await self._take(name)) and wait:  # noqa: ASYNC110 - another process gives it
                    await asyncio.sleep(PAUSE_S)
                try:
                    yield taken
                finally:
                    if taken:
                        await _ended(asyncio.ensure_future(self._give(name)))
        finally:
            here.users -= 1
            if not here.users:
                del self._here[name]

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
        """Ask for a lease. Who is cancelled at that does not have it, whatever the server said meanwhile."""
        asked = asyncio.ensure_future(self._ask_for(name))
        try:
            return await _ended(asked)
        except asyncio.CancelledError:
            if not asked.cancelled() and asked.exception() is None and asked.result():
                await _ended(asyncio.ensure_future(self._give(name)))
            raise

    async def _ask_for(self, name: str) -> bool:
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


async def _ended(work: asyncio.Future[T]) -> T:
    """What the work gives, which goes on to its end where whoever waits for it is cancelled."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
