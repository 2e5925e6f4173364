"""Bench ended: how much slower a new idea is found and judged where a million ideas have ended before it.

Two databases on one server, one empty, one with ended ideas (rejected or put away, with their scores, decisions,
events, shortlists and signals; one in twenty with all findings and facts; one in a hundred with its thread). Both are
given the same new posts, round by round, in turns; each round has subjects of its own, so its ideas are new.

slowdown    time of discover and judge on the full database over that on the empty one, median of the rounds
*_ms        what the schedule asks every quarter of an hour, on the full database; the baseline's are the empty one's
rows_read   rows of the tables with ended ideas that were read past every index, in all rounds; no clock is in it
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from psycopg import Connection

from evals.bench.stage import AS_OF, SUBJECTS, scratch_home, settings_of, write_posts
from evals.report import Asked, Result
from graphs.product import Product
from graphs.saver import TABLES, prune
from graphs.wiring import open_product
from store import decisions, ideas
from store.postgres import connect, owner
from trends.intake import take

ENDED, SMALL_ENDED = 1_000_000, 20_000
ROUNDS, SMALL_ROUNDS = 7, 3
TOP = 6
APART = timedelta(days=45)
"""Between rounds: further than a shortlist looks back."""
WHOLE = 20
"""One ended idea in so many has all its findings and facts."""
WITH_THREAD = 100
"""One in so many was judged of late, so that its thread is there."""
CHUNK = 100_000
FLUSH_S = 1.5
"""Sessions that rest tell the server what they read, once a second."""
ASKED = {"slowdown": Asked(most=1.2)}

IDEAS = """
INSERT INTO idea (tenant_id, id, key, phrase, audience, kind, kind_reason, product_format, status, as_of, recorded_at,
  verdict, score, decided_at)
SELECT 'default', md5('idea ' || n)::uuid, md5('key ' || n), 'ended subject ' || n, 'home crafters', 'subject',
  'made up', 'mug', CASE WHEN n %% 5 = 0 THEN 'archived' ELSE 'rejected' END, at, at, 'reject', random(), at
FROM generate_series(%(first)s::int, %(last)s::int) AS n,
  LATERAL (SELECT %(as_of)s::timestamptz - n * interval '10 seconds' AS at)
"""
SCORES = """
INSERT INTO score (tenant_id, idea_id, as_of, weights_version, total, terms, recorded_at)
SELECT 'default', id, as_of, 1, random(), %(terms)s::jsonb, recorded_at FROM idea WHERE key = ANY(%(keys)s::text[])
"""
DECISIONS = """
INSERT INTO decision (tenant_id, idea_id, revision, as_of, verdict, advice, ceiling, reasons, steps, recorded_at)
SELECT 'default', id, 1, as_of, 'reject', 'review', 'reject', %(reasons)s::jsonb, %(reasons)s::jsonb, recorded_at
FROM idea WHERE key = ANY(%(keys)s::text[])
"""
EVENTS = """
INSERT INTO event (tenant_id, id, subject, subject_id, to_status, actor, reason, recorded_at)
SELECT 'default', gen_random_uuid(), 'idea', id::text, to_status, 'bench', 'the margin is under 20 %%', recorded_at
FROM idea, unnest(ARRAY['discovered', 'analysing', 'rejected']) AS to_status WHERE key = ANY(%(keys)s::text[])
"""
SHORTLISTED = """
INSERT INTO candidate (tenant_id, run_id, idea_id, rank, propensity, chosen, ranked_by, recorded_at)
SELECT 'default', %(run)s::uuid, id, 1, 1, true, 'score v1', recorded_at FROM idea WHERE key = ANY(%(keys)s::text[])
"""
SIGNALS = """
INSERT INTO idea_signal (tenant_id, idea_id, signal_id)
SELECT 'default', idea.id, s.id FROM idea CROSS JOIN (SELECT id FROM signal LIMIT 3) AS s
WHERE key = ANY(%(keys)s::text[])
"""
REVIEWS = """
INSERT INTO review (tenant_id, id, idea_id, revision, answer, actor, decided_at, undo_until, told_at)
SELECT 'default', gen_random_uuid(), id, 1, 'ignore', 'bench', recorded_at, recorded_at, recorded_at FROM idea
WHERE status = 'archived' AND key = ANY(%(keys)s::text[])
"""
FINDINGS = """
INSERT INTO finding (tenant_id, idea_id, revision, agent, outcome, judged_by, report, recorded_at)
SELECT 'default', id, 1, 'agent ' || n, 'opinion', 'rule', %(reasons)s::jsonb, recorded_at
FROM idea, generate_series(1, 12) AS n WHERE key = ANY(%(whole)s::text[])
"""
FACTS = """
INSERT INTO fact (tenant_id, idea_id, revision, id, agent, label, value, unit, source, known_at, rows, row_count)
SELECT 'default', idea.id, 1, 'trend.fact_' || n, 'trend', 'a made-up figure', to_jsonb(n), 'count', 'bench', as_of,
  '{observation:00000000-0000-0000-0000-000000000000@2017-10-05T00:00:00+00:00}', 1
