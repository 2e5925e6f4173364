"""What `bellwether status` draws: every section with its figures, a pleasant line where there are none, no line too
wide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from graphs.status import Allowance, Overview, Spend
from store.health import Waiting
from store.keywords import Keyword, Worth
from store.notices import Notice
from store.spikes import SpikeRow
from store.status import LivePace, Pace, Workers
from trends.hot import Topic
from ui.commands.status import draw

NOW = datetime(2026, 11, 21, 15, 33, tzinfo=UTC)
LONG = "429 Too Many Requests: the operator of www.reddit.com asks for a pause of ten minutes; " * 4
NEVER: dict[str, Any] = {"last_scan_at": None, "newest_known_at": None, "found": 0, "kept": 0}


def hours(count: float) -> datetime:
    return NOW - timedelta(hours=count)


def source(name: str, outcome: str, reason: str = "", **given: Any) -> dict[str, Any]:
    usual = {
        "last_scan_at": hours(0.2), "newest_known_at": hours(0.5), "found": 12_345, "kept": 4_021, "repeated": 8_000,
        "quarantined": 12, "quota_used": 0, "quota": None, "not_before": None,
    }  # fmt: skip
    return {"name": name, "outcome": outcome, "reason": reason, **usual, **given}


def dead(number: int, digest: str = "same") -> dict[str, Any]:
    return {"job_id": number, "task": "pull", "error": "a lost connection", "digest": digest, "at": hours(1)}


def spike(phrase: str, kind: str, ratio: float) -> SpikeRow:
    return SpikeRow("k", hours(1), phrase, kind, "", ratio, 31, 28, ["reddit", "youtube"], NOW)


EMPTY = Overview(
    at=NOW,
    tenant="default",
    queues=[],
    workers=Workers(0, None),
    dead=[],
    sources=[],
    allowances=[],
    spend=Spend(0, 5_000_000, 0, 20_000_000),
    topics=None,
    spikes=[],
    keywords=[],
    worth=Worth(0, 0, None),
    pace=Pace(0, None, 0, None),
    live_pace=LivePace(0, None, None),
    waiting=Waiting(0, None, ()),
    alarms=[],
    untold=[],
    channels=[],
)
FULL = replace(
    EMPTY,
    queues=[
        {"queue": "scan", "todo": 1_200, "doing": 3, "failed": 2, "oldest_s": 4_000.0, "done_last_hour": 120},
        {"queue": "hot", "todo": 0, "doing": 0, "failed": 0, "oldest_s": None, "done_last_hour": 12},
    ],
    workers=Workers(2, hours(0.001)),
    dead=[dead(number) for number in range(40, 47)],
    sources=[
        source("youtube", "kept", quota_used=8_200, quota=10_000),
        source("reddit", "failed", LONG, not_before=NOW + timedelta(minutes=10)),
        source("amazon", "skipped", "set AMAZON_CLIENT_ID", **NEVER),
        *(source(f"source_{number}", "unchanged") for number in range(20)),
    ],
    allowances=[Allowance("api.groq.com", "llama-3.3-70b-versatile", 57, 60, 5_400, 6_000, 812, 1_203_000, 42.0, 3)],
    spend=Spend(4_600_000, 5_000_000, 1_234_567, 20_000_000),
    topics=[Topic("pumpkin carving", "k", 42.31), Topic("moss frame", "k", 12.0)],
    spikes=[spike("otter quilt", "subject", 23.4), spike("harry [bold]potter", "licensed", 23_000.0)],
    keywords=[Keyword("reading nook", "k", "decor", 0.92, 40, (), (), "mined", NOW, hours(3), NOW)],
    worth=Worth(40, 12, 26.0),
    pace=Pace(300, timedelta(minutes=34), 112, timedelta(hours=3.2)),
    live_pace=LivePace(48, timedelta(minutes=71), timedelta(minutes=2)),
    waiting=Waiting(12, hours(30), ("pumpkin carving", "moss frame")),
    alarms=[{"severity": "critical", "subject": "12 jobs failed for good", "opened_at": hours(4)}],
    untold=[Notice("k", "alarm", "warning", "reddit brings nothing", "b", "t", False, hours(4))],
    channels=[{"channel": "email", "waiting": 2, "failed": 1, "last_sent_at": None, "reason": "535 refused"}],
)


def drawn(seen: Overview, width: int = 100) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        draw(console, seen)
    return capture.get()


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("seen", [EMPTY, FULL], ids=["empty", "full"])
def test_no_line_is_wider_than_the_terminal(seen: Overview, width: int) -> None:
    assert max(len(line) for line in drawn(seen, width).splitlines()) <= width


def test_where_nothing_is_yet_each_section_says_so_in_a_line() -> None:
    text = drawn(EMPTY, 160)
    assert "nobody works, 0 jobs wait, 0 died, $0.00 today, 0 ideas for you, 0 alarms" in text
    for line in (
        "Jobs: no worker yet; nothing was queued", "Sources: none was asked yet", "No provider was asked",
        "Hot now: not counted", "Keywords: none yet", "From signal to decision: nothing was decided",
        "From signal to live: nothing of an idea went live",
    ):  # fmt: skip
        assert line in text
    assert "Alarms" not in text
    assert "nothing came in during the last 48 hours" in drawn(replace(EMPTY, topics=[]), 160)


@pytest.mark.parametrize(
    "said",
    [
        "at work, 1,200 jobs wait, 7 died, $4.60 today, 12 ideas for you, 1 alarm",
        "12 jobs failed for good", "12 ideas, the oldest for 30 h", "pumpkin carving, moss frame, ...",
        "reddit brings nothing", "535 refused", "last sign of a worker 4 s ago", "1.1 h", "8,200 of 10k",
        "not before 15:43 UTC; 429", "set AMAZON_CLIENT_ID",
        "$4.60 of $5.00 today", "1.23M of 20M tokens today", "57 of 60", "5,400 of 6,000",
        "asked to wait 42 s more", "42.3", "> 1,000", "harry [bold]potter", "reading nook",
        "12 of 40 later top ideas announced (30%, 26 h ahead)", "34 min since the newest signal",
        "3.2 h since the first one was, of 112 ideas",
        "95 of 100 of the last 48 listings", "2 min since a person said yes",
    ],
)  # fmt: skip
def test_every_figure_stands_where_people_look_for_it(said: str) -> None:
    assert said in drawn(FULL, 180)


def test_one_fault_of_many_jobs_is_one_line() -> None:
    assert drawn(FULL).count("a lost connection") == 1
    apart = replace(FULL, dead=[dead(number, f"fault {number}") for number in range(9)])
    assert drawn(apart).count("a lost connection") == 5
    assert "and 4 more: `bellwether jobs dead`" in drawn(apart)


def test_a_long_reason_is_cut_and_says_so() -> None:
    text = drawn(FULL, 80)
    assert "…" in text
    assert 1 <= text.count("429 Too") < LONG.count("429 Too")


def test_jobs_that_wait_while_nobody_works_are_told_with_the_way_out() -> None:
    assert "Nobody works: start `bellwether worker`" in drawn(replace(FULL, workers=Workers(0, hours(2))))
    assert "Nobody works" not in drawn(FULL)


def test_what_takes_too_long_to_count_is_told_so() -> None:
    text = drawn(replace(FULL, worth=None, pace=None, live_pace=None), 160)
    assert "takes longer to count than a glance" in text
    assert "From signal to decision: takes longer" in text
    assert "From signal to live: takes longer" in text
