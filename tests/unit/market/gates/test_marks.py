"""Finding marks: tricks block, ordinary words are told, and an index gives the same answers when it is loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest

from market.gates.likeness import uses
from market.gates.marks import Mark, Register, digest_of, load_index
from market.gates.sound import sound_of
from trends.words import word_list

CLOTHES = frozenset({25, 35})
MARKS = [
    Mark("Velmora", frozenset({25})), Mark("Quistar", frozenset({25})), Mark("Tarn Hollow", frozenset({25})),
    Mark("The Brass Otter", frozenset({25})), Mark("GAP", frozenset({25})), Mark("APPLE", frozenset({25})),
    Mark("NEW BALANCE", frozenset({25})), Mark("ZRX", frozenset({25})), Mark("Pokémon", frozenset({25})),
    Mark("Dovrex", frozenset({9})), Mark("Lumenka", frozenset({9}), famous=True),
]  # fmt: skip


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(MARKS)


def blocking(title: str, register: Register) -> set[str]:
    return {use.mark.text for use in uses(title, register, CLOTHES) if use.blocks}


def hinted(title: str, register: Register) -> set[str]:
    return {use.mark.text for use in uses(title, register, CLOTHES) if not use.blocks}


@pytest.mark.parametrize(
    ("title", "mark"),
    [
        ("Velmora shirt", "Velmora"), ("velmoras for all", "Velmora"), ("velmora's best", "Velmora"),
        ("v e l m o r a tee", "Velmora"), ("v.e.l.m.o.r.a tee", "Velmora"), ("vel mora tee", "Velmora"),
        ("V3lm0ra tee", "Velmora"), ("Vélmorà tee", "Velmora"), ("Vеlmоrа tee", "Velmora"), ("Vellmora tee", "Velmora"),
        ("Velmorra tee", "Velmora"), ("Velmorah tee", "Velmora"), ("Velmoda tee", "Velmora"), ("velmorafan", "Velmora"),
        ("Kwistar hoodie", "Quistar"), ("Kwystarr hoodie", "Quistar"), ("tarnhollow cap", "Tarn Hollow"),
        ("Tarn-Hollow cap", "Tarn Hollow"), ("tarn hollows cap", "Tarn Hollow"), ("Tarn Holow cap", "Tarn Hollow"),
        ("Brass Otter tee", "The Brass Otter"), ("thebrassotter", "The Brass Otter"), ("Z R X bike", "ZRX"),
        ("ZRXs forever", "ZRX"), ("Pokemon party", "Pokémon"), ("4pple logo tee", "APPLE"), ("a p p l e", "APPLE"),
    ],
)  # fmt: skip
def test_a_mark_is_found_however_it_is_written(register, title, mark):
    assert mark in blocking(title, register)


@pytest.mark.parametrize("title", ["mind the gap", "apple pie season", "finding a new balance in life", "apples"])
def test_an_ordinary_word_in_its_ordinary_sense_is_told_and_does_not_block(register, title):
    assert not blocking(title, register)
    assert hinted(title, register)


@pytest.mark.parametrize(
    "title",
    ["velvet moss shirt", "a star quilt", "brass band otter cove", "hollow log", "the balance beam", "gasp", "staple"],
)
def test_other_words_are_nobodys_mark(register, title):
    assert uses(title, register, CLOTHES) == []


def test_an_ordinary_word_beside_a_word_of_brands_blocks(register):
    assert blocking("the apple logo", register) == {"APPLE"}


def test_a_mark_of_other_goods_counts_only_where_it_is_famous(register):
    assert not blocking("Dovrex tee", register)
    assert blocking("Lumenka tee", register) == {"Lumenka"}


def test_a_dead_mark_protects_nothing():
    assert len(Register([Mark("Velmora", status="ABANDONED"), Mark("Quistar", status="REGISTERED")])) == 1


def test_an_index_that_was_kept_answers_as_the_one_that_was_built(tmp_path: Path, register):
    digest = digest_of(MARKS)
    load_index(MARKS, digest, tmp_path)
    (kept,) = tmp_path.iterdir()
    made = kept.stat().st_mtime_ns
    again = load_index(MARKS, digest, tmp_path)
    assert kept.stat().st_mtime_ns == made
    titles = ("V3lmora", "Kwistar", "apple pie")
    assert [uses(each, again, CLOTHES) for each in titles] == [uses(each, register, CLOTHES) for each in titles]


def test_names_of_many_marks_do_not_make_each_other_found():
    """With ten thousand invented names beside it, only the one that stands there is found."""
    names = [f"{one}{two}{three}" for one in ("bra", "klo", "sti") for two in ("mu", "ve", "do") for three in
             ("rix", "nol", "tep", "gam")]  # fmt: skip
    register = Register([Mark(name.title(), frozenset({25})) for name in names])
    assert {use.mark.text for use in uses("a Bramurix shirt", register, CLOTHES) if use.score > 0.9} == {"Bramurix"}


def test_words_that_sell_are_no_marks_of_the_starter_list():
    """Of the motifs that everybody prints, the starter list blocks one alone, which has a mark in it."""
    from market.gates.trademark import starter

    register = starter().register
    loved = sorted(word_list("loved"))
    found = {motif: blocking(motif, register) for motif in loved}
    assert {motif: marks for motif, marks in found.items() if marks} == {"polaroid camera": {"Polaroid"}}


@pytest.mark.parametrize(
    ("one", "other"),
    [("kwik", "quick"), ("fone", "phone"), ("nite", "night"), ("adeedas", "adidas"), ("rite", "write")],
)
def test_words_of_one_sound_have_one_sound(one, other):
    assert sound_of(one) == sound_of(other)


def test_words_of_other_sounds_have_not():
    assert len({sound_of(word) for word in ("mug", "mud", "rug", "bag", "tree")}) == 5
