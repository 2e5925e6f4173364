"""Producing: batches and brands on the command line; the progress of a batch while it is drawn here."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ui.call import Call, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphs.batches import Batches
    from graphs.produce import Plan
    from studio.drawing import Row

SIZE = re.compile(r"(\d{2,5})[x×](\d{2,5})")
STATUSES = ("waiting", "drawing", "done", "dead", "cancelled")
STYLES = {"done": "green", "dead": "red", "drawing": "yellow", "cancelled": "dim", "waiting": ""}
COUNTS = ("total", "done", "drawing", "waiting", "dead", "cancelled", "retried")
DEEDS = {"pause": "paused", "resume": "running", "cancel": "cancelled"}


def plan_of(renderer: str, fallback: str | None, size: str, seed: int) -> Plan:
    """How a batch is drawn; a Fault where the size is none."""
    from graphs.produce import Plan

    found = SIZE.fullmatch(size.strip().lower())
    if found is None:
        raise Fault(f"--size {size!r} is no size: write 4500x5400")
    return Plan(renderer, fallback, int(found[1]), int(found[2]), seed=seed)


def run(call: Call, file: Path, brand: str, name: str | None, plan: Plan, places: int | None, background: bool) -> None:
    """Draw a file of rows here, or leave it to the workers."""
    from studio.rows import read_rows
    from ui.opening import finish

    if not file.is_file():
        raise Fault(f"no file {str(file)!r}")
    with studio_faults():
        read = read_rows(file.read_bytes(), file.name)
    refused = [asdict(each) for each in read.refused]
    batch = finish(_run(call, read.good, name or file.stem, brand, plan, refused, places, background))
    _answer_batch(call, batch)


def design(
    call: Call, text: str, keyword: str, hook: str, product: str, brand: str, plan: Plan, to: Path | None
) -> None:
    """Draw one design here and say where its files are; with `to`, copies of them under names for people."""
    from graphs.batches import name_of
    from studio.rows import row_of
    from ui.opening import finish

    if to is not None and to.exists() and not to.is_dir():
        raise Fault(f"--to {str(to)!r} is a file: name a folder")
    with studio_faults():
        row = row_of({"text": text, "keyword": keyword, "hook": hook, "product_format": product})
    batch = finish(_run(call, [row], name_of(row.text, 80), brand, plan, [], 1, False))
    [drawn] = batch["designs"]
    if drawn["status"] != "done":
        raise Fault(
            f"it could not be drawn: {drawn['reason'] or drawn['status']}: {drawn['error'] or batch['waits_for']}"
        )
    files = batch["files"] if to is None else finish(_copied(call, drawn["id"], to))
    call.answer(
        {"design": drawn, "files": files, "made_with": batch["made_with"]}, lambda console: _draw_files(console, files)
    )


async def _copied(call: Call, design_id: UUID, to: Path) -> dict[str, str]:
    """Its files and the manifest in a folder; where each is, by what it is for."""
    from graphs.library import Library
    from studio.export import CALLED

    kinds = {name: kind for kind, name in CALLED.items()}
    async with batches(call) as opened:
        written = await Library(opened.pool, opened.actor, opened.folder).export([design_id], "folder", to)
    return {kinds.get(path.name, path.stem): str(path) for path in written}


def show_list(call: Call) -> None:
    """The newest batches."""
    from ui.opening import finish

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.newest()

    rows = finish(work())
    call.answer({"batches": rows}, lambda console: _draw_list(console, rows))


def show(call: Call, batch: str, status: str | None) -> None:
    """One batch, row by row."""
    from ui.opening import finish

    if status is not None and status not in STATUSES:
        raise Fault(f"--status {status!r}: one of {', '.join(STATUSES)}")

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.show(batch, None if status is None else [status])

    _answer_batch(call, finish(work()))


def export(call: Call, batch: str, form: str, to: Path) -> None:
    """Hand the finished designs of a batch on."""
    from graphs.handing import EXPORTS
    from ui.opening import finish

    if form not in EXPORTS:
        raise Fault(f"--as {form!r}: one of {', '.join(EXPORTS)}")
    if to.exists() and not to.is_dir():
        raise Fault(f"--to {str(to)!r} is a file: name a folder")

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.export(batch, form, to)

    try:
        files = [str(path) for path in finish(work())]
    except OSError as error:
        raise Fault(f"--to {str(to)!r} cannot be written: {error.strerror or error}") from error
    call.answer({"files": files}, lambda console: console.print("\n".join(files), markup=False, soft_wrap=True))


def move(call: Call, deed: str, batch: str, reason: str | None) -> None:
    """Pause, resume or cancel."""
    from ui.opening import finish

    async def work() -> Any:
        async with batches(call) as opened:
            return await getattr(opened, deed)(batch, reason or "")

    row = finish(work())
    call.answer(row, lambda console: console.print(line_of(row), markup=False, soft_wrap=True))


def retry(call: Call, batch: str, rows: Sequence[str], everything: bool) -> None:
    """Queue rows, or all dead letters, anew."""
    from ui.opening import finish

    if bool(rows) == everything:
        raise Fault("say which: `bellwether batch retry BATCH ROW...`, or --failed")

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.retry(batch, list(rows) or None)

    count = finish(work())
    if rows and not count:
        raise Fault(f"none of {', '.join(rows)} is a row of {batch!r} that can be drawn again")
    say = f"{count} queued again: workers draw them, or `bellwether batch run` with the same file"
    call.answer({"retried": count}, lambda console: console.print(say if count else "nothing is dead", markup=False))


def prioritise(call: Call, batch: str, priority: int, row: str | None) -> None:
    """Let a batch, or one row, go before others."""
    from ui.opening import finish

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.prioritise(batch, priority, row)

    found = finish(work())
    call.answer(found, lambda console: console.print(line_of(found), markup=False, soft_wrap=True))


def add_brand(call: Call, name: str, images: Sequence[Path], descriptor: str) -> None:
    """A brand from images."""
    from ui.opening import finish

    for path in images:
        if not path.is_file():
            raise Fault(f"no file {str(path)!r}")

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.add_brand(name, [(path.name, path.read_bytes()) for path in images], descriptor)

    _answer_brand(call, finish(work()))


def calibrate(call: Call) -> None:
    """Draw the lines of the CLIP weights that the settings name, and keep them."""
    from evals.fit_clip import fit
    from graphs.descriptors import keep_lines
    from graphs.firing import clip_weights, kit_of
    from store.assets import Assets
    from studio.descriptors.clip import Clip, pack

    with studio_faults():
        clip = Clip(clip_weights(kit_of(call.settings)))
        with call.aside.status("drawing styles ...") as status:
            measured = fit(clip, tell=lambda done, of: status.update(f"image {done} of {of}"))
        keep_lines(clip.version, measured, Assets(call.settings.home / "assets"))
    body = {"version": clip.version, **pack(measured)}
    call.answer(body, lambda console: _draw_lines(console, body))


def show_brands(call: Call) -> None:
    """Every brand."""
    from ui.opening import finish

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.brands()

    rows = finish(work())
    call.answer({"brands": rows}, lambda console: _draw_brands(console, rows))


def show_brand(call: Call, name: str) -> None:
    """One brand."""
    from ui.opening import finish

    async def work() -> Any:
        async with batches(call) as opened:
            return await opened.brand(name)

    _answer_brand(call, finish(work()))


def line_of(row: dict[str, Any]) -> str:
    """A batch on one line: name, status, how far, and why it stands."""
    counts = ", ".join(f"{row[name]} {name}" for name in COUNTS[1:] if row[name])
    stands = f"; stands: {row['waits_for']}" if row["waits_for"] and row["status"] == "running" else ""
    return f"{row['name']}  {row['status']}  {row['total']} rows: {counts or 'none begun'}{stands}"


async def _run(
    call: Call, rows: Sequence[Row], name: str, brand: str, plan: Plan, refused: Sequence[dict[str, Any]],
    places: int | None, background: bool,
) -> dict[str, Any]:  # fmt: skip
    from ui.opening import product

    with studio_faults():
        async with product(call) as opened:
            begun = await opened.batches.begin(rows, name, brand, plan, refused)
            if len(rows) == 1:
                await opened.batches.retry(str(begun.id))  # who asks for one design again wants it
            if not background:
                if places:
                    opened.workshop.places = places
                with _Live(call) as live:
                    await opened.workshop.work(begun.id, stay=True, tell=live)
            found = await opened.batches.show(str(begun.id))
            drawn = await opened.batches.files(found["designs"][0]["id"]) if len(rows) == 1 else None
            for each in drawn["files"] if drawn else ():
                await opened.library.open_file(found["designs"][0]["id"], each["kind"])
            return {**found, **_files(call, drawn)}


def _files(call: Call, drawn: dict[str, Any] | None) -> dict[str, Any]:
    from store.assets import Assets

    if drawn is None:
        return {"files": {}, "made_with": {}}
    assets = Assets(call.settings.home / "assets")
    return {
        "files": {each["kind"]: str(assets.path(each["sha256"])) for each in drawn["files"]},
        "made_with": drawn["made_with"],
    }


class _Live:
    """Told of a batch while it is drawn; one line that stays where it is. Silent where nobody looks."""

    def __init__(self, call: Call) -> None:
        from rich.live import Live
        from rich.text import Text

        quiet = call.as_json or not call.aside.is_terminal
        self._text = Text
        self._live = None if quiet else Live(Text("starting ..."), console=call.aside, refresh_per_second=4)
        self._began, self._first = time.monotonic(), 0

    def __enter__(self) -> _Live:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, row: dict[str, Any]) -> None:
        over = row["done"] + row["dead"] + row["cancelled"]
        self._first = self._first or over
        rate = (over - self._first) / max(1e-9, time.monotonic() - self._began) * 60
        left = f", about {(row['total'] - over) / rate:.0f} min left" if rate > 0 and over < row["total"] else ""
        if self._live is not None:
            self._live.update(self._text(f"{line_of(row)}; {rate:.1f} a minute{left}"))


@asynccontextmanager
async def batches(call: Call) -> AsyncIterator[Batches]:
    """Batches alone, for what draws nothing."""
    from graphs.batches import Batches
    from graphs.database import prepared_url
    from graphs.firing import kit_of
    from store.postgres import pool
    from ui.opening import faults

    with faults(), studio_faults():
        url = await asyncio.to_thread(prepared_url, call.settings)
        async with pool(url, call.settings.tenant, 2) as sessions:
            yield Batches(sessions, call.settings.actor, call.settings.home / "assets", kit_of(call.settings))


@contextmanager
def studio_faults() -> Iterator[None]:
    """What is expected to go wrong with a batch or a brand, as one line."""
    from store.batches import BatchError
    from studio.errors import StudioError

    try:
        yield
    except (BatchError, StudioError) as error:
        raise Fault(str(error)) from error


def _answer_batch(call: Call, batch: dict[str, Any]) -> None:
    call.answer(batch, lambda console: _draw_batch(console, batch))


def _answer_brand(call: Call, brand: dict[str, Any]) -> None:
    profile = {name: value for name, value in brand["profile"].items() if name != "looks"}
    told = ("id", "name", "version", "actor", "recorded_at", "lines", "prompt_lines")
    body = {**{name: brand[name] for name in told}, "profile": profile}
    shown = {**profile, **body, "images": len(brand["images"]), "descriptor": profile["descriptor"]}

    def draw(console: Any) -> None:
        _draw_brand(console, shown)
        _draw_lines(console, shown)

    call.answer(body, draw)


def _draw_list(console: Any, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        console.print("no batch yet: `bellwether batch run FILE`", markup=False)
    for row in rows:
        console.print(f"{str(row['id'])[:13]}  {row['recorded_at']:%Y-%m-%d %H:%M}  {line_of(row)}", markup=False)


def _draw_batch(console: Any, batch: dict[str, Any]) -> None:
    console.print(line_of(batch), markup=False, soft_wrap=True)
    console.print(f"{batch['id']}  brand {batch['brand']} v{batch['brand_version']}", style="dim", markup=False)
    for each in batch["refused"]:
        console.print(f"  line {each['line']}: refused: {each['why']}", style="red", markup=False, soft_wrap=True)
    for row in batch["designs"]:
        score = "" if row["score"] is None else f"{row['score']:.2f}"
        why = f"{row['reason']}: {row['error']}" if row["reason"] else row["error"]
        text = f"  {row['row_id']:<12} {row['status']:<10} {score:<5} {row['text'][:60]}  {why}".rstrip()
        console.print(text, style=STYLES[row["status"]] or None, markup=False, soft_wrap=True)


def _draw_files(console: Any, files: dict[str, str]) -> None:
    for kind, path in files.items():
        console.print(f"{kind:<10} {path}", markup=False, soft_wrap=True)


def _draw_lines(console: Any, body: dict[str, Any]) -> None:
    """What the lines are, and what they were measured to cost."""
    lines, prompts = body["lines"], body["prompt_lines"]
    costs = "accepts {:.1%} of other styles, rejects {:.1%} of its own"
    for name in ("style", "palette_de", "edge", "overall"):
        side = "at most" if name == "palette_de" else "at least"
        alone = f": alone it {costs.format(*lines['each'][name])}" if lines.get("each") else ""
        console.print(f"  {name:<10} {side} {lines[name]:g}{alone}", markup=False)
    for text in (
        f"  all lines  {costs.format(lines['false_accept'], lines['false_reject'])} ({lines['data']})",
        f"  prompt     at least {prompts['threshold']:.2f}: "
        f"{costs.format(prompts['false_accept'], prompts['false_reject'])} ({prompts['data']})",
    ):
        console.print(text, markup=False, soft_wrap=True)


def _draw_brands(console: Any, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        _draw_brand(console, row)


def _draw_brand(console: Any, row: dict[str, Any]) -> None:
    console.print(f"{row['name']}  v{row['version']}  {row['images']} images", markup=False)
    console.print(f"  palette {', '.join(row['palette'] or ())}", markup=False, soft_wrap=True)
    console.print(f"  terms   {', '.join(row['terms'] or ())}", markup=False, soft_wrap=True)
