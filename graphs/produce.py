"""Produce: one row of a batch from its brief to a checked design, or to a dead letter with its reason.

    START -> brief -> check -> draw -> inspect -> judge -> file -> END
    inspect -> refine -> draw        it missed the style: at most three times, each attempt kept with its scores
    check, draw, refine, judge -> bury -> END

What is heavy (draw, look, post-process) is one call into a process of the kiln; only figures and hashes come back. A
drawing stands under the hash of its brief and its renderer's version, so what was drawn once is found, not drawn again.
What may pass (a renderer that is down, a process that died) leaves the thread where it is: whoever drives it puts the
row back, and it goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal, NotRequired, Protocol, TypedDict
from uuid import UUID, uuid5

from langgraph.graph import END, START, StateGraph

from agents.art_director import ArtDirector
from graphs.analyze import THREADS
from graphs.firing import Kit, Order
from graphs.packing import Packed
from graphs.spans import Watch, unwatched
from graphs.trays import Trays
from studio import brief as briefs
from studio.brand import Profile, pack_profile
from studio.brief import PromptCheck
from studio.drawing import Brief, Knobs, Row, Size
from studio.errors import Failed, NotConfigured, Reason

CHECK = "graphs.firing:check"
LETTERED = "typographic"
VERSION = "graphs.firing:version_of"
AT_ONCE = "graphs.firing:at_once_of"
PAUSES_S = (1.0, 2.0, 4.0)
"""Before a row is tried again that something passing held up."""
STYLE = ("style", "palette", "edge", "overall")


class ProduceInput(TypedDict):
    """What a caller must bring: a design that is theirs to make."""

    design_id: str


class ProduceState(ProduceInput):
    """JSON-ready; row, brand and plan stand in the tables."""

    prompt: NotRequired[str]
    negative: NotRequired[str]
    seed: NotRequired[int]
    knobs: NotRequired[Packed]
    nth: NotRequired[int]
    fired: NotRequired[Packed]
    dead: NotRequired[Packed | None]


class Update(TypedDict, total=False):
    """What a node may change."""

    prompt: str
    negative: str
    seed: int
    knobs: Packed
    nth: int
    fired: Packed
    dead: Packed | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a batch is drawn."""

    renderer: str = "typographic"
    fallback: str | None = None
    """Who draws where the renderer stays down; None: the queue stands."""
    width: int = 4500
    height: int = 5400
    dpi: int = 300
    timeout_s: float = 300.0
    seed: int = 7
    """Of rows that bring none."""

    @property
    def size(self) -> Size:
        """What every drawing of the batch measures."""
        return Size(self.width, self.height, self.dpi)


@dataclass(frozen=True, slots=True)
class Case:
    """A row that is ours to make."""

    row: Row
    plan: Plan
    profile: Profile
    retries: int

    @property
    def renderer(self) -> str:
        """Who draws it: the one that stands in, once waiting did not help."""
        return self.plan.fallback if self.plan.fallback and self.retries >= len(PAUSES_S) else self.plan.renderer


class Casebook(Protocol):
    """What the graph reads and writes of one worker's rows: `graphs.workshop.Rows`."""

    def case(self, design_id: UUID, /) -> Case: ...
    async def found(self, key: str, /) -> Packed | None: ...
    async def keep_attempt(self, design_id: UUID, nth: int, told: Packed, /) -> None: ...
    async def file(self, design_id: UUID, fired: Packed, /) -> None: ...
    async def bury(self, design_id: UUID, reason: str, error: str, /) -> None: ...


class Burns(Protocol):
    """Who does what is heavy: `graphs.kiln.Kiln`."""

    async def burn(self, call: str, given: Any, timeout_s: float | None = None) -> Any: ...


def thread_name(tenant: str, batch_id: UUID | str, row_id: str, version: int) -> str:
    """What a thread is about; kept as metadata."""
    return f"{tenant}:design:{batch_id}:{row_id}:{version}"


def thread_id(tenant: str, batch_id: UUID | str, row_id: str, version: int) -> str:
    """UUIDv5 of the thread's name: servers accept only UUIDs."""
    return str(uuid5(THREADS, thread_name(tenant, batch_id, row_id, version)))


