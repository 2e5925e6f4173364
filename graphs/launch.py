"""Launch: one listing, from a design to the outbox.

    START -> draft -> check -> ask -> file -> END
    check -> file        all gates are clear, and posting goes by itself (off by default)
    ask   -> ask         the answer could not be taken: it says why and asks again
    file  -> check       it was changed, or taken back: the gates look again, and it waits again

A listing is one design on one marketplace in one language, and has one thread. Tables are the truth, this thread is
only progress: whoever answers elsewhere answers in the tables, and the thread is told. What is approved goes out by the
outbox (`graphs.pushing`), not from here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, TypedDict
from uuid import UUID, uuid5

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graphs.analyze import THREADS, person
from graphs.inbox import BadAnswer
from graphs.packing import Packed
from graphs.spans import Watch, unwatched
from store.listings import WAITING, NotNow

ACTION = "publish listing"
RULE = "rule"
TOLD = "told"
"""The type of a reply that says what was answered elsewhere."""
ASKS = ("drafting", *WAITING)
"""Statuses in which nobody has answered."""


class LaunchInput(TypedDict):
    """What a caller must bring: a listing that was begun."""

    listing_id: str


class LaunchState(LaunchInput):
    """Ids and what was answered; nothing here that a table does not know."""

    nth: NotRequired[int]
    digest: NotRequired[str]
    """Of the draft that a person is asked about."""
    status: NotRequired[str]
    answer: NotRequired[Packed | None]
    refused: NotRequired[str]
    """Why the last answer could not be taken; empty: it could."""
    standing: NotRequired[Packed]


class Update(TypedDict, total=False):
    """What a node may change."""

    nth: int
    digest: str
    status: str
    answer: Packed | None
    refused: str
    standing: Packed


class Shop(Protocol):
    """What the graph does to listings: `graphs.launches.Launches`."""

    @property
    def actor(self) -> str: ...
    async def draw_up(self, listing_id: UUID, /) -> int: ...
    async def check(self, listing_id: UUID, /) -> str: ...
    async def show(self, listing_id: UUID, /) -> Packed: ...
    async def request(self, listing_id: UUID, /) -> Packed: ...
    async def take_answer(self, listing_id: UUID, answer: Packed, actor: str, /) -> str: ...


def thread_name(tenant: str, listing_id: UUID | str) -> str:
    """What a thread is about; kept as metadata."""
    return f"{tenant}:listing:{listing_id}"


def thread_id(tenant: str, listing_id: UUID | str) -> str:
    """UUIDv5 of the thread's name: servers accept only UUIDs."""
    return str(uuid5(THREADS, thread_name(tenant, listing_id)))


class Edits(BaseModel):
    """What a person may change of a draft."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: str | None = Field(default=None, min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=10_000)
    bullets: tuple[str, ...] | None = Field(default=None, max_length=10)
    tags: tuple[str, ...] | None = Field(default=None, max_length=50)
    price_cents: int | None = Field(default=None, gt=0, le=100_000_000)
    quantity: int | None = Field(default=None, gt=0, le=100_000)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that are given; BadAnswer names the first that is wrong, or says that there is none."""
        try:
            read = cls.model_validate(dict(given)).model_dump(exclude_none=True)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "edit"
            raise BadAnswer(f"{where}: {first['msg']}, got {str(first['input'])[:80]!r}") from None
        if not read:
            raise BadAnswer(f"an edit changes at least one of {', '.join(cls.model_fields)}")
        return read


@dataclass(frozen=True, slots=True)
class Launch:
    """The nodes, with the collaborators they need."""

    shop: Shop
    automatic: bool = False

    async def draft(self, state: LaunchState) -> Update:
        """Write it, unless it is written."""
        return {"nth": await self.shop.draw_up(UUID(state["listing_id"]))}

    async def check(self, state: LaunchState) -> Update:
        """Ask every gate; what each says is filed before a person is asked."""
        status = await self.shop.check(UUID(state["listing_id"]))
        found = await self.shop.show(UUID(state["listing_id"]))
        return {"status": status, "digest": found["digest"], "answer": None}

    async def ask(self, state: LaunchState) -> Update:
        """Wait for a person. Runs again from the top on resume: nothing before interrupt() has effects."""
        request = await self.shop.request(UUID(state["listing_id"]))
        if refused := state.get("refused"):
            request = {**request, "description": f"That could not be taken: {refused}.\n\n{request['description']}"}
        try:
            answer = answer_from(interrupt([request]), request)
        except BadAnswer as wrong:
            return {"answer": None, "refused": str(wrong)}
        return {"answer": {"digest": state["digest"], **answer}, "refused": ""}

    async def file(self, state: LaunchState) -> Update:
        """Write the answer where nobody has; what stands already stays."""
        itself = {"answer": "approve", "reason": "every gate is clear; posting goes by itself"}
        answer = state.get("answer") or {**itself, "digest": state["digest"]}
        actor = (person() or self.shop.actor) if state.get("answer") else RULE
        try:
            status = await self.shop.take_answer(UUID(state["listing_id"]), answer, actor)
        except NotNow as stands:
            found = await self.shop.show(UUID(state["listing_id"]))
            return {
                "refused": str(stands), "standing": {"answer": None, "reason": str(stands), "status": found["status"]},
            }  # fmt: skip
        return {"standing": {"answer": answer.get("elsewhere", answer["answer"]), "status": status}}

    def after_check(self, state: LaunchState) -> Literal["ask", "file"]:
        """A person is asked, unless posting goes by itself and nothing blocks it."""
        return "file" if self.automatic and state["status"] == "waiting" else "ask"


