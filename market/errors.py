"""Errors of marketplaces and of registers of marks, one type for each thing that is done about it.

MarketError
|- MarketBusy        asked too often: the same again, not before `until`
|- MarketDown        nothing was changed and nobody answered: the same again, later
|- Unconfirmed       a change was sent and its answer never came: only a look-up says whether it was made
|- MarketRefused     it says no to this listing: a person has to change something
|  |- KeyRefused     it does not take our key: a person has to connect the account again
|  `- ListingGone    what we would change is not there any more
`- NotConfigured     no key, no shop: it is skipped, and says which setting it lacks

Messages name host and path, never a query, a header or a body: those may hold a key.
"""

from __future__ import annotations

from datetime import datetime


class MarketError(Exception):
    """Anything a marketplace does wrong, or says no to."""


class MarketBusy(MarketError):
    """Asked too often."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(f"{reason}: not before {until:%Y-%m-%d %H:%M:%S} UTC")
        self.until = until


class MarketDown(MarketError):
    """Nobody answered, and nothing was changed."""


class Unconfirmed(MarketError):
    """Whether a change was made is not known."""


class MarketRefused(MarketError):
    """It says no; the message says to what."""


class KeyRefused(MarketRefused):
    """It does not take our key."""


class ListingGone(MarketRefused):
    """What we would change is not there."""


class NotConfigured(MarketError):
    """A setting is missing; the message names it."""
