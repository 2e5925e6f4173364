"""Opening: how a command reaches the database, and how an expected fault becomes one line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg import Connection

from graphs.database import prepared_url
from store import reading
from store.decisions import DecisionError
from store.errors import StoreError
from store.postgres import connect
from ui.call import Broken, Call, Fault

if TYPE_CHECKING:
    from graphs.product import Product

NOT_OURS = (StoreError, psycopg.OperationalError)


@contextmanager
def faults() -> Iterator[None]:
    """Turns what is expected to go wrong into a Fault (mend the call) or Broken (mend the machine)."""
    try:
        yield
    except DecisionError as error:
        raise Fault(str(error)) from error
    except NOT_OURS as error:
        raise Broken(f"{error} (`bellwether doctor` says more)") from error


@contextmanager
def session(call: Call) -> Iterator[Connection[Any]]:
    """A session of the tenant on a database that is started and migrated."""
    with faults(), connect(prepared_url(call.settings), call.settings.tenant) as connection:
        yield connection


@asynccontextmanager
async def product(call: Call) -> AsyncIterator[Product]:
    """The whole product, for what changes something. Imported here: a list needs neither graphs nor agents."""
    from agents.chains import BadModelSetting
    from graphs.inbox import BadAnswer
    from graphs.pulls import BadSourceSetting
    from graphs.wiring import open_product
    from market.errors import NotConfigured

    with faults():
        try:
            async with open_product(call.settings) as opened:
                yield opened
        except (BadAnswer, BadModelSetting, BadSourceSetting, NotConfigured) as error:
            raise Fault(str(error)) from error


def finish(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one coroutine to its end."""
    import asyncio

    return asyncio.run(work)


def get_idea(connection: Connection[Any], text: str) -> UUID:
    """The one idea that this id, beginning of an id or phrase names; a Fault says what else there is."""
    found = reading.find_ideas(connection, text.strip()) if text.strip() else []
    named = [row for row in found if row["phrase"].lower() == text.strip().lower()]
    found = named or found
    if len(found) == 1:
        idea_id: UUID = found[0]["id"]
        return idea_id
    if found:
        some = ", ".join(f"{row['phrase']} ({row['id']})" for row in found[:3])
        raise Fault(f"{text!r} names {len(found)} ideas: {some}; give more of the id")
    near = [row["phrase"] for row in reading.find_near(connection, text.strip())] if text.strip() else []
    hint = f"did you mean {', '.join(near)}?" if near else "`bellwether review list --status all` shows them"
    raise Fault(f"no idea {text!r}; {hint}")
