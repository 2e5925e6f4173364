"""Truth for off-policy evaluation: cases whose answer is known.

Semi-synthetic: the impressions, users, positions and propensities of a real log, with clicks drawn anew from rates
that are known. The rate of an item for a user at a position is ten times the campaign's mean click rate, times the
relative rate of the item, of the position and of each of the user's features (counted on both policies' real logs, with
one click of the mean added to each so that none is 0), times a log-normal of sigma .3 for each pair of item and feature
value; at most .95. The evaluated policy is how often the other policy showed each item at each position, averaged over
its log; its clicks serve only to make the truth.

Synthetic: contexts of five normal variables, ten actions with logistic rates around .08 that depend on the context, a
softmax policy that logs (with a fifth at random) and a sharper one that is evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.bandit_logs import Campaign, Impressions, user_features
from rl.logged import Floats, Ints, Log, logged
from rl.reward_model import predict_rewards

TIMES = 10.0
INTERACTION = 0.3
MOST = 0.95
ACTIONS, VARIABLES = 10, 5
AT_RANDOM = 0.2
RARE = -2.6
"""Mean logit of the synthetic rates."""


@dataclass(frozen=True, slots=True)
class Case:
    """A log without rewards whose rates are known: `rate` and `target` (n, k), `context` (n, d), the others (n,)."""

    context: Floats
    action: Ints
    propensity: Floats
    target: Floats
    rate: Floats

    @property
    def truth(self) -> float:
        """What the evaluated policy earns a decision, in expectation over the log's contexts."""
        return float(np.einsum("nk,nk->n", self.target, self.rate).mean())

    def drawn(self, rng: np.random.Generator) -> Log:
        """The log with rewards drawn and predicted out of fold."""
        taken = self.rate[np.arange(len(self.action)), self.action]
        reward = (rng.random(len(taken)) < taken).astype(np.float64)
        return with_predictions(self.context, self.action, reward, self.propensity, self.target)


def with_predictions(context: Floats, action: Ints, reward: Floats, propensity: Floats, target: Floats) -> Log:
    """A checked log with rewards predicted by the product's own model."""
    predicted = predict_rewards(context, action, reward, target.shape[1])
    return logged(action, reward, propensity, target, predicted=predicted)


def raw(campaign: Campaign, logging: str, evaluated: str) -> Log:
    """The real log with its real clicks, the other policy evaluated."""
    log = campaign.logs[logging]
    target = shown(campaign, evaluated)[log.position]
    return with_predictions(indicators(log), log.action, log.click, log.propensity, target)


def semi_synthetic(campaign: Campaign, logging: str, evaluated: str, rng: np.random.Generator) -> Case:
    """One direction of a campaign, with known rates."""
    log = campaign.logs[logging]
    target = shown(campaign, evaluated)[log.position]
    return Case(indicators(log), log.action, log.propensity, target, rates(campaign, log, rng))


def shown(campaign: Campaign, policy: str) -> Floats:
    """How often a policy showed each item at each position, (positions, k): 1 / k everywhere for `random`."""
    log = campaign.logs[policy]
    places = max(each.positions for each in campaign.logs.values())
    if policy == "random":
        return np.full((places, campaign.actions), 1 / campaign.actions)
    counts = np.bincount(log.position * campaign.actions + log.action, minlength=places * campaign.actions)
    table = counts.reshape(places, campaign.actions).astype(np.float64)
    shares: Floats = (table + (table.sum(axis=1, keepdims=True) == 0)) / np.maximum(table.sum(axis=1), 1.0)[:, None]
    return shares


def indicators(log: Impressions) -> Floats:
    """User features and position as indicators, the first of each left out, (n, d)."""
    return np.hstack([np.eye(int(codes.max()) + 1)[codes][:, 1:] for codes in (*log.users, log.position)])


def rates(campaign: Campaign, log: Impressions, rng: np.random.Generator) -> Floats:
    """The semi-synthetic click rate of every item in every row of `log`, shape (n, k)."""
    from pandas import concat, factorize

    both = concat([each.table for each in campaign.logs.values()], ignore_index=True)
    click = both["click"].to_numpy(dtype=np.float64)
    item = relative(both["item_id"].to_numpy(), click, campaign.actions)
    place = relative(both["position"].to_numpy() - 1, click, int(both["position"].max()))
    rate = TIMES * click.mean() * item * place[log.position][:, None]
    for name in user_features(log.table):
        codes, values = factorize(both[name], sort=True)
        own = values.get_indexer(log.table[name])
        pair = np.exp(rng.normal(-(INTERACTION**2) / 2, INTERACTION, (len(values), campaign.actions)))
        rate = rate * relative(codes, click, len(values))[own][:, None] * pair[own]
    capped: Floats = np.minimum(rate, MOST)
    return capped


def relative(codes: Ints, click: Floats, kinds: int) -> Floats:
    """Click rate of each kind over that of all, one click's worth of the mean added to each, shape (kinds,)."""
    expected = np.bincount(codes, minlength=kinds) * click.mean()
    found: Floats = (np.bincount(codes, weights=click, minlength=kinds) + 1) / (expected + 1)
    return found


def synthetic(rows: int, rng: np.random.Generator) -> tuple[Case, float]:
    """A synthetic case of so many rows, and what its policy earns in the population (by 200,000 further contexts)."""
    of_rate, of_logging = rng.normal(size=(VARIABLES, ACTIONS)), rng.normal(size=(VARIABLES, ACTIONS))
    of_target = of_logging + of_rate

    def at(context: Floats) -> tuple[Floats, Floats, Floats]:
        logging = (1 - AT_RANDOM) * _softmax(context @ of_logging / 2) + AT_RANDOM / ACTIONS
        return logging, _softmax(context @ of_target / 2), 1 / (1 + np.exp(-RARE - context @ of_rate / 4))

    context = rng.normal(size=(rows, VARIABLES))
    logging, target, rate = at(context)
    action = (logging.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1).clip(max=ACTIONS - 1)
    _, everywhere, rates_there = at(rng.normal(size=(200_000, VARIABLES)))
    truth = float(np.einsum("nk,nk->n", everywhere, rates_there).mean())
    return Case(context, action, logging[np.arange(rows), action], target, rate), truth


def _softmax(score: Floats) -> Floats:
    grown = np.exp(score - score.max(axis=1, keepdims=True))
    shares: Floats = grown / grown.sum(axis=1, keepdims=True)
    return shares
