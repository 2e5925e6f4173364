"""Training: a policy learns to pace promotion budgets on simulated campaigns, with a bar that says how good it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.call import Broken, Call, Fault

if TYPE_CHECKING:
    from rl.train import Learned, Tell


def train(
    call: Call,
    folder: Path | None,
    dynamics: Path | None,
    rows: Path | None,
    seed: int,
    steps: int | None,
    resume: bool = False,
) -> None:
    """Train and say where the policy is; Broken, in one line, where the extra `rl` is not installed.

    With a seller's own rows the simulator is fitted to them first; the folder gets what was found, `dynamics.json`.
    """
    try:
        from rl import train as trainer
    except ModuleNotFoundError as missing:
        raise Broken(str(missing)) from missing
    from rl.dynamics import BadDynamics, load_dynamics, save_dynamics, shipped
    from rl.fitting import TooLittle
    from rl.policy import BadPolicy
    from rl.rows import BadRows, fit_rows, read_rows

    target = folder or call.settings.home / "learning"
    how = trainer.Training() if steps is None else replace(trainer.Training(), steps=steps)
    try:
        given = load_dynamics(dynamics) if dynamics else shipped()
        if rows:
            given = fit_rows(read_rows(rows), given, rows.name, seed)
            target.mkdir(parents=True, exist_ok=True)
            save_dynamics(given, target / "dynamics.json")
        with _bar(call, how.steps) as tell:
            learned = trainer.train(given, seed, how, target, tell=tell, resume=resume)
    except (BadDynamics, BadPolicy, BadRows, TooLittle, OSError) as error:
        raise Fault(str(error)) from error
    call.answer(_body(learned, target / trainer.POLICY, given.digest), lambda console: _draw(console, learned, target))


@contextmanager
def _bar(call: Call, steps: int) -> Iterator[Tell]:
    """A bar on standard error that is told how far training is; silent where nobody looks."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), MofNCompleteColumn())
    quiet = call.as_json or not call.aside.is_terminal
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=call.aside, disable=quiet) as bars:
        task = bars.add_task("days of campaigns", total=steps)

        def tell(done: int, most: int, over_even: float | None) -> None:
            so_far = "" if over_even is None else f", {over_even:+.1%} over even pacing"
            bars.update(task, completed=done, total=most, description=f"days of campaigns{so_far}")

        yield tell


def _body(learned: Learned, path: Path, digest: str) -> dict[str, Any]:
    return {
        "policy": str(path),
        "version": learned.policy.version,
        "seed": learned.policy.seed,
        "steps": learned.curve[-1].steps,
        "kept_at_steps": learned.policy.steps,
        "over_even": max(look.over_even for look in learned.curve),
        "stopped": learned.stopped,
        "dynamics": digest,
    }


def _draw(console: Any, learned: Learned, folder: Path) -> None:
    best = max(look.over_even for look in learned.curve)
    console.print(f"{best:+.1%} over even pacing on campaigns like those of training ({learned.stopped})", markup=False)
    console.print(f"policy {learned.policy.version} of step {learned.policy.steps:,}: {folder}", markup=False)
    console.print(f"logs: tensorboard --logdir {folder / 'tensorboard'}", markup=False)