FROM idea, generate_series(1, 40) AS n WHERE key = ANY(%(whole)s::text[])
"""
ROWS = (IDEAS, SCORES, DECISIONS, EVENTS, SHORTLISTED, SIGNALS, REVIEWS, FINDINGS, FACTS)
RUN = """
INSERT INTO run (tenant_id, id, as_of, status, finished_at) VALUES ('default', gen_random_uuid(), %s, 'finished', %s)
RETURNING id
"""
COPY_THREADS = """
INSERT INTO {table} SELECT (jsonb_populate_record(row, jsonb_build_object('thread_id', 'thread ' || n))).*
FROM {table} AS row, generate_series(1, %s::int) AS n WHERE thread_id = %s
"""
FILLED = ("idea", "score", "decision", "event", "candidate", "idea_signal", "review", "finding", "fact")
ROWS_READ = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = ANY(%s)"
TERMS = '[{"name": "freshness", "value": 0.5, "weight": 1.0, "reason": "made up"}]'
REASONS = '["The margin at the median price is 12.4 %, under 20 %.", "The competition is high: 214 listings a demand."]'


@dataclass(slots=True)
class Side:
    """One database, and what its rounds took."""

    name: str
    product: Product
    discover_s: list[float] = field(default_factory=list)
    judge_s: list[float] = field(default_factory=list)
    asked_ms: dict[str, list[float]] = field(default_factory=dict)
    judged: int = 0

    @property
    def whole_s(self) -> list[float]:
        return [found + judged for found, judged in zip(self.discover_s, self.judge_s, strict=True)]


def run(seed: int = 7, small: bool = False) -> Result:
    """Rounds in turns on both databases, after one round that nobody counts."""
    with scratch_home() as home:
        return asyncio.run(_run(home, seed, SMALL_ENDED if small else ENDED, SMALL_ROUNDS if small else ROUNDS, small))


async def _run(home: Path, seed: int, ended: int, rounds: int, small: bool) -> Result:
    async with AsyncExitStack() as stack:
        sides = [
            Side(name, await stack.enter_async_context(open_product(settings_of(home, database=name, seed=seed))))
            for name in ("fresh", "full")
        ]
        for side in sides:
            await _round(side, home, seed, 0)
        began = time.perf_counter()
        await asyncio.to_thread(fill, sides[1].product.url, ended)
        filled_s = time.perf_counter() - began
        read = await asyncio.to_thread(_rows_read, sides[1].product.url)
        for nth in range(1, rounds + 1):
            for side in sides if nth % 2 else reversed(sides):
                await _round(side, home, seed, nth)
        await asyncio.sleep(FLUSH_S)
        size_mb = await asyncio.to_thread(_size_mb, sides[1].product.url)
        read = await asyncio.to_thread(_rows_read, sides[1].product.url) - read
    return _result(sides, seed, ended, filled_s, {"size_mb": size_mb, "rows_read": read}, small)


async def _round(side: Side, home: Path, seed: int, nth: int) -> None:
    """New posts on one database: what they become, and what the schedule asks besides. Round 0 is not counted."""
    as_of = AS_OF + nth * APART
    posts = write_posts(home / f"{side.name}-{nth}.jsonl", seed + nth, subjects_of(nth), as_of)
    await asyncio.to_thread(_take, side.product, posts)
    began = time.perf_counter()
    run_id, chosen = await side.product.shortlist(as_of, TOP)
    found = time.perf_counter()
    for idea_id in chosen:
        await side.product.judge(idea_id, as_of, run_id, again=False)
    judged = time.perf_counter()
    asked = {name: await _timed(ask, side.product) for name, ask in QUARTERLY.items()}
    if nth == 0:
        return
    side.discover_s.append(found - began)
    side.judge_s.append(judged - found)
    side.judged += len(chosen)
    for name, took_s in asked.items():
        side.asked_ms.setdefault(name, []).append(took_s * 1000)


def subjects_of(nth: int) -> tuple[str, ...]:
    """Eight subjects that no other round has: pairs of the stage's own."""
    singles = [subject for subject in SUBJECTS if " " not in subject]
    count = len(singles)
    return tuple(f"{singles[at]} {singles[(at + nth + 1) % count]}" for at in range(0, count, 2))


