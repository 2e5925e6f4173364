"""Designs: the commands of the library of finished designs. As `ui/cli.py`, only what help needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.options import Json, Reason, opened

kept = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Designs: search, look, name, hand on, delete.")

Design = Annotated[str, typer.Argument(metavar="DESIGN", help="Its id, or the beginning or end of it.")]
Designs = Annotated[list[str], typer.Argument(metavar="DESIGN...", help="Ids, or beginnings or ends of ids.")]
Folder = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to; made if it is not there.")]
Copy = Annotated[Path | None, typer.Option("--to", metavar="PATH", help="Copy it there: a folder, or a file's name.")]
Form = Annotated[str, typer.Option("--as", metavar="FORM", help="folder, zip, shopify or atlas.")]


@kept.command("list")
def designs_list(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="In its text, keyword or tags.")
    ] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Has it; may be repeated.")] = None,
    category: Annotated[str, typer.Option("--category", metavar="NAME")] = "",
    brand: Annotated[str, typer.Option("--brand", metavar="NAME")] = "",
    batch: Annotated[str, typer.Option("--batch", metavar="BATCH", help="Its name or id.")] = "",
    product: Annotated[str, typer.Option("--product", metavar="NAME", help="shirt, mug, poster, tote, ...")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="Finished on that day or later, UTC.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="Finished on that day or before.")] = "",
    score: Annotated[float | None, typer.Option("--score", min=0, max=1, help="At least so like its brand.")] = None,
    tier: Annotated[str, typer.Option("--tier", help="hot, archive or cold.")] = "",
    order: Annotated[str, typer.Option("--order", help="newest or score.")] = "newest",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that were deleted.")] = False,
    versions: Annotated[bool, typer.Option("--versions", help="Older versions too.")] = False,
    most: Annotated[int, typer.Option("--limit", min=1, max=500)] = 50,
    after: Annotated[str, typer.Option("--after", metavar="CURSOR", help="The next page of a list.")] = "",
    as_json: Json = False,
) -> None:
    """Finished designs that are all that is asked for."""
    from ui.commands import curating

    call = opened(context, as_json)
    asked = curating.Asked(
        " ".join(words or ()), tuple(tags or ()), category, brand, batch, product, since, until, score, tier, order,
        deleted, versions,
    )  # fmt: skip
    curating.show_list(call, asked, most, after)


@kept.command("show")
def designs_show(context: typer.Context, design: Design, as_json: Json = False) -> None:
    """All of one: how it was made and judged, its files, versions, twins, and what happened to it."""
    from ui.commands import curating

    curating.show(opened(context, as_json), design)


@kept.command("similar")
def designs_similar(
    context: typer.Context,
    design: Design,
    most: Annotated[int, typer.Option("--limit", min=1, max=100)] = 12,
    as_json: Json = False,
) -> None:
    """Those that look most like it, the same drawing first."""
    from ui.commands import curating

    curating.show_similar(opened(context, as_json), design, most)


@kept.command("duplicates")
def designs_duplicates(context: typer.Context, as_json: Json = False) -> None:
    """Groups of designs that are the same drawing."""
    from ui.commands import curating

    curating.show_duplicates(opened(context, as_json))


@kept.command("category")
def designs_category(
    context: typer.Context,
    design: Design,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What it is of; nothing: as the rule says.")] = "",
    as_json: Json = False,
) -> None:
    """Say what it is of; no rule changes that."""
    from ui.commands import curating

    curating.set_category(opened(context, as_json), design, name)


@kept.command("tag")
def designs_tag(
    context: typer.Context,
    design: Design,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...")],
    remove: Annotated[bool, typer.Option("--remove", help="Take them away.")] = False,
    as_json: Json = False,
) -> None:
    """Say by what it is to be found."""
    from ui.commands import curating

    curating.tag(opened(context, as_json), design, tags, remove)


@kept.command("delete")
def designs_delete(context: typer.Context, designs: Designs, reason: Reason = None, as_json: Json = False) -> None:
    """Show them no more; nothing of them is lost."""
    from ui.commands import curating

    curating.move(opened(context, as_json), "delete", designs, reason)


@kept.command("restore")
def designs_restore(context: typer.Context, designs: Designs, reason: Reason = None, as_json: Json = False) -> None:
    """Show deleted ones again; let an older version stand."""
    from ui.commands import curating

    curating.move(opened(context, as_json), "restore", designs, reason)


@kept.command("redraw")
def designs_redraw(
    context: typer.Context,
    design: Design,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**31 - 1, help="Another one, if not given.", show_default=False)
    ] = None,
    reason: Reason = None,
    as_json: Json = False,
) -> None:
    """Queue its next version, by another seed."""
    from ui.commands import curating

    curating.redraw(opened(context, as_json), design, seed, reason)


@kept.command("mockup")
def designs_mockup(
    context: typer.Context,
    design: Design,
    product: Annotated[str, typer.Option("--product", help="shirt, mug, poster or tote; its own, if none.")] = "",
    side: Annotated[str, typer.Option("--side", help="front or back.")] = "front",
    colour: Annotated[str, typer.Option("--colour", help="Of the product; what suits it, if none.")] = "",
    to: Copy = None,
    as_json: Json = False,
) -> None:
    """Show it on a product, as a picture of 1200 x 1200."""
    from ui.commands import curating

    curating.mock_up(opened(context, as_json), design, product, side, colour, to)


@kept.command("export")
def designs_export(
    context: typer.Context, designs: Designs, to: Folder, form: Form = "folder", as_json: Json = False
) -> None:
    """Hand chosen ones on, each under a name, with a manifest."""
    from ui.commands import curating

    curating.export(opened(context, as_json), designs, form, to)


@kept.command("open")
def designs_open(
    context: typer.Context,
    design: Design,
    kind: Annotated[str, typer.Argument(metavar="[FILE]", help="print, press, thumb or vectors.")] = "print",
    to: Copy = None,
    as_json: Json = False,
) -> None:
    """Say where one of its files lies; brought back if it was put away."""
    from ui.commands import curating

    curating.open_file(opened(context, as_json), design, kind, to)
