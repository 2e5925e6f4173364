"""Amend: a draft changed in place: title, price, bullets, description, tags. The gates look at it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from graphs.inbox import BadAnswer
from market.minor import decimal_of, find_price
from store.decisions import Row
from store.listings import OPEN
from ui.console import selling
from ui.console.desk import Visit
from ui.console.parts import told
from ui.console.used import Used
from ui.console.words import _

FORM = "listing form"
MOST_TITLE, MOST_TEXT, MOST_LINES = 500, 10_000, 4_000


def open_form(found: Row) -> None:
    """Change this draft."""
    st.session_state[FORM] = (found["id"], found["digest"])


def close() -> None:
    """Leave it as it is."""
    st.session_state.pop(FORM, None)


def is_open(found: Row) -> bool:
    """Whether somebody changes this draft, as it stands."""
    return st.session_state.get(FORM) == (found["id"], found["digest"]) and found["status"] not in OPEN


def draw(here: Visit, found: Row, uses: Sequence[Used]) -> None:
    """The fields as they stand. What is wrong with one is told, and what was typed stays."""
    body, bound = found["body"], {each.field: each.most for each in uses}
    key = f"amend {found['digest'][:12]}"
    with st.form("listing-form", border=True), told():
        st.markdown(f"**{_('Change it')}**")
        typed = {
            "title": st.text_input(
                _most(_("Title"), bound.get("title")), body["title"], MOST_TITLE, key=f"{key} title"
            ),
            "price": st.text_input(
                f"{_('Price')} ({body['currency']})", decimal_of(body["price_cents"], body["currency"]), 20,
                key=f"{key} price",
            ),
            "bullets": st.text_area(
                _most(_("Bullets, one a line"), bound.get("bullets")), "\n".join(body["bullets"]), height=150,
                max_chars=MOST_LINES, key=f"{key} bullets",
            ),
            "description": st.text_area(
                _most(_("Description"), bound.get("description")), body["description"], height=220,
                max_chars=MOST_TEXT, key=f"{key} description",
            ),
            "tags": st.text_area(
                _most(_("Tags, one a line"), bound.get("tags")), "\n".join(body["tags"]), height=150,
                max_chars=MOST_LINES, key=f"{key} tags",
            ),
        }  # fmt: skip
        with st.container(horizontal=True, gap="small"):
            sent = st.form_submit_button(_("Save and check"), type="primary", icon=":material/fact_check:")
            st.form_submit_button(_("Leave it as it is"), type="tertiary", on_click=close)
        if sent:
            _save(here, found, typed)


def _most(label: str, most: int | None) -> str:
    return label if most is None else _("{label}: at most {most}").format(label=label, most=f"{most:,}")


def _save(here: Visit, found: Row, typed: Mapping[str, str]) -> None:
    edits = edits_of(found["body"], typed)
    if edits:
        with st.spinner(_("The gates look at it ..."), show_time=False):
            selling.do(here, lambda launches: launches.edit(found["id"], edits, found["digest"]), found["id"])
    close()
    st.rerun()


def edits_of(body: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """What differs from the draft. BadAnswer where the price is none, or the title is empty."""
    if not typed["title"].strip():
        raise BadAnswer(_("the title is empty: write one"))
    price_cents = find_price(typed["price"].strip().lstrip("$€£¥").replace(",", "."), body["currency"])
    if price_cents is None or price_cents <= 0:
        raise BadAnswer(
            _("{price} is no price in {currency}: write 24.99").format(
                price=repr(typed["price"][:20]), currency=body["currency"]
            )
        )
    told_of = {
        "title": typed["title"].strip(), "price_cents": price_cents, "bullets": lines_of(typed["bullets"]),
        "description": typed["description"].strip(), "tags": lines_of(typed["tags"]),
    }  # fmt: skip
    return {name: value for name, value in told_of.items() if value != _as_is(body[name])}


def lines_of(text: str) -> list[str]:
    """Its lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _as_is(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
