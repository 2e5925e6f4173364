"""Replay: an idea judged again as of the moment it was judged at, by the same panel, with no effect at all.

What is unchanged asks no model again, since answers are kept by what was asked; so what comes out otherwise is told
from what was known otherwise: a prompt, a rule, a model, or rows that came in late. Nothing is filed, nothing answered,
no idea moves; the thread lives in memory and is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agents.brief import Brief
from agents.coordinator import Record
from agents.roster import SPECIALISTS
from agents.specialist import Finding
from graphs import analyze
from graphs.casebook import Casebook
from graphs.packing import Packed, fact_rows, finding_rows, unpack_finding
from store.ids import new_id
from store.reviews import WORDS

DECISION = ("verdict", "advice", "ceiling", "reasons", "steps")
FINDING = ("outcome", "judged_by", "report", "reason", "model", "prompt_hash")
FACT = ("value", "unit", "source", "label")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise: where, what, as it stands, and as it came out now. None: was not there."""

    node: str
    what: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of judging again: the verdict that stands and the one of now, and all that differs."""

    idea_id: UUID
    revision: int
    as_of: datetime
    verdict_was: str
    verdict: str
    differences: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether everything came out as it stands."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A casebook of one case that was read; nothing can be written in it."""

    case: Packed
    known: Brief
    past: Sequence[Record] = ()
    actor: str = "replay"

    async def open(self, _: UUID, revision: int | None, as_of: datetime | None, /) -> Packed:
        """The idea's row at the revision; it stays what it is."""
        return {**self.case["idea"], "revision": revision, "as_of": as_of}

    async def brief(self, *_: object) -> Brief:
        """Everything known of the idea at the moment."""
        return self.known

    async def record(self, *_: object) -> Sequence[Record]:
        """How right each specialist was, as it was known at the moment."""
        return self.past

    async def file(self, *_: object) -> None:
        """Nothing is filed."""

    async def answer(self, *_: object) -> tuple[Packed, bool]:
        """The note that was given, given again."""
        return _notes(self.case)[0], False


async def replay(panel: analyze.Judges, casebook: Casebook, case: Packed, manual_approval: bool) -> Replay:
    """Judge a stored case (`store.decisions.load_case`) again and compare."""
    idea, decision = case["idea"], case["decision"]
    as_of = decision["as_of"]
    book = ReadOnly(case, await casebook.read(idea["id"], as_of, _words(case)), await casebook.record(as_of))
    graph = analyze.build(panel, SPECIALISTS, book, manual_approval).compile(checkpointer=InMemorySaver())
    config: RunnableConfig = {"configurable": {"thread_id": str(new_id())}}
    given: analyze.AnalyzeInput = {
        "idea_id": str(idea["id"]),
        "revision": case["revision"],
        "as_of": decision["as_of"].isoformat(),
    }
    state: Packed = await graph.ainvoke(given, config)
    for note in _notes(case)[:1] if "__interrupt__" in state else []:
        state = await graph.ainvoke(Command(resume=[{"type": "response", "args": note["reason"]}]), config)
    found = [unpack_finding(each) for each in (*state["findings"].values(), state["coordination"]["finding"])]
    differences = [
        *_differences("decide", DECISION, decision, state["decision"]),
        *_of_findings(case["findings"], found),
        *_of_facts(case["facts"], found),
    ]
    now: str = state["decision"]["verdict"]
    return Replay(idea["id"], case["revision"], decision["as_of"], decision["verdict"], now, differences)


def _notes(case: Packed) -> list[Packed]:
    """What people sent it back with; it is sent back once at most."""
    return [row for row in case["reviews"] if row["answer"] == "respond" and row["undone_at"] is None]


def _words(case: Packed) -> Mapping[str, str]:
    """What the idea was called before people edited this revision."""
    edited = [row["edits"]["before"] for row in case["reviews"] if row["edits"] and row["undone_at"] is None]
    return edited[0] if edited else {word: case["idea"][word] for word in WORDS}


def _of_findings(stored: Sequence[Packed], found: Sequence[Finding]) -> list[Difference]:
    was, now = _by("agent", stored), _by("agent", finding_rows(found))
    return [
        difference
        for agent in sorted({*was, *now})
        for difference in _differences(agent, FINDING, was.get(agent, {}), now.get(agent, {}))
    ]


def _of_facts(stored: Sequence[Packed], found: Sequence[Finding]) -> list[Difference]:
    was, now = _by("id", stored), _by("id", fact_rows(found))
    return [
        Difference(fact.split(".")[0], f"{fact} {each.what}", each.was, each.now)
        for fact in sorted({*was, *now})
        for each in _differences(fact, FACT, was.get(fact, {}), now.get(fact, {}))
    ]


def _by(name: str, rows: Sequence[Packed]) -> dict[str, Packed]:
    return {row[name]: row for row in rows}


def _differences(node: str, fields: Sequence[str], was: Packed, now: Packed) -> list[Difference]:
    return [Difference(node, name, was.get(name), now.get(name)) for name in fields if was.get(name) != now.get(name)]
