"""Timeline: what each node of a run took, as bars over wall time, in plain Vega-Lite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from store.decisions import Row
from ui.console.parts import named, span, usd
from ui.console.words import _

Spec = dict[str, Any]
TONES = ("now", "next", "third", "good", "warn", "quiet", "bad")
"""Names for the theme's categories, by number."""
TONE_OF = {"done": "good", "running": "next", "waiting": "warn", "failed": "bad"}
ROW_HEIGHT, AXIS_HEIGHT = 22, 70
LEAST_SHARE = 0.004
"""Of the whole length: what took less is drawn so wide, or nobody would see it."""


def bars(spans: Sequence[Row], now: datetime) -> list[Row]:
    """A bar for each span, in order of beginning: from and to in seconds since the first, and what its tooltip says."""
    if not spans:
        return []
    first = min(each["began_at"] for each in spans)
    whole = (max(_ended(each, now) for each in spans) - first).total_seconds()
    return [_bar(each, first, max(whole, 0.001), now) for each in spans]


def total(spans: Sequence[Row], now: datetime) -> timedelta:
    """Wall time from the first beginning to the last end; of what waits, to when it began to."""
    if not spans:
        return timedelta(0)
    first: datetime = min(each["began_at"] for each in spans)
    return max(_ended(each, now) for each in spans) - first


def height(spans: Sequence[Row]) -> int:
    """Pixels in which every node has a row."""
    return len({each["node"] for each in spans}) * ROW_HEIGHT + AXIS_HEIGHT


def timeline(spans: Sequence[Row], now: datetime) -> Spec:
    """The bars as a chart: nodes from top to bottom as they began, colour by outcome."""
    tooltip = [
        {"field": field, "type": "nominal", "title": title}
        for field, title in (
            ("node", _("node")), ("outcome", _("outcome")), ("took", _("took")), ("tokens", _("tokens")),
            ("cost", _("cost")), ("model", _("model")), ("error", _("error")),
        )
    ]  # fmt: skip
    return {
        "data": {"values": bars(spans, now)},
        "mark": {"type": "bar", "cornerRadius": 2, "height": {"band": 0.72}},
        "encoding": {
            "y": {
                "field": "node",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 130, "labelOverlap": False},
            },
            "x": {"field": "from", "type": "quantitative", "title": _("seconds"), "axis": {"tickCount": 5}},
            "x2": {"field": "to"},
            "color": {"field": "tone", "type": "nominal", "scale": {"domain": list(TONES)}, "legend": None},
            "tooltip": tooltip,
        },
    }


def _bar(each: Row, first: datetime, whole_s: float, now: datetime) -> Row:
    begin = (each["began_at"] - first).total_seconds()
    took = _ended(each, now) - each["began_at"]
    return {
        "node": each["node"].replace("_", " "),
        "outcome": named(each["outcome"]),
        "tone": TONE_OF[each["outcome"]],
        "from": begin,
        "to": begin + max(took.total_seconds(), LEAST_SHARE * whole_s),
        "took": span(took),
        "tokens": f"{each['input_tokens']:,} + {each['output_tokens']:,}",
        "cost": usd(each["cost_micro_usd"]),
        "model": each["model"] or _("by rule or code"),
        "error": each["error"] or "–",
    }


def _ended(each: Row, now: datetime) -> datetime:
    """When it ended; what waits for a person does nothing meanwhile."""
    if each["ended_at"] is not None:
        ended: datetime = each["ended_at"]
        return ended
    began: datetime = each["began_at"]
    return max(now, began) if each["outcome"] == "running" else began


def table(spans: Sequence[Row], now: datetime) -> Iterator[Row]:
    """The same as rows, for whoever reads rather than looks."""
    for each, bar in zip(spans, bars(spans, now), strict=True):
        names = {"node": _("node"), "outcome": _("outcome"), "took": _("took"), "tokens": _("tokens")}
        names |= {"cost": _("cost"), "model": _("model"), "error": _("error")}
        yield {_("began"): each["began_at"]} | {title: bar[name] for name, title in names.items()}
