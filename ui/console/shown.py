"""Shown: a listing as buyers see it: pictures, title, price, bullets, description, tags, what can be chosen.

Beside each text how much of the marketplace's bound it uses; beside each claim the fact or row that it traces to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from market.listing import Claim, Listing, Variant
from store.decisions import Row
from ui import wording
from ui.console import pictures
from ui.console.desk import Visit
from ui.console.parts import named
from ui.console.states import is_right_to_left, language_name, market_name
from ui.console.studio import folder_of
from ui.console.text import plain
from ui.console.used import Used, meter
from ui.console.words import _, counted

SIDE_PX, MOST_VARIANTS, MOST_VALUES = 900, 400, 24


def draw(here: Visit, draft: Listing, uses: Sequence[Used]) -> None:
    """Pictures, then texts, then what a buyer chooses."""
    _pictures(here, draft)
    st.html(_texts(draft, uses))
    _variants(draft)
    _disclosed(draft)


def _pictures(here: Visit, draft: Listing) -> None:
    folder = here.read(folder_of)
    shown = [(each, pictures.inline(folder, each.sha256, SIDE_PX)) for each in draft.pictures]
    if not any(source for _each, source in shown):
        st.caption(_("Its pictures are put away; they come back when it is pushed."))
        return
    images = "".join(
        f'<figure><img src="{source}" alt="{escape(each.alt, quote=True)}"></figure>'
        for each, source in shown
        if source
    )
    st.html(f'<div class="goods">{images}</div>')


def _texts(draft: Listing, uses: Sequence[Used]) -> str:
    """Title, price, bullets, description, tags, each in its own direction, with what it uses."""
    language = escape(draft.locale, quote=True)
    bullets = "".join(f"<li>{escape(each)}</li>" for each in draft.bullets)
    tags = "".join(f'<span dir="auto">{escape(each)}</span>' for each in draft.tags)
    parts = (
        f'<h3 lang="{language}" dir="auto">{escape(draft.title)}</h3>', meter(uses, "title"),
        f'<p class="asked">{escape(wording.money(draft.price_cents, draft.currency))}</p>',
        f'<ul lang="{language}" dir="auto">{bullets}</ul>' if bullets else "",
        meter(uses, "bullets") if bullets else "",
        f'<div class="text" lang="{language}" dir="auto">{escape(draft.description)}</div>', meter(uses, "description"),
        f'<div class="tags" lang="{language}">{tags}</div>' if tags else "",
        meter(uses, "tags", "tag", "tags_bytes") if tags else "",
        f'<p class="aside">{escape(_about(draft))}</p>', meter(uses, "pictures", "variants"),
    )  # fmt: skip
    return f'<article class="ware">{"".join(parts)}</article>'


def _about(draft: Listing) -> str:
    """Language and direction, product, how many there are."""
    way = _("right to left") if is_right_to_left(draft.title) else _("left to right")
    many = counted("{count} piece", "{count} pieces", draft.quantity)
    return " · ".join((f"{language_name(draft.locale)} ({draft.locale}), {way}", named(draft.product_format), many))


def _variants(draft: Listing) -> None:
    """What a buyer chooses, option by option, and what each costs where that differs."""
    if not draft.variants:
        st.caption(_("No variants: there is one of it."))
        return
    lines = [f"**{plain(name)}**: {plain(', '.join(values))}" for name, values in options_of(draft.variants).items()]
    prices = sorted({each.price_cents for each in draft.variants})
    asked = " – ".join(wording.money(each, draft.currency) for each in dict.fromkeys((prices[0], prices[-1])))
    label = counted("{count} variant", "{count} variants", len(draft.variants))
    with st.expander(f"{plain(label)} · {plain(asked)}", icon=":material/style:"):
        st.markdown("  \n".join(lines))


def options_of(variants: Iterable[Variant]) -> dict[str, list[str]]:
    """Each option with its values, in the order in which they come."""
    found: dict[str, dict[str, None]] = {}
    for each in variants:
        for name, value in each.options.items():
            found.setdefault(name, {})[value] = None
    return {name: list(values)[:MOST_VALUES] for name, values in found.items()}


def _disclosed(draft: Listing) -> None:
    told_of = draft.disclosures
    who = _("designed by the seller with AI") if told_of.designed_by != "seller" else _("designed by the seller")
    partner = (
        _("printed by {who}").format(who=market_name(told_of.production_partner)) if told_of.production_partner else ""
    )
    st.caption(plain(f"{_('Told to the marketplace:')} {', '.join(filter(None, (who, partner)))}"))


# What the texts state -------------------------------------------------------------------------------------------------


def claims(draft: Listing, facts: Sequence[Row]) -> None:
    """Every claim beside the fact or row that it traces to."""
    if not draft.claims:
        return
    known = {str(each["id"]): each for each in facts}
    label = counted("{count} claim, traced", "{count} claims, each traced", len(draft.claims))
    with st.expander(label, icon=":material/link:"):
        pieces = "".join(_claim(each, known.get(each.fact), draft.currency) for each in draft.claims)
        st.html(f'<div class="claims">{pieces}</div>')


def _claim(claim: Claim, fact: Mapping[str, Any] | None, currency: str) -> str:
    name, more = ground_of(claim.fact, fact, currency)
    return (
        f'<div><q dir="auto">{escape(claim.text)}</q><span><b>{escape(name)}</b>'
        f"<small>{escape(more)}</small></span></div>"
    )


def ground_of(name: str, fact: Mapping[str, Any] | None, currency: str = "USD") -> tuple[str, str]:
    """What a claim stands on, and where that comes from: a fact of the idea, a row of costs, the design."""
    if fact is not None:
        value = wording.fact_text(fact["value"], fact["unit"], currency)
        rows = counted("{count} row", "{count} rows", fact["row_count"])
        said = f"{fact['label']}: {value}"
        return said, f"{name} · {fact['source']} · {wording.day(fact['known_at'])} · {rows}"
    kind, _colon, rest = name.partition(":")
    row, _sign, part = rest.partition("#")
    kinds = {"design": _("The design"), "cost": _("A row of costs"), "variants": _("The table of variants")}
    where = () if kind == "design" and part else (row,)  # whose design it is stands beside, its id says nothing
    return kinds.get(kind, kind), ", ".join(filter(None, (*where, part.replace("_", " ")))) or name
