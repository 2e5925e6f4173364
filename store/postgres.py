"""PostgreSQL as the product sees it: which URL, and connections that can see one tenant only.

Every session of the application runs as role `bellwether_app`, which owns no table of ours and is bound by row-level
security, with the tenant beside it. Both are start-up options rather than statements: no round trip, and `RESET ROLE`,
`RESET ALL` and `DISCARD ALL` come back to them. What this does not stop is SQL of an attacker's making: `SET ROLE NONE`
or another `bellwether.tenant`. The login is the owner's, so statements take values as parameters, always. Behind a
pooler that drops start-up options (PgBouncer) a session would not be bound; `connect` looks, and refuses.

Errors: see `store.errors`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import select
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from store.errors import Busy, NotAllowed, NotMigrated, NotReachable
from store.server import EmbeddedServer

APP_ROLE = "bellwether_app"
CONNECT_TIMEOUT_S = 10
POOL_TIMEOUT_S = 30.0
RECONNECT_S = 10.0  # its pauses double: from here on it is who asks next that has it tried again, at once
WHO = "SELECT current_user::text, current_setting('bellwether.tenant', true), to_regclass('migration') IS NOT NULL"
TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LIMITS = {  # no wait without an end; a statement that reads the whole corpus fits
    "lock_timeout": "5min",
    "statement_timeout": "15min",
    "idle_in_transaction_session_timeout": "30min",
}


def database_url(home: Path, database: str, url: str | None) -> str:
    """The URL to work with: `url` where one is given, else `database` on the embedded server, both made if absent.

    Raises:
        NotAllowed, NotReachable, Busy: what stands in the way of the embedded server.
    """
    if url:
        return url
    server_url = EmbeddedServer(home).start()
    with owner(server_url) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another was first
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(database)))
    return f"{server_url.rsplit('/', 1)[0]}/{quote(database, safe='')}"


def owner(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A session as the login itself, bound by nothing: for migrations and the making of databases, nothing else.

    Raises:
        NotReachable: nobody answers, or the login or database is unknown.
    """
    return _open(make_conninfo(url, connect_timeout=CONNECT_TIMEOUT_S, application_name="bellwether owner"))


def connect(url: str, tenant: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A session that sees one tenant: autocommit, role `bellwether_app`, `bellwether.tenant` set.

    Raises:
        NotReachable: nobody answers.
        NotMigrated: the database has no schema yet.
        NotAllowed: the login may not take the role, or something between us drops start-up options.
    """
    connection = _open(_bound(url, tenant))
    row = connection.execute(WHO).fetchone()
    if row == (APP_ROLE, tenant, True):
        return connection
    connection.close()
    if row == (APP_ROLE, tenant, False):
        raise NotMigrated("the database has no schema yet; run `bellwether db migrate`")
    raise NotAllowed("the session is not bound to a tenant: a pooler drops start-up options; connect without it")


def pool(url: str, tenant: str, size: int = 16) -> AsyncConnectionPool:
    """Sessions as `connect` makes them, for asyncio; not opened: use it as `async with pool(...)`.

    A connection on which something arrived while it lay idle, the server's farewell or a mere notice, is asked before
    it is handed out, the others are not: no round trip. One that is gone has all idle ones looked at, else the pool
    would meet them one by one with a growing pause after each (7 s for four after a restart; so, 0.1 s).
    """

    async def refuse_closed(connection: psycopg.AsyncConnection[Any]) -> None:
        arrived = select.poll()
        arrived.register(connection.pgconn.socket, select.POLLIN)
        if arrived.poll(0):
            try:
                await AsyncConnectionPool.check_connection(connection)
            except psycopg.OperationalError:
                await sessions.check()
                raise

    logging.getLogger("psycopg").setLevel(logging.ERROR)  # a server that went away is told to whoever asks it
    sessions = AsyncConnectionPool(
        _bound(url, tenant),
        kwargs={"prepare_threshold": 0},
        configure=_commit_at_once,  # no keyword: procrastinate opens a session to listen with ours and its own beside
        min_size=min(4, size),
        max_size=size,
        timeout=POOL_TIMEOUT_S,
        reconnect_timeout=RECONNECT_S,
        check=refuse_closed,
        open=False,
        name="bellwether",
    )
    return sessions


@contextmanager
def turn(connection: psycopg.Connection[Any], name: str, timeout_s: float = 120.0) -> Iterator[None]:
    """Let one session at a time, of all processes on this database, do what `name` names.

    It asks again and again instead of waiting inside PostgreSQL: a session that waits there holds a snapshot, for which
    `CREATE INDEX CONCURRENTLY` in the session whose turn it is would wait in turn.

    Raises:
        Busy: it was not our turn in time.
    """
    deadline = time.monotonic() + timeout_s
    while connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise Busy(f"another process has been at '{name}' for {timeout_s:.0f} s")
        time.sleep(0.05)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


@asynccontextmanager
async def turn_async(url: str, tenant: str, name: str, timeout_s: float = 120.0) -> AsyncIterator[None]:
    """`turn` for asyncio, on a session of its own; wrap the checkpointer's `setup()` in it, which bears no company."""
    connection = await asyncio.to_thread(connect, url, tenant)
    try:
        holder = turn(connection, name, timeout_s)
        await asyncio.to_thread(holder.__enter__)
        try:
            yield
        finally:
            await asyncio.to_thread(holder.__exit__, None, None, None)
    finally:
        connection.close()


async def _commit_at_once(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


def _bound(url: str, tenant: str) -> str:
    """`url` with the start-up options that bind a session to a tenant, after those the URL brings itself."""
    if not TENANT.fullmatch(tenant):
        raise NotAllowed(
            f"tenant {tenant!r}: lower-case letters, digits, '-' and '_', at most 63, a letter or digit first"
        )
    settings = {"role": APP_ROLE, "bellwether.tenant": tenant, **LIMITS}
    options = [
        str(conninfo_to_dict(url).get("options") or ""),
        *(f"-c {key}={value}" for key, value in settings.items()),
    ]
    return make_conninfo(
        url, connect_timeout=CONNECT_TIMEOUT_S, application_name="bellwether", options=" ".join(options).strip()
    )


def _open(conninfo: str) -> psycopg.Connection[tuple[Any, ...]]:
    try:
        return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as failure:
        reason = str(failure).strip()
        if f'role "{APP_ROLE}" does not exist' in reason or 'invalid value for parameter "role"' in reason:
            raise NotMigrated(f"the database has no schema yet; run `bellwether db migrate` ({reason})") from failure
        if "permission denied to set role" in reason:
            raise NotAllowed(f"an administrator must run: GRANT {APP_ROLE} TO <the login of DATABASE_URL>") from failure
        raise NotReachable(f"PostgreSQL does not answer: {reason}") from failure
