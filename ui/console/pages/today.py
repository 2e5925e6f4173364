"""Today: what waits, what changed since yesterday, how it stands; the page of the morning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from store.decisions import Row
from store.designs import designed_share
from store.health import find_spent
from store.listings import count_by_status
from store.notices import load_alarms
from store.progress import Studio, find_studio
from store.queue import Filter, load_queue
from store.sources import load_sources
from store.status import LivePace, TooLong, Workers, briefly, find_live_pace, find_workers
from store.today import Today, load_today
from ui import wording
from ui.console import offered
from ui.console.desk import Visit
from ui.console.navigation import page_at
from ui.console.parts import age, empty, figure, figures, head, named, span, usd
from ui.console.start import visit
from ui.console.text import plain
from ui.console.undo import DONE
from ui.console.words import _, counted

AIM = 200
"""Ideas of the top quartile a day."""
DESIGNED = 0.95
"""Share of approved ideas that have a design."""
LONGEST = timedelta(hours=2)
DAY = timedelta(days=1)
NEXT = 5
SPIKES = 3


@dataclass(frozen=True, slots=True)
class Health:
    """What the line at the foot says."""

    alarms: int
    workers: Workers
    failing: Sequence[str]
    micro_usd: int
    ceiling_micro_usd: int


def page() -> None:
    """The day of whoever looks."""
    draw(visit())


def draw(here: Visit) -> None:
    """The day at a glance."""
    now = datetime.now(UTC)
    today = here.ask(load_today, now)
    head(_("Today"), f"{wording.day(now)}, {now:%H:%M} UTC")
    _health_line(find_health(here, now))
    studio, listings = here.ask(find_studio), here.ask(count_by_status)
    if is_new(today):
        empty(_("Nothing yet"), _first_steps(), ":material/rocket_launch:")
        _studio(studio, listings)
        return
    _figures(today, now, here.ask(designed_share), _live_pace(here, now))
    _studio(studio, listings)
    waiting, changed = st.columns([3, 2], gap="medium")
    with waiting:
        _waiting(here, today, now)
    with changed:
        _changes(today)
    _days(today.days)


def is_new(today: Today) -> bool:
    """Whether nothing was ever found here, as far as two weeks tell."""
    return not (today.waiting or today.found or any(row["found"] or row["judged"] for row in today.days))


def find_health(here: Visit, now: datetime) -> Health:
    """Alarms, workers, sources and money as they are now."""
    settings = here.desk.settings
    with here.session() as session:
        return Health(
            len(load_alarms(session)),
            find_workers(session, now, timedelta(seconds=settings.stalled_s)),
            [row["name"] for row in load_sources(session) if row["outcome"] == "failed"],
            find_spent(session, f"day:{now:%Y-%m-%d}")[0],
            settings.day_ceiling_micro_usd,
        )


def health_texts(health: Health, now: datetime) -> Iterator[tuple[str, str]]:
    """What the line says, each with its colour."""
    if health.alarms:
        yield "red", counted("{count} alarm", "{count} alarms", health.alarms)
    elif health.workers.alive:  # who else looks for them
        yield "green", _("no alarms")
    if health.workers.alive:
        yield "green", counted("{count} worker at work", "{count} workers at work", health.workers.alive)
    elif health.workers.last_sign_at is None:
        yield "yellow", _("no worker yet")
    else:
        yield "red", f"{_('nobody works since')} {age(health.workers.last_sign_at, now)}"
    if health.failing:
        yield "red", f"{_('failing:')} {', '.join(health.failing)}"
    near = health.micro_usd >= 0.8 * health.ceiling_micro_usd > 0
    yield ("red" if near else "gray"), f"{usd(health.micro_usd)} / {usd(health.ceiling_micro_usd)} {_('today')}"


def _health_line(health: Health) -> None:
    texts = health_texts(health, datetime.now(UTC))
    st.markdown(" ".join(f":{colour}-badge[{plain(text)}]" for colour, text in texts))


def _first_steps() -> str:
    steps = (
        _("Take in files: `bellwether run --from PATH`"),
        _("Or let it look around by itself, day and night: `bellwether worker`"),
        _("Or look at the sample first: `bellwether --sample run`, then `bellwether --sample console`"),
    )
    return "  \n".join(steps)


def _live_pace(here: Visit, now: datetime) -> LivePace | None:
    """How long the day's listings took to live; None where counting takes longer than a glance."""
    with here.session() as session, suppress(TooLong), briefly(session):
        return find_live_pace(session, now - DAY)
    return None


