"""Schedule: what runs when, as duties of the jobs' app.

    scan -> pull              every source whose interval is over, one job each, spread by its own pace
    shortlist -> judge        the best ideas of the moment, one job each
    watch -> judge            what rises now, before everything else
    design -> produce         approved ideas become batches of one; what waits in batches is drawn
    launch -> push            designs become listings; what a person approved goes out
    promote                   the day's money is divided over live listings, once
    discover_keywords, health, tell, reap, resume, tidy

A tick is one job of a duty with a `cron`; ticks that pile up become one. A pull that has more pages puts its next turn
at the end of the queue, so a source with 100 pages does not hold up one with 2. Whatever a duty does it does as of the
moment in its arguments, so done twice it changes nothing. One that found nothing to do says nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import OperationalError

from agents.roster import SPECIALISTS
from graphs.database import prepared_url
from graphs.jobs import (
    BATCH,
    HOT,
    Desk,
    Duty,
    Lane,
    Queue,
    Tell,
    Watch,
    error_line,
    open_jobs,
    raise_stalled,
    reap_cron,
    serve,
)
from graphs.product import REST, kept_up
from graphs.rehearsal import rehearse
from graphs.settings import Settings
from graphs.works import Works
from store.errors import StoreError
from store.ideas import find_verdict, open_ideas
from store.jobs import bury_untold, decided_within, ideas_of_keys
from store.postgres import connect
from store.spikes import find_known, load_spikes

TOP = 10
"""Ideas a shortlist lets judge: four an hour, that is 960 a day."""
PAUSE_S = 2.0
"""Between two looks at a database that is away."""
MOST_SPIKES = 100
URGENT = 4
"""Slots of what is hot, and as many of upkeep: each apart, so that neither waits for the other or for what is long."""
APART: tuple[Queue, ...] = ("hot", "upkeep")
LONG: tuple[Queue, ...] = ("scan", "analyse")
QUEUES = (*LONG, *APART)
SHIFT_S = 600.0
"""So long one job draws; what is left waits for the next tick."""
THREADS = 32
"""Who waits for the database, or for their turn at it, holds a thread: two cores have six of their own."""


async def scan(desk: Desk[Works]) -> str:
    """A pull of every source that is due, when its turn comes; one that waits or runs is not asked for twice."""
    due = await asyncio.to_thread(desk.works.pulls.due, datetime.now(UTC))
    queued = [each.name for each in due if await desk.defer(PULL, each.name, each.run_at, source=each.name)]
    return f"{_listed(queued)} of {len(due)} due" if due else ""


async def pull(desk: Desk[Works], source: str) -> str:
    """One turn of one source; what is left of its pages waits for another turn, behind the other sources."""
    pulled = await desk.works.pulls.pull(source)
    if pulled.more:
        await desk.defer(PULL, source, source=source)
    left = ", more to come" if pulled.more else ""
    came = f"{pulled.kept:,} kept" if pulled.kept else pulled.outcome
    return f"{came}{left}{': ' + pulled.reason if pulled.reason else ''}"


async def discover_keywords(desk: Desk[Works]) -> str:
    """What people begin to speak of, stored for the scans to prefer."""
    found = await desk.works.keywords.discover(desk.moment)
    return f"{len(found.mined)} mined, {len(found.web['keywords'])} from the web"


async def shortlist(desk: Desk[Works], risen: Sequence[str] = ()) -> str:
    """The best ideas as of the tick, each queued to be judged, and those of `risen` keys that became ideas by it."""
    as_of = desk.moment
    run_id, chosen = await desk.works.shortlist(as_of, TOP)
    spiking = await asyncio.to_thread(_rising, desk, risen)
    fresh = await asyncio.to_thread(_not_decided, desk, [each for each in chosen if each not in spiking])
    queued = [await desk.defer(JUDGE, str(each), **_case(each, as_of, run_id)) for each in fresh]
    hot = [await _judge_at_once(desk, each, run_id) for each in spiking]
    return f"{len(chosen)} chosen, {sum(queued) + sum(hot)} to be judged"


async def judge(desk: Desk[Works], idea_id: str, as_of: str, run_id: str | None = None) -> str:
    """The twelve agents on one idea; a decision as new as the moment stands."""
    run = UUID(run_id) if run_id else None
    revision, now = await desk.works.judge(UUID(idea_id), datetime.fromisoformat(as_of), run, again=False)
    named = await asyncio.to_thread(_named, desk, UUID(idea_id), revision)
    return f"{named}, revision {revision}" if now else f"{named}, revision {revision} stands"


async def watch(desk: Desk[Works]) -> str:
    """What rises now is judged at once; a phrase that is no idea yet gets a shortlist of its own first."""
    risen = await asyncio.to_thread(_risen, desk)
    unknown = sorted(key for key, idea_id in risen.items() if idea_id is None)
    known = [idea_id for idea_id in risen.values() if idea_id is not None]
    for idea_id in await asyncio.to_thread(_open, desk, known):
        await _judge_at_once(desk, idea_id)
    if unknown:
        timestamp = int(desk.moment.timestamp())
        await desk.defer(SHORTLIST, "risen", queue="hot", beside=str(timestamp), timestamp=timestamp, risen=unknown)
    return f"{len(risen)} rising" if risen else ""


async def design(desk: Desk[Works]) -> str:
    """A batch of one for every approved idea that nobody can take back any more."""
    begun = await desk.works.batches.begin_approved()
    return f"{len(begun)} begun" if begun else ""


async def produce(desk: Desk[Works]) -> str:
    """Rows of batches are drawn for as long as a shift goes; every worker does, each row is one's alone."""
    ended = await desk.works.workshop.work(most_s=SHIFT_S)
    return f"{ended} rows" if ended else ""


