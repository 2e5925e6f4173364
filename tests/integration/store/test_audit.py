"""The audit log: append-only, each tenant's own, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from store.audit import Entry, load_audit, record
from store.migrate import add_tenant
from store.postgres import connect, owner, pool

Sessions = AsyncConnectionPool[Any]
STATEMENTS = ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit")


@pytest.fixture
async def home(database: str) -> AsyncIterator[Sessions]:
    async with pool(database, "default", 2) as sessions:
        yield sessions


@pytest.fixture
async def other(database: str) -> AsyncIterator[Sessions]:
    add_tenant(database, "other")
    async with pool(database, "other", 2) as sessions:
        yield sessions


async def put(sessions: Sessions, *entries: Entry) -> None:
    async with sessions.connection() as session:
        for each in entries:
            await record(session, each)


async def load(sessions: Sessions, **given: Any) -> list[dict[str, Any]]:
    async with sessions.connection() as session:
        return await load_audit(session, given.pop("after", None), given.pop("most", 50), **given)


async def test_an_entry_is_read_as_it_was_written(home: Sessions):
    entry = Entry("ana", "api", "decide", "01a1", "refused", {"status": 409, "words": "moss ' \" <b>"})
    await put(home, entry)
    (row,) = await load(home)
    assert Entry(*(row[name] for name in ("actor", "door", "deed", "subject", "outcome", "detail"))) == entry


async def test_entries_are_walked_newest_first_and_each_is_seen_once(home: Sessions):
    await put(home, *(Entry("ana", "cli", "run", str(number)) for number in range(7)))
    walked: list[str] = []
    after = None
    while rows := await load(home, after=after, most=3):
        walked += [row["subject"] for row in rows]
        after = rows[-1]["id"]
        await put(home, Entry("bo", "cli", "run", "beneath the walk"))
    assert walked == ["6", "5", "4", "3", "2", "1", "0"]


async def test_entries_are_found_by_who_and_what(home: Sessions):
    await put(home, Entry("ana", "api", "decide"), Entry("bo", "api", "decide"), Entry("", "api", "sign in"))
    assert [row["actor"] for row in await load(home, deed="decide")] == ["bo", "ana"]
    assert [row["deed"] for row in await load(home, actor="")] == ["sign in"]
    assert await load(home, actor="ana", deed="sign in") == []


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_nobody_changes_or_deletes_an_entry(home: Sessions, database: str, statement: str):
    await put(home, Entry("ana", "api", "decide"))
    with connect(database, "default") as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)
    with owner(database) as session, pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        session.execute(statement)
    assert len(await load(home)) == 1


async def test_a_tenant_neither_reads_nor_writes_the_log_of_another(home: Sessions, other: Sessions, database: str):
    await put(home, Entry("ana", "api", "decide"))
    assert await load(other) == []
    with connect(database, "other") as session:
        assert session.execute("SELECT count(*) FROM audit").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            session.execute(
                "INSERT INTO audit (tenant_id, id, actor, door, deed, outcome) "
                "VALUES ('default', gen_random_uuid(), 'x', 'api', 'x', 'done')"
            )


@pytest.mark.parametrize("table", ["member", "api_key", "refresh_token", "kept_answer"])
def test_a_tenant_neither_sees_nor_changes_people_and_keys_of_another(database: str, table: str):
    add_tenant(database, "other")
    with connect(database, "default") as session:
        session.execute("INSERT INTO member (tenant_id, handle, role, tier) VALUES ('default', 'ana', 'admin', 'pro')")
        session.execute(
            "INSERT INTO api_key (tenant_id, id, handle, secret_sha256) "
            "VALUES ('default', gen_random_uuid(), 'ana', 'x')"
        )
        session.execute(
            "INSERT INTO refresh_token (tenant_id, secret_sha256, family, key_id, expires_at) "
            "SELECT 'default', 'x', id, id, now() FROM api_key"
        )
        session.execute(
            "INSERT INTO kept_answer (tenant_id, actor, key, request_sha256) VALUES ('default', 'ana', 'k', 'x')"
        )
        assert session.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (1,)  # noqa: S608
    with connect(database, "other") as session:
        for statement in ("SELECT * FROM {}", "UPDATE {} SET recorded_at = now()"):
            assert session.execute(statement.format(table).encode()).rowcount == 0
        query = "SELECT count(*) FROM {} WHERE tenant_id = 'default'"
        assert session.execute(query.format(table).encode()).fetchone() == (0,)
