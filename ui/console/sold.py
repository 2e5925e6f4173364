"""Sold: what became of a listing, as it was counted: how often it was seen, liked, bought, and what came back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from store.decisions import Row
from ui import wording
from ui.console.desk import Visit
from ui.console.text import plain
from ui.console.words import _, marked

NAMES = {
    "impressions": marked("shown"), "clicks": marked("clicks"), "views": marked("views"),
    "favorites": marked("favourites"), "carts": marked("in carts"), "orders": marked("orders"),
    "refunds": marked("refunds"), "complaints": marked("complaints"), "spend": marked("spent on it"),
    "revenue": marked("revenue"), "refunded": marked("paid back"),
}  # fmt: skip
RATES = (("clicks", "impressions", marked("clicks a showing")), ("orders", "views", marked("orders a view")))


def draw(here: Visit, found: Row) -> None:
    """What was counted of a listing; where nothing was, how counts come in."""
    told = here.read(lambda product: product.outcomes.of_listing(found["id"]))["metrics"]
    if not told and found["status"] not in ("live", "ended"):
        return
    st.subheader(_("What became of it"), anchor=False)
    if not told:
        said = _("Nothing was counted yet. Bring a CSV: `bellwether outcomes add FILE --source WHO`")
        st.caption(said)
        return
    rows = "".join(f"<div><span>{escape(name)}</span><b>{escape(value)}</b></div>" for name, value in lines(told))
    st.html(f'<div class="counts">{rows}</div>')
    sources = ", ".join(dict.fromkeys(str(each["source"]) for each in told))
    st.caption(plain(_("Counted by {who}").format(who=sources)))


def lines(told: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each count with its name, then what may be said of two of them."""
    amounts = {each["name"]: int(each["amount"]) for each in told}
    for each in told:
        money = wording.money(each["amount"], each["currency"]) if each["currency"] else f"{each['amount']:,}"
        yield _(NAMES[each["name"]]), money
    for part, whole, name in RATES:
        if amounts.get(whole) and part in amounts:
            yield _(name), wording.percent(amounts[part] / amounts[whole])
