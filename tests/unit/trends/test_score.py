"""Score: five terms in [0, 1], missing ones left out and said so, a million rows by the same formula as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.bench.score import draw, largest_difference, plain_scores, rows_as_numbers
from store.ids import new_id
from trends.idea import Evidence, Idea, Kind, Mention, Occasion, Score
from trends.score import score
from trends.score_table import TERMS, ScoreInput, Season, Weights, novelty_of, score_table, season_of
from trends.signal import Signal, SignalKind
from trends.table import Corpus, corpus_of

AS_OF = datetime(2017, 10, 5, tzinfo=UTC)


def columns(rows: int = 1, **given: Any) -> ScoreInput:
    nothing = np.full(rows, np.nan, dtype=np.float32)
    empty = ScoreInput(
        hours_since_peak=nothing,
        rate=nothing,
        source=np.full(rows, -1),
        usual=np.zeros((0, 2), dtype=np.float32),
        embedding=np.zeros((rows, 4), dtype=np.float32),
        community=np.full(rows, -1),
        community_fit=nothing,
        days_ahead=nothing,
        lead_days=nothing,
    )
    return replace(empty, **{name: np.asarray(value) for name, value in given.items()})


@dataclass(frozen=True)
class Candidate:
    idea: Idea
    evidence: Evidence
    features: Mapping[str, float] = field(default_factory=dict)


def mention(number: int, likes: float, days_ago: float = 1, community: str = "knitting") -> Mention:
    known = AS_OF - timedelta(days=days_ago)
    return Mention(
        signal_id=Signal("reddit", SignalKind.ITEM, "", known, native_id=str(number)).id,
        source="reddit",
        text="",
        known_at=known,
        first_known_at=known,
        community=community,
        published_at=known - timedelta(hours=10),
        metrics={"likes": likes},
        first_metrics={"likes": likes},
    )


def corpus_behind(*candidates: Candidate) -> Corpus:
    """The columns a score reads of what the candidates' mentions were made from."""
    seen = [one for each in candidates for one in each.evidence.mentions]
    return Corpus(
        ids=[one.signal_id for one in seen],
        source=[one.source for one in seen],
        known_at=[one.known_at for one in seen],
        published_at=[one.published_at for one in seen],
        observed=[[(one.known_at, one.metrics)] for one in seen],
    )


def candidate(phrase: str, mentions: list[Mention], occasion: Occasion | None = None, **features: float) -> Candidate:
    idea = Idea(new_id(), phrase, phrase, "knitters", occasion, Kind.SUBJECT, "", "mug")
    days = (date(2017, 10, 3), date(2017, 10, 4))
    return Candidate(idea, Evidence(AS_OF, tuple(mentions), days, (1.0, 2.0), (10.0, 20.0)), features)


def term(found: Score, name: str) -> Any:
    return next(one for one in found.terms if one.name == name)


def test_the_vectorised_table_equals_the_plain_formula() -> None:
    drawn = draw(3000, 12, seed=5)
    sample = np.flatnonzero(drawn.community >= 0)
    plain = plain_scores(*rows_as_numbers(drawn, sample), Weights())
    assert largest_difference(score_table(drawn, Weights()), sample, plain) < 1e-4


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.tuples(*[st.just(0.0) | st.floats(0.001, 10)] * 5).filter(any))
def test_every_row_lies_between_0_and_1_and_is_the_sum_of_its_parts(seed: int, five: tuple[float, ...]) -> None:
    table = score_table(draw(200, 5, seed), Weights(1, *five))
    present = ~np.isnan(table.values)
    assert ((table.total >= 0) & (table.total <= 1)).all()
    assert ((table.values[present] >= 0) & (table.values[present] <= 1)).all()
    np.testing.assert_allclose(table.contributions.sum(axis=0), table.total, atol=1e-5)
    assert (table.weights[~present] == 0).all()
    assert ((table.reasons == 0) == ~present).all()
    given_weight = np.where(present, np.array(five)[:, None], 0).sum(axis=0)
    np.testing.assert_allclose(table.weights.sum(axis=0)[given_weight > 0], 1, atol=1e-5)


def test_a_missing_term_gives_its_weight_to_the_others_in_proportion_and_says_so() -> None:
    table = score_table(columns(hours_since_peak=[0.0], community_fit=[0.5]), Weights())
    freshness, engagement, _, fit, _ = table.explain(0)
    assert (freshness.weight, fit.weight) == (pytest.approx(0.4), pytest.approx(0.6))
    assert engagement.value is None
    assert engagement.weight == 0
    assert "left out, its weight goes to the others" in engagement.reason
    assert table.total[0] == pytest.approx(0.4 * freshness.value + 0.6 * 0.5)


def test_a_row_without_any_data_scores_nothing() -> None:
    table = score_table(columns(), Weights())
    assert table.total.tolist() == [0]
    assert [one.value for one in table.explain(0)] == [None] * 5


