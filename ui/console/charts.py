"""Charts: an idea's figures drawn, each with what it shows in words, or the reason why there is nothing to draw.

They are written in Vega-Lite, Altair's own language, as plain values: a fortieth of the time that Altair takes to build
and check the same. Colours are the theme's own (`ui.console.plot`), so light and dark need no second
chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from trends.forecast import MINIMUM_DAYS
from ui import wording
from ui.console import plot
from ui.console.case import RULE, Asked, Course, Lead, Stream
from ui.console.plot import Spec
from ui.console.words import _, counted, marked
from ui.drawing import FEWEST_POINTS
from ui.page import ScoreTerm

STREAM_HEIGHT, BAR_HEIGHT = 96, 34
JUMPY = 100.0
"""An interval that reaches beyond so many times all that was seen says nothing."""
STORED_NAMES = (
    marked("freshness"), marked("engagement"), marked("novelty"), marked("community fit"), marked("seasonality"),
    marked("lowest"), marked("lower quartile"), marked("median"), marked("upper quartile"), marked("highest"),
)  # fmt: skip
"""Names that come with the values and are translated when they are drawn."""


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
    y = {**plot.counts("value", what(course.counted)), "scale": {"domain": [0, _top(course)], "nice": False}}
    legend = plot.legend_of({"now": _("seen"), "next": _("forecast")}) if course.ahead else None
    tips = [plot.tip_of_day(_("day")), plot.tip("value", what(course.counted))]
    seen = plot.layer(
        {"type": "line", "interpolate": "monotone", "strokeWidth": 2.25, "point": {"size": 24}},
        {"x": plot.days(), "y": y, "tooltip": tips},
        "now",
        [{"day": plot.local(day), "value": value} for day, value in zip(course.days, course.values, strict=True)],
        legend,
    )
    return Chart(plot.framed([*_forecast(course, y, legend), seen]), _trend_told(course))


def _top(course: Course) -> float:
    """The top of the chart: a band that goes far beyond what was ever seen is cut, or nothing else could be read."""
    ahead = course.ahead
    seen = max([*course.values, *(ahead.median if ahead else ())])
    return 1.05 * min(1.6 * seen, max([seen, *(ahead.high if ahead else ())]))


def _forecast(course: Course, y: Spec, legend: Spec | None) -> list[Spec]:
    """The band and the median, from the last day on."""
    if course.ahead is None:
        return []
    last, value, ahead = course.days[-1], course.values[-1], course.ahead
    rows = [{"day": plot.local(last), "low": value, "median": value, "high": value}]
    for at, (low, median, high) in enumerate(zip(ahead.low, ahead.median, ahead.high, strict=True), 1):
        rows.append({"day": plot.local(last + timedelta(days=at)), "low": low, "median": median, "high": high})
    tips = [plot.tip_of_day(_("day")), plot.tip("low", _("low")), plot.tip("median", _("median")),
            plot.tip("high", _("high"))]  # fmt: skip
    shared = {"x": plot.days(), "tooltip": tips}
    band = {"type": "area", "opacity": 0.2, "interpolate": "monotone", "clip": True}
    dashes = {"type": "line", "strokeDash": [5, 4], "strokeWidth": 2, "interpolate": "monotone"}
    edges = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return [
        plot.layer(band, {**shared, **edges}, "next", rows, legend),
        plot.layer(dashes, {**shared, "y": {**y, "field": "median"}}, "next", rows, legend),
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
    end, ahead = wording.day(course.days[-1] + timedelta(days=len(course.ahead.median))), course.ahead
    if not is_steady(course):
        return _("Forecast for {end}: {median} a day, not to be relied on: the series jumps too much.").format(
            end=end, median=amount(ahead.median[-1])
        )
    return _("Forecast for {end}: {median} a day; in {share} of cases between {low} and {high}.").format(
        end=end, median=amount(ahead.median[-1]), share=wording.percent(ahead.coverage),
        low=amount(ahead.low[-1]), high=amount(ahead.high[-1]),
    )  # fmt: skip


def is_steady(course: Course) -> bool:
    """Whether the forecast's band says anything: it ends within what such a series could reach."""
    return course.ahead is not None and course.ahead.high[-1] <= JUMPY * max(course.values)


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
    y = plot.names("name", 140)
    x = {"field": "from", "type": "quantitative", "title": _("part of the score, 0 to 1"),
         "scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}}  # fmt: skip
    tips = [plot.tip_of_text("name", _("term")), plot.tip_of_text("label", _("part")),
            plot.tip_of_text("value", _("value")), plot.tip_of_text("weight", _("weight")),
            plot.tip_of_text("reason", _("why"))]  # fmt: skip
    layers = [
        plot.layer({"type": "bar", "cornerRadius": 2}, {"y": y, "x": x, "x2": {"field": "to"}, "tooltip": tips}),
        plot.layer(
            {"type": "text", "align": "left", "dx": 5},
            {"y": y, "x": {**x, "field": "to"}, "text": {"field": "label"}},
            "quiet",
        ),
    ]
    spec = plot.framed(layers, {"step": BAR_HEIGHT}, rows)
    parts = "; ".join(f"{row['name']} {row['label']} ({row['reason']})" for row in rows[:-1])
    return Chart(spec, _("Score {total} of 1: {parts}.").format(total=f"{total:.2f}", parts=parts))


def leads(found: Sequence[Lead], why: str) -> Drawn:
    """By how many days one source runs before another, with the interval; else why nobody can tell."""
    if not found:
        return why or _("Which source runs before which is not known.")
    rows = [_ahead(lead) for lead in found]
    ends = [0.0, *(row["low"] for row in rows), *(row["high"] for row in rows)]
    x = {"field": "days", "type": "quantitative", "title": _("days ahead"), "axis": {"tickCount": 6},
         "scale": {"domain": [min(ends) - 0.5, max(ends) + 0.5], "nice": False}}  # fmt: skip
    tips = [plot.tip_of_text("pair", _("who")), plot.tip("days", _("days ahead")),
            plot.tip("low", _("at least (90%)")), plot.tip("high", _("at most (90%)"))]  # fmt: skip
    shared: Spec = {"y": plot.names("pair", 170), "tooltip": tips}
    interval = {**shared, "x": {**x, "field": "low"}, "x2": {"field": "high"}}
    layers = [
        plot.layer({"type": "rule", "strokeWidth": 3, "opacity": 0.55}, interval, "now"),
        plot.layer({"type": "point", "filled": True, "size": 130}, {**shared, "x": x}, "now"),
        plot.layer({"type": "rule", "strokeDash": [3, 3]}, {"x": {"datum": 0, "type": "quantitative"}}, "quiet"),
    ]
    spec = plot.framed(layers, {"step": BAR_HEIGHT}, rows)
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
    area = plot.layer(
        {"type": "area", "interpolate": "step", "opacity": 0.35, "line": {"strokeWidth": 1.5}},
        {
            "x": plot.days(),
            "y": plot.counts("value", None, ticks=2),
            "tooltip": [plot.tip_of_day(_("day")), plot.tip("value", what(source.counted))],
        },
        "next",
        [{"day": plot.local(day), "value": value} for day, value in zip(days, source.values, strict=True)],
    )
    active = sum(value > 0 for value in source.values)
    told = _("{source}: seen on {active} of {all} days, at most {most} {what}.").format(
        source=source.source, active=active, all=len(days), most=amount(max(source.values)), what=what(source.counted)
    )
    return Chart(plot.framed([area], STREAM_HEIGHT), told)


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
    tips = [plot.tip_of_text("name", _("price of the comparables")), plot.tip("price", _("price"), "$,.2f"),
            plot.tip("margin", _("margin"), ".1%")]  # fmt: skip
    dot, diamond = ({"type": "point", "filled": True, "opacity": 1, **more} for more in (
        {"size": 70}, {"size": 190, "shape": "diamond"}))  # fmt: skip
    words = {"type": "text", "align": "right", "dx": -10, "dy": -8, "fontWeight": 600, "fontSize": 13}
    place = {"x": x, "y": y}
    layers = [
        *_rule_lines(),
        plot.layer({"type": "line", "strokeWidth": 2}, place, "now",
                   [{"price": cents / 100, "margin": margin} for cents, margin in line]),
        plot.layer(dot, {**place, "tooltip": tips}, "now", points),
        plot.layer(diamond, {**place, "tooltip": tips}, "next", [here]),
        plot.layer(words, {**place, "text": {"field": "label"}}, "next", [here]),
    ]  # fmt: skip
    return Chart(plot.framed(layers), _margins_told(asked))


def _rule_lines() -> list[Spec]:
    below, above = RULE
    return [
        *_line(below, _("under {margin}: reject").format(margin=wording.percent(below)), "top"),
        *_line(above, _("above {margin}: may be made").format(margin=wording.percent(above)), "bottom"),
    ]


def _line(margin: float, text: str, side: str) -> list[Spec]:
    """One margin of the rule across the chart, its words on the side that they speak of."""
    y = {"datum": margin, "type": "quantitative"}
    words = {"type": "text", "align": "right", "baseline": side, "dy": {"top": 4, "bottom": -3}[side],
             "fontSize": 12, "x": "width"}  # fmt: skip
    rule = {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.2}
    return [
        plot.layer(rule, {"y": y}, "quiet", [{}]),
        plot.layer(words, {"y": y, "text": {"value": text}}, "quiet", [{}]),
    ]


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
    bar = plot.layer(
        {"type": "bar", "height": 28, "cornerRadius": 2},
        {
            "x": {"field": "from", "type": "quantitative", "title": None, "axis": {"format": "$,.0f", "tickCount": 5}},
            "x2": {"field": "to"},
            "tooltip": [plot.tip_of_text("name", _("part")), plot.tip_of_text("amount", _("amount"))],
        },
        rows=shown,
        legend=plot.legend_of({row["tone"]: row["name"] for row in shown}),
    )
    told = ", ".join(f"{row['name']} {row['amount']}" for row in rows)
    return Chart(
        plot.framed([bar], 104),
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
