"""People: who asks, and what their role lets them do; the same at every door.

creator     looks at everything of the tenant, and may send an idea back with a note
business    decides, keeps keywords, starts and resumes runs, lets dead letters and quarantined rows be tried again; has
            batches drawn, keeps brands, categories and tags, deletes designs; has listings drawn up, changes, approves,
            declines, retries and ends them
admin       sets weights, keeps members and keys, reads the audit log and the figures of the installation; lets a gate
            pass that blocks a listing: whoever wants to sell is not whoever says that a mark or a claim does no harm

PeopleError
|- Unknown     no key, a forged, expired or revoked one: come with another (401)
|- Forbidden   known, and not allowed to do this (403); the message says which role may
`- BadMember   a handle, tier or label that cannot be (422)
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import AsyncConnection

from graphs.tokens import (
    BadToken,
    Claims,
    Key,
    Seal,
    Tokens,
    kept_secret,
    new_secret,
    read_key,
    read_refresh,
    refresh_text,
    sha256,
)
from store import people
from store.audit import Entry, record
from store.ids import new_id

if TYPE_CHECKING:
    from graphs.tenants import Tenants

Row = dict[str, Any]

KEPT_S = 10.0
"""How long it is believed who a key or token names: one that was revoked elsewhere is out within it."""
MOST_KEPT = 4096
"""Keys and tokens whose holder is kept in mind."""
NOBODY = "no key or token that is known here"
HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
MOST_CHARS = 80
"""Of a name or a label."""
MOST_DAYS = 3650


class PeopleError(Exception):
    """Root of this module's errors."""


class Unknown(PeopleError):
    """Nobody we know."""


class Forbidden(PeopleError):
    """Known, and not allowed."""


class BadMember(PeopleError):
    """A handle, tier, name or label that cannot be."""


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
    DRAW = "draw"
    LAUNCH = "launch"
    WAIVE = "let pass"
    VOUCH = "bring outcomes"
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
    Deed.DRAW: Role.BUSINESS,
    Deed.LAUNCH: Role.BUSINESS,
    Deed.VOUCH: Role.BUSINESS,
    Deed.WAIVE: Role.ADMIN,
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


@dataclass(frozen=True, slots=True)
class _Met:
    """Whom a key or token named, when that was looked up, and until when it is believed (monotonic seconds)."""

    person: Person
    asked: float
    until: float


