"""Gates: what each gate said, at a glance, and opened: what was checked, against what, when, and what was found.

Who may let a gate pass does so here, with a reason that is kept for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from graphs.launches import BOUNDS
from graphs.people import Deed
from store.decisions import Row
from ui import wording
from ui.console import selling
from ui.console.desk import Visit
from ui.console.parts import GREEN, RED, YELLOW, age, told
from ui.console.states import gate_name
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

OUTCOMES = {
    "clear": (marked("clear"), GREEN, ":material/check_circle:"),
    "blocked": (marked("blocks"), RED, ":material/block:"),
    "could not run": (marked("could not run"), YELLOW, ":material/error:"),
    "passed": (marked("let pass"), YELLOW, ":material/verified_user:"),
}
WHERE = {
    "artwork": marked("the design"), "title": marked("the title"), "description": marked("the description"),
    "tags": marked("the tags"), "bullets": marked("the bullets"), "picture": marked("a picture"),
    "claim": marked("a claim"), "disclosure": marked("a disclosure"), "variants": marked("the variants"),
}  # fmt: skip
MOST_REASON, MOST_WHY, MOST_EVIDENCE = 500, 300, 30
ORDER = ("blocked", "could not run", "passed", "clear")


def draw(here: Visit, found: Row) -> None:
    """All of them; those that block first."""
    gates = sorted(found["gates"], key=lambda each: (ORDER.index(outcome_of(each)), each["name"]))
    blocking = [each for each in gates if outcome_of(each) in ("blocked", "could not run")]
    with st.container(key="listing-gates", gap="xsmall"):
        st.subheader(_("Gates"), anchor=False)
        if not gates:
            st.caption(_("They have not looked at it yet."))
            return
        st.markdown(_glance(len(gates), len(blocking)))
        for each in gates:
            _one(here, found, each)


def _glance(count: int, blocking: int) -> str:
    if not blocking:
        clear = counted("{count} gate lets it go", "all {count} gates let it go", count)
        return f":green-badge[:material/check: {plain(clear)}]"
    said = counted("{count} gate blocks it", "{count} gates block it", blocking)
    return f":red-badge[:material/block: {plain(said)}]"


def outcome_of(gate: Mapping[str, Any]) -> str:
    """As it counts: "passed" where a person let it pass that was not clear."""
    return "passed" if gate["passed_at"] is not None and gate["outcome"] != "clear" else str(gate["outcome"])


def _one(here: Visit, found: Row, gate: Row) -> None:
    outcome, verdict = outcome_of(gate), gate["verdict"]
    word, colour, icon = OUTCOMES[outcome]
    label = f":{colour}[{icon} **{plain(gate_name(gate['name']))}**] :small[{plain(_(word))}]"
    with st.expander(label, expanded=outcome in ("blocked", "could not run")):
        if why := verdict.get("why"):
            st.markdown(plain(shortened(why, MOST_WHY)))
        if gate["passed_at"] is not None:
            st.info(plain(_passed(gate)), icon=":material/verified_user:")
        _refusals(verdict.get("refusals", ()))
        _evidence(verdict.get("evidence", ()))
        _checked(verdict)
        if outcome in ("blocked", "could not run") and found["status"] == "blocked":
            _let_pass(here, found, gate)


def _passed(gate: Row) -> str:
    return _("{who} let it pass on {day}: {why}").format(
        who=gate["passed_by"], day=wording.day(gate["passed_at"]), why=gate["passed_why"]
    )


def _refusals(lines: Sequence[str]) -> None:
    if len(lines) > 1:
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def _evidence(found: Sequence[Mapping[str, Any]]) -> None:
    if found:
        rows = sorted(found, key=lambda each: not each.get("blocks", True))[:MOST_EVIDENCE]
        st.html(f'<div class="evidence">{"".join(map(_piece, rows))}</div>')


def _piece(each: Mapping[str, Any]) -> str:
    """One thing that was found: where it stands, what it is, how that was seen."""
    where = _(WHERE[each["where"]]) if each["where"] in WHERE else str(each["where"])
    facts = ", ".join(f"{name} {value}" for name, value in (each.get("facts") or {}).items() if value)
    score = each.get("score")
    how = " · ".join(filter(None, (each.get("how", ""), facts, "" if score is None else f"{score:.2f}")))
    tone = "blocks" if each.get("blocks", True) else "hint"
    return (
        f'<div class="{tone}"><small>{escape(where)}</small><q dir="auto">{escape(str(each["written"]))}</q>'
        f"<b>{escape(str(each['found']))}</b><i>{escape(how)}</i></div>"
    )


def _checked(verdict: Mapping[str, Any]) -> None:
    """What was looked at, against what, and when."""
    lines = []
    if checked := verdict.get("checked"):
        lines.append(f"{_('Looked at')}: {', '.join(map(str, checked))}")
    if against := verdict.get("against"):
        lines.append(f"{_('Held against')}: {'; '.join(source_text(each) for each in against)}")
    if when := verdict.get("when"):
        lines.append(_("{age} ago").format(age=age(datetime.fromisoformat(when))))
    st.caption("  \n".join(plain(line) for line in lines))


def source_text(source: Mapping[str, Any]) -> str:
    """A list or register with its version and size."""
    size = source.get("size")
    rows = "" if size is None else ", " + counted("{count} row", "{count} rows", int(size))
    version = f" {source['version']}" if source.get("version") else ""
    return f"{source['name']}{version}{rows}"


def _let_pass(here: Visit, found: Row, gate: Row) -> None:
    name = gate["name"]
    if name == BOUNDS:
        st.caption(_("Nobody can let this pass: the marketplace itself would refuse it. Change the draft."))
        return
    if not here.person.may(Deed.WAIVE):
        st.caption(_("To let a gate pass takes the role admin."))
        return
    with st.container(key=f"pass-{name}", horizontal=True, gap="small", vertical_alignment="bottom"):
        why = st.text_input(
            _("Why it may pass; kept for good"),
            key=f"pass why {name} {found['nth']}",
            max_chars=MOST_REASON,
            live="200ms",
        )
        if st.button(
            _("Let it pass"), key=f"pass-sure-{name}", icon=":material/verified_user:", disabled=not why.strip()
        ):
            with told():
                selling.do(
                    here, lambda launches: launches.let_pass(found["id"], [name], why.strip()), found["id"], Deed.WAIVE
                )
                st.rerun()
