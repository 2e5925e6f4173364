"""A row in the brand's words: what a prompt holds, what the check sees, what a refinement turns."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.brand import Profile
from studio.brief import (
    CALIBRATION,
    DATA,
    SURE,
    brief_of,
    check,
    negative_of,
    prompt_of,
    refined,
    seed_of,
    slot,
    terms_of,
)
from studio.colours import COLOURS
from studio.drawing import Brief, Knobs, Row, Size
from studio.opposites import PAIRS

PALETTE = ("#182649", "#f3e7c9", "#c8694a")
HOUSE = Profile("house", "classical", "1", (), PALETTE, ("monoline", "warm", "muted"))
ROW = Row("a", "Gone fishing", "trout", "est. 1986", "anglers", "mug", "a lake at dawn")


def asking(prompt: str, profile: Profile = HOUSE) -> Brief:
    return brief_of(replace(ROW, prompt=prompt), profile)


def test_the_master_prompt_names_what_is_shown_then_the_brand_then_what_the_row_asks_for():
    assert prompt_of(ROW, HOUSE) == (
        "Print motif for a mug, lettering “Gone fishing”. with “est. 1986” beneath. Style: monoline, warm, muted. "
        "Colours: navy, cream, terracotta. About “trout”. For “anglers”. Also: “a lake at dawn”. " + DATA
    )


def test_what_is_against_the_brand_is_asked_not_to_be_seen():
    assert negative_of(HOUSE).endswith("cropped, bold, cold, fluorescent")
    assert "bold" not in negative_of(replace(HOUSE, terms=("monoline", "bold")))


def test_the_words_of_locked_parameters_are_terms_of_the_prompt():
    locked = replace(
        HOUSE,
        parameters={"composition": "badge", "lighting": "flat", "symmetry": 0.9},
        locked=frozenset({"composition", "symmetry"}),
    )
    assert terms_of(locked) == ("monoline", "warm", "muted", "badge")


def test_the_rows_own_seed_counts_first_and_a_derived_one_follows_batch_and_row():
    assert brief_of(replace(ROW, seed=5), HOUSE, Size(), 9).seed == 5
    assert brief_of(ROW, HOUSE, Size(), 9).seed == 9
    assert seed_of("autumn", "a") == seed_of("autumn", "a")
    assert len({seed_of("autumn", "a"), seed_of("autumn", "b"), seed_of("winter", "a"), seed_of("autum", "na")}) == 4
    assert 0 <= seed_of("", "") < 2**32


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_row_closes_its_slot_or_makes_a_prompt_endless(text, keyword, hook, audience, prompt):
    row = Row("a", f"x{text}", keyword, hook, audience, "mug", prompt)
    told = prompt_of(row, HOUSE)
    assert told.count("“") == told.count("”")
    assert len(told) < 1_200
    assert "\n" not in told
    assert told.endswith(DATA)


def test_a_long_text_is_cut_inside_its_slot():
    assert slot("x" * 300) == "“" + "x" * 199 + "…”"
    assert slot('say "hi" ” and “ go') == "“say 'hi' ' and ' go”"


@given(st.text(min_size=1), st.text())
def test_every_prompt_that_the_brand_writes_names_all_of_the_brand(text, hook):
    found = check(brief_of(Row("a", text, hook=hook), HOUSE), HOUSE)
    assert (found.confidence, found.gap) == (1.0, "")
    assert found.passed
    assert found.judged_by == "checklist"


@pytest.mark.parametrize(
    ("prompt", "confidence", "gap"),
    [
        ("a lake at dawn", 1.0, ""),
        ("a Neon lake", 0.7, "“neon” speaks against “muted”"),
        ("a lake, no neon, never cold", 1.0, ""),
        ("a bold neon lake", 0.49, "“bold” speaks against “monoline”; “neon” speaks against “muted”"),
        ("a green boat", 0.8, "“green” is none of the palette: the nearest is “cream”"),
        ("a green boat, cyan hills under a sky blue sky", 0.64, "“green” is none of"),
        ("a navy boat and brown hills", 1.0, ""),
        ("salmon and trout", 1.0, ""),
    ],
)
def test_what_a_row_asks_for_against_the_brand_is_named_and_lowers_the_confidence(prompt, confidence, gap):
    found = check(asking(prompt), HOUSE)
    assert found.confidence == pytest.approx(confidence)
    assert found.gap.startswith(gap)
    assert bool(found.gap) == bool(gap)


def test_words_that_are_lettered_speak_of_no_style():
    row = Row("a", "Neon nights", "neon signs", "bold since 1999", "cold swimmers")
    assert check(brief_of(row, HOUSE), HOUSE).gap == ""


def test_a_prompt_that_lost_words_of_the_brand_or_the_text_says_which():
    found = check(replace(asking(""), prompt="Style: monoline. Colours: navy, cream."), HOUSE)
    assert found.gap == "style “warm”, “muted” not named; colour “terracotta” not named; text “Gone fishing” not named"
    assert found.confidence == pytest.approx(0.5 / 3 + 0.3 * 2 / 3)
    assert not found.passed


def test_what_is_locked_weighs_twice():
    lost = replace(asking(""), prompt="“Gone fishing”. Colours: navy, cream, terracotta.")
    assert check(lost, HOUSE).confidence == pytest.approx(0.5)
    assert check(lost, replace(HOUSE, locked=frozenset({"terms"}))).confidence == pytest.approx(0.5 / 1.5)


STYLE = sorted({word for pair in PAIRS for side in pair for word in side})
WORDS = st.lists(
    st.sampled_from([*STYLE, *COLOURS, "no", "lake", "“", "”"]),
    max_size=12,
).map(" ".join)  # fmt: skip
PROFILES = st.builds(
    lambda terms, palette, locked: replace(HOUSE, terms=tuple(terms), palette=tuple(palette), locked=frozenset(locked)),
    st.lists(st.sampled_from([*STYLE, "dark ink", "light ground"]), max_size=4, unique=True),
    st.lists(st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}"), max_size=5),
    st.sets(st.sampled_from(["terms", "palette", "guidance"])),
)


@given(WORDS, WORDS, PROFILES)
def test_the_proposal_always_passes_and_still_letters_the_text(wish, polished, profile):
    for brief in (asking(wish, profile), replace(asking(wish, profile), prompt=polished)):
        proposal = replace(brief, prompt=check(brief, profile).proposal)
        assert check(proposal, profile).confidence >= SURE
        assert slot(ROW.text) in proposal.prompt


def test_the_brands_own_words_are_never_against_it():
    odd = replace(HOUSE, terms=("dark ink", "light", "muted"), palette=("#39ff14", "#7fbce8"))
    assert check(brief_of(ROW, odd), odd).gap == ""


def test_a_proposal_says_the_brands_own_word_for_the_wrong_one():
    assert "a muted lake, cream boat" in check(asking("a neon lake, green boat"), HOUSE).proposal


def test_refinements_come_in_their_order_three_at_most():
    first = refined(asking(""), [{"kind": "style"}])
    assert first is not None
    assert first.knobs == Knobs(attempt=1, guidance=8.5)
    second = refined(first, [{"kind": "palette"}])
    assert second is not None
    assert second.knobs == Knobs(2, 8.5, style_words=("only navy", "only cream", "only terracotta"))
    assert second.prompt == f"Strictly only navy, only cream, only terracotta. {first.prompt}"
    third = refined(second, [{"kind": "edge"}])
    assert third is not None
    assert (third.knobs.attempt, third.knobs.steps, third.knobs.style_weight) == (3, 30, 0.8)
    assert refined(third, [{"kind": "edge"}]) is None


@given(
    st.sets(st.sampled_from(["guidance", "style_words", "steps", "style_weight", "palette", "terms"])),
    st.sets(st.sampled_from(["style", "palette", "edge", "overall", "noise"])),
)
def test_what_is_locked_never_changes_and_neither_do_the_row_its_seed_and_the_brand(locked, kinds):
    brief = asking("", replace(HOUSE, locked=frozenset(locked)))
    seen, steps = brief, 0
    while (better := refined(seen, [{"kind": kind} for kind in kinds])) is not None:
        assert better != seen
        assert better.knobs.attempt > seen.knobs.attempt
        seen, steps = better, steps + 1
    assert steps <= 3
    assert (seen.row, seen.profile, seen.seed, seen.size, seen.negative) == (
        brief.row, brief.profile, brief.seed, brief.size, brief.negative,
    )  # fmt: skip
    for name in locked & {"guidance", "style_words", "steps", "style_weight"}:
        assert getattr(seen.knobs, name) == getattr(brief.knobs, name)
    assert slot(ROW.text) in seen.prompt


def test_guidance_stays_below_nine():
    brief = brief_of(ROW, HOUSE, knobs=Knobs(guidance=8.6))
    better = refined(brief, [])
    assert better is not None
    assert better.knobs.guidance == 9.0


def _brand(draw: random.Random) -> Profile:
    words = draw.sample([pair[draw.randrange(2)][0] for pair in PAIRS], draw.randint(3, 5))
    palette = tuple(COLOURS[name] for name in draw.sample(sorted(COLOURS), draw.randint(3, 5)))
    return replace(HOUSE, terms=tuple(words), palette=palette)


def _poorer(brand: Profile, terms: int, colours: int) -> Profile:
    return replace(brand, terms=brand.terms[:terms], palette=brand.palette[:colours])


def _related(brand: Profile, other: Profile) -> Profile:
    half = _poorer(brand, len(brand.terms) // 2, len(brand.palette) // 2)
    return replace(half, terms=half.terms + other.terms[:2], palette=half.palette + other.palette[:2])


def test_the_calibration_that_ships_is_what_measuring_gives():
    draw, accepted, rejected = random.Random(7), 0, 0
    for at in range(1_000):
        own, other = _brand(draw), _brand(draw)
        right = _poorer(own, len(own.terms) - at % 2, len(own.palette) - at % 2)
        wrong = _related(own, other) if at % 2 else other
        rejected += not check(replace(brief_of(ROW, right), profile=own), own).passed
        accepted += check(replace(brief_of(ROW, wrong), profile=own), own).passed
    measured = (accepted / 1_000, rejected / 1_000)
    assert measured == (CALIBRATION.false_accept, CALIBRATION.false_reject)
