"""Quarantine: rows that were refused are tried again, with today's reader, from the raw answer or the file itself.

    raw answer of a live source     as it is kept for some days: at once
    a file that was taken in        is not kept: who tries again brings it again, byte for byte

What is read now is stored once, and leaves the quarantine in the same transaction, with the event that says who tried;
what still fails keeps today's reason. Two at once take turns: the second finds what the first left.

QuarantineError
|- UnknownFile    the tenant sees no such file: look at the id
|- ContentGone    its content is not kept: bring it again
`- OtherFile      what was brought is not this file
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection

from graphs.product import Product
from store import quarantine
from store.postgres import connect, turn
from store.sources import KeptAnswer, find_payload
from trends.arrival import Arrival
from trends.live.source import LiveSource, Reply, Request
from trends.opening import open_payload
from trends.payload import Read
from trends.raw import unpack
from trends.retake import Retake
from trends.signal import Signal
from trends.sources import recognise
from trends.survey import hash_of, survey

TURN_TIMEOUT_S = 30.0
"""To wait for intakes at work."""


class QuarantineError(Exception):
    """Root of this module's errors."""


class UnknownFile(QuarantineError):
    """There is no such file, or it is not this tenant's."""


class ContentGone(QuarantineError):
    """Nothing is kept that could be read again."""


class OtherFile(QuarantineError):
    """What was brought is not the file whose rows are to be tried."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of rows that were tried again. `stored` and `repeated` count observations: a row may hold several."""

    file: str
    tried: int
    stored: int
    repeated: int
    failed: int
    reason: str
    """Why the first of those that stay does; empty where none stays."""


async def retry(
    product: Product,
    file_id: UUID,
    row_nos: Sequence[int] | None = None,
    actor: str | None = None,
    brought: Path | None = None,
) -> Retried:
    """Try quarantined rows of a file again: these, or all; from `brought` where the file is brought again.

    Raises:
        QuarantineError: see there.
        Busy: an intake has been at work for too long.
    """
    who = actor or product.settings.actor
    retried, fresh = await asyncio.to_thread(_retry, product, file_id, row_nos, who, brought)
    if fresh and brought is None:
        await asyncio.to_thread(product.hot.listen, fresh)
    return retried


def _retry(
    product: Product, file_id: UUID, row_nos: Sequence[int] | None, actor: str, brought: Path | None
) -> tuple[Retried, list[Signal]]:
    tenant = product.settings.tenant
    with ExitStack() as stack:
        connection = stack.enter_context(connect(product.url, tenant))
        stack.enter_context(turn(connection, "intake", TURN_TIMEOUT_S))
        stack.enter_context(connection.transaction())
        held = quarantine.open_file(connection, file_id)
        if held is None:
            raise UnknownFile(f"no file {file_id} with quarantined rows: look at the list again")
        wanted = quarantine.load_held(connection, file_id, row_nos)
        if not wanted:
            return Retried(held.name, 0, 0, 0, 0, ""), []
        read, source = _reader(product, connection, held, brought)
        again = Retake(connection, tenant, file_id)
        again.take(read(), wanted)
        retried = Retried(held.name, len(wanted), again.stored, again.repeated, again.failed, again.reason)
        moved = quarantine.Moved(again.left, again.stored, again.repeated, again.known_at, again.reference)
        told = {**asdict(retried), "from": "file" if brought else "answer"}
        quarantine.file_retry(connection, held, moved, source, actor, told)
        return retried, again.fresh


def _reader(
    product: Product, connection: Connection[Any], held: quarantine.Held, brought: Path | None
) -> tuple[Callable[[], Read], str | None]:
    """What reads the file's rows today, and the live source they came from, if they did."""
    if brought is not None:
        if hash_of(brought) != held.sha256:
            raise OtherFile(f"not the file that was taken in as {held.name!r}: bring that one, byte for byte")
        return partial(rows_of_file, brought), None
    kept = find_payload(connection, held.id)
    errand = product.pulls.errands.get(kept.source) if kept is not None else None
    if kept is None or kept.asked is None or errand is None:
        raise ContentGone(_gone(held))
    return partial(rows_of_answer, errand.source, kept), kept.source


def _gone(held: quarantine.Held) -> str:
    if held.format == "webhook" or "/" in (held.format or ""):
        return f"the raw answer behind {held.name!r} is not kept: what is still there comes again by itself"
    return f"the content of {held.name!r} is not kept: bring the same file again"


def rows_of_file(path: Path) -> Read:
    """The rows of a file, read as they are asked for; Unreadable or NothingObserved where it has none."""
    family, payload = recognise(open_payload(survey(path)))
    yield from family.read(payload)


def rows_of_answer(source: LiveSource, kept: KeptAnswer) -> Read:
    """The rows of a raw answer, as its source reads them today; SourceGarbled, NothingObserved: see `Arrival`."""
    asked, text, fetched_at = kept.asked or {}, unpack(kept.body), kept.fetched_at.astimezone(UTC)
    body = json.loads(text) if asked["answers"] == "json" else text
    request = Request(kept.slot, asked["path"], asked["query"], answers=asked["answers"])
    reply = Reply(request, body, fetched_at, asked["page"], asked["cursor"])
    yield from Arrival(fetched_at).rows(partial(source.read, reply))
