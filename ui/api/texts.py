"""Texts: no text of a request holds what a table cannot hold, or what a terminal would obey."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from graphs.inbox import UNFIT
from ui.api.problems import Problem


async def fit(request: Request) -> None:
    """Look at every text of a request. Problem 422 names the first that does not fit."""
    given: list[tuple[str, Any]] = [("path", dict(request.path_params))]
    given += [(f"query.{name}", value) for name, value in request.query_params.multi_items()]
    if "json" in request.headers.get("content-type", "").lower():
        given.append(("body", await _json(request)))
    wrong = find_unfit(given)
    if wrong is not None:
        raise Problem(422, f"{wrong}: holds a NUL, a control or half a character")


def find_unfit(given: list[tuple[str, Any]]) -> str | None:
    """Where the first text stands that does not fit, of values by name and however deep in them; None where all do."""
    left = given[::-1]
    while left:
        where, value = left.pop()
        if isinstance(value, str) and UNFIT.search(value):
            return where
        if isinstance(value, dict):
            left += [(f"a name in {where}", name) for name in value]
            left += [(f"{where}.{name}", each) for name, each in value.items()]
        elif isinstance(value, list | tuple):
            left += [(f"{where}.{at}", each) for at, each in enumerate(value)]
    return None


async def _json(request: Request) -> Any:
    """The body as it will be read again; what is no JSON its route refuses."""
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None
