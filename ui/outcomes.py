"""Outcomes and experiments: the commands that bring what became of listings. As `ui/cli.py`, only what help needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.options import Json, opened

counted = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What became of listings: bring counts, look at them."
)
tried = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Small tests by e-mail or advertisements: begin, look, end."
)
Experiment = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name or its id.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=500)]


@counted.command("add")
def outcomes_add(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV: listing, date, and a column each of what counts.")
    ],
    source: Annotated[str, typer.Option("--source", metavar="WHO", help="Who counted: etsy, ads, ...")],
    as_json: Json = False,
) -> None:
    """Bring views, favourites, carts, orders, revenue, refunds; what cannot be is refused by its row."""
    from ui.commands import counting

    counting.add(opened(context, as_json), file, source)


@counted.command("list")
def outcomes_list(context: typer.Context, most: Most = 50, as_json: Json = False) -> None:
    """What was brought, and how much of it was new, restated, known or refused."""
    from ui.commands import counting

    counting.show_deliveries(opened(context, as_json), most)


@counted.command("refused")
def outcomes_refused(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id, as `outcomes list` shows it.")],
    most: Most = 50,
    as_json: Json = False,
) -> None:
    """The rows of a delivery that were refused, and why."""
    from ui.commands import counting

    counting.show_refused(opened(context, as_json), delivery, most)


@counted.command("show")
def outcomes_show(
    context: typer.Context,
    listing: Annotated[str, typer.Argument(metavar="LISTING", help="Its key, its id, or the beginning of its id.")],
    as_json: Json = False,
) -> None:
    """What became of a listing."""
    from ui.commands import counting

    counting.show_listing(opened(context, as_json), listing)


@tried.command("begin")
def experiments_begin(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    arms: Annotated[list[str], typer.Option("--arm", metavar="NAME", help="Two or more; the first is the control.")],
    kind: Annotated[str, typer.Option("--kind", help="email, ads or listing.")] = "email",
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="COUNT/COUNT", help="What succeeds, of what: clicks/impressions.")
    ] = "",
    least_lift: Annotated[
        float, typer.Option("--least-lift", help="The lift worth having: 0.1 is a tenth more.")
    ] = 0.1,
    as_json: Json = False,
) -> None:
    """Begin a test; its arms' counts come by `outcomes add`, as arm NAME/ARM."""
    from ui.commands import counting

    counting.begin(opened(context, as_json), name, arms, kind, outcome, least_lift)


@tried.command("list")
def experiments_list(context: typer.Context, most: Most = 50, as_json: Json = False) -> None:
    """The newest, each with what its arms came to."""
    from ui.commands import counting

    counting.show_experiments(opened(context, as_json), most)


@tried.command("show")
def experiments_show(context: typer.Context, experiment: Experiment, as_json: Json = False) -> None:
    """What it shows so far; it may be looked at any time."""
    from ui.commands import counting

    counting.show_experiment(opened(context, as_json), experiment)


@tried.command("end")
def experiments_end(
    context: typer.Context,
    experiment: Experiment,
    reason: Annotated[str, typer.Option("--reason", help="Why it is over.")] = "",
    as_json: Json = False,
) -> None:
    """It is over; what is counted later still counts."""
    from ui.commands import counting

    counting.end(opened(context, as_json), experiment, reason)


def promote(
    context: typer.Context,
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="2026-12-24; today, if it is left out.")] = "",
    as_json: Json = False,
) -> None:
    """Divide a day's money over what is live, or look at how it was divided."""
    from ui.commands import promoting

    promoting.promote(opened(context, as_json), day)
