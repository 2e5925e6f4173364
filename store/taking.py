"""Taking: one row of a batch taken by its id, by whoever is not a worker of the queue: `graphs.easel`."""

from __future__ import annotations

from uuid import UUID

from store.batches import note
from store.decisions import Row, Rows, every, one
from store.designs import LEASE_S, TAKEN, Lost

STANDS = """
SELECT d.status, d.superseded, d.taken_by, d.taken_until < now() AS left_alone, b.status AS batch_status, b.name
FROM design d JOIN batch b ON b.tenant_id = d.tenant_id AND b.id = d.batch_id WHERE d.id = %s FOR NO KEY UPDATE OF d
"""


async def take_one(connection: Rows, worker: UUID, actor: str, design_id: UUID) -> Row:
    """This very row, due or not, of a paused batch too, now this worker's; as `take` gives it. Again, it is held on.

    Raises Lost where somebody else has it, it is over, or its batch is.
    """
    async with connection.transaction():
        row = await one(connection, STANDS, design_id)
        why = _why_not(row, worker)
        if row is None or why:
            raise Lost(f"design {design_id} cannot be drawn: {why}")
        fresh = row["taken_by"] != worker
        [taken] = await every(connection, TAKEN, worker, LEASE_S, int(fresh), [design_id])
        if fresh:
            await note(connection, "design", [(design_id, row["status"])], "drawing", actor, "")
    return taken


def _why_not(row: Row | None, worker: UUID) -> str:
    if row is None:
        return "there is none of this id"
    if row["superseded"] or row["status"] in ("done", "dead", "cancelled"):
        state = "followed by a newer version" if row["superseded"] else row["status"]
        return f"it is {state}; retry its row to have it drawn anew"
    if row["status"] == "drawing" and row["taken_by"] != worker and not row["left_alone"]:
        return "a worker draws it just now; pause its batch first to have its rows to yourself"
    if row["batch_status"] not in ("running", "paused"):
        return f"its batch {row['name']!r} is {row['batch_status']}"
    return ""


async def find_place(connection: Rows, design_id: UUID) -> Row | None:
    """Which row of which batch a design is: batch_id, row_id, version, status; and whether somebody is at it."""
    query = """
    SELECT batch_id, row_id, version, status, superseded, status = 'drawing' AND taken_until > now() AS is_held
    FROM design WHERE id = %s
    """
    return await one(connection, query, design_id)
