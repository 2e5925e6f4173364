"""Launching: listings on the command line. Every answer goes the one way: `graphs.launches`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ui.call import Call, Fault
from ui.opening import finish, get_idea, product, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphs.launches import Launches
    from graphs.product import Product

DONE = {
    "approve": "approved: it goes out when the undo window is over", "decline": "declined",
    "withdraw": "waits again", "retry": "queued again", "end": "to be ended",
}  # fmt: skip
REASONED = ("decline", "retry", "end")


def launch(call: Call, what: str, to: Sequence[str], yes: bool) -> None:
    """Draw up listings of an idea or a design."""
    from graphs.drafting import read_ways

    async def work(opened: Product) -> Any:
        ways = read_ways(to)
        made = await _begun(call, opened, what, ways)
        rows = [row for row, _ in made]
        for row in rows if yes else ():
            if row["status"] == "waiting":
                await opened.launches.approve(row["id"])
        return [await opened.launches.show(row["id"]) for row in rows]

    with call.aside.status("drawing up listings"):
        found = _with_product(call, work)
    call.answer({"listings": found}, lambda console: _draw_launched(console, found))


async def _begun(call: Call, opened: Product, what: str, ways: Sequence[tuple[str, str]]) -> Any:
    from store import gallery
    from store.gallery import UnknownDesign

    try:
        async with opened.pool.connection() as connection:
            design_id = await gallery.find_id(connection, what)
    except UnknownDesign:
        return await opened.launches.begin_idea(_idea(call, what), ways)
    return await opened.launches.begin([design_id], ways)


def _idea(call: Call, text: str) -> UUID:
    with session(call) as connection:
        return get_idea(connection, text)


def show_marketplaces(call: Call) -> None:
    """Where listings can go."""
    from market.bounds import load_bounds

    async def work(opened: Product) -> Any:
        return opened.shops.told()

    bounds = load_bounds()
    found = [{**each, "takes": _takes(bounds.get(each["name"]))} for each in _with_product(call, work)]

    def draw(console: Any) -> None:
        for each in found:
            console.print(f"{each['name']:<13} {each['lacks'] or 'ready'}", markup=False, soft_wrap=True)
            console.print(f"{'':<13} {each['takes']}", style="dim", markup=False, soft_wrap=True)

    call.answer({"marketplaces": found}, draw)


def _takes(bounds: Any) -> str:
    if bounds is None:
        return ""
    tags = f", {bounds.tags} tags of {bounds.tag_most}" if bounds.tags and bounds.tag_most else ""
    return f"title {bounds.title_most}{tags}, {bounds.pictures_most} pictures ({bounds.source}, {bounds.known_on})"


def show_list(call: Call, status: str, marketplace: str, most: int) -> None:
    """The last that changed."""
    from store.listings import STATUSES

    if status and status not in STATUSES:
        raise Fault(f"--status {status!r}: one of {', '.join(STATUSES)}")

    async def work(launches: Launches) -> Any:
        wanted = {"statuses": [status] if status else None, "marketplace": marketplace or None}
        return await launches.page(most, **wanted), await launches.counts()

    rows, counts = _ask(call, work)

    def draw(console: Any) -> None:
        for row in rows:
            console.print(_line(row), markup=False, soft_wrap=True)
        if not rows:
            console.print("no listing: `bellwether launch IDEA` draws one up", markup=False)
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        console.print(told, style="dim", markup=False)

    call.answer({"listings": rows, "counts": counts}, draw)


def show(call: Call, listing: str) -> None:
    """One whole."""
    found = _ask(call, lambda launches: launches.show(listing))
    call.answer(found, lambda console: _draw_listing(console, found))


def show_origin(call: Call, listing: str) -> None:
    """Where it comes from."""
    found = _ask(call, lambda launches: launches.provenance(listing))
    call.answer(found, lambda console: _draw_origin(console, found))


def show_diff(call: Call, listing: str) -> None:
    """What a push would change now."""
    found, differ = _ask(call, lambda launches: launches.diff(listing))
    body = {
        "key": found["key"], "marketplace": found["marketplace"],
        "changes": [{"name": each.name, "before": each.before, "after": each.after} for each in differ],
    }  # fmt: skip

    def draw(console: Any) -> None:
        for each in differ:
            console.print(f"{each.name:<12} - {_short(each.before)}", style="red", markup=False, soft_wrap=True)
            console.print(f"{'':<12} + {_short(each.after)}", style="green", markup=False, soft_wrap=True)
        if not differ:
            console.print(f"{found['marketplace']} shows all of it already", markup=False)

    call.answer(body, draw)


def answer(call: Call, deed: str, named: Sequence[str], reason: str | None) -> None:
    """The same answer to each; one that cannot be taken does not hold up the others."""
    from store.listings import ListingError

    if deed == "decline" and not (reason or "").strip():
        raise Fault("to decline needs --reason")

    async def work(launches: Launches) -> Any:
        told = []
        for each in named:
            given = [reason or ""] if deed in REASONED else []
            more = {"reason": reason or ""} if deed == "approve" else {}
            try:
                await getattr(launches, deed)(each, *given, **more)
            except ListingError as refused:
                told.append({"listing": each, "done": False, "why": str(refused)})
            else:
                told.append({"listing": each, "done": True, "why": ""})
        return told

    told = _ask(call, work)
    lines = [f"{each['listing']}  {DONE[deed] if each['done'] else each['why']}" for each in told]
    call.answer({deed: told}, lambda console: console.print("\n".join(lines), markup=False, soft_wrap=True))
    if not any(each["done"] for each in told):
        raise Fault(told[0]["why"])


def let_pass(call: Call, listing: str, gates: Sequence[str], reason: str) -> None:
    """Let gates pass, with a reason."""
    status = _ask(call, lambda launches: launches.let_pass(listing, gates, reason))
    call.answer({"status": status}, lambda console: console.print(f"{listing}  {status}", markup=False))


def edit(call: Call, listing: str, edits: Mapping[str, Any]) -> None:
    """Change a draft."""

    async def work(launches: Launches) -> Any:
        given = dict(edits)
        if "price" in given:
            currency = (await launches.show(listing))["currency"]
            given["price_cents"] = _minor(given.pop("price"), currency)
        return await launches.edit(listing, given)

    found = _ask(call, work)
    call.answer(found, lambda console: _draw_listing(console, found))


def _minor(amount: str, currency: str) -> int:
    from market.minor import find_price

    found = find_price(amount.strip().lstrip("$€£¥"), currency)
    if found is None or found <= 0:
        raise Fault(f"--price {amount!r} is no price in {currency}: write 24.99")
    return found


def say_up(call: Call, listing: str, address: str) -> None:
    """A package stands now, by a person's word."""
    found = _ask(call, lambda launches: launches.say_up(listing, address))
    call.answer(found, lambda console: console.print(f"{found['key']}  {found['status']}", markup=False))