def test_the_explanation_names_the_term_that_carries_the_score() -> None:
    table = score_table(columns(hours_since_peak=[200.0], community_fit=[0.9]), Weights())
    reasons = {one.name: one.reason for one in table.explain(0)}
    assert reasons["community_fit"] == "one community's own; this carries the score"
    assert reasons["freshness"] == "peaked long ago (8 days)"


@pytest.mark.parametrize(
    ("days", "expected"), [(-3, 0), (0, 0), (12, 0), (21, 1), (40, 1), (60, 1), (120, np.exp(-1)), (16.5, 0.5)]
)
def test_seasonality_ends_when_an_order_no_longer_arrives(days: float, expected: float) -> None:
    found = season_of(np.array([days], dtype=np.float32), np.array([12.0], dtype=np.float32))
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_an_order_that_takes_longer_than_three_weeks_is_still_obeyed() -> None:
    found = season_of(np.array([25.0, 31.0], dtype=np.float32), np.array([30.0, 30.0], dtype=np.float32))
    assert found.tolist() == [0, 1]


def test_the_plain_form_is_kept_as_a_setting() -> None:
    days = np.array([-9.0, -7.0, 0.0, 7.0, 9.0, np.nan], dtype=np.float32)
    found = season_of(days, np.full(6, 12.0, dtype=np.float32), Season.PLAIN)
    np.testing.assert_allclose(found, [np.exp(-9), 1, 1, 1, np.exp(-9), np.nan], rtol=1e-5)


def test_novelty_compares_a_row_with_the_others_of_its_own_community() -> None:
    same, other = [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]
    vectors = np.array([same, same, other, other, same, [0.0] * 4], dtype=np.float32)
    found = novelty_of(columns(6, embedding=vectors, community=[0, 0, 0, 1, -1, 0]))
    assert found[:3] == pytest.approx([1 - np.sqrt(0.5), 1 - np.sqrt(0.5), 1], abs=1e-6)
    assert np.isnan(found[3:]).all()


def test_novelty_against_given_centroids_and_in_large_communities_is_the_same() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((9000, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    middle = vectors.mean(axis=0, keepdims=True)
    table = columns(9000, embedding=vectors, community=np.zeros(9000, dtype=int))
    expected = 1 - vectors @ middle[0] / np.linalg.norm(middle)
    np.testing.assert_allclose(novelty_of(replace(table, centroids=middle)), expected, atol=1e-4)
    np.testing.assert_allclose(novelty_of(table), expected, atol=0.05)


@pytest.mark.parametrize(
    "five", [(0, 0, 0, 0, 0), (-1, 1, 1, 1, 1), (float("nan"), 1, 1, 1, 1), (float("inf"), 1, 1, 1, 1)]
)
def test_senseless_weights_are_refused(five: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="weights must be"):
        Weights(1, *five)


def test_real_ideas_are_scored_with_all_five_terms() -> None:
    crowd = candidate("yarn", [mention(number, 100.0 + number) for number in range(20)])
    occasion = Occasion("Halloween", date(2017, 10, 31), 26, date(2017, 10, 19))
    loud = candidate("moss frame", [mention(99, 50_000.0)], occasion, community_fit=0.7)
    found = score([crowd, loud], Weights(version=3), AS_OF, corpus_behind(crowd, loud))[1]
    assert [one.name for one in found.terms] == list(TERMS)
    assert found.weights_version == 3
    assert found.as_of == AS_OF
    assert term(found, "engagement").value > 0.95
    assert "far over what is usual" in term(found, "engagement").reason
    assert term(found, "seasonality").value == 1
    assert term(found, "community_fit").value == pytest.approx(0.7)
    assert 0 < term(found, "novelty").value <= 1
    assert found.total == pytest.approx(sum((one.value or 0) * one.weight for one in found.terms))


def test_with_too_few_things_in_the_last_week_engagement_is_missing() -> None:
    old = candidate("yarn", [mention(number, 100.0, days_ago=9) for number in range(20)])
    few = candidate("moss frame", [mention(99, 50_000.0)])
    scores = score([old, few], Weights(), AS_OF, corpus_behind(old, few))
    assert all(term(found, "engagement").value is None for found in scores)
    assert score([], Weights(), AS_OF, Corpus()) == []


def test_the_corpus_tells_what_is_usual_and_what_came_after_as_of_changes_nothing() -> None:
    def seen(number: int, day: int, likes: float) -> Signal:
        known = AS_OF + timedelta(days=day)
        return Signal("reddit", SignalKind.ITEM, f"post {number}", known, str(number), metrics={"likes": likes})

    signals = [seen(number, day, 10.0 * number * (3 + day)) for number in range(1, 15) for day in (-2, -1)]
    later = [seen(number, 1, 1e9) for number in range(1, 30)]
    idea = candidate("moss frame", [replace(mention(1, 10.0), signal_id=signals[-1].id)])
    before = score([idea], Weights(), AS_OF, corpus_of(signals, AS_OF))
    after = score([idea], Weights(), AS_OF, corpus_of([*signals, *later], AS_OF))
    assert before == after
    assert term(before[0], "engagement").value > 0.5
