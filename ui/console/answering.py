"""Answering: what a person may answer to an idea, and the small forms that an answer takes.

Each button carries its idea's id, so that a click which comes late answers what was seen, never what is shown by then.
What was typed stays with the idea until it is sent, also while another idea is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from graphs.inbox import NOTE_LIMIT, BadAnswer, Edits
from graphs.people import Deed
from graphs.product import Product
from store.answers import load_frequent_reasons
from store.decisions import Decided
from store.reviews import load_answers
from ui.console.desk import Visit
from ui.console.parts import age, badge
from ui.console.reading import DESK, Given, Row, Said, reading, telling
from ui.console.text import plain, shortened
from ui.console.undo import DONE, remember, take_back
from ui.console.words import _, marked

Work = Callable[[Product], Awaitable[Mapping[str, Any]]]
REASONS = (
    marked("Not for our audience"),
    marked("Too thin a margin"),
    marked("Too late for the date"),
    marked("We have that already"),
    marked("Could be somebody's trademark"),
)
"""Offered until people have given reasons of their own."""
REASONS_SHOWN = 6
REASONS_KEPT_S = 60
PRICE = re.compile(r"[$€£]?\s*(?P<whole>[0-9]{1,7}|[0-9]{1,3}(,[0-9]{3}){1,2})([.,](?P<cents>[0-9]{1,2}))?")
FIELDS = ("phrase", "audience", "product_format", "price_cents")


@st.fragment
def answer_form(here: Visit, row: Row) -> None:
    """The answers that an idea can be given, and the form of the one that was begun."""
    given = here.ask(load_answers, row["id"], row["revision"])
    with st.container(key="answer"):
        begun = reading().form
        if row["status"] == "pending_review":
            _choices(here, row, noted=any(each["answer"] == "respond" for each in given))
        else:
            _standing(here, row, given)
        if begun and begun[0] == row["id"]:
            FORMS[begun[1]](here, row)


def _choices(here: Visit, row: Row, noted: bool) -> None:
    decides = here.person.may(Deed.DECIDE)
    why = None if decides else _("Your role may send notes; deciding takes the role business.")
    with st.container(horizontal=True, gap="small", key="answers"):
        st.button(
            _("Approve"), key=f"approve-{row['id']}", type="primary", icon=":material/check:", disabled=not decides,
            help=why, on_click=_approve, args=(here, row),
        )  # fmt: skip
        for kind, label, icon in (("edit", _("Edit"), "edit"), ("reject", _("Reject"), "close")):
            _beginning(row, kind, label, icon, not decides, why)
        st.button(
            _("Ignore"), key=f"ignore-{row['id']}", icon=":material/archive:", disabled=not decides,
            help=why or _("Neither yes nor no: put away."), on_click=_ignore, args=(here, row),
        )  # fmt: skip
        once = _("It was sent back once already.") if noted else _("Send it back to be judged once more.")
        _beginning(row, "note", _("Note"), "chat_bubble", noted, once)


def _beginning(row: Row, kind: str, label: str, icon: str, disabled: bool, why: str | None) -> None:
    st.button(
        label, key=f"begin-{kind}-{row['id']}", icon=f":material/{icon}:", disabled=disabled, help=why,
        on_click=_begin, args=(row, kind),
    )  # fmt: skip


def _begin(row: Row, kind: str) -> None:
    state = reading()
    state.form = None if state.form == (row["id"], kind) else (row["id"], kind)
    state.wrong = {}


def _cancel() -> None:
    reading().form = None


def _edit_form(here: Visit, row: Row) -> None:
    """Its words and its price, each checked for itself."""
    formats = here.read(_formats)
    with st.container(key="form-edit", border=True):
        left, right = st.columns(2)
        with left:
            _field(row, "phrase", _("Phrase"), row["phrase"])
            shown = row["product_format"]
            st.selectbox(
                _("Product"), formats, index=formats.index(shown) if shown in formats else None,
                format_func=lambda name: name.replace("_", " "), key=f"product_format {row['id']}",
                persist_state="page", on_change="ignore",
            )  # fmt: skip
            _mistake("product_format")
        with right:
            _field(row, "audience", _("Audience"), row["audience"])
            cents = row["price_cents"]
            _field(row, "price_cents", _("Price in dollars"), "" if cents is None else f"{cents / 100:.2f}")
        _mistake("")
        _send(_("Save and approve"), _edit, here, row)


def _field(row: Row, name: str, label: str, value: str) -> None:
    key = f"{name} {row['id']}"
    st.text_input(label, value, key=key, on_change="ignore", live="200ms", persist_state="page")
    _mistake(name)


def _mistake(name: str) -> None:
    if said := reading().wrong.get(name):
        st.markdown(f":small[:red[:material/error: {plain(said)}]]")


def _reject_form(here: Visit, row: Row) -> None:
    """Why not: one click for what is often said, or words of one's own."""
    with st.container(key="form-reject", border=True):
        st.markdown(_("Why not?"))
        with st.container(horizontal=True, gap="small", key="reasons"):
            for at, reason in enumerate(_reasons(here)):
                st.button(
                    plain(shortened(reason, 60)), key=f"reason-{at}-{row['id']}", on_click=_reject,
                    args=(here, row, reason),
                )  # fmt: skip
        st.text_input(
            _("Reason"), key=f"reason {row['id']}", on_change="ignore", live="200ms", max_chars=NOTE_LIMIT,
            persist_state="page", placeholder=_("or in your own words"), label_visibility="collapsed",
        )  # fmt: skip
        _mistake("reason")
        _send(_("Reject"), _reject, here, row)


