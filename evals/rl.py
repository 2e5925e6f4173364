"""Eval rl: does a policy learn to pace a promotion's budget, on budgets and delays that it never saw.

PPO is trained here and now on simulated campaigns (`rl.campaigns.TRAINING`) and then paces others, whose budgets and
delays are all above those of training (`UNSEEN`); the bandit divides each day in every row but the oracle's. Beside it
on the same campaigns: even pacing, the best constant pace and lean (found by a grid on training's ranges), a random
pace every day, and the environment's own oracle, which knows every parameter and plans all amounts at once.

Twenty seeds draw the campaigns, 64 each. Figures are of the revenue that arrived. `over_even_lower` is the 2.5 % end
of a paired bootstrap over seeds of the revenue over even pacing's, less 1; `oracle_share` the revenue over that of the
oracle's plan. `steps_to_reach` are the days of campaigns trained when a look at the policy first had nine tenths of the
oracle's, on a quarter of the seeds. `--data` names a file of dynamics; without, those that ship.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from evals.report import Asked, Figure, Result
from graphs.settings import Settings
from rl.campaigns import TRAINING, UNSEEN, Ranges
from rl.dividing import thompson
from rl.dynamics import PARTS, Dynamics, Floats, load_dynamics, shipped
from rl.oracle import plan
from rl.promotions import EVEN, Market, Pacer

if TYPE_CHECKING:
    from rl.train import Learned, Training

SEEDS, CAMPAIGNS = 20, 64
SMALL_SEEDS, SMALL_CAMPAIGNS = 4, 16
RESAMPLED = 5_000
PACES, LEANS = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.3), (-1.0, -0.5, 0.0, 0.5)
"""What the best constant action is looked for among."""
REACHED = 0.9
ASKED = {"over_even_lower": Asked(least=1e-9), "oracle_share": Asked(least=REACHED), "overspends": Asked(most=0)}
PICTURE = "rl_learning_curve.png"


@dataclass
class Course:
    """Campaigns that every policy is played on: the same draws of what is hidden for each."""

    dynamics: Dynamics
    ranges: Ranges
    seeds: Sequence[int]
    campaigns: int
    overspends: int = 0
    gaps: list[float] = field(default_factory=list)
    """How far from the best each oracle's plan can be, as a share, as far as its problem is concave."""

    def markets(self) -> list[Market]:
        """One a seed, before the first day."""
        make = partial(Market, self.dynamics, self.ranges, thompson, self.campaigns)
        return [make(np.random.default_rng(seed)) for seed in self.seeds]

    def revenue(self, policy: Callable[[int], Pacer]) -> Floats:
        """(seeds,): the mean revenue of a campaign in USD; `policy` is told the seed."""
        means = []
        for seed, market in zip(self.seeds, self.markets(), strict=True):
            means.append(float(market.play(policy(seed))[0].mean()))
            self._check(market)
        return np.array(means)

    def oracle(self) -> Floats:
        """The same for the plan that knows everything."""
        means = []
        for market in self.markets():
            amounts, expected, gap = plan(market.campaigns, self.dynamics)
            self.gaps += (gap / expected).tolist()
            revenue = np.zeros(market.count)
            for day in range(amounts.shape[1] // PARTS):
                live = ~market.over
                revenue += np.where(live, market.spend(amounts[:, PARTS * day : PARTS * (day + 1)]), 0.0)
            means.append(float(revenue.mean()))
            self._check(market)
        return np.array(means)

    def _check(self, market: Market) -> None:
        self.overspends += int((market.books.spent > market.campaigns.budget).sum())


def run(data: Path | None = None, seed: int = 7, small: bool = False, out: Path | None = None) -> Result:
    """Trains and measures; ValueError for a file that holds no dynamics, ModuleNotFoundError without the extra `rl`."""
    from rl.train import Training, train

    dynamics = load_dynamics(data) if data else shipped()
    how = Training(steps=14_336, fleet=32, rollout=28, judged=64, judge_every=4) if small else Training()
    began = perf_counter()
    learned = train(dynamics, seed, how)
    seconds = perf_counter() - began
    seeds, each = (SMALL_SEEDS, SMALL_CAMPAIGNS) if small else (SEEDS, CAMPAIGNS)
    course = Course(dynamics, UNSEEN, [seed * 1000 + one for one in range(seeds)], each)
    oracle = course.oracle()
    figures, baseline = measure(course, learned, oracle, seed)
    shares = curve_of(course, learned, oracle)
    reached = [look.steps for look, share in zip(learned.curve, shares, strict=True) if share >= REACHED]
    figures |= {"steps_to_reach": min(reached, default=None), "steps": learned.curve[-1].steps, "train_s": seconds}
    shares_even = float(str(baseline["even_oracle_share"]))
    folder = out or Settings().home / "learning"
    path = draw_curve(folder, how, learned, shares, shares_even)
    notes = (
        f"{seeds} seeds of {each} campaigns; budgets {_span(UNSEEN.budget_usd)} USD after {_span(TRAINING.budget_usd)} "
        f"in training, delays {_span(UNSEEN.delay_days)} days after {_span(TRAINING.delay_days)}",
        f"training ended: {learned.stopped}; the best of {len(learned.curve)} looks on training's ranges was kept",
        f"learning curve: {path}",
    )
    name = data.name if data else "shipped dynamics"
    return Result("rl", figures, baseline, name, seed, notes, {} if small else ASKED)


def measure(course: Course, learned: Learned, oracle: Floats, seed: int) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """The figures of the policy and of the baselines, on the same campaigns."""
    ours, even = course.revenue(always(learned.policy)), course.revenue(always(constant(EVEN)))
    fixed_action = best_constant(course.dynamics, course.campaigns, seed)
    fixed, random = course.revenue(always(constant(fixed_action))), course.revenue(random_pacer)
    low, high = paired(ours, even, seed)
    figures: dict[str, Figure] = {
        "over_even": float(ours.sum() / even.sum() - 1),
        "over_even_lower": low,
        "over_even_upper": high,
        "over_fixed": float(ours.sum() / fixed.sum() - 1),
        "over_fixed_lower": paired(ours, fixed, seed)[0],
        "oracle_share": float(ours.sum() / oracle.sum()),
        "revenue_usd": float(ours.mean()),
        "overspends": course.overspends,
        "oracle_gap": float(np.median(course.gaps)),
    }
    baseline: dict[str, Figure] = {}
    for name, revenue in (("even", even), ("fixed", fixed), ("random", random)):
        baseline[f"{name}_oracle_share"] = float(revenue.sum() / oracle.sum())
    baseline |= {"even_revenue_usd": float(even.mean()), "oracle_revenue_usd": float(oracle.mean())}
    return figures, baseline


def curve_of(course: Course, learned: Learned, oracle: Floats) -> list[float]:
    """The oracle's share of each look's policy, on the first quarter of the seeds; nothing is chosen by it."""
    part = Course(course.dynamics, course.ranges, course.seeds[: max(len(course.seeds) // 4, 1)], course.campaigns)
    most = oracle[: len(part.seeds)].sum()
    return [float(part.revenue(always(look.policy)).sum() / most) for look in learned.curve]


def best_constant(dynamics: Dynamics, campaigns: int, seed: int) -> tuple[float, float]:
    """The constant action that earns most on training's ranges."""
    course = Course(dynamics, TRAINING, [seed], campaigns * 4)
    grid = list(itertools.product(PACES, LEANS))
    return grid[int(np.argmax([course.revenue(always(constant(action))).sum() for action in grid]))]


def constant(action: tuple[float, float]) -> Pacer:
    """The same action every day."""
    return lambda seen: np.tile(action, (len(seen), 1))


def always(policy: Pacer) -> Callable[[int], Pacer]:
    """The same policy for every seed."""
    return lambda _: policy


def random_pacer(seed: int) -> Pacer:
    """Pace and lean drawn anew every day."""
    rng = np.random.default_rng(seed)
    return lambda seen: rng.uniform(-1, 1, (len(seen), 2))


def paired(ours: Floats, theirs: Floats, seed: int) -> tuple[float, float]:
    """The 95 % interval of sum(ours) / sum(theirs) - 1, by resampling pairs."""
    drawn = np.random.default_rng(seed).integers(0, len(ours), (RESAMPLED, len(ours)))
    low, high = np.quantile(ours[drawn].sum(axis=1) / theirs[drawn].sum(axis=1) - 1, [0.025, 0.975])
    return float(low), float(high)


def draw_curve(folder: Path, how: Training, learned: Learned, shares: Sequence[float], even: float) -> Path:
    """A PNG of how the policy got better, in training's ranges and against the oracle on unseen campaigns."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    folder.mkdir(parents=True, exist_ok=True)
    steps = [look.steps for look in learned.curve]
    drawing = Drawing(figsize=(8, 4.5), dpi=120, layout="constrained")
    FigureCanvasAgg(drawing)
    left = drawing.add_subplot()
    left.plot(steps, shares, color="#1f5f8b", label="share of the oracle, unseen budgets and delays")
    left.axhline(even, color="#1f5f8b", linestyle=":", label="even pacing")
    left.axhline(REACHED, color="#888888", linewidth=0.8, label="asked")
    left.set(xlabel="days of campaigns trained", ylabel="share of the oracle's revenue", xlim=(0, how.steps))
    right = left.twinx()
    right.plot(
        steps, [100 * look.over_even for look in learned.curve], color="#c8702a", label="over even, training's ranges"
    )
    right.set_ylabel("% over even pacing")
    lines = [*left.get_lines(), *right.get_lines()]
    drawing.legend(lines, [str(line.get_label()) for line in lines], loc="outside lower center", ncols=2, frameon=False)
    path = folder / PICTURE
    drawing.savefig(path)
    return path


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g} to {ends[1]:g}"
