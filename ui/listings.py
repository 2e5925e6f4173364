"""Listings: the commands that put designs up for sale. As `ui/cli.py`, only what help needs."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.options import Json, Reason, opened

offered = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Listings: look, change, approve, retry, end, where from."
)

Listing = Annotated[str, typer.Argument(metavar="LISTING", help="Its key, its id, or the beginning of its id.")]
Listings = Annotated[list[str], typer.Argument(metavar="LISTING...", help="Keys, ids, or beginnings of ids.")]
Ways = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="SHOP:LANGUAGE", help="folder:en, etsy:de, ...; may be repeated."),
]


def launch(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="IDEA|DESIGN", help="An idea that has a design, or a design's id.")],
    to: Ways = None,
    yes: Annotated[bool, typer.Option("--yes", help="Approve at once what no gate blocks.")] = False,
    as_json: Json = False,
) -> None:
    """Draw up listings of an idea's design and have the gates look at them."""
    from ui.commands import launching

    launching.launch(opened(context, as_json), what, to or [], yes)


def marketplaces(context: typer.Context, as_json: Json = False) -> None:
    """Where listings can go, what each lacks and what it takes."""
    from ui.commands import launching

    launching.show_marketplaces(opened(context, as_json))


@offered.command("list")
def listings_list(
    context: typer.Context,
    status: Annotated[
        str, typer.Option("--status", help="blocked, waiting, queued, live, refused, dead, ended, ...")
    ] = "",
    marketplace: Annotated[str, typer.Option("--marketplace", metavar="SHOP")] = "",
    most: Annotated[int, typer.Option("--limit", min=1, max=500)] = 50,
    as_json: Json = False,
) -> None:
    """The last that changed, and how many there are of each status."""
    from ui.commands import launching

    launching.show_list(opened(context, as_json), status, marketplace, most)


@offered.command("show")
def listings_show(context: typer.Context, listing: Listing, as_json: Json = False) -> None:
    """One whole: texts, gates, what went out, what happened."""
    from ui.commands import launching

    launching.show(opened(context, as_json), listing)


@offered.command("origin")
def listings_origin(context: typer.Context, listing: Listing, as_json: Json = False) -> None:
    """Where it comes from: idea, decision, facts, design, who approved."""
    from ui.commands import launching

    launching.show_origin(opened(context, as_json), listing)


@offered.command("diff")
def listings_diff(context: typer.Context, listing: Listing, as_json: Json = False) -> None:
    """What a push would change at the marketplace now; nothing goes out."""
    from ui.commands import launching

    launching.show_diff(opened(context, as_json), listing)


@offered.command("approve")
def listings_approve(context: typer.Context, listings: Listings, reason: Reason = None, as_json: Json = False) -> None:
    """Yes: they go out when the undo window is over."""
    from ui.commands import launching

    launching.answer(opened(context, as_json), "approve", listings, reason)


@offered.command("decline")
def listings_decline(context: typer.Context, listings: Listings, reason: Reason = None, as_json: Json = False) -> None:
    """No, and why."""
    from ui.commands import launching

    launching.answer(opened(context, as_json), "decline", listings, reason)


@offered.command("undo")
def listings_undo(context: typer.Context, listings: Listings, as_json: Json = False) -> None:
    """Take an answer back while its window is open: a yes that has not gone out, or a no."""
    from ui.commands import launching

    launching.answer(opened(context, as_json), "withdraw", listings, None)


@offered.command("retry")
def listings_retry(context: typer.Context, listings: Listings, reason: Reason = None, as_json: Json = False) -> None:
    """Push again what is dead or refused, as it was approved."""
    from ui.commands import launching

    launching.answer(opened(context, as_json), "retry", listings, reason)


@offered.command("end")
def listings_end(context: typer.Context, listings: Listings, reason: Reason = None, as_json: Json = False) -> None:
    """Take them off sale."""
    from ui.commands import launching

    launching.answer(opened(context, as_json), "end", listings, reason)


@offered.command("pass")
def listings_pass(
    context: typer.Context,
    listing: Listing,
    gates: Annotated[list[str], typer.Option("--gate", metavar="GATE", help="Which; may be repeated.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may pass; kept for good.")],
    as_json: Json = False,
) -> None:
    """Let a gate pass that blocks it."""
    from ui.commands import launching

    launching.let_pass(opened(context, as_json), listing, gates, reason)


@offered.command("edit")
def listings_edit(
    context: typer.Context,
    listing: Listing,
    title: Annotated[str | None, typer.Option("--title")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    bullets: Annotated[list[str] | None, typer.Option("--bullet", help="All of them, one each.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="All of them, one each.")] = None,
    price: Annotated[str | None, typer.Option("--price", metavar="AMOUNT", help="24.99, in its own currency.")] = None,
    quantity: Annotated[int | None, typer.Option("--quantity")] = None,
    as_json: Json = False,
) -> None:
    """Change the draft; the gates look at it again."""
    from ui.commands import launching

    edits = {
        "title": title, "description": description, "bullets": bullets or None, "tags": tags or None, "price": price,
        "quantity": quantity,
    }  # fmt: skip
    launching.edit(opened(context, as_json), listing, {name: told for name, told in edits.items() if told is not None})


@offered.command("up")
def listings_up(
    context: typer.Context,
    listing: Listing,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where buyers see it.")],
    as_json: Json = False,
) -> None:
    """Say that a package was uploaded by hand, and where it stands."""
    from ui.commands import launching

    launching.say_up(opened(context, as_json), listing, address)


@offered.command("push")
def listings_push(context: typer.Context, as_json: Json = False) -> None:
    """Push here what is approved, until nothing is left; workers do it by themselves."""
    from ui.commands import launching

    launching.push(opened(context, as_json))
