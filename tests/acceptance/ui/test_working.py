"""The worker as a process: killed, it is survived; stopped, it ends; its database may fall over under it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from store.jobs import dead_letters, queue_rows
from store.migrate import migrate
from store.postgres import connect, database_url
from store.postmaster import postmaster_of
from store.server import EmbeddedServer
from store.valkey import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[3]
SLOW = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
VALUES ('analyse', 'discover_keywords', 'slow', '{"timestamp": 1795262400}')
"""


class Worker:
    """`bellwether worker` with its JSON lines."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "worker", "--json"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.put(line)

    def await_line(self, wanted, timeout_s=60.0):
        deadline, seen = time.monotonic() + timeout_s, []
        while time.monotonic() < deadline:
            try:
                seen.append(json.loads(self.lines.get(timeout=0.2)))
            except queue.Empty:
                continue
            if wanted(seen[-1]):
                return seen[-1]
        raise AssertionError(f"never came: {seen[-20:]}")

    def await_job(self, task, outcome="done"):
        return self.await_line(lambda line: line.get("task") == task and line["outcome"] == outcome)

    def end(self, how):
        self.process.send_signal(how)
        try:
            return self.process.wait(40)
        finally:
            self.process.stderr.close()


def await_status(session, wanted):
    """The newest slow job has come so far."""
    deadline = time.monotonic() + 60
    query = "SELECT status FROM procrastinate_jobs WHERE lock = 'slow' ORDER BY id DESC LIMIT 1"
    while session.execute(query).fetchone() != (wanted,):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def environment(reachable_folder):
    """A home of its own, no keys, every live source off."""
    home = reachable_folder / "worker"
    off = {name: {"enabled": False} for name in ("google_trends", "nostalgia", "calendar", "reddit")}
    yield {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BELLWETHER_HOME": str(home),
        "BELLWETHER_STALLED_S": "3",
        "BELLWETHER_SOURCES": json.dumps(off),
    }
    EmbeddedRedis(home).stop()
    EmbeddedServer(home).stop()


@pytest.fixture
def start(environment):
    workers = []

    def one():
        workers.append(Worker(environment))
        return workers[-1]

    yield one
    for each in workers:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


def test_a_worker_says_what_it_will_do_does_it_and_stops_when_told(start):
    worker = start()
    said = worker.await_line(lambda line: "shortlist" in line.get("said", ""))["said"]
    assert said.endswith("every 15 min")
    worker.await_job("reap")
    assert worker.end(signal.SIGTERM) == 0


def test_told_to_stop_twice_a_worker_ends_at_once_and_its_job_goes_on_in_the_next(start, environment):
    url = database_url(Path(environment["BELLWETHER_HOME"]), "bellwether", None)
    migrate(url)
    worker = start()
    worker.await_job("reap")
    with connect(url, "default") as session:
        with session.transaction(), connect(url, "default") as other:
            session.execute("LOCK TABLE keyword IN ACCESS EXCLUSIVE MODE")
            other.execute(SLOW)
            await_status(other, "doing")
            worker.process.send_signal(signal.SIGINT)
            worker.await_line(lambda line: "once more ends it now" in line.get("said", ""))
            began = time.monotonic()
            assert worker.end(signal.SIGINT) == 130
            assert time.monotonic() - began < 5
        start()
        await_status(session, "succeeded")


def test_jobs_of_a_killed_worker_go_on_in_the_next(start, environment):
    home = Path(environment["BELLWETHER_HOME"])
    url = database_url(home, "bellwether", None)
    migrate(url)
    first = start()
    first.await_job("reap")
    with connect(url, "default") as session:
        (worker,) = session.execute("SELECT max(id) FROM procrastinate_workers").fetchone()
        first.end(signal.SIGKILL)
        session.execute(SLOW)
        session.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE lock = 'slow' AND status = 'todo'",
            [worker],
        )
        start().await_line(lambda line: line.get("task") == "reap" and "went on" in line["said"])
        await_status(session, "succeeded")
        assert dead_letters(session) == []


def test_a_worker_goes_on_without_redis_and_starts_it_again(start, environment):
    redis = EmbeddedRedis(Path(environment["BELLWETHER_HOME"]))
    worker = start()
    worker.await_job("reap")
    first = redis.status().pid
    os.kill(first, signal.SIGKILL)
    worker.await_job("reap")
    deadline = time.monotonic() + 30
    while redis.status().pid in (None, first):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    worker.await_job("reap")
    assert worker.end(signal.SIGTERM) == 0


def test_a_worker_goes_on_after_its_database_was_killed(start, environment):
    home = Path(environment["BELLWETHER_HOME"])
    worker = start()
    worker.await_job("reap")
    os.kill(postmaster_of(home / "data"), signal.SIGKILL)
    worker.await_line(lambda line: "at work again" in line.get("said", ""))
    worker.await_job("reap")
    with connect(database_url(home, "bellwether", None), "default") as session:
        assert any(row["done_last_hour"] for row in queue_rows(session))
    assert worker.end(signal.SIGINT) == 0


def test_stopping_the_database_under_a_worker_says_that_the_worker_starts_it_again(start, environment):
    stop = [sys.executable, "-m", "ui.cli", "db", "stop"]
    worker = start()
    worker.await_job("reap")
    said = subprocess.run(stop, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == "stopped; the data stays; a worker that is at work starts them again: stop it first\n"
    worker.await_line(lambda line: "at work again" in line.get("said", ""))
    assert worker.end(signal.SIGTERM) == 0
