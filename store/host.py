"""What the machine gives the embedded server: an account, reachable folders, a free port, a lock.

PostgreSQL refuses to run as root, so root starts it through an account that is already there; none is added, and no
folder that was there before is opened.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import random
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.errors import Busy, NotAllowed, NotReachable

ACCOUNTS = ("bellwether", "postgres", "nobody")
PORTS = range(20_000, 30_000)  # below the range that Linux hands to outgoing connections
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # no PG* of the caller


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server: `switch` is true where we are root and must become somebody else."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, command: Sequence[str | Path], timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, outside every folder of the caller; output in `stdout`.

        Raises:
            NotAllowed: this system does not let us become the account.
            NotReachable: the command outlived its time.
        """
        try:
            return subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout_s,
                cwd="/",
                env=ENVIRONMENT,
                check=False,
                user=self.uid if self.switch else None,
                group=self.gid if self.switch else None,
                extra_groups=[] if self.switch else None,
            )
        except OSError as refusal:
            raise NotAllowed(f"cannot run {command[0]} as '{self.name}': {refusal}; set DATABASE_URL") from refusal
        except subprocess.TimeoutExpired as late:
            raise NotReachable(f"{command[0]} did not end in {timeout_s:.0f} s") from late

    def own(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def first_closed(self, path: Path) -> Path | None:
        """The topmost step on the way to `path` that this account may not enter (or run, at its end), or None."""
        steps = [*reversed(path.parents), path]
        script = 'for d; do [ -x "$d" ] || { printf %s "$d"; exit 3; }; done'
        answer = self.run(["/bin/sh", "-c", script, "sh", *steps], timeout_s=10)
        return Path(answer.stdout) if answer.returncode else None


def account_for(data: Path) -> Account:
    """Who runs the server over `data`: ourselves, or for root the owner of the data, else an unprivileged account.

    Raises:
        NotAllowed: we are root and no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid, switch=True)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, switch=True)
    raise NotAllowed(f"PostgreSQL does not run as root and none of {', '.join(ACCOUNTS)} exists; set DATABASE_URL")


def make_home(home: Path, account: Account, server: str) -> Path:
    """`home` without links, made if absent, where `account`, which runs `server`, can enter it.

    Raises:
        NotAllowed: it cannot be made, is no folder, is not ours to write to, or closed to the account.
    """
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)  # only what we made ourselves: the server's account has to pass
        home = home.resolve()
    except OSError as refusal:
        raise NotAllowed(f"cannot make {home}: {refusal.strerror}; set BELLWETHER_HOME") from refusal
    if not home.is_dir():
        raise NotAllowed(f"{home} is not a folder; set BELLWETHER_HOME")
    if not os.access(home, os.W_OK | os.X_OK):
        raise NotAllowed(f"cannot write to {home}; set BELLWETHER_HOME to a folder of yours")
    if closed := account.first_closed(home):
        raise NotAllowed(
            f"the account '{account.name}' that runs {server} cannot enter {closed}; "
            "set BELLWETHER_HOME to a folder it can reach, such as /var/lib/bellwether"
        )
    return home


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def comes_free(port: int, timeout_s: float = 1.0) -> bool:
    """Whether the port is free, now or in a moment: a killed server counts as dead before its sockets close."""
    deadline = time.monotonic() + timeout_s
    while not port_is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    """A loopback port nobody listens on, drawn at random so that several homes rarely meet."""
    return next(port for port in random.SystemRandom().sample(PORTS, len(PORTS)) if port_is_free(port))


@contextmanager
def file_lock(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold `path` against every other process; the system frees it when the holder dies.

    Raises:
        Busy: another process held it for the whole time.
    """
    deadline = time.monotonic() + timeout_s
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(f"another process held {path} for {timeout_s:.0f} s") from None
                time.sleep(0.02)
        yield
