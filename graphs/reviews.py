"""Reviews: approve, edit, reject, send back, ignore, undo: the one way, for CLI, API and console.

The answer is written to the tables first, in one transaction; then the decision's thread is resumed, from whatever
process this is. Killed between the two, `deliver` brings the thread up to the tables later. Undo takes the answer back
while its window is open and nothing has followed from it, and puts the thread back to where it waits.

Errors: those of `store.decisions` (UnknownIdea, Decided, NotWaiting, TooLate) and BadAnswer from `graphs.inbox`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Durability
from psycopg_pool import AsyncConnectionPool

from graphs.analyze import thread_id, thread_name
from graphs.inbox import BadAnswer, Edits, ReviewAnswer, read_answer, reply_for
from graphs.packing import Packed
from market.costs import CostTable
from store import decisions, reviews
from store.decisions import DecisionError
from store.reviews import Answer

DURABILITY: Durability = "sync"
MOST_ANSWERS = 2
"""A note, then an answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One item of a bulk answer."""

    idea_id: UUID
    answer: str
    reason: str | None = None
    edits: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: the review that stands, or why there is none."""

    idea_id: UUID
    review: Packed | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Reviews:
    """What people do to ideas."""

    pool: AsyncConnectionPool[Any]
    graph: CompiledStateGraph[Any, Any, Any, Any]
    tenant: str
    actor: str
    undo_s: float
    costs: CostTable

    async def pending(self) -> list[Packed]:
        """Ideas that wait for an answer with their decision and score, best score first."""
        async with self.pool.connection() as connection:
            return await decisions.load_decisions(connection, ["pending_review"])

    async def show(self, idea_id: UUID, revision: int | None = None) -> Packed:
        """Everything a decision rests on: idea, decision, facts with their rows, findings, score, reviews, events."""
        async with self.pool.connection() as connection:
            return await decisions.load_case(connection, idea_id, revision)

    async def approve(self, idea_id: UUID, actor: str | None = None, reason: str | None = None) -> Packed:
        """Yes, as it stands."""
        return await self.answer(idea_id, read_answer(answer="approve", actor=actor, reason=reason))

    async def reject(self, idea_id: UUID, reason: str, actor: str | None = None) -> Packed:
        """No, and why."""
        return await self.answer(idea_id, read_answer(answer="reject", actor=actor, reason=reason))

    async def edit(
        self, idea_id: UUID, edits: Mapping[str, Any], actor: str | None = None, reason: str | None = None
    ) -> Packed:
        """Yes, with these fields changed: phrase, audience, product_format, price_cents."""
        changes = Edits.read(edits).model_dump(exclude_none=True)
        if not changes:
            raise BadAnswer("an edit changes at least one of phrase, audience, product_format, price_cents")
        self._check_format(changes)
        return await self.answer(idea_id, read_answer(answer="edit", actor=actor, reason=reason, edits=changes))

    async def respond(self, idea_id: UUID, note: str, actor: str | None = None) -> Packed:
        """Send it back to the coordinator with a note; it waits again afterwards."""
        async with self.pool.connection() as connection:
            idea = await decisions.get_idea(connection, idea_id)
            given = await reviews.load_answers(connection, idea_id, idea["revision"])
        if any(row["answer"] == "respond" for row in given):
            raise BadAnswer(f"{idea['phrase']!r} was sent back once already: approve, edit, reject or ignore")
        return await self.answer(idea_id, read_answer(answer="respond", actor=actor, reason=note))

    async def ignore(self, idea_id: UUID, actor: str | None = None, reason: str | None = None) -> Packed:
        """Neither yes nor no: put away."""
        return await self.answer(idea_id, read_answer(answer="ignore", actor=actor, reason=reason))

    async def answer(self, idea_id: UUID, answer: ReviewAnswer) -> Packed:
        """Write the answer, then tell the thread; answering the same again finds what stands."""
        nth = 1 if answer.answer == "respond" else 0
        given = Answer(answer.answer, answer.actor or self.actor, answer.reason, answer.edits, nth)
        async with self.pool.connection() as connection:
            review, _ = await reviews.record_answer(connection, idea_id, None, given, self.undo_s)
        await self.deliver(idea_id, review["revision"])
        return review

    async def bulk(self, verdicts: Sequence[Verdict]) -> list[Outcome]:
        """Answer many, each for itself: one that cannot be taken does not hold up the others."""
        return list(await asyncio.gather(*(self._one(verdict) for verdict in verdicts)))

    async def undo(self, idea_id: UUID, actor: str | None = None) -> Packed:
        """Take the answer back: tables first, then the thread waits again where it waited."""
        async with self.pool.connection() as connection:
            review = await reviews.undo_answer(connection, idea_id, actor or self.actor)
        config = self.config(idea_id, review["revision"])
        snapshot = await self.graph.aget_state(config)
        if snapshot.values and not snapshot.next:
            await self.graph.aupdate_state(config, {"answer": None}, as_node="decide")
            await self.graph.ainvoke(None, config, durability=DURABILITY)
        return review

    async def deliver(self, idea_id: UUID, revision: int) -> bool:
        """Tell a waiting thread what the tables hold; whether it was behind them."""
        config = self.config(idea_id, revision)
        for told in range(MOST_ANSWERS):
            reply = await self._next_reply(idea_id, revision, config)
            if reply is None:
                return told > 0
            await self.graph.ainvoke(Command(resume=reply), config, durability=DURABILITY)
        return True

    def config(self, idea_id: UUID, revision: int) -> RunnableConfig:
        """The thread of a revision, its name as metadata."""
        name = thread_name(self.tenant, idea_id, revision)
        return {
            "configurable": {"thread_id": thread_id(self.tenant, idea_id, revision)},
            "metadata": {"thread_name": name},
        }

    async def _next_reply(self, idea_id: UUID, revision: int, config: RunnableConfig) -> list[Packed] | None:
        """The first answer in the tables that the waiting thread has not been given."""
        snapshot = await self.graph.aget_state(config)
        if "review" not in snapshot.next or not snapshot.interrupts:
            return None
        async with self.pool.connection() as connection:
            rows = await reviews.load_answers(connection, idea_id, revision)
        given = len(snapshot.values.get("notes", []))
        left = [row for row in rows if row["answer"] == "respond"][given:]
        left += [row for row in rows if row["answer"] != "respond"]
        if not left:
            return None
        edits = (left[0]["edits"] or {}).get("to")
        fields = {name: left[0][name] for name in ("answer", "actor", "reason")}
        return reply_for(read_answer(**fields, edits=edits))

    async def _one(self, verdict: Verdict) -> Outcome:
        try:
            changes = Edits.read(verdict.edits).model_dump(exclude_none=True) if verdict.edits else None
            self._check_format(changes or {})
            answer = read_answer(answer=verdict.answer, reason=verdict.reason, edits=changes)
            return Outcome(verdict.idea_id, await self.answer(verdict.idea_id, answer))
        except (DecisionError, BadAnswer) as wrong:
            return Outcome(verdict.idea_id, None, str(wrong))

    def _check_format(self, changes: Mapping[str, Any]) -> None:
        formats = sorted({product.product_format for product in self.costs.products})
        wanted = changes.get("product_format")
        if wanted is not None and wanted not in formats:
            raise BadAnswer(f"product_format must be one of {', '.join(formats)}, got {wanted!r}")
