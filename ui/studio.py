"""Studio: the commands of batches, brands and single designs. As `ui/cli.py`, only what help needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.options import Json, Reason, opened

batched = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Batches: a CSV in, print files out.")
branded = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Brands: the style of one to five images.")

Batch = Annotated[str, typer.Argument(metavar="BATCH", help="Its name, its id or the beginning of its id.")]
Brand = Annotated[str, typer.Option("--brand", metavar="NAME", help="Whose style; the house's own, if none.")]
Renderer = Annotated[str, typer.Option("--renderer", help="typographic, sdxl or openai.")]
Fallback = Annotated[
    str | None, typer.Option("--fallback", metavar="RENDERER", help="Who draws where that one stays down.")
]
Size = Annotated[str, typer.Option("--size", metavar="WxH", help="Pixels, at 300 DPI.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Of rows that bring none.")]
Places = Annotated[
    int | None, typer.Option("--places", min=1, max=64, help="Processes that draw; one a core.", show_default=False)
]
FULL = "4500x5400"


@batched.command("run")
def batch_run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV: id, text and what else there is.")],
    brand: Brand = "house",
    name: Annotated[str | None, typer.Option("--name", help="What it is called; the file's name, if none.")] = None,
    renderer: Renderer = "typographic",
    fallback: Fallback = None,
    size: Size = FULL,
    seed: Seed = 7,
    places: Places = None,
    background: Annotated[bool, typer.Option("--background", help="Leave it to the workers.")] = False,
    as_json: Json = False,
) -> None:
    """Draw a file of rows; the same file again goes on where it was."""
    from ui.commands import producing

    plan = producing.plan_of(renderer, fallback, size, seed)
    producing.run(opened(context, as_json), file, brand, name, plan, places, background)


@batched.command("list")
def batch_list(context: typer.Context, as_json: Json = False) -> None:
    """The newest batches and how far each has come."""
    from ui.commands import producing

    producing.show_list(opened(context, as_json))


@batched.command("show")
def batch_show(
    context: typer.Context,
    batch: Batch,
    status: Annotated[
        str | None, typer.Option("--status", help="Only rows that are waiting, drawing, done, dead or cancelled.")
    ] = None,
    as_json: Json = False,
) -> None:
    """One batch, row by row; why the dead ones are dead."""
    from ui.commands import producing

    producing.show(opened(context, as_json), batch, status)


@batched.command("export")
def batch_export(
    context: typer.Context,
    batch: Batch,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where to; made if it is not there.")],
    form: Annotated[str, typer.Option("--as", metavar="FORM", help="folder, zip, shopify or atlas.")] = "folder",
    as_json: Json = False,
) -> None:
    """Hand finished designs on, each file under its name, with a manifest."""
    from ui.commands import producing

    producing.export(opened(context, as_json), batch, form, to)


@batched.command("pause")
def batch_pause(context: typer.Context, batch: Batch, reason: Reason = None, as_json: Json = False) -> None:
    """Begin no more rows; those under way end."""
    from ui.commands import producing

    producing.move(opened(context, as_json), "pause", batch, reason)


@batched.command("resume")
def batch_resume(context: typer.Context, batch: Batch, reason: Reason = None, as_json: Json = False) -> None:
    """Go on, and ask a renderer that was down again at once."""
    from ui.commands import producing

    producing.move(opened(context, as_json), "resume", batch, reason)


@batched.command("cancel")
def batch_cancel(context: typer.Context, batch: Batch, reason: Reason = None, as_json: Json = False) -> None:
    """Give up all that is not done."""
    from ui.commands import producing

    producing.move(opened(context, as_json), "cancel", batch, reason)


@batched.command("retry")
def batch_retry(
    context: typer.Context,
    batch: Batch,
    rows: Annotated[list[str] | None, typer.Argument(metavar="[ROW]...", help="Ids of rows, done ones too.")] = None,
    everything: Annotated[bool, typer.Option("--failed", help="All dead letters.")] = False,
    as_json: Json = False,
) -> None:
    """Queue rows anew; with --failed all that are dead."""
    from ui.commands import producing

    producing.retry(opened(context, as_json), batch, rows or [], everything)


@batched.command("priority")
def batch_priority(
    context: typer.Context,
    batch: Batch,
    priority: Annotated[int, typer.Argument(metavar="N", min=-1000, max=1000, help="The higher goes first.")],
    row: Annotated[str | None, typer.Option("--row", metavar="ROW", help="Only this row that waits.")] = None,
    as_json: Json = False,
) -> None:
    """Let a batch, or a row of it, go before others."""
    from ui.commands import producing

    producing.prioritise(opened(context, as_json), batch, priority, row)


@branded.command("add")
def brand_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the style is called.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="One to five images in that style.")],
    as_json: Json = False,
) -> None:
    """Learn a style from images; the same name again is its next version."""
    from ui.commands import producing

    producing.add_brand(opened(context, as_json), name, images)


@branded.command("list")
def brand_list(context: typer.Context, as_json: Json = False) -> None:
    """Every brand as it is in force."""
    from ui.commands import producing

    producing.show_brands(opened(context, as_json))


@branded.command("show")
def brand_show(
    context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")], as_json: Json = False
) -> None:
    """What was measured of a brand: palette, terms, parameters."""
    from ui.commands import producing

    producing.show_brand(opened(context, as_json), name)


def design(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is lettered.")],
    keyword: Annotated[str, typer.Option("--keyword", help="The word that carries it.")] = "",
    hook: Annotated[str, typer.Option("--hook", help="What stands beneath: a year, a place.")] = "",
    product: Annotated[str, typer.Option("--product", help="shirt, mug, poster, tote, ...")] = "shirt",
    brand: Brand = "house",
    renderer: Renderer = "typographic",
    size: Size = FULL,
    seed: Seed = 7,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Copy its files there, under names, with a manifest.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw one design, as a batch of one; print where its files are."""
    from ui.commands import producing

    plan = producing.plan_of(renderer, None, size, seed)
    producing.design(opened(context, as_json), text, keyword, hook, product, brand, plan, to)
