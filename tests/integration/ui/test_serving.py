"""`bellwether api` as a process: where it listens, what it says to whoever starts it, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ui.call import Call, Fault
from ui.commands.serving import address_of, listening, options, serve_api, serve_console

START_S = 60.0


@pytest.fixture
def served(database: str, redis_address: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """A running API, its address and what it said."""
    settings = {"DATABASE_URL": database, "REDIS_URL": redis_address, "BELLWETHER_HOME": str(tmp_path / "home")}
    log = tmp_path / "api.log"
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "ui.cli", "api", "--port", "0"]
        process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=errors)
        try:
            until = time.monotonic() + START_S
            while "HANDLE" not in (said := log.read_text()) and time.monotonic() < until:
                time.sleep(0.05)
            yield process, said.split("API at ")[1].split("/api/v1")[0], said
        finally:
            process.kill()
            process.wait()


def test_it_says_where_it_is_and_how_to_get_a_key_and_stops_when_told(
    served: tuple[subprocess.Popen[bytes], str, str],
) -> None:
    process, address, said = served
    assert "bellwether members add HANDLE" in said
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{address}/api/v1/ideas", timeout=10)  # noqa: S310 - this machine's
    assert refused.value.code == 401
    refused.value.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_port_that_is_taken_is_refused_in_one_line(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for serve in (serve_api, serve_console):
            with pytest.raises(Fault, match=f"cannot listen on http://127.0.0.1:{port}: .*--port"):
                serve(Call(), "127.0.0.1", port)


def test_a_host_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(Fault, match="is no address"), listening("no.such.host.invalid", 0):
        pass


def test_an_address_is_written_as_a_browser_takes_it() -> None:
    assert address_of("::1", 8400) == "http://[::1]:8400"
    assert address_of("127.0.0.1", 8400) == "http://127.0.0.1:8400"


def test_the_console_tells_nobody_and_watches_nothing() -> None:
    said = options("0.0.0.0", 8500)  # noqa: S104 - an example
    assert "--browser.gatherUsageStats=false" in said
    assert "--server.fileWatcherType=none" in said
    assert "--server.address=0.0.0.0" in said


def test_no_answer_waits_for_the_one_before_to_be_acknowledged() -> None:
    with listening("127.0.0.1", 0) as taken:
        assert taken.proto == socket.IPPROTO_TCP  # asyncio looks at it
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
