"""Disclosures: what a marketplace and the law want to be told of how a product came about, and is it said?

Etsy's Creativity Standards (etsy.com/legal/creativity, in force since July 2024; read from memory, 2026-11-30) ask who
designed a thing, to name a production partner, and to say in the description where AI was used. The same is asked here
for every marketplace: it is true everywhere, and regulation (EU) 2024/1689, article 50, asks for the last from 2026 on.
"""

from __future__ import annotations

import re
from datetime import datetime

from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of
from market.listing import Listing

NAME = "disclosures"
VERSION = "1"
OWN_HANDS = frozenset({"typographic"})
"""Renderers that are no AI: they set letters and shapes by rule."""
SOURCE = Source("Etsy Creativity Standards", "2024-07")
_SAYS_AI = re.compile(
    r"\bA\.?I\.?\b|artificial intelligence|\bKI\b|künstliche[rn]? intelligenz|\bI\.?A\.?\b|intelligence artificielle|"
    r"inteligencia artificial|人工知能|生成AI|ＡＩ|AI"
)


class Disclosed:
    """The gate."""

    name = NAME

    def key(self, listing: Listing, artwork: Artwork, _: datetime, /) -> str:
        return key_of(NAME, VERSION, listing, artwork, (SOURCE,))

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Blocked where something is missing or not true, with what to fill in."""
        missing = _missing(listing, artwork)
        outcome: Outcome = "blocked" if missing else "clear"
        why = "; ".join(each.how for each in missing) if missing else "designer, production partner and AI are told"
        checked = ("designer", "production partner", "use of AI")
        key = self.key(listing, artwork, now)
        return Verdict(NAME, outcome, why, checked, (SOURCE,), now, key, tuple(missing))


def _missing(listing: Listing, artwork: Artwork) -> list[Evidence]:
    told, drawn_by_ai = listing.disclosures, artwork.renderer not in OWN_HANDS
    found = []
    if told.designed_by not in ("seller", "seller with AI"):
        found.append(_gap("designed_by", str(told.designed_by), "say who designed it: seller, or seller with AI"))
    if drawn_by_ai and told.designed_by == "seller":
        said = f"{artwork.renderer or 'nobody knows who'} drew it: set designed_by to “seller with AI”"
        found.append(_gap("designed_by", told.designed_by, said))
    if drawn_by_ai and not _SAYS_AI.search(listing.description):
        found.append(_gap("description", "", "say in the description that AI was used to make the design"))
    if artwork.printed_by and not told.production_partner.strip():
        found.append(_gap("production_partner", "", f"name who prints it: {artwork.printed_by}"))
    return found


def _gap(name: str, written: str, how: str) -> Evidence:
    return Evidence("disclosure", written, name, how)
