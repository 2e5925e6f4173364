"""Live sources: one module each, functions without effects. `trends/pull.py` asks them."""

from __future__ import annotations

from trends.live.amazon import AMAZON
from trends.live.calendar import CALENDAR
from trends.live.google_trends import GOOGLE_TRENDS
from trends.live.instagram import INSTAGRAM
from trends.live.nostalgia import NOSTALGIA
from trends.live.pinterest import PINTEREST
from trends.live.reddit import REDDIT
from trends.live.source import LiveSource
from trends.live.tiktok import TIKTOK
from trends.live.youtube import YOUTUBE

LIVE: tuple[LiveSource, ...] = (
    YOUTUBE,
    REDDIT,
    TIKTOK,
    INSTAGRAM,
    GOOGLE_TRENDS,
    PINTEREST,
    AMAZON,
    CALENDAR,
    NOSTALGIA,
)
"""In the order they are named in `doctor` and `status`."""
