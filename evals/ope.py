"""Eval ope: is what a policy would have earned read right from decisions that another policy made?

On a folder of campaigns in the Open Bandit layout (`evals.bandit_logs`), each with the log of one or both policies.

<name>_error        mean relative error over 30 bootstraps of campaign `all`, random evaluating bts, as the dataset's
                    own example measures it (`evals.ope_published`); the published figure is the baseline, <name>_off
                    how far away this is. Asked only of the very files that the figures were published for
semi_synthetic_error
                    mean relative error of the estimator that is believed, over clicks drawn from known rates
                    (`evals.ope_truth`), in the worst direction; directions in which nothing is concluded do not count
coverage            how often the 95 % bootstrap interval holds the truth of a synthetic world, of the unbiased
                    estimator that is furthest from it; coverage_<name> of each, coverage_sure the same of empirical
                    Bernstein, and coverage_dm of a model alone, whose interval is known to be too narrow
refuses             1 where a policy that the log hardly ever follows (the item least shown in the first tenth of each
                    log, always) gets no conclusion
least_estimate      the least of all values and ends of intervals of the run; cut says how many were negative before

The table has a line a direction, a line a direction of the real clicks (`raw_`, against the click rate of the other
policy's log: forty clicks on either side say little) and a line a number of synthetic decisions. Its columns are the
mean relative error of every estimator, of the one that is `believed` and of `none` (no correction: what the log
earned), and the effective sample size.

How the estimator is chosen was settled with other seeds than the default; nothing is fitted to the files but the reward
model, out of fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evals.bandit_logs import Campaign, read_campaigns
from evals.ope_published import PUBLISHED, RUNS, can_check, is_published, relative_errors
from evals.ope_truth import raw, semi_synthetic, world
from evals.report import Asked, Figure, Result
from rl.logged import Log, logged
from rl.ope import LEAST_ESS, UNBIASED, Estimate, Evaluation, Inconclusive, evaluate

DATA = "folder"
DRAWS = 30
"""Draws of clicks a direction."""
WORLDS, LOGS, ROWS = 25, 40, 3000
"""Synthetic worlds, logs drawn in each, decisions a log."""
SIZES, SIZE_LOGS = (500, 2000, 8000), 15
RESAMPLES = 1000
PLAIN = ((False, 0.3),)
"""One form of the reward model: intervals hold whatever it says."""
NEAR = ("dm", "ips", "snips", "dr", "dros")
OF_ANY_SIZE = {"refuses": Asked(least=1), "least_estimate": Asked(least=0)}
ASKED = {"semi_synthetic_error": Asked(most=0.10), "coverage": Asked(least=0.93, most=0.97), **OF_ANY_SIZE}


@dataclass
class Errors:
    """Relative errors of evaluations of logs that differ in their rewards only."""

    found: list[dict[str, float]] = field(default_factory=list)
    least: float = np.inf
    """The least of all values and ends of intervals."""
    cut: int = 0

    def add(self, log: Log, truth: float, seed: int) -> None:
        """Evaluates a log, of however small an effective sample, against what is true (over 0)."""
        evaluation = unrefused(log, seed, resamples=50)
        estimates = evaluation.estimates
        said = {"none": evaluation.logged, "believed": evaluation.value}
        said |= {name: one.value for name, one in estimates.items()}
        self.found.append({name: abs(value - truth) / truth for name, value in said.items()} | {"ess": evaluation.ess})
        self.least = min(self.least, *(min(one.value, one.lower, one.sure_lower) for one in estimates.values()))
        self.cut += sum(one.clipped for one in estimates.values())

    def mean(self, name: str) -> float:
        """The mean of one column."""
        return float(np.mean([each[name] for each in self.found]))

    @property
    def is_concluded(self) -> bool:
        """Whether the effective sample size allows a conclusion."""
        return self.mean("ess") >= LEAST_ESS


def run(data: Path, seed: int = 7, small: bool = False) -> Result:
    """Measures one folder; ValueError where it has another layout. `small` draws a tenth as often."""
    campaigns, rng = read_campaigns(data), np.random.default_rng(seed)
    times = 0.1 if small else 1.0
    runs, draws, worlds, logs, sized = (max(round(each * times), 2) for each in (RUNS, DRAWS, WORLDS, LOGS, SIZE_LOGS))
    figures, baseline, asked = published(campaigns, runs)
    known = by_direction(campaigns, draws, rng)
    figures["semi_synthetic_error"] = worst(known, "believed")
    baseline["semi_synthetic_error"] = worst(known, "none")
    figures |= coverage(worlds, logs, rng)
    real = by_real_clicks(campaigns, seed)
    table = {**known, **real, **by_size(SIZES[:1] if small else SIZES, sized, rng)}
    figures |= {
        "refuses": int(all(refuses(log.action, log.propensity) for each in campaigns for log in each.logs.values())),
        "least_estimate": min(errors.least for errors in table.values()),
        "cut": sum(errors.cut for errors in table.values()),
    }
    figures |= {f"{name}_{key}": errors.mean(key) for name, errors in table.items() for key in errors.found[0]}
    asked |= {name: one for name, one in (OF_ANY_SIZE if small else ASKED).items() if figures[name] is not None}
    return Result("ope", figures, baseline, data.name, seed, notes(campaigns, known, real), asked, tuple(table))


def published(
    campaigns: Sequence[Campaign], runs: int
) -> tuple[dict[str, Figure], dict[str, Figure], dict[str, Asked]]:
    """The errors by the published protocol, the published ones, and what is asked; all empty where it cannot run."""
    figures, baseline, asked = dict[str, Figure](), dict[str, Figure](), dict[str, Asked]()
    for campaign in filter(can_check, campaigns):
        for name, (mean, spread) in relative_errors(campaign, runs).items():
            figures |= {f"{name}_error": mean, f"{name}_error_sd": spread}
            if is_published(campaign):
                figures[f"{name}_off"] = abs(mean - PUBLISHED[name])
                baseline[f"{name}_error"] = PUBLISHED[name]
        if is_published(campaign) and runs == RUNS:
            asked = {f"{name}_off": Asked(most=0.08) for name in NEAR}
    return figures, baseline, asked


def by_direction(campaigns: Sequence[Campaign], draws: int, rng: np.random.Generator) -> dict[str, Errors]:
    """Errors on semi-synthetic clicks, by direction."""
    table = {}
    for campaign in campaigns:
        for logging, evaluated in campaign.directions():
            errors = table[f"{campaign.name}_from_{logging}"] = Errors()
            for draw in range(draws):
                case = semi_synthetic(campaign, logging, evaluated, rng)
                errors.add(case.drawn(rng), case.truth, draw)
    return table


def by_real_clicks(campaigns: Sequence[Campaign], seed: int) -> dict[str, Errors]:
    """Errors on the real clicks, against the click rate of the other policy's own log; none where that is 0."""
    table = {}
    for campaign in campaigns:
        for logging, evaluated in campaign.directions():
            truth = float(campaign.logs[evaluated].click.mean())
            if truth > 0:
                errors = table[f"raw_{campaign.name}_from_{logging}"] = Errors()
                errors.add(raw(campaign, logging, evaluated), truth, seed)
    return table


