"""Curating: the library of finished designs on the command line."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.call import Call, Fault
from ui.commands.producing import batches

if TYPE_CHECKING:
    from graphs.library import Library, Opened
    from store.gallery import Wanted

PAST = {"delete": "deleted", "restore": "restored"}
END = 8
"""Characters of an id that tell one design from another, and that every command takes."""
ALREADY = {"delete": "was deleted already", "restore": "is shown already"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for, as it was typed."""

    text: str
    tags: tuple[str, ...]
    category: str
    brand: str
    batch: str
    product: str
    since: str
    until: str
    score: float | None
    tier: str
    order: str
    deleted: bool
    versions: bool


def show_list(call: Call, asked: Asked, most: int, after: str) -> None:
    """A page of designs, how many there are, and how to see more."""
    from store.gallery import Cursor

    async def work(library: Library) -> Any:
        wanted = await _wanted(call, asked)
        cursor = Cursor.read(after, wanted.order) if after else None
        return await library.search(wanted, most, cursor), await library.facets(wanted)

    page, facets = _ask(call, work)
    following = page.after.write() if page.after else None
    body = {"designs": page.designs, "after": following, "facets": facets}
    call.answer(body, lambda console: _draw_list(console, page.designs, facets, following))


def show(call: Call, design: str) -> None:
    """All of one."""
    found = _ask(call, lambda library: library.show(design))
    call.answer(found, lambda console: _draw_design(console, found))


def show_similar(call: Call, design: str, most: int) -> None:
    """Those that look most like it."""
    rows = _ask(call, lambda library: library.similar(design, most))
    call.answer({"designs": rows}, lambda console: _draw_similar(console, rows))


def show_duplicates(call: Call) -> None:
    """Groups of the same drawing."""
    groups = _ask(call, lambda library: library.duplicates())
    call.answer({"groups": groups}, lambda console: _draw_groups(console, groups))


def set_category(call: Call, design: str, name: str) -> None:
    """What it is of."""
    now = _ask(call, lambda library: library.set_category(design, name))
    call.answer({"category": now}, lambda console: console.print(f"category {now or 'none'}", markup=False))


def tag(call: Call, design: str, tags: Sequence[str], remove: bool) -> None:
    """Add tags or take them away; what changed."""

    async def work(library: Library) -> list[str]:
        if not remove:
            return await library.add_tags(design, tags)
        return [each for each in tags if await library.remove_tag(design, each)]

    changed = _ask(call, work)
    said = f"{'removed' if remove else 'added'}: {', '.join(changed)}" if changed else "nothing to change"
    call.answer({"changed": changed}, lambda console: console.print(said, markup=False, soft_wrap=True))


def move(call: Call, deed: str, designs: Sequence[str], reason: str | None) -> None:
    """Delete or restore; each says whether it changed."""

    async def work(library: Library) -> dict[str, bool]:
        return {each: await getattr(library, deed)(each, reason or "") for each in designs}

    told = _ask(call, work)
    lines = [f"{design}  {PAST[deed] if now else ALREADY[deed]}" for design, now in told.items()]
    call.answer({PAST[deed]: told}, lambda console: console.print("\n".join(lines), markup=False, soft_wrap=True))


def redraw(call: Call, design: str, seed: int | None, reason: str | None) -> None:
    """Queue the next version."""
    fresh = _ask(call, lambda library: library.redraw(design, seed, reason or ""))
    said = f"{fresh['id']}  version {fresh['version']} waits: workers draw it; `bellwether designs restore` undoes it"
    call.answer(fresh, lambda console: console.print(said, markup=False, soft_wrap=True))


def mock_up(call: Call, design: str, product: str, side: str, colour: str, to: Path | None) -> None:
    """A picture on a product."""
    _answer_file(call, _ask(call, lambda library: library.mock_up(design, product, side, colour)), to)


def open_file(call: Call, design: str, kind: str, to: Path | None) -> None:
    """Where a file lies."""
    _answer_file(call, _ask(call, lambda library: library.open_file(design, kind)), to)