def _figures(today: Today, now: datetime, share: tuple[int, int], live: LivePace | None) -> None:
    top = "–" if today.top_quartile is None else f"{today.top_quartile:,}"
    pace = "–" if today.pace is None else span(today.pace)
    oldest = f"{_('the oldest for')} {age(today.oldest, now)}" if today.oldest else _("all answered")
    rejected = today.judged.get("reject", 0)
    judged = f"{rejected:,} {_('rejected by rule')}"
    with figures():
        figure(_("Waiting for you"), f"{today.waiting:,}", oldest)
        figure(_("Top quartile"), top, f"{_('24 h, aim')} {AIM}", _quartile_help())
        figure(_("Time to decide"), pace, f"{_('median, aim')} {span(LONGEST)}", _pace_help())
        figure(_("Judged, 24 h"), f"{sum(today.judged.values()):,}", judged)
        figure(_("With a design"), *share_texts(share), _share_help())
        figure(_("Time to live"), *live_texts(live), _live_help())


def share_texts(share: tuple[int, int]) -> tuple[str, str]:
    """How much of what was approved has a design, and of how many ideas that is said."""
    designed, approved = share
    if not approved:
        return "–", _("nothing is approved yet")
    of = _("{designed} of {approved} approved, aim {aim}").format(
        designed=f"{designed:,}", approved=f"{approved:,}", aim=wording.percent(DESIGNED)
    )
    return wording.percent(designed / approved), of


def live_texts(live: LivePace | None) -> tuple[str, str]:
    """How long listings took to live, and of how many that is said."""
    if live is None or live.signal is None:
        return "–", _("nothing went live in the last day")
    of = counted("95 % of {count} listing", "95 % of {count} listings", live.listings)
    return span(live.signal), f"{of}, {_('aim {aim}').format(aim=span(LONGEST))}"


def _live_help() -> str:
    return _(
        "From the moment the newest signal that its decision knew was stored here until buyers see it, of what went "
        "live for the first time in the last day. A person's time to answer is in it."
    )


def _share_help() -> str:
    return _("Approved ideas are drawn by themselves once nobody can take the approval back any more.")


def _studio(studio: Studio, listings: Mapping[str, int]) -> None:
    """What is being drawn, what waits, what is for sale, with the ways to it."""
    batches, designs, shop = page_at("batches"), page_at("designs"), page_at("listings")
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="studio-line"):
        if batches is not None:
            st.page_link(batches, label=plain(studio_line(studio)), icon=":material/stacks:")
        if designs is not None:
            st.page_link(designs, label=_("Designs"), icon=":material/palette:")
        if shop is not None:
            st.page_link(shop, label=plain(offered.line_of(listings)), icon=":material/storefront:")


def studio_line(studio: Studio) -> str:
    """What the studio is at, in a line."""
    parts = [
        counted("{count} design is being drawn", "{count} designs are being drawn", studio.drawing)
        if studio.drawing
        else _("nothing is being drawn"),
        counted("{count} waits", "{count} wait", studio.waiting) if studio.waiting else "",
        counted("{count} dead letter", "{count} dead letters", studio.dead) if studio.dead else "",
    ]
    return f"{_('Studio:')} {', '.join(filter(None, parts))}"


def _quartile_help() -> str:
    return _(
        "Subjects that were in the upper quarter of those scored with them, by the last scoring of each six hours."
    )


def _pace_help() -> str:
    return _(
        "From the moment its newest signal was stored here to the decision, of the last hundred decisions of the day."
    )


