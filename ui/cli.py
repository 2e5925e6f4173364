"""The command line: signals in, a shortlist out, and a person's answers.

This module holds only what `--help` needs; each command's work is imported when it is called, so that help answers in
well under half a second. Exit codes: 0 done, 1 something failed that is not the caller's doing, 2 bad usage (one line).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ui.call import Broken, Call, Fault

SUITES = {
    name: f"evals.{name}"
    for name in ("agents", "dedupe", "ideas", "injection", "keywords", "lead_lag", "pii", "spikes", "trends")
}
BENCHES = {
    name: f"evals.bench.{name}"
    for name in ("analyze", "dedupe", "ended", "jobs", "replay", "scan", "score", "soak", "throughput")
}

app = typer.Typer(
    name="bellwether",
    help="From a rising signal to a decided product: scored ideas, twelve agents, a person's answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help costs half a second of imports
)
review = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Answer the decisions that wait for a person.")
database = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The database: embedded, or the one in DATABASE_URL."
)
words = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keywords: what scans prefer.")
queued = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Jobs that failed for good.")
app.add_typer(review, name="review")
app.add_typer(words, name="keywords")
app.add_typer(queued, name="jobs")
app.add_typer(database, name="db")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
Idea = Annotated[str, typer.Argument(help="An idea: its id, the beginning of its id, or its phrase.", metavar="IDEA")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="Judge as of this time (2017-10-05 is the end of that day, UTC)."),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why.")]


class Status(StrEnum):
    """Which ideas `review list` shows."""

    WAITING = "waiting"
    DECIDED = "decided"
    ALL = "all"


@app.callback()
def bellwether(
    context: typer.Context,
    sample: Annotated[
        bool, typer.Option("--sample", help="Work on the sample that ships, in a database of its own.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Opens the call that every command shares."""
    context.obj = Call(sample=sample, as_json=as_json)


def opened(context: typer.Context, as_json: bool) -> Call:
    """The call, with --json wherever it stood."""
    call: Call = context.obj
    call.as_json = call.as_json or as_json
    return call


@app.command()
def run(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="PATH", help="A file or folder to take in; may be given several times."),
    ] = None,
    as_of: AsOf = None,
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, max=500, help="How many ideas the agents judge (10).", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take files in, score the ideas, let the agents judge."""
    from ui.commands import running

    running.run(opened(context, as_json), paths or [], as_of, top)


@app.command()
def analyze(context: typer.Context, idea: Idea, as_json: Json = False) -> None:
    """Let the twelve agents judge one idea."""
    from ui.commands import running

    running.analyze(opened(context, as_json), idea)


@app.command()
def report(
    context: typer.Context,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write the HTML file.")] = None,
    as_json: Json = False,
) -> None:
    """Write the newest run as one HTML file."""
    from ui.commands import running

    running.report(opened(context, as_json), output)


@app.command()
def scan(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Live sources; all, if none.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask live sources now."""
    from ui.commands import scanning

    scanning.scan(opened(context, as_json), sources or [])


@app.command()
def worker(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option("--queues", metavar="A,B", help="Only these of hot, scan, analyse, upkeep.")
    ] = "",
    concurrency: Annotated[
        int,
        typer.Option("--concurrency", min=1, max=64, help="Long jobs at a time; a few slots more are for hot ones."),
    ] = 6,
    as_json: Json = False,
) -> None:
    """Do by schedule what is to be done, day and night."""
    from ui.commands import working

    working.work(opened(context, as_json), [name for name in queues.split(",") if name], concurrency)


@app.command()
def status(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Again every few seconds.")] = False,
    as_json: Json = False,
) -> None:
    """Queues, sources, limits, spend, what is hot, how fast."""
    from ui.commands import status as page

    page.status(opened(context, as_json), watch)


@app.command()
def notify(
    context: typer.Context,
    test: Annotated[bool, typer.Option("--test", help="Send one notice to every channel now.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Let what failed be tried again.")] = False,
    as_json: Json = False,
) -> None:
    """Which notices went out, wait or failed."""
    from ui.commands import notifying

    notifying.notify(opened(context, as_json), test, again)


