"""Bench publish and bench launch, small: real workers, real sockets, one of the workers killed."""

from __future__ import annotations

from evals.bench import launch, publish


def test_what_was_approved_is_live_once_though_answers_are_lost_and_a_worker_is_killed() -> None:
    figures = publish.run(small=True).figures
    assert {name: figures[name] for name in ("duplicates", "missing", "limit_breaches", "not_live", "killed")} == {
        "duplicates": 0, "missing": 0, "limit_breaches": 0, "not_live": 0, "killed": 1,
    }  # fmt: skip


def test_a_worker_brings_what_was_approved_to_the_folder_by_its_schedule() -> None:
    assert launch.run(small=True).figures["live"] == launch.SMALL_COUNT
