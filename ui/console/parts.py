"""Parts: what every page is made of: its head, badges, empty states, amounts, ages, and faults as one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import streamlit as st
from psycopg_pool import PoolTimeout
from streamlit.delta_generator import DeltaGenerator

from graphs.inbox import BadAnswer
from graphs.people import Forbidden, PeopleError
from graphs.starting import RunError
from market.errors import MarketError
from store.batches import BatchError
from store.decisions import DecisionError
from store.errors import StoreError
from store.listings import ListingError
from store.people import MemberError
from store.weights import BadWeights, Superseded
from studio.errors import StudioError
from ui import wording
from ui.console.text import plain
from ui.console.words import _, marked

REFUSALS = (
    DecisionError,
    BadAnswer,
    PeopleError,
    MemberError,
    BadWeights,
    Superseded,
    RunError,
    BatchError,
    StudioError,
    ListingError,
    MarketError,
)
"""What a person can mend: another answer, another value."""
AWAY = (StoreError, psycopg.OperationalError, PoolTimeout, TimeoutError)
"""The database is not there, or does not answer."""
GREEN, YELLOW, RED, BLUE, GRAY = "green", "yellow", "red", "blue", "gray"
COLOURS = {
    **dict.fromkeys(("approve", "approved", "opinion", "done", "finished", "on", "kept", "unchanged", "sent"), GREEN),
    **dict.fromkeys(
        ("review", "pending_review", "abstained", "waiting", "skipped", "warning", "respond", "paused"), YELLOW
    ),
    **dict.fromkeys(
        ("reject", "rejected", "failed", "ungrounded", "broken", "critical", "refused", "revoked", "dead"), RED
    ),
    **dict.fromkeys(("running", "analysing", "designed", "listed", "live", "edit", "drawing"), BLUE),
}
ICONS = {
    GREEN: ":material/check:",
    YELLOW: ":material/schedule:",
    RED: ":material/close:",
    BLUE: ":material/play_arrow:",
}
NAMES = {
    "approve": marked("approve"),
    "approved": marked("approved"),
    "review": marked("review"),
    "pending_review": marked("waits for you"),
    "reject": marked("reject"),
    "rejected": marked("rejected"),
    "respond": marked("sent back"),
    "edit": marked("edited"),
    "ignore": marked("ignored"),
    "discovered": marked("found"),
    "analysing": marked("being judged"),
    "archived": marked("archived"),
    "opinion": marked("opinion"),
    "abstained": marked("abstained"),
    "failed": marked("failed"),
    "ungrounded": marked("ungrounded"),
    "running": marked("running"),
    "waiting": marked("waiting"),
    "finished": marked("finished"),
    "done": marked("done"),
    "on": marked("on"),
    "skipped": marked("skipped"),
    "broken": marked("broken"),
    "kept": marked("kept"),
    "unchanged": marked("unchanged"),
    "info": marked("info"),
    "warning": marked("warning"),
    "critical": marked("critical"),
    "refused": marked("refused"),
    "revoked": marked("revoked"),
    "drawing": marked("being drawn"),
    "dead": marked("dead letter"),
    "paused": marked("paused"),
    "cancelled": marked("cancelled"),
    "designed": marked("designed"),
}


def head(title: str, line: str = "") -> None:
    """A page's title and one line under it; both of our own words."""
    st.title(title, anchor=False)
    if line:
        st.caption(line)


def colour(outcome: str) -> str:
    """What an outcome, a verdict or a status is drawn in."""
    return COLOURS.get(outcome, GRAY)


def named(outcome: str) -> str:
    """An outcome, a verdict or a status as people read it."""
    return _(NAMES[outcome]) if outcome in NAMES else outcome.replace("_", " ")


def badge(outcome: str) -> str:
    """An outcome as a coloured badge with an icon, to stand in Markdown."""
    icon = ICONS.get(colour(outcome), "")
    return (
        f":{colour(outcome)}-badge[{icon} {plain(named(outcome))}]" if icon else f":gray-badge[{plain(named(outcome))}]"
    )


def empty(title: str, hint: str = "", icon: str = ":material/inbox:") -> None:
    """What stands where there is nothing yet: what that means, and what to do about it."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader(f"{icon} {title}", anchor=False, text_alignment="center")
        if hint:
            st.markdown(hint, text_alignment="center")


def section(names: Sequence[str], key: str) -> str:
    """Which section of a page is looked at; the first, until another is chosen."""
    chosen = st.segmented_control(
        _("Section"), names, default=names[0], format_func=_, key=key, required=True, label_visibility="collapsed"
    )
    return chosen or names[0]


def figures() -> DeltaGenerator:
    """Where figures stand, side by side as many as fit; one group a page."""
    return st.container(key="figures", horizontal=True, gap="small")


def figure(label: str, value: str, line: str, why: str | None = None) -> None:
    """One figure with what it is measured by; `why` says how it is counted."""
    with st.container(border=True, gap=None):
        st.metric(label, value, help=why)
        st.caption(plain(line))


def to_the_right(*names: str) -> dict[str, Any]:
    """Columns of a table whose texts are figures: they stand at the right, as numbers do."""
    return {name: st.column_config.TextColumn(alignment="right") for name in names}


def moments(*names: str) -> dict[str, Any]:
    """Columns of a table whose values are moments, in UTC."""
    return {name: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss", timezone="UTC") for name in names}


def money(cents: float | None, currency: str = "USD") -> str:
    """An amount in minor units as `$24.00`; a dash where it is not known. For Markdown: the sign is no formula."""
    return "–" if cents is None else plain(wording.money(cents, currency))


def usd(micro_usd: int) -> str:
    """What models cost, from micro-USD, as plain text; below a cent with four decimals."""
    return f"${micro_usd / 1_000_000:,.4f}" if 0 < micro_usd < 10_000 else f"${micro_usd / 1_000_000:,.2f}"


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in its largest unit: `40 s`, `12 min`, `3 h`, `9 d`; a dash for never."""
    return "–" if moment is None else span(max((now or datetime.now(UTC)) - moment, timedelta(0)))


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """The same in words: `12 min ago`, `never`."""
    return _("never") if moment is None else _("{age} ago").format(age=age(moment, now))


def span(length: timedelta) -> str:
    """A length of time in its largest unit."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h" if seconds < 48 * 3_600 else f"{seconds / 86_400:,.0f} d"


@contextmanager
def told() -> Iterator[None]:
    """What is expected to go wrong becomes one line in the page. Fragments need it too: they run without the frame."""
    try:
        yield
    except Forbidden as error:
        st.error(plain(error), icon=":material/lock:")
    except REFUSALS as error:
        st.warning(plain(error), icon=":material/info:")
    except AWAY as error:
        _away(error)


def _away(error: Exception) -> None:
    """The database is away or slow: one line, and a way to ask again."""
    said = plain(error) if isinstance(error, StoreError) else _("The database does not answer now.")
    st.error(said, icon=":material/cloud_off:")
    if st.button(_("Try again"), icon=":material/refresh:", key="ask again"):
        st.rerun()
