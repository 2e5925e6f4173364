"""Status: queues, sources, limits, what is hot, how fast: one look, nothing is changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ui import wording
from ui.call import Call

if TYPE_CHECKING:
    from graphs.status import Allowance, Overview

OUTCOMES = {"kept": "green", "unchanged": "green", "skipped": "yellow", "failed": "red"}
SEVERITIES = {"critical": "red", "warning": "yellow", "info": "dim"}
ROOMY, WIDE = 100, 140
"""Columns from which tables show more of themselves."""
MICRO_CENTS = 10_000
LONGEST_REASON = 130
BAR = 16
LAST_DEAD = 5
OBJECTIVE = timedelta(hours=2)
LATE = timedelta(minutes=5)
"""A job that waits longer is late: a task begins within seconds of being due, unless nobody works its queue."""


def status(call: Call, watch: bool = False, every_s: float = 5.0) -> None:
    """Print how everything stands; with `watch`, again and again until interrupted."""
    from graphs.database import prepared_url
    from graphs.status import body, overview
    from store.postgres import connect
    from store.redis import Redis, redis_url
    from trends.hot import Hot
    from ui.opening import faults

    settings = call.settings
    with faults():
        url = prepared_url(settings)
        given = settings.redis_url.get_secret_value() if settings.redis_url else None
        redis = Redis(redis_url(settings.home, given))
        opened = partial(connect, url, settings.tenant)
        try:
            while True:
                with opened() as connection:
                    seen = overview(connection, redis, Hot(redis, opened), settings, datetime.now(UTC))
                if watch and not call.as_json:
                    call.console.clear()
                call.answer(body(seen), partial(_drawn, seen))
                if not watch:
                    return
                time.sleep(every_s)
        finally:
            redis.close()


def _drawn(seen: Overview, console: Console) -> None:
    draw(console, seen)


def draw(console: Console, seen: Overview) -> None:
    """All sections, the most urgent first."""
    _head(console, seen)
    for section in (_notices, _jobs, _dead, _sources, _limits, _topics, _keywords, _pace, _live_pace):
        section(console, seen)


def _head(console: Console, seen: Overview) -> None:
    waits, dead = sum(row["todo"] for row in seen.queues), len(seen.dead)
    parts = [
        Text("at work" if seen.workers.alive else "nobody works", "" if seen.workers.alive else "red"),
        Text(f"{waits:,} {'job waits' if waits == 1 else 'jobs wait'}"),
        Text(f"{dead:,} died", "red" if dead else ""),
        Text(f"{_usd(seen.spend.micro_usd)} today"),
        Text(f"{wording.counted(seen.waiting.count, 'idea')} for you", "yellow" if seen.waiting.count else ""),
        Text(f"{wording.counted(len(seen.alarms), 'alarm')}", "red" if seen.alarms else ""),
    ]
    console.print(f"[bold]{escape(seen.tenant)}[/]  [dim]{wording.day(seen.at)}, {seen.at:%H:%M} UTC[/]")
    console.print(Text(", ").join(parts))


def _notices(console: Console, seen: Overview) -> None:
    if seen.alarms:
        table = _section(console, "Alarms", "", "since", "severity", "*what")
        for alarm in seen.alarms:
            severity = Text(alarm["severity"], SEVERITIES[alarm["severity"]])
            table.add_row(_ago(alarm["opened_at"], seen.at), severity, Text(alarm["subject"]))
        console.print(table)
    if seen.waiting.count:
        named = ", ".join(seen.waiting.best)
        more = ", ..." if seen.waiting.count > len(seen.waiting.best) else ""
        oldest = f"the oldest for {_ago(seen.waiting.oldest, seen.at)}"
        _title(console, "Waiting for you", f"{wording.counted(seen.waiting.count, 'idea')}, {oldest}")
        console.print(Text(f"{named}{more}"))
    if seen.untold:
        _title(console, "Notices", "told to nobody yet")
        for notice in seen.untold:
            line = Text(f"{_ago(notice.recorded_at, seen.at):>7}  ", "dim")
            console.print(line + Text(notice.subject, SEVERITIES[notice.severity]), overflow="ellipsis", no_wrap=True)
    if seen.channels:
        table = _section(console, "Channels", "", "channel", ">waits", ">failed", "last sent", "*why not")
        for row in seen.channels:
            failed = Text(f"{row['failed']:,}", "red" if row["failed"] else "")
            sent = _ago(row["last_sent_at"], seen.at) if row["last_sent_at"] else "never"
            table.add_row(row["channel"], f"{row['waiting']:,}", failed, sent, _reason(row["reason"]))
        console.print(table)


def _jobs(console: Console, seen: Overview) -> None:
    last = seen.workers.last_sign_at
    sign = f"last sign of a worker {_ago(last, seen.at)} ago" if last else "no worker yet"
    if not seen.queues:
        _empty(console, "Jobs", f"{sign}; nothing was queued in the last hour. `bellwether worker` works.")
        return
    heads = ("queue", ">waits", ">runs", ">oldest", ">an hour", ">died")
    table = _section(console, "Jobs", sign, *heads)
    for row in seen.queues:
        oldest = "" if row["oldest_s"] is None else _span(timedelta(seconds=row["oldest_s"]))
        late = row["oldest_s"] is not None and row["oldest_s"] > LATE.total_seconds()
        died = Text(f"{row['failed']:,}" if row["failed"] else "", "red")
        waits, runs, done = (f"{row[name]:,}" for name in ("todo", "doing", "done_last_hour"))
        table.add_row(escape(row["queue"]), waits, runs, Text(oldest, "yellow" if late else ""), done, died)
    console.print(table)
    if not seen.workers.alive and any(row["todo"] for row in seen.queues):
        console.print("Nobody works: start `bellwether worker`.", style="yellow")


def _dead(console: Console, seen: Overview) -> None:
    """Equal faults on one line: of each the newest job."""
    if not seen.dead:
        return
    faults: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in reversed(seen.dead):
        faults.setdefault((row["task"], row["digest"] or row["error"]), []).append(row)
    remark = "`bellwether jobs retry ID` queues one again"
    table = _section(console, "Dead letters", remark, ">job", ">times", "newest", "task", "*why")
    for (task, _), rows in list(faults.items())[:LAST_DEAD]:
        newest = rows[0]
        when, why = _ago(newest["at"], seen.at), _reason(newest["error"])
        table.add_row(str(newest["job_id"]), f"{len(rows):,}", when, escape(task), why)
    console.print(table)
    if len(faults) > LAST_DEAD:
        console.print(f"and {len(faults) - LAST_DEAD:,} more: `bellwether jobs dead`", style="dim", markup=False)


def _sources(console: Console, seen: Overview) -> None:
    if not seen.sources:
        _empty(console, "Sources", "none was asked yet; `bellwether worker` asks each when its time has come.")
        return
    roomy, wide = console.width >= ROOMY, console.width >= WIDE
    heads = ["source", "last scan", ">asked", ">newest", *([">kept", ">quota"] if roomy else [])]
    heads += [">found", ">repeated", ">refused"] if wide else []
    table = _section(console, "Sources", "last asked, newest thing seen", *heads, "*why")
    for row in seen.sources:
        outcome = row["outcome"] or "never"
        counts = [_short(row["kept"]), _quota(row)] if roomy else []
        counts += [_short(row[name]) for name in ("found", "repeated", "quarantined")] if wide else []
        asked, newest = (_ago(row[name], seen.at) for name in ("last_scan_at", "newest_known_at"))
        style = OUTCOMES.get(outcome, "dim")
        table.add_row(escape(row["name"]), Text(outcome, style), asked, newest, *counts, _why(row, seen.at))
    console.print(table)


def _quota(row: dict[str, Any]) -> str:
    return _of(row["quota_used"], row["quota"]) if row["quota_used"] or row["quota"] else ""


def _why(row: dict[str, Any], now: datetime) -> Text:
    waits = row["not_before"]
    pause = f"not before {waits:%H:%M} UTC; " if waits is not None and waits > now else ""
    return _reason(pause + row["reason"])


def _limits(console: Console, seen: Overview) -> None:
    spend = seen.spend
    _title(console, "Models", "")
    for used, ceiling, said in (
        (spend.micro_usd, spend.ceiling_micro_usd, f"{_usd(spend.micro_usd)} of {_usd(spend.ceiling_micro_usd)} today"),
        (spend.tokens, spend.ceiling_tokens, f"{_short(spend.tokens)} of {_short(spend.ceiling_tokens)} tokens today"),
    ):
        console.print(_bar(used, ceiling) + Text(f"  {said}"))
    if not seen.allowances:
        console.print("No provider was asked in the last day.", style="dim")
        return
    roomy = console.width >= ROOMY
    heads = (["server"] if roomy else []) + ["model", ">requests/min", ">tokens/min", ">today", "*"]
    table = _table(*heads)
    for each in seen.allowances:
        minute = (_of(each.requests, each.requests_limit), _of(each.tokens, each.tokens_limit))
        cells = [*([escape(each.server)] if roomy else []), escape(each.model), *minute, f"{each.requests_today:,}"]
        table.add_row(*cells, _held_back(each))
    console.print(table)


def _held_back(each: Allowance) -> Text:
    if each.shut_s > 0:
        return Text(f"asked to wait {_span(timedelta(seconds=each.shut_s))} more", "yellow")
    return Text(f"{each.waiting} waiting" if each.waiting else "", "dim")


def _topics(console: Console, seen: Overview) -> None:
    if seen.topics is None:
        _empty(console, "Hot now", "not counted yet: the worker counts what comes in, and needs Redis for it.")
    elif not seen.topics:
        _empty(console, "Hot now", "nothing came in during the last 48 hours.")
    else:
        table = _section(console, "Hot now", "voices, halved every six hours", "phrase", ">voices", "*")
        top = seen.topics[0].heat
        for topic in seen.topics:
            table.add_row(escape(topic.phrase), f"{topic.heat:,.1f}", _bar(topic.heat, top, "cyan"))
        console.print(table)
    if seen.spikes:
        heads = ("phrase", ">voices", ">times usual", "since", "kind", "*where")
        table = _section(console, "Sudden rises", "of the last day", *heads)
        for spike in seen.spikes:
            kind = Text(spike.kind, "green" if spike.kind == "subject" else "dim")
            times = f"{spike.ratio:,.0f}" if spike.ratio < 1000 else "> 1,000"
            since = _ago(spike.onset_at, seen.at)
            table.add_row(escape(spike.phrase), f"{spike.voices:,}", times, since, kind, Text(", ".join(spike.sources)))
        console.print(table)


def _keywords(console: Console, seen: Overview) -> None:
    if not seen.keywords:
        _empty(console, "Keywords", "none yet; they are looked for every six hours.")
        return
    table = _section(console, "Keywords", _worth(seen), "phrase", ">strength", "found by", "seen", "*category")
    for each in seen.keywords:
        seen_at = _ago(each.last_seen_at, seen.at)
        table.add_row(escape(each.phrase), f"{each.strength:.2f}", each.found_by, seen_at, Text(each.category))
    console.print(table)


def _worth(seen: Overview) -> str:
    """What keywords announced of what rose to the top in thirty days."""
    worth = seen.worth
    if worth is None:
        return "what they announced takes longer to count than a glance"
    if worth.share is None:
        return "no idea reached the top quartile yet, so their worth is not known"
    lead = "" if worth.median_lead_hours is None else f", {_span(timedelta(hours=worth.median_lead_hours))} ahead"
    return f"{worth.announced:,} of {worth.ideas:,} later top ideas announced ({wording.percent(worth.share)}{lead})"


def _pace(console: Console, seen: Overview) -> None:
    pace = seen.pace
    if pace is None:
        _empty(console, "From signal to decision", "takes longer to count than a glance.")
        return
    if pace.newest is None:
        _empty(console, "From signal to decision", "nothing was decided in the last day.")
        return
    _title(console, "From signal to decision", f"95 of 100 of the last {wording.counted(pace.decisions, 'decision')}")
    style = "green" if pace.newest <= OBJECTIVE else "red"
    console.print(Text(_span(pace.newest), style) + Text(" since the newest signal known was stored (2 h is the aim)"))
    if pace.first is not None:
        ideas = wording.counted(pace.first_decisions, "idea")
        console.print(f"{_span(pace.first)} since the first one was, of {ideas} decided for the first time")


def _live_pace(console: Console, seen: Overview) -> None:
    pace = seen.live_pace
    if pace is None:
        _empty(console, "From signal to live", "takes longer to count than a glance.")
        return
    if pace.signal is None or pace.approval is None:
        _empty(console, "From signal to live", "nothing of an idea went live in the last day.")
        return
    _title(console, "From signal to live", f"95 of 100 of the last {wording.counted(pace.listings, 'listing')}")
    style = "green" if pace.signal <= OBJECTIVE else "red"
    console.print(Text(_span(pace.signal), style) + Text(" since the newest signal known was stored (2 h is the aim)"))
    console.print(f"{_span(pace.approval)} since a person said yes")


def _title(console: Console, title: str, remark: str) -> None:
    console.print()
    console.print(Text(title, "bold") + Text(f"  {remark}" if remark else "", "dim"), overflow="ellipsis", no_wrap=True)


def _section(console: Console, title: str, remark: str, *heads: str) -> Table:
    _title(console, title, remark)
    return _table(*heads)


def _empty(console: Console, title: str, line: str) -> None:
    """A section without rows: one line that says so."""
    console.print()
    console.print(Text(f"{title}: ", "bold") + Text(line, "dim"))


def _table(*heads: str) -> Table:
    """A table without boxes; `>` stands right, `*` takes the room that is left and wraps."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), expand="*" in "".join(heads))
    for at, head in enumerate(heads):
        name, style = head.lstrip(">*"), "bold" if at == 0 else ""
        if head.startswith("*"):
            table.add_column(name, ratio=1, overflow="fold", style=style)
        else:
            table.add_column(name, justify="right" if head.startswith(">") else "left", no_wrap=True, style=style)
    return table


