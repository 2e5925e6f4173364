"""Components: what the console draws in the browser by itself: a style and a script beside the module that asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

SHARED = Path(__file__).with_name("made.js")
"""Goes before every script: they draw with it."""


def component(name: str, module: str, isolate_styles: bool = True) -> Any:
    """The component of a module: its `.css`, where it has one, and its `.js`. Made once a process, by its caller."""
    style, script = Path(module).with_suffix(".css"), Path(module).with_suffix(".js")
    css = style.read_text("utf-8") if style.exists() else None
    js = SHARED.read_text("utf-8") + script.read_text("utf-8")
    return st.components.v2.component(f"bellwether_{name}", css=css, js=js, isolate_styles=isolate_styles)
