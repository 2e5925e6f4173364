"""The charts of an idea: valid Vega-Lite, the same in words, and a reason where there is nothing to draw."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import altair as alt
import pytest

from trends.forecast import forecast
from ui import drawing
from ui.console import charts
from ui.console.case import Asked, Course, Lead, PricePoint, Stream
from ui.console.charts import Chart

FIRST = date(2017, 9, 1)
HOSTILE = "</script><img src=x onerror=alert(1)>"
TERMS = drawing.waterfall([
    {"name": "freshness", "value": 0.5, "weight": 0.4, "reason": "peaked 3 h ago"},
    {"name": "community_fit", "value": 1.0, "weight": 0.6, "reason": HOSTILE},
    {"name": "seasonality", "value": None, "weight": 0.0, "reason": "no occasion"},
])  # fmt: skip
ASKED = Asked(
    price_cents=2400,
    margin_ratio=0.3,
    parts=(("cost", 1200, "a"), ("shipping", 0, "b"), ("fees", 480, "c"), ("margin", 720, "d")),
    points=(PricePoint("lowest", 2000, 0.18, "e"), PricePoint("highest", 3000, 0.4, "f")),
    curve=tuple((cents, 1 - 1680 / cents) for cents in range(1900, 3100, 100)),
    reached=((0.2, 2100), (0.25, 2240)),
)


def course(days: int = 30, value: float = 5.0) -> Course:
    series = tuple(value * (1 + day % 7) for day in range(days))
    return Course(tuple(FIRST + timedelta(days=n) for n in range(days)), series, "attention", forecast(series), True)


def chart(drawn: charts.Drawn) -> Chart:
    """The chart, once Altair's own schema has read it."""
    assert isinstance(drawn, Chart), drawn
    alt.Chart.from_dict(drawn.spec)
    json.dumps(drawn.spec)
    return drawn


def rows(spec: Any) -> list[dict[str, Any]]:
    """All the data of a chart."""
    if isinstance(spec, list):
        return [row for each in spec for row in rows(each)]
    if not isinstance(spec, dict):
        return []
    own = spec["data"]["values"] if "data" in spec else []
    return own + rows(spec.get("layer", []))


def test_every_chart_is_one_that_vega_lite_takes() -> None:
    drawn = [
        charts.trend(course()),
        charts.trend(course(days=5)),
        charts.waterfall(TERMS, 0.8),
        charts.leads([Lead("reddit", "youtube", -2.0, -3.0, -1.0, "x")], ""),
        charts.stream(Stream("reddit", (1.0, 0.0, 3.0), "mentions"), course(3).days),
        charts.margins(ASKED),
        charts.margins(replace(ASKED, curve=(), points=())),
        charts.parts(ASKED),
    ]
    for each in drawn:
        assert chart(each).told


def test_the_band_begins_where_the_series_ends_and_holds_the_median() -> None:
    line = course()
    band = [row for row in rows(chart(charts.trend(line)).spec) if "median" in row]
    assert band[0]["low"] == band[0]["high"] == line.values[-1]
    assert len({row["day"] for row in band}) == 8
    assert all(row["low"] <= row["median"] <= row["high"] for row in band)


def test_a_band_far_above_all_that_was_seen_is_cut_and_told_in_words() -> None:
    line = course()
    assert line.ahead is not None
    wide = replace(line, ahead=replace(line.ahead, high=(2e3,) * 7))
    drawn = chart(charts.trend(wide))
    tops = {json.dumps(layer["encoding"]["y"]["scale"]["domain"]) for layer in drawn.spec["layer"]}
    assert len(tops) == 1
    assert json.loads(tops.pop())[1] < 10 * max(line.values)
    assert "2,000" in drawn.told


def test_a_forecast_that_nothing_can_be_said_of_is_not_to_be_relied_on() -> None:
    line = course()
    assert line.ahead is not None
    wild = replace(line, ahead=replace(line.ahead, high=(1e12,) * 7))
    assert "not to be relied on" in chart(charts.trend(wild)).told
    assert "1,000,000,000,000" not in charts.foretold(wild)


def test_with_too_little_to_draw_each_chart_says_so() -> None:
    nothing = Course((), (), "mentions", None, True)
    assert "no day is known" in str(charts.trend(nothing))
    assert "2 days are known" in str(charts.trend(course(days=2)))
    assert "2 days are known" in str(charts.trend(replace(course(days=2), values=(0.0, 0.0))))
    assert str(charts.waterfall((), None)).startswith("No score")
    assert charts.leads((), "not told: one source only") == "not told: one source only"
    assert str(charts.leads((), "")).startswith("Which source")
    assert str(charts.parts(replace(ASKED, parts=()))).startswith("One sale")


def test_a_loss_is_not_drawn_as_a_share() -> None:
    loss = replace(ASKED, parts=(("cost", 3000, "a"), ("fees", 480, "c"), ("margin", -1080, "d")))
    assert isinstance(charts.parts(loss), str)


def test_a_series_too_short_for_a_forecast_is_drawn_without_one_and_says_how_many_days_are_needed() -> None:
    short = course(days=5)
    drawn = chart(charts.trend(short))
    assert not [row for row in rows(drawn.spec) if "median" in row]
    assert "5 days are known, 14 are needed" in charts.no_forecast(short)
    assert "14 are needed" in drawn.told


def test_the_bars_of_the_score_stand_end_to_end_and_add_up() -> None:
    bars = rows(chart(charts.waterfall(TERMS, 0.8)).spec)
    assert bars[0]["to"] == bars[1]["from"]
    assert bars[1]["to"] == pytest.approx(bars[-1]["to"]) == 0.8
    assert bars[2]["label"] == "no data"


def test_a_lead_is_told_from_the_source_that_runs_ahead() -> None:
    (row,) = rows(chart(charts.leads([Lead("reddit", "youtube", -2.0, -3.0, -1.0, "x")], "")).spec)[:1]
    assert row == {"pair": "youtube before reddit", "days": 2.0, "low": 1.0, "high": 3.0}


def test_the_parts_of_a_price_stand_end_to_end() -> None:
    bars = rows(chart(charts.parts(ASKED)).spec)
    parts = {bar["name"]: bar["to"] - bar["from"] for bar in bars}
    assert parts == pytest.approx({"making it": 12.0, "fees": 4.8, "left": 7.2})
    assert bars[-1]["to"] == 24.0


def test_the_lines_of_the_decision_rule_are_drawn_and_the_prices_that_reach_them_told() -> None:
    drawn = chart(charts.margins(ASKED))
    text = json.dumps(drawn.spec)
    assert "under 20%: reject" in text
    assert "above 25%: may be made" in text
    assert "25% is left at $22.40" in drawn.told


@pytest.mark.parametrize("days", [3, 30])
def test_colours_are_the_themes_so_that_light_and_dark_need_no_second_chart(days: int) -> None:
    text = json.dumps([chart(charts.trend(course(days))).spec, chart(charts.margins(ASKED)).spec])
    assert "#" not in text
    assert "range" not in text
