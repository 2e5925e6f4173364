"""The command line: signals in, a shortlist out, and a person's answers.

This module holds only what `--help` needs; each command's work is imported when it is called, so that help answers in
well under half a second. Exit codes: 0 done, 1 something failed that is not the caller's doing, 2 bad usage (one line).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ui.call import Broken, Call, Fault
from ui.designs import kept
from ui.groups import database, held, invited, queued, review, weighed, words
from ui.listings import launch, marketplaces, offered
from ui.options import AsOf, Idea, Json, opened
from ui.outcomes import counted, promote, tried
from ui.studio import batched, branded, design

SUITES = {
    name: f"evals.{name}"
    for name in (
        "agents",
        "bandit",
        "dedupe",
        "ideas",
        "injection",
        "keywords",
        "lead_lag",
        "ope",
        "pacing",
        "pii",
        "regret",
        "rl",
        "spikes",
        "studio",
        "style",
        "trademark",
        "trends",
        "weights",
    )
}
BENCHES = {
    name: f"evals.bench.{name}"
    for name in (
        "analyze",
        "api",
        "bandit",
        "batch",
        "console",
        "dedupe",
        "ended",
        "jobs",
        "kill",
        "launch",
        "publish",
        "replay",
        "scan",
        "score",
        "sdxl",
        "soak",
        "throughput",
        "train",
        "validate",
    )
}

app = typer.Typer(
    name="bellwether",
    help="From a rising signal to a decided product: scored ideas, twelve agents, a person's answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help costs half a second of imports
)
app.add_typer(review, name="review")
app.add_typer(words, name="keywords")
app.add_typer(weighed, name="weights")
app.add_typer(batched, name="batch")
app.add_typer(branded, name="brand")
app.command()(design)
app.add_typer(kept, name="designs")
app.command()(launch)
app.add_typer(offered, name="listings")
app.command()(marketplaces)
app.add_typer(counted, name="outcomes")
app.add_typer(tried, name="experiments")
app.command()(promote)
app.add_typer(queued, name="jobs")
app.add_typer(held, name="quarantine")
app.add_typer(invited, name="members")
app.add_typer(database, name="db")


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


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Explain what is on, what is skipped, what to set."""
    from ui.commands import checkup

    raise typer.Exit(checkup.doctor(opened(context, as_json)))


@app.command()
def api(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Where to listen; 0.0.0.0 is every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 is any that is free.")] = 8400,
) -> None:
    """Serve the HTTP API until told to stop."""
    from ui.commands import serving

    serving.serve_api(opened(context, False), host, port)


@app.command()
def console(
    context: typer.Context,
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; beyond this machine, people sign in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 is any that is free.")] = 8500,
) -> None:
    """Serve the review console until told to stop."""
    from ui.commands import serving

    serving.serve_console(opened(context, False), host, port)


@app.command()
def train(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Where policy, checkpoint and logs go.", show_default=False),
    ] = None,
    dynamics: Annotated[
        Path | None,
        typer.Option("--dynamics", metavar="FILE", help="Parameters of the simulator, in place of those that ship."),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--rows", metavar="CSV", help="Your own campaigns by listing and hour: the simulator is fitted to them."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1)] = 7,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", min=1, help="Days of campaigns at most; fewer once it stops growing.", show_default=False
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Teach a policy to pace promotion budgets, on simulated campaigns."""
    from ui.commands import training

    training.train(opened(context, as_json), folder, dynamics, rows, seed, steps, resume)


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
