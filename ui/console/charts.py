"""Charts: an idea's figures drawn, each with what it shows in words, or the reason why there is nothing to draw.

They are written in Vega-Lite, Altair's own language, as plain values: a fortieth of the time that Altair takes to build
and check the same. Colours are the theme's categories by number, so light and dark need no second chart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from trends.forecast import MINIMUM_DAYS
from ui import wording
from ui.console.case import RULE, Asked, Course, Lead, Stream
from ui.console.words import _, counted
from ui.drawing import FEWEST_POINTS
from ui.page import ScoreTerm

Spec = dict[str, Any]
TONES = ("now", "next", "third", "good", "warn", "quiet")
"""Names for the theme's six categories: orange and blue, which everybody can tell apart, and four more."""
HEIGHT, STREAM_HEIGHT, BAR_HEIGHT = 220, 96, 34


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart as Vega-Lite, and the same in words."""

    spec: Spec
    told: str


Drawn = Chart | str
"""A chart, or why there is none."""


def trend(course: Course) -> Drawn:
    """The series as a line and the forecast as a band around its median."""
    if len(course.days) < FEWEST_POINTS or not any(course.values):
        return _too_few(len(course.days))
    scale = {"domain": [0, _top(course)], "nice": False}
    y = {**_amount("value", what(course.counted)), "scale": scale}
    legend = {"title": None, "orient": "top", "values": ["now", "next"],
              "labelExpr": _labels({"now": _("seen"), "next": _("forecast")})}  # fmt: skip
    seen: Spec = {
        "data": {"values": [{"day": _local(day), "value": value} for day, value in _pairs(course)]},
        "mark": {"type": "line", "interpolate": "monotone", "strokeWidth": 2.25, "point": {"size": 24}},
        "encoding": {
            "x": _day(),
            "y": y,
            "color": _tone("now"),
            "tooltip": [_told("day", _("day"), date=True), _told("value", what(course.counted))],
        },
    }
    layers = [*_forecast(course, y), seen]
    for layer in layers if course.ahead else ():
        layer["encoding"]["color"]["legend"] = legend
    return Chart(_framed(layers), _trend_told(course))


def _pairs(course: Course) -> Iterator[tuple[date, float]]:
    return zip(course.days, course.values, strict=True)


def _top(course: Course) -> float:
    """The top of the chart: a band that goes far beyond what was ever seen is cut, or nothing else could be read."""
    ahead = course.ahead
    seen = max([*course.values, *(ahead.median if ahead else ())])
    return 1.05 * min(1.6 * seen, max([seen, *(ahead.high if ahead else ())]))


def _forecast(course: Course, y: Spec) -> list[Spec]:
    """The band and the median, from the last day on."""
    if course.ahead is None:
        return []
    last, value, ahead = course.days[-1], course.values[-1], course.ahead
    rows = [{"day": _local(last), "low": value, "median": value, "high": value}]
    for at, (low, median, high) in enumerate(zip(ahead.low, ahead.median, ahead.high, strict=True), 1):
        rows.append({"day": _local(last + timedelta(days=at)), "low": low, "median": median, "high": high})
    named = [_told("day", _("day"), date=True), *(_told(name, _(name)) for name in ("low", "median", "high"))]
    shared = {"x": _day(), "tooltip": named}
    band = {"type": "area", "opacity": 0.2, "interpolate": "monotone", "clip": True}
    dashes = {"type": "line", "strokeDash": [5, 4], "strokeWidth": 2, "interpolate": "monotone"}
    values = {"values": rows}
    return [
        {
            "data": values,
            "mark": band,
            "encoding": {**shared, "color": _tone("next"), "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"data": values, "mark": dashes, "encoding": {**shared, "color": _tone("next"), "y": {**y, "field": "median"}}},
    ]


def _trend_told(course: Course) -> str:
    peak = max(range(len(course.values)), key=lambda at: course.values[at])
    said = _("{what} from {first} to {last}: most on {peak} ({most}), last {now}.").format(
        what=what(course.counted).capitalize(), first=wording.day(course.days[0]), last=wording.day(course.days[-1]),
        peak=wording.day(course.days[peak]), most=amount(course.values[peak]), now=amount(course.values[-1]),
    )  # fmt: skip
    return f"{said} {foretold(course) if course.ahead else no_forecast(course)}"


def foretold(course: Course) -> str:
    """What the forecast says of its last day; nothing where there is none."""
    if course.ahead is None:
        return ""
    end = wording.day(course.days[-1] + timedelta(days=len(course.ahead.median)))
    return _("Forecast for {end}: {median} a day; in {share} of cases between {low} and {high}.").format(
        end=end, median=amount(course.ahead.median[-1]), share=wording.percent(course.ahead.coverage),
        low=amount(course.ahead.low[-1]), high=amount(course.ahead.high[-1]),
    )  # fmt: skip


def no_forecast(course: Course) -> str:
    """Why there is no forecast."""
    if len(course.days) >= MINIMUM_DAYS:
        return _("Nothing was seen that a forecast could be made of.")
    known = counted("{count} day is known", "{count} days are known", len(course.days))
    return _("No forecast: {known}, {needed} are needed.").format(known=known, needed=MINIMUM_DAYS)


def waterfall(terms: Sequence[ScoreTerm], total: float | None) -> Drawn:
    """The five terms, each bar begun where the one before ended, and their sum."""
    if total is None or not any(term.length for term in terms):
        return _("No score: nothing was known that it could be computed from.")
    rows: list[Spec] = [
        {
            "name": _(term.name),
            "from": term.start / 100,
            "to": (term.start + term.length) / 100,
            "label": _("no data") if term.missing else f"+{term.length / 100:.2f}",
            "value": term.value or _("no data"),
            "weight": term.weight,
            "reason": term.reason,
            "tone": "now",
        }
        for term in terms
    ]
    rows.append({"name": _("score"), "from": 0, "to": total, "label": f"{total:.2f}", "value": f"{total:.2f}",
                 "weight": "", "reason": _("the sum of the terms"), "tone": "next"})  # fmt: skip
    y = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 140}}
    x = {"field": "from", "type": "quantitative", "title": _("part of the score, 0 to 1"),
         "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}}  # fmt: skip
    named = [_said("name", _("term")), _said("label", _("part")), _said("value", _("value")),
             _said("weight", _("weight")), _said("reason", _("why"))]  # fmt: skip
    bars = {
        "mark": {"type": "bar", "cornerRadius": 2},
        "encoding": {"y": y, "x": x, "x2": {"field": "to"}, "color": _tone_of("tone"), "tooltip": named},
    }
    labels = {
        "mark": {"type": "text", "align": "left", "dx": 5},
        "encoding": {"y": y, "x": {**x, "field": "to"}, "text": {"field": "label"}, "color": _tone("quiet")},
    }
    spec = _framed([bars, labels], height={"step": BAR_HEIGHT})
    spec["data"] = {"values": rows}
    parts = "; ".join(f"{row['name']} {row['label']} ({row['reason']})" for row in rows[:-1])
    return Chart(spec, _("Score {total} of 1: {parts}.").format(total=f"{total:.2f}", parts=parts))


def leads(found: Sequence[Lead], why: str) -> Drawn:
    """By how many days one source runs before another, with the interval; else why nobody can tell."""
    if not found:
        return why or _("Which source runs before which is not known.")
    rows = [_ahead(lead) for lead in found]
    y = {"field": "pair", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 170}}
    x = {"field": "days", "type": "quantitative", "title": _("days ahead"), "scale": {"zero": True}}
    named = [_said("pair", _("who")), _told("days", _("days ahead")),
             _told("low", _("at least (90%)")), _told("high", _("at most (90%)"))]  # fmt: skip
    shared = {"y": y, "color": _tone("now"), "tooltip": named}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55},
            "encoding": {**shared, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 130},
            "encoding": {**shared, "x": x},
        },
        {
            "mark": {"type": "rule", "strokeDash": [3, 3]},
            "encoding": {"x": {"datum": 0, "type": "quantitative"}, "color": _tone("quiet")},
        },
    ]  # fmt: skip
    spec = _framed(layers, height={"step": BAR_HEIGHT})
    spec["data"] = {"values": rows}
    told = "; ".join(f"{row['pair']}: {row['days']:g} ({row['low']:g} - {row['high']:g})" for row in rows)
    return Chart(spec, _("Days by which one source runs ahead: {told}.").format(told=told))


def _ahead(lead: Lead) -> Spec:
    """A lead told from the source that runs ahead."""
    first, second, days, low, high = lead.first, lead.second, lead.days, lead.low, lead.high
    if days < 0:
        first, second, days, low, high = second, first, -days, -high, -low
    return {
        "pair": _("{first} before {second}").format(first=first, second=second), "days": days, "low": low, "high": high
    }  # fmt: skip


def stream(source: Stream, days: Sequence[date]) -> Drawn:
    """What one source brought a day, in its own measure."""
    if len(days) < FEWEST_POINTS:
        return _too_few(len(days))
    rows = [{"day": _local(day), "value": value} for day, value in zip(days, source.values, strict=True)]
    layer = {
        "data": {"values": rows},
        "mark": {"type": "area", "interpolate": "step", "opacity": 0.35, "line": {"strokeWidth": 1.5}},
        "encoding": {
            "x": _day(),
            "y": _amount("value", None, ticks=2),
            "color": _tone("next"),
            "tooltip": [_told("day", _("day"), date=True), _told("value", what(source.counted))],
        },
    }
    active = sum(value > 0 for value in source.values)
    told = _("{source}: seen on {active} of {all} days, at most {most} {what}.").format(
        source=source.source, active=active, all=len(days), most=amount(max(source.values)), what=what(source.counted)
    )
    return Chart(_framed([layer], height=STREAM_HEIGHT), told)


def margins(asked: Asked) -> Drawn:
    """What is left at each price of the comparables, the price to ask, and the two lines of the decision rule."""
    x = {"field": "price", "type": "quantitative", "title": _("price"), "scale": {"zero": False, "nice": False},
         "axis": {"format": "$,.0f", "tickCount": 6, "grid": False}}  # fmt: skip
    y = {"field": "margin", "type": "quantitative", "title": _("margin"), "axis": {"format": ".0%", "tickCount": 5}}
    line = asked.curve or tuple((point.price_cents, point.margin_ratio) for point in asked.points)
    points = [
        {"name": _(point.name), "price": point.price_cents / 100, "margin": point.margin_ratio}
        for point in asked.points
    ]
    here = {"name": _("asked"), "price": asked.price_cents / 100, "margin": asked.margin_ratio,
            "label": _("asked {price}").format(price=wording.money(asked.price_cents))}  # fmt: skip
    named = [_said("name", _("price of the comparables")), _told("price", _("price"), "$,.2f"),
             _told("margin", _("margin"), ".1%")]  # fmt: skip
    layers: list[Spec] = [
        *_rule_lines(),
        {
            "data": {"values": [{"price": cents / 100, "margin": margin} for cents, margin in line]},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": _tone("now")},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": _tone("now"), "tooltip": named},
        },
        {
            "data": {"values": [here]},
            "mark": {"type": "point", "filled": True, "size": 190, "shape": "diamond", "opacity": 1},
            "encoding": {"x": x, "y": y, "color": _tone("next"), "tooltip": named},
        },
        {
            "data": {"values": [here]},
            "mark": {"type": "text", "align": "right", "dx": -10, "dy": -8, "fontWeight": 600, "fontSize": 13},
            "encoding": {"x": x, "y": y, "text": {"field": "label"}, "color": _tone("next")},
        },
    ]
    return Chart(_framed(layers), _margins_told(asked))


def _rule_lines() -> tuple[Spec, Spec]:
    below, above = RULE
    return (
        _line(below, _("under {margin}: reject").format(margin=wording.percent(below)), "top"),
        _line(above, _("above {margin}: may be made").format(margin=wording.percent(above)), "bottom"),
    )


def _line(margin: float, text: str, side: str) -> Spec:
    """One margin of the rule across the chart, its words on the side that they speak of."""
    shared = {"y": {"datum": margin, "type": "quantitative"}, "color": _tone("quiet")}
    words = {"type": "text", "align": "right", "baseline": side, "dy": {"top": 4, "bottom": -3}[side],
             "fontSize": 12, "x": "width"}  # fmt: skip
    return {
        "data": {"values": [{}]},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.2}, "encoding": shared},
            {"mark": words, "encoding": {**shared, "text": {"value": text}}},
        ],
    }


def _margins_told(asked: Asked) -> str:
    said = [
        _("Asked {price}: {margin} is left.").format(
            price=wording.money(asked.price_cents), margin=wording.percent(asked.margin_ratio)
        )
    ]
    said += [
        _("{margin} is left at {price}.").format(margin=wording.percent(margin), price=wording.money(cents))
        for margin, cents in asked.reached
    ]
    said += [
        _("At the {name} price of the comparables, {price}: {margin}.").format(
            name=_(point.name), price=wording.money(point.price_cents), margin=wording.percent(point.margin_ratio)
        )
        for point in asked.points
    ]
    return " ".join(said)


def parts(asked: Asked) -> Drawn:
    """What the price of one sale falls into; nothing where a part is negative: a loss has no share."""
    if len(asked.parts) < FEWEST_POINTS or any(cents < 0 for _name, cents, _fact in asked.parts):
        return _("One sale at this price leaves nothing to divide.")
    tones = dict(zip(("cost", "shipping", "fees", "margin"), ("quiet", "third", "warn", "good"), strict=True))
    rows: list[Spec] = []
    start = 0
    for name, cents, _fact in asked.parts:
        rows.append({"name": part_name(name), "from": start / 100, "to": (start + cents) / 100,
                     "amount": wording.money(cents), "tone": tones[name]})  # fmt: skip
        start += cents
    shown = [row for row in rows if row["to"] > row["from"]]
    legend = {
        "title": None,
        "orient": "top",
        "values": [row["tone"] for row in shown],
        "labelExpr": _labels({tones[name]: part_name(name) for name in tones}),
    }
    layer = {
        "data": {"values": shown},
        "mark": {"type": "bar", "height": 28, "cornerRadius": 2},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "title": None, "axis": {"format": "$,.0f", "tickCount": 5}},
            "x2": {"field": "to"},
            "color": {**_tone_of("tone"), "legend": legend},
            "tooltip": [_said("name", _("part")), _said("amount", _("amount"))],
        },
    }
    told = ", ".join(f"{row['name']} {row['amount']}" for row in rows)
    return Chart(
        _framed([layer], height=104),
        _("Of {price}: {parts}.").format(price=wording.money(asked.price_cents), parts=told),
    )


def part_name(name: str) -> str:
    """A part of a price as people read it."""
    return {"cost": _("making it"), "shipping": _("shipping"), "fees": _("fees"), "margin": _("left")}[name]


def what(series: str) -> str:
    """What a series counts, with its unit."""
    return _("attention a day") if series == "attention" else _("mentions a day")


def amount(value: float) -> str:
    """A count without decimals that say nothing."""
    return wording.number(round(value)) if value >= 10 else wording.number(round(value, 1))


def _too_few(days: int) -> str:
    known = counted("{count} day is known", "{count} days are known", days) if days else _("no day is known")
    return _("No line to draw: {known} on which something was seen.").format(known=known)


def _framed(layers: Sequence[Mapping[str, Any]], height: int | Spec = HEIGHT) -> Spec:
    return {"height": height, "layer": list(layers), "config": {"axis": {"titlePadding": 8, "labelPadding": 6}}}


def _local(day: date) -> str:
    """A day that no browser's time zone moves to another."""
    return f"{day.isoformat()}T00:00"


