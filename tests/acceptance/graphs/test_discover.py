"""Discover and run, on made-up posts: from a file to decisions that wait, once however many runs there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evals.bench.stage import AS_OF, write_posts
from graphs.product import Product, Stage
from graphs.settings import Settings
from graphs.wiring import open_product

Session = psycopg.Connection[Any]


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """Made-up posts about sixteen subjects."""
    return write_posts(tmp_path / "posts.jsonl")


def count(session: Session, query: str) -> Any:
    row = session.execute(query.encode()).fetchone()
    return None if row is None else row[0]


async def test_a_run_ends_with_decisions_and_an_unchanged_rerun_finds_them(
    product: Product, posts: Path, connection: Session
) -> None:
    told: list[Any] = []
    first = await product.run([posts], top=4, progress=told.append)
    assert first.as_of <= AS_OF
    assert len(first.chosen) == len(first.decisions) == first.analysed == 4
    assert {row["status"] for row in first.decisions} <= {"pending_review", "rejected"}
    assert told[-1] == Stage("analyse", 4, 4)
    events = count(connection, "SELECT count(*) FROM event WHERE subject = 'idea'")
    second = await product.run([posts], top=4)
    assert (second.chosen, second.analysed) == (first.chosen, 0)
    assert count(connection, "SELECT count(*) FROM event WHERE subject = 'idea'") == events
    assert count(connection, "SELECT array_agg(DISTINCT status) FROM run") == ["finished"]


async def test_every_candidate_is_logged_with_its_propensity_and_the_version_that_ranked_it(
    product: Product, posts: Path, connection: Session
) -> None:
    summary = await product.run([posts], top=4)
    rows = connection.execute("SELECT rank, propensity, chosen, explored, ranked_by FROM candidate ORDER BY rank")
    log = rows.fetchall()
    assert sum(row[1] for row in log) == pytest.approx(4)
    assert sum(row[2] for row in log) == 4
    assert {row[4] for row in log} == {"score v1"}
    assert [row[1] for row in log] == sorted((row[1] for row in log), reverse=True)
    assert len(summary.chosen) == 4


async def test_two_runs_at_once_make_no_idea_twice_and_do_not_lock_each_other_out(
    settings: Settings, posts: Path, connection: Session
) -> None:
    async with open_product(settings) as one, open_product(settings) as other:
        async with asyncio.timeout(120):
            both = await asyncio.gather(one.run([posts], top=3), other.run([posts], top=3))
    assert both[0].chosen == both[1].chosen
    assert sum(summary.analysed for summary in both) == 3
    assert count(connection, "SELECT count(*) - count(DISTINCT key) FROM idea") == 0
    assert count(connection, "SELECT count(*) FROM decision") == 3
    discovered = "SELECT count(*) - count(DISTINCT subject_id) FROM event WHERE to_status = 'discovered'"
    assert count(connection, discovered) == 0


async def test_what_a_person_answered_leaves_the_shortlist_and_keeps_its_words(
    product: Product, posts: Path, connection: Session
) -> None:
    first = await product.run([posts], top=3)
    waiting = [row["id"] for row in first.decisions if row["status"] == "pending_review"]
    await product.reviews.edit(waiting[0], {"audience": "families"})
    second = await product.run([posts], top=3)
    assert waiting[0] not in second.chosen
    with connection.cursor() as cursor:
        cursor.execute("SELECT audience FROM idea WHERE id = %s", (waiting[0],))
        assert cursor.fetchone() == ("families",)


async def test_a_merged_idea_keeps_its_place_and_passes_on_what_points_at_it(
    product: Product, posts: Path, connection: Session, new_idea: Callable[..., UUID]
) -> None:
    home = new_idea("a home for another")
    await product.run([posts], top=2)
    (guest,) = connection.execute(
        "SELECT id FROM idea WHERE kind = 'subject' AND id <> %s LIMIT 1", (home,)
    ).fetchone() or (None,)
    connection.execute("UPDATE idea SET merged_into = %s WHERE id = %s", (home, guest))
    before = connection.execute("SELECT count(*) FROM idea_signal WHERE idea_id = %s", (home,)).fetchone()
    again = await product.run([posts], top=2)
    after = connection.execute("SELECT count(*) FROM idea_signal WHERE idea_id = %s", (home,)).fetchone()
    logged = connection.execute("SELECT idea_id FROM candidate WHERE run_id = %s", (again.run_id,)).fetchall()
    assert len(logged) > 2
    assert (guest,) not in logged
    assert before is not None and after is not None and after[0] > before[0]


async def test_a_run_that_was_killed_goes_on_where_it_stood(
    product: Product, posts: Path, connection: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        async def die(*_: object) -> int:
            raise KeyboardInterrupt

        patch.setattr(type(product), "_judge_all", die)
        with pytest.raises(KeyboardInterrupt):
            await product.run([posts], top=2)
    assert count(connection, "SELECT status FROM run") == "running"
    assert await product.resume_unfinished() == 1
    assert count(connection, "SELECT status FROM run") == "finished"
    assert count(connection, "SELECT count(*) FROM decision") == 2


async def test_a_run_that_fails_says_so_in_its_row(
    product: Product, posts: Path, connection: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise ValueError("no luck")

    monkeypatch.setattr(type(product), "_judge_all", fail)
    with pytest.raises(ValueError, match="no luck"):
        await product.run([posts], top=2)
    assert count(connection, "SELECT reason FROM event WHERE to_status = 'failed'") == "ValueError: no luck"


async def test_with_nothing_known_a_run_ends_with_an_empty_shortlist(product: Product) -> None:
    summary = await product.run()
    assert (summary.chosen, summary.decisions, summary.kinds, summary.left) == ([], [], {}, [])


async def test_a_run_as_of_an_earlier_day_reads_nothing_later(
    product: Product, posts: Path, connection: Session
) -> None:
    early = AS_OF - timedelta(days=6)
    summary = await product.run([posts], as_of=early, top=2)
    assert summary.as_of == early
    assert summary.analysed == 2
    cited = "SELECT max(split_part(r, '@', 2)::timestamptz) FROM fact, unnest(rows) AS r WHERE r LIKE 'observation:%'"
    assert count(connection, cited) <= early


async def test_the_schedule_shortlists_without_judging_and_lets_what_it_chose_rest(
    product: Product, posts: Path, connection: Session
) -> None:
    await product.run([posts], top=1)
    run_id, chosen = await product.shortlist(AS_OF + timedelta(days=2), top=3)
    assert len(chosen) == 3
    assert count(connection, "SELECT count(*) FROM decision") == 1
    assert count(connection, "SELECT array_agg(DISTINCT status) FROM run") == ["finished"]
    assert await product.shortlist(AS_OF + timedelta(days=2), top=3) == (run_id, chosen)
    _, others = await product.shortlist(AS_OF + timedelta(days=2, minutes=15), top=3)
    assert len(others) == 3
    assert not set(others) & set(chosen)
    _, again = await product.shortlist(AS_OF + timedelta(days=3, hours=2), top=3)
    assert set(again) & set(chosen)
