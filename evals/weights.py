"""Eval weights: do an outlook and weights learned day by day beat those set by hand, and does the gate tell?

The backtest of `evals.trends` on a YouTube trending CSV: the same rows, days and lines, nothing left out at the start.
`learned` is what `rl.outlook` makes of the days before alone (`evals.outlook`); on the first days it is what was set by
hand.

accel_auc, early_auc, next_day_auc       of `learned`; `_over_hand` above what was set by hand, `_lower` its lower bound
accel_over_days_listed, early_over_views_so_far      above the naive line, and their lower bounds
next_day_cut                             the share of (1 - AUC) of the last gain that is gone; next_day_cut_lower

The five weights of the score, on the ideas mined from the file a day at a time: the top quarter by attention in the
seven days after, against the score by weights proposed (`rl.weights.propose`) from days whose week was over.

weights_auc, weights_over_hand, weights_lower        on all ideas; `subjects_...` on those that a shortlist may hold
weights_go, subjects_go                              what the gate says: 1 go, 0 no (the notes say why). Its explored
                                                     share is a fifth of the ideas, drawn by chance
refused_worse            of the sets that are worse than what was set by hand, the share that the gate refuses;
                         `worse_sets` is how many are, of nine made to be: weights and an outlook learned from outcomes
                         turned round and from outcomes shuffled within their day, a score by one term alone
false_go                 how often the gate would let pass what is no better: the differences of the days of `accel`,
                         their mean taken out, each with a sign drawn by a coin, a thousand times

Lower bounds are one-sided 97.5 % by resampling days in pairs, in blocks of seven where the weeks overlap
(`rl.weights.compare`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.outlook import HAND, LEARNED, Relabel, Shown, answers, as_it_is, shown, tasks
from evals.ranking import RESAMPLES, Floats, Judged, auc, top_quartile
from evals.report import Asked, Figure, Result
from evals.trends import AHEAD
from rl.weights import PastDay, Proposal, Ruling, compare, gate, propose, totals
from trends.growth import attention
from trends.idea import Evidence, Kind
from trends.mine import Candidate, mine
from trends.score import columns_of
from trends.score_table import TERMS, Weights, score_table
from trends.signal import Signal
from trends.sources import signals_in
from trends.table import corpus_of

ASKED = {
    "accel_auc": Asked(least=0.77),
    "accel_over_days_listed": Asked(least=0.10),
    "early_auc": Asked(least=0.905),
    "early_over_views_so_far": Asked(least=0.03),
    "next_day_cut": Asked(least=0.20),
    "next_day_cut_lower": Asked(least=1e-9),
    "refused_worse": Asked(least=1),
    "worse_sets": Asked(least=1),
}
NAIVE = {"accel": "days_listed", "early": "views_so_far", "next_day": "last_gain"}
HEADS = {"accel": 1, "early": AHEAD, "next_day": 1}
"""The days that an outcome reaches ahead."""
EXPLORED = 0.2
FEWEST_IDEAS = 8
SETTLING = timedelta(days=3)
"""Ideas of the file's first days have no past to be scored by."""

Bools = NDArray[np.bool_]
Five = Mapping[str, float]
HANDSET: Five = dict(zip(TERMS, Weights().values, strict=True))


def run(data: Path, seed: int = 7) -> Result:
    """Backtests on one file; ValueError where it is no trending list over days enough to learn from."""
    signals = list(signals_in([data]))
    days = len({one.known_at for one in signals if "views" in one.metrics})
    if days < AHEAD + 3:
        raise ValueError(f"{data.name}: views on {days} days; a trending CSV over {AHEAD + 3} days or more is needed")
    videos = shown(signals)
    said = answers(videos)
    judged = tasks(videos, said)
    figures, baseline = _outlook_figures(judged, seed)
    figures["false_go"] = false_go(judged["accel"], seed)
    ideas = scored_days(signals)
    more, beside, learned = _weight_figures(ideas, seed)
    spoilt = _spoilt_outlooks(videos, seed) | _spoilt_weights(ideas, seed)
    worse = [ruling for ruling in spoilt.values() if ruling.gain < 0]
    refused = sum(not ruling.go for ruling in worse) / len(worse) if worse else float("nan")
    figures |= more | {"refused_worse": refused, "worse_sets": len(worse)}
    notes = [f"{name}: {task.rows:,} rows of {task.days} days" for name, task in judged.items()]
    notes += [f"{name}: {ruling.why}" for name, ruling in (learned | spoilt).items()]
    return Result("weights", figures, baseline | beside, data.name, seed, tuple(notes), ASKED)


