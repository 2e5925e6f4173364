"""What a person is asked: the price on offer rests on facts, whatever a model wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.specialist import Finding, Outcome
from graphs.analyze import AnalyzeState, price_offered
from graphs.packing import pack_finding
from tests.engine import PRICE

SAID = Finding("pricing", Outcome.OPINION, "model", PRICE, {"price_cents": 2999})


def state_with(finding: Finding) -> AnalyzeState:
    return {"idea_id": "1", "findings": {"pricing": pack_finding(finding)}}


@pytest.mark.parametrize(
    ("finding", "price"),
    [
        (SAID, 2999),
        (replace(SAID, outcome=Outcome.UNGROUNDED, report={"price_cents": 987654}), 2499),
        (replace(SAID, outcome=Outcome.FAILED, report=None), 2499),
        (replace(SAID, outcome=Outcome.ABSTAINED, facts=(), report=None), None),
    ],
)
def test_the_price_of_a_report_that_does_not_count_is_not_on_offer(finding, price):
    assert price_offered(state_with(finding)) == price


def test_without_a_pricing_desk_no_price_is_on_offer():
    assert price_offered({"idea_id": "1"}) is None
