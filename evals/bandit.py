"""Eval bandit: how much of what a campaign could gain the allocation finds, on headline tests that were really run.

On a file in the layout of the Upworthy archive (clickability_test_id, test_week, impressions, clicks; a row an arm):
each test is replayed with its own number of impressions, divided over its arms in 10 and in 50 batches; what came in
before a batch is all that is known in it. Weeks 201326 to 201402 are left out (arms were not shown at random then, says
the archive), and tests of fewer than two arms that were shown.

    gap_closed_b10, _b50    expected clicks above an even division, over those of the best arm alone above it, summed
                            over tests; each arm's true rate is drawn, by seed, from its posterior under the hierarchy
                            (test, arm) fitted to the file. _half_1: over one half of the tests, which set no constant
    over_thompson           the same less that of Beta(1, 1) Thompson sampling, the lesser of 10 and 50 batches;
                            `paired_lower` is the lower end of its 95 % interval by resampling tests
    empirical_*             the same where the true rates are the file's own (they hold noise: the best looks too good)

The product's allocation is `rl.bandit.Thompson.ending` on the posteriors of `rl.prior.fit_hierarchy`. Every prior that
a policy knows is fitted to other tests: those of the other half, by a digest of the test's id, both ways.

Baselines of the same run, on the same truths: `uniform`, `epsilon_greedy` (a tenth even, the rest to the best mean),
`ucb1` (Auer 2002; a batch to the highest bound), `thompson` (Beta(1, 1)), `thompson_global` (a Beta fitted to all arms
of the other half) and `explore_then_commit` (a fifth even, then the best mean under that Beta).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import betaln, expit

from evals.headlines import UNSOUND_WEEKS, Trial, read
from evals.report import Asked, Figure, Result
from rl.bandit import Ints, Posteriors, Thompson
from rl.chances import QUICK, Floats
from rl.prior import Hierarchy, fit_hierarchy, fit_prior

BATCHES = (10, 50)
EXPLORED, EPSILON = 0.2, 0.1
RESAMPLES = 2000
OURS = "ours"
STEPS = 60
DRAWS = 2
"""How often the true rates are drawn."""
ASKED = {
    "gap_closed_b10": Asked(least=0.58), "gap_closed_b50": Asked(least=0.61), "over_thompson": Asked(least=0.08),
    "paired_lower": Asked(least=1e-9),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """The priors that one half of the tests lends the other."""

    hierarchy: Hierarchy
    beta: tuple[float, float]


@dataclass(frozen=True, slots=True)
class World:
    """Tests of one half with as many arms each: truth and observed rates, (tests, arms); impressions, (tests,)."""

    half: int
    known: Known
    rates: Floats
    impressions: Floats

    @property
    def best(self) -> Floats:
        """The clicks of the best arm alone above an even division, (tests,)."""
        return np.asarray(self.impressions * (self.rates.max(axis=1) - self.rates.mean(axis=1)))


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known before a batch."""

    clicked: Floats
    shown: Floats
    known: Known
    left: float
    """The share of the impressions not yet spent."""


Policy = Callable[[Seen], Floats]
"""Shares of the next batch, (tests, arms), from what is known."""


def run(data: Path, seed: int = 7) -> Result:
    """Replays the tests of one file; ValueError where columns are missing or under forty tests are left."""
    tests, left_out = read(data)
    if min(sum(test.half == half for test in tests) for half in (0, 1)) < 20:
        raise ValueError(f"{data.name}: {len(tests)} tests are left; twenty in each half are needed to fit a prior")
    known = {half: _learned([test for test in tests if test.half != half]) for half in (0, 1)}
    whole = _hierarchy(tests)
    figures: dict[str, Figure] = {"tests": len(tests), "arms": sum(len(test.shown) for test in tests)}
    baseline: dict[str, Figure] = {}
    for prefix, drawn in (("", whole), ("empirical_", None)):
        worlds = [list(_worlds(tests, known, drawn, (seed, draw))) for draw in range(DRAWS if drawn else 1)]
        told, beside = _measured(worlds, seed)
        figures |= {prefix + name: value for name, value in told.items()}
        baseline |= {prefix + name: value for name, value in beside.items()}
    notes = (
        f"{left_out['week']} rows of weeks {UNSOUND_WEEKS[0]}-{UNSOUND_WEEKS[1]} left out, {left_out['refused']} rows "
        f"refused (no numbers, negative, or more clicks than impressions), {left_out['alone']} tests of under two arms",
        f"true rates: a test's mean is Beta({whole.shape:.3g}, {whole.other:.4g}), an arm's rate as strong about it as "
        f"{whole.strength:,.0f} impressions; priors of policies are fitted to the other half of the tests",
    )
    return Result("bandit", figures, baseline, data.name, seed, notes, ASKED)


