"""Experiments: a few wordings or pictures tried by e-mail or small advertisements before money is spent on one.

An experiment has one control and at least one arm beside it; what each arm counted are metrics (`store.metrics`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from store.decisions import Row, Rows, every, every_named, one
from store.ids import new_id

Kind = Literal["email", "ads", "listing"]
PUT = """
INSERT INTO experiment (tenant_id, id, key, name, idea_id, kind, outcome, least_lift, status, actor)
VALUES (current_setting('bellwether.tenant'), %s, %s, %s, %s, %s, %s, %s, 'running', %s)
ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id
"""
PUT_ARMS = """
INSERT INTO arm (tenant_id, id, experiment_id, name, is_control, listing_id)
SELECT current_setting('bellwether.tenant'), a.id, %(experiment)s, a.name, a.is_control, a.listing_id
FROM unnest(%(ids)s::uuid[], %(names)s::text[], %(controls)s::boolean[], %(listings)s::uuid[])
  AS a (id, name, is_control, listing_id)
"""
FIND = "SELECT * FROM experiment WHERE id::text = %s OR name = %s ORDER BY recorded_at DESC LIMIT 1"
ARMS = """
SELECT * FROM arm WHERE experiment_id = ANY(%(experiments)s) ORDER BY experiment_id, is_control DESC, name
"""


class ExperimentError(Exception):
    """Root of this module's errors."""


class UnknownExperiment(ExperimentError):
    """There is none of this id or name."""


@dataclass(frozen=True, slots=True)
class NewArm:
    """One of what is tried."""

    name: str
    is_control: bool = False
    listing_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewExperiment:
    """What is asked: which arm has more of `outcome` ("clicks/impressions"), by `least_lift` (a share) at the least."""

    key: str
    name: str
    kind: Kind
    outcome: str
    least_lift: float
    arms: Sequence[NewArm]
    actor: str
    idea_id: UUID | None = None


async def put_experiment(connection: Rows, new: NewExperiment) -> tuple[Row, bool]:
    """Begin it; as it stands with its arms, and whether it is new: the same again finds what stands."""
    async with connection.transaction():
        given = (new_id(), new.key, new.name, new.idea_id, new.kind, new.outcome, new.least_lift, new.actor)
        begun = await one(connection, PUT, *given)
        if begun is not None:
            await connection.execute(PUT_ARMS, {"experiment": begun["id"], **_columns(new.arms)})
        standing = await one(connection, "SELECT * FROM experiment WHERE key = %s", new.key) or {}
        return await _with_arms(connection, standing), begun is not None


def _columns(arms: Sequence[NewArm]) -> dict[str, object]:
    return {
        "ids": [new_id() for _ in arms],
        "names": [each.name for each in arms],
        "controls": [each.is_control for each in arms],
        "listings": [each.listing_id for each in arms],
    }


async def get_experiment(connection: Rows, text: str | UUID) -> Row:
    """An experiment with its arms, the control first; by id, or the newest of this name."""
    found = await one(connection, FIND, str(text), str(text))
    if found is None:
        raise UnknownExperiment(f"no experiment {str(text)[:80]!r}; `bellwether experiments list` shows them")
    return await _with_arms(connection, found)


async def load_experiments(connection: Rows, most: int = 50) -> list[Row]:
    """The newest experiments, each with its arms."""
    rows = await every(connection, "SELECT * FROM experiment ORDER BY recorded_at DESC, id DESC LIMIT %s", most)
    arms = await every_named(connection, ARMS, {"experiments": [row["id"] for row in rows]})
    return [{**row, "arms": [each for each in arms if each["experiment_id"] == row["id"]]} for row in rows]


async def end_experiment(connection: Rows, experiment_id: UUID, why: str) -> None:
    """It is over; what is counted later still counts."""
    query = "UPDATE experiment SET status = 'over', why = %s, ended_at = now() WHERE id = %s AND status = 'running'"
    await connection.execute(query, [why, experiment_id])


async def _with_arms(connection: Rows, row: Row) -> Row:
    return {**row, "arms": await every_named(connection, ARMS, {"experiments": [row["id"]]})}
