"""Packing: what is packed comes back the same, and JSON can hold it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from agents.specialist import Finding, Outcome
from graphs.packing import fact_rows, pack_finding, unpack_finding
from trends.fact import Fact

NOW = datetime(2017, 10, 5, tzinfo=UTC)
ROWS = tuple(f"observation:{at}" for at in range(20))


def finding() -> Finding:
    facts = tuple(Fact(f"trend.f{at}", at / 2, "count", "made up", NOW, "a figure", ROWS, 40) for at in range(9))
    words = Fact("trend.phase", "rising", "text", "made up", NOW, "the phase")
    return Finding("trend", Outcome.OPINION, "rule", (*facts, words), {"stance": 0.5}, "no model", seed=7)


def test_a_finding_comes_back_as_it_was() -> None:
    assert unpack_finding(json.loads(json.dumps(pack_finding(finding())))) == finding()


def test_rows_that_facts_share_are_held_once() -> None:
    assert len(json.dumps(pack_finding(finding()))) < len(json.dumps(fact_rows([finding()]))) / 3
