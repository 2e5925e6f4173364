"""Studio: who may do what at LangGraph's own server, where Studio, an Agent Inbox and the SDK come in.

The same keys and tokens as everywhere: `Authorization: Bearer bw_...`, or `x-api-key` for clients that know no other
way (the SDK's `api_key`, the Agent Inbox's deployment key). In Studio's connection dialog the first goes into a custom
header. There is no other way in: Studio's own sign-in is a header that anybody can send, and is switched off; loopback
is no exception. Where nobody has a key yet, `bellwether members add HANDLE --role admin` and `bellwether members key
HANDLE` make the first, on the machine itself.

The graphs of the server are the home tenant's, so only its members pass (403 for others). The API beside them looks for
itself who asks, and serves every tenant.

creator     looks at threads, runs and assistants
business    starts runs and answers what they ask: a run may bring an input or an answer, nothing that moves a thread
            past its nodes
admin       what is left: changes states, assistants, schedules
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langgraph_sdk import Auth
from starlette.types import ASGIApp, Receive, Scope, Send

from graphs.people import Deed, People, Person, Role, Unknown
from ui.api import problems
from ui.api.rates import credential_of

API = "/api/"
CLOSED = ("/internal", "/deploy", "/metrics")
"""Routes of the development server that ask nobody who they are: one empties it, one runs a program, one tells how
much it does; the API has figures of its own."""
LOOKS = ("search", "count", "history")
"""What is asked by POST and only looks."""
HINT = "; where there is none yet: `bellwether members add HANDLE --role admin`, then `bellwether members key HANDLE`"

auth = Auth()
Context = Auth.types.AuthContext
Refused = Auth.exceptions.HTTPException


@auth.authenticate
async def authenticate(scope: dict[str, Any]) -> Mapping[str, Any]:
    """The member that the credentials name. 401 for nobody, 403 for other tenants; the API looks for itself."""
    people: People = scope["app"].state.people
    credential = credential_of(scope)
    try:
        person = await people.identify(credential) if credential else None
    except Unknown as nobody:
        if not scope["path"].startswith(API):
            raise Refused(status_code=401, detail=f"{nobody}{HINT}") from None
        person = None
    if scope["path"].startswith(API):
        return _named(person)
    if person is None:
        raise Refused(status_code=401, detail=f"no credentials: send `Authorization: Bearer` and an API key{HINT}")
    if person.tenant != people.tenants.home:
        raise Refused(status_code=403, detail=f"the graphs of this server are not of tenant {person.tenant}")
    scope.setdefault("state", {}).update(person=person, deed=_deed(scope))
    return _named(person)


@auth.on
async def others(ctx: Context, value: Any) -> None:  # noqa: ARG001 - as the server calls it
    """Whatever is named nowhere below takes an admin."""
    _check(ctx, Role.ADMIN, f"{ctx.action} {ctx.resource}")


@auth.on(resources=["assistants", "threads"], actions=["read", "search"])
async def look(ctx: Context, value: Any) -> None:
    """Every member looks."""


@auth.on.threads.create
async def create(ctx: Context, value: Any) -> None:  # noqa: ARG001 - as the server calls it
    """Whoever runs makes threads."""
    _check(ctx, Role.BUSINESS, Deed.RUN)


@auth.on.threads.create_run
async def run(ctx: Context, value: Any) -> None:
    """A run brings an input or the answer to what it asked; a command that did more could pass by the rule in code."""
    _check(ctx, Role.BUSINESS, Deed.RUN)
    command = (value.get("kwargs") or {}).get("command") or {}
    if any(command[name] for name in command if name != "resume"):
        raise Refused(status_code=403, detail="a command may resume a thread, not update it or go elsewhere in it")


@auth.on.threads.update
async def update(ctx: Context, value: Any) -> None:
    """To stop a run takes what starting one takes; to change a thread takes an admin."""
    _check(ctx, Role.BUSINESS if value.get("action") else Role.ADMIN, "update threads")


class Doorway:
    """Outside of everything else at the served application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope["headers"] = _one_header(scope["headers"])
        if scope["type"] == "http":
            if scope["path"].startswith(CLOSED):
                return await problems.response(404, "there is nothing here")(scope, receive, send)
            if not scope["path"].startswith(API):
                scope.setdefault("state", {})["door"] = "studio"
        return await self.app(scope, receive, send)


class Besides:
    """What stands around the API, around everything beside it too."""

    def __init__(self, app: ASGIApp, around: Callable[[ASGIApp], ASGIApp]) -> None:
        self.app, self.around = app, around(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        beside = scope["type"] == "http" and not scope["path"].startswith(API)
        await (self.around if beside else self.app)(scope, receive, send)


def _one_header(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers, with a key that came as `x-api-key` where everybody looks for it."""
    given = dict(headers)
    if b"authorization" in given or b"x-api-key" not in given:
        return headers
    return [*headers, (b"authorization", b"Bearer " + given[b"x-api-key"])]


def _named(person: Person | None) -> Mapping[str, Any]:
    """As the server keeps them with what they begin: no key, no secret."""
    if person is None:
        return {"identity": "", "is_authenticated": False, "permissions": [], "role": ""}
    return {
        "identity": person.handle,
        "display_name": person.name or person.handle,
        "is_authenticated": True,
        "permissions": [deed.value for deed in Deed if person.may(deed)],
        "role": person.role.value,
    }


def _check(ctx: Context, least: Role, deed: str) -> None:
    role = str(ctx.user["role"])
    if not role or Role(role).rank < least.rank:
        raise Refused(
            status_code=403,
            detail=f"to {deed} takes the role {least} or more; {ctx.user.identity} has {role or 'none'}",
        )


def _deed(scope: Mapping[str, Any]) -> Deed:
    """What a request to the server is, as the audit log names it."""
    looks = scope.get("method", "GET") in ("GET", "HEAD", "OPTIONS")
    return Deed.LOOK if looks or scope["path"].rsplit("/", 1)[-1] in LOOKS else Deed.RUN
