"""Health: what needs a person, looked for every five minutes; each alarm with its threshold and the way out.

    verdict        one verdict takes over 80 % of the decisions of a day (agents/decision.py says how sure one must be)
    dead_letters   more than 10 jobs failed for good
    queue          a queue holds more than 1,000 jobs
    silent         a source that is on brought nothing in three of its intervals
    spend          80 % of a day's ceiling is used; all of it is
    pace           95 of 100 decisions of a day take longer than 2 h from signal to decision
    unsent         a channel fails to deliver notices
    listings       one is dead or refused; one is under way for over 2 h

An alarm is told when it opens, again a day later while it is on, and once when nobody saw it for ten minutes. A check
that cannot be made is an alarm itself; what it had found stays on. Decisions that wait are told once a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.decision import ALARM_SHARE, Verdict, verdict_alarm
from graphs.discover import Connect
from graphs.notices import put
from graphs.pulls import paced
from graphs.settings import Settings
from store.health import count_verdicts, find_spent, find_waiting, listings_in
from store.jobs import dead_letters, queue_rows
from store.notices import Rows, load_states, resolve_alarms, see_alarm
from store.sources import load_sources
from store.status import find_pace
from trends.live import LIVE
from trends.screen import excerpt

DAY = timedelta(days=1)
REPEAT = timedelta(hours=24)
OVER_AFTER = timedelta(minutes=10)
"""So long nobody sees an alarm before it counts as over: two looks, so that nothing flickers."""
MOST_DEAD = 10
MOST_QUEUED = 1_000
SILENT_INTERVALS = 3
NEAR_CEILING = 0.8
LONGEST = timedelta(hours=2)
FEWEST_PACED = 20
"""Decisions below which nothing is said of the slowest of them."""
STUCK = ("dead", "refused")
UNDER_WAY = ("queued", "pushing", "unconfirmed")
MICRO_USD = 1_000_000
TURNED_ON = ("kept", "unchanged", "failed")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong. `name` is the check, and after a colon what it is about; `body` says how to mend it."""

    name: str
    severity: str
    subject: str
    body: str

    @property
    def kind(self) -> str:
        """The check that raised it."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Look:
    """What a check looks at."""

    connection: Rows
    settings: Settings
    now: datetime


Check = Callable[[Look], list[Alarm]]


async def check(connect: Connect, settings: Settings, now: datetime | None = None) -> list[Alarm]:
    """Look, store what is to be told, and give the alarms that are on; done again at the same time it tells nothing."""
    return await asyncio.to_thread(_check, connect, settings, now or datetime.now(UTC))


def _check(connect: Connect, settings: Settings, now: datetime) -> list[Alarm]:
    alarms: list[Alarm] = []
    for name, look_at in CHECKS.items():
        try:
            with connect() as connection:
                alarms += look_at(Look(connection, settings, now))
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is told, and the other checks are made
            alarms.append(_not_made(name, failure))
    with connect() as connection:
        record(connection, alarms, now)
        _tell_waiting(connection, now)
        _tell_listings(connection, now)
    return alarms


def record(connection: Rows, alarms: list[Alarm], now: datetime) -> None:
    """Note which alarms are on, and store a notice of each that opened, goes on for another day, or is over."""
    for alarm in alarms:
        with connection.transaction():
            seen = see_alarm(connection, alarm.name, alarm.severity, alarm.subject, now, REPEAT)
            subject = alarm.subject if seen.told_at == seen.opened_at else f"still on: {alarm.subject}"
            key = _key(alarm.name, seen.told_at)
            put(connection, "alarm", subject, alarm.body, key, alarm.severity, _key(alarm.name, seen.opened_at), False)
    unchecked = [alarm.name.partition(":")[2] for alarm in alarms if alarm.kind == "health"]
    with connection.transaction():
        for over in resolve_alarms(connection, now - OVER_AFTER, unchecked):
            thread = _key(over.name, over.opened_at)
            body = f"It was on since {over.opened_at:%Y-%m-%d %H:%M} UTC. Nothing needs to be done."
            put(connection, "alarm", f"over: {over.subject}", body, f"{thread}:over", "info", thread, True)


def _verdict(look: Look) -> list[Alarm]:
    counts = {Verdict(name): count for name, count in count_verdicts(look.connection, look.now - DAY).items()}
    taken = verdict_alarm(counts)
    if taken is None:
        return []
    body = (
        f"{taken.times} of the {taken.decisions} decisions of the last 24 h say {taken.verdict}; over "
        f"{ALARM_SHARE:.0%}, surely, is an alarm. A judge that always says the same says nothing: look at the reasons "
        "in `bellwether review list --status all`, and at what `bellwether eval agents --ablate` says of each agent."
    )
    return [Alarm("verdict", "warning", f"nearly every decision says {taken.verdict}", body)]


def _dead_letters(look: Look) -> list[Alarm]:
    letters = dead_letters(look.connection)
    if len(letters) <= MOST_DEAD:
        return []
    tasks = ", ".join(sorted({letter["task"] for letter in letters}))
    body = (
        f"{len(letters)} jobs failed for good (more than {MOST_DEAD} is an alarm): {tasks}. The newest says: "
        f"{letters[-1]['error']}. `bellwether jobs dead` lists them, `bellwether jobs retry --all` queues them again."
    )
    return [Alarm("dead_letters", "critical", f"{len(letters)} jobs failed for good", body)]


def _queues(look: Look) -> list[Alarm]:
    return [
        Alarm(
            f"queue:{row['queue']}",
            "warning",
            f"{row['todo']} jobs wait in queue {row['queue']}",
            f"More than {MOST_QUEUED} is an alarm; {row['done_last_hour']} were done in the last hour. Start another "
            f"`bellwether worker --queues {row['queue']}`, or look in `bellwether status` whether one is stuck.",
        )
        for row in queue_rows(look.connection)
        if row["todo"] > MOST_QUEUED
    ]


def _silent(look: Look) -> list[Alarm]:
    alarms = []
    rows = {row["name"]: row for row in load_sources(look.connection)}
    for source in LIVE:
        setting = look.settings.sources.get(source.name)
        minutes = setting.interval_minutes if setting else None
        row = rows.get(source.name, {})
        interval = timedelta(minutes=minutes) if minutes else source.interval
        interval = paced(interval, source.quota, row.get("scan_units", 0))
        why = silence(row, interval, look.now) if row else ""
        if why:
            body = (
                f"{why}. Silent for {SILENT_INTERVALS} intervals of {interval} is an alarm. `bellwether doctor` says "
                f"what it needs; a source that is not wanted is switched off in BELLWETHER_SOURCES."
            )
            alarms.append(Alarm(f"silent:{source.name}", "warning", f"source {source.name} brings nothing", body))
    return alarms


def silence(row: Mapping[str, Any], interval: timedelta, now: datetime) -> str:
    """Why a source counts as silent, or nothing. One that is skipped is not: its reason stands in `doctor`."""
    since = now - SILENT_INTERVALS * interval
    if row["outcome"] not in TURNED_ON or (row["not_before"] or now) > now:
        return ""
    if row["outcome"] == "failed" and (row["last_kept_at"] is None or row["last_kept_at"] < since):
        return f"It fails: {row['reason']}"
    if row["empty_scans"] >= SILENT_INTERVALS:
        return f"It answered {row['empty_scans']} times in a row without a row that can be read"
    if row["last_scan_at"] is not None and row["last_scan_at"] < since:
        return f"It was asked last at {row['last_scan_at']:%Y-%m-%d %H:%M} UTC: no worker takes queue scan"
    return ""


def _spend(look: Look) -> list[Alarm]:
    micro_usd, tokens = find_spent(look.connection, f"day:{look.now:%Y-%m-%d}")
    ceilings = (
        (micro_usd, look.settings.day_ceiling_micro_usd, "money", f"{micro_usd / MICRO_USD:.2f} USD"),
        (tokens, look.settings.day_ceiling_tokens, "tokens", f"{tokens:,} tokens"),
    )
    alarms = []
    for used, ceiling, what, said in ceilings:
        if not ceiling or used < NEAR_CEILING * ceiling:
            continue
        full = used >= ceiling
        body = (
            f"{said} of today's ceiling are used or held ({used / ceiling:.0%}; from {NEAR_CEILING:.0%} on is an "
            "alarm). At the ceiling agents judge by their rules until midnight UTC and say so. To raise it set "
            f"BELLWETHER_DAY_CEILING_{'MICRO_USD' if what == 'money' else 'TOKENS'}."
        )
        subject = f"the day's {what} for models {'are used up' if what == 'tokens' else 'is used up'}"
        near = f"{used / ceiling:.0%} of the day's {what} for models {'are' if what == 'tokens' else 'is'} used"
        stage, severity = ("full", "critical") if full else ("near", "warning")
        alarms.append(Alarm(f"spend:{what}-{stage}", severity, subject if full else near, body))
    return alarms


def _pace(look: Look) -> list[Alarm]:
    pace = find_pace(look.connection, look.now - DAY)
    if pace.newest is None or pace.decisions < FEWEST_PACED or pace.newest <= LONGEST:
        return []
    body = (
        f"95 of 100 of the last {pace.decisions} decisions took up to {pace.newest.total_seconds() / 3600:.1f} h from "
        f"their newest signal; over {LONGEST.total_seconds() / 3600:.0f} h is an alarm. Start another `bellwether "
        "worker --queues analyse`, or look in `bellwether status` what the limits of the models leave."
    )
    return [Alarm("pace", "warning", "decisions come late", body)]


def _unsent(look: Look) -> list[Alarm]:
    return [
        Alarm(
            f"unsent:{row['channel']}",
            "warning",
            f"{row['failed']} notices did not go out by {row['channel']}",
            f"It says: {row['reason']}. `bellwether notify --test` tries it; `bellwether notify --again` sends them.",
        )
        for row in load_states(look.connection)
        if row["failed"]
    ]


def _listings(look: Look) -> list[Alarm]:
    alarms = []
    for status, count, since, said in listings_in(look.connection, (*STUCK, *UNDER_WAY)):
        if status in UNDER_WAY and look.now - since < LONGEST:
            continue
        body = (
            f"The oldest is since {since:%Y-%m-%d %H:%M} UTC; the newest says: {excerpt(said) or 'nothing'}. "
            f"`bellwether listings list --status {status}` shows them; change, retry or decline them there."
        )
        subject = f"{count} {'listing is' if count == 1 else 'listings are'} {status}"
        alarms.append(Alarm(f"listings:{status}", "warning", subject, body))
    return alarms


CHECKS: Mapping[str, Check] = {
    "verdict": _verdict,
    "dead_letters": _dead_letters,
    "queue": _queues,
    "silent": _silent,
    "spend": _spend,
    "pace": _pace,
    "unsent": _unsent,
    "listings": _listings,
}


def _tell_waiting(connection: Rows, now: datetime) -> None:
    """What waits for a person, told with the first look of a day that finds some."""
    waiting = find_waiting(connection)
    if not waiting.count or waiting.oldest is None:
        return
    lines = [
        f"The oldest waits since {waiting.oldest:%Y-%m-%d %H:%M} UTC. `bellwether review list` shows all.",
        *(f"- {phrase}" for phrase in waiting.best),
    ]
    key = f"waiting:{now:%Y-%m-%d}"
    subject = f"{waiting.count} {'decision waits' if waiting.count == 1 else 'decisions wait'} for a person"
    put(connection, "person", subject, "\n".join(lines), key, "info", key, False)


def _tell_listings(connection: Rows, now: datetime) -> None:
    """Listings that wait for a person, told likewise."""
    found = listings_in(connection, ("blocked", "waiting"))
    if not found:
        return
    count, oldest = sum(row[1] for row in found), min(row[2] for row in found)
    told = " and ".join(f"{many} {status}" for status, many, _, _ in found)
    body = f"{told}; the oldest since {oldest:%Y-%m-%d %H:%M} UTC. `bellwether listings list` shows all."
    key = f"listings:{now:%Y-%m-%d}"
    subject = f"{count} {'listing waits' if count == 1 else 'listings wait'} for a person"
    put(connection, "person", subject, body, key, "info", key, False)


def _not_made(name: str, failure: Exception) -> Alarm:
    said = excerpt(str(failure).partition("\n")[0])
    body = f"{type(failure).__name__}: {said}. `bellwether doctor` says what is amiss; what it had found stays on."
    return Alarm(f"health:{name}", "warning", f"the check {name!r} cannot be made", body)


def _key(name: str, moment: datetime) -> str:
    return f"alarm:{name}@{moment.isoformat()}"
