"""Running: files in, ideas judged, the report written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.call import Call, Fault

if TYPE_CHECKING:
    from graphs.product import RunSummary
    from ui.page import Page

TOP = 10


def run(call: Call, paths: Sequence[str], as_of: str | None, top: int | None) -> None:
    """Take in, score, judge; print what came of it and write the report."""
    from store.health import find_waiting
    from ui import sample
    from ui.opening import finish, session

    if not all(paths):  # as a path it would be the working folder
        raise Fault("--from is empty: name a file or folder")
    given = [Path(text) for text in paths] or (list(sample.FILES) if call.sample else [])
    for path in given:
        if not path.exists():
            raise Fault(f"no file or folder {str(path)!r}")
    moment = read_moment(sample.AS_OF if as_of is None and call.sample and not paths else as_of)
    wanted = top or (sample.TOP if call.sample else TOP)
    summary: RunSummary = finish(_run(call, given, moment, wanted))
    if summary.unsorted:
        call.aside.print(f"{summary.unsorted}; they wait as unknown", style="dim", markup=False)
    with session(call) as connection:
        page = _page(call, connection)
        path, waiting = write_report(call, page), find_waiting(connection, 0).count
    files = [_file(row) for row in summary.files]
    body = {**_body(page), "files": [asdict(each) for each in files], "analysed": summary.analysed, "report": str(path)}
    assumed = as_of is None
    call.answer(body, lambda console: _draw(console, call, page, files, summary.as_of, assumed, path, waiting))


def analyze(call: Call, text: str) -> None:
    """Judge one idea and show the decision."""
    from ui.cards import gather_card
    from ui.opening import finish, get_idea, product, session
    from ui.tables import draw_card

    with session(call) as connection:
        idea_id = get_idea(connection, text)

    async def work() -> None:
        async with product(call) as opened:
            await opened.analyze(idea_id)

    finish(work())
    with session(call) as connection:
        card = gather_card(connection, idea_id)
    call.answer(asdict(card), lambda console: draw_card(console, card))


def report(call: Call, output: Path | None) -> None:
    """Write the newest run as HTML."""
    from ui.opening import session

    with session(call) as connection:
        page = _page(call, connection)
        path = write_report(call, page, output)
    call.answer(
        {"report": str(path), "as_of": page.moment, "run": page.run_id},
        lambda console: console.print(str(path), markup=False, soft_wrap=True),
    )


def read_moment(text: str | None) -> datetime | None:
    """The time in `--as-of`; a Fault where it is none."""
    from trends.when import EARLIEST, parse_moment

    if text is None:
        return None
    moment = parse_moment(text)
    if moment is None:
        raise Fault(
            f"--as-of {text!r} is no time: between {EARLIEST.year} and now: write 2017-10-05 or 2017-10-05T12:00:00Z"
        )
    return moment


def write_report(call: Call, page: Page, output: Path | None = None) -> Path:
    """The report in `output`, else in the folder of data."""
    from ui.report import write

    home = call.settings.home / "reports"
    path = output or home / f"{call.settings.database}-{call.settings.tenant}.html"
    try:
        return write(page, path.absolute())
    except OSError as error:
        raise Fault(
            f"cannot write {str(path)!r}: {error.strerror}; name another with `bellwether report --output`"
        ) from error


async def _run(call: Call, paths: Sequence[Path], as_of: datetime | None, top: int) -> RunSummary:
    from ui.opening import product
    from ui.progress import Progress

    async with product(call) as opened:
        with Progress(call.aside, quiet=call.as_json) as progress:
            return await opened.run(paths, as_of, top, progress)


def _page(call: Call, connection: Any) -> Page:
    from ui import sample
    from ui.gathering import gather

    page = gather(connection, call.settings.tenant, call.sample, sample.ATTRIBUTIONS if call.sample else ())
    if page is None:
        raise Fault("nothing was run yet: `bellwether run --from PATH`, or `bellwether --sample run`")
    return page


def _file(row: dict[str, Any]) -> Any:
    from ui.gathering import file_line

    return file_line(row)


def _body(page: Page) -> dict[str, Any]:
    """The run as JSON: ideas with what a caller acts on; `review show --json` has the rest."""
    brief = ("id", "phrase", "audience", "verdict", "status", "reasons")

    def ideas(cards: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {
                **{name: getattr(card, name) for name in brief},
                **card.measured,
                "why_now": [one.text for one in card.why_now],
            }
            for card in cards
        ]

    return {
        "run": page.run_id,
        "as_of": page.moment,
        "judged_by": page.judged_by,
        "kinds": {kind: count for kind, count, _ in page.kinds},
        "shortlist": ideas(page.shortlist),
        "waiting": ideas(page.waiting),
        "rejected": ideas(page.rejected),
        "refused": [asdict(refusal) for refusal in page.refusals],
    }


def _draw(
    console: Any, call: Call, page: Page, files: Sequence[Any], as_of: datetime, assumed: bool, path: Path, waiting: int
) -> None:
    from ui import tables, wording

    if files:
        tables.draw_files(console, files)
    if assumed:
        why = "the newest time in the files" if files and not call.sample else "the sample's moment"
        console.print(f"[dim]as of {as_of:%Y-%m-%d %H:%M:%S} UTC, {why if files else 'now'}[/]")
    tables.draw_page(console, page)
    review = "bellwether --sample review" if call.sample else "bellwether review"
    console.print(f"\n{wording.counted(waiting, 'decision')} waiting for you: ", end="")
    console.print(f"[bold]{review} list[/], then [bold]{review} show IDEA[/]")
    console.print("report:", style="dim", end=" ")
    console.print(str(path), markup=False, soft_wrap=True, style="bold")
