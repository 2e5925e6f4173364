"""Keywords: what is beginning to rise, out of the corpus and off the web, for the scans to prefer.

    corpus of the last month -> mined -> subjects that grow -> kept for 30 days
    audiences -> web, once in six hours ----------------------^

Asked again as of the same moment, it stores nothing new and asks nobody again. The discover graph joins the web's part
(`WebDiscovery.search`) as a node of its own; who comes first in a slot of six hours asks, the others are told so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from psycopg import Connection

from agents.searcher import NO_KEY, Found
from graphs.discover import Connect
from graphs.packing import Packed
from store import keywords
from store.cache import Cache
from store.keywords import Keyword, Search
from store.status import TooLong, briefly
from trends.keywords import Announced, announce
from trends.mine import mine
from trends.table import load_corpus

WINDOW = timedelta(days=30)
"""What is mined: growth needs a week, a community's own words some more."""
TODAY = timedelta(days=1)
"""A moment further back cannot be searched: the web shows what it is today."""
WEIGHED = timedelta(minutes=2)
"""So long it may take to count what keywords were worth."""
ANYBODY = ("general audience",)


class Searches(Protocol):
    """Who looks on the web: `agents.searcher.Searcher`."""

    @property
    def asks(self) -> bool: ...

    async def search(self, audiences: Sequence[str], as_of: datetime, run: str | None = None) -> Found: ...


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one discovery found, as it is kept now, and what it left out, by reason."""

    as_of: datetime
    mined: list[Keyword]
    web: Packed
    """What became of the web's part: `keywords`, `left_out`, `reason`; see `WebDiscovery.search`."""
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WebDiscovery:
    """The web's part: searched once a slot, whoever asks first."""

    connect: Connect = field(repr=False)
    """Holds the address of the database, login and all."""
    searcher: Searches | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def search(self, as_of: datetime, run: str | None = None) -> Packed:
        """What the web says is rising, stored; ready for JSON.

        `keywords` (phrases that were kept), `left_out` (how many of what), and `reason`: why it was not searched, or
        what failed; empty where it was searched.
        """
        if self.searcher is None or not self.searcher.asks:
            return _told(reason=NO_KEY)
        if as_of < self.now() - TODAY:
            return _told(reason=f"skipped: as of {as_of.date()}: the web shows today's pages alone")
        search, mine_to_make = await asyncio.to_thread(self._begin, as_of)
        if not mine_to_make:
            return _told(left_out=search.left_out, reason=search.reason or "skipped: searched in these six hours")
        found = await self.searcher.search(search.audiences, as_of, run)
        return await asyncio.to_thread(self._end, search, found)

    def _begin(self, as_of: datetime) -> tuple[Search, bool]:
        with self.connect() as connection:
            audiences = keywords.load_audiences(connection, as_of) or ANYBODY
            return keywords.begin_search(connection, as_of, audiences)

    def _end(self, search: Search, found: Found) -> Packed:
        """What was found and that it was found, stored together."""
        outcome: Literal["failed", "found"] = "failed" if found.fault else "found"
        ended = replace(search, outcome=outcome, found=len(found.keywords), left_out=found.left_out, reason=found.fault)
        with self.connect() as connection, connection.transaction():
            kept = keywords.save_keywords(connection, found.keywords)
            keywords.end_search(connection, ended)
        return _told([each.phrase for each in kept], found.left_out, found.fault)


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keyword loop's discovery: every six hours, and whenever it is asked."""

    connect: Connect = field(repr=False)
    web: WebDiscovery
    analytics: Cache
    """Where `status` finds what keywords were worth."""

    async def discover(self, as_of: datetime, run: str | None = None) -> Discovered:
        """Find and keep what is beginning to rise as of a moment; what fails on the web is told and stops nothing."""
        mined, left_out = await asyncio.to_thread(self._mined, as_of)
        web = await self.web.search(as_of, run)
        await asyncio.to_thread(self._weigh, as_of)
        return Discovered(as_of, mined, web, left_out)

    def _weigh(self, as_of: datetime) -> None:
        """Keep what keywords were worth; where counting takes too long, what was counted last stays."""
        with suppress(TooLong), self.connect() as connection, briefly(connection, WEIGHED):
            self.analytics.put("worth", asdict(keywords.worth(connection, as_of)))

    def _mined(self, as_of: datetime) -> tuple[list[Keyword], Mapping[str, int]]:
        with self.connect() as connection:
            corpus = load_corpus(connection, as_of, as_of - WINDOW)
            announced = announce(mine(corpus, as_of), corpus, as_of)
            return keywords.save_keywords(connection, _addressed(announced, connection)), announced.left_out


def _addressed(announced: Announced, connection: Connection[Any]) -> list[Keyword]:
    """The keywords with the addresses of what speaks of them most."""
    wanted = [signal for signals in announced.signals.values() for signal in signals]
    urls = keywords.load_urls(connection, wanted)
    return [
        replace(each, urls=tuple(urls[one] for one in announced.signals[each.key] if one in urls))
        for each in announced.keywords
    ]


def _told(found: Sequence[str] = (), left_out: Mapping[str, int] | None = None, reason: str = "") -> Packed:
    return {"keywords": list(found), "left_out": dict(left_out or {}), "reason": reason}
