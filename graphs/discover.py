"""Discover: from files to a shortlist of scored ideas.

    START -> take -> mine -> score -> sort -> shortlist -> END
             take -> search ----------------> shortlist

    take        files into signals, every row counted; the moment everything is computed as of
    mine        signals into typed ideas, scored while the corpus is at hand, stored once however many runs find them
    score       the five terms of each stored, with the version of the weights in force
    search      what the web says is rising, kept as keywords for the next scans; once in six hours
    sort        the best-scored phrases that rules could not type, by a model where there is one; once a run
    shortlist   the best subjects and a share drawn at random, every candidate logged with its propensity

The state carries ids, counts and what the model said. What was mined stays in the process; a process that resumes mines
it again, which gives the same, since only rows known at `as_of` are read.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Any, Literal, NotRequired, Protocol, TypedDict
from uuid import UUID

from langgraph.graph import END, START, StateGraph
from psycopg import Connection

from agents.sorter import MOST, Told
from graphs.packing import Packed, pack_occasion, pack_terms
from graphs.spans import Watch, unwatched
from store import ideas
from store.ids import new_id
from trends.idea import Evidence, Idea, Kind, Score
from trends.intake import FileCount, take
from trends.mine import Candidate, mine, shortlist
from trends.occasion import LEAD_DAYS, Calendar, event_of
from trends.score import score
from trends.score_table import Season, Weights
from trends.table import load_corpus, newest_known_at

RANKING = "score"
KEPT_RUNS = 2
CANDIDATES = 500
"""So many of the ranked can be drawn, and are logged: the schedule ranks a hundred times a day."""
REFUSALS = 12
"""How many refused phrases of each kind a run tells about."""

Progress = Callable[[FileCount], None]


class DiscoverInput(TypedDict):
    """What a caller must bring: nothing but how many; files and a moment where there are some."""

    top: int
    paths: NotRequired[list[str]]
    as_of: NotRequired[str]
    run_id: NotRequired[str]
    since: NotRequired[str]
    """What was last observed before it is not looked at; left out: everything is."""
    rested_since: NotRequired[str]
    """What a shortlist chose after it is not chosen again; left out: it may be."""


class DiscoverState(DiscoverInput):
    """Ids and counts."""

    files: NotRequired[list[Packed]]
    kinds: NotRequired[dict[str, int]]
    refused: NotRequired[list[Packed]]
    weights_version: NotRequired[int]
    sorted: NotRequired[dict[str, list[str]]]
    sorted_by: NotRequired[str]
    unsorted: NotRequired[str]
    chosen: NotRequired[list[str]]
    web: NotRequired[Packed]


class Update(TypedDict, total=False):
    """What a node may change."""

    run_id: str
    as_of: str
    files: list[Packed]
    kinds: dict[str, int]
    refused: list[Packed]
    weights_version: int
    sorted: dict[str, list[str]]
    """Kind and reason by phrase, where a model said them."""
    sorted_by: str
    unsorted: str
    """Why the model said nothing."""
    chosen: list[str]
    web: Packed
    """What became of the search: keywords, what was left out, and why nothing was searched or found."""


class Connect(Protocol):
    """Opens a session of the tenant."""

    def __call__(self) -> AbstractContextManager[Connection[Any]]: ...


class Web(Protocol):
    """Who looks on the web: `graphs.keywords.WebDiscovery`."""

    async def search(self, as_of: datetime, run: str | None = None) -> Packed: ...


class Sorts(Protocol):
    """Who says what unknown phrases are: `agents.sorter.Sorter`."""

    async def sort(self, asked: Sequence[tuple[Idea, Evidence]], run: str | None = None) -> Told: ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of a shortlist: its place, and how likely it was to be on it."""

    rank: int
    propensity: float
    chosen: bool
    explored: bool


@dataclass(slots=True)
class Mined:
    """What one run mined: the stored id and the score of each, and the version of the weights behind the scores."""

    candidates: list[Candidate]
    ids: list[UUID]
    scores: list[Score]
    version: int