def export(call: Call, designs: Sequence[str], form: str, to: Path) -> None:
    """Hand chosen designs on."""
    if to.exists() and not to.is_dir():
        raise Fault(f"--to {str(to)!r} is a file: name a folder")
    with call.aside.status(f"writing {len(designs)} designs"):
        written = _ask(call, lambda library: library.export(designs, form, to))
    files = [str(path) for path in written]
    call.answer({"files": files}, lambda console: console.print("\n".join(files), markup=False, soft_wrap=True))


async def _wanted(call: Call, asked: Asked) -> Wanted:
    from store.assets import TIERS
    from store.gallery import ORDERS, Wanted

    for name, given, known in (("--order", asked.order, ORDERS), ("--tier", asked.tier, ("", *TIERS))):
        if given not in known:
            raise Fault(f"{name} {given!r}: one of {', '.join(each for each in known if each)}")
    batch_id = None
    if asked.batch:
        async with batches(call) as opened:
            batch_id = (await opened.show(asked.batch, []))["id"]
    return Wanted(
        tags=asked.tags, category=asked.category, text=asked.text, brand=asked.brand, batch=batch_id,
        product=asked.product, since=_day("--since", asked.since), until=_day("--until", asked.until, 1),
        least_score=asked.score, tier=asked.tier, deleted=asked.deleted, superseded=asked.versions,
        order="score" if asked.order == "score" else "newest",
    )  # fmt: skip


