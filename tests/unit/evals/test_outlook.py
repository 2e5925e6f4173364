"""The answers of the outlook: nothing later is read, and what is learned is learned from the days before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from evals.outlook import HAND, LEARNED, Shown, answers, shown, tasks
from evals.trends import firsts, moves
from rl.outlook import FEWEST
from trends.signal import Signal, SignalKind
from trends.sources import signals_in

START = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
DAYS, A_DAY, AGES = 18, 45, 5


def listing() -> Iterator[Signal]:
    """Each video is listed five days; music holds what it gains, everything else loses most of it each day."""
    for day in range(DAYS):
        for place in range(A_DAY):
            age = place % AGES
            number = (day - age) * A_DAY + place // AGES
            if number < 0:
                continue
            rng = np.random.default_rng(number)
            size, music = rng.lognormal(10, 1), rng.random() < 0.4
            gains = size * (0.9 if music else 0.4) ** np.arange(AGES) * rng.lognormal(0, 0.2, AGES)
            views = float(gains[: age + 1].sum())
            yield Signal(
                "youtube", SignalKind.ITEM, f"title {number}", START + timedelta(days=day), native_id=f"v{number}",
                category="Music" if music else "News", author_hash=f"a{number % 30}",
                metrics={"views": views, "likes": views / 40}, row=age * 100 + place,
            )  # fmt: skip


@pytest.fixture(scope="module")
def videos() -> Shown:
    return shown(list(listing()))


def test_it_beats_what_was_set_by_hand_where_a_category_tells(videos: Shown) -> None:
    accel = tasks(videos, answers(videos))["accel"]
    assert accel.mean(LEARNED) > accel.mean(HAND) + 0.05


def test_the_first_answers_are_those_set_by_hand(videos: Shown) -> None:
    task = tasks(videos, answers(videos))["next_day"]
    assert task.by_line[LEARNED][0] == pytest.approx(task.by_line[HAND][0])


def test_what_came_later_changes_no_answer(videos: Shown) -> None:
    cut = 12
    early = shown([one for one in listing() if one.known_at < START + timedelta(days=cut, hours=1)])
    said, whole = answers(early), answers(videos)
    for found, every, day in (
        (said.change, whole.change, (moves(early.listings).day, moves(videos.listings).day)),
        (said.promise, whole.promise, (firsts(early.listings)[1], firsts(videos.listings)[1])),
    ):
        assert len(found) >= 3 * FEWEST
        last = day[0].max()
        assert sorted(found) == pytest.approx(sorted(every[day[1] <= last]))


def test_outcomes_that_are_turned_round_teach_the_contrary(videos: Shown) -> None:
    turned = tasks(videos, answers(videos, lambda outcomes: outcomes.max() - outcomes))["accel"]
    assert turned.mean(LEARNED) < turned.mean(HAND)


def test_of_an_author_only_what_had_begun_by_then_is_counted() -> None:
    signals = list(listing())
    videos = shown(signals)
    number = next(n for n, began in enumerate(videos.author_began) if len(began) > 3 and began[2] > began[0] > 0)
    began = sorted(videos.author_began[number].tolist())
    assert videos.seen([number], began[0])[0].author_seen == began.count(began[0]) - 1
    assert videos.seen([number], began[-1])[0].author_seen == len(began) - 1
    nobody = shown([replace(one, author_hash=None) for one in signals])
    assert {one.author_seen for one in nobody.seen(range(20), 9)} == {0}


def test_the_published_list_is_predicted_as_asked(shared: Path) -> None:
    found = shown(list(signals_in([shared / "data" / "youtube_trending_2017" / "USvideos_2017.csv.gz"])))
    judged = tasks(found, answers(found))
    assert judged["accel"].mean(LEARNED) >= 0.77
    assert judged["accel"].mean(LEARNED) >= judged["accel"].mean("days_listed") + 0.10
    assert judged["early"].mean(LEARNED) >= 0.905
    assert judged["early"].mean(LEARNED) >= judged["early"].mean("views_so_far") + 0.03
    lacks = 1 - judged["next_day"].mean(LEARNED), 1 - judged["next_day"].mean("last_gain")
    assert lacks[0] <= 0.8 * lacks[1]
