"""Gathering: what is stored of a run and its ideas, worded for the report and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from agents.roster import SPECIALISTS
from agents.trend import LEAP
from graphs.casebook import corpus_from
from store import reading
from trends.evidence import Witness
from trends.idea import Evidence
from ui import drawing, wording
from ui.call import SAMPLE_LABEL
from ui.page import Attribution, Card, Claim, Figure, FileLine, Opinion, Page, Refusal, SourceRow, Spark, Stage

ORDER = {name: at for at, name in enumerate([*(each.name for each in SPECIALISTS), "coordinator"])}
REFUSED_EACH = 12
ROWS_SHOWN = 3
VERDICTS = ("approve", "review", "reject")
SILENCE = (" abstained:", " failed:", " is ungrounded:", "Judged by rule")
"""What the lines of a decision say that tell who had no say."""
OWN_FIELDS = ("summary", "stance", "facts", "steps")

Session = Connection[Any]


def gather(connection: Session, tenant: str, sample: bool, attributions: Sequence[Attribution] = ()) -> Page | None:
    """The newest finished run as a page; None where there is none yet."""
    run = reading.find_run(connection)
    if run is None:
        return None
    drawn = [row["idea_id"] for row in reading.load_chosen(connection, run["id"])]
    listed = {row["id"]: row for row in reading.load_listed(connection, ideas=drawn)}
    chosen = [idea_id for idea_id in drawn if idea_id in listed]
    chosen.sort(key=lambda idea_id: -(listed[idea_id]["score"] or 0.0))
    cards = [gather_card(connection, idea_id, rank, ROWS_SHOWN) for rank, idea_id in enumerate(chosen, 1)]
    groups = {verdict: ranked(card for card in cards if card.verdict == verdict) for verdict in VERDICTS}
    kinds = run["counts"].get("kinds", {})
    files = tuple(file_line(row) for row in reading.load_files(connection))
    refusals = [
        Refusal(card.phrase, "too late" if "order date" in card.reasons[0] else "rule", card.reasons[0])
        for card in groups["reject"]
        if card.reasons
    ]
    refusals += [
        Refusal(row["phrase"], row["kind"], row["kind_reason"])
        for row in reading.load_refused(connection, run["as_of"], REFUSED_EACH)
    ]
    return Page(
        title=headline(len(groups["approve"]), len(groups["review"])),
        as_of=wording.day(run["as_of"]),
        moment=run["as_of"].isoformat(),
        tenant=tenant,
        sample=sample,
        label=SAMPLE_LABEL,
        judged_by=judged_by(cards),
        shortlist=groups["approve"],
        waiting=groups["review"],
        rejected=groups["reject"],
        refusals=tuple(refusals),
        kinds=tuple((kind, count, wording.KIND_MEANINGS.get(kind, "")) for kind, count in kinds.items()),
        files=files,
        funnel=funnel(files, kinds, len(cards), len(groups["approve"])),
        attributions=tuple(attributions),
        run_id=str(run["id"]),
        notes=(f"Computed from what was known on {wording.day(run['as_of'])}; nothing later was read.",),
    )


def ranked(cards: Iterable[Card]) -> tuple[Card, ...]:
    """The cards numbered from 1."""
    return tuple(replace(card, rank=at) for at, card in enumerate(cards, 1))


def headline(allowed: int, between: int) -> str:
    """The page's first line."""
    if allowed:
        return f"{wording.in_words(allowed)} {'idea' if allowed == 1 else 'ideas'} worth making"
    return (
        f"Nothing to make yet, {wording.in_words(between).lower()} to judge" if between else "Nothing worth making yet"
    )


