"""The published check of off-policy estimators: relative errors on the small Open Bandit Dataset, campaign `all`.

Protocol of the dataset's own example (obp, examples/obd): the log of the random policy, Bernoulli Thompson sampling
evaluated, 30 bootstraps of the log (seeds 0 to 29); rewards by one logistic regression a position (C 1000) on the user
features as indicators and the item's number, codes and feature, cross-fitted in 3 folds (seed 12345); Switch-DR and
DRos tuned by SLOPE over 10 to infinity; truth is the click rate of the other policy's log.

The evaluated policy is the one that the shop started with: a beta prior an item (`cases/bts_prior_all.csv`, of obp's
`prior_bts.yaml`, Apache-2.0). Its probabilities are integrated here, where the example draws a million times.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import beta
from scipy.stats import t as student

from evals.bandit_logs import Campaign, Impressions, user_features
from rl.logged import Floats, Ints, Log
from rl.ope import ESTIMATORS, Terms, terms

PUBLISHED = {
    "dm": 0.156876, "ips": 0.311082, "snips": 0.311795, "dr": 0.292464, "sndr": 0.302407, "switch_dr": 0.258410,
    "dros": 0.159520,
}  # fmt: skip
"""Means over 30 bootstraps with random_state 12345 (README of obp's examples/obd)."""
CAMPAIGN, ROWS, CLICKS = "all", 10_000, {"random": 38, "bts": 42}
"""The files that the published figures are of."""
PRIOR = Path(__file__).parent / "cases" / "bts_prior_all.csv"
RUNS, FOLDS, SEED, STRENGTH = 30, 3, 12345, 1000
GRID = (10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0, 10000.0, float("inf"))
SLOPE = 6**0.5 - 1
"""How much of a wider interval's half-width an estimate may be away from it, beside its own."""
NODES = 200


def is_published(campaign: Campaign) -> bool:
    """Whether these are the files that the published figures are of."""
    return (
        campaign.name == CAMPAIGN
        and set(campaign.logs) == set(CLICKS)
        and all(len(log) == ROWS and log.click.sum() == CLICKS[name] for name, log in campaign.logs.items())
    )


def can_check(campaign: Campaign) -> bool:
    """Whether the protocol can run: both policies' logs, with clicks, of the campaign and the items of the prior."""
    if campaign.name != CAMPAIGN or set(campaign.logs) != set(CLICKS):
        return False
    items = campaign.logs["random"].items["item_id"].tolist()
    return items == list(range(len(_prior()[0]))) and float(campaign.logs["bts"].click.sum()) > 0


def relative_errors(campaign: Campaign, runs: int = RUNS) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation over bootstraps of each estimator's relative error; `can_check` must hold."""
    log, truth = campaign.logs["random"], float(campaign.logs["bts"].click.mean())
    policy = thompson(*_prior(), places=log.positions)
    errors = []
    for run in range(runs):
        rows = np.random.RandomState(run).choice(np.arange(len(log)), size=len(log), replace=True)
        errors.append([abs(value - truth) / truth for value in _estimates(log, rows, policy)])
    table = np.array(errors)
    spread = table.std(axis=0, ddof=min(1, runs - 1))
    return dict(zip(ESTIMATORS, zip(table.mean(axis=0).tolist(), spread.tolist(), strict=True), strict=True))


def slope(candidates: Sequence[Terms], level: float = 0.95) -> int:
    """The index of the narrowest candidate that agrees with every wider one (Su, Srinath and Krishnamurthy 2020).

    Candidates are taken by falling width of their Student intervals; the last is returned before the first that is
    further than `own + SLOPE * other` half-widths from one before it.
    """
    rows = len(candidates[0].direct)
    values = [candidate.value for candidate in candidates]
    half = student.ppf((1 + level) / 2, rows - 1) / np.sqrt(rows)
    widths = [float(candidate.influence.std(ddof=1) * half) for candidate in candidates]
    kept: list[int] = []
    for one in np.argsort(-np.array(widths), kind="stable").tolist():
        if any(abs(values[one] - values[other]) > widths[one] + SLOPE * widths[other] for other in kept):
            break
        kept.append(one)
    return kept[-1]


def thompson(alpha: Floats, beta_: Floats, places: int) -> Floats:
    """Chance that Bernoulli Thompson sampling shows each arm at each place, shape (k, places), columns summing to 1.

    `P(arm i has rank p) = E[P(exactly p others draw more than i's draw)]`, by Gauss-Legendre over i's quantiles and a
    recursion over the others; accurate to about 1e-3 where arms are as different as here.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    quantile = (nodes + 1) / 2
    chances = np.empty((len(alpha), places))
    for arm in range(len(alpha)):
        draw = beta.ppf(quantile, alpha[arm], beta_[arm])
        others = np.arange(len(alpha)) != arm
        above = beta.sf(draw, alpha[others, None], beta_[others, None])
        chances[arm] = _exactly(above, places) @ weights / 2
    shares: Floats = chances / chances.sum(axis=0)
    return shares


def _exactly(chance: Floats, most: int) -> Floats:
    """Chance that exactly 0, 1, ..., most - 1 of independent events happen, shape (most, nodes)."""
    exactly = np.zeros((most, chance.shape[1]))
    exactly[0] = 1.0
    for each in chance:
        before = np.vstack([np.zeros((1, chance.shape[1])), exactly[:-1]])
        exactly = exactly * (1 - each) + before * each
    return exactly


def _prior() -> tuple[Floats, Floats]:
    with PRIOR.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return np.array([float(row["alpha"]) for row in rows]), np.array([float(row["beta"]) for row in rows])


def _estimates(log: Impressions, rows: Ints, policy: Floats) -> list[float]:
    predicted = _predicted(log, rows)
    target = policy.T[log.position[rows]]
    sample = Log(log.action[rows], log.click[rows], log.propensity[rows], target, predicted)
    tuned = {name: [terms(sample, name, strength) for strength in GRID] for name in ("switch_dr", "dros")}
    chosen = {name: candidates[slope(candidates)] for name, candidates in tuned.items()}
    return [(chosen[name] if name in chosen else terms(sample, name)).value for name in ESTIMATORS]


def _predicted(log: Impressions, rows: Ints) -> Floats:
    """Clicks expected of every item at each row's position, out of fold, shape (n, k)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold

    users, items = _indicators(log)[rows], _item_columns(log)
    action, place, click = log.action[rows], log.position[rows], log.click[rows]
    predicted = np.empty((len(rows), len(items)))
    for inside, outside in KFold(FOLDS, shuffle=True, random_state=SEED).split(users):
        for position in range(log.positions):
            fit, ask = inside[place[inside] == position], outside[place[outside] == position]
            if click[fit].min(initial=1.0) == click[fit].max(initial=0.0):
                predicted[ask] = click[fit].mean()
                continue
            model = LogisticRegression(C=STRENGTH, max_iter=10_000, random_state=SEED)
            model.fit(np.hstack([users[fit], items[action[fit]]]), click[fit])
            of_user, of_item = np.split(model.coef_[0], [users.shape[1]])
            logit = (users[ask] @ of_user)[:, None] + items @ of_item + model.intercept_[0]
            predicted[ask] = 1 / (1 + np.exp(-logit))
    return predicted


def _indicators(log: Impressions) -> Floats:
    from pandas import get_dummies

    features = log.table[user_features(log.table)]
    indicators: Floats = get_dummies(features, drop_first=True).to_numpy(dtype=np.float64)
    return indicators


def _item_columns(log: Impressions) -> Floats:
    """The item's number, the codes of its hashed features, and its one number, as the example has them."""
    from pandas import factorize

    hashed = [name for name in log.items.columns if name.startswith("item_feature") and name != "item_feature_0"]
    columns = [log.items["item_id"], *(factorize(log.items[name], sort=True)[0] for name in hashed)]
    return np.column_stack([*columns, log.items["item_feature_0"]]).astype(np.float64)
