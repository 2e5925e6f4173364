"""A seller's rows: read, refused where they cannot be, and fitted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rl.dynamics import Dynamics, Estimate, load_dynamics, response, shipped
from rl.fitting import TooLittle
from rl.policy import load_policy
from rl.rows import BadRows, Rows, fit_rows, read_rows, stock_of
from ui.cli import main

COLUMNS = "listing,hour,spend,impressions,clicks,orders,revenue\n"


def simulated(truth: Dynamics, listings: int = 12, days: int = 56) -> Rows:
    """Rows of campaigns that answer as the dynamics say, each listing alone and at its own level."""
    rng = np.random.default_rng(1)
    spend = rng.lognormal(2.5, 1.0, (listings, 4 * days))
    part = np.arange(4 * days)
    calendar = np.array(truth.weekday.value)[part // 4 % 7] * np.array(truth.part.value)[part % 4]
    clicks = rng.poisson(truth.clicks_per_usd.one * spend * calendar)
    stock = stock_of(spend, truth.recovery_days.one)
    fresh = response(spend, stock, truth.kappa_usd, truth.audience_usd) / spend
    rate = truth.orders_per_click.one * rng.uniform(0.7, 1.3, (listings, 1))
    orders = rng.binomial(clicks, rate * fresh)
    name = np.repeat([f"listing {one}" for one in range(listings)], 4 * days)
    hour = np.tile(6 * part, listings)
    columns = (spend, 50 * clicks, clicks, orders, 20.0 * orders)
    return Rows(name, hour, *(np.asarray(column, float).ravel() for column in columns))


def test_parameters_are_recovered_from_rows_of_campaigns_and_say_their_source() -> None:
    truth = replace(
        shipped(),
        life_kappa_usd=Estimate((900.0,), None, "USD", "test"),
        recovery_days=Estimate((1.5,), None, "days", "test"),
        orders_per_click=Estimate((0.4,), None, "orders/click", "test"),
    )
    found = fit_rows(simulated(truth), shipped(), "own rows")
    assert found.clicks_per_usd.one == pytest.approx(truth.clicks_per_usd.one, rel=0.03)
    assert found.part.value == pytest.approx(np.array(truth.part.value) / np.mean(truth.part.value), abs=0.05)
    assert found.weekday.value == pytest.approx(np.array(truth.weekday.value) / np.mean(truth.weekday.value), abs=0.05)
    assert found.kappa_usd == pytest.approx(truth.kappa_usd, rel=0.3)
    assert found.audience_usd == pytest.approx(truth.audience_usd, rel=0.4)
    assert found.recovery_days.one == pytest.approx(1.5, rel=0.4)
    assert found.orders_per_click.one == pytest.approx(0.4, rel=0.15)
    assert found.order_value_usd.one == pytest.approx(20.0)
    assert all(one.fitted and one.source.startswith("own rows") for one in (found.part, found.life_kappa_usd))
    assert found.delay_days == shipped().delay_days


def test_a_csv_is_read_with_hours_as_numbers_or_as_times(tmp_path: Path) -> None:
    for hour in ("9", "2024-01-01T09:00:00Z"):
        (tmp_path / "own.csv").write_text(COLUMNS + f"mug,{hour},2.5,100,3,1,24\n")
        rows = read_rows(tmp_path / "own.csv")
        assert (rows.hour[0] % 168, rows.spend[0], rows.listing[0]) == (9, 2.5, "mug")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mug,1,-2,100,3,1,24", "row 1: spend is -2.0"),
        ("mug,1,2,100,300,1,24", "row 1: more clicks than impressions"),
        ("mug,1,2,100,3,4,24", "row 1: more orders than clicks"),
        ("mug,1,2,100,3,1,much", "row 1: revenue is nan"),
        ("mug,soon,2,100,3,1,24", "row 1: hour 'soon'"),
        ("mug,1,2,100,3,1,1e300", "row 1: revenue is 1e\\+300"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_its_number(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "own.csv").write_text(COLUMNS + row + "\n")
    with pytest.raises(BadRows, match=said):
        read_rows(tmp_path / "own.csv")


def test_a_file_without_a_column_and_rows_that_are_too_few_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("listing,hour\nmug,1\n")
    with pytest.raises(BadRows, match="no column 'spend'"):
        read_rows(tmp_path / "own.csv")
    (tmp_path / "own.csv").write_text(COLUMNS + "mug,1,2,100,3,1,24\n")
    with pytest.raises(TooLittle, match="1 listings, 1 parts of days with spend, 1 orders"):
        fit_rows(read_rows(tmp_path / "own.csv"), shipped(), "own rows")


def test_the_command_fits_rows_trains_on_what_it_found_and_leaves_it_in_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = simulated(shipped(), listings=6, days=21)
    names = COLUMNS.strip().split(",")
    columns = [getattr(rows, name) for name in names]
    lines = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    (tmp_path / "own.csv").write_text(COLUMNS + "\n".join(lines) + "\n")
    to = tmp_path / "learning"
    assert main(["train", "--rows", str(tmp_path / "own.csv"), "--to", str(to), "--steps", "64", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert load_dynamics(to / "dynamics.json").digest == told["dynamics"]
    assert load_policy(Path(told["policy"])).version == told["version"]
    (tmp_path / "own.csv").write_text(COLUMNS + "mug,1,2,100,300,1,24\n")
    assert main(["train", "--rows", str(tmp_path / "own.csv"), "--to", str(to)]) == 2
    assert capsys.readouterr().err == "bellwether: row 1: more clicks than impressions\n"