@words.command("list")
def keywords_list(context: typer.Context, as_json: Json = False) -> None:
    """Every living keyword, what scans prefer first."""
    from ui.commands import scanning

    scanning.show_keywords(opened(context, as_json))


@words.command("add")
def keywords_add(context: typer.Context, phrase: str, as_json: Json = False) -> None:
    """Let scans look for a phrase until it is removed."""
    from ui.commands import scanning

    scanning.add_keyword(opened(context, as_json), phrase)


@words.command("remove")
def keywords_remove(context: typer.Context, phrase: str, as_json: Json = False) -> None:
    """Look for a phrase no longer."""
    from ui.commands import scanning

    scanning.remove_keyword(opened(context, as_json), phrase)


@words.command("discover")
def keywords_discover(context: typer.Context, as_json: Json = False) -> None:
    """Find what is beginning to rise; the worker does it every six hours."""
    from ui.commands import scanning

    scanning.discover_keywords(opened(context, as_json))


@queued.command("dead")
def jobs_dead(context: typer.Context, as_json: Json = False) -> None:
    """What failed for good, and why."""
    from ui.commands import working

    working.dead(opened(context, as_json))


@queued.command("retry")
def jobs_retry(
    context: typer.Context,
    job: Annotated[int | None, typer.Argument(metavar="[ID]", help="The number of a dead job.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: Json = False,
) -> None:
    """Queue a dead job anew."""
    from ui.commands import working

    working.retry(opened(context, as_json), job, everything)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Explain what is on, what is skipped, what to set."""
    from ui.commands import checkup

    raise typer.Exit(checkup.doctor(opened(context, as_json)))


@app.command("eval")
def evaluate(
    context: typer.Context,
    suite: Annotated[str, typer.Argument(metavar="SUITE", help=f"One of: {', '.join(sorted(SUITES))}.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="PATH", help="What to measure on; some suites bring their own.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1)] = 7,
    ablate: Annotated[bool, typer.Option("--ablate", help="agents: leave each specialist out in turn.")] = False,
    small: Annotated[bool, typer.Option("--small", help="The size that CI runs.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="injection, agents: at most so many.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how good it is; last line: one JSON object."""
    from ui.commands import measuring

    measuring.evaluate(opened(context, as_json), SUITES, suite, data, seed, ablate=ablate, small=small, limit=limit)


@app.command()
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of: {', '.join(sorted(BENCHES))}.")],
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1)] = 7,
    small: Annotated[bool, typer.Option("--small", help="The size that CI runs.")] = False,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.2, max=1440, help="soak: how long (20).", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how fast it is; last line: one JSON object."""
    from ui.commands import measuring

    measuring.bench(opened(context, as_json), BENCHES, name, seed, small, minutes=minutes)


@review.command("list")
def review_list(
    context: typer.Context,
    status: Annotated[Status, typer.Option("--status", help="Which ideas.")] = Status.WAITING,
    as_json: Json = False,
) -> None:
    """The decisions that wait for an answer, best score first."""
    from ui.commands import reviewing

    reviewing.show_list(opened(context, as_json), status.value)


@review.command("show")
def review_show(
    context: typer.Context,
    idea: Idea,
    rows: Annotated[int, typer.Option("--rows", min=0, max=20, help="Source rows shown under each fact.")] = 3,
    as_json: Json = False,
) -> None:
    """One decision, each figure down to its source rows."""
    from ui.commands import reviewing

    reviewing.show(opened(context, as_json), idea, rows)


@review.command("approve")
def review_approve(context: typer.Context, idea: Idea, reason: Reason = None, as_json: Json = False) -> None:
    """Say yes."""
    from ui.commands import reviewing

    reviewing.answer(opened(context, as_json), "approve", idea, reason)


@review.command("reject")
def review_reject(
    context: typer.Context,
    idea: Idea,
    reason: Annotated[str, typer.Option("--reason", help="Why; a rejection needs a reason.")],
    as_json: Json = False,
) -> None:
    """Say no, and why."""
    from ui.commands import reviewing

    reviewing.answer(opened(context, as_json), "reject", idea, reason)


@review.command("edit")
def review_edit(
    context: typer.Context,
    idea: Idea,
    phrase: Annotated[str | None, typer.Option("--phrase", help="Another wording.")] = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Another audience.")] = None,
    product: Annotated[str | None, typer.Option("--product", help="Another product format: shirt, mug, ...")] = None,
    price_cents: Annotated[int | None, typer.Option("--price-cents", min=1, help="Another price, in cents.")] = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Say yes with changes."""
    from ui.commands import reviewing

    edits = {"phrase": phrase, "audience": audience, "product_format": product, "price_cents": price_cents}
    reviewing.edit(
        opened(context, as_json), idea, {key: text for key, text in edits.items() if text is not None}, reason
    )


