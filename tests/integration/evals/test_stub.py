"""The stub: it answers as the desks' rules would, so that a whole panel runs on it."""

from __future__ import annotations

import asyncio
import time

from pydantic import SecretStr

from agents.chains import chains
from agents.door import Door
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.specialist import Outcome
from evals.bench.stub import Stub, spawn
from store.calls import MemoryCalls
from tests.desks import rich_brief


async def test_the_whole_panel_asks_it_once_each_and_every_answer_counts():
    it = rich_brief()
    with spawn(seed=7) as stub:
        made = chains({"local": SecretStr("x")}, base_url=stub.url, models={"web": "local/sonar"})
        panel = Panel(Door(made.routes, MemoryCalls()))
        findings = await asyncio.gather(*(panel.ask(specialist, it) for specialist in SPECIALISTS))
        advice = await panel.coordinate(findings, it)
        await made.close()
        counts = stub.counts
    every = (*findings, advice.finding)
    assert [(found.agent, found.outcome, found.judged_by) for found in every] == [
        (found.agent, Outcome.OPINION, "model") for found in every
    ], [found.reason for found in every]
    assert counts == dict.fromkeys([*(one.name for one in SPECIALISTS), "coordinator"], 1)


def latencies(seed: int) -> dict[str, float]:
    async def ask(stub: Stub) -> None:
        made = chains({"local": SecretStr("x")}, base_url=stub.url, models={"web": "local/sonar"})
        panel, it = Panel(Door(made.routes, MemoryCalls())), rich_brief()
        await asyncio.gather(*(panel.ask(specialist, it) for specialist in SPECIALISTS[:3]))
        await made.close()

    with Stub(latency_s=(0.02, 0.08), seed=seed) as stub:
        started = time.perf_counter()
        asyncio.run(ask(stub))
        assert time.perf_counter() - started >= max(call.latency_s for call in stub.calls)
    return {call.agent: call.latency_s for call in stub.calls}


def test_latencies_are_seeded_and_held():
    first = latencies(1)
    assert first == latencies(1) != latencies(2)
    assert all(0.02 <= latency_s <= 0.08 for latency_s in first.values())