def after_ask(state: LaunchState) -> Literal["file", "ask"]:
    """What could not be taken is asked again."""
    return "file" if state.get("answer") else "ask"


def after_file(state: LaunchState) -> Literal["check", "__end__"]:
    """What was changed, by this answer or meanwhile, or taken back, is checked and asked about again."""
    return "check" if state["standing"]["status"] in ASKS else "__end__"


def request_for(listing: Packed, blocked: Mapping[str, str]) -> Packed:
    """What a person is asked, in the Agent Inbox's shape: the texts and the price, and what stands in the way."""
    body = listing["body"]
    fields = ("title", "description", "tags", "bullets", "price_cents")
    where = f"{listing['marketplace']} ({listing['locale']})"
    told = [f"{body['title']}, {body['price_cents'] / 100:.2f} {body['currency']}, on {where}."]
    told += [f"Blocked by {name}: {why}" for name, why in blocked.items()]
    return {
        "action_request": {
            "action": ACTION,
            "args": {**{name: body[name] for name in fields}, "draft": listing["digest"]},
        },
        "config": {"allow_accept": not blocked, "allow_edit": True, "allow_respond": False, "allow_ignore": True},
        "description": "\n\n".join(told),
    }


def answer_from(raw: Any, request: Packed) -> Packed:
    """The answer of an inbox: accept approves, edit changes and has it checked again, ignore declines.

    Raises BadAnswer with what is wrong.
    """
    given = raw[0] if isinstance(raw, list) and raw else raw
    if not isinstance(given, Mapping) or not isinstance(given.get("type"), str):
        raise BadAnswer("an answer is [{type: accept | edit | ignore, args}]")
    kind, args = given["type"], given.get("args")
    if kind == "accept":
        if not request["config"]["allow_accept"]:
            raise BadAnswer("gates block it: change it, or let them pass with a reason (console, API, CLI)")
        return {"answer": "approve", "reason": "", **_looked_at(args)}
    if kind == "ignore":
        return {"answer": "decline", "reason": str(args or "ignored in an inbox")[:500]}
    if kind == TOLD and args in ("approve", "decline"):
        return {"answer": TOLD, "elsewhere": args}
    if kind == "edit" and isinstance(args, Mapping) and isinstance(args.get("args"), Mapping):
        return {"answer": "edit", "edits": Edits.read(_edits(args["args"], request)), **_looked_at(args)}
    raise BadAnswer(f"{kind!r} is no answer here: accept, edit or ignore")


def _edits(given: Mapping[str, Any], request: Packed) -> Packed:
    """What does not read as it was offered; an inbox sends every field back, some as text."""
    offered = request["action_request"]["args"]
    read = {name: _typed(value, offered.get(name)) for name, value in given.items() if name != "draft"}
    return {name: value for name, value in read.items() if value not in (offered.get(name), str(offered.get(name)))}


def _looked_at(args: Any) -> Packed:
    """The digest of what the inbox showed, where it sends that back."""
    shown = args.get("args") if isinstance(args, Mapping) else None
    digest = shown.get("draft") if isinstance(shown, Mapping) else None
    return {"digest": digest} if isinstance(digest, str) else {}


def _typed(value: Any, offered: Any) -> Any:
    """An inbox sends a list back as text."""
    if isinstance(offered, list) and isinstance(value, str):
        with suppress(ValueError):
            return json.loads(value)
    return value


def build(
    shop: Shop, automatic: bool = False, watch: Watch = unwatched
) -> StateGraph[LaunchState, None, LaunchInput, LaunchState]:
    """The graph, uncompiled: the caller picks the checkpointer."""
    nodes = Launch(shop, automatic)
    graph = StateGraph(LaunchState, input_schema=LaunchInput)
    for name in ("draft", "check", "ask"):
        graph.add_node(name, watch(name, getattr(nodes, name)))
    graph.add_node("file", watch("file", nodes.file, lambda state: after_file(state) == END))
    graph.add_edge(START, "draft")
    graph.add_edge("draft", "check")
    graph.add_conditional_edges("check", nodes.after_check)
    graph.add_conditional_edges("ask", after_ask)
    graph.add_conditional_edges("file", after_file)
    return graph
