"""Sources: what the shipped parameters were fitted to, read from public files; what no file tells is assumed.

    kag_conversion_data.csv     Facebook ads, totals of an ad's life     clicks_per_usd, orders_per_click,
                                                                         life_kappa_usd; unlike_shape: various ads
    upworthy_exploratory        headline tests                           alike_shape: variants of one idea
    USvideos_2017.csv           views of trending videos by day          novelty_power, weekday
    facebook_live_sellers       reactions to sellers' posts              part

`refit(folder)` reads them from a folder of development data and returns the parameters again; the rest is `ASSUMED`.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from rl.dynamics import PARTS, Dynamics, Estimate
from rl.fitting import fit_novelty, fit_parts, fit_saturation, fit_spread, fit_weekday

ADS = "eval/ab_kag_ads/kag_conversion_data.csv.gz"
TESTS = "eval/ab_upworthy/upworthy_exploratory_dev.csv.gz"
VIDEOS = "youtube_trending_2017/USvideos_2017.csv.gz"
POSTS = "posts_engagement/facebook_live_sellers_thailand.csv.gz"


def _assumed(value: float, unit: str, why: str) -> Estimate:
    return Estimate((value,), None, unit, f"assumed: {why}")


ASSUMED = {
    "life_days": _assumed(14.0, "days", "the ads' file gives totals of their lives, not how long they ran"),
    "fatigue_share": _assumed(0.5, "share", "totals cannot tell saturation within a part from fatigue over days"),
    "recovery_days": _assumed(3.0, "days", "half-life of an audience's fatigue; no public rows day by day"),
    "overlap": _assumed(0.1, "share", "how much one listing's spending tires another's audience; no public rows"),
    "novelty_days": _assumed(8.0, "days", "the time scale of a product's trend; a video's is one day"),
    "evergreen": _assumed(0.15, "share", "attention far from a trend's peak"),
    "forecast_error_days": _assumed(3.0, "days", "standard deviation of the forecast of a trend's peak"),
    "delay_days": _assumed(
        1.5, "days", "no public file tells orders by the day of their click; form of Chapelle (2014)"
    ),
    "order_value_usd": _assumed(24.0, "USD", "about a printed shirt; a seller's own prices replace it"),
}


def refit(folder: Path, seed: int = 7) -> Dynamics:
    """All parameters: what the files of a folder in the layout of the development data tell, else assumed."""
    found: dict[str, Estimate] = dict(ASSUMED)
    found |= from_ads(folder / ADS, seed) | from_videos(folder / VIDEOS, seed)
    found["alike_shape"] = from_tests(folder / TESTS, seed)
    found["part"] = from_posts(folder / POSTS, seed)
    return Dynamics(**{field.name: found[field.name] for field in fields(Dynamics)})


def from_ads(path: Path, seed: int) -> dict[str, Estimate]:
    """Clicks a USD, orders a click on an untired audience, and the spending of a life that halves them."""
    table = _read(path)
    spend, clicks = (table[name].to_numpy(float) for name in ("Spent", "Clicks"))
    orders = table["Total_Conversion"].to_numpy(float)
    source = (
        f"{path.name}: conversions of all kinds by spend; every ad in it has at least one, so small spends look rich"
    )
    rate, kappa, shape = fit_saturation(spend, orders, source, seed)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(spend), (200, len(spend)))
    per_usd = clicks.sum() / spend.sum()
    error = float((clicks[drawn].sum(axis=1) / spend[drawn].sum(axis=1)).std(ddof=1))
    linear = Estimate((per_usd,), (error,), "clicks/USD", f"{path.name}: linear in spend", len(spend))
    per_click = Estimate(
        (rate.one / per_usd,), (rate.error[0] / per_usd,) if rate.error else None, "orders/click", source, rate.rows
    )
    return {"clicks_per_usd": linear, "orders_per_click": per_click, "life_kappa_usd": kappa, "unlike_shape": shape}


def from_tests(path: Path, seed: int) -> Estimate:
    """How unlike variants of one idea are: headlines of one test."""
    table = _read(path)
    columns = (table[name].to_numpy() for name in ("clickability_test_id", "impressions", "clicks"))
    test, trials, wins = columns
    return fit_spread(
        test, trials.astype(float), wins.astype(float), f"{path.name}: clicks of headlines in one test", seed
    )


def from_videos(path: Path, seed: int) -> dict[str, Estimate]:
    """How attention ends, and the week's shape, from the views that trending videos gain from day to day."""
    table = _read(path).dropna(subset=["trending_date"]).drop_duplicates(["video_id", "trending_date"])
    day = table["trending_date"].to_numpy("datetime64[D]").astype(np.int64)
    thing = np.unique(table["video_id"].to_numpy(str), return_inverse=True)[1]
    views = table["views"].to_numpy(float)
    order = np.lexsort((day, thing))
    day, thing, views = day[order], thing[order], views[order]
    first = np.full(thing.max() + 1, day.max())
    np.minimum.at(first, thing, day)
    step = np.flatnonzero((np.diff(thing) == 0) & (np.diff(day) == 1) & (np.diff(views) > 0)) + 1
    step = step[first[thing[step]] > day.min()]
    age, gain = day[step] - first[thing[step]], views[step] - views[step - 1]
    where = f"{path.name}: views gained from day to day"
    power = fit_novelty(age, gain, thing[step], f"{where}; listed videos only, so what ends soon is missing", seed)
    level = gain * (1.0 + age) ** power.one
    # 1970-01-01 was a Thursday; a gain up to a day's listing was mostly made the day before.
    weekday = (day[step] - 1 + 3) % 7
    return {"novelty_power": power, "weekday": fit_weekday(weekday, level, thing[step], where, seed)}


def from_posts(path: Path, seed: int) -> Estimate:
    """The day's shape, from reactions to posts of sellers by the hour of posting, within a seller's month."""
    table = _read(path).dropna(subset=["status_published"])
    when = table["status_published"].to_numpy("datetime64[h]")
    part = when.astype(np.int64) % 24 // (24 // PARTS)
    months = when.astype("datetime64[M]").astype(str)
    seller = np.array([text.split("_")[0] for text in table["status_id"].astype(str)])
    group = np.unique(np.char.add(np.char.add(seller, " "), months), return_inverse=True)[1]
    amount = table["num_reactions"].to_numpy(float) + 1
    return fit_parts(part, amount, group, f"{path.name}: reactions by hour of posting, as its clock tells them", seed)


def _read(path: Path) -> Any:
    import pandas

    return pandas.read_csv(path)
