"""The backtest of trends: what it reads, what it leaves out, and that nothing later is read."""

from __future__ import annotations

import csv
import gzip
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.ranking import auc, judge, top_quartile
from evals.trends import chart_ranks, early, listings_of, next_day, run
from trends.sources import signals_in

DAYS = 16
HEADER = (
    "video_id", "title", "channel_title", "category_id", "tags", "views", "likes", "dislikes", "comment_total",
    "thumbnail_link", "date_raw", "country", "trending_date",
)  # fmt: skip


def video(number: int) -> str:
    return f"video{number:06d}"


def listing(days: int = DAYS, seed: int = 1, a_day: int = 40) -> list[dict[str, Any]]:
    """A made-up trending list: each video is listed six days and gains less each day; the new ones stand first."""
    rng = np.random.default_rng(seed)
    rows = []
    for day, place in product(range(days), range(a_day)):
        age = place * 6 // a_day
        number = (day - age) * a_day + place % (a_day // 6)
        if number < 0:
            continue
        size = np.random.default_rng(number).lognormal(11, 1)
        views = int(size * sum((step + 1) ** -2.0 for step in range(age + 1)) * (1 + 0.01 * rng.random()))
        rows.append(
            {
                "video_id": video(number), "title": f"title {number}", "channel_title": f"channel {number}",
                "category_id": 24, "tags": f"all|half {number % 2}", "views": views, "likes": views // 50,
                "dislikes": 5, "comment_total": views // 300, "thumbnail_link": f"https://i.ytimg.com/vi/{video(number)}/default.jpg",
                "date_raw": "", "country": "US", "trending_date": f"2017-09-{13 + day:02d}",
            }
        )  # fmt: skip
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, HEADER)
        table.writeheader()
        table.writerows(rows)
    return path


def test_the_area_is_the_share_of_pairs_in_order_with_ties_counted_half() -> None:
    rng = np.random.default_rng(4)
    line, top = rng.integers(0, 5, 60).astype(float), rng.random(60) < 0.3
    pairs = [(a > b) + (a == b) / 2 for a in line[top] for b in line[~top]]
    assert auc(line, top) == pytest.approx(np.mean(pairs))
    assert np.isnan(auc(line, np.zeros(60, dtype=bool)))


def test_days_with_few_rows_are_not_judged_and_the_others_are_averaged() -> None:
    day = np.repeat([0, 1, 2], [30, 5, 30])
    outcome = np.concatenate([np.arange(30.0), np.arange(5.0), np.arange(30.0)])
    judged = judge(day, outcome, {"right": outcome, "wrong": -outcome})
    assert (judged.days, judged.rows) == (2, 60)
    assert (judged.mean("right"), judged.mean("wrong")) == (1, 0)
    assert judged.interval("right", 1) == (1, 1)
    assert top_quartile(np.arange(8.0)).sum() == 2


def test_duplicate_video_days_and_damaged_ids_make_no_second_video(tmp_path: Path) -> None:
    rows = listing()
    clean = listings_of(signals_in([written(tmp_path / "clean.csv", rows)]))
    damaged = [row | {"video_id": "#NAME?"} if number % 9 == 0 else row for number, row in enumerate(rows)]
    doubled = [*damaged, *[row | {"views": row["views"] + 10**9} for row in rows[::7]]]
    dirty = listings_of(signals_in([written(tmp_path / "dirty.csv", doubled)]))
    np.testing.assert_array_equal(dirty.views, clean.views)


def test_nothing_later_is_read(tmp_path: Path) -> None:
    rows = listing()
    until = next_day(
        listings_of(
            signals_in([written(tmp_path / "part.csv", [r for r in rows if r["trending_date"] < "2017-09-24"])])
        )
    )
    whole = next_day(listings_of(signals_in([written(tmp_path / "whole.csv", rows)])))
    assert until.days > 5
    for line in until.by_line:
        np.testing.assert_array_equal(until.by_line[line], whole.by_line[line][: until.days])


def test_videos_of_the_first_day_and_of_the_last_week_are_left_out_of_early(tmp_path: Path) -> None:
    rows = listing(a_day=200)
    listings = listings_of(signals_in([written(tmp_path / "list.csv", rows)]))
    new_a_day = int((listings.days_listed[:, 3] == 1).sum())
    judged = early(listings)
    assert judged.days == DAYS - 1 - 7
    assert judged.rows == judged.days * new_a_day
    assert judged.mean("views_so_far") > 0.9


def test_the_order_of_rows_is_a_chart_only_where_new_things_stand_high() -> None:
    ages = np.repeat([1.0, 2.0, 3.0, 4.0], 15)[:, None]
    rows = np.arange(60.0)[:, None] + 100
    assert chart_ranks(rows, ages)[:, 0].tolist() == list(range(1, 61))
    shuffled = np.random.default_rng(1).permutation(60).astype(float)[:, None]
    assert np.isnan(chart_ranks(shuffled, ages)).all()
    assert np.isnan(chart_ranks(rows, np.ones((60, 1)))).all()


def test_a_whole_run_names_every_figure_that_is_asked(tmp_path: Path) -> None:
    found = run(written(tmp_path / "list.csv", listing(days=17)), seed=3)
    assert {"next_day_auc", "accel_auc", "early_auc", "next_day_interval", "forecast_coverage"} <= set(found.figures)
    assert {"next_day_last_gain", "accel_days_listed", "next_day_best"} <= set(found.baseline)
    assert float(found.figures["next_day_auc"]) > 0.95  # type: ignore[arg-type]
    assert (found.name, found.data, found.seed) == ("trends", "list.csv", 3)


def test_a_file_without_views_over_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="trending CSV over days is needed"):
        run(written(tmp_path / "one.csv", listing(days=1)))


def news(path: Path) -> Path:
    """Sixty items: each is first seen at another step and grows in proportion to its size; one is never seen."""
    header = ["IDLink", *[f"TS{step}" for step in range(1, 145)]]
    lines = [",".join(header)]
    for item in range(60):
        seen = item % 30
        counts = [-1 if step < seen else int(1.2**item * (step - seen + 1)) for step in range(144)]
        lines.append(",".join(map(str, [item, *counts])))
    lines.append(",".join(["60", *["-1"] * 144]))
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_news_series_are_recognised_by_content_and_judged_among_items_already_seen(tmp_path: Path) -> None:
    found = run(news(tmp_path / "anything.csv.gz"))
    assert found.figures["items"] == 61
    assert found.figures["further_6h_items"] == 36
    assert found.figures["further_12h_items"] == 60
    assert float(found.figures["further_12h_auc"]) > 0.95  # type: ignore[arg-type]
    assert {"further_24h_level", "further_24h_growth"} <= set(found.baseline)


def test_the_published_lists_are_predicted_as_well_as_asked(shared: Path) -> None:
    figures = run(shared / "data" / "youtube_trending_2017" / "USvideos_2017.csv.gz")
    best = figures.baseline[f"next_day_{figures.baseline['next_day_best']}"]
    assert float(figures.figures["next_day_auc"]) >= float(best) - 0.005  # type: ignore[arg-type]
    assert float(figures.figures["accel_auc"]) >= 0.68  # type: ignore[arg-type]
    assert float(figures.figures["early_auc"]) >= 0.87  # type: ignore[arg-type]
