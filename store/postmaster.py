"""The postmaster over a data folder: whether it lives, where it listens, and what a dead one leaves behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from store.errors import NotAllowed

NOBODYS_PID = 4_194_305  # above the highest process id Linux gives


def postmaster_of(data: Path) -> int | None:
    """The process id of the live postmaster over `data`, or None: dead, a zombie, or a number somebody else got."""
    lines = _pid_file(data)
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    return pid if pid and is_postmaster(pid, data) else None


def port_of(data: Path) -> int | None:
    """The port that the postmaster wrote down; None until it has one."""
    lines = _pid_file(data)
    return int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether `pid` is alive and serves `data`. A zombie is dead, and a stranger that got the number is not ours."""
    process = Path("/proc") / str(pid)
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        words = (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"} and os.fsencode(data) in words


def disown(data: Path) -> None:
    """Let a dead postmaster's file name nobody.

    PostgreSQL would take a zombie, or a stranger with its number, for a live server. The rest of the file stays: by it
    the new server sees whether something still holds the old one's memory.
    """
    lines = _pid_file(data)
    if lines:
        # The folder is not ours where we are root: never write through a link laid there.
        file = os.open(data / "postmaster.pid", os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        with os.fdopen(file, "w") as opened:
            opened.write("\n".join([str(NOBODYS_PID), *lines[1:], ""]))


def end_orphans(data: Path) -> int:
    """Kill what a dead postmaster left running over `data`, for it still holds its memory. Returns how many."""
    ended = 0
    for process in Path("/proc").iterdir():
        try:
            if not process.name.isdigit() or (process / "cwd").readlink() != data:
                continue
            if b"postgres" in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
                ended += 1
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return ended


def _pid_file(data: Path) -> list[str]:
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []
    except PermissionError as refusal:
        raise NotAllowed(f"{data} belongs to somebody else; set BELLWETHER_HOME") from refusal
