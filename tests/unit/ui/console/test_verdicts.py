from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from graphs.ablation import Effect
from ui.console.charts import Chart
from ui.console.pages.agents import no_effect, seconds
from ui.console.verdicts import alarm, outcomes, shares, spent, stances

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def drawn(found: Chart | str) -> Chart:
    assert isinstance(found, Chart)
    return found


@pytest.mark.parametrize(
    ("counts", "is_on", "said"),
    [
        ({"approve": 60, "reject": 1}, True, "60 of 61 decisions say approve, surely at least"),
        ({"approve": 16, "reject": 4}, False, "No verdict has taken over in 20 decisions"),
        ({"approve": 19}, False, "from 20 on it is told"),
        ({}, False, "0 decisions in this time"),
    ],
)
def test_the_alarm_is_on_where_one_verdict_surely_has_over_eighty_of_a_hundred(
    counts: dict[str, int], is_on: bool, said: str
) -> None:
    found, line = alarm(counts)
    assert found is is_on
    assert said in line


def test_shares_of_a_day_add_up_and_the_line_of_the_alarm_is_drawn() -> None:
    rows = [{"day": DAY, "verdict": "approve", "count": 3}, {"day": DAY, "verdict": "reject", "count": 1}]
    chart = drawn(shares(rows))
    rule, lines = chart.spec["layer"]
    assert rule["data"]["values"] == [{"share": 0.8}]
    assert sum(each["share"] for each in lines["data"]["values"]) == 1
    assert chart.told.startswith("4 decisions on 1 day: approve 75%, review 0%, reject 25%.")
    assert shares([]) == "No decision was made in this time."


def test_who_has_a_say_less_often_than_asked_is_named() -> None:
    full = {"agent": "trend", "asked": 4, "opinion": 4, "abstained": 0, "failed": 0, "ungrounded": 0}
    thin = {**full, "agent": "viral", "opinion": 1, "abstained": 3}
    assert drawn(outcomes([full])).told == "Every specialist had an opinion every time."
    assert drawn(outcomes([full, thin])).told == "Had an opinion less often than asked: viral 25%."
    assert len(drawn(outcomes([full, thin])).spec["data"]["values"]) == 3


def test_stances_are_ten_bins_from_against_to_for_it() -> None:
    rows = [{"agent": "trend", "bin": 1, "count": 2}, {"agent": "trend", "bin": 10, "count": 5}]
    chart = drawn(stances(rows, "trend"))
    assert [each["count"] for each in chart.spec["data"]["values"]] == [2, *[0] * 8, 5]
    assert chart.told == "trend: 5 opinions for it or undecided, 2 against it."
    assert stances(rows, "viral") == "It had no opinion in this time."


def test_the_ceiling_is_drawn_where_it_is_near_enough_and_told_always() -> None:
    rows = [{"day": date(2026, 11, 20), "micro_usd": 2_000_000, "tokens": 5}]
    assert len(drawn(spent(rows, 5_000_000)).spec["layer"]) == 2
    far = drawn(spent(rows, 500_000_000))
    assert len(far.spec["layer"]) == 1
    assert "the ceiling is $500.00 a day" in far.told
    assert spent([], 5) == "Models cost nothing in this time."


def test_no_effect_says_how_large_the_true_share_may_be() -> None:
    found = Effect("viral", 100, 0, 0, 0, 2, None, 0.0, 0.03)
    assert no_effect(found) == (
        "viral: none of 100 decisions; its true share may be up to 3.0% (95% sure), its say alone changes some"
    )


@pytest.mark.parametrize(("taken", "text"), [(None, "–"), (0.0234, "23 ms"), (1.25, "1.2 s"), (1234.0, "1,234.0 s")])
def test_a_time_is_told_in_milliseconds_or_seconds(taken: float | None, text: str) -> None:
    assert seconds(taken) == text
