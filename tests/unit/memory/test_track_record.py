"""Track records: scores beside one who always says the average, curves, effects, drift, and the line that is told."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from memory.track_record import (
    FEWEST,
    LEAST_CHANCE,
    Against,
    Call,
    Track,
    calls_of,
    drift,
    held,
    row_of,
    told,
    track_records,
    wilson,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


def lean(stance: float) -> str:
    return "reject" if stance <= -0.4 else "approve" if stance >= 0.2 else "review"


def call(agent: str, number: int, stance: float, came: bool | None, **changes: object) -> Call:
    plain = {"held": came, "ceiling": "approve"} | changes
    return Call(agent, f"idea{number}:1", START + timedelta(hours=number), stance, **plain)  # type: ignore[arg-type]


def panel(count: int = 200, seed: int = 1) -> list[Call]:
    """One who knows, one who guesses, one who says the contrary; two of five trends hold."""
    rng = np.random.default_rng(seed)
    calls = []
    for number in range(count):
        came = bool(rng.random() < 0.4)
        sign = 1 if came else -1
        knows = np.clip(0.6 * sign + 0.2 * rng.standard_normal(), -1, 1)
        calls += [
            call("knows", number, float(knows), came),
            call("guesses", number, float(rng.uniform(-1, 1)), came),
            call("contrary", number, -0.5 * sign, came),
        ]
    return calls


@pytest.fixture(scope="module")
def tracks() -> dict[str, Track]:
    return {track.agent: track for track in track_records(panel(), lean)}


def test_who_knows_is_better_than_always_saying_the_average_and_who_guesses_is_not(tracks: dict[str, Track]) -> None:
    assert list(tracks) == ["contrary", "guesses", "knows"]
    knows, guesses, contrary = tracks["knows"], tracks["guesses"], tracks["contrary"]
    assert knows.brier < 0.1 < knows.base_brier < guesses.brier < contrary.brier
    assert knows.log_loss < knows.base_log_loss < guesses.log_loss
    assert knows.base_brier == pytest.approx(knows.came * (1 - knows.came))


def test_scores_are_those_of_the_textbook() -> None:
    [track] = track_records([call("a", 0, 0.6, True), call("a", 1, -0.2, True), call("a", 2, 0.0, False)], lean)
    assert track.brier == pytest.approx((0.2**2 + 0.6**2 + 0.5**2) / 3)
    assert track.log_loss == pytest.approx(-(math.log(0.8) + math.log(0.4) + math.log(0.5)) / 3)
    assert (track.judged, track.came, track.first, track.last) == (3, 2 / 3, START, START + timedelta(hours=2))


def test_one_who_was_sure_and_wrong_is_punished_but_not_without_end() -> None:
    [track] = track_records([call("a", 0, 1.0, False)], lean)
    assert (track.brier, track.log_loss) == (1.0, pytest.approx(-math.log(LEAST_CHANCE)))


def test_the_curve_says_of_each_bin_what_was_said_and_what_came(tracks: dict[str, Track]) -> None:
    curve = tracks["contrary"].curve
    assert [(each.low, each.said, each.came) for each in curve] == [(0.2, 0.25, 1.0), (0.6, 0.75, 0.0)]
    assert sum(each.calls for each in curve) == 200
    assert all(each.at_least <= each.came <= each.at_most for each in tracks["guesses"].curve)
    [edge] = track_records([call("a", 0, 1.0, True)], lean)[0].curve
    assert (edge.low, edge.high, edge.calls) == (0.8, 1.0, 1)


def test_a_share_of_ten_in_twenty_has_the_interval_that_wilson_gave_it() -> None:
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == pytest.approx(1.0)


def test_leaving_out_who_knows_costs_and_leaving_out_the_contrary_helps(tracks: dict[str, Track]) -> None:
    gains = {name: track.effect.brier_change for name, track in tracks.items()}
    assert gains["knows"] is not None and gains["contrary"] is not None
    assert gains["knows"] > 0.02 > -0.02 > gains["contrary"]
    assert all(track.effect.cases == 200 and track.effect.changed > 0 for track in tracks.values())


def test_under_a_ceiling_no_say_changes_a_verdict() -> None:
    calls = [call(name, n, 0.9 if name == "a" else -0.1, True, ceiling="reject") for n in range(5) for name in "ab"]
    assert [track.effect.changed for track in track_records(calls, lean)] == [0, 0]
    free = [call(name, n, 0.9 if name == "a" else -0.1, True) for n in range(5) for name in "ab"]
    assert [track.effect.changed for track in track_records(free, lean)] == [5, 0]


def test_one_who_was_alone_has_no_effect_that_could_be_measured() -> None:
    [track] = track_records([call("a", 0, 0.5, True)], lean)
    assert (track.effect.changed, track.effect.brier_change) == (0, None)


def test_trends_are_known_of_every_idea_and_sales_of_what_was_sold() -> None:
    calls = [call("a", n, 0.5, True, sold=None if n else False) for n in range(4)]
    assert [track.judged for track in track_records(calls, lean)] == [4]
    [sales] = track_records(calls, lean, Against.SALES)
    assert (sales.judged, sales.came) == (1, 0.0)
    assert track_records([call("a", 0, 0.5, None)], lean) == []


@pytest.mark.parametrize(
    ("before", "after", "came"),
    [
        (10.0, 5.0, True),
        (10.0, 4.9, False),
        (0.0, 9.0, None),
        (None, 9.0, None),
        (10.0, None, None),
        (10.0, 0.0, False),
    ],
)
def test_a_trend_held_where_the_week_after_carried_half_of_the_week_before(
    before: float | None, after: float | None, came: bool | None
) -> None:
    assert held(before, after) is came


def test_rows_of_the_store_become_calls() -> None:
    row = {"agent": "viral", "idea_id": "i", "revision": 2, "as_of": START, "stance": 0.5, "ceiling": "review"}
    [one] = calls_of([row | {"before": 10.0, "after": 8.0, "orders": 0}])
    assert one == Call("viral", "i:2", START, 0.5, "review", True, False)
    assert calls_of([row | {"before": None, "after": None, "orders": None}])[0].held is None


def test_a_specialist_that_becomes_worse_sounds_the_alarm() -> None:
    rng = np.random.default_rng(3)
    moments = [START + timedelta(hours=n) for n in range(400)]
    losses = [*rng.beta(2, 8, 200), *rng.beta(5, 5, 200)]
    found = drift(moments, losses)
    assert found.at is not None
    assert moments[200] < found.at < moments[260]
    assert found.usual == pytest.approx(0.2, abs=0.05)


def test_one_that_stays_as_it_was_seldom_does() -> None:
    rng = np.random.default_rng(4)
    moments = [START + timedelta(hours=n) for n in range(500)]
    alarms = sum(drift(moments, rng.beta(2, 8, 500).tolist()).at is not None for _ in range(100))
    certain = sum(drift(moments, (rng.random(500) < 0.25).astype(float).tolist()).at is not None for _ in range(100))
    assert alarms <= 2
    assert certain <= 10


def test_before_there_is_a_reference_nothing_drifts() -> None:
    assert drift([START] * 49, [1.0] * 49).usual is None


def test_a_record_on_few_calls_is_not_told_and_one_on_many_is_a_line(tracks: dict[str, Track]) -> None:
    assert told(track_records(panel(FEWEST - 1), lean)[0]) == ""
    line = told(tracks["knows"])
    assert line.startswith(f"knows: Brier {tracks['knows'].brier:.3f} over 200 calls against trend, better than always")
    assert "without it" in line
    assert "no better than" in told(tracks["guesses"])


def test_a_record_is_a_row_that_json_can_hold(tracks: dict[str, Track]) -> None:
    row = row_of(tracks["knows"])
    json.dumps({name: row[name] for name in row if name not in ("first", "last")}, allow_nan=False)
    assert (row["against"], row["judged"], row["drift"]["at"]) == ("trend", 200, None)
