"""The eval and the bench of the policy, at their small sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals import rl as suite
from evals.bench import train as bench
from rl.dynamics import save_dynamics, shipped


def test_a_small_run_prints_the_policy_beside_every_baseline_and_draws_its_curve(tmp_path: Path) -> None:
    save_dynamics(shipped(), tmp_path / "own.json")
    found = suite.run(tmp_path / "own.json", seed=3, small=True, out=tmp_path)
    assert set(suite.ASKED) <= set(found.figures)
    assert found.figures["overspends"] == 0
    assert {"even_oracle_share", "fixed_oracle_share", "random_oracle_share"} <= set(found.baseline)
    random, even = (float(str(found.baseline[f"{name}_oracle_share"])) for name in ("random", "even"))
    assert random < even
    assert float(str(found.figures["oracle_share"])) > random
    assert (tmp_path / suite.PICTURE).read_bytes().startswith(b"\x89PNG")
    assert any(str(tmp_path / suite.PICTURE) in note for note in found.notes)


def test_a_file_that_holds_no_dynamics_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no dynamics"):
        suite.run(tmp_path / "own.json", small=True)


def test_the_paired_interval_holds_the_gain_and_excludes_zero_where_every_seed_gained() -> None:
    even = np.random.default_rng(1).uniform(500, 700, 20)
    low, high = suite.paired(even * 1.05 + np.tile([5, -5], 10), even, seed=1)
    assert 0 < low < 0.05 < high
    assert suite.paired(even, even, seed=1) == (0, 0)


def test_the_small_bench_learns_faster_side_by_side_than_alone() -> None:
    found = bench.run(small=True)
    assert float(str(found.figures["speedup"])) > 1.5
    assert float(str(found.figures["simulated_per_s"])) > 3 * float(str(found.baseline["simulated_per_s"]))
