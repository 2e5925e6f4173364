"""Bench analyze: how long an idea takes beside what its models take, and what we add to it beside bare LangGraph.

wall_ratio          wall time of an idea over (its slowest specialist + its coordinator), median; the stub's own
                    seeded latencies of 0.3-1.5 s, each idea's own draws
sequence_speedup    the same calls one after the other, 0.8 s apart, over that wall time; the sequence is sent to a
                    stub of the same seed and timed for the first idea, for the others its latencies are added up
overhead_ratio      an idea at zero latency over bare LangGraph with as many nodes side by side, the same kind of
                    checkpointer on the same server, durability `sync`; taken in turns, medians of many ideas; once
                    with rules, once with models that answer in the process (nobody's server in it): the slower
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
import urllib.request
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any, TypedDict
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.door import Ceilings, Door
from agents.model import Ask, Route, ScriptedModel
from agents.panel import Panel
from agents.roster import SPECIALISTS
from evals.bench.stage import scratch_home, settings_of, store_idea
from evals.bench.stub import Call, answer_by_rule, spawn
from evals.report import Asked, Result
from graphs.analyze import merged
from graphs.product import Product
from graphs.saver import open_saver
from graphs.wiring import open_product
from store.calls import PostgresCalls
from store.ids import new_id
from store.postgres import connect, pool

LATENCY_S = (0.3, 1.5)
APART_S = 0.8
COMPARABLES = 12
"""Comparables of an idea: with them every specialist has something to say, so that none is saved its call."""
SEARCH = "nobody"
"""Whom the stub takes a web search for: its prompt is no desk's."""
ASKED = {"wall_ratio": Asked(most=1.15), "sequence_speedup": Asked(least=7), "overhead_ratio": Asked(most=4)}


@dataclass(frozen=True, slots=True)
class Timed:
    """One idea: its wall time, and the calls it made."""

    wall_s: float
    calls: list[Call]

    @property
    def ideal_s(self) -> float:
        """The slowest specialist and the coordinator, as the stub held them back."""
        by_agent: dict[str, float] = defaultdict(float)
        for call in self.calls:
            by_agent["web_search" if call.agent == SEARCH else call.agent] += call.latency_s
        return by_agent.pop("coordinator", 0.0) + max(by_agent.values())

    def sequence_s(self, apart_s: float) -> float:
        """The same calls one after the other, added up."""
        return sum(call.latency_s for call in self.calls) + apart_s * (len(self.calls) - 1)


def run(seed: int = 7, small: bool = False) -> Result:
    """Measures all three; `small` shortens latencies to a tenth and takes fewer ideas."""
    scale, waited, added = (0.1, 1, 3) if small else (1.0, 8, 60)
    with scratch_home() as home:
        timed, sequence_s = asyncio.run(_against_stub(home, seed, scale, waited))
        overhead = asyncio.run(_overhead(home, seed, added))
    speedups = [
        (sequence_s if at == 0 else one.sequence_s(APART_S * scale)) / one.wall_s for at, one in enumerate(timed)
    ]
    bare_ms = overhead["bare"] * 1000
    ratios = {name: overhead[name] / overhead[f"bare beside {name}"] for name in ("rules", "models")}
    slower = max(ratios, key=ratios.__getitem__)
    figures = {
        "wall_ratio": median(one.wall_s / one.ideal_s for one in timed),
        "sequence_speedup": median(speedups),
        "overhead_ratio": ratios[slower],
        "overhead_ratio_rules": ratios["rules"],
        "overhead_ratio_models": ratios["models"],
        "wall_s": median(one.wall_s for one in timed),
        "idea_ms": overhead[slower] * 1000,
        "calls_per_idea": median(len(one.calls) for one in timed),
        "ideas": waited + added,
    }
    baseline = {
        "ideal_s": median(one.ideal_s for one in timed),
        "sequence_s": sequence_s,
        "sequence_s_added_up": timed[0].sequence_s(APART_S * scale),
        "bare_ms": bare_ms,
    }
    low, high = LATENCY_S[0] * scale, LATENCY_S[1] * scale
    data = f"{waited} made-up ideas against a loopback stub ({low:g}-{high:g} s), {added} at zero latency"
    notes = (f"overhead_ratio is that of {slower}, the slower path",)
    return Result("analyze", figures, baseline, data, seed, notes, {} if small else ASKED)


