"""Options that several commands share, and the call that each opens."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.call import Call

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
Idea = Annotated[str, typer.Argument(help="An idea: its id, the beginning of its id, or its phrase.", metavar="IDEA")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="Judge as of this time (2017-10-05 is the end of that day, UTC)."),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why.")]


def opened(context: typer.Context, as_json: bool) -> Call:
    """The call, with --json wherever it stood."""
    call: Call = context.obj
    call.as_json = call.as_json or as_json
    return call
