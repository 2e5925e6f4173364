"""Measuring: eval suites and benches by name; each prints its table and, last, one JSON object.

A suite's `run(data, seed, ...)` says by its parameters what it takes: with a default for `data` it brings its own
cases, and an option (small, limit, ablate, minutes) is passed where a parameter of that name stands. A suite whose
`DATA` is "folder" measures a folder, one whose `DATA` is "file or folder" either; all others a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from evals.report import emit
from studio.errors import NotConfigured
from ui.call import Broken, Call, Fault

Options = Mapping[str, object]


def evaluate(
    call: Call, suites: Mapping[str, str], suite: str, data: Path | None, seed: int, **options: object
) -> None:
    """Run one suite; `data` may be left out where it brings its own cases."""
    module = _load(suites, suite, "suite")
    given = _taken(module.run, f"eval {suite}", options)
    if data is None and inspect.signature(module.run).parameters["data"].default is inspect.Parameter.empty:
        raise Fault(f"eval {suite} needs --data PATH: the {_wanted(module)} to measure on")
    if data is not None:
        _check(data, suite, _wanted(module))
    try:
        result = module.run(data, seed=seed, **given)
    except (ValueError, OSError) as error:
        raise Fault(f"eval {suite} cannot read {str(data or 'its cases')!r}: {error}") from error
    except ModuleNotFoundError as missing:
        raise Broken(f"eval {suite}: {missing}") from missing
    emit(result, quiet=call.as_json)


def bench(call: Call, benches: Mapping[str, str], name: str, seed: int, small: bool = False, **options: object) -> None:
    """Run one bench."""
    module = _load(benches, name, "bench")
    given = _taken(module.run, f"bench {name}", {"small": small, **options})
    try:
        result = module.run(seed=seed, **given)
    except (FileNotFoundError, ModuleNotFoundError, NotConfigured) as missing:
        raise Broken(f"bench {name}: {missing}") from missing
    emit(result, quiet=call.as_json)


def _taken(run: Callable[..., Any], what: str, options: Options) -> dict[str, object]:
    """The options that were given (not None, not False); Fault where `run` takes none of that name."""
    given = {name: value for name, value in options.items() if value is not None and value is not False}
    for name in given:
        if name not in inspect.signature(run).parameters:
            raise Fault(f"{what} takes no --{name}: leave it out")
    return given


def _wanted(module: Any) -> str:
    return str(getattr(module, "DATA", "file"))


def _check(data: Path, suite: str, wanted: str) -> None:
    if not data.exists():
        raise Fault(f"no file or folder {str(data)!r}")
    if not any((data.is_file() and "file" in wanted, data.is_dir() and "folder" in wanted)):
        found = "a folder" if data.is_dir() else "a file" if data.is_file() else "neither file nor folder"
        raise Fault(f"eval {suite} needs a {wanted}, and {str(data)!r} is {found}")


def _load(modules: Mapping[str, str], name: str, noun: str) -> Any:
    if name not in modules:
        raise Fault(f"no {noun} {name!r}: there are {', '.join(sorted(modules))}")
    return import_module(modules[name])
