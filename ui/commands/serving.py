"""Serving: the API, or the console, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ui.call import Call, Fault
from ui.opening import faults, session

STOP_S = 20
"""How long requests have to end that are being answered when the server is told to stop."""
KEEP_ALIVE_S = 75
UNREAD_S = 30.0
"""How long an answer waits for whoever asked to take some of it."""
HAS_KEY = "SELECT EXISTS (SELECT FROM api_key WHERE revoked_at IS NULL)"
FIRST_KEY = "nobody has a key yet: `bellwether members add HANDLE --role admin`, then `bellwether members key HANDLE`"
STOPPED = (signal.SIGINT, signal.SIGTERM)


def serve_api(call: Call, host: str, port: int) -> None:
    """Serve the API on this address. Fault, in one line, where it cannot be had."""
    from ui.api.app import build

    with session(call) as connection:  # the database is started and migrated
        row = connection.execute(HAS_KEY).fetchone()
    with listening(host, port) as taken:
        where = address_of(host, taken.getsockname()[1])
        config = uvicorn.Config(
            build(call.settings),
            http=Impatient,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_S,
        )
        said = [f"API at {where}/api/v1, reference at {where}/api/docs"]
        with faults():
            server = _Server(config, call, said if row == (True,) else [*said, FIRST_KEY])
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:  # uvloop, but on Windows
                runner.run(server.serve(sockets=[taken]))
    call.aside.print("stopped")


def serve_console(call: Call, host: str, port: int) -> None:
    """Become Streamlit, which serves the console on this address. Fault, in one line, where it cannot be had."""
    script = find_spec("streamlit_app")
    if script is None or script.origin is None:
        raise Fault("streamlit_app.py is missing beside the package: install it again")
    _ = call.settings  # a wrong setting is told here, in one line
    with listening(host, port) as taken:
        free = taken.getsockname()[1]
    call.aside.print(f"console at {address_of(host, free)}", markup=False, soft_wrap=True)
    command = [sys.executable, "-m", "streamlit", "run", script.origin, *options(host, free)]
    sys.stderr.flush()
    os.execv(sys.executable, [*command, *(["--", "--sample"] if call.sample else [])])  # noqa: S606 - its own arguments


def options(host: str, port: int) -> list[str]:
    """What Streamlit is told wherever it is started: where to listen, and to tell nobody and watch nothing."""
    said = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    return [f"--{name}={value}" for name, value in said.items()]


def address_of(host: str, port: int) -> str:
    """The address as a browser takes it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket on this address. Fault where somebody else has it, or it is not this machine's."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as failure:
        raise Fault(f"--host {host!r} is no address: {failure}") from failure
    with taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for the one before
        try:
            taken.bind(where)
            taken.listen()
        except (OSError, OverflowError) as failure:
            raise Fault(f"cannot listen on {address_of(host, port)}: {failure}; give another --port") from failure
        yield taken


class Impatient(HttpToolsProtocol):
    """A connection that is dropped where whoever asked takes nothing of the answer for UNREAD_S.

    Closing would not do: what was written and is not taken keeps a socket open for as long as its other end lives.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Whatever the socket does not take at once starts the clock."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        """More is written than they took: the clock runs."""
        super().pause_writing()
        self._late = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """They took it."""
        self._stop_clock()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, however."""
        self._stop_clock()
        super().connection_lost(exc)

    def _stop_clock(self) -> None:
        if self._late is not None:
            self._late.cancel()


class _Server(uvicorn.Server):
    """A server that says when it listens, and leaves signals to its loop."""

    def __init__(self, config: uvicorn.Config, call: Call, said: list[str]) -> None:
        super().__init__(config)
        self._call, self._said = call, said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            for line in self._said:
                self._call.aside.print(line, markup=False, soft_wrap=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Told to stop, it ends what it answers; told twice, it ends at once. The process then ends as done."""
        loop = asyncio.get_running_loop()
        for each in STOPPED:
            loop.add_signal_handler(each, self._stop, each)
        yield

    def _stop(self, _: Any) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
