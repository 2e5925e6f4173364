"""Measuring: eval suites and benches by name; each prints its table and, last, one JSON object."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from evals.report import emit
from ui.call import Call, Fault


def evaluate(call: Call, suites: Mapping[str, str], suite: str, data: Path, seed: int) -> None:
    """Run one suite on a file."""
    module = _load(suites, suite, "suite")
    if not data.exists():
        raise Fault(f"no file or folder {str(data)!r}")
    if not data.is_file():
        raise Fault(f"eval {suite} needs a file, and {str(data)!r} is {'a folder' if data.is_dir() else 'none'}")
    try:
        result = module.run(data, seed=seed)
    except (ValueError, OSError) as error:
        raise Fault(f"eval {suite} cannot read {str(data)!r}: {error}") from error
    emit(result, quiet=call.as_json)


def bench(call: Call, benches: Mapping[str, str], name: str, seed: int, small: bool) -> None:
    """Run one bench."""
    module = _load(benches, name, "bench")
    known = inspect.signature(module.run).parameters
    if "small" not in known and small:
        raise Fault(f"bench {name} has one size only: leave --small out")
    result = module.run(seed=seed, **({"small": True} if small else {}))
    emit(result, quiet=call.as_json)


def _load(modules: Mapping[str, str], name: str, noun: str) -> Any:
    if name not in modules:
        raise Fault(f"no {noun} {name!r}: there are {', '.join(sorted(modules))}")
    return import_module(modules[name])
