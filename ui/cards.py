"""Cards: what is stored of one idea, worded for every door: the report, the terminal, the console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from psycopg import Connection

from agents.figures import clean_text
from agents.roster import SPECIALISTS
from agents.trend import LEAP
from graphs.casebook import corpus_from
from market.costs import CostTable, in_force, load_default_costs, read_costs
from market.reference import Reference, find_number
from store import reading
from trends.evidence import Witness
from trends.idea import Evidence
from trends.table import Corpus
from ui import drawing, wording
from ui.page import Card, Claim, Figure, Opinion, SourceRow, Spark

ORDER = {name: at for at, name in enumerate([*(each.name for each in SPECIALISTS), "coordinator"])}
ROWS_SHOWN = 3
SILENCE = (" abstained:", " failed:", " is ungrounded:", "Judged by rule")
"""What the lines of a decision say that tell who had no say."""
OWN_FIELDS = ("summary", "stance", "facts", "steps")
PRICED = ("cost:", "fee:")
UNITS = ("_cents", "_ratio", "_share")
FIGURES_OF_A_ROW = frozenset({
    "base_cost_cents", "seller_shipping_cents", "retail_price_cents", "production_days", "shipping_days",
    "listing_fee_cents", "transaction_ratio", "payment_ratio", "payment_fixed_cents",
})  # fmt: skip

Session = Connection[Any]


def gather_card(connection: Session, idea_id: UUID, rank: int = 1, rows: int = ROWS_SHOWN) -> Card:
    """One idea with everything its decision stands on, `rows` source rows a fact."""
    case = reading.load_case(connection, idea_id)
    evidence = evidence_of(load_corpus(connection, idea_id, case["as_of"]), case["as_of"])
    return card_of(case, evidence, figures_of(connection, case, rows), rank)


def card_of(case: Mapping[str, Any], evidence: Evidence, figures: tuple[Figure, ...], rank: int = 1) -> Card:
    """What is stored of one revision of an idea, worded."""
    idea, decision, facts = case["idea"], case["decision"] or {}, {row["id"]: row for row in case["facts"]}
    occasion = idea["occasion"]
    lettering, size = drawing.letter(idea["phrase"], idea["product_format"])
    verdict = decision.get("verdict", "")
    score = case["score"]
    card = Card(
        anchor=f"idea-{idea['id'].hex[-12:]}",
        rank=rank,
        id=str(idea["id"]),
        phrase=idea["phrase"],
        audience=idea["audience"],
        product=idea["product_format"].replace("_", " "),
        occasion=occasion_text(occasion, case["as_of"]) if occasion else None,
        order_by=f"order by {wording.day(occasion['order_by'])}" if occasion else None,
        verdict=verdict,
        status=wording.status_text(verdict, idea["status"]),
        waits=idea["status"] == "pending_review",
        score=f"{score['total']:.2f}" if score else "none",
        terms=drawing.waterfall(score["terms"]) if score else (),
        spark=series_of(evidence),
        margin=_fact_text(facts, "pricing.margin_ratio"),
        price=_fact_text(facts, "pricing.price_cents"),
        why_now=why_now(facts, occasion, case["as_of"]),
        lettering=lettering,
        lettering_size=size,
        series=evidence.attention_by_day,
        measured={
            "product_format": idea["product_format"],
            "score": round(score["total"], 6) if score else None,
            "margin_ratio": _value(facts, "pricing.margin_ratio"),
            "price_cents": _value(facts, "pricing.price_cents"),
            "occasion": occasion,
        },
    )
    bounds, asides = split_reasons(decision.get("reasons") or ())
    return replace(
        card,
        ceiling=decision.get("ceiling") or "",
        advice=decision.get("advice") or "",
        reasons=bounds,
        asides=asides,
        steps=tuple(decision.get("steps") or ()),
        opinions=opinions_of(case["findings"]),
        figures=figures,
    )


def split_reasons(reasons: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What bounds the verdict, and after it who had no say or judged by rule."""
    silent = [any(sign in reason for sign in SILENCE) for reason in reasons]
    bounds = tuple(reason for reason, quiet in zip(reasons, silent, strict=True) if not quiet)
    return bounds, tuple(reason for reason, quiet in zip(reasons, silent, strict=True) if quiet)