def _learned(tests: list[Trial]) -> Known:
    shown, clicked = (np.concatenate([getattr(test, name) for test in tests]) for name in ("shown", "clicked"))
    a, b = fit_prior("beta", clicked, shown).parameters()
    return Known(_hierarchy(tests), (float(a[0]), float(b[0])))


def _hierarchy(tests: list[Trial]) -> Hierarchy:
    number = np.repeat(np.arange(len(tests)), [len(test.shown) for test in tests])
    shown, clicked = (np.concatenate([getattr(test, name) for test in tests]) for name in ("shown", "clicked"))
    return fit_hierarchy(clicked, shown, number)


def _worlds(
    tests: list[Trial], known: Mapping[int, Known], drawn: Hierarchy | None, seed: tuple[int, int]
) -> Iterator[World]:
    """The tests in blocks of one half and one number of arms, with true rates drawn, or the file's own."""
    rng = np.random.default_rng(seed)
    for half, arms in sorted({(test.half, len(test.shown)) for test in tests}):
        block = [test for test in tests if test.half == half and len(test.shown) == arms]
        shown, clicked = np.array([test.shown for test in block]), np.array([test.clicked for test in block])
        rates = clicked / shown if drawn is None else draw(drawn, clicked, shown, rng)
        yield World(half, known[half], rates, shown.sum(axis=1))


def draw(hierarchy: Hierarchy, clicked: Floats, shown: Floats, rng: np.random.Generator) -> Floats:
    """True rates (tests, arms) from the posterior of both levels: a test's mean on a grid, then each arm's rate."""
    middle = (clicked.sum(axis=1) + 1) / (shown.sum(axis=1) + 60)
    spread = np.sqrt(1 / (clicked.sum(axis=1) + 1) + 0.1 / shown.shape[1])
    at = np.log(middle / (1 - middle))[:, None] + spread[:, None] * np.linspace(-5, 5, STEPS)
    a, b = hierarchy.strength * expit(at), hierarchy.strength * expit(-at)
    fits = betaln(a[:, None] + clicked[..., None], b[:, None] + (shown - clicked)[..., None]) - betaln(a, b)[:, None]
    weight = fits.sum(axis=1) + hierarchy.shape * np.log(expit(at)) + hierarchy.other * np.log(expit(-at))
    weight = np.exp(weight - weight.max(axis=1, keepdims=True)).cumsum(axis=1)
    pick = (weight < rng.random((len(at), 1)) * weight[:, -1:]).sum(axis=1)
    a, b = (np.take_along_axis(each, pick[:, None], 1) for each in (a, b))
    return np.asarray(rng.beta(a + clicked, b + shown - clicked))


def _measured(draws: list[list[World]], seed: int) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Figures and baselines, each test's clicks averaged over the draws of its true rates."""
    figures: dict[str, Figure] = {}
    baseline: dict[str, Figure] = {}
    best = np.mean([np.concatenate([world.best for world in worlds]) for worlds in draws], axis=0)
    second = np.concatenate([np.full(len(world.rates), world.half == 1) for world in draws[0]])
    over = []
    for batches in BATCHES:
        gained = {name: _gained(draws, policy, batches, seed) for name, policy in POLICIES.items()}
        figures[f"gap_closed_b{batches}"] = float(gained[OURS].sum() / best.sum())
        baseline |= {f"{name}_b{batches}": float(of.sum() / best.sum()) for name, of in gained.items() if name != OURS}
        figures[f"gap_closed_b{batches}_half_1"] = float(gained[OURS][second].sum() / best[second].sum())
        over.append(_difference(gained[OURS] - gained["thompson"], best, seed))
    figures["over_thompson"], figures["paired_lower"] = (min(each) for each in zip(*over, strict=True))
    return figures, baseline


def _gained(draws: list[list[World]], policy: Policy, batches: int, seed: int) -> Floats:
    """What one policy gains in each test, (tests,): the mean over draws; the same chance for every policy."""
    each = [
        [replay(world, policy, batches, (seed, draw, block)) for block, world in enumerate(worlds, 1)]
        for draw, worlds in enumerate(draws)
    ]
    return np.asarray(np.mean([np.concatenate(gains) for gains in each], axis=0))


