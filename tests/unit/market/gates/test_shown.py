"""Pictures and disclosures: what was looked at, and what has to be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.gates import pack, unpack
from market.gates.disclosures import Disclosed
from market.gates.pictures import Pictures
from market.listing import Disclosures


async def test_a_design_that_a_judge_cleared_is_clear_and_says_who_judged(listing, artwork, now):
    verdict = await Pictures().judge(listing, artwork, now)
    assert verdict.outcome == "clear"
    assert (verdict.against[0].name, verdict.against[0].version) == ("text only", "1")
    assert unpack(pack(verdict)) == verdict


@pytest.mark.parametrize(("state", "outcome"), [("not checked", "could not run"), ("unsafe", "blocked")])
async def test_what_nobody_looked_at_or_is_unsafe_blocks(listing, artwork, now, state, outcome):
    verdict = await Pictures().judge(listing, replace(artwork, safety=state), now)
    assert verdict.outcome == outcome
    assert verdict.blocks


async def test_clear_said_by_nobody_is_not_clear(listing, artwork, now):
    assert (await Pictures().judge(listing, replace(artwork, judge=""), now)).outcome == "could not run"


async def test_a_listing_without_a_picture_is_blocked(listing, artwork, now):
    assert (await Pictures().judge(replace(listing, pictures=()), artwork, now)).outcome == "blocked"


async def test_what_was_told_truly_is_clear(listing, artwork, now):
    assert (await Disclosed().judge(listing, artwork, now)).outcome == "clear"


async def test_who_prints_it_has_to_be_named(listing, artwork, now):
    silent = replace(listing, disclosures=Disclosures("seller", " "))
    verdict = await Disclosed().judge(silent, artwork, now)
    assert verdict.outcome == "blocked"
    assert "printify" in verdict.why
    assert (await Disclosed().judge(silent, replace(artwork, printed_by=""), now)).outcome == "clear"


async def test_a_design_of_a_model_has_to_be_told_in_the_field_and_in_the_description(listing, artwork, now):
    drawn = replace(artwork, renderer="sdxl")
    verdict = await Disclosed().judge(listing, drawn, now)
    assert [each.found for each in verdict.evidence] == ["designed_by", "description"]
    told = replace(
        listing, disclosures=Disclosures("seller with AI", "printify"), description="Drawn with the help of AI."
    )
    assert (await Disclosed().judge(told, drawn, now)).outcome == "clear"


async def test_a_renderer_that_nobody_knows_is_taken_for_a_model(listing, artwork, now):
    assert (await Disclosed().judge(listing, replace(artwork, renderer=""), now)).outcome == "blocked"
