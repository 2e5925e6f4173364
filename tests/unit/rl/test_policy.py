"""Policies: trained by torch, served by numpy, refused where a file is not whole."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rl.campaigns import Ranges
from rl.dynamics import shipped
from rl.policy import MAGIC, BadPolicy, Policy, load_policy, save_policy
from rl.promotions import OBSERVED
from rl.train import CHECKPOINT, CURVE, POLICY, Learned, Training, train

TINY = Training(steps=512, fleet=8, rollout=16, batch=64, epochs=2, net=(16, 16), judged=16, judge_every=1)
SHORT = Ranges(days=(4, 8), listings=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learning")


@pytest.fixture(scope="module")
def learned(folder: Path) -> Learned:
    return train(shipped(), 5, TINY, folder, SHORT)


def drawn(seed: int = 1) -> Policy:
    rng = np.random.default_rng(seed)
    shapes = [(len(OBSERVED), 8), (8, 2)]
    layers = tuple((rng.normal(size=s).astype(np.float32), rng.normal(size=s[1]).astype(np.float32)) for s in shapes)
    return Policy(layers, seed, 100, "digest")


def test_numpy_acts_as_torch_does(learned: Learned, folder: Path) -> None:
    from stable_baselines3 import PPO

    model = PPO.load(folder / CHECKPOINT, device="cpu")
    last = learned.curve[-1].policy
    seen = np.random.default_rng(2).uniform(-5, 5, (500, len(OBSERVED))).astype(np.float32)
    theirs = model.predict(seen, deterministic=True)[0]
    assert np.abs(last(seen) - theirs).max() < 1e-5


def test_training_leaves_its_files_and_the_best_policy(learned: Learned, folder: Path) -> None:
    assert load_policy(folder / POLICY).version == learned.policy.version
    looks = json.loads((folder / CURVE).read_text())
    assert [look["steps"] for look in looks] == [look.steps for look in learned.curve]
    best = max(learned.curve, key=lambda look: look.over_even)
    assert best.policy.version == learned.policy.version
    assert list((folder / "tensorboard").rglob("events.*"))


def test_the_same_seed_trains_the_same_weights_and_another_seed_others(learned: Learned) -> None:
    assert train(shipped(), 5, TINY, ranges=SHORT).policy.version == learned.policy.version
    assert train(shipped(), 6, TINY, ranges=SHORT).policy.version != learned.policy.version


def test_training_ends_where_it_no_longer_gains() -> None:
    from dataclasses import replace

    ended = train(shipped(), 5, replace(TINY, patience=1, least_gain=10.0, steps=5_000), ranges=SHORT)
    assert ended.curve[-1].steps < 1_000
    assert ended.stopped == "no gain of 10 in 1 looks"


def test_training_goes_on_from_its_checkpoint(learned: Learned, folder: Path) -> None:
    more = train(shipped(), 5, TINY, folder, SHORT, resume=True)
    assert more.curve[-1].steps == learned.curve[-1].steps + TINY.steps
    best = max([*learned.curve, *more.curve], key=lambda look: look.over_even)
    assert load_policy(folder / POLICY).version == more.policy.version == best.policy.version
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        train(shipped(), 5, TINY, None, SHORT, resume=True)


def test_a_policy_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    save_policy(drawn(), tmp_path / "one.bwp")
    again = load_policy(tmp_path / "one.bwp")
    seen = np.random.default_rng(3).uniform(-5, 5, (50, len(OBSERVED))).astype(np.float32)
    assert (again(seen) == drawn()(seen)).all()
    assert (again.seed, again.steps, again.dynamics, again.version) == (1, 100, "digest", drawn().version)
    assert [path.name for path in tmp_path.iterdir()] == ["one.bwp"]


def test_a_policy_cut_anywhere_is_refused_with_one_line(tmp_path: Path) -> None:
    save_policy(drawn(), tmp_path / "one.bwp")
    whole = (tmp_path / "one.bwp").read_bytes()
    for length in [0, 5, len(MAGIC), len(MAGIC) + 4, len(MAGIC) + 50, len(whole) - 1]:
        (tmp_path / "cut.bwp").write_bytes(whole[:length])
        with pytest.raises(BadPolicy, match=r"cut\.bwp is") as refused:
            load_policy(tmp_path / "cut.bwp")
        assert "\n" not in str(refused.value)
    (tmp_path / "cut.bwp").write_bytes(whole + b"\0")
    with pytest.raises(BadPolicy, match="too long"):
        load_policy(tmp_path / "cut.bwp")


def test_a_weight_that_was_altered_is_refused(tmp_path: Path) -> None:
    save_policy(drawn(), tmp_path / "one.bwp")
    data = bytearray((tmp_path / "one.bwp").read_bytes())
    data[-3] ^= 1
    (tmp_path / "one.bwp").write_bytes(data)
    with pytest.raises(BadPolicy, match="damaged"):
        load_policy(tmp_path / "one.bwp")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "of format 2, this version reads 1: train it again"),
        ({"layout": 0}, "observes layout 0, this version"),
        ({"observed": ["days_left"]}, "train it again"),
        ({"shapes": "many"}, "header is damaged"),
        ({"shapes": [[len(OBSERVED), 3]]}, "truncated or too long"),
    ],
)
def test_a_policy_of_another_version_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    save_policy(drawn(), tmp_path / "one.bwp")
    data = (tmp_path / "one.bwp").read_bytes()
    start = len(MAGIC) + 8
    size = struct.unpack("<Q", data[len(MAGIC) : start])[0]
    header = json.dumps(json.loads(data[start : start + size]) | change).encode()
    (tmp_path / "one.bwp").write_bytes(MAGIC + struct.pack("<Q", len(header)) + header + data[start + size :])
    with pytest.raises(BadPolicy, match=said):
        load_policy(tmp_path / "one.bwp")


def test_weights_that_do_not_fit_together_are_refused() -> None:
    weights, biases = np.zeros((len(OBSERVED), 3), np.float32), np.zeros(3, np.float32)
    with pytest.raises(BadPolicy, match="3 actions"):
        Policy(((weights, biases),), 1, 1, "")
    with pytest.raises(BadPolicy, match="behind 17 values"):
        Policy(((weights.T, biases),), 1, 1, "")
    with pytest.raises(BadPolicy, match="no finite numbers"):
        Policy(((weights + np.nan, biases),), 1, 1, "")


def test_a_policy_is_served_without_torch_or_gymnasium() -> None:
    program = "import rl.policy, rl.dividing, sys; print([m for m in ('torch', 'gymnasium') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_extra_one_line_says_what_to_install() -> None:
    program = "import sys; sys.modules['torch'] = None\nfrom ui.cli import main; sys.exit(main(['train']))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "bellwether: training needs torch: pip install 'bellwether[rl]'\n"
