"""Bench replay: an unchanged rerun asks no model and gives the same bytes.

Three rounds over the same files: a run whose specialists ask a loopback stub; the same run again, which finds every
decision as it stands; and every idea judged anew as its next revision, where the same prompts find the answers that
were kept. Compared are the bytes of all findings, facts and decisions, per idea. `model_calls` counts what the stub was
asked after the first round; the baseline is what it was asked in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from evals.bench.stage import AS_OF, scratch_home, settings_of, write_posts
from evals.bench.stub import spawn
from evals.report import Asked, Result
from graphs.product import Product
from graphs.wiring import open_product
from store.postgres import connect

TOP, SMALL_TOP = 10, 3
QUERIES = (
    "SELECT id, agent, label, value, unit, source, known_at, rows, row_count FROM fact",
    "SELECT agent, outcome, judged_by, report, reason, model, prompt_hash, seed, fact_ids, input_tokens, "
    "output_tokens, cost_micro_usd FROM finding",
    "SELECT as_of, verdict, advice, ceiling, reasons, steps FROM decision",
)
ASKED = {"model_calls": Asked(most=0), "identical": Asked(least=1)}


def run(seed: int = 7, small: bool = False) -> Result:
    """Three rounds on a database of their own."""
    with scratch_home() as home, spawn(seed=seed) as stub:
        return asyncio.run(_rounds(home, stub, seed, SMALL_TOP if small else TOP))


async def _rounds(home: Path, stub: Any, seed: int, top: int) -> Result:
    posts = write_posts(home / "posts.jsonl", seed)
    settings = settings_of(home, model_base_url=stub.url, models={"web": "local/sonar"}, seed=seed)
    async with open_product(settings) as product:
        began = time.perf_counter()
        first = await product.run([posts], top=top)
        first_s, asked = time.perf_counter() - began, len(stub.calls)
        before = {idea_id: _bytes(product, idea_id, 1) for idea_id in first.chosen}

        began = time.perf_counter()
        second = await product.run([posts], top=top)
        rerun_s = time.perf_counter() - began
        stands = all(_bytes(product, idea_id, 1) == kept for idea_id, kept in before.items())

        for idea_id in first.chosen:
            await product.judge(idea_id, first.as_of)
        anew = sum(_bytes(product, idea_id, 2) == kept for idea_id, kept in before.items())
    figures = {
        "model_calls": len(stub.calls) - asked,
        "identical": stands and anew == len(before) > 0 and second.chosen == first.chosen and second.analysed == 0,
        "ideas": len(before),
        "judged_anew_identical": anew,
        "bytes": sum(len(kept) for kept in before.values()),
        "rerun_s": rerun_s,
    }
    baseline = {"model_calls": asked, "first_s": first_s}
    data = f"made-up posts up to {AS_OF:%Y-%m-%d}, {len(before)} ideas, a loopback stub"
    return Result("replay", figures, baseline, data, seed, asked=ASKED)


def _bytes(product: Product, idea_id: UUID, revision: int) -> bytes:
    """Everything a revision rests on, without ids and times of writing."""
    with connect(product.url, product.settings.tenant) as session:
        rows = [
            session.execute(f"{query} WHERE idea_id = %s AND revision = %s ORDER BY 1, 2".encode(), (idea_id, revision))
            for query in QUERIES
        ]
        return json.dumps([each.fetchall() for each in rows], default=str, sort_keys=True).encode()