def push(call: Call) -> None:
    """Push what is approved."""

    async def work(opened: Product) -> Any:
        pushed = await opened.pusher.work(stay=True)
        return pushed, await opened.launches.counts()

    with call.aside.status("pushing"):
        pushed, counts = _with_product(call, work)
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    call.answer({"pushed": pushed, "counts": counts}, lambda console: console.print(f"{pushed} pushed; {said}"))


def _ask(call: Call, work: Callable[[Launches], Awaitable[Any]]) -> Any:
    return _with_product(call, lambda opened: work(opened.launches))


def _with_product(call: Call, work: Callable[[Product], Awaitable[Any]]) -> Any:
    """What comes of it; what is expected to go wrong is one line."""

    async def asked() -> Any:
        async with product(call) as opened:
            return await work(opened)

    with faults():
        return finish(asked())


@contextmanager
def faults() -> Iterator[None]:
    """What listings and marketplaces say no to, as one line."""
    from market.errors import MarketError
    from store.listings import ListingError

    try:
        yield
    except (ListingError, MarketError) as refused:
        raise Fault(str(refused)) from refused


# Drawing ------------------------------------------------------------------------------------------------------------


def _line(row: Mapping[str, Any]) -> str:
    price = f"{_price(row)} {row['currency']}" if row["price_cents"] is not None else ""
    where = f"{row['marketplace']}:{row['locale']}"
    why = f"  {row['error']}" if row["error"] else ""
    return f"{row['key']}  {row['status']:<11} {where:<15} {price:>12}  {row['title'][:60]}{why}"


