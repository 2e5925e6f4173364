"""Sign-in: who may look. On this machine alone the settings say who it is; beyond it, an API key does.

A key is kept in the session's memory and nowhere else: not in a cookie, not in the address. A page that is loaded anew
asks for it again; the browser's own store of passwords may fill it in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st

from graphs.people import Person, Role, Unknown
from graphs.settings import Settings
from ui.console.desk import Desk, Visit
from ui.console.text import plain
from ui.console.words import _

KEY = "credential"
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def needed(settings: Settings, address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a key is asked for: where the settings say so, and whenever anybody but this machine could be asking.

    `address` is the one that the console listens on. A proxy or tunnel on this machine tells that it is one by its
    headers, or by the name that the console was asked for under.
    """
    passed_on = any(name in headers for name in FORWARDED) or not is_loopback(_host_of(headers))
    return settings.console_sign_in or not is_loopback(address) or passed_on


def is_loopback(address: str | None) -> bool:
    """Whether an address is this machine's alone; none is every network's."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address((address or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _host_of(headers: Mapping[str, str]) -> str | None:
    """The name that was asked for, without its port."""
    try:
        return urlsplit(f"//{headers.get('Host', 'localhost')}").hostname
    except ValueError:
        return None


def visit_of(desk: Desk) -> Visit | None:
    """Whose session this is; None where nobody signed in, or what they came with is good no more."""
    if not needed(desk.settings, st.get_option("server.address"), st.context.headers):
        return Visit(desk, Person(desk.settings.tenant, desk.settings.actor, Role.ADMIN, tier=""))
    credential = st.session_state.get(KEY)
    if credential is None:
        return None
    try:
        return Visit(desk, desk.wait(desk.people.identify(credential)), credential)
    except Unknown as refusal:
        sign_out()
        st.warning(plain(refusal), icon=":material/key_off:")
        return None


def sign_out() -> None:
    """Forget everything of this session."""
    st.session_state.clear()


def form(desk: Desk) -> None:
    """Ask for a key."""
    _left, middle, _right = st.columns([1, 2, 1])
    with middle, st.container(border=True, gap="small"):
        st.title(_("Sign in"), anchor=False)
        st.markdown(_("With an API key of yours. An admin makes one: `bellwether members key HANDLE`."))
        with st.form("sign in", border=False, clear_on_submit=True):
            key = st.text_input(_("API key"), type="password", autocomplete="current-password", max_chars=300)
            if st.form_submit_button(_("Sign in"), type="primary", icon=":material/login:"):
                _try(desk, key.strip())


def _try(desk: Desk, key: str) -> None:
    try:
        desk.let_in(key, st.context.ip_address or "this machine")
    except Unknown as refusal:
        st.error(plain(refusal), icon=":material/key_off:")
    else:
        st.session_state[KEY] = key
        st.rerun()