def _day(name: str, given: str, later: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of one later."""
    if not given:
        return None
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise Fault(f"{name} {given!r} is no day: write 2026-11-30") from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=later)


def _ask(call: Call, work: Callable[[Library], Awaitable[Any]]) -> Any:
    """What the library answers; what is expected to go wrong is one line."""
    from ui.opening import finish

    async def asked() -> Any:
        async with _library(call) as library:
            return await work(library)

    return finish(asked())


@asynccontextmanager
async def _library(call: Call) -> AsyncIterator[Library]:
    from graphs.library import Library
    from store.queue import BadCursor

    async with batches(call) as opened:
        try:
            yield Library(opened.pool, opened.actor, opened.folder)
        except BadCursor as wrong:
            raise Fault(str(wrong)) from wrong


def _answer_file(call: Call, opened: Opened, to: Path | None) -> None:
    path = opened.path if to is None else _copied(opened, to)
    back = f"brought back from the {opened.was}" if opened.was != "hot" else opened.remark
    body = {"path": str(path), "media_type": opened.media_type, "name": opened.name, "was": opened.was}
    body |= {"remark": opened.remark} if opened.remark else {}
    if back and not call.as_json:
        call.aside.print(back, style="dim", markup=False)
    call.answer(body, lambda console: console.print(str(path), markup=False, soft_wrap=True))


def _copied(opened: Opened, to: Path) -> Path:
    target = to / opened.name if to.is_dir() or not to.suffix else to
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(opened.path, target)
    except OSError as wrong:
        raise Fault(f"cannot write {str(target)!r}: {wrong.strerror}") from wrong
    return target


def _draw_list(console: Any, rows: Sequence[dict[str, Any]], facets: dict[str, Any], after: str | None) -> None:
    if not rows:
        console.print("no such design: `bellwether design TEXT` draws one", markup=False)
        return
    for row in rows:
        console.print(_line(row), markup=False, soft_wrap=True)
    several = ", ".join(f"{name or 'none'} {count}" for name, count in list(facets["categories"].items())[:8])
    total = f"{facets['count']:,}{' or more' if facets['more'] else ''}"
    console.print(f"{len(rows)} of {total}: {several}", style="dim", markup=False, soft_wrap=True)
    if after:
        console.print(f"more: --after {after}", style="dim", markup=False, soft_wrap=True)


def _line(row: dict[str, Any]) -> str:
    score = "     " if row["score"] is None else f"{row['score']:.3f}"
    marks = "".join(
        f"  {mark}" for mark, holds in (
            (row["tier"], row["tier"] != "hot"), ("deleted", row["deleted_at"]),
            (f"v{row['version']}", row["version"] > 1), ("superseded", row["superseded"]),
        ) if holds
    )  # fmt: skip
    text = " ".join(row["text"].split())[:60]
    end, day = str(row["id"])[-END:], f"{row['ended_at']:%Y-%m-%d}"
    return f"{end}  {day}  {score}  {row['product']:<8} {row['category']:<16} {text}  ({row['brand']}){marks}"


def _draw_similar(console: Any, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        like = "" if row["likeness"] is None else f"{row['likeness']:.2f}"
        how = "same" if row["same"] else like
        console.print(f"{how:<5} {row['bits']:>2} bits  {_line(row)}", markup=False, soft_wrap=True)
    if not rows:
        console.print("there is no other design", markup=False)


def _draw_groups(console: Any, groups: Sequence[Sequence[dict[str, Any]]]) -> None:
    for at, group in enumerate(groups, 1):
        console.print(f"{at}. {len(group)} of the same drawing", markup=False)
        for row in group:
            console.print(f"   {_line(row)}", markup=False, soft_wrap=True)
    if not groups:
        console.print("no two designs are the same drawing", markup=False)


def _draw_design(console: Any, found: dict[str, Any]) -> None:
    for name, value in _told(found):
        if value not in ("", None):
            console.print(f"{name:<10} {value}", markup=False, soft_wrap=True)


def _told(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is shown of a design, line by line."""
    row, checked = found["row"], found["checked"]
    likeness, lines = checked.get("likeness") or {}, checked.get("lines") or {}
    against = [f"{name} {value:.3f} (line {lines[name]:g})" for name, value in likeness.items() if name in lines]
    made = ", ".join(f"{name} ({licence})" for name, licence in found["licences"]["faces"].items())
    told: list[tuple[str, Any]] = [
        (found["text"], " "),
        ("id", found["id"]),
        ("row", f"{found['row_id']} of {found['batch']!r}, version {found['version']}; for {found['product']}"),
        ("says", ", ".join(f"{name} {row[name]!r}" for name in ("keyword", "hook", "audience", "prompt") if row[name])),
        ("idea", f"{found['idea']} ({found['idea_status']})" if found["idea"] else ""),
        ("brand", f"{found['brand']} v{found['brand_version']}"),
        ("category", f"{found['category']} (by {found['category_by']})"),
        ("tags", ", ".join(f"{each['name']} {each['confidence']:.2f}" for each in found["tags"])),
        ("drawn", f"{found['renderer']} {found['renderer_version']}, {found['composition'] or 'picture'}, seed "
                  f"{found['seed']}, in {found['seconds']:.1f} s"),
        ("prompt", found["prompt"]),
        ("negative", found["negative"]),
        ("licence", found["licences"]["licence"]),
        ("faces", made),
        ("likeness", ", ".join(against) or "no references to compare with"),
        ("safety", f"{found['safety'].get('state', '')} {found['safety'].get('why', '')}".strip()),
        ("tier", found["tier"]),
    ]  # fmt: skip
    told += [
        (kind, f"{file['bytes']:,} bytes  {file['tier']}  {file['sha256']}") for kind, file in found["files"].items()
    ]
    told += [("attempt", _attempt(each)) for each in found["attempts"]]
    told += [("version", _version(each)) for each in found["versions"] if each["id"] != found["id"]]
    told += [("twin", _line(each)) for each in found["duplicates"]]
    told += [("event", _event(each)) for each in found["events"]]
    return told


def _attempt(each: dict[str, Any]) -> str:
    misses = "; ".join(miss["why"] for miss in each["checked"].get("misses", ()))
    how = "passed" if each["passed"] else f"missed: {misses}"
    return f"{each['nth']} by {each['renderer']}: {how}{'' if each['drawn'] else ' (stood already)'}"


def _version(each: dict[str, Any]) -> str:
    return f"{each['version']}  {each['id']}  {each['status']}{'  deleted' if each['deleted'] else ''}"


def _event(each: dict[str, Any]) -> str:
    why = f": {each['reason']}" if each["reason"] else ""
    return f"{each['recorded_at']:%Y-%m-%d %H:%M:%S}  {each['to_status']} by {each['actor']}{why}"
