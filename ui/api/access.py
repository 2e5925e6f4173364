"""Access: who asks, what of the product they see, and whether their role allows it; what every route depends on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from graphs.people import Deed, People, Person, Unknown
from graphs.product import Product
from graphs.tenants import Tenants
from ui.api.texts import fit

BEARER = HTTPBearer(
    auto_error=False, description="An API key (`bw_...`), or an access token that one was exchanged for."
)
Shown = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody we know: the person, and the product of their tenant."""

    person: Person
    product: Product


def tenants_of(request: Request) -> Tenants:
    """The products that this server has opened."""
    found: Tenants = request.app.state.tenants
    return found


def people_of(request: Request) -> People:
    """Who there is."""
    found: People = request.app.state.people
    return found


async def known(request: Request, given: Shown) -> Person:
    """Whoever the Authorization header names. Unknown where it is missing or nobody's."""
    if given is None:
        raise Unknown("no credentials: send `Authorization: Bearer` and an API key or access token")
    person = await people_of(request).identify(given.credentials)
    request.state.person = person
    return person


@asynccontextmanager
async def opened(request: Request, person: Person, deed: Deed) -> AsyncIterator[Visit]:
    """The visit of somebody for something. Forbidden where their role does not allow it."""
    request.state.deed = deed
    person.check(deed)
    await fit(request)
    async with tenants_of(request).product(person.tenant) as product:
        yield Visit(person, product)


def visit(deed: Deed) -> Callable[..., AsyncIterator[Visit]]:
    """A dependency: the visit of somebody whose role allows the deed."""

    async def visiting(request: Request, given: Shown) -> AsyncIterator[Visit]:
        async with opened(request, await known(request, given), deed) as made:
            yield made

    return visiting


Looking = Annotated[Visit, Depends(visit(Deed.LOOK))]
Deciding = Annotated[Visit, Depends(visit(Deed.DECIDE))]
Drawing = Annotated[Visit, Depends(visit(Deed.DRAW))]
Launching = Annotated[Visit, Depends(visit(Deed.LAUNCH))]
Vouching = Annotated[Visit, Depends(visit(Deed.VOUCH))]
"""Says what became of listings."""
Waiving = Annotated[Visit, Depends(visit(Deed.WAIVE))]
Query = Callable[..., Awaitable[Any]]


async def ask(visit: Visit, query: Query, *values: Any, **named: Any) -> Any:
    """The answer of one query of `store/` on a session of the visitor's tenant."""
    async with visit.product.pool.connection() as connection:
        return await query(connection, *values, **named)