def _price(row: Mapping[str, Any]) -> str:
    from market.minor import decimal_of

    return decimal_of(row["price_cents"], row["currency"])


def _draw_launched(console: Any, rows: Sequence[dict[str, Any]]) -> None:
    from graphs.launches import blocked_by

    for row in rows:
        console.print(_line(row), markup=False, soft_wrap=True)
        for name, why in blocked_by(row).items() if row["status"] == "blocked" else ():
            console.print(f"    {name}: {why}", style="yellow", markup=False, soft_wrap=True)
    waiting = [row["key"] for row in rows if row["status"] == "waiting"]
    if waiting:
        console.print(f"look: `bellwether listings show {waiting[0]}`; then approve", style="dim", markup=False)


def _draw_listing(console: Any, found: Mapping[str, Any]) -> None:
    console.print(_line(found), markup=False, soft_wrap=True)
    body = found["body"] or {}
    for name, value in _texts(body):
        console.print(f"{name:<12} {value}", markup=False, soft_wrap=True)
    for each in found["gates"]:
        passed = f", let pass by {each['passed_by']}: {each['passed_why']}" if each["passed_at"] else ""
        why = each["verdict"].get("why", "")
        console.print(f"{'gate':<12} {each['name']}: {each['outcome']}{passed} ({why})", markup=False, soft_wrap=True)
    for each in found["pushes"]:
        tried = f"{each['takes']} takes" + (f", {each['error']}" if each["error"] else "")
        console.print(f"{'push':<12} {each['verb']} {each['status']} by {each['actor']}: {tried}", markup=False)
    if found["native"]:
        console.print(
            f"{'stands':<12} {found['native']['state']} {found['native']['url']}", markup=False, soft_wrap=True
        )


def _texts(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not body:
        return [("draft", "not written yet")]
    told = [("title", body["title"]), *(("bullet", each) for each in body["bullets"])]
    told += [("description", body["description"]), ("tags", ", ".join(body["tags"]))]
    told += [("claim", f"{each['text']}  [{each['fact']}]") for each in body["claims"]]
    return [*told, ("variants", str(len(body["variants"]))), ("pictures", str(len(body["pictures"])))]


def _draw_origin(console: Any, found: Mapping[str, Any]) -> None:
    listing, design, idea, decision = (found[name] for name in ("listing", "design", "idea", "decision"))
    told = [("listing", _line(listing))]
    told += [("approved", f"{each['actor']} at {each['recorded_at']:%Y-%m-%d %H:%M}") for each in found["pushes"]]
    made = f"{design['renderer']} {design['version']}, seed {design['seed']}, brand {design['brand']}"
    told += [("design", f"{design['id']}  {design['text']!r} by {made}")]
    if idea is not None:
        told += [("idea", f"{idea['phrase']} / {idea['audience']} ({idea['status']})")]
        told += [("sources", ", ".join(f"{each['signals']} of {each['source']}" for each in found["sources"]))]
        told += [("answered", f"{each['answer']} by {each['actor']}") for each in found["approvals"]]
    if decision is not None:
        told += [
            ("decision", f"{decision['verdict']} (ceiling {decision['ceiling']}): {'; '.join(decision['reasons'])}")
        ]
        told += [("facts", str(len(found["facts"])))]
    for name, value in told:
        console.print(f"{name:<10} {value}", markup=False, soft_wrap=True)


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{text[:200]}…" if len(text) > 200 else text