def key_of(brief: Brief, renderer: str, version: str, tenant: str = "") -> str:
    """SHA-256 of all that a drawing depends on, and whose it is: that it stands tells nobody else that it was drawn.

    How urgent a row is changes nothing in it.
    """
    row = {name: value for name, value in asdict(brief.row).items() if name != "priority"}
    packed = {
        "row": row, "profile": pack_profile(brief.profile), "prompt": brief.prompt, "negative": brief.negative,
        "seed": brief.seed, "size": asdict(brief.size), "knobs": asdict(brief.knobs), "renderer": renderer,
        "version": version, "tenant": tenant,
    }  # fmt: skip
    return sha256(json.dumps(packed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Produce:
    """The nodes, with the collaborators they need."""

    casebook: Casebook
    kiln: Burns
    trays: Trays
    assets: str
    """The folder of assets, which the processes share."""
    kit: Kit
    director: ArtDirector | None = None
    """Who may say a picture's prompt better; lettering needs none."""
    version: str = VERSION
    tenant: str = ""
    at_once: str = AT_ONCE
    _versions: dict[str, str] = field(default_factory=dict)
    _at_once: dict[str, int] = field(default_factory=dict)

    async def brief(self, state: ProduceState) -> Update:
        """The row in the brand's words."""
        case = self._case(state)
        seed = briefs.seed_of(str(case.plan.seed), case.row.id)
        brief = briefs.brief_of(case.row, case.profile, case.plan.size, seed)
        if self.director is not None and case.renderer != LETTERED:
            brief = (await self.director.polish(brief)).brief
        return _told(brief, nth=0)

    async def check(self, state: ProduceState) -> Update:
        """Does the prompt say what the brand is? Where not, it is mended once; then it is a dead letter."""
        brief = self._brief(state)
        try:
            found = await self._checked(brief)
            if not found.passed:
                brief = replace(brief, prompt=found.proposal)
                found = await self._checked(brief)
        except NotConfigured as missing:
            return {"dead": _dead("renderer", str(missing))}
        return {**_told(brief, nth=0), "dead": None if found.passed else _dead("prompt", found.gap)}

    async def draw(self, state: ProduceState) -> Update:
        """A drawing that was looked at and, where it passed, made ready for print; or the one that stands already."""
        case, brief = self._case(state), self._brief(state)
        try:
            return {"fired": await self._fire(case, brief), "dead": None}
        except Failed as failed:
            return {"dead": _dead(failed.reason, str(failed))}
        except NotConfigured as missing:
            return {"dead": _dead("renderer", str(missing))}

    async def inspect(self, state: ProduceState) -> Update:
        """Keep the attempt with its scores."""
        fired = state["fired"]
        told = {name: fired[name] for name in ("key", "renderer", "checked", "passed", "drawn", "seconds")}
        await self.casebook.keep_attempt(
            UUID(state["design_id"]), state.get("nth", 0), {**told, "knobs": state["knobs"]}
        )
        return {}

    async def refine(self, state: ProduceState) -> Update:
        """The next brief, stronger where the last missed; none is left after three."""
        misses, nth = state["fired"]["checked"]["misses"], state.get("nth", 0)
        better = briefs.refined(self._brief(state), misses)
        if better is None:
            return {"dead": _dead(reason_of(misses), "; ".join(each["why"] for each in misses))}
        return _told(better, nth=nth + 1)

    async def judge(self, state: ProduceState) -> Update:
        """What may not be shown is no design."""
        safety = state["fired"]["safety"]
        return {"dead": _dead("unsafe", safety["why"]) if safety["state"] == "unsafe" else None}

    async def file(self, state: ProduceState) -> Update:
        """The design is done."""
        await self.casebook.file(UUID(state["design_id"]), state["fired"])
        return {}

    async def bury(self, state: ProduceState) -> Update:
        """The row is a dead letter."""
        dead = state.get("dead") or _dead("renderer", "")
        await self.casebook.bury(UUID(state["design_id"]), dead["reason"], dead["error"])
        return {}

    async def _checked(self, brief: Brief) -> PromptCheck:
        """By the checklist here; what reads with a model does so in a process of the kiln."""
        if brief.profile.descriptor != "clip":
            return briefs.check(brief, brief.profile)
        found: PromptCheck = await self.kiln.burn(CHECK, (brief, self.kit))
        return found

    async def _fire(self, case: Case, brief: Brief) -> Packed:
        try:
            return await self._fire_with(case.renderer, case, brief)
        except NotConfigured:
            if case.plan.fallback in (None, case.renderer):
                raise
            return await self._fire_with(str(case.plan.fallback), case, brief)

    async def _fire_with(self, renderer: str, case: Case, brief: Brief) -> Packed:
        if renderer not in self._versions:
            self._versions[renderer] = await self.kiln.burn(self.version, (renderer, self.kit))
        key = key_of(brief, renderer, self._versions[renderer], self.tenant)
        found = await self.casebook.found(key)
        if found is not None:
            return {**found, "passed": True, "drawn": False}
        order = Order(brief, renderer, key, self.assets, self.kit)
        if renderer not in self._at_once and renderer != LETTERED:
            self._at_once[renderer] = await self.kiln.burn(self.at_once, (renderer, self.kit))
        return await self.trays.fire(order, self.together(renderer), case.plan.timeout_s)

    def together(self, renderer: str) -> int:
        """How many rows a renderer draws in one call, as far as is known yet."""
        return self._at_once.get(renderer, 1)

    def _case(self, state: ProduceState) -> Case:
        return self.casebook.case(UUID(state["design_id"]))

    def _brief(self, state: ProduceState) -> Brief:
        case = self._case(state)
        knobs = {**state["knobs"], "style_words": tuple(state["knobs"]["style_words"])}
        return Brief(
            case.row, case.profile, state["prompt"], state["negative"], state["seed"], case.plan.size, Knobs(**knobs)
        )


def reason_of(misses: list[Mapping[str, Any]]) -> Reason:
    """Why what missed for good is a dead letter: its size, else an artefact, else its style."""
    kinds = {str(each["kind"]) for each in misses}
    if "size" in kinds:
        return "size"
    return "artefacts" if kinds - set(STYLE) else "style"


def after_check(state: ProduceState) -> Literal["draw", "bury"]:
    """A prompt that could not be mended is not drawn."""
    return "bury" if state.get("dead") else "draw"


def after_draw(state: ProduceState) -> Literal["inspect", "bury"]:
    """What cannot be drawn is not looked at."""
    return "bury" if state.get("dead") else "inspect"


def after_inspect(state: ProduceState) -> Literal["judge", "refine"]:
    """What missed is drawn again, otherwise."""
    return "judge" if state["fired"]["passed"] else "refine"


def after_refine(state: ProduceState) -> Literal["draw", "bury"]:
    """Until nothing is left to turn."""
    return "bury" if state.get("dead") else "draw"


def after_judge(state: ProduceState) -> Literal["file", "bury"]:
    """What is unsafe is not filed."""
    return "bury" if state.get("dead") else "file"


def build(nodes: Produce, watch: Watch = unwatched) -> StateGraph[ProduceState, None, ProduceInput, ProduceState]:
    """The graph, uncompiled: the caller picks the checkpointer."""
    graph = StateGraph(ProduceState, input_schema=ProduceInput)
    for name in ("brief", "check", "draw", "inspect", "refine", "judge"):
        graph.add_node(name, watch(name, getattr(nodes, name)))
    for name in ("file", "bury"):
        graph.add_node(name, watch(name, getattr(nodes, name), _ends))
        graph.add_edge(name, END)
    graph.add_edge(START, "brief")
    graph.add_edge("brief", "check")
    graph.add_conditional_edges("check", after_check)
    graph.add_conditional_edges("draw", after_draw)
    graph.add_conditional_edges("inspect", after_inspect)
    graph.add_conditional_edges("refine", after_refine)
    graph.add_conditional_edges("judge", after_judge)
    return graph


def _ends(_: Packed) -> bool:
    return True


def _told(brief: Brief, nth: int) -> Update:
    """What of a brief the thread keeps; the rest stands in the tables."""
    knobs = {**asdict(brief.knobs), "style_words": list(brief.knobs.style_words)}
    return {"prompt": brief.prompt, "negative": brief.negative, "seed": brief.seed, "knobs": knobs, "nth": nth}


def _dead(reason: Reason, error: str) -> Packed:
    return {"reason": reason, "error": error[:500]}
