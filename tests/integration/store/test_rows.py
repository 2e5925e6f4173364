"""Row-level security, append-only events, and what a session of the application may do."""

import asyncio

import psycopg
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg_pool import PoolTimeout

from store.errors import Busy, NotAllowed, NotMigrated, NotReachable
from store.ids import new_id
from store.migrate import add_tenant
from store.postgres import connect, owner, pool, turn, turn_async

EVENT = (
    "INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor) VALUES (%s, %s, 'run', '1', 'x', 'me')"
)
TENANT_TABLES = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""
UNIQUE_WITHOUT_TENANT = """
SELECT i.indexrelid::regclass::text
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'tenant_id'
WHERE i.indisunique AND NOT a.attnum = ANY (i.indkey) AND i.indrelid IN (
  SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND NOT starts_with(relname, 'procrastinate'))
"""
"""procrastinate's own keys are serial numbers, and locks whose text begins with the tenant (`graphs.jobs.lock_of`)."""


@pytest.fixture
def other(database):
    """A session of a second tenant on the same database."""
    add_tenant(database, "other")
    with connect(database, "other") as session:
        yield session


def who(connection):
    return connection.execute("SELECT current_user::text, current_setting('bellwether.tenant')").fetchone()


def test_a_session_stays_bound_to_its_tenant_when_everything_is_reset(connection):
    for statement in ("SELECT 1", "RESET ROLE", "RESET ALL", "DISCARD ALL", "RESET SESSION AUTHORIZATION"):
        connection.execute(statement)
        assert who(connection) == ("bellwether_app", "default"), statement


def test_a_tenant_neither_sees_nor_changes_nor_makes_rows_of_another(connection, other):
    connection.execute(EVENT, ["default", new_id()])
    assert connection.execute("SELECT count(*) FROM weights").fetchone() == (1,)
    assert other.execute("SELECT array_agg(DISTINCT tenant_id) FROM weights").fetchone() == (["other"],)
    assert other.execute("SELECT count(*) FROM event").fetchone() == (0,)
    assert other.execute("UPDATE weights SET freshness = 1 WHERE tenant_id = 'default'").rowcount == 0
    assert other.execute("DELETE FROM weights WHERE tenant_id = 'default'").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        other.execute(EVENT, ["default", new_id()])
    assert connection.execute("SELECT freshness FROM weights").fetchone() == (0.2,)


def test_every_tenant_table_enforces_it_and_holds_the_tenant_in_every_unique_key(connection):
    tables = dict(connection.execute(TENANT_TABLES).fetchall())
    assert len(tables) >= 14
    assert [name for name, enforced in tables.items() if not enforced] == []
    assert connection.execute(UNIQUE_WITHOUT_TENANT).fetchall() == []


def test_a_session_without_a_tenant_sees_nothing_and_fails_loudly(database):
    with owner(database) as session:
        session.execute("SET ROLE bellwether_app")
        with pytest.raises(psycopg.errors.UndefinedObject, match=r"bellwether\.tenant"):
            session.execute("SELECT count(*) FROM idea")


@pytest.mark.parametrize("statement", ["UPDATE event SET actor = 'x'", "DELETE FROM event", "TRUNCATE event"])
def test_an_event_is_never_changed_neither_by_the_application_nor_by_the_owner(database, connection, statement):
    connection.execute(EVENT, ["default", new_id()])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
    with owner(database) as session, pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        session.execute(statement)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO tenant (id) VALUES ('intruder')",
        "UPDATE migration SET sha256 = ''",
        "ALTER TABLE idea DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON idea",
        "CREATE ROLE intruder",
        "COPY idea TO PROGRAM 'cat'",
    ],
)
def test_the_application_cannot_loosen_what_binds_it(connection, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("tenant", ["", "Upper", "a b", "x -c role=none", "é", "a" * 64])
def test_a_name_that_is_no_tenant_is_refused_before_anything_is_asked(tenant):
    with pytest.raises(NotAllowed, match="tenant"):
        connect("postgresql://nowhere.invalid/x", tenant)


def test_options_of_the_url_are_kept_but_cannot_unbind(database):
    with connect(f"{database}?options=-c%20role%3Dnone%20-c%20work_mem%3D5MB", "default") as session:
        assert who(session) == ("bellwether_app", "default")
        assert session.execute("SHOW work_mem").fetchone() == ("5MB",)


def test_no_statement_and_no_lock_is_waited_for_without_end(connection):
    rows = connection.execute(
        "SELECT name FROM pg_settings WHERE name LIKE '%_timeout' AND setting::int > 0"
    ).fetchall()
    assert {("lock_timeout",), ("statement_timeout",), ("idle_in_transaction_session_timeout",)} <= set(rows)


def test_nobody_there_and_nothing_there_are_told_apart(postgres_url, database):
    with pytest.raises(NotReachable, match="does not answer"):
        connect("postgresql://x@127.0.0.1:1/x", "default")
    with owner(postgres_url) as admin:
        admin.execute("CREATE DATABASE bare")
    with pytest.raises(NotMigrated, match="db migrate"):
        connect(postgres_url.replace("/postgres", "/bare"), "default")


async def test_a_pool_binds_every_session_and_commits_by_itself(database):
    async with pool(database, "default", size=3) as sessions:
        async with sessions.connection() as first, sessions.connection() as second:
            await first.execute(EVENT, ["default", new_id()])
            row = await (await second.execute("SELECT current_user::text, count(*) FROM event")).fetchone()
            assert row == ("bellwether_app", 1)
            assert first.autocommit
            assert first.prepare_threshold == 0
        assert sessions.max_size == 3


async def test_two_checkpointers_that_set_up_at_once_both_work(database):
    async def remember(thread):
        async with pool(database, "default", size=2) as sessions:
            saver = AsyncPostgresSaver(sessions)
            async with turn_async(database, "default", "checkpointer"):
                await saver.setup()
            config = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
            await saver.aput(config, empty_checkpoint(), {"step": 1}, {})
            return (await saver.aget_tuple(config)).metadata["step"]

    assert await asyncio.gather(*(remember(str(new_id())) for _ in range(4))) == [1, 1, 1, 1]
    with connect(database, "default") as session:
        owners = session.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename LIKE 'checkpoint%'"
        ).fetchall()
        indexes = session.execute("SELECT bool_and(indisvalid) FROM pg_index").fetchone()
    assert owners == [("bellwether_app",)]
    assert indexes == (True,)


def test_a_turn_that_does_not_come_says_for_what(database):
    with owner(database) as first, owner(database) as second:
        with turn(first, "washing"), pytest.raises(Busy, match="washing"), turn(second, "washing", timeout_s=0.1):
            pytest.fail("two had the turn at once")
        with turn(second, "washing", timeout_s=0.1):
            pass


def test_a_turn_ends_with_an_error_inside_it(database):
    with owner(database) as first, owner(database) as second:
        with pytest.raises(psycopg.errors.DivisionByZero), turn(first, "washing"):
            first.execute("SELECT 1 / 0")
        with turn(second, "washing", timeout_s=0.1):
            pass


async def test_a_pool_whose_server_is_away_tells_whoever_asks_and_prints_nothing(caplog):
    async with pool("postgresql://postgres@127.0.0.1:1/nobody", "default", size=1) as sessions:
        with pytest.raises(PoolTimeout):
            await sessions.getconn(timeout=0.5)
    assert caplog.records == []