@dataclass(frozen=True, slots=True)
class Discover:
    """The nodes, with the collaborators they need."""

    connect: Connect = field(repr=False)
    """Holds the address of the database, login and all."""
    tenant: str
    actor: str
    seed: int
    exploration_ratio: float
    lead_days: int = LEAD_DAYS
    season: Season = Season.ORDER_LEAD
    progress: Progress | None = None
    sorter: Sorts | None = None
    """None: what rules cannot type stays unknown."""
    web: Web | None = None
    """None: nobody looks on the web."""
    _mined: OrderedDict[str, Mined] = field(default_factory=OrderedDict)

    def take(self, state: DiscoverState) -> Update:
        """Files into signals. The moment: what was asked for, else the newest these files knew, else now."""
        run_id = UUID(state["run_id"]) if state.get("run_id") else new_id()
        paths = [Path(path) for path in state.get("paths", [])]
        with self.connect() as connection:
            counts = take(paths, connection, self.tenant, self.progress) if paths else []
            as_of = self._as_of(state, counts, connection)
            ideas.start_run(connection, run_id, as_of, self.actor)
        return {"run_id": str(run_id), "as_of": as_of.isoformat(), "files": [_pack_count(count) for count in counts]}

    def mine(self, state: DiscoverState) -> Update:
        """Signals into typed and scored ideas; what is no subject is counted with its reason."""
        return _counted(self._mine(state).candidates)

    def score(self, state: DiscoverState) -> Update:
        """Five terms for each idea, stored with the version of the weights they were computed with."""
        as_of = _moment(state)
        mined = self._mine(state)
        rows: dict[UUID, ideas.ScoreRow] = {}
        for idea_id, each in zip(mined.ids, mined.scores, strict=True):
            rows.setdefault(idea_id, ideas.ScoreRow(idea_id, each.total, pack_terms(each)))
        with self.connect() as connection:
            ideas.put_scores(connection, list(rows.values()), as_of, mined.version)
        return {"weights_version": mined.version}

    async def sort(self, state: DiscoverState) -> Update:
        """What the best-scored unknown phrases are; without a model, or where it fails, they stay unknown."""
        if self.sorter is None:
            return {}
        told = await self.sorter.sort(await asyncio.to_thread(self._unknown, state), state["run_id"])
        if not told.kinds:
            return {"sorted_by": told.model, "unsorted": told.fault}
        kinds = {phrase: [kind.value, reason] for phrase, (kind, reason) in told.kinds.items()}
        candidates = await asyncio.to_thread(self._retype, state, kinds)
        return {**_counted(candidates), "sorted": kinds, "sorted_by": told.model, "unsorted": ""}

    async def search(self, state: DiscoverState) -> Update:
        """What the web says is rising, kept as keywords; without a key, or where it fails, the run goes on without."""
        return {} if self.web is None else {"web": await self.web.search(_moment(state), state["run_id"])}

    def shortlist(self, state: DiscoverState) -> Update:
        """The best subjects that no person has answered, and some drawn at random."""
        top, as_of, mined = state["top"], _moment(state), self._mine(state)
        with self.connect() as connection:
            rested_since = _told(state, "rested_since")
            ranked = rank(mined, ideas.open_ideas(connection, mined.ids, rested_since), top)[: max(CANDIDATES, top)]
            keys = dict(zip(mined.ids, (each.idea.key for each in mined.candidates), strict=True))
            rng = random.Random(_seed(self.seed, as_of, [keys[idea_id] for idea_id in ranked]))
            rows = [
                ideas.CandidateRow(ranked[line.rank - 1], line.rank, line.propensity, line.chosen, line.explored)
                for line in draw(len(ranked), top, self.exploration_ratio, rng)
            ]
            ideas.put_candidates(connection, UUID(state["run_id"]), rows, f"{RANKING} v{mined.version}")
        self._mined.pop(state["run_id"], None)  # hundreds of megabytes in a process that runs for months
        return {"chosen": [str(row.idea_id) for row in rows if row.chosen]}

    def _unknown(self, state: DiscoverState) -> list[tuple[Idea, Evidence]]:
        """The phrases that no rule could type, best score first, as many as are asked about."""
        mined = self._mine(state)
        scored = zip(mined.candidates, mined.scores, strict=True)
        unknown = [(each, score.total) for each, score in scored if _is_open(each.idea)]
        unknown.sort(key=lambda one: (-one[1], one[0].idea.key))
        return [(each.idea, each.evidence) for each, _ in unknown[:MOST]]

    def _retype(self, state: DiscoverState, kinds: Mapping[str, Sequence[str]]) -> list[Candidate]:
        """What was mined, with the kinds that a model gave it, stored."""
        mined = self._mine(state)
        mined.candidates = _typed(mined.candidates, kinds)
        stored: dict[str, Idea] = {}
        for each in mined.candidates:
            stored.setdefault(each.idea.key, each.idea)  # of two spellings the first is stored: see put_ideas
        rows = [_idea_row(idea) for idea in stored.values() if idea.kind_by == "model"]
        with self.connect() as connection:
            ideas.put_ideas(connection, rows, _moment(state), self.actor, {"run": state["run_id"]})
        return mined.candidates

    def _mine(self, state: DiscoverState) -> Mined:
        """What this run mined: from this process, else mined (and stored, which changes nothing) again."""
        run_id, as_of = state["run_id"], _moment(state)
        if run_id in self._mined:
            return self._mined[run_id]
        with self.connect() as connection:
            corpus = load_corpus(connection, as_of, _told(state, "since"))
            found = mine(corpus, as_of, self.calendar(connection, as_of))
            weights = _weights(ideas.find_weights(connection, as_of))
            scores = score(found, weights, as_of, corpus, self.season)
            candidates = _typed(found, state.get("sorted", {}))
            rows = [_idea_row(each.idea, [corpus.ids[row] for row in each.members]) for each in candidates]
            ids = ideas.put_ideas(connection, rows, as_of, self.actor, {"run": run_id})
        mined = Mined(candidates, [ids[each.idea.key] for each in candidates], scores, weights.version)
        self._mined[run_id] = mined
        while len(self._mined) > KEPT_RUNS:
            self._mined.popitem(last=False)
        return mined

    def calendar(self, connection: Connection[Any], as_of: datetime) -> Calendar:
        """The shipped calendar and the tenant's own events."""
        rows = ideas.load_reference(connection, "event", as_of)
        events = (event_of(row["body"]) for row in rows)
        extra = tuple(event for event in events if event is not None)
        return Calendar(self.lead_days, extra)

    def _as_of(self, state: DiscoverState, counts: Sequence[FileCount], connection: Connection[Any]) -> datetime:
        if asked := state.get("as_of"):
            return datetime.fromisoformat(asked)
        known = [count.known_at for count in counts if count.known_at is not None]
        if counts:
            newest = max(known, default=None) or newest_known_at(connection)
            return newest or datetime.now(UTC)
        return datetime.now(UTC)