def _difference(more: Floats, best: Floats, seed: int) -> tuple[float, float]:
    """A difference in gap closed, and the 2.5 % quantile of it over resampled tests."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(best), np.full(len(best), 1 / len(best)), RESAMPLES)
    return float(more.sum() / best.sum()), float(np.quantile((weights @ more) / (weights @ best), 0.025))


def replay(world: World, policy: Policy, batches: int, seed: int | tuple[int, ...]) -> Floats:
    """Expected clicks above an even division, (tests,), of one policy over the batches of every test."""
    rng = np.random.default_rng(seed)
    clicked, shown = np.zeros(world.rates.shape), np.zeros(world.rates.shape)
    gained = -world.impressions * world.rates.mean(axis=1)
    ends = np.floor(world.impressions[:, None] * np.arange(batches + 1) / batches)
    for batch in range(batches):
        shares = policy(Seen(clicked, shown, world.known, 1 - batch / batches))
        given = spread_out(shares, ends[:, batch + 1] - ends[:, batch], rng)
        clicked = clicked + rng.binomial(given, world.rates)
        shown = shown + given
        gained += (given * world.rates).sum(axis=1)
    return np.asarray(gained)


def spread_out(shares: Floats, whole: Floats, rng: np.random.Generator) -> Ints:
    """Whole impressions per arm that add up to `whole` (tests,), each its share rounded up or down at random."""
    edges = np.cumsum(shares, axis=1) * whole[:, None]
    edges[:, -1] = whole
    ends = np.floor(edges + rng.random((len(whole), 1)))
    return np.asarray(np.diff(np.minimum(ends, whole[:, None]), axis=1, prepend=0.0), dtype=np.int64)


def ours(seen: Seen) -> Floats:
    """The product: the hierarchy's posteriors, sharper the less is left."""
    return _thompson(
        seen, *seen.known.hierarchy.parameters(seen.clicked, seen.shown), Thompson.ending(seen.left, QUICK)
    )


def thompson(seen: Seen) -> Floats:
    """Thompson sampling that knows nothing beforehand."""
    return _thompson(seen, np.ones(1), np.ones(1), Thompson(nodes=QUICK))


def thompson_global(seen: Seen) -> Floats:
    """Thompson sampling from the Beta of all arms of the other half."""
    shape, other = (np.full(1, each) for each in seen.known.beta)
    return _thompson(seen, shape, other, Thompson(nodes=QUICK))


def _thompson(seen: Seen, shape: Floats, other: Floats, rule: Thompson) -> Floats:
    """Shares under one prior a test, (tests,) or (1,)."""
    arms = tuple(str(number) for number in range(seen.shown.shape[1]))
    prior = (np.broadcast_to(each[:, None], seen.shown.shape) for each in (shape, other))
    return rule.shares(Posteriors("beta", arms, *prior).learned(seen.clicked, seen.shown))


def uniform(seen: Seen) -> Floats:
    """Every arm alike."""
    return np.full(seen.shown.shape, 1 / seen.shown.shape[1])


def epsilon_greedy(seen: Seen) -> Floats:
    """A tenth even, the rest to the highest mean; all even while nothing was clicked."""
    mean = seen.clicked / np.maximum(seen.shown, 1)
    greedy = np.where(seen.clicked.sum(axis=1, keepdims=True) > 0, _best(mean), uniform(seen))
    return EPSILON * uniform(seen) + (1 - EPSILON) * greedy


def ucb1(seen: Seen) -> Floats:
    """The first batch even, then each to the highest mean + sqrt(2 log n / n_i)."""
    if not seen.shown.any():
        return uniform(seen)
    shown = np.maximum(seen.shown, 1)
    bound = np.sqrt(2 * np.log(np.maximum(seen.shown.sum(axis=1, keepdims=True), 2)) / shown)
    return _best(seen.clicked / shown + bound)


def explore_then_commit(seen: Seen) -> Floats:
    """A fifth of the impressions even, then the highest mean under the Beta of the other half."""
    if seen.left > 1 - EXPLORED + 1e-9:
        return uniform(seen)
    a, b = seen.known.beta
    return _best((a + seen.clicked) / (a + b + seen.shown))


def _best(line: Floats) -> Floats:
    """All to the arm that stands highest; of equals to the first."""
    return np.asarray(np.eye(line.shape[1])[line.argmax(axis=1)])


POLICIES: Mapping[str, Policy] = {
    one.__name__: one for one in (ours, uniform, epsilon_greedy, ucb1, thompson, thompson_global, explore_then_commit)
}
