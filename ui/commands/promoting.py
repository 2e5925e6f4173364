"""Promoting: a day's money divided over live listings, on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ui import wording
from ui.call import Call, Fault
from ui.opening import finish, product

SHOWN = 20
"""Listings that people are shown; `--json` has all."""


def promote(call: Call, day: str) -> None:
    """Divide it, or show how it was divided."""
    try:
        wanted = date.fromisoformat(day) if day else None
    except ValueError:
        raise Fault(f"--day {day!r}: a day is written 2026-12-24") from None

    async def work() -> Any:
        async with product(call) as opened:
            return await opened.promotion.divide(wanted)

    found, is_new = finish(work())
    call.answer({**found, "is_new": is_new}, lambda console: _draw(console, found, is_new))


def _draw(console: Any, found: Mapping[str, Any], is_new: bool) -> None:
    shares = found["shares"]
    given = sum(share["cents"] for share in shares)
    said = "divided" if is_new else "was divided already"
    head = f"{found['day']}: {_money(given)} of {_money(found['budget_cents'])} {said}"
    console.print(f"{head} over {wording.counted(len(shares), 'listing')}", markup=False)
    for share in shares[:SHOWN]:
        rate = f"{share['mean']:.2%}"
        console.print(
            f"  {_money(share['cents']):>10}  {share['propensity']:>6.1%}  {rate:>7} {found['outcome']}"
            f"  {share['key']}  {share['title'][:50]}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    if len(shares) > SHOWN:
        console.print(f"  and {len(shares) - SHOWN:,} more: --json", style="dim", markup=False)


def _money(cents: int) -> str:
    return f"{cents / 100:,.2f}"
