"""Psychology: feelings and appeals of texts, and silence where there are too few."""

from __future__ import annotations

import pytest

from agents.psychology import PSYCHOLOGY
from agents.specialist import Abstain
from tests.desks import brief, facts_of, mention


def of(*texts: str) -> dict[str, object]:
    facts = facts_of(PSYCHOLOGY, brief([mention(n, text) for n, text in enumerate(texts)]))
    return {fact.id.removeprefix("psychology."): fact.value for fact in facts.values()} | {
        "report": PSYCHOLOGY.rule(facts)
    }


def test_it_abstains_under_five_distinct_texts() -> None:
    with pytest.raises(Abstain, match="1 text to read, 5 needed"):
        PSYCHOLOGY.facts(brief([mention(n, "the same") for n in range(9)]))


def test_appeals_come_strongest_first() -> None:
    found = of("knitting a hat", "retro crochet", "quilt with grandma", "sewing", "a gift")
    assert found["appeals"] == "craft, nostalgia"
    assert found["craft_share"] == 0.8
    assert "80.0% of texts speak of craft" in found["report"].summary  # type: ignore[attr-defined]


def test_texts_without_any_feeling_say_so() -> None:
    found = of(*(f"tile {n}" for n in range(5)))
    assert found["matched_share"] == 0
    assert "sentiment" not in found
    assert found["appeals"] == "none stands out"
    assert found["report"].stance == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(("word", "sign"), [("love", 1), ("hate", -1)])
def test_the_rule_follows_the_feeling(word: str, sign: int) -> None:
    report = of(*(f"{word} it {n}" for n in range(5)))["report"]
    assert report.stance * sign > 0  # type: ignore[attr-defined]
