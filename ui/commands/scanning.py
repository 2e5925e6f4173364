"""Scanning: live sources asked now, and the keywords that scans prefer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ui.call import Call, Fault

if TYPE_CHECKING:
    from store.keywords import Keyword
    from trends.errand import Pulled

STYLES = {"kept": "green", "unchanged": "green", "skipped": "yellow", "failed": "red"}
COUNTS = ("found", "kept", "repeated", "quarantined")


def scan(call: Call, names: Sequence[str]) -> None:
    """Ask these sources, or all, until each has no page left; what cannot be asked says why."""
    from ui.opening import finish

    pulled: list[Pulled] = finish(_scan(call, names))
    call.answer({"sources": [asdict(each) for each in pulled]}, lambda console: _draw_scan(console, pulled))


async def _scan(call: Call, names: Sequence[str]) -> list[Pulled]:
    import asyncio

    from ui.opening import product

    async with product(call) as opened:
        return await asyncio.gather(*(_whole(opened.pulls, name) for name in names or opened.pulls.errands))


async def _whole(pulls: Any, name: str) -> Pulled:
    """Turn after turn of one source, counted together."""
    from dataclasses import replace

    whole: Pulled = await pulls.pull(name)
    while whole.more:
        turn: Pulled = await pulls.pull(name)
        counts = {count: getattr(whole, count) + getattr(turn, count) for count in COUNTS}
        outcome = "kept" if "kept" in (whole.outcome, turn.outcome) else turn.outcome
        whole = replace(turn, **counts, outcome=outcome, reason=turn.reason or whole.reason)
    return whole


def _draw_scan(console: Any, pulled: Sequence[Pulled]) -> None:
    from rich.text import Text

    from ui.tables import plain

    table = plain("source", "outcome", *COUNTS, "why")
    for column in table.columns[2:-1]:
        column.justify = "right"
    for each in pulled:
        counts = [f"{getattr(each, count):,}" if each.found else "" for count in COUNTS]
        table.add_row(each.name, Text(each.outcome, STYLES[each.outcome]), *counts, Text(each.reason))
    console.print(table)


def show_keywords(call: Call) -> None:
    """Every living keyword, what scans prefer first."""
    from store.keywords import MOST, load_keywords, strongest
    from ui.opening import session

    now = datetime.now(UTC)
    with session(call) as connection:
        living = len(load_keywords(connection, now))
        first = strongest(connection, now, max(living, MOST))
    call.answer({"keywords": [asdict(each) for each in first]}, lambda console: _draw_keywords(console, first))


def add_keyword(call: Call, phrase: str) -> None:
    """Let scans look for a phrase until it is removed."""
    from graphs.people import Deed
    from store.audit import Entry, record_plainly
    from store.keywords import add_keyword as add
    from trends.keywords import own_keyword
    from ui.opening import session

    try:
        keyword = own_keyword(phrase, datetime.now(UTC))
    except ValueError as error:
        raise Fault(str(error)) from error
    with session(call) as connection:
        kept = add(connection, keyword, call.settings.actor)
        record_plainly(connection, Entry(call.settings.actor, "cli", Deed.KEEP_KEYWORDS))
    call.answer(asdict(kept), lambda console: console.print(f"scans look for {kept.phrase!r} from now on"))


def remove_keyword(call: Call, phrase: str) -> None:
    """Look for a phrase no longer."""
    from graphs.people import Deed
    from store.audit import Entry, record_plainly
    from store.keywords import remove_keyword as remove
    from trends.merge import key_of
    from trends.phrases import split_words
    from ui.opening import session

    with session(call) as connection:
        ended = remove(connection, key_of(list(split_words(phrase))), datetime.now(UTC), call.settings.actor)
        if ended:
            record_plainly(connection, Entry(call.settings.actor, "cli", Deed.KEEP_KEYWORDS))
    if not ended:
        raise Fault(f"no keyword {phrase!r}: `bellwether keywords list` shows them")
    call.answer({"removed": phrase}, lambda console: console.print(f"{phrase!r} is looked for no longer"))


def discover_keywords(call: Call) -> None:
    """Find what is beginning to rise, in the last month's signals and on the web."""
    from ui.opening import finish

    found = finish(_discover(call))
    first = sorted(found.mined, key=lambda each: -each.strength)
    body = {"keywords": [asdict(each) for each in first], "web": found.web, "left_out": dict(found.left_out)}

    def draw(console: Any) -> None:
        if first:
            _draw_keywords(console, first)
        else:
            console.print("nothing is beginning to rise in the signals of the last month")
        console.print(f"left out: {left_out(found.left_out)}", style="dim", markup=False)
        console.print(f"the web: {found.web['reason'] or len(found.web['keywords'])}", style="dim", markup=False)

    call.answer(body, draw)


def left_out(counts: Mapping[str, int]) -> str:
    """How many phrases were left out and why, the most frequent reason first."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{count:,} {reason}" for reason, count in ranked) or "nothing"


async def _discover(call: Call) -> Any:
    from ui.opening import product

    async with product(call) as opened:
        return await opened.keywords.discover(datetime.now(UTC))


def _draw_keywords(console: Any, living: Sequence[Keyword]) -> None:
    from rich.text import Text

    from ui.tables import plain

    if not living:
        console.print("no keywords yet: `bellwether keywords discover`, or `bellwether keywords add PHRASE`")
        return
    table = plain("keyword", "strength", "found by", "first seen", "last seen", "products")
    table.columns[1].justify = "right"
    for each in living:
        days = [f"{moment:%Y-%m-%d %H:%M}" for moment in (each.first_seen_at, each.last_seen_at)]
        table.add_row(Text(each.phrase), f"{each.strength:.2f}", each.found_by, *days, Text(", ".join(each.products)))
    console.print(table)
