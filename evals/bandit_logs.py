"""Bandit logs: files in the layout of the Open Bandit Dataset (Saito et al. 2021, arXiv 2008.07146).

One file a policy and campaign, `random_men.csv[.gz]` or `random/men/men.csv[.gz]`, with the columns timestamp, item_id,
position (1, 2, 3), click, propensity_score, user_feature_*; beside it `*_item_context.csv[.gz]` (or `item_context.csv`)
with item_id and item_feature_*, of which feature 0 is a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rl.logged import Floats, Ints

if TYPE_CHECKING:
    from pandas import DataFrame

POLICIES = ("random", "bts")
COLUMNS = ("timestamp", "item_id", "position", "click", "propensity_score")


@dataclass(frozen=True)
class Impressions:
    """What one policy showed in one campaign, oldest first."""

    table: DataFrame
    items: DataFrame

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def action(self) -> Ints:
        """Items shown, (n,)."""
        column: Ints = self.table["item_id"].to_numpy(dtype=np.int64)
        return column

    @cached_property
    def position(self) -> Ints:
        """Where, from 0, (n,)."""
        column: Ints = self.table["position"].to_numpy(dtype=np.int64) - 1
        return column

    @cached_property
    def click(self) -> Floats:
        """0 or 1, (n,)."""
        column: Floats = self.table["click"].to_numpy(dtype=np.float64)
        return column

    @cached_property
    def propensity(self) -> Floats:
        """Probability of the item shown at its position, (n,)."""
        column: Floats = self.table["propensity_score"].to_numpy(dtype=np.float64)
        return column

    @cached_property
    def users(self) -> list[Ints]:
        """Codes of each user feature, (n,) each; equal values of two logs have codes of their own."""
        from pandas import factorize

        return [factorize(self.table[name], sort=True)[0] for name in user_features(self.table)]

    @property
    def positions(self) -> int:
        return int(self.position.max()) + 1


@dataclass(frozen=True, slots=True)
class Campaign:
    """The logs of one campaign by policy; actions are numbered alike in all of them."""

    name: str
    logs: dict[str, Impressions]
    actions: int

    def directions(self) -> Iterator[tuple[str, str]]:
        """(logging, evaluated) of every pair of two policies that both have a log."""
        return ((one, other) for one in self.logs for other in self.logs if one != other)


def read_campaigns(folder: Path) -> list[Campaign]:
    """The campaigns of a folder, by name; ValueError where there is none or a file has another layout."""
    found: dict[str, dict[str, Path]] = {}
    for policy in POLICIES:
        for path in sorted([*folder.glob(f"{policy}_*.csv*"), *folder.glob(f"{policy}/*/*.csv*")]):
            if "item_context" not in path.name:
                name = path.name.partition(".")[0].removeprefix(f"{policy}_")
                found.setdefault(name, {})[policy] = path
    if not found:
        raise ValueError("no log in the Open Bandit layout (random_men.csv.gz, bts_men.csv.gz, ...)")
    return [_campaign(name, paths) for name, paths in sorted(found.items())]


def user_features(table: DataFrame) -> list[str]:
    """The names of a log's user features."""
    return [name for name in table.columns if name.startswith("user_feature")]


def _campaign(name: str, paths: dict[str, Path]) -> Campaign:
    logs = {policy: _impressions(path) for policy, path in paths.items()}
    actions = max(int(log.action.max()) + 1 for log in logs.values())
    return Campaign(name, logs, max(actions, *(len(log.items) for log in logs.values())))


def _impressions(path: Path) -> Impressions:
    from pandas import read_csv

    beside = path.with_name(path.name.replace(".csv", "_item_context.csv", 1))
    items = read_csv(beside if beside.exists() else path.with_name("item_context" + "".join(path.suffixes)))
    table = read_csv(path, usecols=lambda column: column in COLUMNS or column.startswith("user_feature"))
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(f"{path.name}: columns are missing: {', '.join(missing)}")
    if table.empty:
        raise ValueError(f"{path.name} is empty")
    _check(path.name, table)
    features = user_features(table)
    table[features] = table[features].astype(str)
    table = table.sort_values("timestamp", kind="stable").reset_index(drop=True)
    return Impressions(table, items.sort_values("item_id"))


def _check(name: str, table: DataFrame) -> None:
    """ValueError at the first row that is no impression."""
    numbers = table[list(COLUMNS[1:])]
    kinds = [str(column) for column, kind in numbers.dtypes.items() if kind.kind not in "if"]
    if kinds:
        raise ValueError(f"{name}: {kinds[0]} holds something that is no number")
    item, position, click, propensity = numbers.to_numpy(dtype=np.float64).T
    rules = {
        "item_id is no whole number from 0": (item < 0) | (item % 1 != 0),
        "position is not 1, 2, ...": (position < 1) | (position % 1 != 0),
        "click is neither 0 nor 1": (click != 0) & (click != 1),
        "propensity_score is outside (0, 1]": ~((propensity > 0) & (propensity <= 1)),
    }
    empty = numbers.isna().to_numpy().any(axis=1)
    for why, broken in rules.items():
        wrong = broken | empty
        if wrong.any():
            raise ValueError(f"{name}, row {int(wrong.argmax()) + 1}: {why}")
