"""Jobs as rows: procrastinate's tables come from its own files, show one tenant, and let go of what ended."""

import shutil
from datetime import timedelta

import psycopg
import pytest

from store import jobs
from store.jobs import apply_job_tables, bury_untold, dead_letters, delete_finished, queue_rows, retry_dead
from store.migrate import add_tenant, migrate
from store.postgres import connect, owner

THEIRS = {
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_workers",
    "procrastinate_periodic_defers",
}
PUT = "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('scan', 'pull', %s) RETURNING id"
BACKDATE = "UPDATE procrastinate_events SET at = at - interval '4 days' WHERE job_id = %s"


def put(session, status="todo", old=False):
    job = session.execute(PUT, ["todo"]).fetchone()[0]
    for step in () if status == "todo" else ("doing", status):
        session.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [step, job])
    if old:
        session.execute(BACKDATE, [job])
    return job


def test_a_fresh_database_counts_every_migration_of_the_installed_version_as_applied(database):
    with owner(database) as session:
        names = {name for (name,) in session.execute("SELECT name FROM job_migration")}
        assert names == {path.name for path in (jobs._sql() / "migrations").glob("*.sql")}
        assert apply_job_tables(session) == []


def test_a_migration_of_a_later_version_is_applied_once_and_what_it_makes_is_closed_too(
    database, tmp_path, monkeypatch
):
    shutil.copytree(jobs._sql(), tmp_path / "sql")
    later = "99.00.00_01_pre_more.sql"
    (tmp_path / "sql" / "migrations" / later).write_text("CREATE TABLE procrastinate_more (n integer)")
    monkeypatch.setattr(jobs, "_sql", lambda: tmp_path / "sql")
    with owner(database) as session:
        assert apply_job_tables(session) == [later]
        assert apply_job_tables(session) == []
    migrate(database)
    with connect(database, "default") as session:
        session.execute("INSERT INTO procrastinate_more VALUES (1)")
        assert session.execute("SELECT tenant_id FROM procrastinate_more").fetchall() == [("default",)]


def test_every_table_of_procrastinate_is_behind_the_tenants_policy(connection):
    closed = connection.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'procrastinate%' AND relkind = 'r' "
        "AND relrowsecurity AND relforcerowsecurity"
    )
    assert {name for (name,) in closed} == THEIRS


def test_a_tenant_sees_its_own_jobs_only(database, connection):
    add_tenant(database, "acme")
    with connect(database, "acme") as theirs:
        put(theirs)
        put(theirs, "failed")
        bury_untold(theirs)
        assert queue_rows(connection) == []
        assert dead_letters(connection) == []
        assert retry_dead(connection) == []
        assert delete_finished(connection, timedelta(0)) == 0
        assert len(queue_rows(theirs)) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            theirs.execute("INSERT INTO procrastinate_workers (tenant_id) VALUES ('default')")


def test_queues_are_counted_with_the_age_of_what_is_due(connection):
    job = put(connection)
    connection.execute("UPDATE procrastinate_events SET at = at - interval '90 s' WHERE job_id = %s", [job])
    later = put(connection)
    connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = %s", [later])
    put(connection, "doing")
    put(connection, "succeeded")
    put(connection, "succeeded", old=True)
    put(connection, "failed")
    bury_untold(connection)
    (row,) = queue_rows(connection)
    assert 89 < row.pop("oldest_s") < 120
    assert row == {"queue": "scan", "todo": 2, "doing": 1, "failed": 1, "done_last_hour": 1}


def test_what_failed_without_a_word_becomes_a_dead_letter_once(connection):
    job = put(connection, "failed")
    assert (bury_untold(connection), bury_untold(connection)) == (1, 0)
    assert [letter["job_id"] for letter in dead_letters(connection)] == [job]


def test_a_dead_letter_is_queued_again_though_its_job_was_cleaned_away(connection):
    job = put(connection, "failed", old=True)
    bury_untold(connection)
    assert delete_finished(connection, timedelta(days=3)) == 1
    assert [row["job_id"] for row in retry_dead(connection, job)] == [job]
    assert retry_dead(connection) == []
    assert queue_rows(connection)[0]["todo"] == 1


def test_of_two_dead_letters_with_one_queueing_lock_one_is_queued(connection):
    for _ in range(2):
        connection.execute(
            "UPDATE procrastinate_jobs SET queueing_lock = 'a' WHERE id = %s", [put(connection, "failed")]
        )
    bury_untold(connection)
    assert len(retry_dead(connection)) == 2
    assert queue_rows(connection)[0]["todo"] == 1


def test_only_what_ended_long_ago_is_deleted_whatever_its_end(connection, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 2)
    for status in ("succeeded", "failed", "succeeded", "succeeded", "succeeded"):
        put(connection, status, old=True)
    kept = [put(connection, "succeeded"), put(connection, old=True), put(connection, "doing", old=True)]
    assert delete_finished(connection, timedelta(days=3)) == 5
    left = connection.execute("SELECT id FROM procrastinate_jobs ORDER BY id").fetchall()
    assert [row[0] for row in left] == kept
    assert connection.execute("SELECT count(DISTINCT job_id) FROM procrastinate_events").fetchone() == (3,)


def test_fetching_never_reads_all_that_waits(database, connection):
    with owner(database) as session:
        config = session.execute(
            "SELECT proconfig FROM pg_proc WHERE proname = 'procrastinate_fetch_job_v2'"
        ).fetchone()[0]
    assert "enable_sort=off" in config and "enable_bitmapscan=off" in config
    connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name) SELECT 'scan', 'pull' FROM generate_series(1, 3000)"
    )
    worker = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()[0]
    fetch = "SELECT id FROM procrastinate_fetch_job_v2(ARRAY['scan'], %s)"
    connection.execute(fetch, [worker])
    rows = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {fetch}", [worker]).fetchall()
    buffers = next(line for (line,) in rows if "Buffers" in line)
    assert int(buffers.split("hit=")[1].split()[0]) < 200, "a table of 3,000 that wait has more than that"