def _note_form(here: Visit, row: Row) -> None:
    """What the coordinator is to read before it judges once more."""
    with st.container(key="form-note", border=True):
        st.text_area(
            _("What should be looked at again?"), key=f"note {row['id']}", on_change="ignore", max_chars=NOTE_LIMIT,
            persist_state="page", height=96,
        )  # fmt: skip
        _mistake("note")
        _send(_("Send back"), _respond, here, row)


FORMS = {"edit": _edit_form, "reject": _reject_form, "note": _note_form}


def _send(label: str, work: Callable[..., None], here: Visit, row: Row) -> None:
    over = row["status"] != "pending_review"
    with st.container(horizontal=True, gap="small"):
        with st.container(key="send", width="content"):
            st.button(label, type="primary", key=f"send {row['id']}", on_click=work, args=(here, row), disabled=over)
        with st.container(key="cancel", width="content"):
            st.button(_("Cancel"), type="tertiary", key=f"cancel {row['id']}", on_click=_cancel)


def _typed(row: Row, name: str) -> str:
    return str(st.session_state.get(f"{name} {row['id']}") or "").strip()


def _approve(here: Visit, row: Row) -> None:
    _give(here, row, "approve", lambda product: product.reviews.approve(row["id"], here.person.handle))


def _ignore(here: Visit, row: Row) -> None:
    _give(here, row, "ignore", lambda product: product.reviews.ignore(row["id"], here.person.handle))


def _reject(here: Visit, row: Row, reason: str = "") -> None:
    said = reason or _typed(row, "reason")
    if not said:
        _refuse({"reason": _("A rejection needs a reason: others learn from it.")})
        return
    _give(here, row, "reject", lambda product: product.reviews.reject(row["id"], said, here.person.handle), said)


def _respond(here: Visit, row: Row) -> None:
    note = _typed(row, "note")
    if not note:
        _refuse({"note": _("A note needs words.")})
        return
    _give(here, row, "respond", lambda product: product.reviews.respond(row["id"], note, here.person.handle), note)


