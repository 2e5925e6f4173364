"""Refused: rows that could not be stored, by file with the reasons, tried again; and what somebody brings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pandas as pd
import streamlit as st

from graphs.people import Deed
from graphs.product import Product
from graphs.pulls import Unfit, name_of
from graphs.quarantine import QuarantineError, Retried, retry
from store.quarantine import Cursor, Row, load_quarantine
from trends.fetch import SourceError
from trends.intake import FileCount
from ui.console.desk import Visit
from ui.console.parts import age, empty, named, told
from ui.console.text import plain, shortened
from ui.console.words import _, counted

PAGE, ROWS = 8, 200
SAID, CURSORS, TAKEN = "refused-said", "refused-cursors", "taken"
BRING = ("csv", "tsv", "txt", "json", "jsonl", "ndjson", "gz", "xml", "rss")


def draw(here: Visit) -> None:
    """The files with refused rows, a page of them."""
    if said := st.session_state.pop(SAID, ""):
        st.success(said, icon=":material/replay:")
    cursors: list[Cursor] = st.session_state.setdefault(CURSORS, [])
    found = here.ask(load_quarantine, PAGE + 1, cursors[-1] if cursors else None)
    if not found and not cursors:
        hint = _("Rows that cannot be read, or that no shop would print, wait here with the reason.")
        empty(_("Nothing was refused"), hint, ":material/task_alt:")
        return
    may = here.person.may(Deed.RETRY)
    if not may:
        st.caption(_("To try rows again takes the role business or more."))
    for row in found[:PAGE]:
        _file(here, row, may)
    _turn(cursors, found)


def _turn(cursors: list[Cursor], found: Sequence[Row]) -> None:
    with st.container(horizontal=True):
        if cursors and st.button(_("Newer"), icon=":material/chevron_left:", key="refused-newer"):
            cursors.pop()
            st.rerun()
        if len(found) > PAGE and st.button(_("Older"), icon=":material/chevron_right:", key="refused-older"):
            cursors.append(Cursor(found[PAGE - 1]["recorded_at"], found[PAGE - 1]["id"]))
            st.rerun()


def _file(here: Visit, row: Row, may: bool) -> None:
    with st.container(border=True, key=f"refused-{row['id']}", gap="small"):
        refused = counted("{count} row refused", "{count} rows refused", row["quarantined"])
        of = _("of {read} read, {age} ago").format(read=f"{row['rows_read']:,}", age=age(row["recorded_at"]))
        name = plain(shortened(row["name"], 80))
        st.markdown(f"**{name}** :red-badge[{refused}] :small[:gray[{plain(of)}]]")
        st.markdown("\n".join(f"- {line}" for line in reasons_of(row)))
        chosen = _rows(here, row)
        if may:
            _retry(here, row, chosen)


def reasons_of(row: Row) -> Iterator[str]:
    """Why its rows were refused, the commonest first, each with what stood there in one of them; as Markdown."""
    for each in row["reasons"] or ():
        stood = f"  \n:small[:gray[{plain(shortened(each['excerpt'], 140))}]]" if each["excerpt"] else ""
        yield f"{each['rows']:,} × {plain(shortened(each['reason'], 160))}{stood}"


def _rows(here: Visit, row: Row) -> list[int]:
    """The rows one by one, where somebody wants to see them; the numbers of those chosen."""
    if not st.toggle(_("Show the rows"), key=f"rows-{row['id']}"):
        return []
    rows = here.ask(load_quarantine, ROWS, file=row["id"])
    frame = pd.DataFrame(
        [{_("row"): each["row_no"], _("why"): each["reason"], _("what stood there"): each["excerpt"]} for each in rows]
    )
    event: Any = st.dataframe(
        frame, hide_index=True, on_select="rerun", selection_mode="multi-row", key=f"chosen-{row['id']}", height=240
    )
    return [rows[at]["row_no"] for at in event.selection.rows if at < len(rows)]


def _retry(here: Visit, row: Row, chosen: Sequence[int]) -> None:
    """Try them again: at once where the raw answer is kept, else from the file brought again."""
    brought = None
    if not row["kept"]:
        if "/" in (row["format"] or "") or row["format"] == "webhook":
            st.caption(_("Its raw answer is not kept any more: what is still there comes again by itself."))
            return
        brought = st.file_uploader(
            _("Its content is not kept: bring the same file again"), key=f"again-{row['id']}", type=list(BRING)
        )
    label = counted("Try {count} row again", "Try {count} rows again", len(chosen) or row["quarantined"])
    ready = row["kept"] or brought is not None
    if st.button(label, key=f"retry-{row['id']}", icon=":material/replay:", disabled=not ready):
        data = brought.getvalue() if brought is not None else None
        with refusals():
            done = here.act(Deed.RETRY, _work(row["id"], chosen, here.person.handle, data), f"file:{row['id']}")
            st.session_state[SAID] = outcome(done)
            st.rerun()


def _work(
    file_id: UUID, chosen: Sequence[int], actor: str, data: bytes | None
) -> Callable[[Product], Awaitable[Retried]]:
    async def work(product: Product) -> Retried:
        if data is None:
            return await retry(product, file_id, chosen or None, actor)
        with TemporaryDirectory(prefix="bellwether-") as folder:
            path = Path(folder) / "brought"
            await asyncio.to_thread(path.write_bytes, data)
            return await retry(product, file_id, chosen or None, actor, path)

    return work


def outcome(done: Retried) -> str:
    """What became of rows that were tried again, in a line of Markdown."""
    said = _("{file}: {tried} tried, {stored} stored, {repeated} known already, {failed} stay.").format(
        file=shortened(done.file, 60), tried=done.tried, stored=done.stored, repeated=done.repeated, failed=done.failed
    )
    return plain(f"{said} {done.reason}" if done.reason else said)


# What somebody brings -------------------------------------------------------------------------------------------------


def take_in(here: Visit) -> None:
    """A file or an address, taken in as `run --from` does."""
    if not here.person.may(Deed.TAKE_IN):
        st.caption(_("To take something in takes the role business or more."))
        return
    if said := st.session_state.pop(TAKEN, None):
        _count(said)
    st.caption(_("CSV, JSON, JSON Lines, RSS, also gzipped: posts with a text and a time, or tables to compare with."))
    with st.form("take-file", border=True, clear_on_submit=True):
        brought = st.file_uploader(_("A file"), key="taken-file", type=list(BRING))
        if st.form_submit_button(_("Take in"), icon=":material/upload_file:") and brought is not None:
            _take(here, _file_work(brought.name, brought.getvalue()))
    with st.form("take-address", border=True):
        url = st.text_input(_("Or an address"), key="taken-address", placeholder="https://…")
        if st.form_submit_button(_("Take in"), icon=":material/link:") and url.strip():
            _take(here, lambda product: product.pulls.take_address(url.strip()))


def _take(here: Visit, work: Callable[[Product], Awaitable[FileCount]]) -> None:
    with refusals():
        st.session_state[TAKEN] = here.act(Deed.TAKE_IN, work)
        st.rerun()


def _file_work(name: str, data: bytes) -> Callable[[Product], Awaitable[FileCount]]:
    async def work(product: Product) -> FileCount:
        with TemporaryDirectory(prefix="bellwether-") as folder:
            path = Path(folder) / name_of(name, "upload")
            await asyncio.to_thread(path.write_bytes, data)
            return await asyncio.to_thread(product.pulls.take_file, path)

    return work


def _count(count: FileCount) -> None:
    said = _("{file}: {read} rows read, {stored} stored, {repeated} known already, {refused} refused.").format(
        file=shortened(count.name, 60), read=f"{count.rows_read:,}", stored=f"{count.stored:,}",
        repeated=f"{count.repeated:,}", refused=f"{count.quarantined:,}",
    )  # fmt: skip
    text = plain(f"{said} {named(count.outcome)}. {count.reason}")
    if count.outcome == "refused":
        st.warning(text, icon=":material/block:")
    else:
        st.success(text, icon=":material/done:")


@contextmanager
def refusals() -> Iterator[None]:
    """What a file or an address is refused for becomes one line in the page."""
    with told():
        try:
            yield
        except (QuarantineError, Unfit, SourceError) as refusal:
            st.warning(plain(refusal), icon=":material/info:")