def fill(url: str, ended: int) -> None:
    """Put the ended ideas into a database that one round has been through."""
    with owner(url) as connection:
        connection.execute("SET session_replication_role = replica")  # no look at every foreign key
        connection.execute("SET bellwether.tenant = 'default'")
        for first in range(1, ended + 1, CHUNK):
            _fill_chunk(connection, first, min(first + CHUNK - 1, ended))
        _copy_threads(connection, ended // WITH_THREAD)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")  # what was filled in is not written out while the rounds are timed


def _fill_chunk(connection: Connection[Any], first: int, last: int) -> None:
    numbers = "SELECT md5('key ' || n) FROM generate_series(%s::int, %s::int, %s::int) AS n"
    keys = [row[0] for row in connection.execute(numbers, (first, last, 1))]
    whole = [row[0] for row in connection.execute(numbers, (first, last, WHOLE))]
    at = AS_OF - timedelta(seconds=10 * first)
    made = connection.execute(RUN, (at, at)).fetchone()
    given = {"first": first, "last": last, "as_of": AS_OF, "keys": keys, "whole": whole, "run": made and made[0]}
    for rows in ROWS:
        connection.execute(rows.encode(), {**given, "terms": TERMS, "reasons": REASONS})


def _copy_threads(connection: Connection[Any], count: int) -> None:
    longest = "SELECT thread_id FROM checkpoints GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    row = connection.execute(longest).fetchone()
    for table in TABLES:
        connection.execute(COPY_THREADS.format(table=table).encode(), (count, row and row[0]))


def _take(product: Product, posts: Path) -> None:
    with connect(product.url, product.settings.tenant) as connection:
        take([posts], connection, product.settings.tenant)


async def _unfinished(product: Product) -> Any:
    async with product.pool.connection() as connection:
        return await decisions.load_unfinished(connection)


async def _running(product: Product) -> Any:
    with connect(product.url, product.settings.tenant) as connection:
        return ideas.load_running(connection)


async def _prune(product: Product) -> Any:
    return await prune(product.pool, product.analyze_graph, timedelta(days=30))


QUARTERLY: Mapping[str, Callable[[Product], Awaitable[Any]]] = {
    "unfinished": _unfinished,
    "running": _running,
    "review_list": lambda product: product.reviews.pending(),
    "prune": _prune,
}


async def _timed(ask: Callable[[Product], Awaitable[Any]], product: Product) -> float:
    began = time.perf_counter()
    await ask(product)
    return time.perf_counter() - began


def _size_mb(url: str) -> float:
    with owner(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database()) / 1e6").fetchone()
        return float(row[0]) if row else 0.0


def _rows_read(url: str) -> int:
    """Rows of the filled tables that were read by walking a whole table, since the server began to count."""
    with owner(url) as connection:
        row = connection.execute(ROWS_READ, (list(FILLED),)).fetchone()
        return int(row[0]) if row else 0


def _result(
    sides: list[Side], seed: int, ended: int, filled_s: float, sizes: Mapping[str, float], small: bool
) -> Result:
    fresh, full = sides

    def ratio(times: Callable[[Side], list[float]]) -> float:
        return median(late / early for late, early in zip(times(full), times(fresh), strict=True))

    figures = {
        "slowdown": ratio(lambda side: side.whole_s),
        "discover_slowdown": ratio(lambda side: side.discover_s),
        "judge_slowdown": ratio(lambda side: side.judge_s),
        **_figures(full),
        "ended": ended,
        **sizes,
    }
    per_idea = f"{filled_s:.0f} s to fill; an ended idea has a score, a decision, 3 events, a place on a shortlist and "
    note = per_idea + f"3 signals, one in {WHOLE} 12 findings and 40 facts, one in 5 a review, one in {WITH_THREAD} "
    data = f"{ended:,} ended ideas, {full.judged} new ones of {len(full.judge_s)} rounds"
    return Result("ended", figures, _figures(fresh), data, seed, (note + "a thread",), {} if small else ASKED)


def _figures(side: Side) -> dict[str, float]:
    asked = {f"{name}_ms": median(taken) for name, taken in side.asked_ms.items()}
    return {"discover_s": median(side.discover_s), "judge_s": median(side.judge_s), **asked, "judged": side.judged}