def _spoilt(seed: int) -> dict[str, Relabel]:
    """How outcomes are made worse than none."""
    rng = np.random.default_rng(seed)
    return {
        "reversed": lambda outcomes: outcomes.max() - outcomes,
        "shuffled": lambda outcomes: rng.permutation(outcomes),
    }


# The outlook --------------------------------------------------------------------------------------------------------


def _outlook_figures(judged: Mapping[str, Judged], seed: int) -> tuple[dict[str, Figure], dict[str, Figure]]:
    figures: dict[str, Figure] = {}
    baseline: dict[str, Figure] = {}
    for name, task in judged.items():
        naive = NAIVE[name]
        figures[f"{name}_auc"] = task.mean(LEARNED)
        over_hand = compare(task.by_line[LEARNED], task.by_line[HAND], HEADS[name], seed)
        over_naive = compare(task.by_line[LEARNED], task.by_line[naive], HEADS[name], seed)
        figures |= {f"{name}_over_hand": over_hand.gain, f"{name}_over_hand_lower": over_hand.lower}
        figures |= {f"{name}_over_{naive}": over_naive.gain, f"{name}_over_{naive}_lower": over_naive.lower}
        figures[f"{name}_days"] = task.days
        baseline |= {f"{name}_{HAND}_auc": task.mean(HAND), f"{name}_{naive}_auc": task.mean(naive)}
    figures["next_day_cut"], figures["next_day_cut_lower"] = cut(judged["next_day"], LEARNED, "last_gain", seed)
    baseline["next_day_hand_cut"] = cut(judged["next_day"], HAND, "last_gain", seed)[0]
    return figures, baseline


def cut(task: Judged, line: str, naive: str, seed: int) -> tuple[float, float]:
    """The share of what the naive line lacks to 1 that is gone, and its lower bound, days resampled in pairs."""
    if not task.days:
        return float("nan"), float("nan")
    lacks, lacked = 1 - task.by_line[line], 1 - task.by_line[naive]
    drawn = np.random.default_rng(seed).integers(0, task.days, (RESAMPLES, task.days))
    shares = 1 - lacks[drawn].mean(axis=1) / np.maximum(lacked[drawn].mean(axis=1), 1e-12)
    return float(1 - lacks.mean() / max(lacked.mean(), 1e-12)), float(np.quantile(shares, 0.025))


def false_go(task: Judged, seed: int, draws: int = 1000) -> float:
    """How often nothing but chance passes: each day's difference with a sign drawn by a coin."""
    if not task.days:
        return float("nan")
    rng = np.random.default_rng(seed)
    gains = task.by_line[LEARNED] - task.by_line[HAND]
    gains = gains - gains.mean()
    nothing = [0.0] * len(gains)
    passed = [compare(gains * rng.choice((-1, 1), len(gains)), nothing, seed=draw).go for draw in range(draws)]
    return float(np.mean(passed))


def _spoilt_outlooks(videos: Shown, seed: int) -> dict[str, Ruling]:
    """What the gate says of outlooks learned from wrong outcomes; nobody chose what is on a chart: all is explored."""
    found = {}
    for name, relabel in _spoilt(seed).items():
        task = tasks(videos, answers(videos, relabel))["accel"]
        backtest = compare(task.by_line[LEARNED], task.by_line[HAND], HEADS["accel"], seed)
        found[f"an outlook learned from {name} outcomes"] = gate(backtest, backtest)
    return found


# The five weights ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """The ideas of one day with the attention they got in the week after."""

    past: PastDay
    subject: Bools
    """Shape (ideas,): whether a shortlist may hold it."""


def scored_days(signals: Sequence[Signal]) -> list[Scored]:
    """Each day's ideas with their five terms as of then, and what came of them by a week later.

    An idea that is not mined a week later (merged, or beyond the most that are mined) is left out: nobody followed it.
    """
    moments = sorted({one.known_at for one in signals})
    mined: dict[date, tuple[list[Candidate], Floats]] = {}
    for moment in moments:
        corpus = corpus_of(signals, moment)
        found = mine(corpus, moment)
        terms = score_table(columns_of(found, moment, corpus), Weights()).values.T if found else np.empty((0, 5))
        mined[moment.date()] = found, terms.astype(float)
    usable = [moment for moment in moments if moment - moments[0] >= SETTLING]
    return [one for moment in usable if (one := _scored(mined, moment)) is not None]


