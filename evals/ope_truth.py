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
from rl.reward_model import FORMS, Forms, predict_rewards

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

    def drawn(self, rng: np.random.Generator, forms: Forms = FORMS) -> Log:
        """The log with rewards drawn, and predicted out of fold by the product's own model."""
        taken = self.rate[np.arange(len(self.action)), self.action]
        reward = (rng.random(len(taken)) < taken).astype(np.float64)
        predicted = predict_rewards(self.context, self.action, reward, self.rate.shape[1], forms=forms)
        return logged(self.action, reward, self.propensity, self.target, predicted=predicted)


def raw(campaign: Campaign, logging: str, evaluated: str) -> Log:
    """The real log with its real clicks, the other policy evaluated."""
    log = campaign.logs[logging]
    target = shown(campaign, evaluated)[log.position]
    predicted = predict_rewards(indicators(log), log.action, log.click, campaign.actions)
    return logged(log.action, log.click, log.propensity, target, predicted=predicted)


def semi_synthetic(campaign: Campaign, logging: str, evaluated: str, rng: np.random.Generator) -> Case:
    """One direction of a campaign, with known rates."""
    log = campaign.logs[logging]
    target = shown(campaign, evaluated)[log.position]
    return Case(indicators(log), log.action, log.propensity, target, rates(campaign, log, rng))


def shown(campaign: Campaign, policy: str) -> Floats:
    """How often a policy showed each item at each position, (positions, k): 1 / k everywhere for `random`.

    Where it showed nothing at a position, 1 / k too.
    """
    log = campaign.logs[policy]
    places = max(each.positions for each in campaign.logs.values())
    if policy == "random":
        return np.full((places, campaign.actions), 1 / campaign.actions)
    counts = np.bincount(log.position * campaign.actions + log.action, minlength=places * campaign.actions)
    table = counts.reshape(places, campaign.actions).astype(np.float64)
    table[table.sum(axis=1) == 0] = 1.0
    shares: Floats = table / table.sum(axis=1, keepdims=True)
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


@dataclass(frozen=True, slots=True)
class World:
    """A synthetic world: weights (variables, actions) of the rates and of both policies, and what the target earns."""

    of_rate: Floats
    of_logging: Floats
    of_target: Floats
    truth: float

    def case(self, rows: int, rng: np.random.Generator) -> Case:
        """So many decisions of the logging policy."""
        context = rng.normal(size=(rows, VARIABLES))
        chance = (1 - AT_RANDOM) * _softmax(context @ self.of_logging) + AT_RANDOM / ACTIONS
        action = (chance.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1).clip(max=ACTIONS - 1)
        target, rate = _softmax(context @ self.of_target), _rate(context @ self.of_rate)
        return Case(context, action, chance[np.arange(rows), action], target, rate)


def world(rng: np.random.Generator) -> World:
    """A synthetic world drawn; its truth is the mean over 200,000 contexts."""
    of_rate, of_logging = rng.normal(size=(2, VARIABLES, ACTIONS)) / np.array([4.0, 2.0])[:, None, None]
    of_target = of_logging + 2 * of_rate
    context = rng.normal(size=(200_000, VARIABLES))
    earned = np.einsum("nk,nk->n", _softmax(context @ of_target), _rate(context @ of_rate))
    return World(of_rate, of_logging, of_target, float(earned.mean()))


def _rate(score: Floats) -> Floats:
    rate: Floats = 1 / (1 + np.exp(-RARE - score))
    return rate


def _softmax(score: Floats) -> Floats:
    grown = np.exp(score - score.max(axis=1, keepdims=True))
    shares: Floats = grown / grown.sum(axis=1, keepdims=True)
    return shares
