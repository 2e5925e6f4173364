"""Train: PPO (Schulman et al., 2017; stable-baselines3) learns to pace campaigns, in one file.

Many campaigns run side by side in numpy (`Fleet`). The reward is the mean of what a day's spending brings, which only
the simulator knows: it adds up to the same expectation as the revenue that arrives late, with far less noise. Campaigns
of a seed of their own, drawn from the same ranges, tell how good the policy is (its revenue over even pacing's on the
same campaigns); training ends when that has not grown for a while, and the best policy is what is kept. Nothing of
another range (`rl.campaigns.UNSEEN`) is looked at. One thread; same seed, same weights on the same machine.

A folder gets `policy.bwp` (the best so far, plain weights), `checkpoint.zip` (all that PPO needs to go on),
`learning.json` (the curve) and TensorBoard's logs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import VecEnv
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"training needs {missing.name}: pip install 'bellwether[rl]'", name=missing.name
    ) from missing

from rl.campaigns import TRAINING, Ranges
from rl.dividing import thompson
from rl.dynamics import Dynamics, Floats
from rl.policy import Policy, load_policy, save_policy
from rl.promotion_env import action_space, observation_space
from rl.promotions import EVEN, Divider, Market

POLICY, CHECKPOINT, CURVE = "policy.bwp", "checkpoint.zip", "learning.json"
JUDGED_SEED = 1_000_003
"""Added to the seed for the campaigns that tell how good a policy is."""


@dataclass(frozen=True, slots=True)
class Training:
    """How it is trained; the defaults take a few minutes on one core."""

    steps: int = 1_200_000
    """Days of campaigns at most."""
    fleet: int = 64
    """Campaigns side by side."""
    rollout: int = 56
    """Days of each between two updates."""
    batch: int = 896
    epochs: int = 6
    learning_rate: float = 1e-3
    """At the start; it falls in a line to a twentieth at the end."""
    net: tuple[int, ...] = (64, 64)
    gae: float = 0.95
    judged: int = 512
    """Campaigns that tell how good it is."""
    judge_every: int = 10
    """Updates between two looks."""
    patience: int = 12
    """Looks without a gain of `least_gain` after which it ends."""
    least_gain: float = 0.001


@dataclass(frozen=True, slots=True)
class Look:
    """How good the policy was after so many steps: its revenue over even pacing's on the same campaigns, less 1."""

    steps: int
    over_even: float
    policy: Policy


@dataclass(frozen=True, slots=True)
class Learned:
    """The best policy, and how it got there."""

    policy: Policy
    curve: tuple[Look, ...]
    stopped: str


Tell = Callable[[int, int, float | None], None]
"""Told of steps done, steps at most, and the newest look."""


class Fleet(VecEnv):
    """Campaigns side by side as stable-baselines3 wants them; one that ends begins anew at once."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.actions: Floats = np.zeros((market.count, 2))
        super().__init__(market.count, observation_space(), action_space())

    def reset(self) -> NDArray[np.float32]:
        """Where all stand."""
        return self.market.observe()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keeps the actions until `step_wait`."""
        self.actions = np.asarray(actions, float)

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """A day of all; the reward is what it brings in the mean, over the campaign's scale."""
        market = self.market
        market.day(self.actions)
        rewards = (market.expected / market.scale).astype(np.float32)
        over, seen = market.over.copy(), market.observe()
        infos: list[dict[str, Any]] = [{} for _ in range(market.count)]
        if over.any():
            for one in np.flatnonzero(over):
                infos[one] = {"terminal_observation": seen[one]}
            market.begin(over)
            seen = market.observe()
        return seen, rewards, over, infos

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:  # noqa: ARG002
        """One attribute, the same of all."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:  # noqa: ARG002
        """Sets it for all: campaigns have none of their own."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:  # noqa: ARG002
        """Campaigns have no methods of their own."""
        raise AttributeError(f"a fleet has no method {method_name!r}")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002
        """None is."""
        return [False] * self.num_envs


@dataclass
class Judge:
    """Plays the same campaigns with each policy it is shown."""

    dynamics: Dynamics
    ranges: Ranges
    divider: Divider
    count: int
    seed: int
    even: float = field(init=False)

    def __post_init__(self) -> None:
        self.even = self.revenue(lambda seen: np.tile(EVEN, (len(seen), 1)))

    def revenue(self, policy: Callable[[NDArray[np.float32]], Floats]) -> float:
        """The mean revenue a campaign in USD."""
        rng = np.random.default_rng(self.seed)
        market = Market(self.dynamics, self.ranges, self.divider, self.count, rng)
        return float(market.play(policy)[1].mean())