async def _against_stub(home: Path, seed: int, scale: float, ideas: int) -> tuple[list[Timed], float]:
    latency = (LATENCY_S[0] * scale, LATENCY_S[1] * scale)
    with spawn(latency, seed) as stub, spawn(latency, seed) as again:
        settings = settings_of(home, database="stub", model_base_url=stub.url, models={"web": "local/sonar"}, seed=seed)
        async with open_product(settings) as product:
            first, *others = _ideas(product, "waited", ideas + 1, seed)
            await product.judge(first)  # what loads late has loaded
            timed = []
            for idea_id in others:
                before = len(stub.calls)
                began = time.perf_counter()
                await product.judge(idea_id)
                timed.append(Timed(time.perf_counter() - began, stub.calls[before:]))
            warm = stub.calls[: len(stub.calls) - sum(len(one.calls) for one in timed)]
        await asyncio.to_thread(_send, again.url, warm, 0.0, True)
        sequence_s = await asyncio.to_thread(_send, again.url, timed[0].calls, APART_S * scale, False)
    return timed, sequence_s


def _send(url: str, calls: Sequence[Call], apart_s: float, together: bool) -> float:
    """Send these requests again one after the other, so far apart; how long that took."""
    began = time.perf_counter()
    for at, call in enumerate(calls):
        if at and not together:
            time.sleep(apart_s)
        body = json.dumps(call.body).encode()
        request = urllib.request.Request(f"{url}/chat/completions", body, {"content-type": "application/json"})  # noqa: S310 - ours
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - the stub's own loopback address
            reply.read()
    return time.perf_counter() - began


async def _overhead(home: Path, seed: int, ideas: int) -> dict[str, float]:
    """Median seconds an idea: bare, with rules, with models in the process; taken in turns."""
    settings = settings_of(home, database="added", seed=seed)
    taken: dict[str, float] = {}
    async with open_product(settings) as product, open_saver(product.url, "default") as saver:
        graph = bare().compile(checkpointer=saver)
        async with pool(product.url, "default") as connections:
            door = Door(_chains(), PostgresCalls(connections, "default"), Ceilings(10**12, 10**12, 10**12, 10**12))
            async with open_product(settings, Panel(door, seed=seed)) as modelled:
                for name, judged in (("rules", product), ("models", modelled)):
                    ours, theirs = await _in_turns(judged, graph, _ideas(product, name, ideas + 3, seed))
                    taken[name], taken[f"bare beside {name}"] = median(ours[3:]), median(theirs[3:])
    taken["bare"] = median([taken["bare beside rules"], taken["bare beside models"]])
    return taken


async def _in_turns(
    product: Product, graph: CompiledStateGraph[Any, Any, Any, Any], ideas: Sequence[UUID]
) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    gc.collect()
    for idea_id in ideas:
        config: RunnableConfig = {"configurable": {"thread_id": str(new_id())}}
        began = time.perf_counter()
        await graph.ainvoke({"idea_id": str(idea_id)}, config, durability="sync")
        theirs.append(time.perf_counter() - began)
        began = time.perf_counter()
        await product.judge(idea_id)
        ours.append(time.perf_counter() - began)
    return ours, theirs


class BareState(TypedDict):
    """What bare nodes pass on."""

    idea_id: str
    findings: Annotated[dict[str, Any], merged]


def bare() -> StateGraph[BareState, None, BareState, BareState]:
    """As many nodes as there are specialists, side by side, and one after them: nothing in them but a small answer."""
    graph = StateGraph(BareState)
    names = [each.name for each in SPECIALISTS]

    def node(name: str) -> Any:
        async def answer(state: BareState) -> dict[str, Any]:
            return {"findings": {name: {"outcome": "opinion", "idea": state["idea_id"]}}}

        return answer

    for name in names:
        graph.add_node(name, node(name))
        graph.add_edge(START, name)
    graph.add_node("coordinator", node("coordinator"))
    graph.add_edge(names, "coordinator")
    graph.add_edge("coordinator", END)
    return graph


def _chains() -> dict[str, list[Route]]:
    """Models in this process that answer at once what the agent's own rule says."""
    route = Route(ScriptedModel(_by_rule, "instant"), "instant")
    return {tier: [route] for tier in ("versatile", "reasoning", "instant")}


def _by_rule(request: Ask) -> str:
    said = [{"role": message.role, "content": message.content} for message in request.messages]
    return answer_by_rule(request.agent, {"messages": said})


def _ideas(product: Product, name: str, count: int, seed: int) -> list[UUID]:
    with connect(product.url, "default") as session:
        return [store_idea(session, f"{name} subject {at}", seed, COMPARABLES) for at in range(count)]
