"""Heatmaps: how much came when, of what: a chart, the same in words, and the same as a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from graphs.heat import STEP, Cell, Heat, Unit
from store.heat import Measure
from ui.console.charts import Chart
from ui.console.text import shortened
from ui.console.words import _, counted, marked

Spec = dict[str, Any]
FORMATS: Mapping[Unit, str] = {"hour": "%-d %b %H:%M", "day": "%-d %b"}
AXIS: Mapping[Unit, str] = {"hour": "%-d %b %H h", "day": "%-d %b"}
ROW_HEIGHT = 26
LONGEST_NAME = 28
MEASURES: Mapping[Measure, str] = {"signals": marked("New signals"), "gained": marked("What they gained")}
TOLD: Mapping[Measure, str] = {
    "signals": marked("Things seen for the first time."),
    "gained": marked("Views, or score, level or items, gained since they were last seen."),
}


def name_of(cell: Cell) -> str:
    """What a row is called."""
    return _("all others") if cell.what is None else shortened(cell.what, LONGEST_NAME) or _("not stated")


def heatmap(heat: Heat, unit: Unit, measure: Measure) -> Chart:
    """Rows from the largest to the smallest, what has no name of its own last; a cell for each hour or day."""
    sums: dict[str, float] = {}
    for cell in heat.cells:
        sums[name_of(cell)] = sums.get(name_of(cell), 0.0) + cell.count
    last = {name_of(cell) for cell in heat.cells if not cell.what}
    order = sorted(sums, key=lambda name: (name in last, -sums[name], name))
    values = [
        {"what": name_of(cell), "from": _local(cell, timedelta()), "to": _local(cell, STEP[unit]), "count": cell.count}
        for cell in heat.cells
    ]
    return Chart(_spec(values, heat, unit, order), told(heat, unit, measure, sums))


def told(heat: Heat, unit: Unit, measure: Measure, sums: Mapping[str, float]) -> str:
    """The largest rows and the hottest cell, in words."""
    if not sums:
        return _("Nothing was seen in this time.")
    largest = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    most = ", ".join(f"{name} {amount:,.0f}" for name, amount in largest)
    hottest = max(heat.cells, key=lambda cell: (cell.count, cell.at))
    height = _("Most at once: {name}, {at} UTC ({count}).").format(
        name=name_of(hottest), at=f"{hottest.at:{FORMATS[unit]}}", count=f"{hottest.count:,.0f}"
    )
    rows = counted("{count} row", "{count} rows", len(sums))
    return f"{_(TOLD[measure])} {rows}. {_('Largest:')} {most}. {height}"


def table(heat: Heat, unit: Unit) -> pd.DataFrame:
    """The same as figures: a row for each hour or day, the newest first."""
    rows = [{_("when (UTC)"): cell.at, "what": name_of(cell), "count": cell.count} for cell in heat.cells]
    frame = pd.DataFrame(rows).pivot_table(index=_("when (UTC)"), columns="what", values="count", aggfunc="sum")
    frame = frame.sort_index(ascending=False).fillna(0)
    frame.index = frame.index.strftime(FORMATS[unit])
    return frame


def _spec(values: list[dict[str, Any]], heat: Heat, unit: Unit, order: list[str]) -> Spec:
    domain = [f"{moment:%Y-%m-%dT%H:%M}" for moment in (heat.since, heat.until)]
    axis = {"format": AXIS[unit], "tickCount": 6, "labelOverlap": True, "grid": False}
    x = {"field": "from", "type": "temporal", "title": None, "axis": axis, "scale": {"domain": domain}}
    y = {"field": "what", "type": "nominal", "sort": order, "title": None, "axis": {"labelLimit": 150}}
    # Few cells hold most of it: on a scale of roots the others are told apart as well.
    most = max((each["count"] for each in values), default=0)
    legend = {
        "orient": "top", "direction": "horizontal", "gradientLength": 140, "gradientThickness": 8, "offset": 6,
        "values": [0, most], "format": ",.0f",
    }  # fmt: skip
    colour = {
        "field": "count",
        "type": "quantitative",
        "scale": {"type": "sqrt", "domainMin": 0},
        "title": None,
        "legend": legend,
    }
    tooltip = [
        {"field": "what", "type": "nominal", "title": _("what")},
        {"field": "from", "type": "temporal", "title": _("from (UTC)"), "format": FORMATS[unit]},
        {"field": "count", "type": "quantitative", "title": _("how much"), "format": ",.0f"},
    ]
    return {
        "data": {"values": values},
        "height": {"step": ROW_HEIGHT},
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "color": colour, "tooltip": tooltip},
        "config": {"view": {"stroke": None}},
    }


def _local(cell: Cell, later: timedelta) -> str:
    """A moment that no browser's time zone moves to another."""
    return f"{cell.at + later:%Y-%m-%dT%H:%M}"
