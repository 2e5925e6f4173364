"""Packing: values as the JSON-ready data that a state, a table or a page holds, and back.

What is checkpointed is paid for at every step, so a finding names each set of rows once, however
many facts stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from agents.decision import Decision, Verdict
from agents.specialist import Finding, Outcome
from trends.fact import Fact
from trends.idea import Idea, Kind, Occasion, Score, Status, Term

Packed = dict[str, Any]


def pack_finding(finding: Finding) -> Packed:
    """A finding for a state: facts as lists, each distinct set of rows once."""
    sets: dict[tuple[str, ...], int] = {}
    facts = [
        [
            fact.id,
            fact.value,
            fact.unit,
            fact.source,
            fact.known_at.isoformat(),
            fact.label,
            sets.setdefault(fact.rows, len(sets)),
            fact.row_count,
        ]
        for fact in finding.facts
    ]
    return {
        **{name: getattr(finding, name) for name in PLAIN},
        "outcome": finding.outcome.value,
        "facts": facts,
        "rows": [list(rows) for rows in sets],
    }


PLAIN = ("agent", "judged_by", "report", "reason", "model", "prompt_hash", "seed", "input_tokens", "output_tokens",
         "cost_micro_usd")  # fmt: skip


def unpack_finding(packed: Packed) -> Finding:
    """The finding again, equal to what was packed."""
    rows = [tuple(each) for each in packed["rows"]]
    facts = tuple(
        Fact(fact_id, value, unit, source, datetime.fromisoformat(known_at), label, rows[at], count)
        for fact_id, value, unit, source, known_at, label, at, count in packed["facts"]
    )
    plain = {name: packed[name] for name in PLAIN}
    return Finding(outcome=Outcome(packed["outcome"]), facts=facts, **plain)


def fact_rows(findings: Sequence[Finding]) -> list[Packed]:
    """The facts of these findings as rows of the fact table; of two with one id the first."""
    rows: dict[str, Packed] = {}
    for finding in findings:
        for fact in finding.facts:
            row = {name: getattr(fact, name) for name in Fact.__slots__}
            rows.setdefault(fact.id, {**row, "known_at": fact.known_at.isoformat(), "rows": list(fact.rows)})
    return list(rows.values())


def finding_rows(findings: Sequence[Finding]) -> list[Packed]:
    """These findings as rows of the finding table."""
    return [
        {
            **{name: getattr(finding, name) for name in PLAIN},
            "outcome": finding.outcome.value,
            "fact_ids": [fact.id for fact in finding.facts],
        }
        for finding in findings
    ]


def pack_decision(decision: Decision) -> Packed:
    """A decision with plain strings."""
    return {
        "verdict": decision.verdict.value,
        "advice": decision.advice.value if decision.advice else None,
        "ceiling": decision.ceiling.value,
        "reasons": list(decision.reasons),
        "steps": list(decision.steps),
    }


def unpack_verdict(value: str | None) -> Verdict | None:
    """A verdict from its stored form."""
    return None if value is None else Verdict(value)


def pack_occasion(occasion: Occasion | None) -> Packed | None:
    """An occasion with ISO dates."""
    if occasion is None:
        return None
    return {**asdict(occasion), "on": occasion.on.isoformat(), "order_by": occasion.order_by.isoformat()}


def idea_of(row: Mapping[str, Any], as_of: datetime) -> Idea:
    """The idea from its table row, its occasion counted from `as_of`."""
    return Idea(
        id=row["id"],
        phrase=row["phrase"],
        key=row["key"],
        audience=row["audience"],
        occasion=_occasion(row["occasion"], as_of),
        kind=Kind(row["kind"]),
        kind_reason=row["kind_reason"],
        product_format=row["product_format"],
        status=Status(row["status"]),
        revision=row["revision"],
        kind_by=row["kind_by"],
    )


def _occasion(packed: Packed | None, as_of: datetime) -> Occasion | None:
    if packed is None:
        return None
    on = date.fromisoformat(packed["on"])
    ahead = (on - as_of.date()).days
    return Occasion(packed["name"], on, ahead, date.fromisoformat(packed["order_by"]))


def pack_terms(score: Score) -> list[Packed]:
    """The terms of a score, as its table holds them."""
    return [asdict(term) for term in score.terms]


def score_of(row: Mapping[str, Any] | None) -> Score | None:
    """The score from its table row; None where there is none."""
    if row is None:
        return None
    return Score(row["total"], tuple(Term(**term) for term in row["terms"]), row["weights_version"], row["as_of"])
