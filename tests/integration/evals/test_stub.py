"""The stub: it answers as the desks' rules would, so that a whole panel runs on it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from agents.chains import chains
from agents.door import Door
from agents.model import Ask, Message, ModelBusy
from agents.panel import Panel
from agents.providers import OpenAICompatible
from agents.roster import SPECIALISTS
from agents.specialist import Outcome
from evals.bench.stub import OVER_LIMIT, Allows, Stub, spawn
from store.calls import MemoryCalls
from tests.desks import rich_brief

ASK = Ask("pricing", "instant", (Message("user", "hello"),), model="m")


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


async def test_limits_are_kept_strictly_in_a_sliding_window_for_each_key():
    with Stub(lambda *_: "yes", allows=Allows(2, 10_000, window_s=0.5)) as stub:
        mine, theirs = (OpenAICompatible("local", SecretStr(key), stub.url) for key in ("one", "two"))
        first = await mine.ask(ASK)
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        await asyncio.sleep(0.25)
        await mine.ask(ASK)
        with pytest.raises(ModelBusy) as refused:
            await mine.ask(ASK)
        assert 0 < (refused.value.retry_after_s or 0) <= 0.25
        await theirs.ask(ASK)
        await asyncio.sleep(refused.value.retry_after_s or 0)
        await mine.ask(ASK)
        with pytest.raises(ModelBusy):
            await mine.ask(ASK)
        assert [call.fault for call in stub.calls].count(OVER_LIMIT) == 2
        await mine.close()
        await theirs.close()


async def test_tokens_count_as_they_were_really_used():
    with Stub(lambda *_: "x" * 400, allows=Allows(100, 250)) as stub:
        server = OpenAICompatible("local", None, stub.url)
        answers = [await server.ask(ASK) for _ in range(2)]
        left = 250 - sum(answer.input_tokens + answer.output_tokens for answer in answers)
        assert answers[-1].headers["x-ratelimit-remaining-tokens"] == str(left)
        with pytest.raises(ModelBusy):
            await server.ask(replace(ASK, messages=(Message("user", "y" * 4 * (left + 1)),)))
        await server.close()
    assert [call.fault for call in stub.calls] == ["ok", "ok", OVER_LIMIT]
