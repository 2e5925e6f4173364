"""Weighing: the weights of the score, every version of them, and a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ui.call import Call, Fault

Row = dict[str, Any]


def show(call: Call) -> None:
    """Every version that was set, the newest first."""
    from ui.opening import finish

    rows = finish(_load(call))
    call.answer({"weights": rows}, lambda console: _draw(console, rows))


def set_anew(call: Call, changes: Mapping[str, float], reason: str) -> None:
    """One more version: the newest with these changes, in force from now on."""
    from store.weights import BadWeights, Superseded
    from ui.opening import finish

    if not changes:
        raise Fault("say which weight: --freshness, --engagement, --novelty, --community-fit, --seasonality")
    try:
        added = finish(_add(call, changes, reason))
    except (BadWeights, Superseded) as error:
        raise Fault(str(error)) from error
    call.answer(added, lambda console: _draw(console, [added]))


async def _load(call: Call) -> list[Row]:
    from store.weights import load_weights
    from ui.opening import product

    async with product(call) as opened, opened.pool.connection() as connection:
        return await load_weights(connection)


async def _add(call: Call, changes: Mapping[str, float], reason: str) -> Row:
    from graphs.people import Deed
    from store.audit import Entry, record
    from store.weights import FIVE, add_weights, load_weights
    from ui.opening import product

    actor = call.settings.actor
    async with product(call) as opened, opened.pool.connection() as connection:
        newest = (await load_weights(connection, 1))[0]
        five = {name: newest[name] for name in FIVE} | dict(changes)
        added = await add_weights(connection, five, reason, actor, datetime.now(UTC), newest["version"])
        await record(connection, Entry(actor, "cli", Deed.SET_WEIGHTS, f"weights:{added['version']}"))
    return added


def _draw(console: Any, rows: Sequence[Row]) -> None:
    from rich.text import Text

    from store.weights import FIVE
    from ui.tables import plain

    table = plain("version", *(f">{name.replace('_', ' ')}" for name in FIVE), "since", "by", "why")
    for row in rows:
        shares = [f"{row[name]:.3g}" for name in FIVE]
        since = f"{row['known_at']:%Y-%m-%d %H:%M}"
        table.add_row(str(row["version"]), *shares, since, Text(row["actor"]), Text(row["reason"]))
    console.print(table)
