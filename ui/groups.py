"""Groups of commands: review, keywords, weights, jobs, members, db and others. As `ui/cli.py`, only what help needs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ui.options import Idea, Json, Reason, opened

review = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Answer the decisions that wait for a person.")
database = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The database: embedded, or the one in DATABASE_URL."
)
words = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keywords: what scans prefer.")
weighed = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Weights: what the score counts how much.")
queued = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Jobs that failed for good.")
held = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Rows that were refused.")
invited = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Members: who may come in, and their keys.")


Weight = Annotated[float | None, typer.Option(min=0, max=1000, show_default=False)]


class Status(StrEnum):
    """Which ideas `review list` shows."""

    WAITING = "waiting"
    DECIDED = "decided"
    ALL = "all"


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


@weighed.command("list")
def weights_list(context: typer.Context, as_json: Json = False) -> None:
    """Every version, the newest first: who set it and why."""
    from ui.commands import weighing

    weighing.show(opened(context, as_json))


@weighed.command("set")
def weights_set(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why; the history shows it.")],
    freshness: Weight = None,
    engagement: Weight = None,
    novelty: Weight = None,
    community_fit: Weight = None,
    seasonality: Weight = None,
    as_json: Json = False,
) -> None:
    """Set a new version; what is left out stays. Only proportions count."""
    from ui.commands import weighing

    five = {"freshness": freshness, "engagement": engagement, "novelty": novelty, "community_fit": community_fit,
            "seasonality": seasonality}  # fmt: skip
    changes = {name: weight for name, weight in five.items() if weight is not None}
    weighing.set_anew(opened(context, as_json), changes, reason)


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


@held.command("list")
def quarantine_list(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="A file's id or name: its rows.")] = None,
    as_json: Json = False,
) -> None:
    """Which rows of which files were refused, and why."""
    from ui.commands import quarantining

    quarantining.show(opened(context, as_json), file)


@held.command("retry")
def quarantine_retry(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file's id or name.")],
    rows: Annotated[list[int] | None, typer.Option("--row", metavar="N", help="Only this row; several times.")] = None,
    again: Annotated[Path | None, typer.Option("--from", metavar="PATH", help="The same file, brought again.")] = None,
    as_json: Json = False,
) -> None:
    """Try refused rows again with today's reader."""
    from ui.commands import quarantining

    quarantining.retry(opened(context, as_json), file, rows or [], again)


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


Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="As the audit log names them.")]
Tier = Annotated[str | None, typer.Option("--tier", metavar="TIER", help="One of the settings' tiers.")]
RoleOf = Annotated[str, typer.Option("--role", metavar="ROLE", help="One of creator, business, admin.")]


@invited.command("list")
def members_list(context: typer.Context, as_json: Json = False) -> None:
    """Everybody, and the keys they hold."""
    from ui.commands import people

    people.show(opened(context, as_json))


@invited.command("add")
def members_add(
    context: typer.Context,
    handle: Handle,
    role: RoleOf = "creator",
    tier: Tier = None,
    name: Annotated[str, typer.Option("--name", help="As people read it; forgotten with the member.")] = "",
    as_json: Json = False,
) -> None:
    """Let somebody in."""
    from ui.commands import people

    people.add(opened(context, as_json), handle, role, tier, name)


@invited.command("role")
def members_role(
    context: typer.Context,
    handle: Handle,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="One of creator, business, admin.")],
    tier: Tier = None,
    as_json: Json = False,
) -> None:
    """Give somebody another role."""
    from ui.commands import people

    people.set_role(opened(context, as_json), handle, role, tier)


@invited.command("remove")
def members_remove(context: typer.Context, handle: Handle, as_json: Json = False) -> None:
    """Forget who somebody is and end their keys."""
    from ui.commands import people

    people.remove(opened(context, as_json), handle)


@invited.command("key")
def members_key(
    context: typer.Context,
    handle: Handle,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=3650, help="How long it is good.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Give somebody a key, shown once."""
    from ui.commands import people

    people.give_key(opened(context, as_json), handle, label, days)


@invited.command("revoke")
def members_revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY_ID", help="The id of a key, as `members list` shows it.")],
    as_json: Json = False,
) -> None:
    """End a key and the tokens it was exchanged for."""
    from ui.commands import people

    people.revoke(opened(context, as_json), key)


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
