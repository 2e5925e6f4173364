"""Doctor: the checkup as a table, area by area."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from graphs.checkup import Check, examine
from ui.call import Call

STYLES = {"on": "green", "skipped": "yellow", "broken": "red"}


def doctor(call: Call) -> int:
    """Print every check; 1 where something is broken, else 0."""
    checks = list(examine(call.settings))
    broken = [check for check in checks if check.state == "broken"]
    call.answer(
        {"healthy": not broken, "checks": [asdict(check) for check in checks]}, lambda console: _draw(console, checks)
    )
    return 1 if broken else 0


def _draw(console: Any, checks: list[Check]) -> None:
    from rich.markup import escape
    from rich.text import Text

    from ui.tables import plain

    for area, members in groupby(checks, key=lambda check: check.area):
        console.print(f"\n[bold]{area}[/]")
        table = plain("what", "state", "detail", "to change it")
        for check in members:
            table.add_row(
                escape(check.name), Text(check.state, STYLES[check.state]), escape(check.detail), escape(check.todo)
            )
        console.print(table)
