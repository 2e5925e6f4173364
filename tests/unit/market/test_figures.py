"""Figures: a text for buyers states none that no fact says; each mutation of a text or a claim is found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from market.bounds import bounds_of
from market.figures import figures_in, untraced
from market.listing import Claim
from market.subject import grounds_of
from market.texts import texts_of
from market.words import LANGUAGES
from tests.drafting import drafted, every

GROUNDS = {"cost:a/mug": (2, 5, 7), "design:1": ("est. 1986", 4500, 5400), "idea:phrase": ("90s hip hop",)}
TEXTS = ("90s Hip Hop Mug", "Printed in 2 days.", "File of 4,500 x 5400 px", "“est. 1986”")
CLAIMS = (
    Claim("90s hip hop", "idea:phrase"),
    Claim("printed in 2 days", "cost:a/mug"),
    Claim("File of 4,500 x 5400 px", "design:1"),
    Claim("est. 1986", "design:1"),
)


@pytest.mark.parametrize(
    ("text", "language", "figures"),
    [
        ("4,500 x 5.400 px in 3 days", "en", ["4,500", "5.400", "3"]),
        ("Three days, one mug, often", "en", ["three"]),
        ("in drei Tagen, ein Dreirad", "de", ["drei"]),
        ("en deux jours, 4 500 px", "fr", ["4 500", "deux"]),
        ("tres días, un mes", "es", ["tres"]),
        ("約３日、三色、一緒に", "ja", ["3", "三"]),
        ("½ price, ② left", "en", ["1⁄2"[0], "2", "2"]),
        ("no figure at all", "en", []),
    ],
)
def test_figures_are_found_in_digits_and_in_words(text, language, figures):
    assert sorted(figures_in(text, language)) == sorted(figures)


def test_texts_whose_every_figure_is_claimed_and_said_are_traced():
    assert untraced(TEXTS, CLAIMS, GROUNDS, "en") == ()


@pytest.mark.parametrize(
    ("texts", "claims", "fault"),
    [
        ((*TEXTS, "5 stars"), CLAIMS, "“5” stands in no claim"),
        ((*TEXTS, "two sizes"), CLAIMS, "“two” stands in no claim"),
        ((*TEXTS, "12 days"), CLAIMS, "“12” stands in no claim"),
        ((*TEXTS, "printed in 2 days.5"), CLAIMS, "stands in no claim"),
        (TEXTS, CLAIMS[:-1], "“1986” stands in no claim"),
        (TEXTS, (*CLAIMS, Claim("sold out", "cost:a/mug")), "the claim “sold out” stands in no text"),
        (TEXTS, (*CLAIMS, Claim("Mug", "cost:b/mug")), "the claim “Mug” names 'cost:b/mug', which is no fact"),
        (
            (*TEXTS, "made in 3 days"),
            (*CLAIMS, Claim("made in 3 days", "cost:a/mug")),
            "“3” in the claim “made in 3 days”: cost:a/mug does not say so",
        ),
    ],
)
def test_a_figure_or_a_claim_that_no_fact_says_is_told(texts, claims, fault):
    assert any(fault in one for one in untraced(texts, claims, GROUNDS, "en"))


def test_a_grouped_figure_is_read_as_the_number_that_it_may_be():
    claims = (Claim("4.500 px", "design:1"),)
    assert untraced(("4.500 px",), claims, GROUNDS, "de") == ()
    assert untraced(("45.00 px",), (Claim("45.00 px", "design:1"),), GROUNDS, "de") != ()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_figure_of_a_draft_is_traced_and_each_that_is_changed_is_found(locale):
    for number, product_format, language in every():
        if language != locale or number not in (0, 4, 5, 9, 14):
            continue
        subject = drafted(number, product_format, locale)
        texts, grounds = texts_of(subject, locale, bounds_of("etsy"), number), grounds_of(subject)
        assert untraced(texts.all, texts.claims, grounds, locale) == ()
        for at, claim in enumerate(texts.claims):
            digits = [char for char in claim.text if char.isdigit()]
            if not digits:
                continue
            other = "9" if claim.fact.startswith("variants:") else str((int(digits[0]) + 1) % 10)
            wrong = claim.text.replace(digits[0], other)
            written = re.compile(re.escape(claim.text), re.IGNORECASE)
            mutated = [written.sub(wrong, text) for text in texts.all]
            assert untraced(mutated, texts.claims, grounds, locale)
            claims = (*texts.claims[:at], replace(claim, text=wrong), *texts.claims[at + 1 :])
            assert untraced(mutated, claims, grounds, locale)
            said = claim.text.casefold()
            rest = [one for one in texts.claims if said not in one.text.casefold() and one.text.casefold() not in said]
            assert untraced(texts.all, rest, grounds, locale)
