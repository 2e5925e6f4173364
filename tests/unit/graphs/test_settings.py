"""Settings: what they allow is what the code behind them knows."""

from __future__ import annotations

from typing import get_args

import pytest

from graphs.settings import Settings, default_home
from trends.score_table import Season


def test_every_seasonality_that_can_be_set_is_one_that_scores() -> None:
    assert set(get_args(Settings.model_fields["seasonality"].annotation)) == {each.value for each in Season}


def test_a_variable_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BELLWETHER_HOME", "BELLWETHER_TENANT", "DATABASE_URL", "GROQ_API_KEY", "BELLWETHER_SEED"):
        monkeypatch.setenv(name, "")
    settings = Settings(_env_file=None)
    assert settings.home == default_home()
    assert (settings.tenant, settings.seed) == ("default", 7)
    assert settings.database_url is None
    assert settings.groq_api_key is None