def _reason(text: str | None) -> Text:
    line = " ".join((text or "").split())
    return Text(line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…", "dim")


def _bar(used: float, of: float, style: str = "") -> Text:
    part = min(max(used / of, 0.0), 1.0) if of else 0.0
    full = round(part * BAR)
    if used and not full:
        full = 1
    colour = style or ("red" if part >= 1 else "yellow" if part >= 0.8 else "green")
    return Text("█" * full, colour) + Text("░" * (BAR - full), "dim")


def _of(used: int, limit: int | None) -> str:
    return _short(used) if limit is None else f"{_short(used)} of {_short(limit)}"


def _short(count: int) -> str:
    """A count in at most five characters: 950, 12.4k, 20M."""
    for size, sign in ((1_000_000, "M"), (10_000, "k")):
        if count >= size:
            scale = 1_000 if sign == "k" else size
            return f"{count / scale:.3g}{sign}" if count < 1_000 * scale else f"{count / scale:,.0f}{sign}"
    return f"{count:,}"


def _usd(micro_usd: int) -> str:
    return wording.money(micro_usd / MICRO_CENTS)


def _ago(moment: datetime | None, now: datetime) -> str:
    return "never" if moment is None else _span(max(now - moment, timedelta(0)))


def _span(length: timedelta) -> str:
    """A length of time in its largest unit: 40 s, 12 min, 3.5 h, 9 days."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3_600:
        return f"{seconds / 3_600:.2g} h"
    return f"{seconds / 86_400:,.0f} days"
