"""Pictures: how the files of a listing reach a marketplace, by their content or by an address to fetch them from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from market.errors import MarketRefused, NotConfigured
from market.listing import Files, Listing


@dataclass(frozen=True, slots=True)
class PublicFiles:
    """Where the files of listings can be fetched from outside. `address` holds {sha256}, and begins with https."""

    address: str

    def __post_init__(self) -> None:
        if not self.address.startswith("https://") or "{sha256}" not in self.address:
            raise NotConfigured(f"an address of files is https://... with {{sha256}} in it, not {self.address!r}")

    def url_of(self, sha256: str) -> str:
        """Where this file is."""
        return self.address.replace("{sha256}", sha256)


def urls_of(listing: Listing, public: PublicFiles | None, who: str) -> list[str]:
    """Addresses of all pictures; MarketRefused where files have none, for who fetches pictures and takes none sent."""
    return [url_of(picture.sha256, public, who) for picture in listing.pictures]


def url_of(sha256: str, public: PublicFiles | None, who: str) -> str:
    """The address of one file, likewise."""
    if public is None:
        raise MarketRefused(f"{who} fetches pictures from a public address and none is set: say where files can be had")
    return public.url_of(sha256)


async def content_of(sha256: str, name: str, files: Files) -> bytes:
    """What is in a file; MarketRefused where it is not there."""
    try:
        return await asyncio.to_thread(files[sha256].read_bytes)
    except (KeyError, OSError):
        raise MarketRefused(f"the file of {name} is not there: draw the design again") from None
