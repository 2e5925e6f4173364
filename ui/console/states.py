"""States: how a listing stands as people read it: a word, a colour, and what there is to do next.

What a marketplace said is told in its own words; what settles by itself says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from graphs.pushing import DRAFT
from store.decisions import Row
from ui.console.parts import BLUE, GRAY, GREEN, RED, YELLOW
from ui.console.text import plain
from ui.console.words import _, marked

STATES = {
    "drafting": (marked("being drawn up"), BLUE, ":material/edit_note:"),
    "blocked": (marked("blocked"), RED, ":material/block:"),
    "waiting": (marked("waits for you"), YELLOW, ":material/hourglass_top:"),
    "queued": (marked("queued"), BLUE, ":material/schedule_send:"),
    "pushing": (marked("pushing"), BLUE, ":material/upload:"),
    "unconfirmed": (marked("unconfirmed"), YELLOW, ":material/help:"),
    "live": (marked("live"), GREEN, ":material/storefront:"),
    "refused": (marked("refused"), RED, ":material/do_not_disturb_on:"),
    "dead": (marked("dead"), RED, ":material/heart_broken:"),
    "ended": (marked("ended"), GRAY, ":material/stop_circle:"),
    "declined": (marked("declined"), GRAY, ":material/thumb_down:"),
}
"""Each status in the order of its chip: its word, its colour, its icon."""
UNDER_WAY = ("drafting", "queued", "pushing", "unconfirmed")
"""What changes by itself."""
NEEDS_SOMEBODY = ("blocked", "refused", "dead")
PACKAGES = ("redbubble", "amazon_merch")
"""What a person uploads by hand."""
MARKETS = {
    "folder": marked("Folder"), "etsy": "Etsy", "shopify": "Shopify", "ebay": "eBay", "amazon": "Amazon",
    "printify": "Printify", "printful": "Printful", "tiktok_shop": "TikTok Shop", "redbubble": "Redbubble",
    "amazon_merch": "Amazon Merch",
}  # fmt: skip
LANGUAGES = {
    "en": marked("English"), "es": marked("Spanish"), "de": marked("German"), "fr": marked("French"),
    "ja": marked("Japanese"),
}  # fmt: skip
GATES = {
    "bounds": marked("What the marketplace takes"), "trademark": marked("Trademarks"),
    "profanity": marked("Profanity"), "claims": marked("Claims"), "disclosures": marked("Disclosures"),
    "pictures": marked("Pictures"),
}  # fmt: skip


def state_name(status: str) -> str:
    """A status in a word."""
    return _(STATES[status][0]) if status in STATES else status


def state_badge(status: str) -> str:
    """The same as a badge, for Markdown."""
    word, colour, icon = STATES.get(status, (status, GRAY, ""))
    return f":{colour}-badge[{icon} {plain(_(word))}]"


def market_name(name: str) -> str:
    """A marketplace as people know it."""
    return _(MARKETS[name]) if name in MARKETS else name


def language_name(locale: str) -> str:
    """A language in the reader's own."""
    return _(LANGUAGES[locale]) if locale in LANGUAGES else locale


def gate_name(name: str) -> str:
    """A gate as people read it."""
    return _(GATES[name]) if name in GATES else name.replace("_", " ")


def is_right_to_left(text: str) -> bool:
    """Whether its first letter with a direction is of a script that is written from the right."""
    strong = (each for each in map(unicodedata.bidirectional, text) if each in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def next_of(row: Mapping[str, Any], blocking: Sequence[Row] = ()) -> str:
    """What stands in the way or was said, and what to do next; as it was written, not made inert."""
    where, error, status = market_name(row["marketplace"]), str(row["error"]), row["status"]
    if status == "blocked":
        return _blocked(blocking)
    if status in ("queued", "unconfirmed") and row["marketplace"] in PACKAGES and error:
        return _("Its package lies ready: upload it by hand, then say where it is up.")
    told: dict[str, str] = {
        "drafting": _("It is being written and checked."),
        "waiting": _("Look at it, then approve or decline it."),
        "queued": _("It goes out by itself. {why}").format(why=error).strip(),
        "pushing": _("It is being put up just now."),
        "unconfirmed": _unconfirmed(error),
        "live": address_of(row),
        "refused": _("{where} says: “{why}”. Change it and approve it anew, or retry it as it is.").format(
            where=where, why=error
        ),
        "dead": _("It was given up: {why} Retry it, or decline it.").format(why=_sentence(error)),
        "ended": _("It is off sale. {why}").format(why=error).strip(),
        "declined": _("Somebody wants it not; change it and it waits again."),
    }  # fmt: skip
    return told.get(status, error)


def _unconfirmed(error: str) -> str:
    if error.startswith(DRAFT):
        return _("It arrived and stands there as a draft; it is looked at again until it is up.")
    return _("Nobody knows yet whether it arrived; a look-up settles it by itself.")


def _blocked(blocking: Sequence[Row]) -> str:
    if not blocking:
        return _("A gate blocks it: open it to see which.")
    first = blocking[0]
    said = f"{gate_name(first['name'])}: {_sentence(first['why'] or '')}"
    more = "" if len(blocking) == 1 else " " + _("({count} gates block it.)").format(count=len(blocking))
    mend = _("Change it.") if first["name"] == "bounds" else _("Change it, or let it pass with a reason.")
    return f"{said}{more} {mend}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?。" else f"{text}."


def address_of(row: Mapping[str, Any]) -> str:
    """Where buyers see it, without the way there; where it has no address, that it stands."""
    url = (row["native"] or {}).get("url", "")
    parts = urlsplit(url) if url else None
    if parts is not None and parts.scheme in ("http", "https") and parts.hostname:
        return _("Buyers see it at {host}").format(host=parts.hostname)
    if parts is not None and parts.scheme == "file":
        return _("It stands in a folder of this installation: {path}").format(path=unquote(parts.path))
    return _("It stands where buyers see it.")


def link_of(row: Mapping[str, Any]) -> str:
    """Its address where it is one that a browser may open from here, else nothing."""
    url = str((row["native"] or {}).get("url", ""))
    return url if urlsplit(url).scheme in ("http", "https") else ""