@dataclass(slots=True)
class People:
    """The members of all tenants, and who a key or token names. One a process and event loop."""

    tenants: Tenants
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _met: OrderedDict[bytes, _Met] = field(default_factory=OrderedDict, repr=False)
    _changed: float = field(default=-1.0, repr=False)
    """When a member or key was last changed here: what was looked up before is not believed."""
    _seal: Seal | None = field(default=None, repr=False)

    def has_met(self, credential: str) -> bool:
        """Whether it named somebody here before, be it long ago."""
        return sha256(credential) in self._met

    async def identify(self, credential: str) -> Person:
        """Whoever an API key or access token names; Unknown, in one line, for any other text."""
        name = sha256(credential)
        asked, met = self.clock(), self._met.get(name)
        if met is not None and self._changed < met.asked and asked < met.until:
            return met.person
        try:
            key = read_key(credential)
            person, good_s = (await self._by_key(key), KEPT_S) if key else await self._by_token(credential)
        except Unknown:
            self._met.pop(name, None)
            raise
        self._met[name] = _Met(person, asked, asked + min(good_s, KEPT_S))
        self._met.move_to_end(name)
        if len(self._met) > MOST_KEPT:
            self._met.popitem(last=False)
        return person

    async def exchange(self, api_key: str) -> Tokens:
        """An access and a refresh token for an API key; the first of a family."""
        key = read_key(api_key)
        if key is None:
            raise Unknown(NOBODY)
        person = await self._by_key(key)
        async with self._session(person.tenant) as session, session.transaction():
            return await self._issue(session, person, key.id, new_id())

    async def refresh(self, token: str) -> Tokens:
        """The next tokens of a family. Each refresh token is good once; one that comes again later ends the family."""
        tenant, secret = read_refresh(token) or ("", "")
        async with self._session(tenant) as session, session.transaction():
            use = await people.use_token(session, sha256(secret))
            if use.outcome == "good" and use.family is not None and use.key_id is not None:
                person = await self._holder(session, tenant, use.key_id)
                return await self._issue(session, person, use.key_id, use.family)
            if use.outcome == "again":
                why = {"reason": "a refresh token came again: its family is ended"}
                await record(session, Entry(use.handle, "api", Deed.SIGN_IN, str(use.key_id), "refused", why))
        self._changed = self.clock()
        raise Unknown(NOBODY)

    async def sign_out(self, token: str) -> None:
        """End the family of an access or refresh token; its access tokens are out within KEPT_S everywhere."""
        parts = read_refresh(token)
        claims = None if parts else await self._read(token)
        tenant = parts[0] if parts else claims.tenant if claims else ""
        async with self._session(tenant) as session, session.transaction():
            family = claims.family if claims else await people.find_family(session, sha256(parts[1] if parts else ""))
            if family is None:
                raise Unknown(NOBODY)
            await people.end_family(session, family)
        self._changed = self.clock()

    async def members(self, tenant: str) -> list[Row]:
        """Everybody of a tenant, by handle."""
        async with self._session(tenant) as session:
            return await people.load_members(session)

    async def add_member(
        self, tenant: str, handle: str, role: str, tier: str, name: str = "", actor: str | None = None
    ) -> Row:
        """A new member; BadMember where handle, role, tier or name cannot be."""
        self._check(handle=handle, role=role, tier=tier, name=name)
        async with self._session(tenant) as session:
            return await people.add_member(session, handle, name, role, tier, self._by(actor))

    async def set_role(
        self, tenant: str, handle: str, role: str | None = None, tier: str | None = None, actor: str | None = None
    ) -> Row:
        """Another role, another tier, or both; what they hold is known by it at once here, elsewhere within KEPT_S."""
        self._check(role=role, tier=tier)
        async with self._session(tenant) as session:
            row = await people.set_member(session, handle, role, tier, self._by(actor))
        self._changed = self.clock()
        return row

    async def remove_member(self, tenant: str, handle: str, actor: str | None = None) -> None:
        """Forget who they are and end their keys; their handle stays with what they did."""
        async with self._session(tenant) as session:
            await people.remove_member(session, handle, self._by(actor))
        self._changed = self.clock()

    async def keys(self, tenant: str, handle: str | None = None) -> list[Row]:
        """The keys of a tenant, or of one member, without their secrets."""
        async with self._session(tenant) as session:
            return await people.load_keys(session, handle)

    async def add_key(
        self, tenant: str, handle: str, label: str = "", days: int | None = None, actor: str | None = None
    ) -> tuple[Row, str]:
        """A key for a member: its row, and its text, which nobody can be shown again."""
        self._check(label=label, days=days)
        key = Key(tenant, new_id(), new_secret())
        life = None if days is None else timedelta(days=days)
        async with self._session(tenant) as session:
            row = await people.add_key(session, key.id, handle, label, sha256(key.secret), life, self._by(actor))
        return row, key.text

    async def revoke_key(self, tenant: str, key_id: UUID, actor: str | None = None) -> None:
        """End a key and its tokens: out at once here, elsewhere within KEPT_S."""
        async with self._session(tenant) as session:
            await people.revoke_key(session, key_id, self._by(actor))
        self._changed = self.clock()

    async def _by_key(self, key: Key) -> Person:
        async with self._session(key.tenant) as session:
            row = await people.find_key(session, key.id)
            stored = bytes(row["secret_sha256"]) if row else bytes(32)
            if not hmac.compare_digest(stored, sha256(key.secret)) or row is None:
                raise Unknown(NOBODY)
            person = _person(key.tenant, row)
            if row["unmarked"]:
                await people.mark_used(session, key.id)
            return person

    async def _by_token(self, token: str) -> tuple[Person, float]:
        """Whom a token names, and for how many seconds more."""
        claims = await self._read(token)
        async with self._session(claims.tenant) as session:
            person = await self._holder(session, claims.tenant, claims.key_id)
            if person.handle != claims.handle or not await people.family_lives(session, claims.family, claims.key_id):
                raise Unknown(NOBODY)
            return person, claims.until_s - time.time()

    async def _holder(self, session: AsyncConnection[Any], tenant: str, key_id: UUID) -> Person:
        row = await people.find_key(session, key_id)
        if row is None:
            raise Unknown(NOBODY)
        return _person(tenant, row)

    async def _issue(self, session: AsyncConnection[Any], person: Person, key_id: UUID, family: UUID) -> Tokens:
        secret, life = new_secret(), timedelta(days=self.tenants.settings.refresh_days)
        await people.put_token(session, sha256(secret), family, key_id, life)
        seal = await self._sealed()
        access = seal.sign(Claims(person.tenant, person.handle, key_id, family))
        return Tokens(access, refresh_text(person.tenant, secret), int(seal.life.total_seconds()))

    async def _read(self, token: str) -> Claims:
        try:
            return (await self._sealed()).read(token)
        except BadToken as refusal:
            raise Unknown(str(refusal)) from None

    async def _sealed(self) -> Seal:
        """Made at the first token: its secret may have to be read from a file, or made."""
        if self._seal is None:
            settings = self.tenants.settings
            if settings.token_secret is None:
                secret = await asyncio.to_thread(kept_secret, settings.home)
            else:
                secret = settings.token_secret.get_secret_value()
            self._seal = Seal(secret, settings.access_minutes)
        return self._seal

    @asynccontextmanager
    async def _session(self, tenant: str) -> AsyncIterator[AsyncConnection[Any]]:
        if not await self.tenants.is_known(tenant):
            raise Unknown(NOBODY)
        async with self.tenants.product(tenant) as product, product.pool.connection() as session:
            yield session

    def _by(self, actor: str | None) -> str:
        return actor or self.tenants.settings.actor

    def _check(self, **given: Any) -> None:
        """BadMember where a value cannot be; None is not given."""
        tiers = self.tenants.settings.tiers
        rules: Mapping[str, tuple[Callable[[Any], Any], str]] = {
            "handle": (lambda it: HANDLE.fullmatch(it), "small letters, digits, '.', '_' and '-', at most 40"),
            "role": (lambda it: it in set(Role), f"one of {', '.join(Role)}"),
            "tier": (lambda it: it in tiers, f"one of {', '.join(tiers)}"),
            "name": (_is_line, f"a line of at most {MOST_CHARS} characters"),
            "label": (_is_line, f"a line of at most {MOST_CHARS} characters"),
            "days": (lambda it: 1 <= it <= MOST_DAYS, f"from 1 to {MOST_DAYS}"),
        }
        for what, value in given.items():
            fits, allowed = rules[what]
            if value is not None and not fits(value):
                raise BadMember(f"{what} {str(value)[:80]!r} cannot be: {allowed}")


def _person(tenant: str, row: Row) -> Person:
    """Whom a key names whose secret fitted, so that it may be told why it opens nothing."""
    if row["revoked"]:
        raise Unknown("this key was revoked: ask an admin for another")
    if row["expired"]:
        raise Unknown("this key has expired: ask an admin for another")
    return Person(tenant, row["handle"], Role(row["role"]), row["tier"], row["name"], row["id"])


def _is_line(text: str) -> bool:
    return len(text) <= MOST_CHARS and text.isprintable()