def _scored(mined: Mapping[date, tuple[list[Candidate], Floats]], moment: datetime) -> Scored | None:
    on, then = moment.date(), moment.date() + timedelta(days=AHEAD)
    if then not in mined:
        return None
    later = {one.idea.key: one.evidence for one in mined[then][0]}
    found, terms = mined[on]
    kept = [row for row, one in enumerate(found) if one.idea.key in later]
    came = np.array([_gained(later[found[row].idea.key], on) for row in kept])
    subject = np.array([found[row].idea.kind is Kind.SUBJECT for row in kept], dtype=bool)
    return Scored(PastDay(on, terms[kept], came), subject)


def _gained(evidence: Evidence, after: date) -> float:
    """The attention of the days after a date."""
    return float(sum(level for day, level in zip(evidence.days, attention(evidence), strict=True) if day > after))


def _weight_figures(
    ideas: Sequence[Scored], seed: int
) -> tuple[dict[str, Figure], dict[str, Figure], dict[str, Ruling]]:
    figures: dict[str, Figure] = {}
    baseline: dict[str, Figure] = {}
    rulings: dict[str, Ruling] = {}
    proposed = rolling(ideas)
    sets = [one.five for one in proposed]
    for group, rows in {"weights": [_all(one) for one in ideas], "subjects": [one.subject for one in ideas]}.items():
        ruling = ruled(ideas, sets, rows, seed)
        learned, hand = by_day(ideas, sets, rows), by_day(ideas, [HANDSET] * len(ideas), rows)
        figures |= {f"{group}_auc": _mean(learned), f"{group}_over_hand": ruling.gain}
        figures |= {f"{group}_lower": ruling.lower, f"{group}_go": int(ruling.go)}
        baseline[f"{group}_hand_auc"] = _mean(hand)
        rulings[f"{group}, learned"] = ruling
    last = proposed[-1] if proposed else propose(())
    figures |= {f"weight_{name}": value for name, value in last.five.items()}
    return figures, baseline | {f"weight_{name}": value for name, value in HANDSET.items()}, rulings


def _spoilt_weights(ideas: Sequence[Scored], seed: int) -> dict[str, Ruling]:
    """What the gate says of weights that are learned from wrong outcomes, and of one term alone."""
    every = [_all(one) for one in ideas]
    sets = {
        f"weights learned from {name} outcomes": [one.five for one in rolling(ideas, relabel)]
        for name, relabel in _spoilt(seed).items()
    }
    for term in TERMS:
        alone = {name: float(name == term) for name in TERMS}
        sets[f"{term} alone"] = [alone] * len(ideas)
    return {name: ruled(ideas, each, every, seed) for name, each in sets.items()}


def ruled(ideas: Sequence[Scored], sets: Sequence[Five], rows: Sequence[Bools], seed: int) -> Ruling:
    """What the gate says of one set of weights a day against those set by hand; a fifth of the ideas is explored."""
    rng = np.random.default_rng(seed)
    share = [which & (rng.random(len(which)) < EXPLORED) for which in rows]
    hand = [HANDSET] * len(ideas)
    backtest, explored = (
        compare(by_day(ideas, sets, part), by_day(ideas, hand, part), AHEAD, seed) for part in (rows, share)
    )
    return gate(backtest, explored)


def by_day(ideas: Sequence[Scored], sets: Sequence[Five], rows: Sequence[Bools]) -> list[float]:
    """The AUC of each day under that day's weights; NaN where the rows are too few."""
    return [
        auc(totals(one.past.terms[which], five), top_quartile(one.past.came[which]))
        if which.sum() >= FEWEST_IDEAS
        else float("nan")
        for one, five, which in zip(ideas, sets, rows, strict=True)
    ]


def rolling(ideas: Sequence[Scored], relabel: Relabel = as_it_is) -> list[Proposal]:
    """The weights proposed as of each day, from days whose week was over by then."""
    told = [PastDay(one.past.on, one.past.terms, relabel(one.past.came)) for one in ideas]
    week = timedelta(days=AHEAD)
    return [propose([day for day in told if day.on + week <= one.past.on]) for one in ideas]


def _all(one: Scored) -> Bools:
    return np.ones(len(one.subject), dtype=bool)


def _mean(figures: Sequence[float]) -> float:
    known = [figure for figure in figures if figure == figure]
    return float(np.mean(known)) if known else float("nan")
