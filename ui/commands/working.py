"""Working: the worker, and the dead letters of its jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ui.call import Call, Fault

if TYPE_CHECKING:
    from graphs.jobs import Lane, Line
    from graphs.product import Product

GRACE_S = 10.0
"""Beyond what jobs have to end: a thread that will not is left behind, everything it does can be done again."""
STOPPED = 130
STYLES = {"done": "green", "again": "yellow", "handed back": "yellow", "failed": "red"}


def work(call: Call, queues: Sequence[str], concurrency: int) -> None:
    """Work off the queues until told to stop."""
    from graphs.schedule import QUEUES, lanes_of
    from ui.opening import finish

    unknown = [name for name in queues if name not in QUEUES]
    if unknown:
        raise Fault(f"no queue {unknown[0]!r}: there are {', '.join(QUEUES)}")
    _remark(call, "starting")
    finish(_work(call, lanes_of(queues, concurrency)))


def dead(call: Call) -> None:
    """What failed for good."""
    from store.jobs import dead_letters
    from ui.opening import session

    with session(call) as connection:
        letters = dead_letters(connection)
    call.answer({"dead": letters}, lambda console: _draw_dead(console, letters))


def retry(call: Call, job: int | None, everything: bool) -> None:
    """Queue one dead letter, or all, anew."""
    from graphs.people import Deed
    from store.audit import Entry, record_plainly
    from store.jobs import retry_dead
    from ui.opening import session

    if (job is None) != everything:
        raise Fault("say which: `bellwether jobs retry ID`, or --all")
    with session(call) as connection:
        raised = retry_dead(connection, job)
        if raised:
            subject = "" if job is None else f"job:{job}"
            record_plainly(connection, Entry(call.settings.actor, "cli", Deed.RETRY, subject))
    if job is not None and not raised:
        raise Fault(f"no dead letter of job {job}; `bellwether jobs dead` lists them")
    call.answer(
        {"retried": raised},
        lambda console: console.print(f"{len(raised)} queued again" if raised else "nothing is dead"),
    )


async def _work(call: Call, lanes: Sequence[Lane]) -> None:
    from graphs import schedule
    from ui.opening import product

    async with product(call) as opened:
        _announce(call, opened, lanes)
        worker = asyncio.create_task(
            schedule.work(opened, lanes, lambda line: _tell(call, line), lambda text: _remark(call, text))
        )
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, _stop, call, worker)
        await asyncio.gather(worker, return_exceptions=True)
        if not worker.cancelled():
            worker.result()
    _remark(call, "stopped")


def _stop(call: Call, worker: asyncio.Task[None]) -> None:
    """Ask once, the second time end; whatever is stuck in a thread does not keep the process for longer than is said.

    What is cut off goes on in the next worker.
    """
    from graphs.jobs import STOP_S

    if worker.cancelling():
        _remark(call, "stopped at once: what ran goes on in the next worker")
        os._exit(STOPPED)
    _remark(call, f"stopping: running jobs have {STOP_S:.0f} s to end; once more ends it now")
    worker.cancel()
    last = threading.Timer(STOP_S + GRACE_S, os._exit, [STOPPED])
    last.daemon = True
    last.start()


def _announce(call: Call, opened: Product, lanes: Sequence[Lane]) -> None:
    """What this worker will do."""
    from graphs.schedule import duties

    queues = {name for lane in lanes for name in lane.queues}
    for lane in lanes:
        _say(call, f"queues {', '.join(lane.queues)}: {lane.concurrency} at a time")
    for duty in duties(opened.settings.stalled_s):
        if duty.cron and duty.queue in queues:
            _say(call, f"  {duty.name:<18} {duty.title:<44} {how_often(duty.cron)}")
    if "scan" in queues:
        _say(call, "sources:")
        for name, reason in sorted(opened.pulls.skips.items()):
            _say(call, f"  {name:<18} {reason or 'on'}")
    if not call.as_json:
        _say(call, "Jobs that find nothing to do are not shown; --json shows all.")


def how_often(cron: str) -> str:
    """When a duty comes, in words: what the schedule uses of cron, minute and hour and last the second."""
    minute, hour, *_, second = cron.split()
    if second.startswith("*/"):
        return f"every {second[2:]} s"
    if hour.startswith("*/"):
        return f"every {hour[2:]} h"
    if hour != "*":
        return f"daily at {int(hour):02}:{int(minute):02} UTC"
    return "every minute" if minute == "*" else f"every {minute.rpartition('/')[2]} min"


def _tell(call: Call, line: Line) -> None:
    """How one job ended; people are spared what was done and has nothing to tell."""
    if call.as_json:
        _write({**asdict(line), "at": line.at.isoformat(), "seconds": round(line.seconds, 3)})
    elif line.said or line.outcome != "done":
        style = None if line.outcome == "done" else STYLES[line.outcome]
        call.aside.print(line_of(line), style=style, markup=False, soft_wrap=True)


def line_of(line: Line) -> str:
    """A job on one line: when, what, how it ended, how long it took, what it says, and of which idea."""
    source, idea = (str(line.args.get(name) or "") for name in ("source", "idea_id"))
    said = f"{line.said}  {idea}" if idea and idea not in line.said else line.said
    return f"{line.at:%H:%M:%S} {line.task:<18} {source:<14} {line.outcome:<11} {line.seconds:6.2f} s  {said}".rstrip()


def _say(call: Call, text: str) -> None:
    if call.as_json:
        _write({"said": text.strip()})
    else:
        call.aside.print(text, markup=False, soft_wrap=True)


def _remark(call: Call, text: str) -> None:
    """What happens to the worker itself, and when."""
    _say(call, text if call.as_json else f"{datetime.now(UTC):%H:%M:%S} {text}")


def _write(body: dict[str, Any]) -> None:
    import orjson

    sys.stderr.buffer.write(orjson.dumps(body, default=str) + b"\n")
    sys.stderr.flush()


def _draw_dead(console: Any, letters: Sequence[dict[str, Any]]) -> None:
    if not letters:
        console.print("nothing is dead")
        return
    for each in letters:
        args = ", ".join(f"{name}={value}" for name, value in each["args"].items())
        console.print(f"{each['job_id']:>8}  {each['at']:%Y-%m-%d %H:%M}  {each['task']}({args})", markup=False)
        console.print(f"          {each['error']}", style="red", markup=False, soft_wrap=True)
    console.print("`bellwether jobs retry ID`, or --all, queues them again", style="dim", markup=False)