def _waiting(here: Visit, today: Today, now: datetime) -> None:
    st.subheader(_("Next order deadlines"), anchor=False)
    rows = [row for row in here.ask(load_queue, Filter(order="deadline"), NEXT) if row["order_by"]]
    if rows:
        st.dataframe(pd.DataFrame([deadline_row(row, now.date()) for row in rows]), hide_index=True, width="stretch")
    elif today.waiting:
        st.caption(_("None of what waits is for an occasion."))
    else:
        empty(_("Nothing waits for you"), icon=":material/done_all:")
    review = page_at("review")
    if review is not None and today.waiting:
        label = counted("Review {count} idea", "Review {count} ideas", today.waiting)
        if st.button(label, type="primary", icon=":material/arrow_forward:"):
            st.switch_page(review)


def deadline_row(row: Row, today: date) -> dict[str, Any]:
    """One idea of the queue with its last order date, and what that means today."""
    days = (row["order_by"] - today).days
    left = _("passed") if days < 0 else _("today") if days == 0 else counted("{count} day", "{count} days", days)
    return {
        _("idea"): row["phrase"],
        _("order by"): wording.day(row["order_by"]),
        _("left"): left,
        _("verdict"): named(row["verdict"] or ""),
    }


def _changes(today: Today) -> None:
    st.subheader(_("Since yesterday"), anchor=False)
    lines = list(change_lines(today))
    if lines:
        st.markdown("\n".join(f"- {line}" for line in lines))
    else:
        st.caption(_("Nothing changed in the last 24 hours."))


def change_lines(today: Today) -> Iterator[str]:
    """What happened, a line each, as Markdown."""
    if today.found:
        yield counted("{count} new idea", "{count} new ideas", today.found)
    if today.judged:
        verdicts = ", ".join(f"{count:,} {plain(named(verdict))}" for verdict, count in today.judged.items())
        yield f"{counted('{count} judged', '{count} judged', sum(today.judged.values()))}: {verdicts}"
    yield from _answered(today.answers)
    for row in today.spikes[:SPIKES]:
        voices = counted("{count} voice", "{count} voices", row["voices"])
        yield f"{_('sudden rise:')} **{plain(row['phrase'])}**, {voices}"
    for row in today.alarms:
        yield f":red[{_('alarm:')}] {plain(row['subject'])}"


def _answered(answers: Sequence[Row]) -> Iterator[str]:
    """What each person did, a line a person."""
    people: dict[str, list[str]] = {}
    for row in answers:
        people.setdefault(row["actor"], []).append(f"{row['count']:,} {_(DONE[row['answer']]).lower()}")
    for actor, done in people.items():
        yield f"{plain(actor)}: {', '.join(done)}"


def _days(days: Sequence[Row]) -> None:
    st.subheader(_("Fourteen days"), anchor=False)
    names = {"found": _("found"), "judged": _("judged"), "approved": _("approved by people")}
    for column, (field, name) in zip(st.columns(len(names)), names.items(), strict=True):
        with column:
            st.caption(f"**{sum(row[field] for row in days):,}** {name}")
            st.vega_lite_chart(spec=bars(days, field, name), width="stretch", height=120)


def bars(days: Sequence[Row], field: str, name: str) -> dict[str, Any]:
    """A bar a day, in plain Vega-Lite."""
    most = max(1, *(row[field] for row in days))
    shown = [{"day": f"{row['day'].day} {row['day']:%b}", "count": row[field]} for row in days]
    height = {"type": "quantitative", "title": None, "scale": {"domain": [0, most]}}
    return {
        "data": {"values": shown},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "day", "sort": None, "title": None, "axis": {"labelAngle": 0, "labelOverlap": "greedy"}},
            "y": {"field": "count", **height, "axis": {"values": [0, most], "format": "d", "labelFlush": False}},
            "tooltip": [{"field": "day", "title": _("day")}, {"field": "count", "title": name}],
        },
    }
