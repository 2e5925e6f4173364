"""Ticker: has a fragment drawn again every two seconds, but not while somebody is just pressing something.

Streamlit's own `run_every` asks by the clock alone: asked between a press and its answer, it leaves parts of the last
page standing. This one asks again only once it was answered, and lets whoever presses something go first.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import streamlit as st

from ui.console.components import component as made

EVERY_S = 2.0
"""How often what is being drawn is looked at."""


@lru_cache
def component() -> Any:
    """What asks, once a process; nothing of it is seen."""
    return made("ticker", __file__)


def tick(name: str) -> None:
    """Draw the fragment in which this is called again, in two seconds. `name` is its own on the page."""
    with st.container(key=f"ticker-{name}"):
        component()(
            key=f"tick-{name}", data={"every_ms": EVERY_S * 1000, "drawn": time.time_ns()}, on_tick_change=_asked
        )


def _asked() -> None:
    """Nothing: that it was asked for draws the fragment."""
