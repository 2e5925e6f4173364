"""Migrations: numbered SQL files, each applied once, in order, in a transaction of its own.

The checksum of every applied file is kept. A file that changed since, or one the database knows and this checkout does
not, is refused before anything is touched. Any number of processes may migrate at once: one does, the others wait.

The tables of procrastinate come after ours, from its own files, in the same turn (store/jobs.py).

Role `bellwether_app` belongs to the whole cluster, not to a database, and is made here: databases migrate side by side,
and an owner who may not make roles is told what to ask for. Grants are each file's own business.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from store.errors import Busy, MigrationChanged, NotAllowed
from store.jobs import apply_job_tables
from store.postgres import APP_ROLE, TENANT, owner, turn

FOLDER = Path(__file__).parent / "migrations"
TURN = "bellwether migrate"
FIRST_TENANT = "default"
Connection = psycopg.Connection[tuple[Any, ...]]


def migrate(url: str, folder: Path = FOLDER) -> list[str]:
    """Bring the database up to this checkout; the names of the files applied now, none if it was already there.

    Raises:
        MigrationChanged: an applied file changed or is missing.
        NotAllowed: the login of the URL lacks a privilege.
        NotReachable, Busy: nobody answers, or another process migrates for too long.
    """
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("[0-9]*.sql"))}
    with owner(url) as connection:
        try:
            with turn(connection, TURN):
                applied = _apply(connection, files)
                apply_job_tables(connection)
                return applied
        except psycopg.errors.InsufficientPrivilege as refusal:
            raise NotAllowed(
                f"the login of the database may not do this: {refusal}; use the database's owner"
            ) from refusal


def reset(url: str) -> None:
    """Delete all that Bellwether keeps in this database, schema and rows; `migrate` makes it anew.

    Raises:
        NotAllowed: the database was never migrated, so what is in it is not ours to delete.
    """
    with owner(url) as connection, turn(connection, TURN):
        if not _has_record(connection):
            raise NotAllowed("this database holds no Bellwether schema; nothing was deleted")
        with connection.transaction():
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def add_tenant(url: str, tenant: str) -> bool:
    """Make a tenant with the first weights of the first one; false if it was there. The first comes with the schema."""
    if tenant == FIRST_TENANT:
        return False
    if not TENANT.fullmatch(tenant):
        raise NotAllowed(f"tenant {tenant!r} is not a name: lower-case letters, digits, '-' and '_'")
    with owner(url) as connection, connection.transaction():
        added = connection.execute("INSERT INTO tenant (id) VALUES (%s) ON CONFLICT DO NOTHING", [tenant]).rowcount
        if not added:
            return False
        connection.execute("SELECT set_config('bellwether.tenant', %s, true)", [FIRST_TENANT])
        first = connection.execute(
            "SELECT version, freshness, engagement, novelty, community_fit, seasonality, reason, known_at "
            "FROM weights WHERE tenant_id = %s ORDER BY version LIMIT 1",
            [FIRST_TENANT],
        ).fetchone()
        connection.execute("SELECT set_config('bellwether.tenant', %s, true)", [tenant])
        if first is not None:
            connection.execute("INSERT INTO weights VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)", [tenant, *first])
        return True


def _apply(connection: Connection, files: Mapping[str, str]) -> list[str]:
    applied = dict(_record(connection)) if _has_record(connection) else {}
    for name, checksum in applied.items():
        if name not in files:
            raise MigrationChanged(f"the database knows {name}, this checkout does not: update the checkout")
        if _checksum(files[name]) != checksum:
            raise MigrationChanged(f"{name} changed after it was applied: restore it and write a new file")
    pending = [name for name in files if name not in applied]
    if not pending:
        return []
    _make_role(connection)
    for name in pending:
        with connection.transaction():
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migration "
                "(name text PRIMARY KEY, sha256 text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now())"
            )
            connection.execute(files[name].encode())
            connection.execute("INSERT INTO migration (name, sha256) VALUES (%s, %s)", [name, _checksum(files[name])])
            connection.execute(SQL("REVOKE INSERT, UPDATE, DELETE ON migration FROM {}").format(Identifier(APP_ROLE)))
    _check_grants(connection)
    return pending


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _has_record(connection: Connection) -> bool:
    return connection.execute("SELECT to_regclass('public.migration') IS NOT NULL").fetchone() == (True,)


def _record(connection: Connection) -> list[tuple[str, str]]:
    return [
        (name, checksum) for name, checksum in connection.execute("SELECT name, sha256 FROM migration ORDER BY name")
    ]


def _make_role(connection: Connection) -> None:
    """See that the application's role exists, is bound by row-level security, and that the login may take it.

    Another database of the cluster may do the same at this moment, so losing a race is tried again.
    """
    for _ in range(20):
        try:
            if not _role_exists(connection):
                connection.execute(SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(Identifier(APP_ROLE)))
            if not _may_take_role(connection):
                connection.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(APP_ROLE)))
            return
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_):
            time.sleep(0.05)  # "tuple concurrently updated" is an internal error
        except psycopg.errors.InsufficientPrivilege as refusal:
            login = connection.info.user
            raise NotAllowed(
                f"an administrator must run: CREATE ROLE {APP_ROLE} NOLOGIN NOBYPASSRLS; (unless it exists) "
                f"GRANT {APP_ROLE} TO {login}; ({refusal})"
            ) from refusal
    raise Busy(f"role {APP_ROLE} kept changing under our hands; try again")


def _role_exists(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone()
    if row == (True,):
        raise NotAllowed(
            f"role {APP_ROLE} can bypass row-level security; run: ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS"
        )
    return row is not None


def _may_take_role(connection: Connection) -> bool:
    """Whether `SET ROLE` works for the login: by membership, or because it is a superuser."""
    return connection.execute("SELECT pg_has_role(current_user, %s, 'SET')", [APP_ROLE]).fetchone() == (True,)


def _check_grants(connection: Connection) -> None:
    """The checkpointer makes its tables as the application; a grant by somebody without the right is only a warning."""
    row = connection.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [APP_ROLE]).fetchone()
    if row != (True,):
        raise NotAllowed(f"the owner of schema public must run: GRANT USAGE, CREATE ON SCHEMA public TO {APP_ROLE}")
