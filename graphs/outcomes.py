"""Outcomes: what people and programs bring of what became of listings, and experiments; the one way for every door.

Nothing here decides: what was counted is kept, what cannot be is refused by its row, and what an experiment shows is
computed from the counts as they stand. Errors: BadMetrics and BadAnswer where nothing of it can be taken,
UnknownListing, UnknownExperiment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from typing import Any
from uuid import UUID

import orjson
from psycopg_pool import AsyncConnectionPool

from graphs.inbox import BadAnswer
from graphs.packing import Packed
from market.metrics import COUNTS, NAMES, Brought, metrics_of, read_metrics
from rl.significance import Counts, Significance, compare
from store import experiments, listings, metrics
from store.decisions import Rows
from store.experiments import Kind, NewArm, NewExperiment
from store.metrics import Delivery
from store.totals import load_totals

MOST_ARMS = 12
MOST_NAME, MOST_SOURCE = 120, 60
KINDS: Mapping[Kind, str] = {"email": "clicks/impressions", "ads": "clicks/impressions", "listing": "orders/views"}
"""What counts as a success of each kind, if nothing else is said."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of one tenant, in the name of `actor`."""

    pool: AsyncConnectionPool[Any]
    actor: str

    def by(self, actor: str) -> Outcomes:
        """The same in another's name."""
        return replace(self, actor=actor)

    async def bring_file(self, content: bytes, name: str, source: str) -> tuple[Packed, bool]:
        """Keep the metrics of a CSV; the delivery as it stands, and whether it is new."""
        brought = read_metrics(content, name, datetime.now(UTC))
        return await self._keep(brought, source, sha256(content).hexdigest())

    async def bring(self, rows: Sequence[Mapping[str, object]], source: str) -> tuple[Packed, bool]:
        """The same of rows by the names of their fields."""
        brought = metrics_of(rows, "the rows", datetime.now(UTC))
        digest = sha256(orjson.dumps([dict(row) for row in rows], option=orjson.OPT_SORT_KEYS)).hexdigest()
        return await self._keep(brought, source, digest)

    async def _keep(self, brought: Brought, source: str, digest: str) -> tuple[Packed, bool]:
        if not source.strip() or len(source) > MOST_SOURCE:
            raise BadAnswer(f"who counted? `source` has 1 to {MOST_SOURCE} characters, such as etsy or ads")
        delivery = Delivery(source.strip(), digest, brought.rows, brought.stated, brought.refused, self.actor)
        async with self.pool.connection() as connection:
            return await metrics.put_delivery(connection, delivery)

    async def of_listing(self, listing: str | UUID) -> Packed:
        """What was counted of a listing by metric: amount, currency, who counted."""
        async with self.pool.connection() as connection:
            listing_id = (await listings.get_listing(connection, await listings.find_id(connection, listing)))["id"]
            found = (await load_totals(connection, [listing_id])).get(listing_id, {})
        return {"listing_id": listing_id, "metrics": [found[name] for name in NAMES if name in found]}

    async def deliveries(self, most: int = 50) -> list[Packed]:
        """The newest that were brought."""
        async with self.pool.connection() as connection:
            return await metrics.load_deliveries(connection, most)

    async def refused(self, delivery_id: UUID, most: int = 200) -> list[Packed]:
        """The rows of a delivery that were refused."""
        async with self.pool.connection() as connection:
            return await metrics.load_refused(connection, delivery_id, most)

    # Experiments

    async def begin(
        self, name: str, kind: Kind, arms: Sequence[str], outcome: str = "", least_lift: float = 0.1,
        idea_id: UUID | None = None,
    ) -> tuple[Packed, bool]:  # fmt: skip
        """Begin an experiment; the first arm is the control. As it stands, and whether it is new."""
        asked = outcome or KINDS[kind]
        _check(name, arms, asked, least_lift)
        told = orjson.dumps([name, kind, list(arms), asked, least_lift, str(idea_id)])
        made = [NewArm(each, at == 0) for at, each in enumerate(arms)]
        new = NewExperiment(sha256(told).hexdigest(), name, kind, asked, least_lift, made, self.actor, idea_id)
        async with self.pool.connection() as connection:
            return await experiments.put_experiment(connection, new)

    async def end(self, experiment: str | UUID, why: str) -> Packed:
        """It is over."""
        async with self.pool.connection() as connection:
            found = await experiments.get_experiment(connection, experiment)
            await experiments.end_experiment(connection, found["id"], why)
        return await self.experiment(found["id"])

    async def experiment(self, experiment: str | UUID) -> Packed:
        """An experiment, each arm with its counts."""
        async with self.pool.connection() as connection:
            found = await experiments.get_experiment(connection, experiment)
            return (await _counted(connection, [found]))[0]

    async def experiments(self, most: int = 50) -> list[Packed]:
        """The newest experiments, each arm with its counts."""
        async with self.pool.connection() as connection:
            return await _counted(connection, await experiments.load_experiments(connection, most))


