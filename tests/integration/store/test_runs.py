"""A run's end: once, and anew where it failed before."""

from __future__ import annotations

from datetime import UTC, datetime

from store.ideas import end_run, start_run
from store.ids import new_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_run_that_failed_and_was_tried_again_ends_finished_once(connection):
    run = new_id()
    start_run(connection, run, NOW, "mara")
    end_run(connection, run, "failed", {}, "mara", "the disk is full")
    start_run(connection, run, NOW, "mara")
    for _ in range(2):
        end_run(connection, run, "finished", {"chosen": 2}, "mara", "")
    end_run(connection, run, "failed", {}, "mara", "too late to fail")
    assert connection.execute("SELECT status, counts FROM run").fetchone() == ("finished", {"chosen": 2})
    events = connection.execute(
        "SELECT from_status, to_status FROM event WHERE subject = 'run' ORDER BY recorded_at, id"
    )
    assert events.fetchall() == [(None, "running"), ("running", "failed"), ("failed", "finished")]
