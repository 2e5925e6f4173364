"""Many: several listings answered at once, each with its own verdict; then what came of each, and one undo for all.

What is about to be answered is shown first, and done only as it stood when it was chosen: one that was changed
meanwhile is refused by its digest and stays chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.launches import Launches
from graphs.people import Deed
from store.decisions import Row
from store.listings import ListingError
from ui.console import selling
from ui.console.desk import Visit
from ui.console.parts import told
from ui.console.selling import APPROVE, DECLINE, DONE, answers, launches_of
from ui.console.states import market_name, state_name
from ui.console.text import plain, shortened
from ui.console.words import _, counted, marked

LATER = "later"
OWN, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""A title keeps its own direction, and what stands beside it keeps the reader's."""
VERDICTS = {APPROVE: marked("Approve"), DECLINE: marked("Decline"), LATER: marked("Leave it")}
REASON, ASKED = "many reason", "many asked"
MOST_REASON, MOST_NAMED = 500, 200
Chosen = Mapping[UUID, Row]
Letting = Callable[[Sequence[UUID] | None], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be answered to one listing, as it stood."""

    listing_id: UUID
    title: str
    digest: str
    answer: str
    reason: str = ""


def draw(here: Visit, chosen: Chosen, let_go: Letting) -> None:
    """The chosen listings, each with the verdict that is proposed for it; nothing is sent before it is asked for."""
    with st.container(border=True, key="many", gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            said = counted("{count} listing chosen", "{count} listings chosen", len(chosen))
            st.markdown(f"**{said}**", width="content")
            for answer, label in ((APPROVE, _("Approve all")), (DECLINE, _("Decline all"))):
                st.button(label, key=f"many-{answer}", on_click=_propose, args=(chosen, answer))
            st.button(_("Clear"), key="many-clear", type="tertiary", on_click=let_go, args=(None,))
        with st.container(key="many-rows", gap="small"):
            for row in chosen.values():
                _one(row)
        if any(each.answer == DECLINE for each in verdicts_of(chosen, _typed())):
            st.text_input(
                _("Reason for every no that has none of its own"), key=REASON, max_chars=MOST_REASON, live="200ms",
                on_change=wait,
            )  # fmt: skip
        _send(here, chosen, let_go)


def _one(row: Row) -> None:
    """One listing with the answer it is to be given, and why if that is a no."""
    key, options = _verdict_key(row["id"]), _options(row)
    st.session_state.setdefault(key, _proposed(row))
    where = f"{market_name(row['marketplace'])}, {state_name(row['status'])}"
    label = plain(f"{OWN}{shortened(row['title'], 70)}{END} · {where}")
    with st.container(key=f"many-row-{row['id']}", horizontal=True, gap="small", vertical_alignment="bottom"):
        given = st.segmented_control(
            label, options, format_func=lambda name: _(VERDICTS[name]), key=key, required=True, on_change=wait,
            persist_state="page",
        )  # fmt: skip
        if given == DECLINE:
            st.text_input(
                _("Reason"), key=_reason_key(row["id"]), max_chars=MOST_REASON, placeholder=_("Reason"), live="200ms",
                label_visibility="collapsed", on_change=wait, persist_state="page",
            )  # fmt: skip


def _send(here: Visit, chosen: Chosen, let_go: Letting) -> None:
    """The way to answer: asked for, then agreed to as it is shown."""
    given = verdicts_of(chosen, _typed())
    with st.container(key="many-send", horizontal=True, gap="small", vertical_alignment="center"):
        if not (st.session_state.get(ASKED) and given):
            label = counted("Answer {count} listing", "Answer {count} listings", len(given))
            st.button(label, type="primary", key="many-answer", on_click=_ask, disabled=not given)
            return
        st.markdown(f"**{plain(summary(given, len(chosen)))}**", width="content")
        st.button(_("Yes, answer"), type="primary", key="many-sure", on_click=_answer, args=(here, chosen, let_go))
        st.button(_("Not yet"), key="many-not-yet", type="tertiary", on_click=wait)


def summary(given: Sequence[Verdict], chosen: int) -> str:
    """How many of each are about to be answered, how many are left, and which will be refused."""
    kinds = [each.answer for each in given] + [LATER] * (chosen - len(given))
    parts = {kind: f"{_(label)}: {kinds.count(kind):,}" for kind, label in VERDICTS.items() if kind in kinds}
    if bare := sum(each.answer == DECLINE and not each.reason for each in given):
        parts[DECLINE] += " " + _("({count} without a reason)").format(count=f"{bare:,}")
    return ", ".join(parts.values())


def verdicts_of(chosen: Chosen, typed: Mapping[str, Any]) -> list[Verdict]:
    """What is to be answered, of what stands in the fields; a no without its own words gets the common ones."""
    common, found = str(typed.get(REASON) or "").strip(), []
    for key, row in chosen.items():
        answer = typed.get(_verdict_key(key)) or _proposed(row)
        own = str(typed.get(_reason_key(key)) or "").strip()
        if answer != LATER:
            why = (own or common) if answer == DECLINE else ""
            found.append(Verdict(key, row["title"], row["digest"], answer, why))
    return found


def wait() -> None:
    """What was about to be answered is asked for anew."""
    st.session_state[ASKED] = False


def _typed() -> dict[str, Any]:
    return {str(key): value for key, value in st.session_state.items()}


def _verdict_key(listing_id: UUID) -> str:
    return f"many verdict {listing_id}"


def _reason_key(listing_id: UUID) -> str:
    return f"many reason {listing_id}"


def _options(row: Row) -> list[str]:
    """What may be answered: only what waits can be approved."""
    return [APPROVE, DECLINE, LATER] if row["status"] == "waiting" else [DECLINE, LATER]


def _proposed(row: Row) -> str:
    return APPROVE if row["status"] == "waiting" else LATER


def _propose(chosen: Chosen, answer: str) -> None:
    wait()
    for key, row in chosen.items():
        if answer in _options(row):
            st.session_state[_verdict_key(key)] = answer


def _ask() -> None:
    st.session_state[ASKED] = True


def _answer(here: Visit, chosen: Chosen, let_go: Letting) -> None:
    """Answer what was shown; what cannot be taken stays chosen, and why is told."""
    given = verdicts_of(chosen, _typed())
    wait()
    with told():
        bare = _("a no needs a reason")
        refused = here.act(Deed.LAUNCH, lambda product: answered(launches_of(here, product), given, bare), "listings")
        done = [each for each in given if each.listing_id not in refused]
        let_go([each.listing_id for each in done])
        _tell(here, given, refused)


async def answered(launches: Launches, given: Sequence[Verdict], bare: str) -> dict[UUID, str]:
    """Answer each for itself; why each of those that could not be answered could not: `bare` where no reason is."""
    refused: dict[UUID, str] = {}
    for each in given:
        try:
            if each.answer == APPROVE:
                await launches.approve(each.listing_id, each.digest)
            elif each.reason:
                await launches.decline(each.listing_id, each.reason)
            else:
                refused[each.listing_id] = bare
        except ListingError as stands:
            refused[each.listing_id] = str(stands)
    return refused


def _tell(here: Visit, given: Sequence[Verdict], refused: Mapping[UUID, str]) -> None:
    done, said = [each for each in given if each.listing_id not in refused], answers().said
    if done:
        kinds = [each.answer for each in done]
        said.append(
            (True, ", ".join(f"{kinds.count(kind):,} {_(DONE[kind]).lower()}" for kind in dict.fromkeys(kinds)))
        )
        selling.remember(here, kinds[0], [(each.listing_id, each.title) for each in done])
    reasons: dict[str, list[str]] = {}
    for each in given:
        if each.listing_id in refused:
            reasons.setdefault(refused[each.listing_id], []).append(each.title)
    said += [(False, f"{shortened(', '.join(names), MOST_NAMED)}: {why}") for why, names in reasons.items()]
