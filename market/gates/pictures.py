"""Pictures: what a judge of pictures said of the design when it was made, carried to the listing that shows it."""

from __future__ import annotations

from datetime import datetime

from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of
from market.listing import Listing

NAME = "pictures"
VERSION = "1"


class Pictures:
    """The gate. It looks at no picture itself: mock-ups show what was judged, and nothing else of anybody's."""

    name = NAME

    def key(self, listing: Listing, artwork: Artwork, _: datetime, /) -> str:
        return key_of(NAME, VERSION, listing, artwork, _against(artwork))

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Clear as the judge said; blocked where it is unsafe; could not run where nobody looked, or none is shown."""
        outcome, why = _said(listing, artwork)
        checked = (f"the design ({artwork.renderer})", *(picture.name for picture in listing.pictures))
        found = (Evidence("picture", "the design", why),) if outcome == "blocked" else ()
        return Verdict(NAME, outcome, why, checked, _against(artwork), now, self.key(listing, artwork, now), found)


def _said(listing: Listing, artwork: Artwork) -> tuple[Outcome, str]:
    because = f": {artwork.safety_why}" if artwork.safety_why else ""
    if artwork.safety == "unsafe":
        return "blocked", f"the design is not safe to show{because}"
    if not listing.pictures:
        return "blocked", "the listing has no picture: add one"
    if artwork.safety == "clear" and artwork.judge:
        return "clear", f"the design is safe to show{because}"
    return "could not run", f"nobody looked at the design{because or ': install a judge of pictures and draw it again'}"


def _against(artwork: Artwork) -> tuple[Source, ...]:
    name, _, version = artwork.judge.rpartition(" ")
    return (Source(name or artwork.judge, version),) if artwork.judge else ()
