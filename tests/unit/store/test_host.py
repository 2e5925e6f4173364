"""What the machine gives the embedded server."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store.errors import Busy, NotAllowed, NotReachable
from store.host import Account, account_for, file_lock, free_port, port_is_free
from store.ids import new_id
from store.postmaster import disown, is_postmaster, port_of, postmaster_of

MYSELF = Account("me", os.geteuid(), os.getegid(), switch=False)


@pytest.fixture
def dead_child():
    """A process that has ended and that nobody has asked about: a zombie."""
    child = subprocess.Popen(["true"])
    deadline = time.monotonic() + 5
    while "Z" not in Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield child.pid
    child.wait()


def a_process_serving(data):
    """A live process with the data folder among its words, as a postmaster has."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", "-D", str(data)])


def test_a_live_process_over_the_data_is_the_postmaster(tmp_path):
    process = a_process_serving(tmp_path)
    (tmp_path / "postmaster.pid").write_text(f"{process.pid}\n{tmp_path}\n1\n5432\n")
    try:
        assert postmaster_of(tmp_path) == process.pid
        assert port_of(tmp_path) == 5432
    finally:
        process.kill()
        process.wait()


def test_a_zombie_is_a_dead_postmaster(tmp_path, dead_child):
    (tmp_path / "postmaster.pid").write_text(f"{dead_child}\n{tmp_path}\n1\n5432\n")
    os.kill(dead_child, 0)  # the system still knows the number
    assert postmaster_of(tmp_path) is None


def test_a_stranger_with_the_old_number_is_no_postmaster(tmp_path):
    assert not is_postmaster(os.getpid(), tmp_path)


@pytest.mark.parametrize("content", ["", "\n", "half a li", "-17\n"])
def test_a_damaged_pid_file_names_nobody(tmp_path, content):
    (tmp_path / "postmaster.pid").write_text(content)
    assert postmaster_of(tmp_path) is None
    assert port_of(tmp_path) is None


def test_disowning_keeps_the_memory_key_of_the_dead_server(tmp_path):
    (tmp_path / "postmaster.pid").write_text("17\n/data\n1\n5432\n\n127.0.0.1\n  123  456\nready\n")
    disown(tmp_path)
    lines = (tmp_path / "postmaster.pid").read_text().splitlines()
    assert lines[0] == "4194305"
    assert lines[6] == "123  456"


def test_disowning_never_writes_through_a_link(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("17\nkeep\n")
    (tmp_path / "postmaster.pid").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        disown(tmp_path)
    assert precious.read_text() == "17\nkeep\n"


def test_a_lock_that_is_held_too_long_says_where(tmp_path):
    with file_lock(tmp_path / "lock", 1), pytest.raises(Busy, match="lock"), file_lock(tmp_path / "lock", 0.05):
        pytest.fail("two held the lock at once")
    with file_lock(tmp_path / "lock", 0.05):
        pass


def test_a_port_in_use_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert not port_is_free(listener.getsockname()[1])
    assert port_is_free(free_port())


def test_a_command_that_does_not_end_is_reported_with_its_time():
    with pytest.raises(NotReachable, match=r"sleep did not end in 0 s"):
        MYSELF.run(["sleep", "5"], timeout_s=0.05)


def test_a_command_that_is_not_there_names_it():
    with pytest.raises(NotAllowed, match="/nowhere/initdb"):
        MYSELF.run(["/nowhere/initdb"], timeout_s=1)


def test_a_command_sees_nothing_of_the_callers_environment(monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    assert "PGPORT" not in MYSELF.run(["env"], timeout_s=5).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server through another account")
def test_as_root_the_server_runs_as_somebody_else(tmp_path):
    assert account_for(tmp_path / "absent").uid != 0
    os.chown(tmp_path, 12345, 12345)
    assert account_for(tmp_path).uid == 12345


@pytest.mark.skipif(os.geteuid() == 0, reason="root is refused by PostgreSQL itself")
def test_an_ordinary_user_runs_the_server_as_themselves(tmp_path):
    assert account_for(tmp_path) == Account(str(os.geteuid()), os.geteuid(), os.getegid(), switch=False)


def test_ids_are_version_seven_and_sort_by_time():
    ids = [new_id() for _ in range(1000)]
    assert {one.version for one in ids} == {7}
    assert sorted(ids) == ids
    assert len(set(ids)) == 1000
