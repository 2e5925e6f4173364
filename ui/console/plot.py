"""Plot: the few words of Vega-Lite that the charts are written in. Colours are the theme's categories, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Spec = dict[str, Any]
TONES = ("now", "next", "third", "good", "warn", "quiet")
"""Names for the theme's six categories: orange and blue, which everybody can tell apart, and four more."""
HEIGHT = 220


def layer(mark: Spec, encoding: Spec, tone: str = "", rows: Sequence[Spec] | None = None, legend: Any = None) -> Spec:
    """Marks in one tone, or in that which each row names; of these rows, or of those of the whole drawing."""
    colour = {"field": "tone", "type": "nominal", "scale": {"domain": list(TONES)}, "legend": legend}
    made: Spec = {"mark": mark, "encoding": {**encoding, "color": colour}}
    if tone:
        made["transform"] = [{"calculate": f"'{tone}'", "as": "tone"}]
    if rows is not None:
        made["data"] = {"values": list(rows)}
    return made


def framed(layers: Sequence[Spec], height: int | Spec = HEIGHT, rows: Sequence[Spec] = ()) -> Spec:
    """One drawing of these layers; `rows` are the data of those that bring none."""
    axes = {"axis": {"titlePadding": 8, "labelPadding": 6}, "axisY": {"labelFlush": False}}
    spec: Spec = {"height": height, "layer": list(layers), "config": axes}
    return spec | ({"data": {"values": list(rows)}} if rows else {})


def legend_of(names: Mapping[str, str]) -> Spec:
    """A legend above the drawing that gives these tones these names."""
    names = dict(names)
    return {
        "title": None,
        "orient": "top",
        "symbolOpacity": 1,
        "offset": 4,
        "values": list(names),
        "labelExpr": f"{json.dumps(names)}[datum.label]",
    }


def local(day: date) -> str:
    """A day that no browser's time zone moves to another."""
    return f"{day.isoformat()}T00:00"


def days() -> Spec:
    """An axis of days."""
    axis = {"format": "%-d %b", "tickCount": 6, "labelOverlap": True}
    return {"field": "day", "type": "temporal", "title": None, "axis": axis}


def counts(name: str, title: str | None, ticks: int = 4) -> Spec:
    """An axis of counts from nothing up."""
    axis = {"labelExpr": "format(datum.value, '~s')", "tickCount": ticks}  # `format` writes nothing as 0k
    return {"field": name, "type": "quantitative", "title": title, "axis": axis, "scale": {"zero": True}}


def names(name: str, widest: int) -> Spec:
    """An axis of names in the order of the rows."""
    return {"field": name, "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": widest}}


def tip_of_day(title: str) -> Spec:
    """A day as a pointer shows it."""
    return {"field": "day", "type": "temporal", "title": title, "format": "%-d %b %Y"}


def tip(name: str, title: str, form: str = ",.4~r") -> Spec:
    """A number as a pointer shows it."""
    return {"field": name, "type": "quantitative", "title": title, "format": form}


def tip_of_text(name: str, title: str) -> Spec:
    """A text as a pointer shows it."""
    return {"field": name, "type": "nominal", "title": title}
