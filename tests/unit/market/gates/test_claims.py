"""What a listing may not say, what it must prove, and that every claim traces to a fact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.gates.claims import Claims
from market.listing import Claim

GATE = Claims({"cost:printify/shirt", "fact-1"})


async def test_claims_that_trace_to_facts_are_clear(listing, artwork, now):
    verdict = await GATE.judge(listing, artwork, now)
    assert verdict.outcome == "clear"
    assert verdict.against[0].size == 2


async def test_a_claim_that_traces_to_no_fact_blocks(listing, artwork, now):
    lone = replace(listing, claims=(*listing.claims, Claim("Ships in a day", "fact-9")))
    verdict = await GATE.judge(lone, artwork, now)
    assert verdict.outcome == "blocked"
    assert "no fact" in verdict.why


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Cures anxiety at once"), ("en", "clinically proven to calm"), ("en", "Official merchandise"),
        ("en", "Officially licensed design"), ("en", "100% guaranteed to fit"), ("en", "Eco-friendly ink"),
        ("en", "The best selling moss shirt"), ("en", "World's best mug"),
        ("de", "Heilt Schmerzen"), ("de", "umweltfreundliche Farben"), ("de", "Nr. 1 der Moosshirts"),
        ("de", "offizielles Produkt"), ("fr", "soulage la douleur"), ("fr", "produit officiel"),
        ("fr", "n°1 des ventes"),
        ("fr", "encre écologique"), ("es", "alivia el dolor"), ("es", "producto oficial"), ("es", "tinta ecológica"),
        ("ja", "腰痛が治るシャツ"), ("ja", "公式グッズ"), ("ja", "世界一のマグ"), ("ja", "環境にやさしい"),
    ],
)  # fmt: skip
async def test_what_law_forbids_blocks_in_its_language(listing, artwork, now, locale, text):
    verdict = await GATE.judge(replace(listing, locale=locale, description=text), artwork, now)
    assert verdict.outcome == "blocked"
    assert verdict.evidence[0].where == "description"


@pytest.mark.parametrize("text", ["A moss shirt", "the best day of spring", "world best friends day", "licence to nap"])
async def test_plain_words_pass(listing, artwork, now, text):
    assert (await GATE.judge(replace(listing, description=text), artwork, now)).outcome == "clear"


async def test_an_environmental_claim_passes_where_a_fact_proves_the_same_words(listing, artwork, now):
    said = replace(listing, description="Made of organic cotton")
    assert (await GATE.judge(said, artwork, now)).outcome == "blocked"
    proven = replace(said, claims=(Claim("Organic cotton", "fact-1"),))
    assert (await GATE.judge(proven, artwork, now)).outcome == "clear"
    unproven = replace(said, claims=(Claim("Organic cotton", "fact-9"),))
    assert (await GATE.judge(unproven, artwork, now)).outcome == "blocked"


async def test_official_is_never_proven_by_a_claim(listing, artwork, now):
    said = replace(listing, title="Official moss shirt", claims=(Claim("Official moss shirt", "fact-1"),))
    assert (await GATE.judge(said, artwork, now)).outcome == "blocked"