def _edit(here: Visit, row: Row) -> None:
    given, wrong = read_edits({name: _typed(row, name) for name in FIELDS})
    changes = {name: value for name, value in given.items() if value != row[name]}
    if not wrong and not changes:
        wrong = {"": _("Nothing is changed: change a field, or approve it as it is.")}
    if wrong:
        _refuse(wrong)
        return
    typed = ", ".join(f"{name}: {value}" for name, value in changes.items())
    _give(here, row, "edit", lambda product: product.reviews.edit(row["id"], changes, here.person.handle), typed)


def _refuse(wrong: dict[str, str]) -> None:
    reading().wrong = wrong


def _give(here: Visit, row: Row, answer: str, work: Work, typed: str = "") -> None:
    """Give an answer and go on to the next idea; where somebody was faster, say who, and keep what was typed."""
    state, idea_id = reading(), row["id"]
    deed = Deed.NOTE if answer == "respond" else Deed.DECIDE
    with telling(state, typed, idea_id):
        try:
            review = here.act(deed, work)
        except Decided as error:
            state.said.append(Said(told(row["phrase"], error.review), typed, idea_id))
        else:
            if answer == "respond":
                state.said.append(Said(f"{_(DONE[answer])}: {row['phrase']}", good=True))
            else:
                remember(state, answer, [(idea_id, row["phrase"])], [review])
        state.move_on(idea_id)
    st.rerun(DESK)


def told(phrase: str, review: Mapping[str, Any]) -> str:
    """Who decided what, when and why, in one line."""
    reason = f": {review['reason']}" if review["reason"] else ""
    when = f"{review['decided_at'].astimezone(UTC):%H:%M} UTC"
    answer = _(DONE[review["answer"]]).lower()
    return f"“{phrase}”: {answer} {_('by')} {review['actor']}, {when}{reason}"


def _standing(here: Visit, row: Row, given: Sequence[Mapping[str, Any]]) -> None:
    """The answer that stands, and undo while there is time."""
    final = next((each for each in given if each["answer"] != "respond"), None)
    with st.container(horizontal=True, vertical_alignment="center", key="standing"):
        st.markdown(badge(row["status"]))
        if final is None:
            return
        reason = f": {final['reason']}" if final["reason"] else ""
        st.caption(plain(f"{final['actor']}, {age(final['decided_at'])} {_('ago')}{reason}"))
        if final["undo_until"] > datetime.now(UTC) and here.person.may(Deed.DECIDE):
            known = Given(final["answer"], ((row["id"], row["phrase"]),), 0.0)
            st.button(_("Undo"), key=f"undo-this-{row['id']}", on_click=take_back, args=(here, known))


def read_edits(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields as their own types, and what is wrong with each that cannot be read. A price may be left empty."""
    given: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, text in typed.items():
        try:
            if name != "price_cents":
                given |= Edits.read({name: text}).model_dump(exclude_none=True)
            elif text:
                given |= Edits.read({name: read_price(text)}).model_dump(exclude_none=True)
        except BadAnswer as error:
            wrong[name] = str(error).removeprefix(f"{name}: ")
    return given, wrong


def read_price(text: str) -> int:
    """An amount with at most two decimals, in cents. BadAnswer where it is none."""
    found = PRICE.fullmatch(text.strip())
    if found is None:
        raise BadAnswer(_("an amount like 24.99, with at most two decimals"))
    return int(found["whole"].replace(",", "")) * 100 + int((found["cents"] or "0").ljust(2, "0"))


def _reasons(here: Visit) -> list[str]:
    """What is said most often where something is rejected; ours where little was said yet."""
    frequent = _frequent(here, here.person.tenant)
    ours = [_(reason) for reason in REASONS]
    return list(dict.fromkeys([*frequent, *ours]))[:REASONS_SHOWN]


@st.cache_data(ttl=REASONS_KEPT_S, show_spinner=False)
def _frequent(_here: Visit, tenant: str) -> list[str]:  # noqa: ARG001 - whose they are, for the cache
    reasons: list[str] = _here.ask(load_frequent_reasons, REASONS_SHOWN)
    return reasons


async def _formats(product: Product) -> list[str]:
    return sorted({each.product_format for each in product.reviews.costs.products})
