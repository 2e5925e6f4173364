"""Analyze: eleven specialists side by side, a coordinator, a person.

    START -> load -> eleven specialists, together -> coordinate -> decide -> review -> record -> END
    decide -> record        rejected by the rule: nobody's time is asked for
    record -> coordinate    a reviewer's note sends it back, once

Tables are the truth, this thread is only progress: what is filed is filed once, however often a node runs again.
"""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, Protocol, TypedDict
from uuid import UUID, uuid5

from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from agents.brief import Brief
from agents.coordinator import Record
from agents.decision import Decision, Verdict, decide
from agents.panel import Advice
from agents.specialist import Finding, Specialist
from graphs.inbox import BadAnswer, ReviewAnswer, answer_from, request_for
from graphs.packing import Packed, pack_decision, pack_finding, unpack_finding, unpack_verdict
from graphs.spans import Watch, unwatched
from market.costs import CostTable
from store.decisions import Decided, NotWaiting
from store.reviews import Answer
from trends.fact import Facts

THREADS = UUID("3f1d9f0e-58a2-5c43-8a86-5b7f6a7d2b10")
"""Namespace of thread ids."""


def merged(old: dict[str, Packed], new: dict[str, Packed]) -> dict[str, Packed]:
    """Findings by agent; a later one replaces an earlier one of the same agent."""
    return {**old, **new}


class AnalyzeInput(TypedDict):
    """What a caller must bring: an idea. Without a revision the next undecided one, without a time the idea's own."""

    idea_id: str
    revision: NotRequired[int]
    as_of: NotRequired[str]
    run_id: NotRequired[str]


class AnalyzeState(AnalyzeInput):
    """Ids and JSON-ready findings; nothing here that a table does not know once it is filed."""

    findings: NotRequired[Annotated[dict[str, Packed], merged]]
    coordination: NotRequired[Packed]
    decision: NotRequired[Packed]
    notes: NotRequired[Annotated[list[str], operator.add]]
    answer: NotRequired[Packed | None]
    standing: NotRequired[Packed]


class Update(TypedDict, total=False):
    """What a node may change."""

    revision: int
    as_of: str
    findings: dict[str, Packed]
    coordination: Packed
    decision: Packed
    notes: list[str]
    answer: Packed | None
    standing: Packed


class Node(Protocol):
    """One node of the graph."""

    def __call__(self, state: AnalyzeState) -> Awaitable[Update]: ...


class Judges(Protocol):
    """Who is asked: `agents.panel.Panel`, or a script."""

    async def ask(self, specialist: Specialist, brief: Brief, run: str | None = None) -> Finding: ...
    async def coordinate(
        self,
        findings: Sequence[Finding],
        brief: Brief,
        record: Sequence[Record] = (),
        *,
        run: str | None = None,
        notes: Sequence[str] = (),
    ) -> Advice: ...


class Casebook(Protocol):
    """What an analysis reads and writes: `graphs.casebook.Casebook`, or one that only reads."""

    @property
    def actor(self) -> str: ...
    async def open(self, idea_id: UUID, revision: int | None, as_of: datetime | None, /) -> Packed: ...
    async def brief(self, idea_id: UUID, revision: int, as_of: datetime, /) -> Brief: ...
    async def record(self, as_of: datetime, /) -> Sequence[Record]: ...
    async def file(
        self, brief: Brief, revision: int, status: str, decision: Packed, findings: Sequence[Finding], /
    ) -> None: ...
    async def answer(self, idea_id: UUID, revision: int | None, answer: Answer, /) -> tuple[Packed, bool]: ...


def thread_name(tenant: str, idea_id: UUID | str, revision: int) -> str:
    """What a thread is about; kept as metadata."""
    return f"{tenant}:idea:{idea_id}:{revision}"


def thread_id(tenant: str, idea_id: UUID | str, revision: int) -> str:
    """UUIDv5 of the thread's name: servers accept only UUIDs."""
    return str(uuid5(THREADS, thread_name(tenant, idea_id, revision)))


