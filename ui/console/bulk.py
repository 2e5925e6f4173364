"""Bulk: several ideas answered at once, each with its own verdict; then what came of each, and one undo for all.

What is about to be answered is shown first and done only if it is still that: an answer to many ideas is never one slip
of the mouse away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.inbox import NOTE_LIMIT
from graphs.people import Deed
from graphs.reviews import Outcome, Verdict
from ui.console.desk import Visit
from ui.console.parts import named
from ui.console.reading import DESK, Reading, Row, Said, reading, telling
from ui.console.text import plain, shortened
from ui.console.undo import DONE, remember
from ui.console.words import _, counted, marked

LATER = "later"
VERDICTS = {
    "approve": marked("Approve"),
    "reject": marked("Reject"),
    "ignore": marked("Ignore"),
    LATER: marked("Leave it"),
}
MOST = 100
"""Ideas that are answered at once."""
REASON = "bulk-reason"
MOST_NAMED = 200
"""Characters of the names of ideas that could not be answered for the same reason."""


@st.fragment
def draw(here: Visit) -> None:
    """The chosen ideas, each with the verdict that is proposed for it; nothing is sent before it is asked for."""
    state = reading()
    st.subheader(counted("{count} idea chosen", "{count} ideas chosen", len(state.chosen)), anchor=False)
    if not here.person.may(Deed.DECIDE):
        st.info(_("Your role may send notes; deciding takes the role business."))
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for verdict, label in (("approve", _("Approve all")), ("reject", _("Reject all")), ("ignore", _("Ignore all"))):
            st.button(label, key=f"all-{verdict}", on_click=_propose, args=(verdict,))
        st.button(_("Clear"), key="clear", type="tertiary", on_click=_clear)
    with st.container(key="bulk-rows", gap="small"):
        for row in state.chosen.values():
            _one(row)
    st.text_input(
        _("Reason for every rejection that has none of its own"), key=REASON, on_change="ignore", live="200ms"
    )
    _send(here, state)


def _one(row: Row) -> None:
    """One idea with the verdict it is to be given, and why if that is a no."""
    key = _verdict_key(row["id"])
    label = plain(f"{shortened(row['phrase'], 80)} · {named(row['verdict'])}")
    st.session_state.setdefault(key, _proposed(row))
    with st.container(key=f"bulk-row-{row['id']}", horizontal=True, gap="small", vertical_alignment="bottom"):
        given = st.segmented_control(
            label, list(VERDICTS), format_func=lambda name: _(VERDICTS[name]), key=key, required=True,
            on_change=_wait, persist_state="page",
        )  # fmt: skip
        if given == "reject":
            st.text_input(
                _("Reason"), key=_reason_key(row["id"]), on_change="ignore", live="200ms", max_chars=NOTE_LIMIT,
                persist_state="page", placeholder=_("Reason"), label_visibility="collapsed",
            )  # fmt: skip


def _send(here: Visit, state: Reading) -> None:
    """The way to answer: asked for, then agreed to as it is shown."""
    verdicts = _verdicts(state)
    with st.container(key="send-bulk", horizontal=True, gap="small", vertical_alignment="center"):
        if not (state.asked and verdicts):
            label = counted("Answer {count} idea", "Answer {count} ideas", len(state.chosen))
            st.button(label, type="primary", key="answer-all", on_click=_ask)
            return
        st.markdown(f"**{_summary(state, verdicts)}**", width="content")
        st.button(_("Yes, answer"), type="primary", key="answer-sure", on_click=_answer, args=(here, verdicts))
        st.button(_("Not yet"), key="answer-not-yet", type="tertiary", on_click=_wait)


def choose(state: Reading, ids: Sequence[str]) -> None:
    """Those of this page that are chosen now, beside those of other pages."""
    shown = {row["id"] for row in state.rows}
    others = {key: row for key, row in state.chosen.items() if key not in shown}
    wanted = {row["id"]: row for row in state.rows if str(row["id"]) in set(ids)}
    state.asked = False
    state.chosen = dict(list((others | wanted).items())[:MOST])


def _verdict_key(idea_id: UUID) -> str:
    return f"bulk verdict {idea_id}"


def _reason_key(idea_id: UUID) -> str:
    return f"bulk reason {idea_id}"


def _summary(state: Reading, verdicts: Sequence[Verdict]) -> str:
    """How many of each are about to be answered, how many are left, and which rejections will be refused."""
    kinds = [each.answer for each in verdicts] + [LATER] * (len(state.chosen) - len(verdicts))
    said = {kind: f"{_(label)}: {kinds.count(kind):,}" for kind, label in VERDICTS.items() if kind in kinds}
    if bare := sum(each.answer == "reject" and not each.reason for each in verdicts):
        said["reject"] += " " + _("({count} without a reason)").format(count=f"{bare:,}")
    return ", ".join(said.values())


def _proposed(row: Row) -> str:
    """What the agents advise; where they want a person's judgement, nothing."""
    verdict: str = row["verdict"]
    return verdict if verdict in ("approve", "reject") else LATER


