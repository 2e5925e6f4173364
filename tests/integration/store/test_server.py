"""The embedded server: shared by processes, started again after any death, refusing what it cannot do in one line."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

import store.programs
from store.errors import NotAllowed, NotReachable
from store.host import Account, account_for
from store.migrate import migrate
from store.postgres import connect, database_url, owner, pool
from store.postmaster import is_postmaster
from store.server import EmbeddedServer

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = Path(psycopg.__file__).parents[1]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server through another account")


@pytest.fixture(scope="module")
def one_home(reachable_folder):
    """A home whose cluster is made once, for the tests that leave it whole."""
    folder = reachable_folder / "one"
    EmbeddedServer(folder).start()
    yield folder
    EmbeddedServer(folder).reset()


@pytest.fixture
def server(one_home):
    """A running server over that home."""
    embedded = EmbeddedServer(one_home)
    embedded.start()
    return embedded


@pytest.fixture
def home(reachable_folder):
    """A home where nothing is yet, emptied afterwards."""
    folder = reachable_folder / "fresh"
    yield folder
    EmbeddedServer(folder).reset()
    if folder.exists():
        shutil.rmtree(folder)


def in_another_process(script, *arguments, python=sys.executable, **options):
    """Start a Python process of this checkout."""
    return subprocess.Popen(
        [python, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"},
        **options,
    )


def kill_postmaster(server):
    pid = server.status().pid
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_postmaster(pid, server.data):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_committed_rows_outlive_stop_and_kill_and_the_port_stays(server):
    url = server.start()
    with owner(url) as connection:
        connection.execute("CREATE TABLE kept (n integer)")
        for n in range(200):
            connection.execute("INSERT INTO kept VALUES (%s)", [n])
    unfinished = owner(url)
    unfinished.execute("BEGIN; INSERT INTO kept VALUES (-1)")
    kill_postmaster(server)
    assert not server.status().running
    unfinished.close()
    assert server.start() == url
    with owner(url) as connection:
        assert connection.execute("SELECT count(*), min(n) FROM kept").fetchone() == (200, 0)
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings WHERE setting IN ('on', 'off')"))
        assert {settings[name] for name in ("fsync", "full_page_writes", "data_checksums")} == {"on"}
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SELECT lower('ÄÖ'), 'a' < 'B' COLLATE \"default\"").fetchone() == ("äö", False)
    server.stop()
    assert not server.status().running
    server.stop()
    assert server.start() == url


def test_a_pool_goes_on_after_the_server_was_killed_and_started_again(server):
    url = server.start()
    migrate(url)

    async def ask_twice():
        async with pool(url, "default", size=4) as sessions:
            await sessions.wait()
            kill_postmaster(server)
            await asyncio.to_thread(server.start)
            for _ in range(8):
                async with sessions.connection() as connection:
                    cursor = await connection.execute("SELECT current_user::text")
                    assert await cursor.fetchone() == ("bellwether_app",)

    asyncio.run(ask_twice())


ZOMBIE = """
import ctypes, os, signal, sys, time
from pathlib import Path
from store.postgres import owner
from store.server import EmbeddedServer
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER: what our children leave is ours to bury
server = EmbeddedServer(Path(sys.argv[1]))
with owner(server.start()) as connection:
    connection.execute("CREATE TABLE zombie AS SELECT 7 AS n")
pid = server.status().pid
os.kill(pid, signal.SIGKILL)
while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
    time.sleep(0.01)
assert (server.data / "postmaster.pid").read_text().startswith(f"{pid}\\n")
assert not server.status().running, "a zombie was taken for a server"
with owner(server.start()) as connection:
    print("found", connection.execute("SELECT n FROM zombie").fetchone()[0], server.status().pid != pid)