async def launch(desk: Desk[Works]) -> str:
    """Listings of designs whose ideas wait for one are drawn up; threads hear what was answered."""
    begun, told = await desk.works.launches.begin_ready(), await desk.works.launches.deliver_all()
    return ", ".join(f"{count} {what}" for count, what in ((begun, "begun"), (told, "told")) if count)


async def push(desk: Desk[Works]) -> str:
    """What was approved goes out for as long as a shift goes; every worker does, each listing is one's alone."""
    pushed = await desk.works.pusher.work(most_s=SHIFT_S)
    return f"{pushed} pushed" if pushed else ""


async def verify(desk: Desk[Works]) -> str:
    """Whether live listings stand still where we put them."""
    lost = await desk.works.launches.verify()
    return f"{lost} ended or gone" if lost else ""


async def promote(desk: Desk[Works]) -> str:
    """The day's money is divided over what is live."""
    shares = await desk.works.promotion.due()
    return f"{shares} shares" if shares else ""


async def age(desk: Desk[Works]) -> str:
    """Files of designs that nobody uses are put away."""
    told = await desk.works.ageing.turn()
    return ", ".join(f"{count:,} {what}" for what, count in told.items() if count)


async def health(desk: Desk[Works]) -> str:
    """Whether anything needs a person."""
    alarms = await desk.works.check_health()
    kinds = Counter(each.kind for each in alarms)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


async def tell(desk: Desk[Works]) -> str:
    """Notices that wait go out."""
    sent = await desk.works.notices.send_due(datetime.now(UTC))
    return f"{sent} sent" if sent else ""


async def reap(desk: Desk[Works]) -> str:
    """Jobs of workers that died go on elsewhere; what failed without a word becomes a dead letter."""
    went_on, ended = await raise_stalled(desk.app, desk.works.settings.stalled_s)
    untold = await asyncio.to_thread(_bury_untold, desk)
    return f"{went_on} went on, {ended + untold} dead" if went_on or ended or untold else ""


async def resume(desk: Desk[Works]) -> str:
    """What a process left half done outside the jobs goes on: runs, analyses, answers of people not yet told."""
    went_on = await desk.works.resume_unfinished()
    return f"{went_on} went on" if went_on else ""


async def tidy(desk: Desk[Works]) -> str:
    """What the policy says is kept no longer goes."""
    gone = await desk.works.tidy()
    return ", ".join(f"{count} {what}" for what, count in gone.items() if count)


PULL = Duty("pull", pull, "asks one source", "scan", 300.0)
JUDGE = Duty("judge", judge, "lets the agents judge one idea", "analyse", 600.0)
SHORTLIST = Duty("shortlist", shortlist, "scores and chooses", "analyse", 1800.0, cron="*/15 * * * * 0")
PRODUCE = Duty(
    "produce", produce, "draws what waits in batches", "analyse", 1800.0, BATCH, cron="* * * * * */10", alone=False
)
TICKS = (
    PRODUCE,
    Duty("design", design, "begins batches for approved ideas", "upkeep", 120.0, cron="* * * * * 35"),
    Duty("launch", launch, "draws up listings", "analyse", 600.0, cron="* * * * * 50"),
    Duty("push", push, "brings listings to marketplaces", "hot", 1800.0, HOT, cron="* * * * * */5", alone=False),
    Duty("verify", verify, "looks whether listings still stand", "upkeep", 1800.0, BATCH, cron="4-59/10 * * * * 15"),
    Duty("scan", scan, "asks the sources whose interval is over", "scan", 60.0, HOT, cron="*/5 * * * * 0"),
    SHORTLIST,
    Duty("discover_keywords", discover_keywords, "finds keywords", "analyse", 900.0, BATCH, cron="10 */6 * * * 0"),
    Duty("watch", watch, "sees what rises and has it judged at once", "upkeep", 60.0, HOT, cron="* * * * * 5"),
    Duty("health", health, "looks whether anything needs a person", "upkeep", 60.0, cron="*/5 * * * * 30"),
    Duty("tell", tell, "sends notices that wait", "upkeep", 120.0, cron="* * * * * 20"),
    Duty("resume", resume, "goes on with what a killed process left", "analyse", 900.0, cron="2-59/5 * * * * 40"),
    Duty("promote", promote, "divides the day's money", "upkeep", 600.0, cron="5-59/30 * * * * 10"),
    Duty("age", age, "puts designs away that nobody uses", "upkeep", 1800.0, BATCH, cron="50 */1 * * * 0"),
    Duty("tidy", tidy, "clears away what is kept no longer", "upkeep", 3600.0, BATCH, cron="30 3 * * * 0"),
)


