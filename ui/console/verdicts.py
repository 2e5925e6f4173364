"""Verdicts: how they are shared out, how specialists end, what they lean to and cost: charts, each with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.decision import ALARM_FEWEST, ALARM_SHARE, Verdict, verdict_alarm
from store.verdicts import BINS, Row
from ui.console.charts import Chart, Drawn
from ui.console.parts import named, usd
from ui.console.words import _, counted

Spec = dict[str, Any]
LINES, BARS, STEP = 240, 150, 24
OUTCOMES = ("opinion", "abstained", "failed", "ungrounded")
VERDICT_TONES = ("-1", "review", "-2", "approve", "-3", "reject")
OUTCOME_TONES = ("failed", "-1", "ungrounded", "opinion", "abstained")
"""Names at the places of the theme's six categories: orange, blue, violet, green, yellow, gray."""
RED = "#c0564b"
"""Of the alarm; read on light and on dark."""
SPENDING = 0.05
"""Part of the ceiling from which it is drawn: above, or nothing else could be read."""


def alarm(counts: Mapping[str, int]) -> tuple[bool, str]:
    """Whether one verdict has taken over, and the line that says so."""
    decisions = sum(counts.values())
    taken = verdict_alarm({Verdict(name): count for name, count in counts.items()})
    if taken is not None:
        said = _("Alarm: {times} of {decisions} decisions say {verdict}, surely at least {share}.")
        return True, said.format(
            times=taken.times, decisions=decisions, verdict=named(taken.verdict), share=f"{taken.at_least:.0%}"
        )
    if decisions < ALARM_FEWEST:
        made = counted("{count} decision", "{count} decisions", decisions)
        said = _("{made} in this time: from {fewest} on it is told whether one verdict has taken over.")
        return False, said.format(made=made, fewest=ALARM_FEWEST)
    said = _("No verdict has taken over in {decisions} decisions; the alarm is on where one is surely over {share}.")
    return False, said.format(decisions=f"{decisions:,}", share=f"{ALARM_SHARE:.0%}")


def shares(rows: Sequence[Row]) -> Drawn:
    """The share of each verdict by the day, with the line of the alarm."""
    days: dict[Any, dict[str, int]] = {}
    for row in rows:
        days.setdefault(row["day"], {})[row["verdict"]] = row["count"]
    if not days:
        return _("No decision was made in this time.")
    values = [
        {
            "day": f"{day:%Y-%m-%dT00:00}", "verdict": named(verdict), "share": counts.get(verdict, 0) / total,
            "count": counts.get(verdict, 0),
        }
        for day, counts in days.items() for total in [sum(counts.values())] for verdict in Verdict
    ]  # fmt: skip
    return Chart(_share_lines(values, len(days)), _shares_told(days))


