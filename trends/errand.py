"""Errand: a live source as it is to be asked, with the tokens it is asked with and how a scan of it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from trends.fetch import Fetcher, Get, SourceGarbled, SourceRefused
from trends.live.source import Keys, LiveSource, Request
from trends.opening import parse_json, without_prefix
from trends.payload import mapping, number
from trends.survey import Unreadable

TOKEN_MARGIN = timedelta(seconds=60)

Outcome = Literal["kept", "unchanged", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Errand:
    """A source: its own defaults, what the settings say instead, its keys."""

    source: LiveSource
    watch: tuple[str, ...]
    interval: timedelta
    base: str | None = None
    """Replaces every address of the source."""
    keys: Keys = field(default_factory=dict, repr=False)

    def url(self, path: str, token: str = "") -> str:
        """The address of a path, or a full address, as this errand reaches it."""
        base = self.base or (self.source.signed_in_base if token else "") or self.source.base
        if path.startswith(("http://", "https://")):
            if self.base is None:
                return path
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        return f"{base.rstrip('/')}/{path.lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Pulled:
    """How a scan, or a turn of it, ended. `found == kept + repeated + quarantined`."""

    name: str
    outcome: Outcome
    reason: str = ""
    found: int = 0
    kept: int = 0
    repeated: int = 0
    quarantined: int = 0
    more: bool = False
    """Slots are left: another turn is wanted."""
    newest_known_at: datetime | None = None
    not_before: datetime | None = None


@dataclass(slots=True)
class Tokens:
    """Access tokens of this process, by source; never stored."""

    fetcher: Fetcher
    _held: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    async def find(self, errand: Errand, now: datetime) -> str:
        """A token that holds for another minute; the empty string where the source goes without."""
        asked = errand.source.login(errand.keys) if errand.source.login is not None else None
        if asked is None:
            return ""
        held = self._held.get(errand.source.name)
        if held is None or held[1] <= now:
            held = self._held[errand.source.name] = await self._log_in(errand, asked, now)
        return held[0]

    def forget(self, name: str) -> None:
        """The next scan of a source logs in anew."""
        self._held.pop(name, None)

    async def _log_in(self, errand: Errand, asked: Request, now: datetime) -> tuple[str, datetime]:
        get = Get(errand.url(asked.path), query=asked.query, headers=asked.headers, form=asked.form)
        told = mapping(parsed((await self.fetcher.fetch(get)).text))
        token = told.get("access_token")
        if not isinstance(token, str) or not token:
            raise SourceRefused("the login answers without a token")
        lasts_s = min(number(told.get("expires_in")) or 0.0, 86_400.0)
        return token, now + timedelta(seconds=lasts_s) - TOKEN_MARGIN


def parsed(text: str) -> Any:
    """The JSON of an answer; SourceGarbled where it is none."""
    try:
        return parse_json(without_prefix(text))
    except Unreadable as error:
        raise SourceGarbled(str(error)) from error
