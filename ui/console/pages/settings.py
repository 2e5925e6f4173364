"""Settings and health: what doctor knows, the weights with their history, the settings in force, who may come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import SecretStr

from graphs.checkup import Check, examine
from graphs.people import Deed
from graphs.product import Product
from graphs.settings import Settings
from store.audit import load_audit
from store.decisions import Row
from store.weights import FIVE, LEAST_SUM, MOST, add_weights, load_weights
from ui import wording
from ui.console.desk import Visit
from ui.console.pages import members
from ui.console.parts import badge, empty, head, named, section, told
from ui.console.plot import Spec, tip, tip_of_text
from ui.console.start import visit
from ui.console.text import plain
from ui.console.words import _, counted, marked

VERSIONS, ENTRIES = 100, 200
TERMS = {
    "freshness": marked("freshness"),
    "engagement": marked("engagement"),
    "novelty": marked("novelty"),
    "community_fit": marked("community fit"),
    "seasonality": marked("seasonality"),
}


def page() -> None:
    """What whoever looks may see of it."""
    draw(visit())


def draw(here: Visit) -> None:
    """One section at a time, those that the person's role may see."""
    head(_("Settings and health"))
    sections = dict(sections_of(here))
    sections[section(list(sections), "settings section")](here)


def sections_of(here: Visit) -> Iterator[tuple[str, Callable[[Visit], None]]]:
    """The sections in order, by name."""
    sections: tuple[tuple[str, Callable[[Visit], None], Deed], ...] = (
        (marked("Weights"), weights, Deed.LOOK),
        (marked("Health"), health, Deed.READ_HEALTH),
        (marked("Settings"), in_force, Deed.READ_HEALTH),
        (marked("Members and keys"), members.section, Deed.KEEP_PEOPLE),
        (marked("Audit log"), audit, Deed.READ_AUDIT),
    )
    return ((name, draw) for name, draw, needs in sections if here.person.may(needs))


def health(here: Visit) -> None:
    """Every check, area by area; what is broken first said."""
    checks = list(examine(here.desk.settings))
    broken = [check for check in checks if check.state == "broken"]
    if broken:
        st.error(counted("{count} thing is broken", "{count} things are broken", len(broken)), icon=":material/error:")
    else:
        st.success(_("Nothing is broken. What is skipped is not configured, and says how to switch it on."))
    for area, members_of in groupby(checks, key=lambda check: check.area):
        st.subheader(plain(area.capitalize()), anchor=False)
        st.markdown("\n\n".join(check_text(check) for check in members_of))


def check_text(check: Check) -> str:
    """A check as one line of Markdown, and what would change it below."""
    line = f"{badge(check.state)} **{plain(check.name)}** {plain(check.detail)}"
    return f"{line}  \n:gray[:material/arrow_forward: {plain(check.todo)}]" if check.todo else line


def weights(here: Visit) -> None:
    """The five as they are, how they came to be, and a form for those who may set them."""
    rows = here.ask(load_weights, VERSIONS)
    if not rows:
        empty(_("No weights yet"), _("They come with the first run."), ":material/balance:")
        return
    st.caption(_("How much each of the five terms counts in an idea's score. Only their proportions matter."))
    chart, form = st.columns([3, 2], gap="medium")
    with chart:
        st.vega_lite_chart(_current(rows[0]), width="stretch", height=190)
        if len(rows) > 1:
            st.vega_lite_chart(_over_versions(rows), width="stretch", height=320)
    with form:
        if here.person.may(Deed.SET_WEIGHTS):
            with told():
                _weights_form(here, rows[0])
    st.subheader(_("History"), anchor=False)
    st.dataframe(pd.DataFrame([weights_row(row) for row in rows]), hide_index=True, width="stretch")


def weights_row(row: Row) -> dict[str, Any]:
    """A version: who, when, why, and its five."""
    told_of = {_("version"): row["version"], _("since"): wording.day(row["known_at"])}
    five = {_(TERMS[name]): row[name] for name in FIVE}
    return told_of | five | {_("by"): row["actor"] or _("as shipped"), _("why"): row["reason"]}


def shares(row: Row) -> dict[str, float]:
    """The part of each term in the whole, in [0, 1]."""
    whole = sum(row[name] for name in FIVE)
    return {name: row[name] / whole if whole >= LEAST_SUM else 0.0 for name in FIVE}


