"""Reviews: approve, edit, reject, send back, ignore, undo: the one way, for CLI, API and console.

An answer is written to the tables, in one transaction; whoever gave it waits for no more. Beside that the decision's
thread is told (`graphs.telling`), from whatever process this is. Killed between the two, the thread is told later. Undo
takes the answer back while its window is open and nothing has followed from it; the thread then waits again.

Errors: those of `store.decisions` (UnknownIdea, Decided, NotWaiting, TooLate) and BadAnswer from `graphs.inbox`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from psycopg_pool import AsyncConnectionPool

from graphs.inbox import BadAnswer, Edits, read_answer
from graphs.packing import Packed
from graphs.telling import DURABILITY, Telling
from market.costs import CostTable
from store import decisions, reviews
from store.decisions import DecisionError
from store.errors import Busy
from store.reviews import Answer

__all__ = ["DURABILITY", "Outcome", "Reviews", "Verdict"]

AT_ONCE = 8
"""Answers of a bulk that are written at the same time."""
UNDO_WAIT_S = 10.0
"""How long taking back waits for a thread that is being told."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One item of a bulk answer."""

    idea_id: UUID
    answer: str
    reason: str | None = None
    edits: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: the review that stands and whether it is new, or why there is none."""

    idea_id: UUID
    review: Packed | None
    refusal: DecisionError | BadAnswer | None = None
    is_new: bool = False

    @property
    def error(self) -> str | None:
        """The refusal in words."""
        return None if self.refusal is None else str(self.refusal)


@dataclass(frozen=True, slots=True)
class Reviews:
    """What people do to ideas."""

    pool: AsyncConnectionPool[Any]
    telling: Telling
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
        return await self._review(Verdict(idea_id, "approve", reason), actor)

    async def reject(self, idea_id: UUID, reason: str, actor: str | None = None) -> Packed:
        """No, and why."""
        return await self._review(Verdict(idea_id, "reject", reason), actor)

    async def edit(
        self, idea_id: UUID, edits: Mapping[str, Any], actor: str | None = None, reason: str | None = None
    ) -> Packed:
        """Yes, with these fields changed: phrase, audience, product_format, price_cents."""
        return await self._review(Verdict(idea_id, "edit", reason, edits), actor)

    async def respond(self, idea_id: UUID, note: str, actor: str | None = None) -> Packed:
        """Send it back to the coordinator with a note; it waits again afterwards."""
        return await self._review(Verdict(idea_id, "respond", note), actor)

    async def ignore(self, idea_id: UUID, actor: str | None = None, reason: str | None = None) -> Packed:
        """Neither yes nor no: put away."""
        return await self._review(Verdict(idea_id, "ignore", reason), actor)

    async def answer(self, verdict: Verdict, actor: str | None = None) -> tuple[Packed, bool]:
        """Write one answer; the review that stands, and whether it is new: the same again finds what stands."""
        given = self._checked(verdict, actor or self.actor)
        async with self.pool.connection() as connection:
            review, is_new = await reviews.record_answer(connection, verdict.idea_id, None, given, self.undo_s)
        if given.answer == "respond" and (review["reason"], review["actor"]) != (given.reason, given.actor):
            raise BadAnswer(f"it was sent back once already, by {review['actor']}: approve, edit, reject or ignore")
        if is_new:
            self.telling.tell(verdict.idea_id, review["revision"])
        return review, is_new

    async def bulk(self, verdicts: Sequence[Verdict], actor: str | None = None) -> list[Outcome]:
        """Answer many, each for itself: one that cannot be taken does not hold up the others."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(verdict: Verdict) -> Outcome:
            async with gate:
                try:
                    review, is_new = await self.answer(verdict, actor)
                except (DecisionError, BadAnswer) as refusal:
                    return Outcome(verdict.idea_id, None, refusal)
                return Outcome(verdict.idea_id, review, is_new=is_new)

        return list(await asyncio.gather(*(one(verdict) for verdict in verdicts)))

    async def undo(self, idea_id: UUID, actor: str | None = None) -> Packed:
        """Take the answer back; the thread then waits again. Busy where it is being told for too long."""
        async with self.pool.connection() as connection:
            revision = (await decisions.get_idea(connection, idea_id))["revision"]
        try:
            async with (
                asyncio.timeout(UNDO_WAIT_S),
                self.telling.between_steps(idea_id, revision),
                self.pool.connection() as connection,
            ):
                review = await reviews.undo_answer(connection, idea_id, actor or self.actor)
        except TimeoutError:
            raise Busy("the idea is being worked on: try again in some seconds") from None
        self.telling.tell(idea_id, review["revision"])
        return review

    async def settle(self) -> None:
        """Wait until the threads were told what people answered."""
        await self.telling.settle()

    async def deliver(self, idea_id: UUID, revision: int) -> bool:
        """Tell a waiting thread what the tables hold; whether it was behind them."""
        return await self.telling.deliver(idea_id, revision)

    def config(self, idea_id: UUID, revision: int) -> RunnableConfig:
        """The thread of a revision, its name as metadata."""
        return self.telling.config(idea_id, revision)

    async def _review(self, verdict: Verdict, actor: str | None) -> Packed:
        review, _ = await self.answer(verdict, actor)
        return review

    def _checked(self, verdict: Verdict, actor: str) -> Answer:
        """The answer, if it can be one. BadAnswer says what is wrong."""
        edits = Edits.read(verdict.edits or {}).model_dump(exclude_none=True)
        self._check_format(edits)
        if verdict.answer == "edit" and not edits:
            raise BadAnswer("an edit changes at least one of phrase, audience, product_format, price_cents")
        if verdict.answer != "edit" and edits:
            raise BadAnswer(f"edits: only an edit brings any, not {verdict.answer}")
        read = read_answer(answer=verdict.answer, actor=actor, reason=verdict.reason, edits=edits or None)
        return Answer(read.answer, actor, read.reason, read.edits, nth=1 if read.answer == "respond" else 0)

    def _check_format(self, changes: Mapping[str, Any]) -> None:
        formats = sorted({product.product_format for product in self.costs.products})
        wanted = changes.get("product_format")
        if wanted is not None and wanted not in formats:
            raise BadAnswer(f"product_format must be one of {', '.join(formats)}, got {wanted!r}")
