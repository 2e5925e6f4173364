"""Settings: what they allow is what the code behind them knows."""

from __future__ import annotations

from typing import get_args

from graphs.settings import Settings
from trends.score_table import Season


def test_every_seasonality_that_can_be_set_is_one_that_scores() -> None:
    assert set(get_args(Settings.model_fields["seasonality"].annotation)) == {each.value for each in Season}
