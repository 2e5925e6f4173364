"""Marketplaces: one protocol, one module each. What is common to all of them is held by one suite of tests.

`put` makes what stands say what the listing says, and can be called again at any point: it makes a draft where nothing
stands, brings pictures that are missing, sets prices, puts it up last. It never looks for what stands by itself:
whoever calls it has looked (`find`), holds the listing alone, and gives nothing standing only where nothing stands.
"""

from __future__ import annotations

from typing import Protocol

from market.listing import Files, Listing, Standing


class Marketplace(Protocol):
    """Where listings are put up. Errors: `market.errors`."""

    @property
    def name(self) -> str: ...

    async def find(self, key: str) -> Standing | None:
        """What stands under our key, ended or not; None where nothing does. Changes nothing."""
        ...

    async def put(self, listing: Listing, standing: Standing | None, files: Files) -> Standing:
        """Make what stands (or nothing) into the listing, live; as it stands then.

        Every request that changes something is told our key where the marketplace takes one. What cannot be known to
        have been made is Unconfirmed; a part that was made stays and is found by the next `find`.
        """
        ...

    async def end(self, standing: Standing) -> Standing:
        """Take it off sale; ended already is well. ListingGone where it is not there."""
        ...
