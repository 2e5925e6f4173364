"""Launches: what people do with listings: begin, look, change, let pass, approve, take back, retry, end.

Every answer is written to the tables in one transaction; the listing's thread is told beside, and what a killed process
left untold is told later. Nothing here speaks to a marketplace but `diff`, which only looks.

Errors: those of `store.listings` (UnknownListing, NotNow), BadAnswer where what was given cannot be taken, and
`market.errors` where a marketplace is looked at.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from psycopg_pool import AsyncConnectionPool

from graphs.inbox import BadAnswer
from graphs.launch import TOLD, Edits, request_for, thread_id, thread_name
from graphs.leases import Leases
from graphs.packing import Packed
from graphs.telling import DURABILITY
from market.bounds import NoBounds, bounds_of, refusals
from market.errors import MarketError
from market.gates import Artwork, Gate, Verdict
from market.gates import pack as pack_verdict
from market.listing import Change, Listing, changes, pack, told_of, unpack
from market.marketplaces import Marketplace
from market.marketplaces.package import UploadPackages
from store import launching, listings, outbox
from store.listings import Draft, NotNow, Wish
from store.outbox import Settled

BOUNDS = "bounds"
"""What a marketplace takes: the one gate that nobody can let pass, for the marketplace would not."""
AT_ONCE = 4
MOST_LOOKED_AT = 100
LOOKED_AT = timedelta(days=1)
MOST_BEGUN = 20
"""Designs that one turn of the schedule begins listings for."""
Way = tuple[str, str]
"""A marketplace and a language."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A listing as it was drawn up, by whom ("rule" or a model), and why by no model where one was there."""

    listing: Listing
    written_by: str
    remark: str = ""


class Writer(Protocol):
    """Who draws listings up: `graphs.drafting.Drafting`."""

    async def write(self, case: Packed, /) -> Written: ...


