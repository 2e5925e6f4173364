"""Listing: one listing open: how it stands and what to do about it, what buyers will see, what stands behind it.

The head changes by itself: a fragment of its own, looked at every two seconds while the listing is on its way; it asks
for the whole page anew only when something has changed that a button depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import streamlit as st

from graphs.launches import Launches, blocked_by
from graphs.people import Deed
from graphs.product import Product
from market.bounds import NoBounds, bounds_of
from market.listing import unpack
from market.marketplaces.package import UploadPackages
from store.decisions import Row
from store.listings import OPEN, WAITING, UnknownListing
from ui.console import amend, gates, leaving, listed, origin, selling, shown, sold
from ui.console.desk import Visit
from ui.console.parts import ago, empty, told
from ui.console.selling import APPROVE, DECLINE
from ui.console.states import (
    NEEDS_SOMEBODY,
    PACKAGES,
    UNDER_WAY,
    language_name,
    link_of,
    market_name,
    next_of,
    state_badge,
)
from ui.console.text import plain, shortened
from ui.console.ticker import tick
from ui.console.used import Used, used_of
from ui.console.words import _

MOST_REASON, MOST_ADDRESS, MOST_TITLE = 500, 2_000, 200
REASON = "listing-reason"


def asked() -> str:
    """The listing that the address names; empty where it names none."""
    return st.query_params.get(listed.LISTING, "")


def draw(here: Visit) -> None:
    """The listing that the address names."""
    st.button(_("Listings"), icon=":material/arrow_back:", type="tertiary", key="all-listings", on_click=_leave)
    wanted = asked()
    try:
        found = here.read(lambda product: product.launches.provenance(wanted))
        whole = here.read(lambda product: product.launches.show(wanted))
    except UnknownListing:
        hint = _("It may be another tenant's, or the link is cut short.")
        empty(_("There is no such listing"), hint, ":material/search_off:")
        return
    selling.tell()
    _head(whole)
    _live(here, whole["id"], shape(whole))
    if whole["body"] is None:
        return
    draft = unpack(whole["body"])
    uses = _uses(whole)
    if amend.is_open(whole):
        amend.draw(here, whole, uses)
    _commands(here, whole)
    leaving.draw(whole)
    left, right = st.columns([11, 9], gap="large")
    with left:
        shown.draw(here, draft, uses)
    with right:
        sold.draw(here, whole)
        gates.draw(here, whole)
        shown.claims(draft, found["facts"])
        origin.draw(here, found)
    origin.history(whole)


def shape(row: Row) -> tuple[object, ...]:
    """What the buttons depend on."""
    return row["status"], row["nth"], row["digest"], len(row["pushes"])


def _leave() -> None:
    listed.open_listing(None)


def _uses(found: Row) -> list[Used]:
    try:
        return used_of(unpack(found["body"]), bounds_of(found["marketplace"]))
    except NoBounds:
        return []


def _head(found: Row) -> None:
    with st.container(key="listing-head"):
        st.title(plain(shortened(found["title"] or found["key"], MOST_TITLE)), anchor=False)


# What changes by itself -----------------------------------------------------------------------------------------------


@st.fragment
def _live(here: Visit, listing_id: UUID, was: tuple[object, ...]) -> None:
    """How it stands, and what to do next."""
    with told():
        found = here.read(lambda product: product.launches.show(listing_id))
        if shape(found) != was:
            st.rerun()
        where = f"{market_name(found['marketplace'])} · {language_name(found['locale'])} · {found['key']}"
        st.markdown(f"{state_badge(found['status'])} :small[:gray[{plain(where)} · {plain(ago(found['changed_at']))}]]")
        _next(found)
        selling.bar(here)
        if found["status"] in UNDER_WAY:
            listed.who_pushes(here, {found["marketplace"]: {found["status"]: 1}})
            tick("listing")


def _next(found: Row) -> None:
    blocking = [{"name": name, "why": why} for name, why in blocked_by(found).items()]
    line, tone = plain(next_of(found, blocking)), found["status"]
    left_s = _undo_left_s(found)
    if tone == "queued" and left_s > 0:
        line = plain(_("Approved: it goes out in {seconds} s; until then it can be taken back.").format(
            seconds=f"{left_s:.0f}"
        ))  # fmt: skip
    if tone in NEEDS_SOMEBODY:
        st.error(line, icon=":material/priority_high:")
    elif tone in ("waiting", "unconfirmed"):
        st.warning(line, icon=":material/hourglass_top:")
    elif tone == "live":
        st.success(line, icon=":material/storefront:")
    else:
        st.info(line, icon=":material/info:")
    if tone == "live" and link_of(found):
        st.link_button(
            _("Look at it there"), link_of(found), icon=":material/open_in_new:", type="tertiary", key="listing-there"
        )


def _undo_left_s(found: Row) -> float:
    """Seconds for which its approval can still be taken back."""
    last = found["pushes"][-1] if found["pushes"] else None
    if last is None or last["status"] != "queued" or last["verb"] != "put" or last["takes"]:
        return 0.0
    return max(0.0, float((last["undo_until"] - datetime.now(UTC)).total_seconds()))


# What can be done -----------------------------------------------------------------------------------------------------


def _commands(here: Visit, found: Row) -> None:
    if not here.person.may(Deed.LAUNCH):
        st.caption(_("To approve, change or end a listing takes the role business or more."))
        return
    status = found["status"]
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="listing-commands"):
        if status == "waiting":
            st.button(
                _("Approve"), icon=":material/check:", type="primary", key="listing-approve",
                on_click=_approve, args=(here, found),
            )  # fmt: skip
        if status not in OPEN and not amend.is_open(found):
            st.button(
                _("Change it"), icon=":material/edit:", key="listing-change", on_click=amend.open_form, args=(found,)
            )
        leaving.button(here, found)
        if status in (*WAITING, "drafting", "refused", "dead"):
            _decline(here, found)
        if _undo_left_s(found) > 0:
            st.button(
                _("Take it back"), icon=":material/undo:", key="listing-undo", on_click=_take_back, args=(here, found)
            )
        if status in ("refused", "dead"):
            st.button(_("Retry"), icon=":material/replay:", key="listing-retry", on_click=_retry, args=(here, found))
        if found["marketplace"] in PACKAGES and found["pushes"] and status not in ("pushing", "ended", "declined"):
            _say_up(here, found)
        if status not in OPEN and status not in ("ended", "declined") and _went_out(found):
            _end(here, found)


def _went_out(found: Row) -> bool:
    return any(each["begun_at"] for each in found["pushes"])


def _approve(here: Visit, found: Row) -> None:
    with told():
        selling.do(here, lambda launches: launches.approve(found["id"], found["digest"]), found["id"])
        selling.remember(here, APPROVE, [(found["id"], found["title"])])


def _take_back(here: Visit, found: Row) -> None:
    held = selling.answers()
    held.given = [each for each in held.given if each.listings[0][0] != found["id"]]
    with told():
        selling.do(here, lambda launches: launches.withdraw(found["id"]), found["id"])


def _retry(here: Visit, found: Row) -> None:
    with told():
        selling.do(here, lambda launches: launches.retry(found["id"]), found["id"])


def _decline(here: Visit, found: Row) -> None:
    with st.popover(_("Decline"), icon=":material/thumb_down:"):
        why = st.text_input(_("Why it is not wanted"), key=f"{REASON} decline", max_chars=MOST_REASON, live="200ms")
        if st.button(_("Decline it"), type="primary", key="listing-decline", disabled=not why.strip()):
            with told():
                selling.do(here, lambda launches: launches.decline(found["id"], why.strip()), found["id"])
                selling.remember(here, DECLINE, [(found["id"], found["title"])])
                st.rerun()


def _end(here: Visit, found: Row) -> None:
    with st.popover(_("End"), icon=":material/stop_circle:"):
        st.markdown(_("It is taken off sale at {where}.").format(where=plain(market_name(found["marketplace"]))))
        why = st.text_input(_("Why"), key=f"{REASON} end", max_chars=MOST_REASON)
        if st.button(_("Yes, end it"), type="primary", key="listing-end"):
            with told():
                selling.do(here, lambda launches: launches.end(found["id"], why.strip()), found["id"])
                st.rerun()


def _say_up(here: Visit, found: Row) -> None:
    with st.popover(_("It is up at …"), icon=":material/link:"):
        if lies := here.read(lambda product: package_of(product, found["marketplace"], found["key"])):
            st.caption(plain(_("Its package lies in {path}; checklist.html says what to do.").format(path=lies)))
        st.caption(_("Once you have uploaded it: the address at which buyers see it."))
        address = st.text_input(
            _("Address"), key="listing-address", max_chars=MOST_ADDRESS, placeholder="https://", live="200ms"
        )
        if st.button(_("It is up"), type="primary", key="listing-up", disabled=not address.strip()):
            with told():
                selling.do(here, _up(found, address.strip()), found["id"])
                st.rerun()


async def package_of(product: Product, marketplace: str, key: str) -> str:
    """Where the package of a listing lies; empty where it is none."""
    market = product.shops(marketplace)
    return str(market.root / key) if isinstance(market, UploadPackages) else ""


def _up(found: Mapping[str, Any], address: str) -> Any:
    async def say(launches: Launches) -> Row:
        return await launches.say_up(found["id"], address)

    return say
