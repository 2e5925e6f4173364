"""People: who asks, and what their role lets them do; the same at every door.

creator     looks at everything of the tenant, and may send an idea back with a note
business    decides, keeps keywords, starts and resumes runs, lets dead letters and quarantined rows be tried again
admin       sets weights, keeps members and keys, reads the audit log and the figures of the installation

PeopleError
|- Unknown     no key, a forged, expired or revoked one: come with another (401)
`- Forbidden   known, and not allowed to do this (403); the message says which role may
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class PeopleError(Exception):
    """Root of this module's errors."""


class Unknown(PeopleError):
    """Nobody we know."""


class Forbidden(PeopleError):
    """Known, and not allowed."""


class Role(StrEnum):
    """What somebody is to the tenant; each may do what those before it may."""

    CREATOR = "creator"
    BUSINESS = "business"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Role).index(self)


class Deed(StrEnum):
    """What can be done at a door, as the audit log names it."""

    LOOK = "look"
    SEARCH = "search"
    NOTE = "note"
    DECIDE = "decide"
    KEEP_KEYWORDS = "keep keywords"
    TAKE_IN = "take in"
    RUN = "run"
    RETRY = "retry"
    SET_WEIGHTS = "set weights"
    KEEP_PEOPLE = "keep people"
    READ_AUDIT = "read audit"
    READ_HEALTH = "read health"
    SIGN_IN = "sign in"


MAY: Mapping[Deed, Role] = {
    Deed.LOOK: Role.CREATOR,
    Deed.SEARCH: Role.CREATOR,
    Deed.NOTE: Role.CREATOR,
    Deed.SIGN_IN: Role.CREATOR,
    Deed.DECIDE: Role.BUSINESS,
    Deed.KEEP_KEYWORDS: Role.BUSINESS,
    Deed.TAKE_IN: Role.BUSINESS,
    Deed.RUN: Role.BUSINESS,
    Deed.RETRY: Role.BUSINESS,
    Deed.SET_WEIGHTS: Role.ADMIN,
    Deed.KEEP_PEOPLE: Role.ADMIN,
    Deed.READ_AUDIT: Role.ADMIN,
    Deed.READ_HEALTH: Role.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. `handle` is the actor of what they do; `key_id` is None where the door itself vouches for them."""

    tenant: str
    handle: str
    role: Role
    tier: str
    name: str = ""
    key_id: UUID | None = None

    def may(self, deed: Deed) -> bool:
        """Whether their role allows it."""
        return self.role.rank >= MAY[deed].rank

    def check(self, deed: Deed) -> None:
        """Forbidden where their role does not allow it."""
        if not self.may(deed):
            raise Forbidden(f"to {deed} takes the role {MAY[deed]} or more; {self.handle} has {self.role}")
