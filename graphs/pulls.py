"""Pulls: the live sources as the settings have them, when each is to be asked, and what others push or bring to us."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from graphs.discover import Connect
from graphs.settings import Settings, SourceSetting
from store import sources
from store.bloom import Bloom
from store.keywords import strongest
from store.postgres import turn
from store.redis import Redis
from trends.errand import Errand, Pulled
from trends.fetch import Fetcher, Get
from trends.intake import FileCount, take
from trends.live import LIVE
from trends.live.source import LiveSource
from trends.opening import open_payload
from trends.payload import NothingObserved
from trends.pull import Listen, Scanner
from trends.sources import recognise
from trends.survey import Unreadable, survey
from trends.webhook import Received, Refused, receive

SPREAD = timedelta(minutes=10)
"""Over which the sources that are due together are spread."""
KEYS = 2_000_000
"""Observations that the filter in front of the unique key holds."""
DAY = timedelta(days=1)
TURN_S = 10.0
"""Whoever brings something waits so long for another intake to end."""
MOST_UNPACKED = 128 << 20
"""Bytes of text in a file that somebody brings to a door; a larger one is for `bellwether run --from`."""
NAME_CHARS = 100


class Unfit(ValueError):
    """What was brought cannot be taken in: one line, and nothing of it is stored."""


class BadSourceSetting(ValueError):
    """The settings name a source that is none."""


@dataclass(frozen=True, slots=True)
class Due:
    """A source that is to be asked, and when."""

    name: str
    run_at: datetime


class Pulls:
    """Every live source, ready to be asked."""

    def __init__(
        self,
        connect: Connect,
        settings: Settings,
        redis: Redis,
        listen: Listen | None = None,
        live: Sequence[LiveSource] = LIVE,
    ) -> None:
        """`listen` is told of newly stored signals once they are committed. BadSourceSetting: see there."""
        self._connect, self._settings = connect, settings
        self.errands = {source.name: errand_of(source, settings) for source in live}
        self.skips = {source.name: skip_reason(source, settings) for source in live}
        check_names(settings.sources, live)
        self._fetcher = Fetcher(user_agent(settings.contact))
        self._seen = Bloom(redis, "observations", KEYS, 0.001)
        self._listen = listen
        self._scanner = Scanner(connect, settings.tenant, self._fetcher, self._seen, listen)

    async def close(self) -> None:
        """Closes its connections to the sources."""
        await self._fetcher.close()

    def due(self, now: datetime) -> list[Due]:
        """The sources whose interval is over and that may be asked, spread over some minutes, always in one order.

        One that is not asked at all says why in its row.
        """
        with self._connect() as connection:
            for name, reason in self.skips.items():
                if reason:
                    sources.record_skip(connection, name, reason)
            rows = {row["name"]: row for row in sources.load_sources(connection)}
        asked = [errand for name, errand in self.errands.items() if not self.skips[name]]
        gap = min([SPREAD, *(errand.interval / 4 for errand in asked)]) / max(len(asked), 1)
        return [
            Due(errand.source.name, now + place * gap)
            for place, errand in enumerate(asked)
            if _is_due(errand, rows.get(errand.source.name, {}), now)
        ]

    async def pull(self, name: str) -> Pulled:
        """Ask one source: a scan, or a turn of it, the strongest keywords first.

        BadSourceSetting where nobody knows the name.
        """
        if name not in self.errands:
            raise BadSourceSetting(_unknown(name, self.errands))
        if reason := self.skips[name]:
            await asyncio.to_thread(self._record_skip, name, reason)
            return Pulled(name, "skipped", reason)
        return await self._scanner.scan(self.errands[name], await asyncio.to_thread(self._keywords))

    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Received:
        """Take a delivery of the webhook. Refused, with a status, where it is not taken."""
        secret = self._settings.webhook_secret
        if secret is None:
            raise Refused("nothing is taken: BELLWETHER_WEBHOOK_SECRET is not set", 503)
        with self._connect() as connection:
            given = (self._settings.tenant, secret.get_secret_value(), body, headers, now, self._seen)
            received, taken = receive(connection, *given)
        if self._listen is not None and taken is not None and taken.fresh:
            self._listen(taken.fresh)
        return received

    def take_file(self, path: Path) -> FileCount:
        """Take in one file that somebody brought, as `run --from` does; its rows counted.

        Raises:
            Unfit: it cannot be read, or holds nothing that was observed.
            Busy: another intake is at work.
        """
        check_file(path)
        with self._connect() as connection, turn(connection, "intake", TURN_S):
            return take([path], connection, self._settings.tenant)[0]

    async def take_address(self, url: str) -> FileCount:
        """Take in what an address of the public internet answers, as a file.

        Raises:
            SourceError: it is no such address, or does not answer with data; see `trends.fetch`.
            Unfit, Busy: see `take_file`.
        """
        answer = await self._fetcher.fetch(Get(url, json=False, public=True))
        return await asyncio.to_thread(self._take_text, name_of(urlsplit(url).path, "answer"), answer.text)

    def _take_text(self, name: str, text: str) -> FileCount:
        with TemporaryDirectory(prefix="bellwether-") as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8", newline="")
            return self.take_file(path)

    def _keywords(self) -> list[str]:
        with self._connect() as connection:
            return [each.phrase for each in strongest(connection, datetime.now(UTC))]

    def _record_skip(self, name: str, reason: str) -> None:
        with self._connect() as connection:
            sources.record_skip(connection, name, reason)


def check_file(path: Path) -> None:
    """Unfit unless it reads as something that an intake recognises. Nothing is written."""
    try:
        found = survey(path)
        if found.size > MOST_UNPACKED:
            raise Unfit(f"{found.size:,} bytes of text: at most {MOST_UNPACKED:,} here; `run --from` takes more")
        recognise(open_payload(found))
    except (Unreadable, NothingObserved) as error:
        raise Unfit(str(error)) from None


def name_of(given: str, default: str) -> str:
    """What a file is called that somebody named in a form or an address: its last part, short enough for any disk."""
    last = unquote(given).replace("\\", "/").rpartition("/")[2]
    kept = "".join(each for each in last if each.isprintable()).strip(". ")
    return kept.encode("ascii", "replace").decode().replace("?", "_")[-NAME_CHARS:] or default


def errand_of(source: LiveSource, settings: Settings) -> Errand:
    """The source with what the settings say of it."""
    told = settings.sources.get(source.name, SourceSetting())
    minutes = told.interval_minutes
    interval = source.interval if minutes is None else timedelta(minutes=minutes)
    keys = {name: key for name in (*source.needs, *source.uses) if (key := _key(settings, name))}
    return Errand(source, source.watch if told.watch is None else told.watch, interval, told.base_url, keys)


def skip_reason(source: LiveSource, settings: Settings) -> str:
    """Why a source is not asked at all; empty where it is."""
    told = settings.sources.get(source.name, SourceSetting())
    enabled = source.enabled if told.enabled is None else told.enabled
    if not enabled:
        return "off: set BELLWETHER_SOURCES"
    missing = [variable(name) for name in source.needs if not _key(settings, name)]
    return f"no key: set {', '.join(missing)}" if missing else ""


def user_agent(contact: str) -> str:
    """What operators of sources see: the product, its version, and whom to write to where the settings say."""
    whom = contact.encode("ascii", "ignore").decode().strip()  # a header holds nothing else
    return f"Bellwether/{version('bellwether')}" + (f" (+{whom})" if whom else "")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"BELLWETHER_{name.upper()}"


def _key(settings: Settings, name: str) -> str:
    secret = getattr(settings, name)
    return secret.get_secret_value() if secret is not None else ""


def check_names(told: Mapping[str, object], live: Sequence[LiveSource] = LIVE) -> None:
    """BadSourceSetting where the settings speak of a source that there is not."""
    known = [source.name for source in live]
    for name in told:
        if name not in known:
            raise BadSourceSetting(f"BELLWETHER_SOURCES: {_unknown(name, known)}")


def _unknown(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    return f"{name!r} is no live source; there are {', '.join(known)}"


def _is_due(errand: Errand, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether its interval is over, give or take a quarter or the spread, and nobody told us to wait."""
    not_before, last = row.get("not_before"), row.get("last_scan_at")
    if not_before is not None and not_before > now:
        return False
    if last is None or row.get("scan_at") is not None:
        return True
    interval = paced(errand.interval, errand.source.quota, row.get("scan_units", 0))
    return bool(last.astimezone(UTC) + interval - min(interval / 4, SPREAD) <= now)


def paced(interval: timedelta, quota: int | None, units: int) -> timedelta:
    """The interval, or a longer one at which scans like the last one just use up the quota of a day."""
    return max(interval, DAY * min(units / quota, 1.0)) if quota else interval
