"""Scores: how like a design is to its brand, each score against its line; and what a brand's lines cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from ui import wording
from ui.console.misses import MEASURES
from ui.console.words import _

FIELDS = {"style": "style", "palette": "palette_de", "edge": "edge", "overall": "overall"}
FARTHEST = 30.0
"""CIEDE2000 between palettes from which on the bar is empty."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One score: its name, where it and its line stand in [0, 1], both as words, and whether it reaches the line."""

    name: str
    at: float
    line: float
    shown: str
    wanted: str
    good: bool


def meters_of(checked: Mapping[str, Any] | None) -> Iterator[Meter]:
    """The four scores of an inspection; none where there was nothing to compare with."""
    likeness, lines = (checked or {}).get("likeness"), (checked or {}).get("lines")
    if not likeness or not lines:
        return
    for name, field in FIELDS.items():
        found, line = float(likeness[field]), float(lines[field])
        if name == "palette":
            at, mark = max(0.0, 1 - found / FARTHEST), 1 - line / FARTHEST
            yield Meter(name, at, mark, f"{found:.1f}", f"≤ {line:.0f}", found <= line)
        else:
            yield Meter(name, found, line, f"{found:.2f}", f"≥ {line:.2f}", found >= line)


def draw(checked: Mapping[str, Any] | None) -> bool:
    """The scores as bars, each with its line; whether there are any."""
    meters = list(meters_of(checked))
    if meters:
        st.html(f'<div class="meters">{"".join(map(_bar, meters))}</div>')
    return bool(meters)


def _bar(meter: Meter) -> str:
    name, verdict = _(MEASURES[meter.name]), _("reached") if meter.good else _("missed")
    said = escape(f"{name}: {meter.shown} ({meter.wanted}), {verdict}")
    tone = "good" if meter.good else "bad"
    return (
        f'<div class="meter {tone}" role="img" aria-label="{said}"><span>{escape(name)}</span>'
        f'<span class="track"><i style="width:{100 * min(1, meter.at):.1f}%"></i>'
        f'<b style="left:{100 * meter.line:.1f}%"></b></span>'
        f"<span><strong>{meter.shown}</strong> <small>{escape(meter.wanted)}</small></span></div>"
    )


def cost_of_lines(lines: Mapping[str, Any]) -> str:
    """What the lines let through and keep out, and on what that was measured."""
    return _("Lets through {accept} of other styles and keeps out {reject} of its own. Measured on {data}.").format(
        accept=wording.percent(lines["false_accept"]), reject=wording.percent(lines["false_reject"]), data=lines["data"]
    )
