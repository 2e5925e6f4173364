"""Bulk: several ideas answered at once, each with its own verdict; then what came of each, and one undo for all.

What is typed into the table is folded into drafts before its rows change, so that it stays with its idea.

The browser sends what was typed a moment after it was, so a click can overtake it. So what is about to be answered is
shown first, and done only if it is still that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.people import Deed
from graphs.reviews import Outcome, Verdict
from ui.console.desk import Visit
from ui.console.parts import named
from ui.console.reading import DESK, Draft, Reading, Row, Said, reading, telling
from ui.console.text import shortened
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
    st.data_editor(
        _table(state), key=_key(state), hide_index=True, disabled=["idea", "advice"],
        column_config=_columns(), height="content",
    )  # fmt: skip
    st.text_input(
        _("Reason for every rejection that has none of its own"), key=REASON, on_change="ignore", live="200ms"
    )
    _send(here, state)


def _send(here: Visit, state: Reading) -> None:
    """The way to answer: asked for, then agreed to as it is shown."""
    verdicts = verdicts_of(state, _common_reason())
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
    fold(state)
    shown = {row["id"] for row in state.rows}
    others = {key: row for key, row in state.chosen.items() if key not in shown}
    wanted = {row["id"]: row for row in state.rows if str(row["id"]) in set(ids)}
    state.chosen = dict(list((others | wanted).items())[:MOST])


def fold(state: Reading) -> None:
    """Take what was typed into the table into the drafts, by idea; the next table begins with it."""
    state.drafts |= _typed(state)
    state.asked = False
    state.round += 1


def _typed(state: Reading) -> dict[UUID, Draft]:
    """The drafts that were changed in the table, by idea."""
    typed: Mapping[str, Any] = st.session_state.get(_key(state)) or {}
    rows, drafts = list(state.chosen), {}
    for at, changes in typed.get("edited_rows", {}).items():
        old = state.drafts.get(rows[int(at)], _proposed(state.chosen[rows[int(at)]]))
        verdict, reason = changes.get("verdict", old.verdict), changes.get("reason", old.reason)
        drafts[rows[int(at)]] = Draft(verdict or LATER, reason or "")
    return drafts


def _common_reason() -> str:
    return str(st.session_state.get(REASON) or "").strip()


def _summary(state: Reading, verdicts: Sequence[Verdict]) -> str:
    """How many of each are about to be answered, how many are left, and which rejections will be refused."""
    kinds = [each.answer for each in verdicts] + [LATER] * (len(state.chosen) - len(verdicts))
    said = {kind: f"{_(label)}: {kinds.count(kind):,}" for kind, label in VERDICTS.items() if kind in kinds}
    if bare := sum(each.answer == "reject" and not each.reason for each in verdicts):
        said["reject"] += " " + _("({count} without a reason)").format(count=f"{bare:,}")
    return ", ".join(said.values())


def _key(state: Reading) -> str:
    return f"bulk-table-{state.round}"


def _proposed(row: Row) -> Draft:
    """What the agents advise; where they want a person's judgement, nothing."""
    return Draft(row["verdict"] if row["verdict"] in ("approve", "reject") else LATER)


def _table(state: Reading) -> pd.DataFrame:
    drafts = [state.drafts.get(key, _proposed(row)) for key, row in state.chosen.items()]
    return pd.DataFrame(
        {
            "idea": [row["phrase"] for row in state.chosen.values()],
            "advice": [named(row["verdict"]) for row in state.chosen.values()],
            "verdict": [draft.verdict for draft in drafts],
            "reason": [draft.reason for draft in drafts],
        }
    )


def _columns() -> dict[str, Any]:
    return {
        "idea": st.column_config.TextColumn(_("Idea"), width="medium"),
        "advice": st.column_config.TextColumn(_("Agents"), width="small"),
        "verdict": st.column_config.SelectboxColumn(
            _("You"),
            options=list(VERDICTS),
            format_func=lambda name: _(VERDICTS[str(name)]),
            required=True,
            width="small",
        ),
        "reason": st.column_config.TextColumn(_("Reason"), width="medium", max_chars=2000),
    }


def _propose(verdict: str) -> None:
    state = reading()
    fold(state)
    for key in state.chosen:
        state.drafts[key] = Draft(verdict, state.drafts.get(key, Draft(verdict)).reason)


def _clear() -> None:
    state = reading()
    fold(state)
    state.chosen = {}


def _ask() -> None:
    """Show what is about to be answered; where nothing is, say so."""
    state = reading()
    state.asked = bool(verdicts_of(state, _common_reason()))
    if not state.asked:
        state.said.append(Said(_("Every idea is left as it is: choose a verdict for one of them.")))


def _wait() -> None:
    reading().asked = False


def _answer(here: Visit, shown: Sequence[Verdict]) -> None:
    """Answer what was shown, if it is still what stands there; what cannot be taken stays chosen, with its reason."""
    state = reading()
    verdicts = verdicts_of(state, _common_reason())
    if verdicts != list(shown):  # typed meanwhile: it is shown anew
        return
    fold(state)
    asked = {each.idea_id for each in verdicts}
    state.said = [line for line in state.said if line.good or line.idea_id not in asked]
    with telling(state):
        actor = here.person.handle
        _tell(state, verdicts, here.act(Deed.DECIDE, lambda product: product.reviews.bulk(verdicts, actor=actor)))
    st.rerun(DESK)


def verdicts_of(state: Reading, reason: str) -> list[Verdict]:
    """What is to be answered; a rejection without words of its own gets the common ones."""
    known = state.drafts | _typed(state)
    drafts = {key: known.get(key, _proposed(row)) for key, row in state.chosen.items()}
    return [
        Verdict(key, draft.verdict, draft.reason.strip() or (reason if draft.verdict == "reject" else "") or None)
        for key, draft in drafts.items()
        if draft.verdict != LATER
    ]


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
            state.drafts.pop(outcome.idea_id, None)
    for (error, typed), ids in failed.items():
        names = shortened(", ".join(phrases[each] for each in ids), MOST_NAMED)
        state.said.append(Said(f"{names}: {error}", typed, ids[0]))