def occasion_text(occasion: Mapping[str, Any], as_of: datetime) -> str:
    """The occasion and how far it is."""
    ahead = (datetime.fromisoformat(occasion["on"]).date() - as_of.date()).days
    if ahead < 0:
        return f"{occasion['name']}, {wording.counted(-ahead, 'day')} ago"
    return f"{occasion['name']} in {wording.counted(ahead, 'day')}" if ahead else f"{occasion['name']} is today"


def why_now(
    facts: Mapping[str, Mapping[str, Any]], occasion: Mapping[str, Any] | None, as_of: datetime
) -> tuple[Claim, ...]:
    """Why this idea, why at this moment: only what facts and the calendar say."""
    claims = []
    if phase := facts.get("trend.phase"):
        claims.append(moved(str(phase["value"]).capitalize(), facts))
    if occasion:
        order_by = datetime.fromisoformat(occasion["order_by"]).date()
        late = as_of.date() > order_by
        last = (
            f"the last order date was {wording.day(order_by)}"
            if late
            else f"an order until {wording.day(order_by)} still arrives"
        )
        claims.append(Claim(f"{occasion_text(occasion, as_of)}; {last}"))
    level, listings = facts.get("competition.level"), facts.get("competition.listings")
    if level and listings:
        known = wording.counted(int(listings["value"]), "comparable listing")
        claims.append(Claim(f"{str(level['value']).capitalize()} competition: {known}", level["id"]))
    lasts = facts.get("trend.sustainable")
    if lasts and lasts["value"]:
        claims.append(Claim("It holds its level: no one-day spike", lasts["id"]))
    return tuple(claims)


def moved(phase: str, facts: Mapping[str, Mapping[str, Any]]) -> Claim:
    """Where it stands, and the last week held against the one before."""
    ratio, growth, now = (facts.get(f"trend.{name}") for name in ("week_ratio", "growth_per_day", "now"))
    today = f", now at {wording.number(round(float(now['value'])))} a day" if now else ""
    if ratio:
        return Claim(f"{phase}: {float(ratio['value']):.1f} times the attention of the week before{today}", ratio["id"])
    if growth and float(growth["value"]) <= LEAP:
        change = float(growth["value"])
        sign = "+" if change >= 0 else "-"
        return Claim(f"{phase}: {sign}{wording.percent(abs(change))} a day over the last week{today}", growth["id"])
    return Claim(f"{phase} out of silence{today}", growth["id"] if growth else None)


def load_corpus(connection: Session, idea_id: UUID, as_of: datetime) -> Corpus:
    """What points at an idea, known at a moment: the rows that the agents were given."""
    return corpus_from(reading.load_observations(connection, idea_id, as_of))


def evidence_of(corpus: Corpus, as_of: datetime) -> Evidence:
    """The series that the agents were given, from the same rows."""
    return Witness(corpus, as_of).evidence(range(len(corpus)), 0, ())


def series_of(evidence: Evidence) -> Spark | None:
    """The attention of each day, drawn."""
    series = evidence.attention_by_day
    if len(series) < drawing.FEWEST_POINTS or max(series) <= 0:
        return None
    peak = max(range(len(series)), key=lambda at: series[at])
    first, last = wording.day(evidence.days[0]), wording.day(evidence.days[-1])
    most = f"{wording.number(series[peak])} on {wording.day(evidence.days[peak])}"
    caption = f"attention a day, {first} to {last}; most: {most}"
    return drawing.spark(series, caption)


def opinions_of(findings: Sequence[Mapping[str, Any]]) -> tuple[Opinion, ...]:
    """The twelve reports in the order of the roster, the coordinator last."""
    return tuple(_opinion(row) for row in sorted(findings, key=lambda row: ORDER.get(row["agent"], len(ORDER))))