@dataclass(slots=True)
class Launches:
    """The listings of one tenant."""

    pool: AsyncConnectionPool[Any]
    tenant: str
    actor: str
    leases: Leases
    writer: Writer
    gates: Callable[[Packed], Awaitable[Sequence[Gate]]]
    """The gates of a case: what its claims may trace to differs."""
    markets: Callable[[str], Marketplace]
    ways: Sequence[Way] = (("folder", "en"),)
    """Where designs go by themselves."""
    undo_s: float = 30.0
    graph: CompiledStateGraph[Any, Any, Any, Any] | None = None
    _under_way: set[asyncio.Task[bool]] = field(default_factory=set)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def compiled(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The graph of every listing's thread."""
        if self.graph is None:
            raise RuntimeError("these launches were wired without their graph")
        return self.graph

    def by(self, actor: str) -> Launches:
        """The same, as this person does it."""
        return replace(self, actor=actor)

    # Begin

    async def begin(self, designs: Sequence[UUID], ways: Sequence[Way] = ()) -> list[tuple[Packed, bool]]:
        """A listing of each design on each marketplace in each language, drawn up and checked; whether it is new.

        Raises NotNow where a design is not finished.
        """
        async with self.pool.connection() as connection:
            found = await launching.shown_designs(connection, designs)
            if len(found) < len(set(designs)):
                raise NotNow("only a finished design that is shown can be listed")
            wishes = [
                Wish(row["id"], marketplace, locale, row["idea_id"], row["revision"])
                for row in found
                for marketplace, locale in ways or self.ways
            ]
            made = await listings.put_listings(connection, self.tenant, wishes, self.actor)
        await asyncio.gather(*(self.drive(row["id"]) for row, _ in made if row["status"] == "drafting"))
        async with self.pool.connection() as connection:
            return [(await listings.get_listing(connection, row["id"]), is_new) for row, is_new in made]

    async def begin_idea(self, idea_id: UUID, ways: Sequence[Way] = ()) -> list[tuple[Packed, bool]]:
        """The same with the newest finished design of an idea. NotNow where it has none."""
        async with self.pool.connection() as connection:
            found = await launching.designs_of_idea(connection, idea_id)
        if not found:
            raise NotNow("the idea has no finished design yet: `bellwether design IDEA` draws one")
        return await self.begin([found[0]["id"]], ways)

    async def begin_ready(self, most: int = MOST_BEGUN) -> int:
        """Listings for designs whose ideas wait to be listed; how many. What was begun and left goes on."""
        async with self.pool.connection() as connection:
            found = await launching.load_to_launch(connection, most)
            left = await listings.load_page(connection, most, statuses=["drafting"])
        if found and self.ways:
            await self.begin([row["id"] for row in found])
        await asyncio.gather(*(self.drive(row["id"]) for row in left))
        return len(found)

    # Look

    async def page(self, most: int = 50, **wanted: Any) -> list[Packed]:
        """Listings, the last that changed first: by `statuses`, `marketplace`, `idea_id`, behind `after`."""
        async with self.pool.connection() as connection:
            return await listings.load_page(connection, most, **wanted)

    async def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        async with self.pool.connection() as connection:
            return await listings.count_by_status(connection)

    async def show(self, listing: str | UUID) -> Packed:
        """All of a listing: draft, gates, rows of the outbox, events."""
        async with self.pool.connection() as connection:
            return await listings.get_listing(connection, await listings.find_id(connection, listing))

    async def provenance(self, listing: str | UUID) -> Packed:
        """From the listing back to idea, decision, facts, design and approver."""
        async with self.pool.connection() as connection:
            return await launching.load_provenance(connection, await listings.find_id(connection, listing))

    async def diff(self, listing: str | UUID) -> tuple[Packed, list[Change]]:
        """What a push would change at the marketplace now, and the listing: it is looked at, nothing goes out."""
        found = await self._drawn(listing)
        draft = unpack(found["body"])
        market = await asyncio.to_thread(self.markets, found["marketplace"])  # a kept login is read from its file
        return found, changes(draft, await market.find(draft.key))

    # Answer

    async def approve(self, listing: str | UUID, digest: str | None = None, reason: str = "") -> Packed:
        """Yes, as it stands (or as it stood, by its digest): it goes out when the undo window is over."""
        async with self.pool.connection() as connection:
            listing_id = await listings.find_id(connection, listing)
            row = await outbox.approve(connection, listing_id, self.actor, self.undo_s, digest, reason)
        self.tell(listing_id)
        return row

    async def decline(self, listing: str | UUID, reason: str) -> bool:
        """No; whether that was news."""
        async with self.pool.connection() as connection:
            listing_id = await listings.find_id(connection, listing)
            done = await listings.decline(connection, listing_id, self.actor, reason)
        self.tell(listing_id)
        return done

    async def edit(self, listing: str | UUID, edits: Mapping[str, Any], digest: str | None = None) -> Packed:
        """Change the draft (as it stood, by its digest) and have the gates look at it again; as it stands then."""
        found, given = await self._drawn(listing), Edits.read(edits)
        draft = _edited(unpack(found["body"]), given)
        async with self.pool.connection() as connection:
            new = Draft(pack(draft), draft.digest, self.actor, "")
            await listings.save_draft(connection, found["id"], new, self.actor, digest or found["digest"])
        await self.check(found["id"])
        return await self.show(found["id"])

    async def let_pass(self, listing: str | UUID, names: Sequence[str], why: str) -> str:
        """Let gates pass that block, with a reason; the listing's status then."""
        if not why.strip():
            raise BadAnswer("to let a gate pass takes a reason")
        if BOUNDS in names:
            raise BadAnswer("the marketplace itself would refuse it: change the draft")
        async with self.pool.connection() as connection:
            listing_id = await listings.find_id(connection, listing)
            return await listings.let_pass(connection, listing_id, names, self.actor, why.strip())

    async def withdraw(self, listing: str | UUID) -> None:
        """Take an answer back while its window is open: a yes of which nothing went out yet, or a no."""
        async with self.pool.connection() as connection:
            listing_id = await listings.find_id(connection, listing)
            if not await listings.reopen(connection, listing_id, self.actor, self.undo_s):
                await outbox.withdraw(connection, listing_id, self.actor)

    async def retry(self, listing: str | UUID, reason: str = "") -> Packed:
        """Push again what is dead or refused, as it was approved."""
        async with self.pool.connection() as connection:
            listing_id = await listings.find_id(connection, listing)
            return await outbox.retry(connection, listing_id, self.actor, reason)

    async def say_up(self, listing: str | UUID, address: str) -> Packed:
        """A person uploaded a package, and says where it stands. NotNow where nothing was packed."""
        found = await self._drawn(listing)
        market = self.markets(found["marketplace"])
        if not isinstance(market, UploadPackages):
            raise NotNow(f"{found['marketplace']} is no package to upload: it goes out by itself")
        if found["status"] == "pushing" or not found["pushes"]:
            raise NotNow(f"{found['title']!r} is {found['status']}: a package is written once it is approved")
        standing = await market.tell_live(found["key"], address)
        async with self.pool.connection() as connection:
            await outbox.say_live(connection, found["id"], self.actor, told_of(standing))
        return await self.show(found["id"])

    async def end(self, listing: str | UUID, reason: str = "") -> Packed:
        """Take it off sale, soon."""
        async with self.pool.connection() as connection:
            return await outbox.end(connection, await listings.find_id(connection, listing), self.actor, reason)

    # The thread

    async def draw_up(self, listing_id: UUID) -> int:
        """Write the draft, unless one is written; its number."""
        async with self.pool.connection() as connection:
            case = await launching.load_case(connection, listing_id)
        if case["listing"]["nth"]:
            return int(case["listing"]["nth"])
        written = await self.writer.write(case)
        new = Draft(pack(written.listing), written.listing.digest, written.written_by, written.remark)
        async with self.pool.connection() as connection:
            return await listings.save_draft(connection, listing_id, new, self.actor)

    async def check(self, listing_id: UUID) -> str:
        """Ask every gate about the draft and file what they say; the listing's status."""
        async with self.pool.connection() as connection:
            case = await launching.load_case(connection, listing_id)
        draft, artwork, now = unpack(case["listing"]["body"]), artwork_of(case), datetime.now(UTC)
        said = await asyncio.gather(*(gate.judge(draft, artwork, now) for gate in await self.gates(case)))
        verdicts = [_bounds(draft, now), *(_filed(each) for each in said)]
        async with self.pool.connection() as connection:
            return await listings.save_gates(connection, listing_id, case["listing"]["nth"], verdicts, self.actor)

    async def request(self, listing_id: UUID) -> Packed:
        """What a person is asked."""
        found = await self.show(listing_id)
        return request_for(found, blocked_by(found))

    async def take_answer(self, listing_id: UUID, answer: Packed, actor: str) -> str:
        """Write what a person answered to the thread; the listing's status. What stands already stays."""
        if answer["answer"] == "edit":
            return str((await self.by(actor).edit(listing_id, answer["edits"], answer["digest"]))["status"])
        async with self.pool.connection() as connection:
            if answer["answer"] == "decline":
                await listings.decline(connection, listing_id, actor, answer["reason"])
            elif answer["answer"] == "approve":
                await outbox.approve(connection, listing_id, actor, self.undo_s, answer["digest"], answer["reason"])
            await listings.mark_told(connection, listing_id)
        return str((await self.show(listing_id))["status"])

    async def drive(self, listing_id: UUID) -> None:
        """Bring the listing's thread to where it waits, or to its end."""
        if self.graph is None:
            return
        config = self.config(listing_id)
        async with self._gate, self.leases.hold(f"listing:{listing_id}"):
            snapshot = await self.graph.aget_state(config)
            if not snapshot.values:
                await self.graph.ainvoke({"listing_id": str(listing_id)}, config, durability=DURABILITY)
            elif snapshot.next and not snapshot.interrupts:
                await self.graph.ainvoke(None, config, durability=DURABILITY)

    def tell(self, listing_id: UUID) -> None:
        """Bring a thread to what was answered elsewhere, soon, without being waited for."""
        task = asyncio.create_task(self.deliver(listing_id), name=f"tell {listing_id}")
        self._under_way.add(task)
        task.add_done_callback(self._told)

    async def deliver(self, listing_id: UUID) -> bool:
        """Tell a waiting thread what was answered; whether it was behind."""
        config = self.config(listing_id)
        async with self._gate, self.leases.hold(f"listing:{listing_id}"):
            found = await self.show(listing_id)
            if found["told"] or self.graph is None:
                return False
            if (await self.graph.aget_state(config)).interrupts:
                await self.graph.ainvoke(Command(resume=[_reply(found)]), config, durability=DURABILITY)
            async with self.pool.connection() as connection:
                await listings.mark_told(connection, listing_id)
            return True

    async def deliver_all(self, most: int = 100) -> int:
        """Tell threads what processes that were killed left untold; how many."""
        async with self.pool.connection() as connection:
            rows = await listings.load_untold(connection, most)
        return sum(await asyncio.gather(*(self.deliver(row["id"]) for row in rows)))

    async def verify(self, most: int = MOST_LOOKED_AT) -> int:
        """Look at live listings that nobody looked at for a day; how many were found ended, or gone.

        A marketplace that does not answer is asked another time.
        """
        async with self.pool.connection() as connection:
            rows = await listings.load_unseen(connection, datetime.now(UTC) - LOOKED_AT, most)
        return sum(await asyncio.gather(*(self._verify(row) for row in rows)))

    async def _verify(self, row: Packed) -> bool:
        async with self._gate:
            try:
                standing = await self.markets(row["marketplace"]).find(row["key"])
            except MarketError:
                return False
            status: Settled = "live" if standing is not None and standing.state == "live" else "dead"
            if standing is not None and standing.state == "ended":
                status = "ended"
            where, native = row["marketplace"], None if standing is None else told_of(standing)
            why = {"live": "", "ended": f"it was ended at {where}, not by us"}.get(
                status, f"it does not stand at {where} any more, not by us: put it up again, or decline it"
            )
            async with self.pool.connection() as connection:
                return await outbox.note_seen(connection, row["id"], self.actor, native, status, why)

    async def close(self) -> None:
        """Wait for what is being told; the rest stands in the tables."""
        if self._under_way:
            await asyncio.wait(list(self._under_way), timeout=20.0)

    def config(self, listing_id: UUID) -> RunnableConfig:
        """The thread of a listing, its name as metadata."""
        name = thread_name(self.tenant, listing_id)
        return {
            "configurable": {"thread_id": thread_id(self.tenant, listing_id)}, "metadata": {"thread_name": name},
        }  # fmt: skip

    def _told(self, task: asyncio.Task[bool]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            _LOG.error("a listing's thread could not be told, and is told later", exc_info=failure)

    async def _drawn(self, listing: str | UUID) -> Packed:
        found = await self.show(listing)
        if found["body"] is None:
            raise NotNow(f"listing {found['key']} has no draft yet")
        return found


def artwork_of(case: Packed) -> Artwork:
    """What gates are told of the design."""
    design, body = case["design"], case["listing"]["body"] or {}
    safety, partner = design["safety"], body.get("disclosures", {}).get("production_partner", "")
    state = safety.get("state", "not checked")
    return Artwork(design["text"], design["renderer"], state, safety.get("why", ""), safety.get("judge", ""), partner)


def blocked_by(found: Packed) -> dict[str, str]:
    """The gates that block a listing, each with why."""
    stand = (each for each in found["gates"] if each["outcome"] != "clear" and each["passed_at"] is None)
    return {each["name"]: str(each["verdict"].get("why", each["outcome"])) for each in stand}


def _edited(draft: Listing, edits: Mapping[str, Any]) -> Listing:
    """The draft with these fields; prices of variants move with the listing's own."""
    new = replace(draft, **edits)
    more = new.price_cents - draft.price_cents
    variants = tuple(replace(each, price_cents=max(1, each.price_cents + more)) for each in draft.variants)
    return replace(new, variants=variants)


def _bounds(draft: Listing, now: datetime) -> Packed:
    """What the marketplace would refuse, as a gate says it."""
    try:
        wrong = refusals(draft, bounds_of(draft.marketplace))
    except NoBounds as unknown:
        wrong = (str(unknown),)
    verdict = {"gate": BOUNDS, "why": "; ".join(wrong) or "inside what the marketplace takes", "when": now.isoformat()}
    return {"name": BOUNDS, "outcome": "blocked" if wrong else "clear", "verdict": {**verdict, "refusals": list(wrong)}}


def _filed(verdict: Verdict) -> Packed:
    return {"name": verdict.gate, "outcome": verdict.outcome, "verdict": pack_verdict(verdict)}


def _reply(found: Packed) -> Packed:
    """What was answered elsewhere: the thread hears of it and writes nothing, for it may be taken back meanwhile."""
    return {"type": TOLD, "args": "decline" if found["status"] == "declined" else "approve"}
