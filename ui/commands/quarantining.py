"""Quarantining: rows that were refused, file by file, and trying them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ui.call import Call, Fault

if TYPE_CHECKING:
    from graphs.product import Product
    from graphs.quarantine import Retried

MOST_FILES, MOST_ROWS = 100, 200
Row = dict[str, Any]


def show(call: Call, file: str | None) -> None:
    """Files with quarantined rows and why, the newest first; or the rows of one."""
    from ui.opening import finish

    rows = finish(_load(call, file))
    call.answer({"files" if file is None else "rows": rows}, lambda console: _draw(console, rows, file))


def retry(call: Call, file: str, rows: Sequence[int], again: Path | None) -> None:
    """Try rows of a file again: those named, or all; from the file where it is given again."""
    from graphs.quarantine import ContentGone, QuarantineError
    from ui.opening import finish

    if again is not None and not again.is_file():
        raise Fault(f"no file {str(again)!r}")
    try:
        done = finish(_retry(call, file, list(rows) or None, again))
    except ContentGone as gone:
        raise Fault(f"{gone} (--from PATH)") from None
    except QuarantineError as error:
        raise Fault(str(error)) from None
    said = f"{done.tried:,} tried: {done.stored:,} stored, {done.repeated:,} known already, {done.failed:,} stay"
    said += f" ({done.reason})" if done.reason else ""
    call.answer(asdict(done), lambda console: console.print(said, markup=False))


async def _load(call: Call, file: str | None) -> list[Row]:
    from store.quarantine import load_quarantine
    from ui.opening import product

    async with product(call) as opened, opened.pool.connection() as connection:
        if file is None:
            return await load_quarantine(connection, MOST_FILES)
        return await load_quarantine(connection, MOST_ROWS, file=await _find(opened, file))


async def _retry(call: Call, file: str, rows: list[int] | None, again: Path | None) -> Retried:
    from graphs.people import Deed
    from graphs.quarantine import retry as try_again
    from store.audit import Entry, record
    from ui.opening import product

    actor = call.settings.actor
    async with product(call) as opened:
        file_id = await _find(opened, file)
        done = await try_again(opened, file_id, rows, actor, again)
        async with opened.pool.connection() as connection:
            await record(connection, Entry(actor, "cli", Deed.RETRY, f"file:{file_id}"))
    return done


async def _find(opened: Product, file: str) -> UUID:
    """The file with this id, or the newest one of this name that has quarantined rows."""
    from store.quarantine import load_quarantine

    try:
        return UUID(file)
    except ValueError:
        async with opened.pool.connection() as connection:
            files = await load_quarantine(connection, MOST_FILES)
    found = next((row["id"] for row in files if row["name"] == file), None)
    if found is None:
        raise Fault(f"no file {file!r} with quarantined rows: see `bellwether quarantine list`")
    return UUID(str(found))


def _draw(console: Any, rows: Sequence[Row], file: str | None) -> None:
    from rich.text import Text

    from ui.tables import plain

    if not rows:
        console.print("nothing is quarantined" if file is None else "no row of it is quarantined")
        return
    if file is not None:
        table = plain(">row", "why", "what stood there")
        for row in rows:
            table.add_row(f"{row['row_no']:,}", Text(row["reason"]), Text(row["excerpt"]))
    else:
        table = plain("file", ">rows", "mostly because", "how", "id")
        for row in rows:
            why = row["reasons"][0]["reason"] if row["reasons"] else ""
            how = "at once" if row["kept"] else "bring it again"
            table.add_row(Text(row["name"]), f"{row['quarantined']:,}", Text(why), how, str(row["id"]))
    console.print(table)
