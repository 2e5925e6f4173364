"""The outlook: it begins as set by hand, follows what trends did, and is read back or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from rl.outlook import MOST_CATEGORIES, BadOutlook, Outlook, Seen, fresh, moving
from trends.growth import expected_gain, promise

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = date(2026, 3, 4)


def thing(views: list[float], category: str = "", rank: float | None = None, likes: float = 0.02) -> Seen:
    """Seen once a day from the first of March on."""
    place = {} if rank is None else {"rank": rank}
    return Seen(
        [(START + timedelta(days=n), {"views": v, "likes": v * likes, **place}) for n, v in enumerate(views)],
        category or None,
    )


def things(seed: int, count: int = 60) -> list[Seen]:
    rng = np.random.default_rng(seed)
    gains = rng.lognormal(8, 1, (count, 3))
    return [
        thing(np.cumsum(row).tolist(), "music" if n % 3 == 0 else "news", rank=float(n + 1))
        for n, row in enumerate(gains)
    ]


def test_before_it_learned_it_says_what_is_set_by_hand() -> None:
    some = things(1)
    views = np.array([[metrics["views"] for _, metrics in one.observed] for one in some])
    gain, before = views[:, 2] - views[:, 1], views[:, 1] - views[:, 0]
    by_hand = expected_gain(np.full(len(some), 3.0), gain, before)
    said = Outlook().expected_gains(some)
    assert said / said[0] == pytest.approx(by_hand / by_hand[0], rel=1e-3)
    come = promise(views[:, 2], np.arange(1.0, len(some) + 1), np.full(len(some), np.nan))
    assert np.argsort(Outlook().promise_odds(some)).tolist() == np.argsort(come).tolist()


def test_it_learns_which_category_holds_what_it_gains() -> None:
    outlook = Outlook()
    for day in range(20):
        some = things(day)
        last = np.expm1(moving(some)["gain"])
        outlook = outlook.after_moves(
            DAY + timedelta(days=day), some, np.where([s.category == "music" for s in some], 2 * last, last / 2)
        )
    alike = [thing([100.0, 300.0, 450.0], name, 10.0) for name in ("music", "news")]
    assert outlook.change_odds(alike)[0] > outlook.change_odds(alike)[1] + 1
    gains = outlook.expected_gains(alike)
    assert 1.5 < gains[0] / gains[1] < 5


def test_it_learns_of_what_is_seen_first_what_comes_of_it() -> None:
    outlook = Outlook()
    for day in range(20):
        some = [
            thing([float(v)], name) for v, name in zip(np.geomspace(10, 1e4, 40), ["music", "news"] * 20, strict=True)
        ]
        came = np.array([9.0 if one.category == "music" else 1.0 for one in some]) + np.arange(40) / 100
        outlook = outlook.after_firsts(DAY + timedelta(days=day), some, came)
    odds = outlook.promise_odds([thing([100.0], "news"), thing([100.0], "music")])
    assert odds[1] > odds[0] + 1


def test_a_day_is_learned_from_once_and_never_after_a_later_one() -> None:
    some = things(1)
    outcome = np.arange(float(len(some)))
    once = Outlook().after_moves(DAY, some, outcome).after_firsts(DAY, some, outcome)
    assert once.after_moves(DAY, some, outcome[::-1].copy()) is once
    assert once.after_firsts(DAY - timedelta(days=1), some, outcome) is once
    assert (once.change.until, once.change.days, once.promise.days) == (DAY, 1, 1)


def test_a_day_of_too_few_things_teaches_nothing() -> None:
    few = things(1, 7)
    assert Outlook().after_moves(DAY, few, np.arange(7.0)) == Outlook()
    assert Outlook().after_firsts(DAY, few, np.arange(7.0)) == Outlook()


@pytest.mark.parametrize("wrong", [np.array([1.0, np.nan]), np.array([1.0, np.inf]), np.array([1.0])])
def test_an_outcome_that_is_no_number_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite outcome"):
        Outlook().after_moves(DAY, things(1, 2), wrong)


def test_a_thing_that_was_counted_once_has_no_gain_and_is_refused() -> None:
    with pytest.raises(BadOutlook, match="twice"):
        moving([thing([5.0])])


def test_what_nobody_counted_is_unknown_and_says_nothing() -> None:
    bare = Seen([(START, {"score": 4.0}), (START + timedelta(days=2), {"score": 10.0})])
    columns = moving([bare, thing([5.0, 9.0, 20.0], rank=3.0)])
    assert np.isnan([columns[name][0] for name in ("place", "change", "likes_change", "likes_lead")]).all()
    assert columns["gain"][0] == pytest.approx(np.log1p(3.0))
    assert np.isfinite(Outlook().change_odds([bare, thing([5.0, 9.0], rank=3.0)])).all()
    assert np.isnan(fresh([bare])["place"]).all()


def test_a_gain_is_told_a_day_whatever_the_days_between() -> None:
    daily, gap = thing([100.0, 130.0]), thing([100.0, 190.0])
    gap = replace(gap, observed=[gap.observed[0], (START + timedelta(days=3), gap.observed[1][1])])
    assert moving([gap])["gain"][0] == pytest.approx(moving([daily])["gain"][0])


def test_categories_without_end_get_no_coefficients_without_end() -> None:
    some = [replace(one, category=f"c{n}") for n, one in enumerate(things(1, 80))]
    outlook = Outlook().after_moves(DAY, some, np.arange(80.0))
    named = [name for name in outlook.change.belief.names if name.startswith("category:")]
    assert len(named) == MOST_CATEGORIES
    assert np.isfinite(outlook.change_odds(some)).all()


def test_it_is_read_back_to_the_bit() -> None:
    some = things(2)
    learned = Outlook().after_moves(DAY, some, np.arange(60.0)).after_firsts(DAY, some, np.arange(60.0))
    again = Outlook.from_json(json.loads(json.dumps(learned.to_json())))
    assert again.to_json() == learned.to_json()
    assert again.change_odds(some).tolist() == learned.change_odds(some).tolist()


def test_one_that_is_truncated_or_of_another_version_is_refused() -> None:
    body = Outlook().to_json()
    with pytest.raises(BadOutlook, match="version 1"):
        Outlook.from_json({**body, "outlook": 2})
    with pytest.raises(BadOutlook, match="cannot be read"):
        Outlook.from_json({name: body[name] for name in ("outlook", "change", "gain")})
    with pytest.raises(BadOutlook, match="cannot be read"):
        Outlook.from_json({**body, "gain": {**body["gain"], "until": "yesterday"}})
