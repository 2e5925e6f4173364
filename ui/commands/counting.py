"""Counting: outcomes and experiments on the command line. Every deed goes the one way: `graphs.outcomes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ui import wording
from ui.call import Call, Fault
from ui.opening import finish, product

if TYPE_CHECKING:
    from graphs.outcomes import Outcomes

SHOWN = 5
"""Refused rows that are told beside what was brought."""
KINDS = ("email", "ads", "listing")


def add(call: Call, file: Path, source: str) -> None:
    """Bring the counts of a CSV."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise Fault(f"{file}: {fault.strerror}") from fault

    async def work(outcomes: Outcomes) -> Any:
        delivery, is_new = await outcomes.bring_file(content, file.name, source)
        return delivery, is_new, await outcomes.refused(delivery["id"], SHOWN)

    delivery, is_new, refused = _ask(call, work)

    def draw(console: Any) -> None:
        line = _line(delivery) if is_new else f"brought already: {_line(delivery)}"
        console.print(line, markup=False, soft_wrap=True)
        _draw_refused(console, refused)
        if delivery["refused"] > len(refused):
            more = f"and {delivery['refused'] - len(refused):,} more: `bellwether outcomes refused {delivery['id']}`"
            console.print(more, style="dim", markup=False, soft_wrap=True)

    call.answer({**delivery, "is_new": is_new, "refused_rows": refused}, draw)
    if delivery["refused"] == delivery["rows"]:
        raise Fault(f"none of the {wording.counted(delivery['rows'], 'row')} could be used")


def _line(delivery: Mapping[str, Any]) -> str:
    parts = (
        f"{delivery['stored']:,} kept",
        f"{delivery['restated']:,} restated" if delivery["restated"] else "",
        f"{delivery['repeated']:,} known already" if delivery["repeated"] else "",
        f"{wording.counted(delivery['refused'], 'row')} refused" if delivery["refused"] else "",
    )
    return f"{wording.counted(delivery['rows'], 'row')} of {delivery['source']}: {', '.join(filter(None, parts))}"


def _draw_refused(console: Any, refused: Sequence[Mapping[str, Any]]) -> None:
    for row in refused:
        console.print(f"  row {row['row_no']}: {row['reason']}", style="red", markup=False, soft_wrap=True)


def show_deliveries(call: Call, most: int) -> None:
    """What was brought."""
    found = _ask(call, lambda outcomes: outcomes.deliveries(most))

    def draw(console: Any) -> None:
        for each in found:
            console.print(f"{each['recorded_at']:%Y-%m-%d %H:%M}  {_line(each)}  {each['id']}", markup=False)
        if not found:
            console.print("nothing was brought yet: `bellwether outcomes add FILE --source WHO`", markup=False)

    call.answer({"deliveries": found}, draw)


def show_refused(call: Call, delivery: str, most: int) -> None:
    """What was refused of a delivery."""
    try:
        delivery_id = UUID(delivery)
    except ValueError:
        raise Fault(f"{delivery!r} is no id: `bellwether outcomes list` shows them") from None
    found = _ask(call, lambda outcomes: outcomes.refused(delivery_id, most))

    def draw(console: Any) -> None:
        _draw_refused(console, found)
        if not found:
            console.print("no row of it was refused", markup=False)

    call.answer({"refused": found}, draw)


def show_listing(call: Call, listing: str) -> None:
    """What became of a listing."""
    found = _ask(call, lambda outcomes: outcomes.of_listing(listing))

    def draw(console: Any) -> None:
        for each in found["metrics"]:
            console.print(f"{each['name']:<12} {_amount(each):>14}  {each['source']}", markup=False)
        if not found["metrics"]:
            console.print("nothing was counted yet: `bellwether outcomes add FILE --source WHO`", markup=False)

    call.answer(found, draw)


def _amount(metric: Mapping[str, Any]) -> str:
    return wording.money(metric["amount"], metric["currency"]) if metric["currency"] else f"{metric['amount']:,}"


def begin(call: Call, name: str, arms: Sequence[str], kind: str, outcome: str, least_lift: float) -> None:
    """Begin an experiment."""
    if kind not in KINDS:
        raise Fault(f"--kind {kind!r}: one of {', '.join(KINDS)}")

    async def work(outcomes: Outcomes) -> Any:
        found, _ = await outcomes.begin(name, kind, arms, outcome, least_lift)  # type: ignore[arg-type]
        return await outcomes.experiment(found["id"])

    found = _ask(call, work)
    call.answer(found, lambda console: _draw_experiment(console, found))


def show_experiments(call: Call, most: int) -> None:
    """The newest."""
    found = _ask(call, lambda outcomes: outcomes.experiments(most))

    def draw(console: Any) -> None:
        for each in found:
            _draw_experiment(console, each)
        if not found:
            console.print("no experiment yet: `bellwether experiments begin NAME --arm A --arm B`", markup=False)

    call.answer({"experiments": found}, draw)


def show_experiment(call: Call, experiment: str) -> None:
    """One, as it stands."""
    found = _ask(call, lambda outcomes: outcomes.experiment(experiment))
    call.answer(found, lambda console: _draw_experiment(console, found))


def end(call: Call, experiment: str, reason: str) -> None:
    """It is over."""
    found = _ask(call, lambda outcomes: outcomes.end(experiment, reason))
    call.answer(found, lambda console: _draw_experiment(console, found))


def _draw_experiment(console: Any, found: Mapping[str, Any]) -> None:
    console.print(f"{found['name']}  {found['status']}  {found['kind']}, {found['outcome']}", markup=False)
    for arm in found["arms"]:
        rate = f"{arm['successes'] / arm['trials']:.2%}" if arm["trials"] else "–"
        role = "control" if arm["is_control"] else ""
        line = f"  {arm['name']:<24} {arm['successes']:>8,} of {arm['trials']:>10,}  {rate:>8}  {role}"
        console.print(line.rstrip(), markup=False, soft_wrap=True)
        if arm["shows"]:
            console.print(f"    {_shows(arm['shows'])}", style="dim", markup=False, soft_wrap=True)


def _shows(shown: Mapping[str, Any]) -> str:
    """What an arm shows, in a line."""
    if shown["lift"] is None:
        return "nothing to compare yet"
    end = "" if shown["upper"] is None else f"{shown['upper']:+.0%}"
    verdict = "it differs" if shown["is_significant"] else "not shown yet"
    more = f", about {shown['needed']:,} more to see" if shown["needed"] and not shown["is_significant"] else ""
    return f"{shown['lift']:+.0%} ({shown['lower']:+.0%} to {end or 'any'}): {verdict}{more}"


def _ask(call: Call, work: Callable[[Outcomes], Awaitable[Any]]) -> Any:
    """What comes of it; what is expected to go wrong is one line."""

    async def asked() -> Any:
        async with product(call) as opened:
            return await work(opened.outcomes)

    with _faults():
        return finish(asked())


@contextmanager
def _faults() -> Iterator[None]:
    from market.metrics import BadMetrics
    from store.experiments import ExperimentError
    from store.listings import ListingError

    try:
        yield
    except (BadMetrics, ExperimentError, ListingError) as refused:
        raise Fault(str(refused)) from refused
