"""Members and keys: who may come in, with which role, by which key; a section of the settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.people import Deed, Role
from store.decisions import Row
from ui import wording
from ui.console.desk import Visit
from ui.console.parts import empty, told
from ui.console.text import plain
from ui.console.words import _

SHOWN_ONCE = "new key"
"""Where a session keeps a key until it was shown."""
LIVES = {30: "30", 90: "90", 365: "365", None: "∞"}


def section(here: Visit) -> None:
    """Members above, keys below, each with its forms."""
    _shown_once()
    members = here.desk.wait(here.desk.people.members(here.person.tenant))
    st.subheader(_("Members"), anchor=False)
    if members:
        st.dataframe(pd.DataFrame([member_row(row) for row in members]), hide_index=True, width="stretch")
    else:
        empty(_("Nobody yet"), _("Add a member below, then a key for them."), ":material/group:")
    adding, changing = st.columns(2, gap="medium")
    with adding, told():
        _add_member(here)
    with changing, told():
        _change_member(here, [row["handle"] for row in members])
    _keys(here, [row["handle"] for row in members])


def member_row(row: Row) -> dict[str, Any]:
    """A member as people read it."""
    return {
        _("handle"): row["handle"],
        _("name"): row["name"],
        _("role"): row["role"],
        _("tier"): row["tier"],
        _("keys"): row["keys"],
        _("last seen"): wording.day(row["used_on"]) or "–",
    }


def key_row(row: Row) -> dict[str, Any]:
    """A key as people read it, without its secret."""
    return {
        _("key"): str(row["id"]),
        _("of"): row["handle"],
        _("label"): row["label"],
        _("made"): wording.day(row["recorded_at"]),
        _("expires"): wording.day(row["expires_at"]) or _("never"),
        _("last used"): wording.day(row["used_on"]) or "–",
        _("revoked"): wording.day(row["revoked_at"]),
    }


def _shown_once() -> None:
    key = st.session_state.pop(SHOWN_ONCE, None)
    if key is not None:
        st.success(_("This is the key. It is shown this once and kept nowhere: copy it now."), icon=":material/key:")
        st.code(key, language=None, wrap_lines=True)


def _add_member(here: Visit) -> None:
    with st.form("add member", clear_on_submit=True):
        st.markdown(f"**{_('Add a member')}**")
        handle = st.text_input(_("Handle"), max_chars=40, help=_("Small letters, digits, '.', '_' and '-'."))
        name = st.text_input(_("Name"), max_chars=80)
        role = st.selectbox(_("Role"), list(Role), index=1) or Role.BUSINESS
        tier = st.selectbox(_("Tier"), list(here.desk.settings.tiers))
        if st.form_submit_button(_("Add"), icon=":material/person_add:"):
            people, tenant = here.desk.people, here.person.tenant
            _keep(here, lambda: people.add_member(tenant, handle, role, tier, name, here.person.handle), handle)


def _change_member(here: Visit, handles: list[str]) -> None:
    with st.form("change member"):
        st.markdown(f"**{_('Change or remove a member')}**")
        handle = st.selectbox(_("Member"), handles, index=None)
        role = st.selectbox(_("New role"), list(Role), index=None)
        tier = st.selectbox(_("New tier"), list(here.desk.settings.tiers), index=None)
        people, tenant, actor = here.desk.people, here.person.tenant, here.person.handle
        with st.container(horizontal=True):
            changed = st.form_submit_button(_("Change"), icon=":material/edit:")
            removed = st.form_submit_button(_("Remove"), icon=":material/person_remove:")
        if handle and changed:
            _keep(here, lambda: people.set_role(tenant, handle, role, tier, actor), handle)
        if handle and removed:
            _keep(here, lambda: people.remove_member(tenant, handle, actor), handle)


def _keys(here: Visit, handles: list[str]) -> None:
    st.subheader(_("Keys"), anchor=False)
    keys = here.desk.wait(here.desk.people.keys(here.person.tenant))
    if keys:
        st.dataframe(pd.DataFrame([key_row(row) for row in keys]), hide_index=True, width="stretch")
    making, revoking = st.columns(2, gap="medium")
    with making, told():
        _make_key(here, handles)
    with revoking, told():
        _revoke_key(here, [row for row in keys if row["revoked_at"] is None])


def _make_key(here: Visit, handles: list[str]) -> None:
    with st.form("make key", clear_on_submit=True):
        st.markdown(f"**{_('Make a key')}**")
        handle = st.selectbox(_("Member"), handles, index=None, key="key of")
        label = st.text_input(_("Label"), max_chars=80, help=_("What it is for: a laptop, a script."))
        days = st.selectbox(_("Good for days"), list(LIVES), index=1, format_func=lambda days: LIVES[days])
        if st.form_submit_button(_("Make"), icon=":material/key:") and handle:
            people, tenant = here.desk.people, here.person.tenant
            _keep(here, lambda: people.add_key(tenant, handle, label, days, here.person.handle), handle)


def _revoke_key(here: Visit, keys: list[Row]) -> None:
    names = {row["id"]: f"{row['handle']} {row['label']} {str(row['id'])[-6:]}" for row in keys}
    with st.form("revoke key"):
        st.markdown(f"**{_('Revoke a key')}**")
        key_id: UUID | None = st.selectbox(_("Key"), list(names), index=None, format_func=lambda each: names[each])
        if st.form_submit_button(_("Revoke"), icon=":material/key_off:") and key_id:
            people, tenant = here.desk.people, here.person.tenant
            _keep(here, lambda: people.revoke_key(tenant, key_id, here.person.handle), str(key_id))


def _keep(here: Visit, work: Callable[[], Awaitable[Any]], subject: str) -> None:
    """Do it, and show the page with what came of it; a key that was made is shown at the next look and no other."""

    async def kept(_product: object) -> Any:
        return await work()

    answer = here.act(Deed.KEEP_PEOPLE, kept, plain(subject)[:40])
    if isinstance(answer, tuple):
        st.session_state[SHOWN_ONCE] = answer[1]
    st.rerun()
