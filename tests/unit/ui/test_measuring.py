"""What a suite or bench is given is what its `run` takes; anything else is one clear line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from evals.report import Result
from ui.call import Call, Fault
from ui.commands import measuring


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A suite on a file, one on a folder, one that brings its cases and takes options, and a bench."""

    def of_a_file(data: Path, seed: int = 7) -> Result:
        return Result("of_a_file", {"bytes": data.stat().st_size}, {}, data.name, seed)

    def with_cases(data: Path | None = None, seed: int = 7, ablate: bool = False, limit: int | None = None) -> Result:
        return Result("with_cases", {"ablate": ablate, "limit": limit}, {}, str(data), seed)

    def of_a_bench(seed: int = 7, minutes: float = 20.0) -> Result:
        return Result("of_a_bench", {"minutes": minutes}, {}, "made up", seed)

    for name, run in (
        ("of_a_file", of_a_file), ("of_a_folder", of_a_file), ("with_cases", with_cases), ("of_a_bench", of_a_bench)
    ):  # fmt: skip
        module = ModuleType(name)
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    sys.modules["of_a_folder"].DATA = "folder"  # type: ignore[attr-defined]
    return {name: name for name in ("of_a_file", "of_a_folder", "with_cases", "of_a_bench")}


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    figures: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]
    return figures


def test_a_suite_that_brings_its_own_cases_needs_no_data(modules, capsys):
    measuring.evaluate(Call(), modules, "with_cases", None, 7)
    assert told(capsys) == {"ablate": False, "limit": None}


def test_an_option_reaches_a_suite_that_takes_it(modules, capsys):
    measuring.evaluate(Call(), modules, "with_cases", None, 7, ablate=True, limit=5, small=False)
    assert told(capsys) == {"ablate": True, "limit": 5}


@pytest.mark.parametrize(
    ("suite", "data", "options", "line"),
    [
        ("of_a_file", None, {}, "needs --data PATH: the file"),
        ("of_a_folder", None, {}, "needs --data PATH: the folder"),
        ("of_a_file", Path("/"), {}, "needs a file, and '/' is a folder"),
        ("of_a_folder", Path(__file__), {}, "is a file"),
        ("of_a_file", Path("/no/such"), {}, "no file or folder '/no/such'"),
        ("of_a_file", Path(__file__), {"ablate": True}, "takes no --ablate"),
        ("nothing", None, {}, "there are of_a_bench, of_a_file"),
    ],
)
def test_what_a_suite_does_not_take_is_one_clear_line(modules, suite, data, options, line):
    with pytest.raises(Fault, match=line):
        measuring.evaluate(Call(), modules, suite, data, 7, **options)


def test_a_bench_is_given_its_minutes_and_refuses_a_size_it_has_not(modules, capsys):
    measuring.bench(Call(), modules, "of_a_bench", 7, minutes=0.5)
    assert told(capsys) == {"minutes": 0.5}
    with pytest.raises(Fault, match="takes no --small"):
        measuring.bench(Call(), modules, "of_a_bench", 7, True)
