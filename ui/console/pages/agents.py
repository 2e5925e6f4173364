"""Agents: what they say, how often they have a say, what it costs, and what each of them changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st
from psycopg import AsyncConnection

from graphs.ablation import MOST as ABLATED
from graphs.ablation import Ablation, Effect, ablate_cases, find_kept, keep, load_cases
from store import verdicts as store
from store.spans import load_costs
from store.verdicts import MOST, Row
from ui.console import verdicts
from ui.console.charts import Drawn
from ui.console.desk import Visit
from ui.console.figures import show
from ui.console.parts import empty, head, named, to_the_right, told, usd
from ui.console.start import visit
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

TAB, DAYS, AGENT = "agents-tab", "agents-days", "agents-agent"
SPANS = (1, 7, 30, 90)
LONGEST = 140


@dataclass(frozen=True, slots=True)
class Section:
    """One tab. The track record joins here when outcomes are known."""

    title: str
    draw: Callable[[Visit, datetime], None]


def page() -> None:
    """How the agents do."""
    draw(visit())


def draw(here: Visit) -> None:
    """One section of a time."""
    head(_("Agents"), _("What they say, how often they have a say, what it costs, and what each of them changes."))
    days: int = st.segmented_control(
        _("Time"), SPANS, default=7, key=DAYS, required=True, label_visibility="collapsed",
        format_func=lambda days: counted("{count} day", "{count} days", days),
    )  # fmt: skip
    since = datetime.now(UTC) - timedelta(days=days)
    for tab, section in zip(st.tabs([_(s.title) for s in SECTIONS], key=TAB, on_change="rerun"), SECTIONS, strict=True):
        if tab.open:
            with tab, told():
                section.draw(here, since)


# Verdicts -------------------------------------------------------------------------------------------------------------


def _verdicts(here: Visit, since: datetime) -> None:
    rows = here.ask(store.count_by_day, since)
    if not rows:
        empty(_("No decision was made in this time"), _("Choose a longer time, or let ideas be judged."))
        return
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + row["count"]
    is_on, said = verdicts.alarm(counts)
    if is_on:
        st.error(plain(said), icon=":material/notification_important:")
    else:
        st.caption(plain(said))
    _figure(verdicts.shares(rows))


def _figure(drawn: Drawn) -> None:
    """A chart, and under it the same in words."""
    show(drawn)
    if not isinstance(drawn, str):
        st.caption(plain(drawn.told))


# Specialists ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What is told of the specialists."""

    outcomes: Sequence[Row]
    reasons: Sequence[Row]
    stances: Sequence[Row]
    prompts: Sequence[Row]


async def _load_said(connection: AsyncConnection[Any], since: datetime) -> Said:
    return Said(
        await store.load_outcomes(connection, since),
        await store.load_reasons(connection, since),
        await store.load_stances(connection, since),
        await store.load_prompts(connection, since),
    )


def _specialists(here: Visit, since: datetime) -> None:
    said = here.ask(_load_said, since)
    if not said.outcomes:
        empty(_("Nobody was asked in this time"), _("Choose a longer time, or let ideas be judged."))
        return
    _figure(verdicts.outcomes(said.outcomes))
    st.dataframe(
        pd.DataFrame([agent_row(row) for row in said.outcomes]), hide_index=True, height="content",
        column_config=to_the_right(_("mean stance"), _("cost")),
    )  # fmt: skip
    if max(row["asked"] for row in said.outcomes) >= MOST:
        st.caption(_("Of the newest {count} decisions of this time.").format(count=f"{MOST:,}"))
    agent: str = st.selectbox(_("One of them"), [row["agent"] for row in said.outcomes], key=AGENT)
    _specialist(said, agent)


def agent_row(row: Row) -> dict[str, Any]:
    """One specialist in figures."""
    return {
        _("agent"): row["agent"],
        _("asked"): row["asked"],
        **{named(outcome): row[outcome] for outcome in verdicts.OUTCOMES},
        _("by model"): row["by_model"],
        _("by rule"): row["by_rule"],
        _("mean stance"): "–" if row["stance"] is None else f"{round(row['stance'], 2) + 0.0:+.2f}",
        _("tokens"): row["input_tokens"] + row["output_tokens"],
        _("cost"): usd(row["cost_micro_usd"]),
    }


