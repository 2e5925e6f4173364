"""Database: the one that the settings name, started, migrated and open to their tenant."""

from __future__ import annotations

from graphs.settings import Settings
from store.migrate import add_tenant, migrate
from store.postgres import database_url


def named_url(settings: Settings) -> str:
    """The database that the settings name; the embedded server is started, nothing is migrated."""
    given = settings.database_url.get_secret_value() if settings.database_url else None
    return database_url(settings.home, settings.database, given)


def prepared_url(settings: Settings) -> str:
    """The same, with the schema of this checkout and the settings' tenant in it."""
    url = named_url(settings)
    migrate(url)
    add_tenant(url, settings.tenant)
    return url
