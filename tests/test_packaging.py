"""The flat package names are common words: each must be ours, and no dependency may claim it."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
INSTALLED = {name.lower().replace("_", "-") for names in packages_distributions().values() for name in names}
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_name_resolves_to_this_checkout(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().parent == ROOT / name


@pytest.mark.parametrize("name", PACKAGES)
def test_no_dependency_claims_a_package_name(name: str) -> None:
    owners = {owner.lower() for owner in packages_distributions().get(name, [])}
    assert owners <= {"bellwether"}
    assert name not in sys.stdlib_module_names


def test_every_package_folder_is_shipped() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(PACKAGES)


def test_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_the_lock_pins_every_dependency_and_names_no_host() -> None:
    lock = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in lock
    assert "--" not in lock
    assert all("==" in line for line in lock.splitlines())
    pinned = {re.split(r"==", line)[0].strip().lower() for line in lock.splitlines()}
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["dev"], *extras["studio"]]
    names = {re.split(r"[\[<>=! ]", each)[0].lower().replace("_", "-") for each in wanted} - {"bellwether"}
    assert names <= pinned


def test_neither_the_core_nor_its_development_tools_install_torch() -> None:
    wanted, met = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]], set()
    while wanted:
        asked = Requirement(wanted.pop())
        name = asked.name.lower().replace("_", "-")
        if name in met or name == "bellwether" or (asked.marker and not asked.marker.evaluate({"extra": ""})):
            continue
        met.add(name)
        wanted += (requires(name) or []) if name in INSTALLED else []
    assert len(met) > 100
    assert not met & {"torch", "transformers", "diffusers", "nudenet"}