@dataclass(frozen=True, slots=True)
class Analyze:
    """The nodes, with the collaborators they need."""

    panel: Judges
    specialists: Sequence[Specialist]
    casebook: Casebook
    manual_approval: bool = True

    async def load(self, state: AnalyzeState) -> Update:
        """Settle revision and time; from here on the idea is being analysed."""
        given = state.get("as_of")
        as_of = datetime.fromisoformat(given) if given else None
        row = await self.casebook.open(UUID(state["idea_id"]), state.get("revision"), as_of)
        return {"revision": row["revision"], "as_of": row["as_of"].isoformat()}

    def desk(self, specialist: Specialist) -> Node:
        """The node of one specialist."""

        async def ask(state: AnalyzeState) -> Update:
            finding = await self.panel.ask(specialist, await self._brief(state), run=state.get("run_id"))
            return {"findings": {specialist.name: pack_finding(finding)}}

        return ask

    async def coordinate(self, state: AnalyzeState) -> Update:
        """Weigh the eleven findings by their makers' record, and a reviewer's note as quoted data."""
        brief = await self._brief(state)
        record = await self.casebook.record(brief.as_of)
        advice = await self.panel.coordinate(
            self._findings(state), brief, record, run=state.get("run_id"), notes=state.get("notes", [])
        )
        verdict = advice.verdict.value if advice.verdict else None
        packed = {"finding": pack_finding(advice.finding), "advice": verdict, "steps": list(advice.steps)}
        return {"coordination": packed, "answer": None}

    async def decide(self, state: AnalyzeState) -> Update:
        """The rule in code; what a person is to answer is filed before they are asked."""
        brief = await self._brief(state)
        findings = self._findings(state)
        coordination = state["coordination"]
        decision = decide(
            findings,
            Facts(fact for finding in findings for fact in finding.facts),
            unpack_verdict(coordination["advice"]),
            coordination["steps"],
            idea=brief.idea,
            as_of=brief.as_of,
        )
        packed = {**pack_decision(decision), "status": self._status(decision)}
        if packed["status"] == "pending_review":
            await self._file(state, brief, packed)
        return {"decision": packed}

    async def review(self, state: AnalyzeState) -> Update:
        """Wait for a person. Runs again from the top on resume: nothing before interrupt() has effects."""
        brief = await self._brief(state)
        notes = len(state.get("notes", []))
        request = request_for(brief.idea, state["revision"], state["decision"], price_offered(state), notes)
        asked = request["description"]
        while True:
            raw = interrupt([request])
            try:
                answer = answer_from(raw, request)
                check_format(answer, brief.costs)
            except BadAnswer as wrong:
                request = {**request, "description": f"That could not be taken: {wrong}.\n\n{asked}"}
                continue
            update: Update = {"answer": answer.model_dump()}
            return {**update, "notes": [answer.reason or ""]} if answer.answer == "respond" else update

    async def record(self, state: AnalyzeState) -> Update:
        """File what no person was asked about, or write the person's answer; what stands already stays."""
        packed = state.get("answer")
        if packed is None:
            brief = await self._brief(state)
            await self._file(state, brief, state["decision"])
            return {"standing": {"answer": None, "status": state["decision"]["status"]}}
        given = ReviewAnswer(**packed)
        answer = Answer(
            given.answer,
            person() or self.casebook.actor,
            given.reason,
            given.edits,
            nth=len(state.get("notes", [])) if given.answer == "respond" else 0,
        )
        try:
            review, _ = await self.casebook.answer(UUID(state["idea_id"]), state["revision"], answer)
        except Decided as decided:
            review = decided.review
        except NotWaiting as gone:
            return {"standing": {"answer": None, "reason": str(gone)}}
        kept = ("answer", "actor", "reason")
        return {"standing": {**{name: review[name] for name in kept}, "review_id": str(review["id"])}}

    def _status(self, decision: Decision) -> str:
        if decision.verdict is Verdict.REJECT:
            return "rejected"
        asks = self.manual_approval or decision.verdict is Verdict.REVIEW
        return "pending_review" if asks else "approved"

    def _findings(self, state: AnalyzeState) -> list[Finding]:
        found = state.get("findings", {})
        return [unpack_finding(found[each.name]) for each in self.specialists if each.name in found]

    async def _brief(self, state: AnalyzeState) -> Brief:
        as_of = datetime.fromisoformat(state["as_of"])
        return await self.casebook.brief(UUID(state["idea_id"]), state["revision"], as_of)

    async def _file(self, state: AnalyzeState, brief: Brief, decision: Packed) -> None:
        findings = [*self._findings(state), unpack_finding(state["coordination"]["finding"])]
        await self.casebook.file(brief, state["revision"], decision["status"], decision, findings)