def _share_lines(values: list[Spec], days: int) -> Spec:
    axis = {"format": "%-d %b", "tickCount": min(days, 8), "labelOverlap": True, "grid": False}
    y = {"field": "share", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]},
         "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "labelFlush": False}}  # fmt: skip
    tooltip = [_tip("day", _("day"), "temporal", "%-d %b %Y"), _tip("verdict", _("verdict")),
               _tip("share", _("share"), "quantitative", ".0%"),
               _tip("count", _("decisions"), "quantitative")]  # fmt: skip
    lines = {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2.25, "point": {"size": 45}},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None, "axis": axis}, "y": y,
            "color": _by("verdict", VERDICT_TONES, list(Verdict)), "tooltip": tooltip,
        },
    }  # fmt: skip
    rule = {
        "data": {"values": [{"share": ALARM_SHARE}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": RED, "strokeWidth": 1.5},
        "encoding": {"y": y},
    }
    return {"height": LINES, "layer": [rule, lines]}


def _shares_told(days: Mapping[Any, Mapping[str, int]]) -> str:
    sums = {verdict: sum(counts.get(verdict, 0) for counts in days.values()) for verdict in Verdict}
    total = sum(sums.values())
    said = ", ".join(f"{named(verdict)} {sums[verdict] / total:.0%}" for verdict in reversed(Verdict))
    made = counted("{count} decision", "{count} decisions", total)
    line = _("The dashed line, at {share}, is the alarm's.").format(share=f"{ALARM_SHARE:.0%}")
    return f"{made} {counted('on {count} day', 'on {count} days', len(days))}: {said}. {line}"


def outcomes(rows: Sequence[Row]) -> Drawn:
    """How each specialist ended, a bar each."""
    if not rows:
        return _("Nobody was asked in this time.")
    values = [
        {"agent": row["agent"], "outcome": named(outcome), "count": row[outcome], "share": row[outcome] / row["asked"]}
        for row in rows for outcome in OUTCOMES if row[outcome]
    ]  # fmt: skip
    x = {"field": "share", "type": "quantitative", "stack": "zero", "title": None, "scale": {"domain": [0, 1]},
         "axis": {"format": ".0%", "tickCount": 5}}  # fmt: skip
    tooltip = [_tip("agent", _("agent")), _tip("outcome", _("outcome")),
               _tip("share", _("share"), "quantitative", ".0%"), _tip("count", _("times"), "quantitative")]  # fmt: skip
    spec = {
        "data": {"values": values},
        "height": {"step": STEP},
        "mark": {"type": "bar", "cornerRadius": 2},
        "encoding": {
            "x": x, "y": {"field": "agent", "type": "nominal", "title": None, "axis": {"labelLimit": 140}},
            "color": _by("outcome", OUTCOME_TONES, OUTCOMES), "tooltip": tooltip,
        },
    }  # fmt: skip
    return Chart(spec, _outcomes_told(rows))


def _outcomes_told(rows: Sequence[Row]) -> str:
    silent = [row for row in rows if row["opinion"] < row["asked"]]
    if not silent:
        return _("Every specialist had an opinion every time.")
    said = ", ".join(
        f"{row['agent']} {row['opinion'] / row['asked']:.0%}"
        for row in sorted(silent, key=lambda row: row["opinion"] / row["asked"])
    )
    return _("Had an opinion less often than asked: {said}.").format(said=said)


def stances(rows: Sequence[Row], agent: str) -> Drawn:
    """What the opinions of one specialist lean to, from do not make it to make it."""
    counts = {row["bin"]: row["count"] for row in rows if row["agent"] == agent}
    if not counts:
        return _("It had no opinion in this time.")
    width = 2 / BINS
    values = [{"stance": f"{-1 + width * (at + 0.5):+.1f}", "count": counts.get(at + 1, 0)} for at in range(BINS)]
    title, axis = _("stance: -1 do not make it, 1 make it"), {"labelAngle": 0, "labelOverlap": True, "grid": False}
    spec = {
        "data": {"values": values},
        "height": BARS,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "stance", "type": "ordinal", "sort": None, "title": title, "axis": axis},
            "y": {"field": "count", "type": "quantitative", "title": None, "axis": {"tickCount": 3, "tickMinStep": 1}},
            "tooltip": [_tip("stance", _("stance")), _tip("count", _("opinions"), "quantitative")],
        },
    }
    in_order = [counts.get(at + 1, 0) for at in range(BINS)]
    against, for_it = sum(in_order[: BINS // 2]), sum(in_order[BINS // 2 :])
    said = _("{agent}: {for_it} opinions for it or undecided, {against} against it.")
    return Chart(spec, said.format(agent=agent, for_it=for_it, against=against))


def spent(rows: Sequence[Row], ceiling: int) -> Drawn:
    """What models cost a day, with the ceiling where it is near enough to be read."""
    most = max((row["micro_usd"] for row in rows), default=0)
    if not most:
        return _("Models cost nothing in this time.")
    values = [
        {"day": f"{row['day']:%Y-%m-%dT00:00}", "usd": row["micro_usd"] / 1e6, "tokens": row["tokens"]} for row in rows
    ]
    y = {"field": "usd", "type": "quantitative", "title": None, "axis": {"format": "$,.4~r", "tickCount": 4}}
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "timeUnit": "yearmonthdate", "title": None,
                  "axis": {"format": "%-d %b", "grid": False, "labelOverlap": True}},
            "y": y,
            "tooltip": [_tip("day", _("day"), "temporal", "%-d %b %Y"), _tip("usd", _("cost"), "quantitative", "$,.4f"),
                        _tip("tokens", _("tokens"), "quantitative", ",")],
        },
    }  # fmt: skip
    limit = {"type": "rule", "strokeDash": [5, 4], "color": RED}
    rule = {"data": {"values": [{"usd": ceiling / 1e6}]}, "mark": limit, "encoding": {"y": y}}
    layers = [bars, rule] if most >= SPENDING * ceiling else [bars]
    said = _("Models cost {sum} in this time, at most {most} a day; the ceiling is {ceiling} a day.").format(
        sum=usd(sum(row["micro_usd"] for row in rows)), most=usd(most), ceiling=usd(ceiling)
    )
    return Chart({"height": BARS + 40, "layer": layers}, said)


def _by(field: str, places: Sequence[str], shown: Sequence[str]) -> Spec:
    """A colour for each name: that of the theme's category at whose place it stands."""
    domain = [named(name) for name in places]
    legend = {"orient": "bottom", "title": None, "values": [named(name) for name in shown]}
    return {"field": field, "type": "nominal", "scale": {"domain": domain}, "legend": legend}


def _tip(field: str, title: str, kind: str = "nominal", form: str | None = None) -> Spec:
    return {"field": field, "type": kind, "title": title, **({"format": form} if form else {})}
