"""What the acceptance tests of the doors share: the API as it is served, one for each module of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from graphs.settings import Settings
from store.redis import EmbeddedRedis
from tests.serving import TOKEN_SECRET, WEBHOOK_SECRET, Served, served_on
from ui.api import audit, rates


@pytest.fixture(scope="module")
def served(new_database: Callable[[], str], redis_server: EmbeddedRedis, reachable_folder: Path) -> Iterator[Served]:
    """A started API over two tenants with everything in them; nobody is asked to slow down, and all is written down."""
    settings = Settings(
        _env_file=None,
        home=reachable_folder / "api-home",
        database_url=SecretStr(new_database()),
        redis_url=SecretStr(redis_server.start()),
        webhook_secret=SecretStr(WEBHOOK_SECRET),
        token_secret=SecretStr(TOKEN_SECRET),
        tiers={"scale": 1_000_000},
        groq_api_key=None,
        openai_api_key=None,
        perplexity_api_key=None,
    )
    with pytest.MonkeyPatch.context() as patch, served_on(settings) as started:
        patch.setattr(rates, "STRANGERS", 1_000_000)
        patch.setattr(audit, "UNNAMED", 1_000_000)
        yield started
