"""A live source: what it asks for, and what it makes of the answers. The engine (`trends/pull.py`) does the rest.

    first(scan)   the requests of a scan, the most wanted first
    after(reply)  the next page of an answer, or None
    read(reply)   signals, rejected rows or reference rows, as `trends.payload.Read`; most hand the body to a family
                  of `trends/sources/`

A source never opens a connection, never sleeps and never counts: ETags, quotas, pauses, robots, bounds, time-outs and
storing are the engine's. So a source is one file of functions without effects, and its test needs no server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from trends.payload import Read

Keys = Mapping[str, str]
"""Secrets by the name of their setting (`youtube_api_key`); only those that are set."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `slot` names what is asked for (`hot/crafts`): its ETag and its cursor are kept under it."""

    slot: str
    path: str
    """Added to the source's base address; a full address where it begins with http."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May hold a key: never logged, never stored."""
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """Sent as a POST where it is there."""
    units: int = 1
    """What it costs of the source's quota."""
    answers: Literal["json", "text"] = "json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole, within its bounds, with status 200; JSON is parsed."""

    request: Request
    body: Any
    fetched_at: datetime
    page: int = 1
    """1 for a first page."""
    cursor: Mapping[str, Any] = field(default_factory=dict)
    """What the source kept under this slot the last time; see `LiveSource.keep`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a source is told when it is asked for its requests."""

    now: datetime
    watch: tuple[str, ...]
    """What to look at: subreddits, hashtags, regions, titles, ...: the source says which."""
    keywords: tuple[str, ...] = ()
    """The strongest keywords, strongest first, at most 20: what matches them is preferred."""
    keys: Keys = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    """What `login` brought, where the source has one."""
    cursors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By slot."""


@dataclass(frozen=True, slots=True)
class LiveSource:
    """One source. Adding one: a file in `trends/live/`, its name in `LIVE`, a test."""

    name: str
    title: str
    base: str
    """Where it is. A setting may replace it: a proxy of one's own, a loopback server in tests."""
    watch: tuple[str, ...]
    """What is looked at unless the settings say otherwise."""
    first: Callable[[Scan], Iterable[Request]]
    read: Callable[[Reply], Read]
    after: Callable[[Reply], Request | None] = lambda _: None
    keep: Callable[[Reply], Mapping[str, Any]] = lambda _: {}
    """The cursor to keep under the reply's slot, JSON-ready; empty: none."""
    login: Callable[[Keys], Request | None] | None = None
    """Asks for a token; the answer holds `access_token` and, in seconds, `expires_in`. None: it goes without."""
    signed_in_base: str = ""
    """Where it is with a token, if that is elsewhere."""
    needs: tuple[str, ...] = ()
    """Settings that hold its keys: without one of them it is skipped, and says which."""
    uses: tuple[str, ...] = ()
    """Settings with keys that it can do without."""
    enabled: bool = True
    """Whether it is asked unless the settings say otherwise."""
    interval: timedelta = timedelta(hours=1)
    quota: int | None = None
    """Units a day (UTC)."""
    pause_s: float = 1.0
    """Least time between two requests."""
    most_pages: int = 5
    """Pages of one slot in one scan."""
    obeys_robots: bool = False
    """Whether robots.txt is asked first: yes for public pages and feeds, no for an API with terms and keys.

    With a token it is such an API.
    """
    offline: bool = False
    """It needs no network: `read` is given each of its requests with an empty body."""