def judged_by(cards: Sequence[Card]) -> str:
    """Who wrote the reports, in a sentence or two."""
    said = [opinion for card in cards for opinion in card.opinions if opinion.outcome == "opinion"]
    by_model = sum(opinion.judged_by.startswith("model") for opinion in said)
    if not said:
        return "No agent has given an opinion yet."
    if not by_model:
        return "No model was asked: the twelve agents judged by their written rules, and every report says so."
    return f"Models wrote {by_model:,} of {len(said):,} opinions; the others follow the agents' written rules."


def funnel(files: Sequence[FileLine], kinds: Mapping[str, int], judged: int, allowed: int) -> tuple[Stage, ...]:
    """From rows to what may be made; each bar against the widest below the rows, whose number dwarfs the rest."""
    phrases = sum(kinds.values())
    stages = {
        "rows read": sum(file.read for file in files),
        "phrases": phrases,
        "subjects": kinds.get("subject", 0),
        "judged": judged,
        "may be made": allowed,
    }
    widest = max(phrases, judged, 1)
    return tuple(Stage(label, count, round(min(100.0, 100 * count / widest), 1)) for label, count in stages.items())


def file_line(row: Mapping[str, Any]) -> FileLine:
    """One file's counts."""
    return FileLine(
        str(row["name"]), str(row["format"] or ""), str(row["outcome"]), str(row["reason"] or ""),
        row["rows_read"], row["stored"], row["repeated"], row["quarantined"],
    )  # fmt: skip


def gather_card(connection: Session, idea_id: UUID, rank: int = 1, rows: int = ROWS_SHOWN) -> Card:
    """One idea with everything its decision stands on, `rows` source rows a fact."""
    case = reading.load_case(connection, idea_id)
    idea, decision, facts = case["idea"], case["decision"] or {}, {row["id"]: row for row in case["facts"]}
    occasion = idea["occasion"]
    evidence = load_evidence(connection, idea_id, case["as_of"])
    lettering, size = drawing.letter(idea["phrase"], idea["product_format"])
    verdict = decision.get("verdict", "")
    score = case["score"]
    card = Card(
        anchor=f"idea-{idea_id.hex[-12:]}",
        rank=rank,
        id=str(idea_id),
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
        figures=figures_of(connection, case["facts"], rows),
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


def load_evidence(connection: Session, idea_id: UUID, as_of: datetime) -> Evidence:
    """The series that the agents were given, from the same rows."""
    corpus = corpus_from(reading.load_observations(connection, idea_id, as_of))
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


def figures_of(connection: Session, facts: Sequence[Mapping[str, Any]], rows: int) -> tuple[Figure, ...]:
    """The facts in the order of the roster, each with the first of its source rows."""
    ordered = sorted(facts, key=lambda fact: (ORDER.get(fact["agent"], len(ORDER)), fact["id"]))
    shown = {fact["id"]: fact["rows"][:rows] for fact in ordered}
    traces = reading.trace(connection, (reference for references in shown.values() for reference in references))
    return tuple(
        Figure(
            id=fact["id"],
            label=fact["label"],
            text=wording.fact_text(fact["value"], fact["unit"]),
            source=fact["source"],
            known_at=wording.day(fact["known_at"]),
            rows=tuple(_source_row(reference, traces.get(reference)) for reference in shown[fact["id"]]),
            row_count=fact["row_count"],
        )
        for fact in ordered
    )


def _source_row(reference: str, found: reading.Trace | None) -> SourceRow:
    if found is None:
        kind, _, name = reference.partition(":")
        place = {"cost": "shipped or own cost table", "fee": "shipped or own fee table"}.get(kind, kind)
        return SourceRow(reference, place, f"{kind} {name}")
    row = f", row {found.row}" if found.row is not None else ""
    return SourceRow(reference, f"{found.file or 'stored'}{row}", found.text, wording.measures(found.figures))


def _value(facts: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    return facts[key]["value"] if key in facts else None


def _fact_text(facts: Mapping[str, Mapping[str, Any]], key: str) -> str | None:
    fact = facts.get(key)
    return None if fact is None else wording.fact_text(fact["value"], fact["unit"])
