"""Tokens: an API key exchanged for an access token of a few minutes and a refresh token that is good once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from graphs.people import Deed
from graphs.tokens import LONGEST, Tokens, read_key
from ui.api.access import Visit, people_of, visit
from ui.api.problems import Problem, refusals
from ui.api.rates import credential_of

router = APIRouter(prefix="/tokens", tags=["people"])
SigningOut = Annotated[Visit, Depends(visit(Deed.SIGN_IN))]


class Exchange(BaseModel):
    """What a key is exchanged with."""

    model_config = ConfigDict(extra="forbid")

    api_key: str = Field(max_length=LONGEST, description="`bw_...`, as an admin gave it.")


class Refresh(BaseModel):
    """What a family goes on with."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str = Field(max_length=LONGEST, description="`bwr_...`, not used before.")


class Issued(BaseModel):
    """Tokens as OAuth 2 names them."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 - a word
    expires_in: int = Field(description="Seconds that the access token is good.")


@router.post("", status_code=201)
async def exchange(request: Request, response: Response, given: Exchange) -> Issued:
    """Exchange an API key for tokens. What it is used for later is counted with the key."""
    request.state.deed = Deed.SIGN_IN
    return await _issued(request, response, await people_of(request).exchange(given.api_key))


@router.post("/refresh", status_code=201)
async def refresh(request: Request, response: Response, given: Refresh) -> Issued:
    """Exchange a refresh token for the next tokens. One that comes a second time ends its family."""
    request.state.deed = Deed.SIGN_IN
    return await _issued(request, response, await people_of(request).refresh(given.refresh_token))


@router.delete("", status_code=204, responses=refusals(_409="An API key does not sign out"))
async def sign_out(request: Request, _: SigningOut) -> None:
    """End the family of the access token that this came with."""
    credential = credential_of(request.scope) or ""
    if read_key(credential) is not None:
        raise Problem(409, "an API key does not sign out: DELETE /api/v1/keys/{id} revokes it")
    await people_of(request).sign_out(credential)


async def _issued(request: Request, response: Response, tokens: Tokens) -> Issued:
    request.state.person = await people_of(request).identify(tokens.access)  # known from now on, here
    response.headers["Cache-Control"] = "no-store"
    return Issued(access_token=tokens.access, refresh_token=tokens.refresh, expires_in=tokens.expires_in_s)
