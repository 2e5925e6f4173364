"""Outlets: where listings can go: which are ready, what each lacks, what it takes, how often it may be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import streamlit as st

from graphs.product import Product
from market.bounds import Bounds, load_bounds
from market.pace import ANY, Pace, shipped
from ui import wording
from ui.console.desk import Visit
from ui.console.states import PACKAGES, market_name
from ui.console.text import plain
from ui.console.words import _, counted

HOUR_S, DAY_S = 3_600, 86_400


async def told_of(product: Product) -> list[dict[str, str]]:
    """Every marketplace by "name" and what it "lacks"."""
    return await asyncio.to_thread(product.shops.told)


def draw(here: Visit) -> None:
    """Those that are ready first."""
    found = here.read(told_of)
    ready = [each for each in found if not each["lacks"]]
    st.caption(
        plain(counted("{count} of them is ready.", "{count} of them are ready.", len(ready)))
        + " "
        + plain(_("An account is a setting (BELLWETHER_SHOPS); docs/shops.md says what each wants."))
    )
    bounds = load_bounds()
    with st.container(key="outlets", horizontal=True, gap="small"):
        for each in sorted(found, key=lambda one: bool(one["lacks"])):
            _one(each, bounds.get(each["name"]))


def _one(found: Mapping[str, str], bounds: Bounds | None) -> None:
    with st.container(border=True, gap="xsmall"):
        state = (
            f":green-badge[:material/check: {plain(_('ready'))}]"
            if not found["lacks"]
            else f":gray-badge[:material/key_off: {plain(_('not set up'))}]"
        )
        st.markdown(f"#### {plain(market_name(found['name']))}", anchors=False)
        st.markdown(f"{state} :small[:gray[{plain(kind_of(found['name']))}]]")
        if found["lacks"]:
            st.markdown(f":small[{plain(found['lacks'])}]")
        for line in (takes_text(bounds), pace_text(found["name"], shipped())):
            if line:
                st.caption(plain(line))
        if bounds is not None:
            st.caption(f":small[{plain(_('as known on {day}').format(day=wording.day(bounds.known_on)))}]")


def kind_of(name: str) -> str:
    """How a listing gets there."""
    if name == "folder":
        return _("files and a preview page in a folder here")
    return _("a package that you upload by hand") if name in PACKAGES else _("put up by itself")


def takes_text(bounds: Bounds | None) -> str:
    """What it takes of a listing, in a line."""
    if bounds is None:
        return ""
    tags = ""
    if bounds.tags and bounds.tag_most:
        tags = _("{count} tags of {most}").format(count=bounds.tags, most=bounds.tag_most)
    elif bounds.tags_bytes:
        tags = _("search words of {count} bytes").format(count=bounds.tags_bytes)
    money = "" if "*" in bounds.currencies else _currencies(bounds.currencies)
    least = wording.money(bounds.price_least, bounds.currencies[0]) if bounds.price_least > 1 and money else ""
    parts = (
        _("title of {count}").format(count=bounds.title_most),
        _("text of {count}").format(count=f"{bounds.description_most:,}"),
        counted("{count} bullet", "{count} bullets", bounds.bullets) if bounds.bullets else "",
        tags or _("no tags"),
        counted("{count} picture", "{count} pictures", bounds.pictures_most),
        _("from {price}").format(price=least) if least else "",
        money,
    )
    return f"{_('Takes')}: {', '.join(filter(None, parts))}"


def _currencies(currencies: tuple[str, ...]) -> str:
    more = len(currencies) - 3
    return " ".join(currencies[:3]) + (f" +{more}" if more > 0 else "")


def pace_text(name: str, paces: Iterable[Pace]) -> str:
    """How often it may be asked, in a line; nothing where nobody counts."""
    own = [each for each in paces if each.provider == name]
    return f"{_('May be asked')}: {'; '.join(map(_often, own))}" if own else ""


def _often(pace: Pace) -> str:
    windows = {1.0: _("a second"), 60.0: _("a minute"), float(HOUR_S): _("an hour"), float(DAY_S): _("a day")}
    window = windows.get(pace.window_s) or _("in {count} minutes").format(count=f"{pace.window_s / 60:g}")
    what = "" if pace.kind == ANY else " " + _("to put something up")
    return f"{pace.most:,} {window}{what}"
