"""Migrations: once each, whole or not at all, by anybody who may, and nothing surprising is touched."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from store.errors import MigrationChanged, NotAllowed, NotMigrated
from store.migrate import FOLDER, add_tenant, migrate, reset
from store.postgres import connect, owner
from store.server import EmbeddedServer

SHIPPED = sorted(path.name for path in FOLDER.glob("*.sql"))


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped migrations that a test may change."""
    shutil.copytree(FOLDER, tmp_path / "migrations")
    return tmp_path / "migrations"


@pytest.fixture
def empty(postgres_url):
    """The URL of a database without a schema, dropped after the test."""
    with owner(postgres_url) as admin:
        admin.execute("CREATE DATABASE empty")
    yield postgres_url.rsplit("/", 1)[0] + "/empty"
    with owner(postgres_url) as admin:
        admin.execute("DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def bare_cluster(reachable_folder):
    """A server on which no database was ever migrated, so that the role is not there either."""
    server = EmbeddedServer(reachable_folder / "bare")
    yield server.start()
    server.reset()


def applied(url):
    with owner(url) as session:
        return [name for (name,) in session.execute("SELECT name FROM migration ORDER BY name")]


def test_all_are_applied_once(empty):
    assert migrate(empty) == SHIPPED
    assert migrate(empty) == []
    assert applied(empty) == SHIPPED


def test_migrators_that_come_at_once_share_the_work(empty):
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(migrate, [empty] * 4))
    assert sorted(answers) == [[], [], [], SHIPPED]


def test_a_new_file_is_applied_alone(database, folder):
    (folder / "0900_more.sql").write_text("CREATE TABLE more (n integer); INSERT INTO more VALUES (1)")
    assert migrate(database, folder) == ["0900_more.sql"]
    assert applied(database) == [*SHIPPED, "0900_more.sql"]


def test_a_changed_file_is_refused_before_anything_is_touched(database, folder):
    (folder / SHIPPED[0]).write_text("SELECT 1")
    (folder / "0900_more.sql").write_text("CREATE TABLE more (n integer)")
    with pytest.raises(MigrationChanged, match=rf"{SHIPPED[0]} changed after it was applied"):
        migrate(database, folder)
    assert applied(database) == SHIPPED


def test_a_database_newer_than_the_checkout_is_refused(database, folder):
    (folder / "0900_more.sql").write_text("SELECT 1")
    migrate(database, folder)
    with pytest.raises(MigrationChanged, match=r"knows 0900_more\.sql, this checkout does not"):
        migrate(database)


def test_a_file_that_fails_leaves_nothing_and_the_one_before_it_stays(database, folder):
    (folder / "0900_good.sql").write_text("CREATE TABLE good (n integer)")
    (folder / "0901_bad.sql").write_text("CREATE TABLE bad (n integer); SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database, folder)
    assert applied(database) == [*SHIPPED, "0900_good.sql"]
    (folder / "0901_bad.sql").write_text("CREATE TABLE bad (n integer)")
    assert migrate(database, folder) == ["0901_bad.sql"]


def test_the_percent_sign_and_the_dollar_quote_of_a_file_reach_the_server_as_written(database, folder):
    (folder / "0900_signs.sql").write_text("CREATE TABLE signs AS SELECT '100 %s' AS t; DO $$ BEGIN PERFORM 1; END $$;")
    migrate(database, folder)
    with owner(database) as session:
        assert session.execute("SELECT t FROM signs").fetchone() == ("100 %s",)


def test_reset_empties_what_is_ours_and_migrate_makes_it_anew(database):
    with connect(database, "default") as session:
        session.execute("CREATE TABLE checkpoints (n integer)")
    reset(database)
    with owner(database) as session:
        assert session.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone() == (0,)
    assert migrate(database) == SHIPPED
    with connect(database, "default") as session:
        assert session.execute("SELECT count(*) FROM weights").fetchone() == (1,)
        session.execute("CREATE TABLE checkpoints (n integer)")


def test_a_database_that_is_not_ours_is_not_emptied(empty):
    with owner(empty) as session:
        session.execute("CREATE TABLE somebodys (n integer)")
        with pytest.raises(NotAllowed, match="nothing was deleted"):
            reset(empty)
        assert session.execute("SELECT count(*) FROM somebodys").fetchone() == (0,)


def test_a_tenant_is_made_once_with_the_first_weights(database):
    assert add_tenant(database, "second")
    assert not add_tenant(database, "second")
    assert not add_tenant(database, "default")
    with connect(database, "second") as session:
        row = session.execute("SELECT tenant_id, version, freshness, community_fit FROM weights").fetchall()
    assert row == [("second", 1, 0.2, 0.3)]
    with pytest.raises(NotAllowed, match="No Name"):
        add_tenant(database, "No Name")


def test_databases_of_one_cluster_migrate_at_once_though_the_role_is_the_clusters(bare_cluster):
    base = bare_cluster.rsplit("/", 1)[0]
    with owner(bare_cluster) as admin:
        for n in range(4):
            admin.execute(f"CREATE DATABASE side_{n}")
        with pytest.raises(NotMigrated, match="db migrate"):
            connect(f"{base}/side_0", "default")
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(migrate, [f"{base}/side_{n}" for n in range(4)])) == [SHIPPED] * 4
    with connect(f"{base}/side_3", "default") as session:
        assert session.execute("SELECT count(*) FROM weights").fetchone() == (1,)


def test_an_owner_who_is_no_superuser_is_enough_where_they_may_make_the_role(bare_cluster):
    base = bare_cluster.rsplit("@", 1)[1].rsplit("/", 1)[0]
    with owner(bare_cluster) as admin:
        admin.execute("CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'secret'")
        admin.execute("CREATE ROLE seller LOGIN PASSWORD 'secret'")
        for login in ("maker", "seller"):
            admin.execute(f"CREATE DATABASE of_{login} OWNER {login}")
        makers, sellers = (f"postgresql://{login}:secret@{base}/of_{login}" for login in ("maker", "seller"))
        with pytest.raises(NotAllowed, match=r"CREATE ROLE bellwether_app.*GRANT bellwether_app TO seller"):
            migrate(sellers)
        assert migrate(makers) == SHIPPED
        with pytest.raises(NotAllowed, match=r"GRANT bellwether_app TO seller"):
            migrate(sellers)
        with pytest.raises(NotAllowed, match=r"GRANT bellwether_app TO"):
            connect(sellers, "default")
        admin.execute("GRANT bellwether_app TO seller")
        assert migrate(sellers) == SHIPPED
    for url in (makers, sellers):
        assert add_tenant(url, "second")
        with connect(url, "second") as session:
            assert session.execute("SELECT array_agg(DISTINCT tenant_id) FROM weights").fetchone() == (["second"],)
            session.execute("CREATE TABLE checkpoints (n integer)")
        reset(url)
        assert migrate(url) == SHIPPED


def test_a_role_that_could_bypass_row_level_security_is_refused(bare_cluster):
    with owner(bare_cluster) as admin:
        admin.execute("CREATE ROLE bellwether_app NOLOGIN BYPASSRLS")
    with pytest.raises(NotAllowed, match="NOBYPASSRLS"):
        migrate(bare_cluster)


def test_a_login_that_does_not_own_the_database_is_told_so(postgres_url, empty):
    with owner(postgres_url) as admin:
        admin.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
        admin.execute("GRANT bellwether_app TO guest")
    with pytest.raises(NotAllowed, match="permission denied for schema public"):
        migrate(f"postgresql://guest:secret@{empty.rsplit('@', 1)[1]}")