def duties(stalled_s: float) -> tuple[Duty, ...]:
    """All there are. Whoever reaps may be killed as well, so reaping does not wait for the one that began."""
    cron = reap_cron(stalled_s)
    reaping = Duty("reap", reap, "lets jobs of dead workers go on", "upkeep", 60.0, HOT, cron=cron, alone=False)
    return (*TICKS, reaping, PULL, JUDGE)


def lanes_of(queues: Sequence[str] = (), concurrency: int = 6) -> list[Lane]:
    """Slots for these queues, or all: `concurrency` for what is long, and a few apart for what must not wait."""
    shared = ((LONG, concurrency), *(((name,), URGENT) for name in APART))
    wanted = [(tuple(name for name in names if not queues or name in queues), slots) for names, slots in shared]
    return [Lane(names, slots) for names, slots in wanted if names]


async def work(works: Works, lanes: Sequence[Lane], tell: Tell, say: Callable[[str], None]) -> None:
    """Work off the lanes until cancelled, through every absence of the database; `say` is told of those."""
    settings = works.settings
    everything = duties(settings.stalled_s)

    async def recover(faults: Sequence[BaseException]) -> None:
        await _recover(settings, faults, say)

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    # What loads at its first use would hold up the heartbeat, and requests whose turn has come.
    await asyncio.to_thread(rehearse, SPECIALISTS)
    async with kept_up(settings), open_jobs(works.url, settings.tenant, everything) as app:
        watch = Watch({duty.name: duty for duty in everything}, tell)
        await serve(app, works, watch, lanes, settings.stalled_s, recover)


async def _recover(settings: Settings, faults: Sequence[BaseException], say: Callable[[str], None]) -> None:
    """Return when the database of the settings answers again."""
    say(f"interrupted: {error_line(faults[0].__cause__ or faults[0]) if faults else 'the database went away'}")
    while True:
        await asyncio.sleep(PAUSE_S)
        try:
            await asyncio.to_thread(prepared_url, settings)
        except (StoreError, OperationalError) as away:
            say(f"waiting: {error_line(away)}")
            continue
        say("at work again")
        return


async def _judge_at_once(desk: Desk[Works], idea_id: UUID, run_id: UUID | None = None) -> bool:
    """Before everything else, though it may wait to be judged already: that one then finds a newer decision."""
    return await desk.defer(JUDGE, str(idea_id), queue="hot", beside="hot", **_case(idea_id, desk.moment, run_id))


def _case(idea_id: UUID, as_of: datetime, run_id: UUID | None = None) -> dict[str, Any]:
    return {"idea_id": str(idea_id), "as_of": as_of.isoformat(), "run_id": str(run_id) if run_id else None}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


def _not_decided(desk: Desk[Works], chosen: Sequence[UUID]) -> list[UUID]:
    with connect(desk.works.url, desk.tenant) as connection:
        decided = decided_within(connection, chosen, REST)
    return [each for each in chosen if each not in decided]


def _open(desk: Desk[Works], known: Sequence[UUID]) -> list[UUID]:
    """Those that may be judged: subjects that no person has answered."""
    if not known:
        return []
    with connect(desk.works.url, desk.tenant) as connection:
        return sorted(open_ideas(connection, known))


def _risen(desk: Desk[Works]) -> dict[str, UUID | None]:
    """What rises as of the tick, by key, with the idea it is known as.

    A spike is told once: what this tick stored and, killed, did not pass on is read back.
    """
    spikes = desk.works.spikes.watch(desk.moment)
    with connect(desk.works.url, desk.tenant) as connection:
        stored = load_spikes(connection, desk.moment - timedelta(seconds=1), MOST_SPIKES)
        keys = [row.key for row in stored if row.recorded_at == desk.moment and row.kind == "subject"]
        known = find_known(connection, keys)
    told = {key: known[key][0] if key in known else None for key in keys}
    return told | {each.key: each.idea_id for each in spikes}


def _named(desk: Desk[Works], idea_id: UUID, revision: int) -> str:
    """An idea as a person reads it, with its verdict."""
    with connect(desk.works.url, desk.tenant) as connection:
        found = find_verdict(connection, idea_id, revision)
    return f"{found[0]}: {found[1]}" if found else "not decided"


def _rising(desk: Desk[Works], keys: Sequence[str]) -> list[UUID]:
    if not keys:
        return []
    with connect(desk.works.url, desk.tenant) as connection:
        return sorted(open_ideas(connection, ideas_of_keys(connection, keys)))


def _bury_untold(desk: Desk[Works]) -> int:
    with connect(desk.works.url, desk.tenant) as connection:
        return bury_untold(connection)
