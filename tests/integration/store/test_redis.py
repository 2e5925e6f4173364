"""The embedded Redis and its client: shared, started again after any death, quick to give up, silent about secrets."""

from __future__ import annotations

import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import store.valkey
from store.errors import NotAllowed, NotReachable
from store.host import comes_free
from store.redis import AsyncRedis, EmbeddedRedis, Redis, RedisDown, redis_url

ROOT = Path(__file__).resolve().parents[3]
START = (
    "import sys; from pathlib import Path; from store.redis import redis_url; print(redis_url(Path(sys.argv[1]), None))"
)


@pytest.fixture
def server(reachable_folder: Path) -> Iterator[EmbeddedRedis]:
    """A server of this test alone, running."""
    embedded = EmbeddedRedis(reachable_folder / "mortal")
    embedded.start()
    yield embedded
    embedded.stop()


def kill(server: EmbeddedRedis) -> None:
    pid, port = server.status().pid, server.status().port
    assert pid is not None
    assert port is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.status().running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert comes_free(port)


def test_a_killed_server_is_started_again_under_the_same_address_and_old_clients_go_on(server: EmbeddedRedis):
    address = server.start()
    client = Redis(address, rest_s=0.05)
    client.call("SET", "a", "1")
    kill(server)
    with pytest.raises(RedisDown, match="does not answer"):
        client.call("GET", "a")
    assert server.start() == address
    time.sleep(0.06)
    assert client.call("GET", "a") is None, "it holds nothing that cannot be lost"
    client.close()


def test_a_client_with_a_connection_from_before_the_restart_asks_once_more(server: EmbeddedRedis):
    client = Redis(server.start())
    client.call("PING")
    kill(server)
    server.start()
    assert client.call("SET", "a", "1")
    client.close()


def test_a_port_that_somebody_took_is_changed(server: EmbeddedRedis):
    port = server.status().port
    assert port is not None
    kill(server)
    with socket.create_server(("127.0.0.1", port)):
        address = server.start()
        assert f":{port}/" not in address
        assert Redis(address).call("PING")


def test_processes_that_start_it_at_once_share_one_server(reachable_folder: Path):
    home = reachable_folder / "shared-redis"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", START, str(home)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    told = {process.communicate(timeout=60)[0].strip() for process in processes}
    try:
        assert len(told) == 1
        assert Redis(told.pop()).call("PING")
    finally:
        EmbeddedRedis(home).stop()


def test_it_ends_when_told_and_says_so(server: EmbeddedRedis):
    status = server.status()
    assert (status.running, status.port is not None, status.version is not None) == (True, True, True)
    server.stop()
    server.stop()
    assert (server.status().running, server.status().port) == (False, None)


def test_a_process_id_that_somebody_else_got_is_not_the_server(server: EmbeddedRedis):
    server.stop()
    (server.folder / "redis.pid").write_text(f"{os.getpid()}\n")
    assert not server.status().running
    server.stop()
    assert Redis(server.start()).call("PING")


def test_the_password_is_in_a_closed_file_and_nowhere_else(server: EmbeddedRedis, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    address = server.start()
    password = address.split(":")[2].split("@")[0]
    assert len(password) > 20
    config = server.home / "redis.conf"
    assert password in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    client = Redis(address)
    wrong = Redis(address.replace(password, "guessed"))
    with pytest.raises(RedisDown) as caught:
        wrong.call("GET", "a")
    with pytest.raises(RedisDown) as refused:
        client.call("NOSUCH", password)
    said = [repr(client), repr(AsyncRedis(address)), repr(server.status()), str(caught.value), caplog.text]
    said += [server.log.read_text(), Path(f"/proc/{server.status().pid}/cmdline").read_text()]
    assert not [line for line in said if password in line]
    assert "127.0.0.1" in str(refused.value)


def test_it_listens_on_loopback_and_asks_for_the_password(server: EmbeddedRedis):
    client = Redis(server.start())
    assert client.call("CONFIG", "GET", "bind") == ["bind", "127.0.0.1"]
    assert client.call("CONFIG", "GET", "maxmemory") == ["maxmemory", str(256 * 1024 * 1024)]
    with pytest.raises(RedisDown):
        Redis(f"redis://127.0.0.1:{server.status().port}/0").call("GET", "a")


def test_a_redis_that_is_away_is_left_alone_for_a_while():
    now = [100.0]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Redis(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout_s=0.1, clock=lambda: now[0])
        began = time.monotonic()
        with pytest.raises(RedisDown, match="does not answer"):
            client.call("GET", "a")
        assert time.monotonic() - began < 5
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(RedisDown, match="a moment ago"):
                client.call("GET", "a")
        assert time.monotonic() - began < 5, "asked each time it would be 10 s"
        now[0] += 2.1
        with pytest.raises(RedisDown, match="does not answer"):
            client.call("GET", "a")


def test_what_redis_refuses_is_one_error_and_the_next_question_is_asked(redis: Redis):
    redis.call("SET", "a", "1")
    with pytest.raises(RedisDown, match="refuses"):
        redis.call("LPUSH", "a", "1")
    redis.call("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(RedisDown, match="refuses"):
            redis.call("SET", "b", "1")
    finally:
        redis.call("CONFIG", "SET", "maxmemory", "256mb")
    assert redis.call("GET", "a") == "1"


def test_no_redis_is_always_down():
    for ask in (
        lambda: Redis(None).call("PING"),
        lambda: Redis(None).script("return 1", []),
        lambda: Redis(None).pipeline([]),
    ):
        with pytest.raises(RedisDown, match="no Redis is configured"):
            ask()


async def test_both_clients_answer_alike(redis: Redis, redis_address: str):
    asynchronous = AsyncRedis(redis_address, timeout_s=5.0)
    source = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"
    redis.call("SCRIPT", "FLUSH")
    assert redis.script(source, ["k"], [7]) == ["k", "7", 1]
    assert await asynchronous.script(source, ["k"], [7]) == ["k", "7", 2]
    assert await asynchronous.pipeline([("SET", "ä", "ö"), ("GET", "ä")]) == [True, "ö"]
    assert redis.pipeline([("GET", "ä"), ("HGETALL", "none")]) == ["ö", {}]
    assert await asynchronous.call("GET", "ä") == "ö"
    await asynchronous.close()
    with pytest.raises(RedisDown):
        await AsyncRedis(None).call("PING")


def test_without_a_program_the_product_goes_on_without_redis(reachable_folder, monkeypatch, caplog):
    monkeypatch.setattr(store.valkey, "PACKAGE", "no_such_package")
    with pytest.raises(NotReachable, match="not installed"):
        EmbeddedRedis(reachable_folder / "none").start()
    assert redis_url(reachable_folder / "none", None) is None
    assert "going on without Redis" in caplog.text


def test_a_given_address_is_taken_as_it_is_and_a_bad_one_named_without_its_password(tmp_path: Path):
    assert redis_url(tmp_path, "redis://:p@redis.example:6379/1") == "redis://:p@redis.example:6379/1"
    with pytest.raises(NotAllowed, match="REDIS_URL") as caught:
        redis_url(tmp_path, "http://:secret@redis.example")
    assert "secret" not in str(caught.value)


def test_a_home_that_cannot_be_made_is_no_error_for_the_product(reachable_folder: Path, caplog):
    (reachable_folder / "a-file").write_text("")
    assert redis_url(reachable_folder / "a-file", None) is None
    assert "BELLWETHER_HOME" in caplog.text
