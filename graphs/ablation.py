"""Ablation on one's own decisions: what a tenant's newest ones would have been without each of the specialists.

From the findings and facts that are stored: no specialist is asked again, coordinator and rule decide anew in code.
Where a model coordinated, its advice is not asked for again either: `alike` says how many decisions come out as they
stand, and what is left out is held against the decision made anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from agents.ablation import Without, ablate, conclude
from agents.brief import Brief
from agents.panel import Panel
from agents.roster import SPECIALISTS
from agents.specialist import Finding, Outcome
from graphs.packing import PLAIN, idea_of
from graphs.product import Product
from market.comparables import Comparables
from market.costs import CostTable
from store.cache import ANALYTICS_S, Cache
from store.verdicts import Row, Rows, load_grounds, load_newest
from trends.fact import Fact
from trends.idea import Evidence

MOST = 120
"""Decisions that are made anew; with much fewer, "no effect" says little."""
NEWEST = "newest"
NAMES = tuple(each.name for each in SPECIALISTS)


@dataclass(frozen=True, slots=True)
class Case:
    """One decision as it is stored."""

    brief: Brief
    findings: tuple[Finding, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What leaving one specialist out did, of so many decisions."""

    agent: str
    of: int
    changed: int
    raised: int
    lowered: int
    silenced: int
    stance: float | None
    facts: float
    at_most: float

    @classmethod
    def from_without(cls, found: Without) -> Effect:
        """The figures of one specialist."""
        return cls(
            found.agent, len(found.moves), found.changed, found.raised, found.lowered, found.unheard, found.stance,
            fmean(found.facts), found.at_most,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ablation:
    """Each specialist's effect on the newest decisions; `alike` of them come out anew as they stand."""

    decisions: int
    alike: int
    newest: str
    """When the newest of them was made, ISO."""
    effects: tuple[Effect, ...]


async def load_cases(connection: Rows, most: int = MOST) -> tuple[list[Case], datetime | None]:
    """The newest decisions with what they rest on, and when the newest was made."""
    rows = await load_newest(connection, most)
    grounds = await load_grounds(connection, [(row["id"], row["decided_revision"]) for row in rows])
    cases = [_case(row, *grounds[row["id"], row["decided_revision"]]) for row in rows]
    return cases, rows[0]["decided_on"] if rows else None


async def ablate_cases(
    cases: Sequence[Case], newest: datetime, progress: Callable[[int, int], None] = lambda *_: None
) -> Ablation:
    """Each specialist left out of these in turn. Computing alone: it asks nobody and reads nothing."""
    panel = Panel()
    judged = [await conclude(panel, case.brief, case.findings) for case in cases]
    without = await ablate(panel, judged, NAMES, progress)
    alike = sum(one.verdict.value == case.verdict for one, case in zip(judged, cases, strict=True))
    effects = tuple(Effect.from_without(each) for each in without)
    return Ablation(len(cases), alike, newest.isoformat(), effects)


def unpack_ablation(packed: Mapping[str, Any]) -> Ablation:
    """An ablation from what `dataclasses.asdict` made of it."""
    return Ablation(**{**packed, "effects": tuple(Effect(**each) for each in packed["effects"])})


def _case(row: Row, findings: Sequence[Row], facts: Sequence[Row]) -> Case:
    as_of = row["decided_as_of"]
    by_agent: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=lambda each: str(each["id"])):
        by_agent.setdefault(fact["agent"], []).append(_fact(fact))
    order = {name: at for at, name in enumerate(NAMES)}
    said = sorted((each for each in findings if each["agent"] in order), key=lambda each: order[each["agent"]])
    idea = idea_of(row, as_of)
    brief = Brief(idea, Evidence(as_of, ()), None, Comparables(()), CostTable((), ()), as_of)
    return Case(brief, tuple(_finding(each, by_agent.get(each["agent"], [])) for each in said), row["decided"])


def _fact(row: Row) -> Fact:
    kept = {name: row[name] for name in ("id", "value", "unit", "source", "known_at", "label", "row_count")}
    return Fact(**kept, rows=tuple(row["rows"]))


def _finding(row: Row, facts: Sequence[Fact]) -> Finding:
    return Finding(outcome=Outcome(row["outcome"]), facts=tuple(facts), **{name: row[name] for name in PLAIN})


async def find_kept(product: Product) -> Ablation | None:
    """What was measured last, where no decision was made since."""
    async with product.pool.connection() as connection:
        rows = await load_newest(connection, 1)
    packed = await asyncio.to_thread(_kept(product).get, NEWEST) if rows else None
    if packed is None or packed["newest"] != rows[0]["decided_on"].isoformat():
        return None
    return unpack_ablation(packed)


async def keep(product: Product, measured: Ablation) -> None:
    """Keep it for whoever looks next, for a day at most."""
    await asyncio.to_thread(_kept(product).put, NEWEST, asdict(measured))


def _kept(product: Product) -> Cache:
    return Cache(product.hot.redis, product.settings.tenant, "ablation", ANALYTICS_S)
