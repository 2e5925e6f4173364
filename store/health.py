"""Health: the few figures that alarms are made of; each read is bounded by an index.

Every function takes a session of one tenant, so row-level security decides what it sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

Rows = Connection[Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Decisions that wait for a person: how many, since when the oldest, and the best scored by name."""

    count: int
    oldest: datetime | None
    best: tuple[str, ...]


VERDICTS = "SELECT verdict, count(*) FROM decision WHERE recorded_at > %s GROUP BY verdict"

SPENT = "SELECT reserved_micro_usd + spent_micro_usd, tokens FROM spend WHERE scope = %s"

WAITING = """
SELECT count(*), min(d.recorded_at) FROM idea i
JOIN decision d ON d.tenant_id = i.tenant_id AND d.idea_id = i.id AND d.revision = i.revision
WHERE i.status = 'pending_review'
"""

BEST = """
SELECT i.phrase FROM idea i
JOIN decision d ON d.tenant_id = i.tenant_id AND d.idea_id = i.id AND d.revision = i.revision
LEFT JOIN LATERAL (SELECT total FROM score s WHERE s.tenant_id = i.tenant_id AND s.idea_id = i.id AND s.as_of = d.as_of
  ORDER BY s.weights_version DESC LIMIT 1) s ON true
WHERE i.status = 'pending_review' ORDER BY s.total DESC NULLS LAST, i.key LIMIT %s
"""


LISTINGS = """
SELECT status, count(*), min(changed_at), (array_agg(error ORDER BY changed_at DESC))[1] FROM listing
WHERE status = ANY(%s) GROUP BY status ORDER BY status
"""


def listings_in(connection: Rows, statuses: tuple[str, ...]) -> list[tuple[str, int, datetime, str]]:
    """Of each of these statuses with listings: how many, since when the oldest, and what the newest says."""
    return connection.execute(LISTINGS, (list(statuses),)).fetchall()


def count_verdicts(connection: Rows, since: datetime) -> dict[str, int]:
    """How many decisions since then said what."""
    return dict(connection.execute(VERDICTS, (since,)).fetchall())


def find_spent(connection: Rows, scope: str) -> tuple[int, int]:
    """Micro-USD spent or reserved in a scope of `store.calls`, and tokens; zeros where nothing was."""
    row = connection.execute(SPENT, (scope,)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def find_waiting(connection: Rows, most: int = 5) -> Waiting:
    """What waits for a person now, and the phrases of the `most` best scored."""
    row = connection.execute(WAITING).fetchone() or (0, None)
    best = tuple(each[0] for each in connection.execute(BEST, (most,))) if row[0] else ()
    return Waiting(row[0], row[1], best)
