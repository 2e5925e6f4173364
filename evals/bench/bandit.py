"""Bench bandit: 10,000 listings allocated, chances by quadrature and whole cents, beside plain Python in the same run.

`rl.bandit.allocate` with floors and caps, from posteriors to allocations with propensities. The reference is what one
writes first: draws of every listing's rate in plain Python, and the share of 1,000 draws that each wins (a share of one
half is then known within .016); measured on fewer and scaled. `largest_difference` holds the exact shares of some
listings against 200,000 numpy draws, in standard errors of those draws.
"""

from __future__ import annotations

import random
from time import perf_counter

import numpy as np

from evals.report import Asked, Figure, Result
from rl.bandit import Posteriors, allocate
from rl.chances import Floats, best_chances

LISTINGS, SMALL = 10_000, 1_000
ROUNDS = 5
BUDGET_CENTS = 1_000_000
FLOOR_CENTS, CAP_CENTS = 1, 50_000
REFERENCE, REFERENCE_DRAWS, DRAWS = 500, 20, 1_000
CHECKED, CHECK_DRAWS = 20, 200_000
ASKED = {"listings_per_s": Asked(least=10_000), "overspent_cents": Asked(most=0)}


def run(seed: int = 7, small: bool = False) -> Result:
    """Allocates a batch of listings five times; the best time counts, of ours and of the reference."""
    listings = SMALL if small else LISTINGS
    rng = np.random.default_rng(seed)
    posteriors = drawn(listings, rng)
    some = posteriors.shape[:REFERENCE].tolist(), posteriors.other[:REFERENCE].tolist()
    seconds, plain = [], []
    for _ in range(ROUNDS):
        start = perf_counter()
        allocations = allocate(posteriors, BUDGET_CENTS, FLOOR_CENTS, CAP_CENTS, rng)
        between = perf_counter()
        plain_shares(*some, REFERENCE_DRAWS, seed)
        seconds.append(between - start)
        plain.append((perf_counter() - between) / (REFERENCE * REFERENCE_DRAWS))
    best, plain_best = min(seconds), min(plain) * DRAWS * listings
    figures: dict[str, Figure] = {
        "listings_per_s": listings / best,
        "seconds": best,
        "speedup": plain_best / best,
        "overspent_cents": max(sum(each.cents for each in allocations) - BUDGET_CENTS, 0),
        "propensities": sum(each.propensity for each in allocations),
        "largest_difference": largest_difference(posteriors, rng),
    }
    baseline: dict[str, Figure] = {"listings_per_s": listings / plain_best, "seconds": plain_best}
    notes = (
        f"best of {ROUNDS}, {listings:,} listings; baseline: plain Python, {DRAWS:,} draws a listing, measured on "
        f"{REFERENCE} listings x {REFERENCE_DRAWS} draws and scaled",
    )
    return Result("bandit", figures, baseline, "drawn", seed, notes, {} if small else ASKED)


def drawn(listings: int, rng: np.random.Generator) -> Posteriors:
    """Posteriors of listings with 10 to 100,000 clicks, orders at a few percent, from Beta(2, 60)."""
    trials = np.floor(np.exp(rng.uniform(np.log(10), np.log(1e5), listings)))
    orders = rng.binomial(trials.astype(int), rng.beta(2, 60, listings)).astype(float)
    return Posteriors("beta", tuple(map(str, range(listings))), 2.0 + orders, 60.0 + trials - orders)


def plain_shares(shape: list[float], other: list[float], draws: int, seed: int) -> list[float]:
    """The reference: how often each listing wins."""
    rng = random.Random(seed)
    wins = [0] * len(shape)
    for _ in range(draws):
        rates = [rng.betavariate(a, b) for a, b in zip(shape, other, strict=True)]
        wins[rates.index(max(rates))] += 1
    return [each / draws for each in wins]


def largest_difference(posteriors: Posteriors, rng: np.random.Generator) -> float:
    """Between exact and drawn shares of the first listings, in standard errors."""
    shape, other = posteriors.shape[:CHECKED], posteriors.other[:CHECKED]
    exact: Floats = best_chances("beta", shape, other)
    wins = np.bincount(rng.beta(shape, other, (CHECK_DRAWS, CHECKED)).argmax(axis=1), minlength=CHECKED)
    error = np.sqrt(np.maximum(exact * (1 - exact), 1 / CHECK_DRAWS) / CHECK_DRAWS)
    return float((np.abs(wins / CHECK_DRAWS - exact) / error).max())
