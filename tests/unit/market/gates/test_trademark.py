"""The gate of trademarks: what it checks, what it tells, what it does when a register does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from market.errors import MarketDown
from market.gates import Source, pack, unpack
from market.gates.marks import Mark, Register
from market.gates.trademark import Listed, Trademark, classes_of

SHOP = Listed(Source("shop.csv", "abc"), Register([Mark("Velmora", frozenset({25}), "Velmora Ltd", "USPTO", "123")]))


class Office:
    """A register that answers what it is given, or not at all."""

    register = "USPTO"

    def __init__(self, marks: Sequence[Mark] = (), alive: bool = True, down: bool = False) -> None:
        self.marks, self.alive, self.down = list(marks), alive, down

    def source(self, now: datetime) -> Source:
        return Source("office", now.date().isoformat())

    async def search(self, texts: Sequence[str], classes: Sequence[int]) -> list[Mark]:
        if self.down:
            raise MarketDown("office.example/trademarks did not answer within 30 s")
        return self.marks

    async def is_alive(self, mark: Mark) -> bool:
        if self.down:
            raise MarketDown("office.example/case did not answer within 30 s")
        return self.alive


async def test_a_default_install_can_launch_and_says_that_it_is_no_clearance(listing, artwork, now):
    verdict = await Trademark().judge(listing, artwork, now)
    assert verdict.outcome == "clear"
    assert "no clearance" in verdict.why
    assert verdict.against[0].name == "starter list of famous marks"
    assert "artwork" in verdict.checked


async def test_what_is_lettered_on_the_design_blocks_though_the_title_is_clean(listing, artwork, now):
    verdict = await Trademark().judge(listing, replace(artwork, text="May the St4r W4rs be with you"), now)
    assert verdict.outcome == "blocked"
    (found,) = [each for each in verdict.evidence if each.blocks]
    assert (found.where, found.found) == ("artwork", "Star Wars")
    assert found.facts["owner"] == "Lucasfilm Ltd."


async def test_evidence_names_class_owner_register_and_number(listing, artwork, now):
    verdict = await Trademark([SHOP]).judge(replace(listing, title="Velmorra shirt"), artwork, now)
    assert verdict.evidence[0].facts == {"class": "25", "owner": "Velmora Ltd", "register": "USPTO", "number": "123"}
    assert verdict.evidence[0].score < 1


async def test_the_same_listing_and_lists_give_the_same_key_and_another_list_another(listing, artwork, now):
    gate = Trademark()
    first, again = (await gate.judge(listing, artwork, now), await Trademark().judge(listing, artwork, now))
    assert first.key == again.key == gate.key(listing, artwork, now)
    assert Trademark([SHOP]).key(listing, artwork, now) != first.key
    assert gate.key(replace(listing, title="Moss"), artwork, now) != first.key
    assert gate.key(listing, replace(artwork, text="Moss"), now) != first.key


async def test_a_verdict_can_be_packed(listing, artwork, now):
    verdict = await Trademark([SHOP]).judge(replace(listing, title="Velmora apple shirt"), artwork, now)
    assert unpack(pack(verdict)) == verdict


async def test_a_register_that_does_not_answer_means_that_the_gate_could_not_run(listing, artwork, now):
    verdict = await Trademark(remote=[Office(down=True)]).judge(listing, artwork, now)
    assert verdict.outcome == "could not run"
    assert verdict.blocks
    assert "did not answer" in verdict.why


async def test_a_mark_that_a_register_answers_with_is_compared_and_blocks(listing, artwork, now):
    office = Office([Mark("Mosslover", frozenset({25})), Mark("Bricklayer", frozenset({25}))])
    verdict = await Trademark(remote=[office]).judge(listing, artwork, now)
    assert [each.found for each in verdict.evidence if each.blocks] == ["Mosslover"]


async def test_a_mark_that_its_register_says_is_dead_is_told_and_does_not_block(listing, artwork, now):
    named = replace(listing, title="Velmora shirt")
    alive = await Trademark([SHOP], status=[Office()]).judge(named, artwork, now)
    dead = await Trademark([SHOP], status=[Office(alive=False)]).judge(named, artwork, now)
    down = await Trademark([SHOP], status=[Office(down=True)]).judge(named, artwork, now)
    assert (alive.outcome, dead.outcome, down.outcome) == ("blocked", "clear", "blocked")
    assert "dead" in dead.evidence[0].how


def test_a_format_that_no_table_knows_counts_in_every_class():
    assert classes_of("shirt") == (25, 35)
    assert len(classes_of("hovercraft")) == 45
