"""People: who I am; for admins the members of the tenant and their keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from graphs.people import HANDLE, MOST_CHARS, MOST_DAYS, Deed, Role
from ui.api.access import Looking, Visit, people_of, visit
from ui.api.paging import Page
from ui.api.problems import refusals

router = APIRouter(tags=["people"])
Keeping = Annotated[Visit, Depends(visit(Deed.KEEP_PEOPLE))]
NO_MEMBER = refusals(_404="No such member")
LAST_ADMIN = refusals(_409="The last admin stays")
Handle = Annotated[str, Path(pattern=rf"^{HANDLE.pattern}$", description="As the audit log names them.")]


class Me(BaseModel):
    """Who asks, and what they may."""

    tenant: str
    handle: str
    name: str
    role: Role
    tier: str
    requests_per_minute: int
    may: list[Deed]


class Member(BaseModel):
    """Somebody of the tenant."""

    handle: str
    name: str
    role: Role
    tier: str
    recorded_at: datetime


class Listed(Member):
    """A member in the list of all."""

    keys: int = Field(description="Keys of theirs that are good.")
    used_on: date | None = Field(description="The last day one of those was used.")


class NewMember(BaseModel):
    """Somebody to be."""

    model_config = ConfigDict(extra="forbid")

    handle: str = Field(pattern=rf"^{HANDLE.pattern}$", description="Theirs for ever: never given again.")
    role: Role
    tier: str = Field(max_length=40, description="One of the settings' tiers.")
    name: str = Field(default="", max_length=MOST_CHARS, description="As people read it; forgotten with the member.")


class Change(BaseModel):
    """Another role, another tier, or both."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    tier: str | None = Field(default=None, max_length=40)


class Key(BaseModel):
    """A key without its secret."""

    id: UUID
    handle: str
    label: str
    recorded_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_on: date | None


class Given(Key):
    """A key just made."""

    api_key: str = Field(description="Shown this once.")


class NewKey(BaseModel):
    """A key to be."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(default="", max_length=MOST_CHARS, description="What it is for.")
    days: int | None = Field(default=None, ge=1, le=MOST_DAYS, description="How long it is good; null: until revoked.")


@router.get("/me")
async def me(request: Request, visit: Looking) -> Me:
    """Who the key or token names, and what they may do."""
    person, tiers = visit.person, people_of(request).tenants.settings.tiers
    return Me(
        tenant=person.tenant,
        handle=person.handle,
        name=person.name,
        role=person.role,
        tier=person.tier,
        requests_per_minute=tiers.get(person.tier, min(tiers.values())),
        may=[deed for deed in Deed if person.may(deed)],
    )


@router.get("/members")
async def list_members(request: Request, visit: Keeping) -> Page[Listed]:
    """Everybody of the tenant, by handle."""
    rows = await people_of(request).members(visit.person.tenant)
    return Page(items=[Listed(**row) for row in rows], next=None)


@router.post("/members", status_code=201, responses=refusals(_409="The handle is taken"))
async def add_member(request: Request, visit: Keeping, new: NewMember) -> Member:
    """Let somebody in; they need a key then."""
    row = await people_of(request).add_member(
        visit.person.tenant, new.handle, new.role, new.tier, new.name, visit.person.handle
    )
    return Member(**row)


@router.patch("/members/{handle}", responses=NO_MEMBER | LAST_ADMIN)
async def change_member(request: Request, visit: Keeping, handle: Handle, change: Change) -> Member:
    """Give somebody another role or tier. The last admin stays admin."""
    row = await people_of(request).set_role(visit.person.tenant, handle, change.role, change.tier, visit.person.handle)
    return Member(**row)


@router.delete("/members/{handle}", status_code=204, responses=NO_MEMBER | LAST_ADMIN)
async def remove_member(request: Request, visit: Keeping, handle: Handle) -> None:
    """Forget who somebody is and end their keys and tokens; what they did stays, under their handle."""
    await people_of(request).remove_member(visit.person.tenant, handle, visit.person.handle)


@router.get("/keys")
async def list_keys(request: Request, visit: Keeping) -> Page[Key]:
    """Every key of the tenant, without secrets, in the order they were given."""
    rows = await people_of(request).keys(visit.person.tenant)
    return Page(items=[Key(**row) for row in rows], next=None)


@router.post("/members/{handle}/keys", status_code=201, responses=NO_MEMBER)
async def add_key(request: Request, response: Response, visit: Keeping, handle: Handle, new: NewKey) -> Given:
    """Give somebody a key. Its text is in this answer and nowhere else."""
    row, text = await people_of(request).add_key(visit.person.tenant, handle, new.label, new.days, visit.person.handle)
    response.headers["Cache-Control"] = "no-store"
    return Given(**row, api_key=text)


@router.delete("/keys/{id}", status_code=204, responses=refusals(_404="No such key that is not revoked"))
async def revoke_key(request: Request, visit: Keeping, id: UUID) -> None:  # noqa: A002 - the path's word
    """End a key and every token it was exchanged for."""
    await people_of(request).revoke_key(visit.person.tenant, id, visit.person.handle)