"""


def test_a_postmaster_that_nobody_buried_is_replaced(server):
    server.stop()
    process = in_another_process(ZOMBIE, server.home)
    said = process.communicate(timeout=60)[0]
    assert said == "found 7 True\n"


START = "import sys; from pathlib import Path; from store.postgres import database_url; "
START += "print(database_url(Path(sys.argv[1]), 'bellwether', None))"


def test_processes_that_start_at_once_share_one_server(home):
    processes = [in_another_process(START, home) for _ in range(3)]
    said = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert len(said) == 1
    with owner(said.pop()) as connection:
        assert connection.execute("SELECT current_database()::text").fetchone() == ("bellwether",)
    assert EmbeddedServer(home).status().running


def test_the_server_does_not_end_with_the_terminal_of_who_started_it(server):
    assert os.getsid(server.status().pid) != os.getsid(0)


def test_a_port_that_somebody_took_is_replaced_and_kept(server):
    before = server.start()
    taken = server.status().port
    server.stop()
    with socket.create_server(("127.0.0.1", taken)):
        after = server.start()
    assert after != before
    server.stop()
    assert server.start() == after


def test_a_port_taken_between_the_look_and_the_start_is_replaced(server, monkeypatch):
    server.stop()
    monkeypatch.setattr("store.server.comes_free", lambda port: True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (server.home / "port").write_text(str(listener.getsockname()[1]))
        server.start()
        assert server.status().port != listener.getsockname()[1]


def test_a_start_killed_half_way_is_begun_again_and_a_reset_deletes_everything(home):
    (home / "data.new" / "base").mkdir(parents=True)
    (home / "password.new").write_text("half")
    server = EmbeddedServer(home)
    with owner(server.start()) as connection:
        connection.execute("CREATE TABLE gone (n integer)")
    password = (home / "password").read_text()
    server.reset()
    assert not server.status().running
    assert not server.data.exists()
    with owner(server.start()) as connection:
        assert connection.execute("SELECT to_regclass('gone')").fetchone() == (None,)
    assert (home / "password").read_text() != password


def test_nobody_gets_in_without_the_password_and_only_the_owner_reads_it(server):
    home, url = server.home, server.start()
    assert (home / "password").stat().st_mode & 0o777 == 0o600
    assert server.data.stat().st_mode & 0o777 == 0o700
    with pytest.raises(NotReachable, match="password"):
        owner(f"postgresql://bellwether@127.0.0.1:{server.status().port}/postgres")
    with owner(url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
        secret = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'bellwether'").fetchone()[0]
        assert secret.startswith("SCRAM-SHA-256$64:")
    kept = (home / "password").rename(home / "kept")
    (home / "password").write_text("another")
    try:
        with pytest.raises(NotAllowed, match=r"not the server's password.*db reset"):
            server.start()
        (home / "password").unlink()
        with pytest.raises(NotAllowed, match=r"password is gone.*db reset"):
            server.start()
    finally:
        kept.rename(home / "password")


def test_a_server_that_cannot_start_says_what_its_log_says(server):
    server.stop()
    control = server.data / "global" / "pg_control"
    hidden = control.rename(control.with_suffix(".hidden"))
    try:
        with pytest.raises(NotReachable, match="pg_control"):
            server.start()
    finally:
        hidden.rename(control)


def test_data_of_another_version_is_left_alone(server):
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")
    try:
        with pytest.raises(NotAllowed, match="made by PostgreSQL 15, this is 18"):
            server.start()
    finally:
        (server.data / "PG_VERSION").write_text("18\n")


@AS_ROOT
def test_a_home_the_account_cannot_enter_is_refused_with_the_folder_and_the_cure(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_mode & 0o001 == 0:
            closed = folder  # pytest's own folders are closed to others; the topmost is the one to name
    mode = closed.stat().st_mode
    with pytest.raises(NotAllowed, match=rf"cannot enter {closed}; set BELLWETHER_HOME") as refusal:
        EmbeddedServer(tmp_path / "closed" / "home").start()
    assert "\n" not in str(refusal.value)
    assert closed.stat().st_mode == mode


@AS_ROOT
def test_the_server_is_not_root_and_its_account_cannot_read_the_password(server):
    uid = Path(f"/proc/{server.status().pid}").stat().st_uid
    assert uid == server.data.stat().st_uid != 0
    account = Account("server", uid, uid, switch=True)
    assert account.run(["cat", server.home / "password"], 5).returncode != 0


@AS_ROOT
def test_programs_in_a_closed_environment_are_copied_and_no_folder_is_opened(tmp_path, monkeypatch):
    package = Path(importlib.util.find_spec(store.programs.PACKAGE).origin).parent
    closed = tmp_path / "site-packages"
    shutil.copytree(package / store.programs.INSTALLED, closed / package.name / store.programs.INSTALLED)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    (closed / package.name / "__init__.py").touch()
    closed.chmod(0o700)
    spec = importlib.util.spec_from_file_location(package.name, closed / package.name / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with tempfile.TemporaryDirectory() as home:  # not in memory: nothing may be run from there in a container
        Path(home).chmod(0o755)
        account = account_for(Path(home) / "data")
        found = store.programs.programs(account, Path(home))
        assert found.is_relative_to(Path(home) / "programs")
        assert found == store.programs.programs(account, Path(home))
        for program in ("postgres", "initdb", "pg_ctl"):  # libpq is found beside them
            assert account.run([found / program, "--version"], 10).stdout.endswith("(PostgreSQL) 18.4\n")
    assert closed.stat().st_mode & 0o777 == 0o700


@AS_ROOT
def test_an_ordinary_user_runs_it_too_and_is_kept_out_of_roots_home(home):
    nobody = pwd.getpwnam("nobody")
    account = Account("nobody", nobody.pw_uid, nobody.pw_gid, switch=True)
    pythons = (Path(sys.executable).resolve(), Path(f"/usr/bin/python3.{sys.version_info.minor}"))
    python = next((one for one in pythons if one.exists() and not account.first_closed(one)), None)
    if python is None or account.first_closed(ROOT) or account.first_closed(PACKAGES):
        pytest.skip(f"an ordinary user can enter none of {pythons}, or neither {ROOT} nor {PACKAGES}")
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    as_nobody = {"python": python, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
    said = in_another_process(START, home, **as_nobody).communicate(timeout=60)[0]
    assert said.startswith("postgresql://bellwether:")
    assert Path(f"/proc/{EmbeddedServer(home).status().pid}").stat().st_uid == nobody.pw_uid
    assert EmbeddedServer(home).start() + "\n" == said.replace("/bellwether\n", "/postgres\n")  # root may join
    EmbeddedServer(home).stop()
    os.chown(home, 0, 0)
    said = in_another_process(START, home, **as_nobody).communicate(timeout=60)[0]
    assert said.splitlines()[-1].startswith("store.errors.NotAllowed: cannot write to")


def test_an_explicit_url_wins_and_nothing_is_started(home):
    assert database_url(home, "bellwether", "postgresql://elsewhere/x") == "postgresql://elsewhere/x"
    assert not home.exists()


def test_the_database_is_made_once(server):
    url = database_url(server.home, "of-mine", None)
    assert database_url(server.home, "of-mine", None) == url
    assert migrate(url)
    with connect(url, "default") as connection:
        assert connection.execute("SELECT current_database()::text").fetchone() == ("of-mine",)
