"""Origin: the way back from a listing: design, idea, decision, facts, who approved, each with the way to its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from graphs.people import Deed
from store.decisions import Row
from ui import wording
from ui.console.desk import Visit
from ui.console.navigation import page_at
from ui.console.parts import badge, moments
from ui.console.states import state_name
from ui.console.text import plain, shortened
from ui.console.words import _, counted

MOST_TEXT, MOST_REASONS = 60, 3


def draw(here: Visit, found: Row) -> None:
    """Step by step, from what is sold to what it was seen in."""
    with st.container(key="listing-origin", gap="xsmall"):
        st.subheader(_("Where it comes from"), anchor=False)
        _approved(here, found)
        _design(found["design"])
        if found["idea"] is None:
            st.caption(_("The design came from a file of rows: no idea stands behind it."))
            return
        _idea(found)
        _decision(found)
        _facts(found)


def _step(title: str, line: str) -> None:
    st.markdown(f"**{plain(title)}**  \n:small[:gray[{line}]]")


def _link(path: str, label: str, icon: str, **address: str) -> None:
    page = page_at(path)
    if page is not None:
        st.page_link(page, label=plain(label), icon=icon, query_params=address)


def _approved(here: Visit, found: Row) -> None:
    """Who said yes to what goes out."""
    puts = [each for each in found["pushes"] if each["verb"] == "put" and each["status"] != "withdrawn"]
    if not puts:
        _step(_("Nobody has approved it yet"), plain(_("Nothing goes out before somebody does.")))
        return
    last = puts[-1]
    when = f"{wording.day(last['recorded_at'])}, {last['recorded_at']:%H:%M} UTC"
    why = f": {last['reason']}" if last["reason"] else ""
    _step(_("Approved by {who}").format(who=last["actor"]), plain(f"{when}{why}"))
    if here.person.may(Deed.READ_AUDIT):
        _link("settings", _("Who did what: the audit log"), ":material/history_edu:")


def _design(design: Row) -> None:
    made = f"{design['renderer']} {design['version']} · {_('seed')} {design['seed']} · {design['brand']}"
    _step(_("Design"), plain(made))
    _link(
        "designs",
        shortened(design["text"] or _("The design"), MOST_TEXT),
        ":material/palette:",
        design=str(design["id"]),
    )


def _idea(found: Row) -> None:
    idea = found["idea"]
    said = " · ".join(_answer(each) for each in found["approvals"])
    _step(_("Idea"), plain(" · ".join(filter(None, (idea["audience"], said)))))
    _link("review", shortened(idea["phrase"], MOST_TEXT), ":material/lightbulb:", idea=str(idea["id"]))


def _answer(row: Mapping[str, Any]) -> str:
    return _("{answer} by {who} on {day}").format(
        answer=_answers().get(row["answer"], row["answer"]), who=row["actor"], day=wording.day(row["decided_at"])
    )


def _answers() -> dict[str, str]:
    return {"approve": _("approved"), "edit": _("changed and approved"), "reject": _("rejected")}


def _decision(found: Row) -> None:
    decision = found["decision"]
    if decision is None:
        return
    reasons = " ".join(map(str, decision["reasons"][:MOST_REASONS]))
    st.markdown(
        f"**{plain(_('Decision'))}** {badge(decision['verdict'])}  \n:small[:gray[{plain(shortened(reasons, 300))}]]"
    )
    _link("review", _("Its eight steps"), ":material/gavel:", idea=str(found["idea"]["id"]))


def _facts(found: Row) -> None:
    sources = ", ".join(
        counted("{count} signal", "{count} signals", each["signals"]) + f" ({each['source']})"
        for each in found["sources"]
    )
    _step(counted("{count} fact", "{count} facts", len(found["facts"])), plain(sources or "–"))
    _link("review", _("The facts and their rows"), ":material/fact_check:", idea=str(found["idea"]["id"]))


# What happened --------------------------------------------------------------------------------------------------------


def history(found: Row) -> None:
    """Every push with what came of it, every change of status; the newest first."""
    with st.expander(_("Pushes and history"), icon=":material/history:"):
        if found["pushes"]:
            frame = pd.DataFrame([push_row(each) for each in reversed(found["pushes"])])
            st.dataframe(frame, hide_index=True, width="stretch", column_config=moments(_("approved"), _("ended")))
        frame = pd.DataFrame([event_row(each) for each in reversed(found["events"])])
        st.dataframe(frame, hide_index=True, width="stretch", column_config=moments(_("when")))
        by = found["written_by"]
        said = _("by the shipped wordings") if by in ("rule", "templates") else by
        st.caption(plain(f"{_('Draft')} {found['nth']}, {_('written')}: {said}. {found['remark']}"))


def push_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Something that went out, or is to."""
    return {
        _("approved"): row["recorded_at"],
        _("what"): _("put up") if row["verb"] == "put" else _("end"),
        _("status"): _("taken back") if row["status"] == "withdrawn" else state_name(row["status"]),
        _("tries"): row["takes"],
        _("by"): row["actor"],
        _("said"): row["error"],
        _("ended"): row["ended_at"],
    }


def event_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A change of its status."""
    return {
        _("when"): row["recorded_at"],
        _("from"): state_name(row["from_status"] or "–"),
        _("to"): state_name(row["to_status"]),
        _("who"): row["actor"],
        _("why"): row["reason"],
    }
