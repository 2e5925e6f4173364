"""Keywords: what is announced and how strongly, and what may be one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import exp, sqrt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trends.idea import Evidence, Idea, Kind, Mention
from trends.keywords import announce, drift_of, own_keyword, refusal_of, strength_of
from trends.mine import Candidate
from trends.signal import Signal, SignalKind
from trends.table import Corpus, corpus_of

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
STEADY = (0.5, 1, 1.5, 3.5, 4, 4.5)
"""Days ago; as much in the last three days as in the three before."""


def seen(*days_ago: float, authors: int = 9) -> Evidence:
    """Things first seen so many days ago, each by another of `authors` people."""
    mentions = tuple(
        Mention(UUID(int=at), "reddit", "a text", NOW, NOW - timedelta(days=ago), author_hash=f"a{at % authors}")
        for at, ago in enumerate(days_ago, 1)
    )
    return Evidence(NOW, mentions, authors=min(authors, len(days_ago)))


def candidate(phrase: str, evidence: Evidence, kind: Kind = Kind.SUBJECT, log_odds: float = 5.0) -> Candidate:
    idea = Idea(UUID(int=7), phrase, phrase, "crafters", None, kind, "because", "mug")
    return Candidate(idea, (), evidence, {"distinctiveness": log_odds, "support": float(len(evidence.mentions))})


def corpus(*days_ago: float) -> Corpus:
    told = (
        Signal("reddit", SignalKind.ITEM, f"text {at}", NOW - timedelta(days=ago)) for at, ago in enumerate(days_ago)
    )
    return corpus_of(told, NOW)


# What is announced ----------------------------------------------------------------------------------------------------


def test_the_strength_is_the_written_formula():
    new, before, authors, log_odds = 5, 2, 7, 4.0
    evidence = seen(*[1.0] * new, *[4.0] * before, authors=authors)
    growth = 1 - exp(-(new - before) / sqrt(new + before + 1))
    expected = sqrt(growth * authors / (authors + 10)) * (2 - exp(-log_odds / 5)) / 2
    assert strength_of(candidate("yarn bowl", evidence, log_odds=log_odds)) == pytest.approx(expected)


def test_what_the_whole_corpus_grew_by_is_no_growth_of_a_phrase():
    evidence = seen(1, 1, 1, 1, 4, 4)
    assert drift_of(corpus(*STEADY), NOW) == 1.0
    assert drift_of(corpus(1, 1, 1, 1, 4, 4), NOW) == 2.0
    assert strength_of(candidate("yarn bowl", evidence), drift=1.0) > 0
    assert strength_of(candidate("yarn bowl", evidence), drift=2.0) == 0


def test_a_corpus_that_began_three_days_ago_tells_of_no_growth():
    young = corpus(0.5, 1, 2)
    assert drift_of(young, NOW) == float("inf")
    found = announce([candidate("yarn bowl", seen(1, 1, 2))], young, NOW)
    assert (found.keywords, found.left_out) == ([], {"not growing": 1})


def test_one_author_alone_is_an_anecdote_however_much_they_post():
    assert strength_of(candidate("yarn bowl", seen(*[1.0] * 30, authors=1))) == 0
    assert strength_of(candidate("yarn bowl", seen(*[1.0] * 30, authors=2))) > 0


def test_more_evidence_of_the_same_ratio_is_stronger():
    few = strength_of(candidate("a", seen(1, 1, 4)))
    many = strength_of(candidate("a", seen(*[1.0] * 20, *[4.0] * 10)))
    assert 0 < few < many < 1


@given(st.lists(st.floats(0, 20), max_size=40), st.integers(1, 9), st.floats(-9, 99), st.floats(1, 9))
def test_a_strength_is_in_the_unit_interval(days_ago: list[float], authors: int, log_odds: float, drift: float):
    strength = strength_of(candidate("a", seen(*days_ago, authors=authors), log_odds=log_odds), drift)
    assert 0 <= strength < 1


def test_only_growing_subjects_are_announced_strongest_first_and_the_rest_is_counted_by_reason():
    rising = seen(1, 1, 2, 2)
    candidates = [
        candidate("yarn bowl", seen(1, 1)),
        candidate("latte art", rising),
        candidate("harry potter", rising, Kind.LICENSED),
        candidate("some body", rising, Kind.PERSON),
        candidate("plane crash", rising, Kind.NEWS),
        candidate("official video", rising, Kind.GENERIC),
        candidate("zog bloop", rising, Kind.UNKNOWN),
        candidate("old hat", seen(4, 4, 5)),
    ]
    found = announce(candidates, corpus(*STEADY), NOW)
    assert [each.phrase for each in found.keywords] == ["latte art", "yarn bowl"]
    assert found.left_out == {"licensed": 1, "person": 1, "news": 1, "generic": 1, "unknown": 1, "not growing": 1}


def test_what_was_at_the_top_in_the_last_week_is_known_already():
    def looked_at(name: str, day: int = 0, views: float = 1.0) -> Candidate:
        days = tuple(date(2026, 3, 7) + timedelta(days=n) for n in range(14))
        series = tuple(views if at == day else 1.0 for at in range(14))
        return candidate(name, Evidence(NOW, seen(1, 1, 2).mentions, days, (1.0,) * 14, series, 3))

    small = [looked_at(f"small {at}") for at in range(9)]
    found = announce(
        [*small, looked_at("big today", 13, 99.0), looked_at("big last week", 1, 99.0), looked_at("big once", 0, 99.0)],
        corpus(*STEADY),
        NOW,
    )
    phrases = {each.phrase for each in found.keywords}
    assert phrases == {"big once", *(each.idea.phrase for each in small)}
    assert found.left_out == {"known already": 2}


def test_a_phrase_that_its_source_counts_is_announced_by_its_series():
    days = tuple(date(2026, 3, 11) + timedelta(days=n) for n in range(10))
    series = (2.0, 2.0, 2.0, 2.0, 3.0, 5.0, 9.0, 16.0, 30.0, 55.0)
    told = Mention(UUID(int=1), "google_trends", "yarn bowl", NOW, NOW - timedelta(days=30))
    rising = candidate("yarn bowl", Evidence(NOW, (told,), days, (1.0,) * 10, series, 50, ("google_trends",)))
    falling = candidate("old hat", Evidence(NOW, (told,), days, (1.0,) * 10, series[::-1], 50, ("google_trends",)))
    assert 0 < strength_of(rising) < 1
    assert strength_of(falling) == 0


def test_a_keyword_says_what_it_stands_on():
    one = announce([candidate("latte art", seen(1, 1, 2, 2))], corpus(*STEADY), NOW).keywords[0]
    assert (one.category, one.uses, one.products, one.found_by) == ("crafters", 4, ("mug",), "mined")
    assert (one.first_seen_at, one.expires_at) == (NOW, NOW + timedelta(days=30))


# What may be one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("Latte Art", ""),
        ("ünïcode häts", ""),
        ("one two three four five", ""),
        ("one two three four five six", "too long"),
        ("x" * 61, "too long"),
        ("visit shop.example now", "an address or contact details"),
        ("https://evil.example", "an address or contact details"),
        ("www evil www.evil", "an address or contact details"),
        ("mail me@evil.example", "an address or contact details"),
        ("call +1 212 555 0123", "an address or contact details"),
        ("hentai mug", "nsfw"),
        ("!!! 🎃", "no words"),
        ("", "no words"),
    ],
)
def test_a_phrase_from_outside_is_refused_with_a_reason(phrase: str, reason: str):
    assert refusal_of(phrase) == reason


def test_a_persons_keyword_is_theirs_for_good_and_a_bad_one_says_how_to_mend_it():
    mine = own_keyword("Running Trails", NOW, "runners")
    assert (mine.phrase, mine.key, mine.strength, mine.found_by) == ("running trails", "run trail", 1.0, "person")
    assert mine.expires_at is None
    with pytest.raises(ValueError, match=r"cannot be a keyword \(nsfw\): 1 to 5 words"):
        own_keyword("hentai", NOW)
