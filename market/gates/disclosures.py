"""Disclosures: what a marketplace and the law want to be told of how a product came about, and is it said?

Etsy's Creativity Standards (etsy.com/legal/creativity, in force since July 2024; read from memory, 2026-11-30) ask who
designed a thing, to name a production partner, and to say in the description where AI was used. The same is asked here
for every marketplace: it is true everywhere, and regulation (EU) 2024/1689, article 50, asks for the last from 2026 on.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of
from market.listing import Listing

NAME = "disclosures"
VERSION = "1"
OWN_HANDS = frozenset({"typographic"})
"""Renderers that are no AI: they set letters and shapes by rule."""
SELF_MADE = frozenset({"folder", ""})
SOURCE = Source("Etsy Creativity Standards", "2024-07")
_SAYS_AI = re.compile(
    r"\bA\.?I\.?\b|artificial intelligence|\bKI\b|künstliche[rn]? intelligenz|\bI\.?A\.?\b|intelligence artificielle|"
    r"inteligencia artificial|人工知能|生成AI|ＡＩ|AI"
)


class Told:
    """The gate."""

    name = NAME

    def __init__(self, providers: Collection[str] = ("printify", "printful")) -> None:
        """`providers`: who prints for others; a product that one of them makes has a production partner."""
        self.providers = frozenset(name.casefold() for name in providers)

    def key(self, listing: Listing, artwork: Artwork, now: datetime) -> str:
        return key_of(NAME, VERSION + ",".join(sorted(self.providers)), listing, artwork, (SOURCE,))

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Blocked where something is missing or not true, with what to fill in."""
        missing = self._missing(listing, artwork)
        outcome: Outcome = "blocked" if missing else "clear"
        why = "; ".join(each.how for each in missing) if missing else "designer, production partner and AI are told"
        checked = ("designer", "production partner", "use of AI")
        return Verdict(
            NAME, outcome, why, checked, (SOURCE,), now, self.key(listing, artwork, now), tuple(missing)
        )  # fmt: skip

    def _missing(self, listing: Listing, artwork: Artwork) -> list[Evidence]:
        told, drawn_by_ai = listing.disclosures, artwork.renderer not in OWN_HANDS
        found = []
        if told.designed_by not in ("seller", "seller with AI"):
            found.append(_gap("designed_by", str(told.designed_by), "say who designed it: seller, or seller with AI"))
        if drawn_by_ai and told.designed_by == "seller":
            said = f"{artwork.renderer} drew it: set designed_by to “seller with AI”"
            found.append(_gap("designed_by", told.designed_by, said))
        if drawn_by_ai and not _SAYS_AI.search(listing.description):
            found.append(_gap("description", "", "say in the description that AI was used to make the design"))
        printed = sorted(name for name in self._named(listing) if name != told.production_partner.casefold())
        if printed and not told.production_partner.strip():
            found.append(_gap("production_partner", "", f"name who prints it: {', '.join(printed)}"))
        return found

    def _named(self, listing: Listing) -> set[str]:
        """Providers that the listing stands at, or that its facts name."""
        rows = {claim.fact.removeprefix("cost:").partition("/")[0].casefold() for claim in listing.claims
                if claim.fact.startswith("cost:")}  # fmt: skip
        return ({listing.marketplace.casefold()} | rows) & self.providers


def _gap(name: str, written: str, how: str) -> Evidence:
    return Evidence("disclosure", written, name, how)