def rank(mined: Mined, open_ids: AbstractSet[UUID], top: int) -> list[UUID]:
    """Every idea that may be chosen, best first: the shortlist as it is composed, then the others by their score."""
    at_all = [at for at, idea_id in enumerate(mined.ids) if idea_id in open_ids]
    candidates, scores = [mined.candidates[at] for at in at_all], [mined.scores[at] for at in at_all]
    first = [at_all[at] for at in shortlist(candidates, scores, top)]
    others = sorted(at_all, key=lambda at: (-mined.scores[at].total, mined.candidates[at].idea.key))
    return list(dict.fromkeys(mined.ids[at] for at in (*first, *others)))


def draw(candidates: int, top: int, exploration_ratio: float, rng: random.Random) -> list[Drawn]:
    """Who of the ranked candidates is on the list: the best, and on the last places a draw among the rest.

    `exploration_ratio * top` places are drawn on average: the whole part always, one more with the fraction as its
    chance. Propensities are exact over both draws and sum to the list's length. Who could not be chosen is left out.
    """
    size = min(top, candidates)
    fewer = floor(size * exploration_ratio)
    chance = size * exploration_ratio - fewer
    places = min(fewer + (rng.random() < chance), size)
    rest = list(range(size - places, candidates))
    explored = set(rng.sample(rest, places))
    cases = ((fewer, 1 - chance), (fewer + 1, chance)) if chance > 0 else ((fewer, 1.0),)
    lines = []
    for at in range(candidates):
        propensity = sum(weight * _propensity(at, size - count, count, candidates) for count, weight in cases)
        if propensity > 0:
            chosen = at < size - places or at in explored
            lines.append(Drawn(at + 1, min(propensity, 1.0), chosen, at in explored))
    return lines