def _propose(verdict: str) -> None:
    state = reading()
    state.asked = False
    for key in state.chosen:
        st.session_state[_verdict_key(key)] = verdict


def _clear() -> None:
    state = reading()
    state.asked, state.chosen = False, {}
    st.rerun(DESK)


def _ask() -> None:
    """Show what is about to be answered; where nothing is, say so."""
    state = reading()
    state.asked = bool(_verdicts(state))
    if not state.asked:
        state.said.append(Said(_("Every idea is left as it is: choose a verdict for one of them.")))


def _wait() -> None:
    reading().asked = False


def _answer(here: Visit, shown: Sequence[Verdict]) -> None:
    """Answer what was shown, if it is still what stands there; what cannot be taken stays chosen, with its reason."""
    state = reading()
    verdicts = _verdicts(state)
    if verdicts != list(shown):  # typed meanwhile: it is shown anew
        return
    state.asked, asked = False, {each.idea_id for each in verdicts}
    state.said = [line for line in state.said if line.good or line.idea_id not in asked]
    with telling(state):
        actor = here.person.handle
        _tell(state, verdicts, here.act(Deed.DECIDE, lambda product: product.reviews.bulk(verdicts, actor=actor)))
    st.rerun(DESK)


def _verdicts(state: Reading) -> list[Verdict]:
    return verdicts_of(state.chosen, {str(key): value for key, value in st.session_state.items()})


def verdicts_of(chosen: Mapping[UUID, Row], typed: Mapping[str, Any]) -> list[Verdict]:
    """What is to be answered, of what stands in the fields; a rejection without its own words gets the common ones."""
    common, verdicts = str(typed.get(REASON) or "").strip(), []
    for key, row in chosen.items():
        answer = typed.get(_verdict_key(key)) or _proposed(row)
        own = str(typed.get(_reason_key(key)) or "").strip()
        if answer != LATER:
            verdicts.append(Verdict(key, answer, (own or common or None) if answer == "reject" else None))
    return verdicts


def _tell(state: Reading, verdicts: Sequence[Verdict], outcomes: Sequence[Outcome]) -> None:
    done = [(verdict, outcome.review) for verdict, outcome in zip(verdicts, outcomes, strict=True) if outcome.review]
    phrases = {key: row["phrase"] for key, row in state.chosen.items()}
    if done:
        kinds = [verdict.answer for verdict, _review in done]
        counts = ", ".join(f"{kinds.count(kind):,} {_(DONE[kind]).lower()}" for kind in dict.fromkeys(kinds))
        state.said.append(Said(counts, good=True))
        remember(
            state, "bulk", [(each.idea_id, phrases[each.idea_id]) for each, _review in done], [row for _v, row in done]
        )
    failed: dict[tuple[str, str], list[UUID]] = {}
    for verdict, outcome in zip(verdicts, outcomes, strict=True):
        if outcome.error is not None:
            failed.setdefault((str(outcome.error), verdict.reason or ""), []).append(outcome.idea_id)
        else:
            state.chosen.pop(outcome.idea_id)
    for (error, typed), ids in failed.items():
        names = shortened(", ".join(phrases[each] for each in ids), MOST_NAMED)
        state.said.append(Said(f"{names}: {error}", typed, ids[0]))