def by_size(sizes: Sequence[int], logs: int, rng: np.random.Generator) -> dict[str, Errors]:
    """Errors on synthetic logs, by their number of decisions; each log is of a world of its own."""
    table = {f"synthetic_{rows}": Errors() for rows in sizes}
    for rows, errors in zip(sizes, table.values(), strict=True):
        for draw in range(logs):
            of = world(rng)
            errors.add(of.case(rows, rng).drawn(rng), of.truth, draw)
    return table


def unrefused(log: Log, seed: int, resamples: int) -> Evaluation:
    """What a log says, of however small an effective sample; ValueError where it says nothing at all."""
    found = evaluate(log, seed=seed, resamples=resamples, least_ess=0.0)
    if isinstance(found, Inconclusive):
        raise ValueError(found.why)
    return found


def worst(table: Mapping[str, Errors], name: str) -> float | None:
    """The largest mean error over the directions in which something is concluded; None without any."""
    return max((errors.mean(name) for errors in table.values() if errors.is_concluded), default=None)


def coverage(worlds: int, logs: int, rng: np.random.Generator) -> dict[str, Figure]:
    """How often intervals hold the truth, over so many logs of each world."""
    held: dict[str, list[bool]] = {}
    for _ in range(worlds):
        of = world(rng)
        for draw in range(logs):
            log = of.case(ROWS, rng).drawn(rng, PLAIN)
            found = unrefused(log, draw, RESAMPLES)
            for name in (*UNBIASED, "dm"):
                held.setdefault(name, []).append(_holds(found.estimates[name], of.truth))
            held.setdefault("sure", []).append(_surely_holds(found.estimates["dr"], of.truth))
    shares = {name: float(np.mean(each)) for name, each in held.items()}
    furthest = max((shares[name] for name in UNBIASED), key=lambda share: abs(share - 0.95))
    return {"coverage": furthest, **{f"coverage_{name}": share for name, share in shares.items()}}


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.lower <= truth <= estimate.upper


def _surely_holds(estimate: Estimate, truth: float) -> bool:
    return estimate.sure_lower <= truth <= estimate.sure_upper


def refuses(action: np.ndarray, propensity: np.ndarray) -> bool:
    """Whether "always the item least shown" gets no conclusion from the first tenth of a log."""
    some = max(len(action) // 10, 1)
    shown = np.bincount(action[:some])
    rarest = np.flatnonzero(shown)[np.argmin(shown[shown > 0])]
    log = logged(action[:some], np.zeros(some), propensity[:some], np.eye(len(shown))[rarest])
    return isinstance(evaluate(log, resamples=2), Inconclusive)


def notes(campaigns: Sequence[Campaign], known: Mapping[str, Errors], real: Mapping[str, Errors]) -> tuple[str, ...]:
    """What a reader must know beside the figures."""
    told = [
        f"{each.name}, {policy}: {len(log):,} impressions, {log.click.sum():.0f} clicks"
        for each in campaigns
        for policy, log in each.logs.items()
    ]
    told += [
        f"{name}: refused, the effective sample size is {errors.mean('ess'):.1f}"
        for name, errors in known.items()
        if not errors.is_concluded
    ]
    if real:
        beaten = {
            name: sum(errors.mean("none") <= errors.mean(name) for errors in real.values())
            for name in ("believed", "ips", "snips", "dm", "dr")
        }
        told.append(
            f"on the few real clicks, of {len(real)} directions, no correction is nearer than the estimate of "
            + ", ".join(f"{name} in {times}" for name, times in beaten.items())
        )
    if not any(map(can_check, campaigns)):
        told.append("the published figures are of campaign `all` with both policies' logs, which is not here")
    return tuple(told)
