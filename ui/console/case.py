"""Case: what an idea's page shows, as values: how it went and goes, who said it first, what a sale leaves, who decided.

Everything is of one revision and as of the moment it was judged, computed by the functions that the agents' facts come
from; where a fact states a figure, the figure here is the fact's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import permutations
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import numpy as np

from agents.decision import APPROVE_MARGIN, REVIEW_MARGIN
from agents.figures import clean_evidence, clean_text, rounded, slug
from agents.grounding import stated_by
from agents.pricing import QUANTILES
from agents.trend import HORIZON_DAYS
from market.costs import CostTable, FeeSchedule, ProductCost, margin_at
from market.price import least_price_cents
from store import reading
from trends.evidence import Witness
from trends.fact import Fact, Value
from trends.forecast import Forecast, forecast
from trends.growth import attention
from trends.idea import Evidence
from trends.table import Corpus
from ui import cards, wording
from ui.page import Card, Figure, SourceRow

FORECAST = ("low", "median", "high")
PARTS = ("cost_cents", "shipping_cents", "fees_cents", "margin_cents")
"""Facts of research that the price of one sale falls into."""
CURVE_POINTS = 48
FACT_ID = re.compile(r"\b[a-z_]+\.[a-z0-9_]+\b")
AGENT = re.compile(r"\(([a-z_]+)\)")
RULE = (REVIEW_MARGIN, APPROVE_MARGIN)
"""Margins at which the decision rule turns."""

Session = cards.Session
Row = Mapping[str, Any]
Counted = Literal["attention", "mentions"]


@dataclass(frozen=True, slots=True)
class Course:
    """The series an idea is judged by, one value a day, and where it would go from its last day."""

    days: tuple[date, ...]
    values: tuple[float, ...]
    counted: Counted
    ahead: Forecast | None
    """None where the series is too short, or nothing ever happened."""
    as_decided: bool
    """Whether the facts of the decision say the same: rows known by then can come in later."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What one source brought, on the days of the course."""

    source: str
    values: tuple[float, ...]
    counted: Counted


@dataclass(frozen=True, slots=True)
class Lead:
    """By how many days one source runs before another (negative: after), with the interval that holds 90 %."""

    first: str
    second: str
    days: float
    low: float
    high: float
    fact_id: str


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What is left at one price of the comparables."""

    name: str
    price_cents: int
    margin_ratio: float
    fact_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The price to ask, what one sale at it falls into, and what would be left at others."""

    price_cents: int
    margin_ratio: float
    parts: tuple[tuple[str, int, str], ...]
    """(name, cents, fact) of cost, shipping, fees and what is left; they add up to the price."""
    points: tuple[PricePoint, ...]
    curve: tuple[tuple[int, float], ...]
    """(price, margin) by the costs and fees of that day; empty where they do not give the fact's margin any more."""
    reached: tuple[tuple[float, int], ...]
    """(margin, lowest price that leaves it) for the two margins of the decision rule."""


@dataclass(frozen=True, slots=True)
class Post:
    """One thing that was said, as it was last known; `url` is empty where it is no address of the web."""

    source: str
    said_on: str
    text: str
    measures: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened to an idea: a change of its status, or a person's answer."""

    at: datetime
    actor: str
    what: str
    """A status or an answer, in the schema's words."""
    why: str
    revision: int | None
    undone: bool = False
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One revision of an idea with all that its decision stands on."""

    card: Card
    stored: Row
    corpus: Corpus
    evidence: Evidence
    figures: Mapping[str, Figure]
    facts: Mapping[str, Fact]
    as_of: datetime
    revision: int

    @property
    def decided(self) -> bool:
        """Whether the twelve have judged it."""
        return self.stored["decision"] is not None


def load(connection: Session, idea_id: UUID, revision: int | None = None) -> Case:
    """The case of a decided revision, the newest unless told. UnknownIdea where there is no such idea."""
    stored = reading.load_case(connection, idea_id, revision)
    as_of = stored["as_of"]
    corpus = cards.load_corpus(connection, idea_id, as_of)
    evidence = cards.evidence_of(corpus, as_of)
    figures = cards.figures_of(connection, stored, rows=0)
    return Case(
        card=cards.card_of(stored, evidence, figures),
        stored=stored,
        corpus=corpus,
        evidence=clean_evidence(evidence),
        figures={figure.id: figure for figure in figures},
        facts={row["id"]: _fact(row) for row in stored["facts"]},
        as_of=as_of,
        revision=stored["revision"],
    )


def _fact(row: Row) -> Fact:
    return Fact(**{name: row[name] for name in Fact.__slots__} | {"rows": tuple(row["rows"])})


def facts_behind(case: Case, text: str, agents: Iterable[str] = ()) -> tuple[str, ...]:
    """The facts that a line names, then those whose figures it states, of these agents and those it names."""
    named = [fact_id for fact_id in FACT_ID.findall(text) if fact_id in case.facts]
    spoken = [*agents, *AGENT.findall(text)]
    known = [fact for agent in spoken for fact in _of_agent(case, agent)]
    return tuple(dict.fromkeys([*named, *stated_by(FACT_ID.sub("", text), known)]))


def _of_agent(case: Case, agent: str) -> list[Fact]:
    """An agent's facts, those that its report names first."""
    mine = [fact for fact in case.facts.values() if fact.agent == agent]
    said = next((one.fact_ids for one in case.card.opinions if one.agent == agent.replace("_", " ")), ())
    return sorted(mine, key=lambda fact: fact.id not in said)