def _opinion(row: Mapping[str, Any]) -> Opinion:
    report = row["report"] or {}
    fields = tuple(
        (wording.field_name(name), wording.field_text(name, value))
        for name, value in report.items()
        if name not in OWN_FIELDS and value not in ("", [], None)
    )
    by = {"model": f"model {row['model']}", "rule": "rule", "nobody": "nobody"}[row["judged_by"]]
    return Opinion(
        agent=row["agent"].replace("_", " "),
        outcome=row["outcome"],
        judged_by=by,
        summary=str(report.get("summary", "")),
        reason=row["reason"],
        stance=report.get("stance"),
        fields=fields,
        fact_ids=tuple(report.get("facts", row["fact_ids"])),
    )


def figures_of(connection: Session, case: Mapping[str, Any], rows: int) -> tuple[Figure, ...]:
    """The facts in the order of the roster, each with the first of its source rows."""
    ordered = sorted(case["facts"], key=lambda fact: (ORDER.get(fact["agent"], len(ORDER)), fact["id"]))
    shown = {fact["id"]: fact["rows"][:rows] for fact in ordered}
    found = source_rows(connection, chain.from_iterable(shown.values()), case["as_of"])
    return tuple(
        Figure(
            id=fact["id"],
            label=fact["label"],
            text=wording.fact_text(fact["value"], fact["unit"]),
            source=fact["source"],
            known_at=wording.day(fact["known_at"]),
            rows=tuple(found[reference] for reference in shown[fact["id"]]),
            row_count=fact["row_count"],
        )
        for fact in ordered
    )


def source_rows(connection: Session, references: Iterable[str], as_of: datetime) -> dict[str, SourceRow]:
    """The rows that facts name, by reference: stored ones with their file, priced ones with their figures."""
    named = list(dict.fromkeys(references))
    traces = reading.trace(connection, named)
    priced = any(reference.startswith(PRICED) for reference in named)
    table = _priced_rows(load_costs(connection, as_of)) if priced else {}
    return {each: _stored_row(each, traces[each]) if each in traces else table.get(each) or _named_row(each)
            for each in named}  # fmt: skip


def load_costs(connection: Session, as_of: datetime) -> CostTable:
    """The table of costs and fees that was in force: the shipped one with the tenant's own rows in it."""
    rows = reading.load_priced(connection, as_of)
    references = [Reference(str(row["id"]), row["kind"], row["body"], row["known_at"], row["source"]) for row in rows]
    return in_force(read_costs(references, load_default_costs()), as_of.date())


def _priced_rows(table: CostTable) -> dict[str, SourceRow]:
    """Each row of the table, as a fact names it."""
    products = {each.row: (f"{each.provider}, {each.product_format}", each) for each in table.products}
    fees = {each.row: (each.marketplace, each) for each in table.fees}
    return {
        clean_text(name): SourceRow(
            clean_text(name),
            f"{'cost' if name in products else 'fee'} table of {wording.day(row.known_on)}",
            f"{text.replace('_', ' ')} ({row.source})",
            wording.measures({key: value for key, value in asdict(row).items() if key in FIGURES_OF_A_ROW}),
        )
        for name, (text, row) in (products | fees).items()
    }


def _stored_row(reference: str, found: reading.Trace) -> SourceRow:
    return SourceRow(reference, place_of(found.file, found.row), found.text, wording.measures(_in_units(found.figures)))


def _in_units(figures: Mapping[str, Any]) -> dict[str, Any]:
    """A row's figures, those whose name has a unit as numbers: a file of text states an amount as text."""
    return {
        name: value if (number := find_number(figures, name)) is None or not name.endswith(UNITS) else number
        for name, value in figures.items()
    }


def place_of(file: str | None, row: int | None) -> str:
    """Where a row stands: its file and number, as far as they are known."""
    return f"{file or 'stored'}, row {row}" if row is not None else file or "stored"


def _named_row(reference: str) -> SourceRow:
    """A row that is no stored one: the idea itself, another's finding, a page of the web."""
    kind, _, name = reference.partition(":")
    return SourceRow(reference, kind, name if kind == "citation" else f"{kind} {name}")


def _value(facts: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    return facts[key]["value"] if key in facts else None


def _fact_text(facts: Mapping[str, Mapping[str, Any]], key: str) -> str | None:
    fact = facts.get(key)
    return None if fact is None else wording.fact_text(fact["value"], fact["unit"])
