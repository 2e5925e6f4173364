"""Live sources: one module each, functions without effects. `trends/pull.py` asks them."""

from __future__ import annotations

from trends.live.source import LiveSource

LIVE: tuple[LiveSource, ...] = ()
"""In the order they are named in `doctor` and `status`."""