def course_of(case: Case) -> Course:
    """The series with its forecast, as the trend's facts have it."""
    evidence = case.evidence
    series = attention(evidence)
    ahead = forecast(series, horizon=HORIZON_DAYS)
    return Course(evidence.days, series, _counted(evidence), ahead, _stated(case.facts) == _foretold(ahead))


def _counted(evidence: Evidence) -> Counted:
    """What a series counts: attention, or mentions where nobody measured any."""
    return "attention" if any(evidence.attention_by_day) else "mentions"


def _stated(facts: Mapping[str, Fact]) -> tuple[Value, ...]:
    return tuple(facts[key].value for name in FORECAST if (key := f"trend.forecast_{name}") in facts)


def _foretold(ahead: Forecast | None) -> tuple[Value, ...]:
    """The last day's forecast as a fact states it."""
    return () if ahead is None else tuple(rounded(getattr(ahead, name)[-1], "per_day") for name in FORECAST)


def streams_of(case: Case) -> tuple[Stream, ...]:
    """What each source brought on the days of the course, the source of most first by days seen."""
    witness = Witness(case.corpus, case.as_of)
    rows: dict[str, list[int]] = {}
    for row, source in enumerate(case.corpus.source):
        rows.setdefault(source, []).append(row)
    streams = [_stream(source, witness.evidence(rows[source], 0, ()), case.evidence.days) for source in sorted(rows)]
    seen = [stream for stream in streams if any(stream.values)]
    return tuple(sorted(seen, key=lambda stream: -sum(value > 0 for value in stream.values)))


def _stream(source: str, evidence: Evidence, days: Sequence[date]) -> Stream:
    evidence = clean_evidence(evidence)
    by_day = dict(zip(evidence.days, attention(evidence), strict=True))
    return Stream(source, tuple(by_day.get(day, 0.0) for day in days), _counted(evidence))


def leads_of(case: Case) -> tuple[Lead, ...]:
    """Every lead that the facts state, between sources of the case."""
    return tuple(_leads(case.facts, sorted(set(case.corpus.source))))


def _leads(facts: Mapping[str, Fact], sources: Sequence[str]) -> Iterator[Lead]:
    for first, second in permutations(sources, 2):
        pair = f"days_{slug(first)}_{slug(second)}"
        keys = [f"trend.lead_{pair}", f"trend.lead_low_{pair}", f"trend.lead_high_{pair}"]
        if all(key in facts for key in keys):
            days, low, high = (float(facts[key].value) for key in keys)
            yield Lead(first, second, days, low, high, keys[0])


def asked_of(case: Case, table: CostTable) -> Asked | None:
    """What the pricing's and the research's facts say of a sale; None where there is no price."""
    price, margin = (_number(case.facts, f"pricing.{name}") for name in ("price_cents", "margin_ratio"))
    if price is None or margin is None:
        return None
    points = tuple(_points(case.facts))
    sale = _sale(case.facts, table)
    agrees = sale is not None and rounded(margin_at(int(price), *sale), "ratio") == margin
    return Asked(
        price_cents=int(price),
        margin_ratio=margin,
        parts=_parts(case.facts),
        points=points,
        curve=_curve(points, int(price), *sale) if sale and agrees else (),
        reached=_reached(*sale) if sale and agrees else (),
    )