@review.command("respond")
def review_respond(
    context: typer.Context,
    idea: Idea,
    note: Annotated[str, typer.Option("--note", help="What the agents should take into account.")],
    as_json: Json = False,
) -> None:
    """Send it back to the agents with a note."""
    from ui.commands import reviewing

    reviewing.answer(opened(context, as_json), "respond", idea, note)


@review.command("ignore")
def review_ignore(context: typer.Context, idea: Idea, reason: Reason = None, as_json: Json = False) -> None:
    """Put it away without a verdict."""
    from ui.commands import reviewing

    reviewing.answer(opened(context, as_json), "ignore", idea, reason)


@review.command("undo")
def review_undo(context: typer.Context, idea: Idea, as_json: Json = False) -> None:
    """Take the last answer back, while its undo window is open."""
    from ui.commands import reviewing

    reviewing.undo(opened(context, as_json), idea)


@database.command("start")
def db_start(context: typer.Context, as_json: Json = False) -> None:
    """Start the embedded servers."""
    from ui.commands import keeping

    keeping.start(opened(context, as_json))


@database.command("stop")
def db_stop(context: typer.Context, as_json: Json = False) -> None:
    """Stop the embedded servers; the data stays."""
    from ui.commands import keeping

    keeping.stop(opened(context, as_json))


@database.command("migrate")
def db_migrate(context: typer.Context, as_json: Json = False) -> None:
    """Bring the schema up to date."""
    from ui.commands import keeping

    keeping.migrate(opened(context, as_json))


@database.command("reset")
def db_reset(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Empty the database: every signal, idea, decision and review in it."""
    from ui.commands import keeping

    keeping.reset(opened(context, as_json), yes)


@database.command("status")
def db_status(context: typer.Context, as_json: Json = False) -> None:
    """Where the database is and whether it answers."""
    from ui.commands import keeping

    keeping.status(opened(context, as_json))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Expected faults end as one line on standard error."""
    command = typer.main.get_command(app)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(words, prog_name="bellwether", standalone_mode=False)
    except Fault as fault:
        return tell(str(fault), 2)
    except Broken as failure:
        return tell(str(failure), 1)
    except typer.TyperException as error:
        return tell(_one_line(error), getattr(error, "exit_code", 2))
    except (typer.Abort, KeyboardInterrupt):
        return tell("stopped", 130)
    except BrokenPipeError:
        return 1
    return code if isinstance(code, int) else 0


def tell(line: str, code: int) -> int:
    """One line on standard error, and the exit code."""
    print(f"bellwether: {' '.join(line.split())}", file=sys.stderr)
    return code


def _one_line(error: Exception) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    message = "a command is missing" if message.startswith("Usage:") else message.rstrip(".")
    hint = getattr(getattr(error, "ctx", None), "command_path", "bellwether")
    return f"{message} (see {hint} --help)" if message else f"see {hint} --help"


if __name__ == "__main__":
    sys.exit(main())