async def _counted(connection: Rows, found: Sequence[Packed]) -> list[Packed]:
    """Experiments with what each arm's successes and trials come to."""
    ids = [arm["id"] for each in found for arm in each["arms"]]
    totals = await load_totals(connection, ids) if ids else {}

    def count(arm: Packed, name: str) -> int:
        return int(totals.get(arm["id"], {}).get(name, {}).get("amount", 0))

    def with_counts(each: Packed) -> Packed:
        success, _, trial = each["outcome"].partition("/")
        arms = [{**arm, "successes": count(arm, success), "trials": count(arm, trial)} for arm in each["arms"]]
        return {**each, "arms": _judged(arms, each["least_lift"])}

    return [with_counts(each) for each in found]


def _judged(arms: Sequence[Packed], least_lift: float) -> list[Packed]:
    """Each arm with what it shows against the control so far ("shows"; None of the control itself)."""
    seen = {arm["name"]: Counts(max(arm["trials"], arm["successes"]), arm["successes"]) for arm in arms}
    control = next(arm["name"] for arm in arms if arm["is_control"])
    told = compare(seen, control, effect=least_lift)
    return [{**arm, "shows": _packed(told.get(arm["name"]))} for arm in arms]


def _packed(shown: Significance | None) -> Packed | None:
    """As JSON takes it: a bound without end is None."""
    if shown is None:
        return None
    upper = shown.upper if isfinite(shown.upper) else None
    return {
        "lift": shown.lift, "lower": shown.lower, "upper": upper, "p_value": shown.p_value, "alpha": shown.alpha,
        "is_significant": shown.is_significant, "is_signal": shown.is_signal, "needed": shown.needed,
    }  # fmt: skip


def _check(name: str, arms: Sequence[str], outcome: str, least_lift: float) -> None:
    if not 0 < len(name.strip()) <= MOST_NAME or "/" in name:
        raise BadAnswer(f"an experiment has a name of 1 to {MOST_NAME} characters without a slash")
    if not 2 <= len(arms) <= MOST_ARMS or len(set(arms)) < len(arms):
        raise BadAnswer(f"an experiment has 2 to {MOST_ARMS} arms of different names, the control first")
    if any(not 0 < len(each.strip()) <= MOST_NAME or "/" in each for each in arms):
        raise BadAnswer(f"an arm has a name of 1 to {MOST_NAME} characters without a slash")
    success, _, trial = outcome.partition("/")
    if success not in COUNTS or trial not in COUNTS or success == trial:
        raise BadAnswer(f"outcome {outcome!r}: two counts, such as clicks/impressions; there are {', '.join(COUNTS)}")
    if not 0 < least_lift <= 10:
        raise BadAnswer(f"least_lift {least_lift:g}: the lift that is worth having, a share such as 0.1")
