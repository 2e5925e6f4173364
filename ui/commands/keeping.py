"""Keeping: the database started, stopped, migrated, emptied."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import OperationalError
from psycopg.errors import UndefinedTable

from graphs.database import named_url
from store.errors import StoreError
from store.migrate import migrate as apply
from store.migrate import reset as empty
from store.postgres import connect
from store.redis import EmbeddedRedis
from store.server import EmbeddedServer
from store.status import find_workers
from ui.call import Call, Fault
from ui.opening import faults


def start(call: Call) -> None:
    """Start the embedded servers."""
    server = _server(call, "start")
    with faults():
        server.start()
        if call.settings.redis_url is None:
            EmbeddedRedis(call.settings.home).start()
    body = describe(call)

    def draw(console: Any) -> None:
        console.print(f"PostgreSQL answers on 127.0.0.1:{body['port']}; data in {body['data']}")
        if "redis_port" in body:
            console.print(f"Redis answers on 127.0.0.1:{body['redis_port']}; it keeps nothing")

    call.answer(body, draw)


def stop(call: Call) -> None:
    """Stop the embedded servers."""
    server = _server(call, "stop")
    with faults():
        works = server.status().running and _somebody_works(call)
        server.stop()
        if call.settings.redis_url is None:
            EmbeddedRedis(call.settings.home).stop()
    said = "stopped; the data stays"
    again = "; a worker that is at work starts them again: stop it first" if works else ""
    call.answer({"running": False, "worker": works}, lambda console: console.print(said + again))


def _somebody_works(call: Call) -> bool:
    """Whether a worker gave a sign of life lately; a database without our tables has none."""
    stalled = timedelta(seconds=call.settings.stalled_s)
    try:
        with connect(named_url(call.settings), call.settings.tenant) as connection:
            return find_workers(connection, datetime.now(UTC), stalled).alive > 0
    except (StoreError, OperationalError, UndefinedTable):
        return False


def migrate(call: Call) -> None:
    """Apply the migrations that are missing."""
    with faults():
        names = apply(named_url(call.settings))
    call.answer(
        {"applied": names}, lambda console: console.print("applied: " + ", ".join(names) if names else "up to date")
    )


def reset(call: Call, yes: bool) -> None:
    """Empty the database and bring its schema back."""
    name = "the database in DATABASE_URL" if call.settings.database_url else f"database {call.settings.database!r}"
    if not yes:
        import typer

        if call.as_json or not sys.stdin.isatty():  # nobody there to be asked
            raise Fault(f"this empties {name}: say --yes")
        typer.confirm(f"This empties {name}: every signal, idea and decision. Go on?", abort=True, err=True)
    with faults():
        url = named_url(call.settings)
        apply(url)
        empty(url)
        names = apply(url)
    call.answer({"reset": name, "applied": names}, lambda console: console.print(f"{name} is empty"))


def status(call: Call) -> None:
    """Where the database is and whether it answers."""
    with faults():
        body = describe(call)

    def draw(console: Any) -> None:
        for key, value in ((key, value) for key, value in body.items() if value is not None):
            console.print(f"[dim]{key:>10}[/] ", end="")
            console.print(str(value), markup=False)

    call.answer(body, draw)


def describe(call: Call) -> dict[str, Any]:
    """The database in words, without starting anything."""
    return {**_postgres(call), **_redis(call)}


def _postgres(call: Call) -> dict[str, Any]:
    if call.settings.database_url:
        return {"database": "DATABASE_URL", "running": None}
    state = EmbeddedServer(call.settings.home).status()
    return {
        "database": call.settings.database,
        "server": "embedded PostgreSQL",
        "version": state.version or "not made yet",
        "running": state.running,
        "pid": state.pid,
        "port": state.port,
        "data": str(state.data),
        "log": str(state.log),
    }


def _redis(call: Call) -> dict[str, Any]:
    if call.settings.redis_url:
        return {"redis": "REDIS_URL"}
    state = EmbeddedRedis(call.settings.home).status()
    return {"redis": f"embedded Valkey, {'running' if state.running else 'stopped'}", "redis_port": state.port}


def _server(call: Call, what: str) -> EmbeddedServer:
    if call.settings.database_url:
        raise Fault(f"DATABASE_URL is set, so there is no embedded server to {what}")
    return EmbeddedServer(call.settings.home)