def build(nodes: Discover, watch: Watch = unwatched) -> StateGraph[DiscoverState, None, DiscoverInput, DiscoverState]:
    """The graph, uncompiled: the caller picks the checkpointer."""
    graph = StateGraph(DiscoverState, input_schema=DiscoverInput)
    graph.add_node("take", watch("take", nodes.take))
    graph.add_node("mine", watch("mine", nodes.mine))
    graph.add_node("score", watch("score", nodes.score))
    graph.add_node("sort", watch("sort", nodes.sort))
    graph.add_node("search", watch("search", nodes.search))
    graph.add_node("shortlist", watch("shortlist", nodes.shortlist, lambda _: True))
    graph.add_edge(START, "take")
    graph.add_edge("take", "mine")
    graph.add_edge("mine", "score")
    graph.add_edge("score", "sort")
    graph.add_edge("take", "search")
    graph.add_edge(["sort", "search"], "shortlist")
    graph.add_edge("shortlist", END)
    return graph


def _propensity(at: int, sure: int, places: int, candidates: int) -> float:
    """The chance of the candidate at this place (from 0) when the first `sure` are taken and `places` drawn below."""
    return 1.0 if at < sure else places / (candidates - sure)


def _seed(seed: int, as_of: datetime, keys: Sequence[str]) -> int:
    """The same for an unchanged rerun, another for other candidates."""
    text = "\n".join([str(seed), as_of.isoformat(), *keys])
    return int.from_bytes(sha256(text.encode()).digest()[:8])


def _moment(state: DiscoverState) -> datetime:
    return datetime.fromisoformat(state["as_of"])


def _told(state: DiscoverState, name: Literal["since", "rested_since"]) -> datetime | None:
    return datetime.fromisoformat(state[name]) if name in state else None


def _weights(row: ideas.WeightsRow | None) -> Weights:
    return Weights() if row is None else Weights(**asdict(row))


def _idea_row(idea: Idea, signals: Sequence[UUID] = ()) -> ideas.IdeaRow:
    return ideas.IdeaRow(
        idea.id,
        idea.key,
        idea.phrase,
        idea.audience,
        pack_occasion(idea.occasion),
        idea.kind.value,
        idea.kind_reason,
        idea.product_format,
        tuple(signals),
        idea.kind_by,
    )


def _typed(candidates: Sequence[Candidate], kinds: Mapping[str, Sequence[str]]) -> list[Candidate]:
    """The candidates, with a model's kind where it gave one and no rule had."""
    typed = list(candidates)
    for at, each in enumerate(candidates):
        if _is_open(each.idea) and each.idea.phrase in kinds:
            kind, reason = kinds[each.idea.phrase]
            idea = replace(each.idea, kind=Kind(kind), kind_reason=reason, kind_by="model")
            typed[at] = replace(each, idea=idea)
    return typed


def _is_open(idea: Idea) -> bool:
    """Whether no rule could type it. What a model typed is asked about again, by a step that is done again."""
    return idea.kind is Kind.UNKNOWN or idea.kind_by == "model"


def _counted(candidates: Sequence[Candidate]) -> Update:
    refused = [each for each in candidates if each.idea.kind is not Kind.SUBJECT]
    kinds = Counter(each.idea.kind.value for each in candidates)
    return {"kinds": dict(sorted(kinds.items())), "refused": _first_of_each_kind(refused)}


def _first_of_each_kind(refused: Sequence[Candidate]) -> list[Packed]:
    """The strongest refusals of each kind, in the order they were mined."""
    seen: Counter[str] = Counter()
    told = []
    for each in refused:
        seen[each.idea.kind.value] += 1
        if seen[each.idea.kind.value] <= REFUSALS:
            told.append({"phrase": each.idea.phrase, "kind": each.idea.kind.value, "reason": each.idea.kind_reason})
    return told


def _pack_count(count: FileCount) -> Packed:
    packed = asdict(count)
    return {**packed, "known_at": count.known_at.isoformat() if count.known_at else None}