def after_decide(state: AnalyzeState) -> Literal["review", "record"]:
    """A person is asked only about what the rule left open."""
    return "review" if state["decision"]["status"] == "pending_review" else "record"


def after_record(state: AnalyzeState) -> Literal["coordinate", "__end__"]:
    """A note that stands sends the idea back to the coordinator."""
    answer = state.get("answer") or {}
    return "coordinate" if answer.get("answer") == state["standing"]["answer"] == "respond" else "__end__"


def check_format(answer: ReviewAnswer, costs: CostTable) -> None:
    """BadAnswer where an edit names a product that nobody makes."""
    formats = sorted({product.product_format for product in costs.products})
    wanted = (answer.edits or {}).get("product_format")
    if wanted is not None and wanted not in formats:
        raise BadAnswer(f"product_format must be one of {', '.join(formats)}, got {wanted!r}")


def person() -> str:
    """Who signed in at the server that runs this graph; empty where no server does. No caller can set it."""
    user = get_config().get("configurable", {}).get("langgraph_auth_user")
    return "" if user is None else str(user["identity"])


def ends(state: AnalyzeState) -> bool:
    """Whether the thread ends with what was recorded."""
    return after_record(state) == END


def build(
    panel: Judges,
    specialists: Sequence[Specialist],
    casebook: Casebook,
    manual_approval: bool = True,
    watch: Watch = unwatched,
) -> StateGraph[AnalyzeState, None, AnalyzeInput, AnalyzeState]:
    """The graph, uncompiled: the caller picks the checkpointer."""
    nodes = Analyze(panel, specialists, casebook, manual_approval)
    graph = StateGraph(AnalyzeState, input_schema=AnalyzeInput)
    names = [each.name for each in specialists]
    graph.add_node("load", watch("load", nodes.load))
    for each in specialists:
        graph.add_node(each.name, watch(each.name, nodes.desk(each)))
        graph.add_edge("load", each.name)
    graph.add_node("coordinate", watch("coordinate", nodes.coordinate))
    graph.add_node("decide", watch("decide", nodes.decide))
    graph.add_node("review", watch("review", nodes.review))
    graph.add_node("record", watch("record", nodes.record, ends))
    graph.add_edge(START, "load")
    graph.add_edge(names, "coordinate")
    graph.add_edge("coordinate", "decide")
    graph.add_conditional_edges("decide", after_decide)
    graph.add_edge("review", "record")
    graph.add_conditional_edges("record", after_record)
    return graph


def price_offered(state: AnalyzeState) -> int | None:
    """The price a person is asked to accept: the pricing desk's where its report counts, else the one code computed."""
    finding: dict[str, Any] = state.get("findings", {}).get("pricing", {})
    report = (finding.get("report") or {}) if finding.get("outcome") == "opinion" else {}
    computed = next(
        (value for fact_id, value, *_ in finding.get("facts", ()) if fact_id == "pricing.price_cents"), None
    )
    price = report.get("price_cents", computed)
    return int(price) if isinstance(price, int | float) else None