def _points(facts: Mapping[str, Fact]) -> Iterator[PricePoint]:
    for name, _ in QUANTILES:
        price, margin = (_number(facts, f"pricing.{name}_{unit}") for unit in ("price_cents", "margin_ratio"))
        if price is not None and margin is not None:
            yield PricePoint(name.replace("_", " "), int(price), margin, f"pricing.{name}_margin_ratio")


def _parts(facts: Mapping[str, Fact]) -> tuple[tuple[str, int, str], ...]:
    found = [(name.removesuffix("_cents"), f"research.{name}") for name in PARTS]
    return tuple((name, int(facts[key].value), key) for name, key in found if key in facts)


def _sale(facts: Mapping[str, Fact], table: CostTable) -> tuple[ProductCost, FeeSchedule] | None:
    """Who makes it and whose fees are paid: the rows that the lowest sensible price was computed from."""
    rows = facts["pricing.least_price_cents"].rows if "pricing.least_price_cents" in facts else ()
    product = next((each for each in table.products if clean_text(each.row) in rows), None)
    fees = next((each for each in table.fees if clean_text(each.row) in rows), None)
    return (product, fees) if product and fees else None


def _curve(
    points: Sequence[PricePoint], price_cents: int, product: ProductCost, fees: FeeSchedule
) -> tuple[tuple[int, float], ...]:
    """What is left from a little below the lowest price that matters to a little above the highest."""
    prices = [price_cents, *(point.price_cents for point in points), *(cents for _, cents in _reached(product, fees))]
    span = np.linspace(max(min(prices) * 0.95, 1), max(prices) * 1.05, CURVE_POINTS)
    return tuple((cents, margin_at(cents, product, fees)) for cents in sorted({int(each) for each in span}))


def _reached(product: ProductCost, fees: FeeSchedule) -> tuple[tuple[float, int], ...]:
    lowest = ((margin, least_price_cents(product, fees, margin)) for margin in RULE)
    return tuple((margin, cents) for margin, cents in lowest if cents is not None)


def _number(facts: Mapping[str, Fact], key: str) -> float | None:
    value = facts[key].value if key in facts else None
    return None if value is None or isinstance(value, bool | str) else float(value)


def load_rows(connection: Session, case: Case, fact_id: str) -> tuple[SourceRow, ...]:
    """The source rows of one fact, those that it names."""
    named = case.facts[fact_id].rows
    found = cards.source_rows(connection, named, case.as_of)
    return tuple(found[reference] for reference in named)


def load_posts(connection: Session, case: Case, most: int) -> tuple[tuple[Post, ...], int]:
    """The newest things said, as they were known when it was judged, and how many there are in all."""
    rows = reading.load_said(connection, case.stored["idea"]["id"], case.as_of, most)
    return tuple(_post(row) for row in rows), rows[0]["all_said"] if rows else 0


def _post(row: Row) -> Post:
    where = " · ".join(part for part in (row["source"], row["community"]) if part)
    place = cards.place_of(row["file"], row["row_no"])
    measures = wording.measures(row["metrics"])
    return Post(where, wording.day(row["said_at"]), row["text"], measures, place, web_address(row["url"]))


def web_address(url: str | None) -> str:
    """The address where it is one of the web (http or https, with a host), else nothing."""
    try:
        parts = urlsplit((url or "").strip())
        host = parts.hostname
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in ("http", "https") and host else ""


def load_history(connection: Session, idea_id: UUID) -> tuple[Moment, ...]:
    """Everything that happened to an idea, newest first: changes of status, and what people answered."""
    changes = [_change(row) for row in reading.load_events(connection, idea_id)]
    answers = [_answer(row) for row in reading.load_reviews(connection, idea_id)]
    return tuple(sorted([*answers, *changes], key=lambda moment: moment.at, reverse=True))


def _change(row: Row) -> Moment:
    revision = row["versions"].get("revision")
    why = "" if row["reason"] == f"revision {revision}" else row["reason"]
    return Moment(row["recorded_at"], row["actor"], row["to_status"], why, revision)


def _answer(row: Row) -> Moment:
    edits = wording.field_text("", (row["edits"] or {}).get("to") or {})
    why = ". ".join(part for part in (row["reason"], edits if row["edits"] else "") if part)
    return Moment(
        row["decided_at"], row["actor"], row["answer"], why, row["revision"], row["undone_at"] is not None, True
    )
