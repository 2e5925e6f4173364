"""Audit: the one place that writes what was asked of the API, around every request.

An entry is written for each request that changes something or tries to, each search, each reading of what only some may
read, and each that was refused because of who asked; not for looking, nor for figures that a monitor fetches all day.
It is one INSERT, done before the answer goes out: whoever has an answer is in the log. What cannot be written there
is written whole to the program's log.

Whoever could not be named goes to the home tenant, and of all they were refused no more than UNNAMED entries a minute:
with the rate of each address (`ui.api.rates`) strangers make the table grow by so much and no more.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphs.audit import put
from graphs.people import Deed, Person
from graphs.tenants import Tenants
from store.audit import Door, Entry, Outcome
from store.rates import Rates
from trends.normalize import redact

UNNAMED = 120
"""Entries a minute of what all whom we could not name were refused."""
MOST_CHARS = 200
"""Of what was typed."""
SAFE = ("GET", "HEAD", "OPTIONS")
UNTOLD = (Deed.LOOK, Deed.READ_HEALTH)
UNSAID = "ask"
"""The deed of a request that was refused before it was known."""
SEARCHED = ("search", "text")
"""Parameters of a query that hold words somebody typed."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Audited:
    """Inside `Rated`, so that what was asked too often is not written, and around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        answered = False

        async def written(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                await _write(scope, int(message["status"]))
            await send(message)

        try:
            await self.app(scope, receive, written)
        except (Exception, asyncio.CancelledError) as failure:  # cancelled: it took too long, or the server stops
            if not answered:
                await _write(scope, 500 if isinstance(failure, Exception) else 503)
            raise


def entry_of(scope: Scope, status: int) -> Entry | None:
    """What is written of a request with this answer; None where nothing is."""
    state: Mapping[str, Any] = scope["state"]
    person: Person | None = state.get("person")
    deed: Deed | None = state.get("deed")
    words = _words(scope) if person else ""
    if words and deed in (None, Deed.LOOK):
        deed = Deed.SEARCH
    door: Door = state.get("door", "api")
    writes = scope["method"] not in SAFE and not (door == "studio" and deed is Deed.LOOK)  # its searches are POSTs
    if not (writes or status in (401, 403) or (deed is not None and deed not in UNTOLD)):
        return None
    route = getattr(scope.get("route"), "path", "")
    detail = {"method": scope["method"], "route": route, "status": status} | ({"words": words} if words else {})
    outcome: Outcome = "done" if status < 400 else "refused" if status < 500 else "failed"
    said = deed or (Deed.SIGN_IN if status == 401 else UNSAID)
    return Entry(person.handle if person else "", door, said, _subject(scope), outcome, detail)


async def _write(scope: Scope, status: int) -> None:
    entry = entry_of(scope, status)
    if entry is None:
        return
    tenants: Tenants = scope["app"].state.tenants
    person: Person | None = scope["state"].get("person")
    if person is None and entry.outcome != "done":
        rates: Rates = scope["app"].state.rates
        if not (await rates.take("shared:unnamed", UNNAMED)).taken:
            return
    await put(tenants, person.tenant if person else tenants.home, entry)


def _subject(scope: Scope) -> str:
    """The ids in the path; of what is no id, nothing."""
    values = [str(value) for value in scope.get("path_params", {}).values()]
    return " ".join(value for value in values if _ID.fullmatch(value))[:MOST_CHARS]


def _words(scope: Scope) -> str:
    """What was searched for, redacted."""
    asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=None)
    typed = " ".join(value for name in SEARCHED for value in asked.get(name, ()))
    return redact(typed.replace("\0", "")[: 2 * MOST_CHARS])[:MOST_CHARS]
