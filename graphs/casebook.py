"""Casebook: what the analysis of an idea reads and writes, behind one noun.

A `Brief` is read from the tables once per idea, revision and moment in a process, however many specialists ask for it;
a decision is written in one transaction.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from agents.brief import Brief
from agents.coordinator import Record
from agents.specialist import Finding
from graphs.packing import Packed, fact_rows, finding_rows, idea_of, score_of
from market.comparables import Comparable, comparables_from, match
from market.costs import CostTable, in_force, load_default_costs, prefer, read_costs
from market.reference import Reference
from store import decisions, reviews, track_records
from trends.dedupe import fold
from trends.evidence import Witness
from trends.signal import SignalKind
from trends.table import Corpus

KEPT_BRIEFS = 64
"""How many briefs a process keeps: more than it analyses at once."""

BriefKey = tuple[UUID, int, datetime]


@dataclass(frozen=True, slots=True)
class Market:
    """What a tenant brought to compare with, known at a moment."""

    comparables: tuple[Comparable, ...]
    costs: CostTable


@dataclass(frozen=True, slots=True)
class Casebook:
    """The tables of one tenant as the analysis sees them."""

    pool: AsyncConnectionPool[Any]
    actor: str
    marketplace: str
    undo_s: float
    _briefs: OrderedDict[BriefKey, asyncio.Task[Brief]] = field(default_factory=OrderedDict)
    _markets: dict[datetime, tuple[int, Market]] = field(default_factory=dict)

    async def open(self, idea_id: UUID, revision: int | None, as_of: datetime | None) -> Packed:
        """The idea's row at the revision that is to be judged; the idea is then `analysing`."""
        async with self.pool.connection() as connection:
            return await decisions.open_revision(connection, idea_id, self.actor, revision, as_of)

    async def brief(self, idea_id: UUID, revision: int, as_of: datetime) -> Brief:
        """Everything known of an idea at `as_of`; loaded once, shared by all who ask."""
        key = (idea_id, revision, as_of)
        task = self._briefs.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._briefs[key] = asyncio.ensure_future(self.read(idea_id, as_of))
            while len(self._briefs) > KEPT_BRIEFS:
                self._briefs.popitem(last=False)
        return await asyncio.shield(task)

    async def record(self, as_of: datetime) -> tuple[Record, ...]:
        """How right each specialist was, against what trends did, as it was known at a moment."""
        async with self.pool.connection() as connection:
            rows = await track_records.load_track_records(connection, as_of)
        return tuple(
            Record(row["agent"], row["judged"], row["brier"], row["base_brier"])
            for row in rows
            if row["against"] == "trend"
        )

    async def file(
        self, brief: Brief, revision: int, status: str, decision: Packed, findings: Sequence[Finding]
    ) -> None:
        """Write the decision with all it rests on, and move the idea; again, it writes nothing."""
        package = decisions.Package(
            idea_id=brief.idea.id,
            revision=revision,
            as_of=brief.as_of,
            status=status,
            decision=decision,
            facts=fact_rows(findings),
            findings=finding_rows(findings),
            actor="decision rule",
            reason=decision["reasons"][0] if decision["reasons"] else "",
            versions=_versions(brief, revision, findings),
        )
        async with self.pool.connection() as connection:
            await decisions.file_decision(connection, package)

    async def answer(self, idea_id: UUID, revision: int | None, answer: reviews.Answer) -> tuple[Packed, bool]:
        """Write a person's answer that the thread has; what stands, and whether it is new."""
        async with self.pool.connection() as connection:
            return await reviews.record_answer(connection, idea_id, revision, replace(answer, told=True), self.undo_s)

    async def read(self, idea_id: UUID, as_of: datetime, words: Mapping[str, str] | None = None) -> Brief:
        """Everything known of an idea at `as_of`, loaded now; `words`: what it is called, where not as it is now."""
        async with self.pool.connection() as connection:
            row, observed, score, references = await decisions.load_grounds(connection, idea_id, as_of)
            market = await self._market(connection, as_of, references)
        idea = idea_of({**row, **(words or {})}, as_of)
        corpus = corpus_from(observed)
        return Brief(
            idea=idea,
            evidence=Witness(corpus, as_of).evidence(
                range(len(corpus)), authors_of(corpus), tuple(sorted(set(corpus.source)))
            ),
            score=score_of(score),
            comparables=match(idea, market.comparables, as_of),
            costs=market.costs,
            as_of=as_of,
        )

    async def _market(self, connection: decisions.Rows, as_of: datetime, count: int) -> Market:
        kept = self._markets.get(as_of)
        if kept is not None and kept[0] == count:
            return kept[1]
        rows = await decisions.load_references(connection, as_of) if count else []
        references = [Reference(str(r["id"]), r["kind"], r["body"], r["known_at"], r["source"]) for r in rows]
        costs = in_force(read_costs(references, load_default_costs()), as_of.date())
        market = Market(comparables_from(references, as_of), prefer(costs, self.marketplace))
        self._markets.clear()
        self._markets[as_of] = (count, market)
        return market


def corpus_from(observed: Sequence[Mapping[str, Any]]) -> Corpus:
    """The corpus of these observations, which come by signal and oldest first."""
    corpus = Corpus()
    for _, group in groupby(observed, key=itemgetter("id")):
        history = list(group)
        first, last = history[0], history[-1]
        seen = [(row["known_at"], {name: float(value) for name, value in row["metrics"].items()}) for row in history]
        corpus.ids.append(first["id"])
        corpus.source.append(first["source"])
        corpus.kind.append(SignalKind(first["kind"]))
        corpus.text.append(last["text"] or first["first_text"])
        corpus.tags.append(tuple(first["tags"]))
        corpus.community.append(first["community"])
        corpus.category.append(first["category"])
        corpus.author_hash.append(first["author_hash"])
        corpus.known_at.append(last["known_at"])
        corpus.first_known_at.append(first["known_at"])
        corpus.published_at.append(first["published_at"])
        corpus.metrics.append(seen[-1][1])
        corpus.first_metrics.append(seen[0][1])
        corpus.observed.append(seen)
    return corpus


def authors_of(corpus: Corpus) -> int:
    """Independent authors: named ones, else one for each text that is no near repeat, else those a source counted."""
    items = [row for row in range(len(corpus)) if corpus.kind[row] is SignalKind.ITEM]
    people = {corpus.author_hash[row] for row in items} - {None}
    nameless = [corpus.text[row] for row in items if corpus.author_hash[row] is None]
    texts = set(fold(nameless).tolist()) if nameless else set()
    terms = [corpus.observed[row] for row in range(len(corpus)) if corpus.kind[row] is SignalKind.TERM]
    counted = (max(int(seen.get("authors", seen.get("items", 1))) for _, seen in observed) or 1 for observed in terms)
    return len(people) + len(texts) + sum(counted)


def _versions(brief: Brief, revision: int, findings: Sequence[Finding]) -> Packed:
    prompts = {finding.agent: finding.prompt_hash for finding in findings if finding.prompt_hash}
    weights = brief.score.weights_version if brief.score else None
    return {"revision": revision, "weights": weights, "prompts": prompts}