def _current(row: Row) -> Spec:
    """The shares of one version, as bars."""
    rows = [{"term": _(TERMS[name]), "share": share} for name, share in shares(row).items()]
    encoding = {
        "x": _share_axis(),
        "y": {"field": "term", "type": "nominal", "title": None, "sort": None},
        "tooltip": [tip_of_text("term", _("term")), tip("share", _("share"), ".1%")],
    }
    return {"data": {"values": rows}, "mark": {"type": "bar", "cornerRadiusEnd": 3}, "encoding": encoding}


def _over_versions(rows: list[Row]) -> Spec:
    """The shares of all versions, a line a term."""
    points = [
        {"version": row["version"], "term": _(TERMS[name]), "share": share}
        for row in rows
        for name, share in shares(row).items()
    ]
    order, legend = [_(TERMS[name]) for name in FIVE], {"orient": "bottom", "columns": 2}
    axis = {"labelAngle": 0, "labelOverlap": True}
    encoding = {
        "x": {"field": "version", "type": "ordinal", "title": _("version"), "axis": axis},
        "y": _share_axis(),
        "color": {"field": "term", "type": "nominal", "title": None, "sort": order, "legend": legend},
        "tooltip": [
            tip_of_text("version", _("version")),
            tip_of_text("term", _("term")),
            tip("share", _("share"), ".1%"),
        ],
    }
    return {"data": {"values": points}, "mark": {"type": "line", "point": True}, "encoding": encoding}


def _share_axis() -> Spec:
    return {"field": "share", "type": "quantitative", "title": None, "axis": {"format": "%", "tickCount": 4}}


def _weights_form(here: Visit, newest: Row) -> None:
    with st.form("weights", border=True):
        st.markdown(f"**{_('Set new weights')}**")
        left, right = st.columns(2)
        five = {
            name: side.number_input(_(TERMS[name]), 0.0, MOST, float(newest[name]), 0.05, format="%.2f")
            for name, side in zip(FIVE, (left, left, left, right, right), strict=True)
        }
        reason = st.text_input(_("Why"), max_chars=300)
        if st.form_submit_button(_("Set"), type="primary", icon=":material/balance:"):
            row = here.act(Deed.SET_WEIGHTS, partial(_set, five, reason, here.person.handle, newest["version"]))
            st.toast(f"{_('Set: version')} {row['version']}", icon=":material/check:")
            st.rerun()


async def _set(five: Mapping[str, float], reason: str, actor: str, based_on: int, product: Product) -> Row:
    async with product.pool.connection() as connection:
        return await add_weights(connection, five, reason, actor, datetime.now(UTC), based_on)


def in_force(here: Visit) -> None:
    """Every setting with its value and where it comes from; of secrets only whether they are set."""
    st.caption(_("Environment first, then .env, then the default. Secrets are never shown."))
    rows = [setting_row(here.desk.settings, name) for name in Settings.model_fields]
    wide = {_("setting"): st.column_config.TextColumn(width=290), _("value"): st.column_config.TextColumn(width=160)}
    st.dataframe(pd.DataFrame(rows), column_config=wide, hide_index=True, width="stretch", height=900)


def setting_row(settings: Settings, name: str) -> dict[str, str]:
    """One setting as the environment names it, without a secret in it."""
    field, value = Settings.model_fields[name], getattr(settings, name)
    alias = field.validation_alias
    changed = name in settings.model_fields_set
    return {
        _("setting"): alias if isinstance(alias, str) else f"BELLWETHER_{name.upper()}",
        _("value"): _("set") if isinstance(value, SecretStr) else "–" if value in (None, "", {}) else str(value),
        _("from"): _("set here") if changed else _("default"),
        _("what it does"): field.description or "",
    }


def audit(here: Visit) -> None:
    """Who did what at which door, the newest first."""
    rows = here.ask(load_audit, None, ENTRIES)
    if not rows:
        empty(_("Nothing yet"), _("What people do at any door is written here."), ":material/history:")
        return
    st.dataframe(pd.DataFrame([audit_row(row) for row in rows]), hide_index=True, width="stretch", height=600)


def audit_row(row: Row) -> dict[str, Any]:
    """An entry as people read it."""
    return {
        _("when"): row["recorded_at"],
        _("who"): row["actor"] or "–",
        _("door"): row["door"],
        _("what"): row["deed"],
        _("outcome"): named(row["outcome"]),
        _("of"): row["subject"],
        _("more"): ", ".join(f"{name} {value}" for name, value in row["detail"].items()),
    }
