"""Preview: a listing as one page that a browser shows without asking anybody for anything.

Everything from outside is escaped by the template. The content security policy allows the page's own style (by its
hash) and the pictures beside it: no script, no font, no request. The words around a listing are in its language where
we have them (`tables/preview_words.json`), else in English and marked so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from market.listing import Listing, State
from market.money import written

TEMPLATES = Path(__file__).resolve().parent / "templates"
WORDS = Path(__file__).resolve().parents[1] / "tables" / "preview_words.json"
FROM_THE_RIGHT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def render(listing: Listing, files: Mapping[str, str], state: State) -> str:
    """The page; `files` are its pictures' names beside it, by sha256. The same listing gives the same bytes."""
    short = language_of(listing).partition("-")[0].lower()
    words = words_of(short)
    prices = {variant.price_cents for variant in listing.variants} or {listing.price_cents}
    return _page(
        "preview.html.j2", listing, files, state, spoken=short if short in _words() else "en", words=words,
        direction="rtl" if short in FROM_THE_RIGHT else "ltr", prices=prices,
        price=written(min(prices), listing.currency, listing.locale), choices=_choices(listing, words),
        offers=_offers(listing),
    )  # fmt: skip


def checklist(
    listing: Listing,
    files: Mapping[str, str],
    state: State,
    form: Any,
    steps: Sequence[str],
    texts: Sequence[tuple[Any, str]],
) -> str:
    """A page for the person who uploads a package: the steps, and the texts of the form."""
    return _page("checklist.html.j2", listing, files, state, form=form, steps=steps, texts=texts)


def language_of(listing: Listing) -> str:
    """As HTML takes it: "und" where the locale is none."""
    return listing.locale if _LANGUAGE.fullmatch(listing.locale) else "und"


def _page(template: str, listing: Listing, files: Mapping[str, str], state: State, **told: Any) -> str:
    style = (TEMPLATES / "preview.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().get_template(template).render(
        listing=listing, state=state, language=language_of(listing),
        pictures=[(picture, files[picture.sha256]) for picture in listing.pictures],
        style=Markup(style), style_hash=f"sha256-{digest}", **told,  # noqa: S704 - our own file, not input
    )  # fmt: skip


def _choices(listing: Listing, words: Mapping[str, str]) -> dict[str, list[str]]:
    """What a buyer chooses, by the name of the option, in the order of the variants."""
    found: dict[str, dict[str, None]] = {}
    for variant in listing.variants:
        for name, value in variant.options.items():
            found.setdefault(words.get(name.lower(), name.capitalize()), {})[value] = None
    return {name: list(values) for name, values in found.items()}


def _offers(listing: Listing) -> list[tuple[str, str]]:
    """Each variant and its price."""
    return [
        (" · ".join(variant.options.values()), written(variant.price_cents, listing.currency, listing.locale))
        for variant in listing.variants
    ]


def words_of(locale: str) -> Mapping[str, str]:
    """The words around a listing in its language, else in English."""
    return _words().get(locale.partition("-")[0].lower(), _words()["en"])


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(WORDS.read_text("utf-8"))
    return words


@cache
def _template() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
