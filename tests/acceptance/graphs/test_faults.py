"""Faults: killed at any boundary, or the database under it, an analysis ends as if nothing had been."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from evals.bench.stage import store_idea
from evals.bench.stub import Stub
from graphs.settings import ROOT, Settings
from graphs.wiring import open_product
from store.postgres import connect
from store.redis import EmbeddedRedis
from store.server import EmbeddedServer

NewIdea = Callable[..., UUID]
MORTAL = Path(__file__).with_name("mortal.py")
BOUNDARIES = (1, 9, 15, 17, 19, 24)
"""One in each step; all of 1 to 25 end the same (measured), and take four times as long."""


def final_state(url: str, tenant: str) -> dict[str, list[str]]:
    """What the tables hold of a tenant's idea, without its id and the times of writing."""
    queries = {
        "idea": "SELECT phrase, status, revision FROM idea",
        "fact": "SELECT id, value, unit, source, known_at, label, rows, row_count, revision FROM fact ORDER BY id",
        "finding": "SELECT agent, outcome, judged_by, report, reason, model, prompt_hash, fact_ids FROM finding "
        "ORDER BY agent",
        "decision": "SELECT revision, verdict, advice, ceiling, reasons, steps FROM decision",
        "review": "SELECT revision, answer, actor FROM review",
        "event": "SELECT from_status, to_status, actor FROM event WHERE subject = 'idea' ORDER BY recorded_at, id",
    }
    with connect(url, tenant) as session:
        (idea_id,) = session.execute("SELECT id::text FROM idea").fetchone() or ("",)
        rows = {name: session.execute(query.encode()).fetchall() for name, query in queries.items()}
    return {name: [repr(row).replace(idea_id, "IDEA") for row in found] for name, found in rows.items()}


def test_killed_at_every_boundary_it_ends_the_same_and_no_finished_specialist_is_asked_twice(
    database: str, redis_address: str, new_idea_of: Callable[[str], UUID]
) -> None:
    tenants = {f"killed-{boundary}": boundary for boundary in (0, *BOUNDARIES)}
    jobs = [f"{boundary}:{tenant}:{new_idea_of(tenant)}" for tenant, boundary in tenants.items()]
    with Stub() as stub:
        done = subprocess.run(
            [sys.executable, str(MORTAL), database, stub.url, *jobs],
            capture_output=True, text=True, timeout=300, cwd=ROOT, check=False,
            env={**os.environ, "REDIS_URL": redis_address},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = {line["tenant"]: line for line in map(json.loads, done.stdout.splitlines())}
        asked = Counter((call.headers["authorization"].removeprefix("Bearer "), call.agent) for call in stub.calls)
    expected = final_state(database, "killed-0")
    assert expected["idea"] == ["('pumpkin carving', 'approved', 1)"]
    assert told["killed-0"]["stored"] >= max(BOUNDARIES)
    for tenant, boundary in tenants.items():
        assert told[tenant]["died"] == (boundary > 0)
        assert told[tenant]["ended"], done.stderr
        assert final_state(database, tenant) == expected
        twice = [agent for agent in told[tenant]["finished"] if asked[tenant, agent] > 1]
        assert not twice, f"asked again after {tenant}: {twice}"


async def test_with_the_postmaster_killed_under_it_an_analysis_goes_on_and_ends_the_same(
    reachable_folder: Path,
) -> None:
    home = reachable_folder / "killed-postmaster"
    with Stub(latency_s=(0.2, 1.0), seed=3) as stub:
        states = []
        for database in ("left_alone", "killed"):
            settings = Settings(_env_file=None, home=home, model_base_url=stub.url, database=database)
            async with open_product(settings) as product:
                with connect(product.url, "default") as session:
                    idea_id = store_idea(session)
                before = len(stub.calls)
                work = asyncio.create_task(product.analyze(idea_id))
                if database == "killed":
                    async with asyncio.timeout(20):
                        while len(stub.calls) < before + 8:  # noqa: ASYNC110 - the stub is a thread
                            await asyncio.sleep(0.02)
                    await asyncio.sleep(0.5)
                    postmaster = int((home / "data" / "postmaster.pid").read_text().split()[0])
                    os.kill(postmaster, signal.SIGKILL)
                async with asyncio.timeout(60):
                    states.append(await work)
    EmbeddedServer(home).stop()
    EmbeddedRedis(home).stop()
    kept = ("outcome", "judged_by", "reason", "report")
    first, second = ([[found[name] for name in kept] for found in state["findings"]] for state in states)
    assert first == second
    assert states[0]["decision"]["reasons"] == states[1]["decision"]["reasons"]
    assert [e["to_status"] for e in states[1]["events"]] == ["discovered", "analysing", "pending_review"]
    assert set(Counter(call.agent for call in stub.calls[before:]).values()) == {1}
