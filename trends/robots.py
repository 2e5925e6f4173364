"""Robots: what a host's robots.txt lets us ask for, and how fast; read once a day and host (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from trends.fetch import Fetcher, Get, SourceBusy, SourceDown, SourceGarbled, SourceMissing, SourceRefused

KEPT = timedelta(hours=24)
LONGEST_DELAY_S = 60.0
"""A host that asks for a longer pause gets this one; a scan has to end."""


class RobotsForbid(SourceRefused):
    """The host asks robots to stay away from this address."""


@dataclass(slots=True)
class Robots:
    """The rules of every host that was asked."""

    fetcher: Fetcher
    _rules: dict[str, tuple[datetime, RobotFileParser]] = field(default_factory=dict)

    async def delay_s(self, url: str, now: datetime) -> float:
        """The pause that the host asks for between two requests, in seconds; 0 where it asks for none.

        Raises:
            RobotsForbid: robots.txt forbids this address.
            SourceDown, SourceBusy: it cannot be read now, so nothing may be asked now.
        """
        rules = await self._of(url, now)
        if not rules.can_fetch(self.fetcher.agent, url):
            parts = urlsplit(url)
            raise RobotsForbid(f"robots.txt of {parts.hostname} forbids {parts.path[:200]}")
        return min(float(rules.crawl_delay(self.fetcher.agent) or 0.0), LONGEST_DELAY_S)

    async def _of(self, url: str, now: datetime) -> RobotFileParser:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        kept = self._rules.get(origin)
        if kept is None or kept[0] <= now:
            kept = self._rules[origin] = (now + KEPT, await self._read(origin))
        return kept[1]

    async def _read(self, origin: str) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            answer = await self.fetcher.fetch(Get(f"{origin}/robots.txt", json=False))
            rules.parse(answer.text.splitlines())
        except (SourceMissing, SourceRefused, SourceGarbled):
            rules.parse([])  # no rules, or a page that is none: allowed
        except SourceBusy as busy:
            raise SourceBusy("robots.txt cannot be read now", busy.until) from None
        except SourceDown as down:
            raise type(down)(f"robots.txt cannot be read: {down}") from None
        return rules
