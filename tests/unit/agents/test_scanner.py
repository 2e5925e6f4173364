"""Scanner: a category for every format, key terms that mean something, claims as claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.scanner import CATEGORIES, SCANNER
from agents.specialist import Abstain
from tests.desks import brief, facts_of, mention
from trends.product import FORMATS


def test_every_format_has_a_category() -> None:
    assert set(CATEGORIES) == set(FORMATS)


def test_every_category_is_a_node_of_the_taxonomy(shared: Path) -> None:
    nodes = json.loads((shared / "data/taxonomy/google_product_categories.json").read_text())
    by_id = {node["id"]: node for node in nodes}

    def path(node: dict[str, object]) -> str:
        above = by_id.get(node["parent_id"])
        return f"{path(above)} > {node['title']}" if above else str(node["title"])

    assert set(CATEGORIES.values()) <= {path(node) for node in nodes}


def test_key_terms_leave_out_the_phrase_what_is_common_and_what_stands_once() -> None:
    texts = ["pumpkin carving stencil for the kids", "a stencil and a lantern", "lantern 2017 stencil", "gourd"]
    facts = facts_of(SCANNER, brief([mention(n, text) for n, text in enumerate(texts)]))
    assert facts["scanner.key_terms"].value == "stencil, lantern"
    assert SCANNER.rule(facts).model_dump()["keywords"] == ["pumpkin carving", "stencil", "lantern"]


def test_claims_are_counted_by_text() -> None:
    texts = ["handmade and organic mug", "handmade bowl", "a bowl", "a mug"]
    facts = facts_of(SCANNER, brief([mention(n, text) for n, text in enumerate(texts)]))
    assert facts["scanner.claim_share"].value == 0.5
    assert facts["scanner.claims"].value == "handmade, organic"


def test_the_community_that_speaks_of_it_most_is_named() -> None:
    rows = [mention(n, community="r/b" if n else "r/a") for n in range(4)]
    facts = facts_of(SCANNER, brief(rows))
    assert facts["scanner.community"].value == "r/b"
    assert facts["scanner.community_share"].value == 0.75


def test_without_texts_there_is_still_a_category() -> None:
    facts = facts_of(SCANNER, brief())
    assert SCANNER.rule(facts).model_dump()["category"] == CATEGORIES["shirt"]


def test_it_abstains_for_a_format_without_a_category() -> None:
    with pytest.raises(Abstain, match="'spoon'"):
        SCANNER.facts(brief(product_format="spoon"))
