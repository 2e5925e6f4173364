"""Compositions: one way to set a slogan a file; the registry finds every module of this folder that has one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from studio.lettering.palettes import Palette
from studio.lettering.svg import Canvas
from studio.lettering.words import Wording


class Compose(Protocol):
    """Draws the wording onto the canvas; every choice is made with `draw`, so a seed gives the same picture."""

    def __call__(self, wording: Wording, palette: Palette, canvas: Canvas, draw: random.Random) -> None: ...


class Fits(Protocol):
    """How well a wording suits, 0 (cannot be set so) to 1."""

    def __call__(self, wording: Wording) -> float: ...


@dataclass(frozen=True, slots=True)
class Composition:
    """A module's `COMPOSITION`; its name is the module's."""

    name: str
    compose: Compose
    fits: Fits
    terms: tuple[str, ...] = ()
    """Words of its style ("vintage", "badge", "bold"), for choosing one by a brand's terms."""


@cache
def compositions() -> Mapping[str, Composition]:
    """All of them by name, in order of their names."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = [module.COMPOSITION for module in modules]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}
