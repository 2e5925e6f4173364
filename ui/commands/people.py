"""People: the members of the tenant and their keys, as its owner keeps them from the machine it runs on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from ui.call import Call, Fault
from ui.opening import faults, finish

if TYPE_CHECKING:
    from graphs.people import People

T = TypeVar("T")
Row = dict[str, Any]
FOR = "send it as `Authorization: Bearer KEY` to the API, or sign in to the console with it; it is not shown again"


def show(call: Call) -> None:
    """Every member and every key that could come in."""

    async def load(people: People) -> tuple[list[Row], list[Row]]:
        tenant = call.settings.tenant
        return await people.members(tenant), [key for key in await people.keys(tenant) if key["revoked_at"] is None]

    members, keys = _ask(call, load)

    def draw(console: Any) -> None:
        if not members:
            console.print("nobody yet: bellwether members add HANDLE --role admin, then bellwether members key HANDLE")
        for row in members:
            named = f" ({row['name']})" if row["name"] else ""
            console.print(f"{row['handle']}{named}: {row['role']}, tier {row['tier']}", markup=False)
            _draw_keys(console, [key for key in keys if key["handle"] == row["handle"]])

    call.answer({"members": members, "keys": keys}, draw)


def add(call: Call, handle: str, role: str, tier: str | None, name: str) -> None:
    """Let somebody in; they need a key then."""
    given = tier or next(iter(call.settings.tiers))
    row = _change(call, handle, lambda people: people.add_member(call.settings.tenant, handle, role, given, name))
    said = f"{row['handle']} is {row['role']}, tier {row['tier']}; bellwether members key {row['handle']} gives a key"
    call.answer(row, lambda console: console.print(said, markup=False))


def set_role(call: Call, handle: str, role: str, tier: str | None) -> None:
    """Give somebody another role, and with it another tier if one is named."""
    row = _change(call, handle, lambda people: people.set_role(call.settings.tenant, handle, role, tier))
    call.answer(row, lambda console: console.print(f"{handle} is {row['role']}, tier {row['tier']}", markup=False))


def remove(call: Call, handle: str) -> None:
    """Forget who somebody is and end their keys."""
    _change(call, handle, lambda people: people.remove_member(call.settings.tenant, handle))
    said = f"{handle} is out: name forgotten, keys and tokens ended"
    call.answer({"removed": handle}, lambda console: console.print(said, markup=False))


def give_key(call: Call, handle: str, label: str, days: int | None) -> None:
    """Give somebody a key; the one time it is shown."""
    row, text = _change(call, handle, lambda people: people.add_key(call.settings.tenant, handle, label, days))

    def draw(console: Any) -> None:
        console.print(text, markup=False, soft_wrap=True, style="bold")
        console.print(f"{handle}'s key {row['id']}: {FOR}", markup=False, soft_wrap=True)

    call.answer({**row, "api_key": text}, draw)


def revoke(call: Call, text: str) -> None:
    """End a key and its tokens."""
    try:
        key_id = UUID(text)
    except ValueError:
        raise Fault(f"{text[:60]!r} is no id of a key; `bellwether members list` shows them") from None
    _change(call, str(key_id), lambda people: people.revoke_key(call.settings.tenant, key_id))
    said = f"key {key_id} is out, within ten seconds at every door"
    call.answer({"revoked": str(key_id)}, lambda console: console.print(said, markup=False))


def _draw_keys(console: Any, keys: Sequence[Row]) -> None:
    for key in keys:
        label = f" {key['label']!r}" if key["label"] else ""
        used = f"last used {key['used_on']}" if key["used_on"] else "never used"
        until = f", until {key['expires_at']:%Y-%m-%d}" if key["expires_at"] else ""
        console.print(f"  key {key['id']}{label}: {used}{until}", markup=False)


def _change(call: Call, subject: str, work: Callable[[People], Awaitable[T]]) -> T:
    """What the owner changes, with its entry in the audit log."""

    async def written(people: People) -> T:
        from graphs.people import Deed
        from store.audit import Entry, record

        done = await work(people)
        tenants, tenant = people.tenants, call.settings.tenant
        async with tenants.product(tenant) as product, product.pool.connection() as connection:
            await record(connection, Entry(call.settings.actor, "cli", Deed.KEEP_PEOPLE, subject))
        return done

    return _ask(call, written)


def _ask(call: Call, work: Callable[[People], Awaitable[T]]) -> T:
    """Do it with the people of the settings' database; what cannot be is a Fault."""
    from graphs.people import People, PeopleError
    from graphs.tenants import Tenants
    from store.people import MemberError

    async def worked() -> T:
        async with Tenants(call.settings) as tenants:
            return await work(People(tenants))

    try:
        with faults():
            done: T = finish(worked())
    except (PeopleError, MemberError) as refusal:
        raise Fault(str(refusal)) from refusal
    return done