class _Looks(BaseCallback):
    """Looks at the policy now and then, keeps the best and a checkpoint, and says when to stop."""

    def __init__(self, how: Training, judge: Judge, seed: int, folder: Path | None, tell: Tell | None) -> None:
        super().__init__()
        self.how, self.judge, self.seed, self.folder, self.tell = how, judge, seed, folder, tell
        self.curve: list[Look] = []
        self.best: Policy | None = None
        self.most, self.since, self.updates, self.stopped = -np.inf, 0, 0, "all steps done"

    def _on_rollout_start(self) -> None:
        """Before a rollout the newest update is done."""
        if self.updates and self.updates % self.how.judge_every == 0:
            self.look()
        self.updates += 1

    def _on_step(self) -> bool:
        if self.tell and self.n_calls % self.how.rollout == 0:
            self.tell(self.num_timesteps, self.how.steps, self.curve[-1].over_even if self.curve else None)
        if self.since >= self.how.patience:
            self.stopped = f"no gain of {self.how.least_gain:g} in {self.how.patience} looks"
        return self.since < self.how.patience

    def look(self) -> Policy:
        """Judges the policy as it is; the best so far."""
        policy = plain(self.model, self.seed, self.num_timesteps, self.judge.dynamics.digest)
        over_even = self.judge.revenue(policy) / self.judge.even - 1
        self.curve.append(Look(self.num_timesteps, over_even, policy))
        self.logger.record("judged/over_even", over_even)
        self.since = 0 if over_even > self.most + self.how.least_gain else self.since + 1
        if over_even > self.most or self.best is None:
            self.most, self.best = max(over_even, self.most), policy
        if self.folder:
            save_policy(self.best, self.folder / POLICY)
            self.model.save(self.folder / CHECKPOINT)
            looks = [{"steps": look.steps, "over_even": look.over_even} for look in self.curve]
            (self.folder / CURVE).write_text(json.dumps(looks), encoding="utf-8")
        return self.best


def train(
    dynamics: Dynamics,
    seed: int = 7,
    how: Training | None = None,
    folder: Path | None = None,
    ranges: Ranges = TRAINING,
    divider: Divider = thompson,
    tell: Tell | None = None,
    resume: bool = False,
) -> Learned:
    """Trains a policy; with a folder it leaves its files there.

    With `resume` it goes on from the folder's checkpoint, and the folder's policy stays where none is better.
    """
    how = how or Training()
    torch.set_num_threads(1)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    market = Market(dynamics, ranges, divider, how.fleet, np.random.default_rng(seed))
    model = _model(Fleet(market), how, seed, folder, resume)
    judge = Judge(dynamics, ranges, divider, how.judged, seed + JUDGED_SEED)
    looks = _Looks(how, judge, seed, folder, tell)
    if resume and folder and (folder / POLICY).exists():
        looks.best = load_policy(folder / POLICY)
        looks.most = judge.revenue(looks.best) / judge.even - 1
    model.learn(how.steps, callback=looks, reset_num_timesteps=not resume)
    return Learned(looks.look(), tuple(looks.curve), looks.stopped)


def plain(model: Any, seed: int, steps: int, digest: str) -> Policy:
    """The weights that act, out of torch."""
    net = model.policy
    modules = [one for one in net.mlp_extractor.policy_net if hasattr(one, "weight")] + [net.action_net]
    with torch.no_grad():
        layers = tuple((one.weight.numpy().T.copy(), one.bias.numpy().copy()) for one in modules)
    return Policy(layers, seed, steps, digest)


def _model(fleet: Fleet, how: Training, seed: int, folder: Path | None, resume: bool) -> Any:
    logs = str(folder / "tensorboard") if folder else None
    if resume:
        if folder is None or not (folder / CHECKPOINT).exists():
            raise FileNotFoundError(f"no checkpoint to go on from in {str(folder)!r}")
        return PPO.load(folder / CHECKPOINT, env=fleet, device="cpu", tensorboard_log=logs)
    return PPO(
        "MlpPolicy",
        fleet,
        n_steps=how.rollout,
        batch_size=how.batch,
        n_epochs=how.epochs,
        learning_rate=lambda left: how.learning_rate * max(left, 0.05),
        gamma=1.0,
        gae_lambda=how.gae,
        policy_kwargs={"net_arch": list(how.net), "log_std_init": -0.7},
        seed=seed,
        device="cpu",
        tensorboard_log=logs,
    )