def _day() -> Spec:
    axis = {"format": "%-d %b", "tickCount": 6, "labelOverlap": True}
    return {"field": "day", "type": "temporal", "title": None, "axis": axis}


def _amount(name: str, title: str | None, ticks: int = 4) -> Spec:
    axis = {"format": "~s", "tickCount": ticks}
    return {"field": name, "type": "quantitative", "title": title, "axis": axis, "scale": {"zero": True}}


def _tone(name: str) -> Spec:
    """One of the theme's colours for all of a mark."""
    return {"datum": name, "type": "nominal", "scale": {"domain": list(TONES)}, "legend": None}


def _tone_of(field: str) -> Spec:
    return {"field": field, "type": "nominal", "scale": {"domain": list(TONES)}, "legend": None}


def _labels(names: Mapping[str, str]) -> str:
    """What a legend says for each tone."""
    return f"{json.dumps(dict(names))}[datum.label]"


def _told(name: str, title: str, form: str = ",.4~r", date: bool = False) -> Spec:
    if date:
        return {"field": name, "type": "temporal", "title": title, "format": "%-d %b %Y"}
    return {"field": name, "type": "quantitative", "title": title, "format": form}


def _said(name: str, title: str) -> Spec:
    return {"field": name, "type": "nominal", "title": title}
