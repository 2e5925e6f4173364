"""Trend: phases, what lasts at the edges of its thresholds, and who leads whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from agents.specialist import Abstain
from agents.trend import TREND
from tests.desks import AS_OF, brief, evidence, facts_of, mention
from trends.fact import Facts
from trends.idea import Mention


def facts(series: Sequence[float]) -> Facts:
    return facts_of(TREND, brief([mention()], series))


def test_it_abstains_under_five_days_and_says_how_many_there_are() -> None:
    with pytest.raises(Abstain, match="4 days of observations, 5 needed"):
        facts([1, 2, 3, 4])


def test_it_abstains_where_nothing_was_seen_of_late() -> None:
    with pytest.raises(Abstain, match="nothing was seen of late"):
        facts([5, 5, 5, *[0] * 10])


@pytest.mark.parametrize(
    ("series", "phase"),
    [([0, 0, 0, 0, 0, 0, 0, 1, 5, 20, 80], "emerging"), ([10 * 1.2**n for n in range(14)], "rising"),
     ([50.0] * 14, "peak"), ([100 * 0.7**n for n in range(14)], "fading")],
)  # fmt: skip
def test_the_phase_is_that_of_the_series(series: list[float], phase: str) -> None:
    found = facts(series)
    assert found["trend.phase"].value == phase
    assert TREND.rule(found).model_dump()["phase"] == phase


def test_whether_it_lasts_is_not_known_under_fourteen_days() -> None:
    assert "trend.sustainable" not in facts([50.0] * 13)
    assert facts([50.0] * 14)["trend.sustainable"].value is True


@pytest.mark.parametrize(
    ("series", "lasts"),
    [
        ([10.0] * 7 + [5.0] * 7, True),  # the last week keeps exactly half of the best
        ([10.0] * 7 + [4.9] * 7, False),
        ([0.0, 10.0] * 7, True),  # seen on exactly half of the days
        ([0.0, 0.0, 10.0] * 5, False),
        ([1.0] * 13 + [13.0], True),  # one day carries exactly half
        ([1.0] * 13 + [14.0], False),
    ],
)
def test_it_lasts_up_to_the_written_thresholds(series: list[float], lasts: bool) -> None:
    assert facts(series)["trend.sustainable"].value is lasts


def test_what_was_not_seen_for_over_a_week_does_not_last() -> None:
    for days, lasts in ((7, True), (8, False)):
        given = evidence([mention()], [50.0] * 20)
        moved = evidence([mention()], [50.0] * 20, days=tuple(day - timedelta(days=days) for day in given.days))
        found = facts_of(TREND, replace(brief(), evidence=moved))
        assert found["trend.stale_days"].value == days
        assert found["trend.sustainable"].value is lasts


def test_a_forecast_comes_with_its_interval_and_not_below_the_minimum() -> None:
    found = facts([50.0, 60.0] * 10)
    low, median, high = (found.number(f"trend.forecast_{name}") for name in ("low", "median", "high"))
    assert low < median < high
    assert TREND.rule(found).model_dump()["horizon_days"] == 7
    short = facts([50.0] * 13)
    assert "trend.forecast_median" not in short
    assert TREND.rule(short).model_dump()["horizon_days"] is None


def test_a_falling_series_states_its_half_life() -> None:
    assert facts([1000 * 0.5**n for n in range(8)]).number("trend.half_life_days") == pytest.approx(1.0, abs=0.1)


def test_a_lasting_trend_is_better_than_a_spike_of_the_same_phase() -> None:
    lasting, spike = facts([50.0] * 14), facts([0.0] * 8 + [50.0] * 6)
    assert TREND.rule(lasting).stance > TREND.rule(spike).stance


def test_a_lead_between_sources_becomes_a_fact_with_their_rows() -> None:
    mentions = []
    for number, day in enumerate(d for d in (5, 12, 20, 21, 30) for _ in range(3)):
        ago = 39 - day
        mentions.append(
            mention(2 * number, source="reddit", published_at=None, first_known_at=AS_OF - timedelta(days=ago))
        )
        mentions.append(
            mention(2 * number + 1, source="youtube", published_at=None, first_known_at=AS_OF - timedelta(days=ago - 2))
        )
    found = facts_of(TREND, brief(mentions, [5.0] * 40))
    assert found["trend.lead_days_reddit_youtube"].value == 2
    assert found["trend.lead_days_reddit_youtube"].row_count == 30
    low, high = found.number("trend.lead_low_days_reddit_youtube"), found.number("trend.lead_high_days_reddit_youtube")
    assert low <= 2 <= high
    assert found.text("trend.lead_lag").startswith("reddit runs 2 days before youtube (90% interval ")
    assert "trend.lead_lag" in TREND.rule(found).facts


def test_where_no_lead_can_be_told_the_reason_is_a_fact() -> None:
    early = [
        mention(n, source="reddit", published_at=None, first_known_at=AS_OF - timedelta(days=60 - n)) for n in range(20)
    ]
    late = [
        mention(50 + n, source="youtube", published_at=None, first_known_at=AS_OF - timedelta(days=n))
        for n in range(20)
    ]
    apart = facts_of(TREND, brief([*early, *late], [5.0] * 61))
    assert apart.text("trend.lead_lag") == "not told: reddit and youtube: the two do not overlap in time"
    alone = facts_of(TREND, brief(late, [5.0] * 61))
    assert alone.text("trend.lead_lag") == "not told: no two sources with mentions enough"


def test_a_few_days_are_compared_by_the_hour() -> None:
    hours = [h for h in (3, 9, 22, 30, 41, 55, 63, 78, 90, 97) for _ in range(5)]
    start = AS_OF - timedelta(days=5)
    first = [
        mention(n, source="reddit", published_at=None, first_known_at=start + timedelta(hours=h))
        for n, h in enumerate(hours)
    ]
    then = [
        mention(90 + n, source="tiktok", published_at=None, first_known_at=start + timedelta(hours=h + 6))
        for n, h in enumerate(hours)
    ]
    found = facts_of(TREND, brief([*first, *then], [5.0] * 6))
    assert found.number("trend.lead_days_reddit_tiktok") == pytest.approx(0.25, abs=0.06)
    assert "reddit runs 6 hours before tiktok" in found.text("trend.lead_lag")


def test_when_it_was_published_counts_and_not_how_often_its_source_is_asked() -> None:
    hours = [h for h in (3, 9, 22, 30, 41, 55, 63, 78, 90, 97) for _ in range(5)]
    start = AS_OF - timedelta(days=5)

    def told(number: int, source: str, hour: int) -> Mention:
        said = start + timedelta(hours=hour)
        asked = start + timedelta(hours=hour // 12 * 12 + 12)
        return mention(number, source=source, published_at=said, first_known_at=asked)

    both = [told(n, "reddit", h) for n, h in enumerate(hours)] + [
        told(90 + n, "tiktok", h + 6) for n, h in enumerate(hours)
    ]
    assert "reddit runs 6 hours before tiktok" in facts_of(TREND, brief(both, [5.0] * 6)).text("trend.lead_lag")


def test_a_series_with_broken_days_is_read_as_days_without_anything() -> None:
    found = facts([50.0, float("nan"), float("inf"), -3.0] * 5)
    assert found["trend.active_share"].value == pytest.approx(0.25)


def test_what_fades_does_not_last_however_strong_its_week_was() -> None:
    found = facts([10.0] * 13 + [100 * 0.9**n for n in range(7)])
    assert found["trend.phase"].value == "fading"
    assert found["trend.kept_share"].value == 1.0
    assert found["trend.sustainable"].value is False


def test_a_leap_is_told_without_a_figure_that_would_only_look_exact() -> None:
    report = TREND.rule(facts([0, 0, 0, 0, 0, 0, 0, 1, 5, 20, 80, 900, 9000]))
    assert "rises by leaps" in report.summary
    assert "%" not in report.summary