def _specialist(said: Said, agent: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(_("What it leans to"), anchor=False)
        _figure(verdicts.stances(said.stances, agent))
    with right:
        st.subheader(_("Why it had no say"), anchor=False)
        lines = [reason_line(row) for row in said.reasons if row["agent"] == agent]
        st.markdown("\n".join(f"- {line}" for line in lines) or _("It had one every time."))
        st.subheader(_("Prompts"), anchor=False)
        prompts = [prompt_line(row) for row in said.prompts if row["agent"] == agent]
        st.markdown("\n".join(f"- {line}" for line in prompts) or _("No model judged: its rule did, where it could."))


def reason_line(row: Row) -> str:
    """Why a specialist had no say, as Markdown."""
    return f"{row['count']:,} × {plain(named(row['outcome']))}: {plain(shortened(row['reason'], LONGEST))}"


def prompt_line(row: Row) -> str:
    """Which prompt of which model, as Markdown."""
    times = counted("{count} time", "{count} times", row["count"])
    return f"`{row['prompt_hash']}` {plain(shortened(row['model'] or '', 60))}, {times}, {row['last_at']:%Y-%m-%d}"


# Cost and speed -------------------------------------------------------------------------------------------------------


def _costs(here: Visit, since: datetime) -> None:
    ceiling = here.desk.settings.day_ceiling_micro_usd
    _figure(verdicts.spent(here.ask(store.load_spent, since.date()), ceiling))
    rows = here.ask(load_costs, since)
    if not rows:
        empty(_("Nothing ran in this time"), _("Times and costs of each agent come with the first judgement."))
        return
    st.dataframe(
        pd.DataFrame([cost_row(row) for row in rows]), hide_index=True, height="content",
        column_config=to_the_right(_("p50"), _("p95"), _("cost")),
    )  # fmt: skip
    st.caption(_("Half of the runs of a node took at most p50, 95 of 100 at most p95. No model: by rule or code."))


def cost_row(row: Row) -> dict[str, Any]:
    """How long and how dear one node was, with one model."""
    return {
        _("node"): row["node"],
        _("model"): row["model"] or "–",
        _("runs"): row["runs"],
        _("p50"): seconds(row["p50_s"]),
        _("p95"): seconds(row["p95_s"]),
        _("failed"): row["failed"],
        _("tokens"): (row["input_tokens"] or 0) + (row["output_tokens"] or 0),
        _("cost"): usd(row["cost_micro_usd"] or 0),
    }


def seconds(taken: float | None) -> str:
    """A time in milliseconds or seconds; a dash where none was measured."""
    if taken is None:
        return "–"
    return f"{taken * 1000:,.0f} ms" if taken < 1 else f"{taken:,.1f} s"


# What each changes ----------------------------------------------------------------------------------------------------


def _worth(here: Visit, _since: datetime) -> None:
    st.caption(
        _("Each specialist is left out in turn, its facts with it, and your newest decisions are made anew in code.")
    )
    kept = here.read(find_kept)
    label = _("Measure again") if kept else _("Measure on my newest decisions")
    if st.button(label, icon=":material/science:", key="ablate", type="secondary" if kept else "primary"):
        kept = _measure(here) or kept
    if kept is not None:
        _effects(kept)


def _measure(here: Visit) -> Ablation | None:
    """Computing alone, here and not on the product's loop; how far it has come is shown."""
    cases, newest = here.ask(load_cases, ABLATED)
    if newest is None:
        empty(_("No decision yet"), _("Let ideas be judged first: `bellwether run`."))
        return None
    bar = st.progress(0.0, _("The others decide anew"))

    def tell(done: int, total: int) -> None:
        bar.progress(done / total, _("The others decide anew"))

    measured = asyncio.run(ablate_cases(cases, newest, tell))
    bar.empty()
    here.read(lambda product: keep(product, measured))
    return measured


def _effects(measured: Ablation) -> None:
    made = counted("{count} decision", "{count} decisions", measured.decisions)
    alike = _("{made}; made anew with everybody, {alike} come out as they stand.").format(
        made=made, alike=f"{measured.alike:,}"
    )
    st.markdown(f"**{plain(alike)}**")
    ranked = sorted(measured.effects, key=lambda each: (-each.changed, -abs(each.stance or 0), each.agent))
    st.dataframe(pd.DataFrame([effect_row(each) for each in ranked]), hide_index=True, height="content")
    lines = [no_effect(each) for each in ranked if not each.changed]
    if lines:
        st.markdown(f"**{_('No measured effect')}**")
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def effect_row(each: Effect) -> dict[str, Any]:
    """What leaving one specialist out does."""
    return {
        _("without"): each.agent,
        _("changed"): each.changed,
        _("raised"): each.raised,
        _("lowered"): each.lowered,
        _("changed by its say alone"): each.silenced,
        _("stance"): "–" if each.stance is None else f"{each.stance:+.3f}",
        _("facts lost"): f"{each.facts:.1f}",
    }


def no_effect(each: Effect) -> str:
    """That nothing changes without it, and the most that its true share may be."""
    said = _("{agent}: none of {of} decisions; its true share may be up to {most} (95% sure)").format(
        agent=each.agent, of=each.of, most=f"{each.at_most:.1%}"
    )
    return said + (_(", its say alone changes some") if each.silenced else "")


SECTIONS: Sequence[Section] = (
    Section(marked("Verdicts"), _verdicts),
    Section(marked("Specialists"), _specialists),
    Section(marked("Cost and speed"), _costs),
    Section(marked("What each changes"), _worth),
)
