"""Beliefs: they start at the prior, follow the outcomes, forget, and are read back to the bit or refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl.belief import BadBelief, Belief, prior

TRUE = {"a": 1.5, "b": -1.0}
Batch = tuple[dict[str, np.ndarray], np.ndarray]


def batch(seed: int, rows: int = 200) -> Batch:
    rng = np.random.default_rng(seed)
    columns = {name: rng.standard_normal(rows) for name in TRUE}
    odds = sum(TRUE[name] * column for name, column in columns.items()) - 1
    return columns, rng.random(rows) < 1 / (1 + np.exp(-odds))


def after(batches: list[Batch], start: Belief, decay: float = 1.0) -> Belief:
    for columns, chosen in batches:
        start = start.after_choice(columns, chosen, decay)
    return start


def test_before_anything_was_seen_the_coefficients_are_those_set_by_hand() -> None:
    assert prior({"a": 1.0, "b": 0.25}, 3.0).mean.tolist() == [1.0, 0.25]


def test_batch_after_batch_the_coefficients_come_near_to_what_made_the_outcomes() -> None:
    learned = after([batch(seed) for seed in range(30)], prior(dict.fromkeys(TRUE, 0.0), 1.0))
    assert dict(zip(learned.names, learned.mean, strict=True)) == pytest.approx(TRUE, abs=0.15)


def test_a_single_batch_lands_where_maximum_a_posteriori_does() -> None:
    columns, chosen = batch(3)
    learned = prior(dict.fromkeys(TRUE, 0.5), 2.0).after_choice(columns, chosen)
    x = np.column_stack([columns[name] - columns[name].mean() for name in TRUE])

    def slope(at: np.ndarray) -> np.ndarray:
        likely = 1 / (1 + np.exp(-(x @ at[:2] + at[2])))
        return np.append(x.T @ (chosen - likely) - 2.0 * (at[:2] - 0.5), (chosen - likely).sum())

    own = next(b for b in np.linspace(-3, 1, 40001) if abs(slope(np.append(learned.mean, b))[2]) < 0.02)
    assert np.abs(slope(np.append(learned.mean, own))[:2]).max() < 0.02


def test_linear_batches_in_a_row_are_ridge_regression_on_all_of_them_at_once() -> None:
    rng = np.random.default_rng(1)
    batches = [({name: rng.standard_normal(20) for name in TRUE}, rng.standard_normal(20)) for _ in range(4)]
    learned = prior({"a": 1.0, "b": 0.0}, 5.0)
    for columns, amounts in batches:
        learned = learned.after_amount(columns, amounts)
    x = np.concatenate([np.column_stack([c[n] - c[n].mean() for n in TRUE]) for c, _ in batches])
    y = np.concatenate([amounts - amounts.mean() for _, amounts in batches])
    whole = np.linalg.solve(x.T @ x + 5 * np.eye(2), x.T @ y + 5 * np.array([1.0, 0.0]))
    assert learned.mean == pytest.approx(whole)


def test_what_is_not_seen_again_returns_to_the_prior() -> None:
    learned = after([batch(seed) for seed in range(5)], prior(dict.fromkeys(TRUE, 0.0), 1.0))
    nothing = ({"a": np.zeros(4), "b": np.zeros(4)}, np.array([True, False, False, False]))
    assert np.abs(after([nothing] * 2, learned, 0.9).mean).max() > 0.5
    assert np.abs(after([nothing] * 300, learned, 0.9).mean).max() < 1e-3


def test_a_constant_added_to_a_column_or_a_column_without_data_changes_nothing() -> None:
    columns, chosen = batch(1)
    start = prior(dict.fromkeys(TRUE, 0.0), 1.0)
    shifted = {name: column + 1e3 for name, column in columns.items()}
    assert start.after_choice(shifted, chosen).mean == pytest.approx(start.after_choice(columns, chosen).mean)
    unknown = start.after_choice({**columns, "b": np.full(len(chosen), np.nan)}, chosen)
    assert unknown.mean[1] == pytest.approx(0.0, abs=1e-12)


def test_a_batch_of_one_kind_teaches_nothing() -> None:
    columns, chosen = batch(1)
    start = prior(dict.fromkeys(TRUE, 0.3), 1.0)
    assert start.after_choice(columns, np.zeros(len(chosen), dtype=bool)).mean == pytest.approx(start.mean)


def test_a_new_name_is_learned_from_then_on_and_an_old_one_is_kept() -> None:
    start = after([batch(1)], prior({"a": 0.0}, 1.0))
    wider = start.widened(["b", "a", "b"], 2.0)
    assert wider.names == ("a", "b")
    assert wider.mean.tolist() == pytest.approx([*start.mean, 0.0])
    assert wider.widened(["a"], 1.0) is wider


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 1.0))
def test_a_belief_is_read_back_to_the_bit(seed: int, decay: float) -> None:
    learned = after([batch(seed, 40), batch(seed + 1, 40)], prior(dict.fromkeys(TRUE, 0.0), 1.0), decay)
    again = Belief.from_json(json.loads(json.dumps(learned.to_json())))
    assert again.to_json() == learned.to_json()
    assert again.mean.tolist() == learned.mean.tolist()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("names", ["a", "a"]),
        ("prior", [0.0]),
        ("prior", ["x", 1]),
        ("pull", [float("nan"), 0.0]),
        ("tightness", [0.0, 1.0]),
        ("evidence", [[-9.0, 0.0], [0.0, 0.0]]),
        ("evidence", None),
    ],
)
def test_numbers_that_are_no_belief_are_refused(part: str, value: object) -> None:
    body = prior(dict.fromkeys(TRUE, 0.0), 1.0).to_json()
    with pytest.raises(BadBelief):
        Belief.from_json({**body, part: value})
    with pytest.raises(BadBelief):
        Belief.from_json({name: body[name] for name in body if name != part})


def test_a_prior_without_a_precision_is_refused() -> None:
    with pytest.raises(BadBelief, match="over 0"):
        prior({"a": 0.0}, 0.0)
