"""The database of the settings: prepared for the tenant they name, and its login told to nobody."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from graphs.database import prepared_url
from graphs.settings import Settings
from graphs.wiring import open_product
from store.ids import new_id
from store.postgres import connect


def test_a_tenant_that_only_the_settings_name_has_weights_and_may_write(database):
    settings = Settings(_env_file=None, database_url=database, tenant="acme")
    with connect(prepared_url(settings), "acme") as session:
        assert session.execute("SELECT tenant_id, version FROM weights").fetchall() == [("acme", 1)]
        session.execute(
            "INSERT INTO reference (tenant_id, id, kind, body, known_at) VALUES ('acme', %s, 'event', %s, now())",
            (new_id(), Jsonb({"name": "fair"})),
        )


async def test_an_opened_product_shows_no_password_of_the_database_or_of_redis(database, redis_address):
    passwords = [url.split(":")[2].split("@")[0] for url in (database, redis_address)]
    async with open_product(Settings(_env_file=None, database_url=database, redis_url=redis_address)) as product:
        for password in passwords:
            assert len(password) > 8
            assert password not in repr(product)
            assert password not in repr(product.discover_graph.nodes)
