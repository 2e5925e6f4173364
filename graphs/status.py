"""Status: how the installation stands now, gathered for whoever shows it. Reads only; nothing is asked outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from psycopg import Connection

from graphs.settings import Settings
from store.cache import Cache
from store.health import Waiting, find_spent, find_waiting
from store.jobs import dead_letters, queue_rows
from store.keywords import Keyword, Worth, kept_worth, strongest, worth
from store.notices import Notice, load_alarms, load_states, load_untold
from store.redis import Redis, RedisDown
from store.sources import load_sources
from store.spikes import SpikeRow, load_spikes
from store.status import (
    LivePace,
    Pace,
    TooLong,
    Workers,
    briefly,
    find_live_pace,
    find_pace,
    find_workers,
    load_allowances,
    load_shared_allowances,
)
from store.window import Rules, State
from trends.hot import Hot, Topic
from trends.live import LIVE

DAY = timedelta(days=1)
MOST_TOPICS, MOST_SPIKES, MOST_KEYWORDS, MOST_DEAD, MOST_UNTOLD = 10, 8, 8, 5, 5
Row = dict[str, Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is used of one provider's limits for one model; a limit is None where nobody stated it."""

    server: str
    model: str
    requests: int
    requests_limit: int | None
    tokens: int
    tokens_limit: int | None
    requests_today: int
    tokens_today: int
    shut_s: float
    """The provider asked to be left alone for so many seconds more; 0 where it did not."""
    waiting: int


@dataclass(frozen=True, slots=True)
class Spend:
    """Money and tokens of today, spent or held, and the day's ceilings."""

    micro_usd: int
    ceiling_micro_usd: int
    tokens: int
    ceiling_tokens: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything `bellwether status` says."""

    at: datetime
    tenant: str
    queues: list[Row]
    workers: Workers
    dead: list[Row]
    sources: list[Row]
    allowances: list[Allowance]
    spend: Spend
    topics: list[Topic] | None
    """None: not counted yet, or Redis is away."""
    spikes: list[SpikeRow]
    keywords: list[Keyword]
    worth: Worth | None
    pace: Pace | None
    live_pace: LivePace | None
    """All None where counting takes longer than a glance."""
    waiting: Waiting
    alarms: list[Row]
    untold: list[Notice]
    channels: list[Row]


def overview(connection: Connection[Any], redis: Redis, hot: Hot, settings: Settings, now: datetime) -> Overview:
    """One look at everything."""
    micro_usd, tokens = find_spent(connection, f"day:{now:%Y-%m-%d}")
    spend = Spend(micro_usd, settings.day_ceiling_micro_usd, tokens, settings.day_ceiling_tokens)
    return Overview(
        at=now,
        tenant=settings.tenant,
        queues=queue_rows(connection),
        workers=find_workers(connection, now, timedelta(seconds=settings.stalled_s)),
        dead=dead_letters(connection),
        sources=sources(load_sources(connection), now),
        allowances=allowances(_states(connection, redis), settings, now),
        spend=spend,
        topics=hot.counted(now, MOST_TOPICS),
        spikes=load_spikes(connection, now - DAY, MOST_SPIKES),
        keywords=strongest(connection, now, MOST_KEYWORDS),
        worth=_worth(connection, kept_worth(redis, settings.tenant), now),
        pace=_glance(connection, lambda: find_pace(connection, now - DAY)),
        live_pace=_glance(connection, lambda: find_live_pace(connection, now - DAY)),
        waiting=find_waiting(connection),
        alarms=load_alarms(connection),
        untold=load_untold(connection, now - DAY, MOST_UNTOLD),
        channels=load_states(connection),
    )


def body(seen: Overview) -> dict[str, Any]:
    """The overview as JSON takes it: paces in seconds."""
    pace, live = seen.pace, seen.live_pace
    paces = {
        "pace": pace and {
            "decisions": pace.decisions, "newest_p95_s": _seconds(pace.newest),
            "first_decisions": pace.first_decisions, "first_p95_s": _seconds(pace.first),
        },
        "live_pace": live and {
            "listings": live.listings, "signal_p95_s": _seconds(live.signal), "approval_p95_s": _seconds(live.approval),
        },
    }  # fmt: skip
    return asdict(seen) | paces


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def sources(rows: Sequence[Row], now: datetime) -> list[Row]:
    """The sources with their titles and quotas, those that are asked first; what was used of a past day is none."""
    known = {source.name: source for source in LIVE}
    told = []
    for row in rows:
        source = known.get(row["name"])
        used = row["quota_used"] if row["quota_on"] == now.date() else 0
        told.append({**row, "quota_used": used, "quota": source.quota if source else None})
    return sorted(told, key=lambda row: (row["outcome"] in (None, "skipped"), row["name"]))


def allowances(states: Sequence[tuple[str, State]], settings: Settings, now: datetime) -> list[Allowance]:
    """The limits as they are used, by server and model."""
    return [_allowance(name, state, settings, now.timestamp()) for name, state in states]


def _worth(connection: Connection[Any], analytics: Cache, now: datetime) -> Worth | None:
    """What keywords were worth when it was last counted, or now where that is quick."""
    kept = analytics.get("worth")
    return Worth(**kept) if kept else _glance(connection, lambda: worth(connection, now))


def _glance(connection: Connection[Any], count: Callable[[], Answer]) -> Answer | None:
    try:
        with briefly(connection):
            return count()
    except TooLong:
        return None


def _states(connection: Connection[Any], redis: Redis) -> list[tuple[str, State]]:
    try:
        return load_shared_allowances(redis)
    except RedisDown:
        return load_allowances(connection)


def _allowance(name: str, state: State, settings: Settings, now_s: float) -> Allowance:
    address, _, rest = name.partition(" ")
    server, model = urlsplit(address).hostname or address, rest.partition(" ")[0]
    used = [row for row in state["used"] if row[0] + Rules().counts_s > now_s]
    caps = _caps(settings, server, model)
    stated = [int(limit) if now_s < until else None for limit, until in state["cap"]]
    limits = [min(each for each in pair if each) if any(pair) else None for pair in zip(caps, stated, strict=True)]
    today = state["day"][1:] if state["day"][0] == now_s // 86_400 else (0, 0)
    return Allowance(
        server,
        model,
        round(sum(row[1] for row in used)),
        limits[0],
        round(sum(row[2] for row in used)),
        limits[1],
        round(today[0]),
        round(today[1]),
        max(state["shut"] - now_s, 0.0),
        len(state["waiting"]),
    )


def _caps(settings: Settings, server: str, model: str) -> tuple[int | None, int | None]:
    """Requests and tokens a minute that the settings allow, by the provider's name in the server's."""
    caps: Mapping[str, Any] = settings.limits
    for name in sorted(caps, key=len, reverse=True):
        provider, _, of = name.partition("/")
        if provider in server and of in ("", model):
            return caps[name].requests_per_minute, caps[name].tokens_per_minute
    return None, None
