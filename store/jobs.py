"""Jobs as rows: procrastinate's tables, made from its own files and closed to other tenants; what waits, died, may go.

Its tables know no tenant. Each gets a `tenant_id` that the session fills in, and row-level security over it; its
functions run with the rights of whoever calls them, so they see one tenant. Locks and periodic ids are unique over all
tenants, so whoever makes one puts the tenant's name in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

BATCH = 5_000
"""Ended jobs that are deleted at once: a second's work, so that nothing waits for it."""
ENDED = ("succeeded", "failed", "cancelled", "aborted")
OURS = Path(__file__).with_name("job_tables.sql")
Row = dict[str, Any]

QUEUES = """
SELECT queue_name AS queue, count(*) FILTER (WHERE status = 'todo') AS todo,
  count(*) FILTER (WHERE status = 'doing') AS doing,
  extract(epoch FROM now() - min(since) FILTER (WHERE status = 'todo' AND since <= now()))::float AS oldest_s
FROM procrastinate_jobs JOIN LATERAL (
  SELECT greatest(scheduled_at, (SELECT min(at) FROM procrastinate_events WHERE job_id = procrastinate_jobs.id))
) AS due (since) ON true
WHERE status IN ('todo', 'doing') GROUP BY queue_name
"""
DONE = """
SELECT queue_name AS queue, count(*) AS done_last_hour FROM procrastinate_events AS event
JOIN procrastinate_jobs AS job ON job.id = event.job_id
WHERE event.at > now() - interval '1 hour' AND event.type = 'succeeded' GROUP BY queue_name
"""
DEAD = "SELECT queue, count(*) AS failed FROM dead_letter WHERE retried_at IS NULL GROUP BY queue"

OPEN_LETTERS = """
SELECT job_id, queue, task, args, error, digest, at FROM dead_letter WHERE retried_at IS NULL
ORDER BY at, job_id LIMIT %s
"""
BURY = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, lock, queueing_lock, args, error, digest)
SELECT current_setting('bellwether.tenant'), id, queue_name, task_name, priority, lock, queueing_lock, args,
  %(error)s, %(digest)s
FROM procrastinate_jobs WHERE id = %(job_id)s ON CONFLICT DO NOTHING
"""
"""With procrastinate's named parameters: run on its own connections."""
BURY_UNTOLD = """
INSERT INTO dead_letter (tenant_id, job_id, queue, task, priority, lock, queueing_lock, args, error, digest)
SELECT current_setting('bellwether.tenant'), id, queue_name, task_name, priority, lock, queueing_lock, args,
  'it failed and nobody said why: its task is unknown to this version, or its worker died as it failed', ''
FROM procrastinate_jobs AS job WHERE status = 'failed'
  AND NOT EXISTS (SELECT FROM dead_letter WHERE dead_letter.job_id = job.id) ON CONFLICT DO NOTHING
"""
RAISE = """
WITH risen AS (
  UPDATE dead_letter SET retried_at = now()
  WHERE retried_at IS NULL AND (%(job_id)s::bigint IS NULL OR job_id = %(job_id)s)
  RETURNING job_id, queue, task, priority, lock, queueing_lock, args
), again AS (
  INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
  SELECT queue, task, priority, lock, queueing_lock, args FROM risen ORDER BY job_id
  ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
)
SELECT job_id, task, args FROM risen ORDER BY job_id
"""

DECIDED = "SELECT DISTINCT idea_id FROM decision WHERE idea_id = ANY(%s) AND recorded_at > now() - %s"

OLD_JOBS = """
SELECT id FROM procrastinate_jobs AS job WHERE id > %s AND status = ANY(%s::procrastinate_job_status[])
  AND NOT EXISTS (SELECT FROM procrastinate_events AS event WHERE event.job_id = job.id AND event.at >= now() - %s)
ORDER BY id LIMIT %s
"""


def apply_job_tables(connection: Connection[Any]) -> list[str]:
    """Bring procrastinate's tables up to the installed version; the names of its files applied now.

    Its schema on a fresh database, where all its migrations count as applied; else the migrations that are new, each in
    a transaction of its own. The caller holds the turn and owns the database.
    """
    files = {path.name: path for path in sorted((_sql() / "migrations").glob("[0-9]*.sql"))}
    known = {name for (name,) in connection.execute("SELECT name FROM job_migration")}
    pending = [name for name in files if name not in known]
    if not pending:
        return []
    steps = {name: [name] for name in pending} if known else {"schema.sql": pending}
    for step, names in steps.items():
        with connection.transaction():
            connection.execute((files[step] if known else _sql() / step).read_bytes())
            connection.execute(OURS.read_bytes())
            connection.cursor().executemany("INSERT INTO job_migration (name) VALUES (%s)", [(name,) for name in names])
    return list(steps)


def _sql() -> Path:
    """The folder of the installed procrastinate's SQL, found without importing it: that costs .2 s."""
    spec = find_spec("procrastinate")
    if spec is None or spec.origin is None:
        raise ImportError("procrastinate is not installed")
    return Path(spec.origin).parent / "sql"


def queue_rows(connection: Connection[Any]) -> list[Row]:
    """Each queue in use: todo, doing, failed (open dead letters), oldest_s of what is due, done_last_hour."""
    queues: dict[str, Row] = {}
    for query in (QUEUES, DONE, DEAD):
        for row in _rows(connection, query):
            blank = {"queue": row["queue"], "todo": 0, "doing": 0, "failed": 0, "oldest_s": None, "done_last_hour": 0}
            queues.setdefault(row["queue"], blank).update(row)
    return [queues[name] for name in sorted(queues)]


def dead_letters(connection: Connection[Any], most: int = 1000) -> list[Row]:
    """What failed for good and was not retried, oldest first."""
    return _rows(connection, OPEN_LETTERS, [most])


def bury_untold(connection: Connection[Any]) -> int:
    """Make a dead letter of every failed job that has none; how many."""
    return connection.execute(BURY_UNTOLD.encode()).rowcount


def retry_dead(connection: Connection[Any], job_id: int | None = None) -> list[Row]:
    """Queue a dead letter, or all of them, as new jobs; which. One that waits already is not queued twice."""
    return _rows(connection, RAISE, {"job_id": job_id})


def decided_within(connection: Connection[Any], ideas: Sequence[UUID], age: timedelta) -> set[UUID]:
    """Those of these ideas with a decision that is no older."""
    return {idea for (idea,) in connection.execute(DECIDED, [list(ideas), age])}


def ideas_of_keys(connection: Connection[Any], keys: Sequence[str]) -> list[UUID]:
    """The ideas that these keys are known as."""
    found = connection.execute("SELECT coalesce(merged_into, id) FROM idea WHERE key = ANY(%s)", [list(keys)])
    return [idea for (idea,) in found]


def delete_finished(connection: Connection[Any], older_than: timedelta) -> int:
    """Delete the jobs that ended longer ago, in batches; how many. A dead letter stays: it needs no job row."""
    deleted, last = 0, 0
    while True:
        found = connection.execute(OLD_JOBS, [last, list(ENDED), older_than, BATCH]).fetchall()
        if not found:
            return deleted
        ids, last = [row[0] for row in found], found[-1][0]
        with connection.transaction():
            connection.execute("DELETE FROM procrastinate_events WHERE job_id = ANY(%s)", [ids])
            deleted += connection.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [ids]).rowcount


def _rows(connection: Connection[Any], query: str, values: Any = None) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
