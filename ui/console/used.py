"""Used: how much of what a marketplace takes a listing uses: of each text, of the tags, of the pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from market.bounds import Bounds
from market.listing import Listing, body_of
from ui.console.words import _

NEAR = 0.9
"""From which share on a bound is nearly used up."""


@dataclass(frozen=True, slots=True)
class Used:
    """So many of at most so many; `told` is that in words: "96 of 140 characters"."""

    field: str
    have: int
    most: int
    told: str

    @property
    def tone(self) -> str:
        """One of "over", "near" and "inside"."""
        return "over" if self.have > self.most else "near" if self.have >= NEAR * self.most else "inside"

    @property
    def percent(self) -> float:
        """Of the bound, at most 100."""
        return min(100.0, 100 * self.have / self.most) if self.most else 100.0


def used_of(listing: Listing, bounds: Bounds) -> list[Used]:
    """Each bound that the marketplace has, with what the listing uses of it."""
    return list(_used(listing, bounds))


def _used(listing: Listing, bounds: Bounds) -> Iterator[Used]:
    characters = _("{have} of {most} characters")
    yield _one("title", _length(listing.title), bounds.title_most, characters)
    shown = listing.description if bounds.bullets is not None else body_of(listing)
    yield _one("description", _length(shown), bounds.description_most, characters)
    if bounds.bullets is not None:
        yield _one("bullets", len(listing.bullets), bounds.bullets, _("{have} of {most} bullets"))
    if bounds.tags is not None:
        yield _one("tags", len(listing.tags), bounds.tags, _("{have} of {most} tags"))
    if bounds.tag_most is not None and listing.tags:
        longest = max(map(_length, listing.tags))
        yield _one("tag", longest, bounds.tag_most, _("the longest tag {have} of {most} characters"))
    if bounds.tags_bytes is not None:
        size = len(" ".join(listing.tags).encode("utf-8", "replace"))
        yield _one("tags_bytes", size, bounds.tags_bytes, _("tags {have} of {most} bytes"))
    yield _one("pictures", len(listing.pictures), bounds.pictures_most, _("{have} of {most} pictures"))
    if bounds.variants is not None and listing.variants:
        yield _one("variants", len(listing.variants), bounds.variants, _("{have} of {most} variants"))


def _one(field: str, have: int, most: int, told: str) -> Used:
    return Used(field, have, most, told.format(have=f"{have:,}", most=f"{most:,}"))


def _length(text: str) -> int:
    return len(unicodedata.normalize("NFC", text))


def meter(of: Sequence[Used], *fields: str) -> str:
    """Those of these fields as bars with their words, as HTML; nothing where there is no such bound."""
    found = [each for each in of if each.field in fields]
    bars = (
        f'<span class="used {each.tone}"><i><b style="width:{each.percent:.1f}%"></b></i>{escape(each.told)}</span>'
        for each in found
    )
    return f'<div class="uses">{"".join(bars)}</div>' if found else ""
