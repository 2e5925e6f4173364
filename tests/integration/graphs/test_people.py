"""People on PostgreSQL: who a key or token names, what forged ones meet, members and the tokens of their keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pydantic import SecretStr

from graphs import people as module
from graphs.people import BadMember, People, Role, Unknown
from graphs.settings import Settings
from graphs.tenants import Tenants
from graphs.tokens import Claims, Key, Seal, new_secret, read_key, refresh_text
from store.audit import load_audit
from store.migrate import add_tenant
from store.people import LastAdmin, NoMember, Taken
from store.postgres import owner

SECRET = "only for tests, 32 characters long"
NOBODY = "^no key or token that is known here$"
Sessions = psycopg.Connection[Any]


@pytest.fixture
def settings(database: str, redis_address: str, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        database_url=SecretStr(database),
        redis_url=SecretStr(redis_address),
        token_secret=SecretStr(SECRET),
    )


@pytest.fixture
async def people(settings: Settings, database: str) -> AsyncIterator[People]:
    add_tenant(database, "other_one-1")
    async with Tenants(settings) as tenants:
        yield People(tenants)


@pytest.fixture
async def key(people: People) -> str:
    """The API key of ana, who is admin of the home tenant."""
    await people.add_member("default", "ana", "admin", "pro", "Ana")
    return (await people.add_key("default", "ana"))[1]


def elsewhere(people: People) -> People:
    """The people as another process has them."""
    return People(people.tenants)


def events(connection: Sessions, subject: str) -> list[tuple[Any, ...]]:
    query = "SELECT from_status, to_status, actor FROM event WHERE subject = %s ORDER BY id"
    return connection.execute(query, [subject]).fetchall()


async def is_out(people: People, credential: str, line: str = NOBODY) -> None:
    with pytest.raises(Unknown, match=line):
        await people.identify(credential)


# Keys -----------------------------------------------------------------------------------------------------------------


async def test_a_key_names_its_holder(people: People, key: str):
    person = await people.identify(key)
    assert (person.tenant, person.handle, person.role, person.tier) == ("default", "ana", "admin", "pro")
    assert key.startswith(f"bw_default_{person.key_id.hex if person.key_id else ''}_")


async def test_a_key_of_a_tenant_with_dashes_and_lines_in_its_name_is_that_tenants(people: People):
    await people.add_member("other_one-1", "bo", "creator", "free")
    text = (await people.add_key("other_one-1", "bo"))[1]
    assert (await people.identify(text)).tenant == "other_one-1"


async def test_whatever_is_wrong_with_a_key_the_line_is_the_same(people: People, key: str):
    there = read_key(key)
    assert there is not None
    wrong = [
        Key("default", there.id, new_secret()),
        Key("default", uuid4(), there.secret),
        Key("other_one-1", there.id, there.secret),
        Key("nobody", there.id, there.secret),
    ]
    for each in [*(one.text for one in wrong), key[:-1], key + "x", key.upper(), f" {key}", "", "bw_"]:
        await is_out(people, each)


async def test_why_a_key_is_out_is_told_to_whoever_has_all_of_it(people: People, key: str, connection: Sessions):
    there = read_key(key)
    assert there is not None
    half = Key("default", there.id, new_secret()).text
    connection.execute("UPDATE api_key SET expires_at = now()")
    await is_out(people, key, "expired: ask an admin")
    await is_out(people, half)
    await people.revoke_key("default", there.id)
    await is_out(people, key, "revoked: ask an admin")
    await is_out(people, half)


async def test_a_revoked_key_is_out_at_once_here_and_within_ten_seconds_elsewhere(people: People, key: str):
    now = 0.0
    other = People(people.tenants, clock=lambda: now)
    person = await other.identify(key)
    tokens = await other.exchange(key)
    await other.identify(tokens.access)
    assert person.key_id is not None
    await people.revoke_key("default", person.key_id)
    for credential in (key, tokens.access):
        await is_out(people, credential, "revoked")
        assert (await other.identify(credential)).handle == "ana", "for ten seconds it is believed"
    now = module.KEPT_S
    for credential in (key, tokens.access):
        await is_out(other, credential, "revoked")
    with pytest.raises(Unknown):
        await other.refresh(tokens.refresh)


async def test_a_removed_member_is_out_with_every_key_and_token_and_forgotten(
    people: People, key: str, connection: Sessions
):
    await people.add_member("default", "bo", "admin", "free", "Bo")
    tokens = await people.exchange(key)
    await people.remove_member("default", "ana")
    for credential in (key, tokens.access):
        await is_out(people, credential, "revoked")
    with pytest.raises(Unknown):
        await people.refresh(tokens.refresh)
    assert connection.execute("SELECT name FROM member WHERE handle = 'ana'").fetchall() == [("",)]
    assert [row["handle"] for row in await people.members("default")] == ["bo"]
    with pytest.raises(NoMember):
        await people.add_key("default", "ana")
    with pytest.raises(Taken, match="never given again"):
        await people.add_member("default", "ana", "creator", "free")


async def test_a_change_of_role_holds_at_once_for_tokens_too(people: People, key: str):
    await people.add_member("default", "bo", "admin", "free")
    tokens = await people.exchange(key)
    assert (await people.identify(tokens.access)).role is Role.ADMIN
    await people.set_role("default", "ana", "creator", "free")
    now = await people.identify(tokens.access)
    assert (now.role, now.tier) == (Role.CREATOR, "free")


async def test_the_day_a_key_was_used_is_known(people: People, key: str):
    assert [row["used_on"] for row in await people.keys("default")] == [None]
    await people.identify(key)
    assert [row["used_on"] for row in await people.keys("default", "ana")] == [datetime.now(UTC).date()]


async def test_who_came_is_kept_in_mind_up_to_a_number(people: People, key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    keys = [key, *[(await people.add_key("default", "ana"))[1] for _ in range(3)]]
    for each in keys:
        await people.identify(each)
    assert [people.has_met(each) for each in keys] == [False, False, True, True]


# Tokens ---------------------------------------------------------------------------------------------------------------


async def test_a_key_is_exchanged_for_tokens_and_those_go_on(people: People, key: str):
    person, tokens = await people.identify(key), await people.exchange(key)
    assert await people.identify(tokens.access) == person
    assert tokens.expires_in_s == 15 * 60
    following = await people.refresh(tokens.refresh)
    assert await people.identify(following.access) == person
    assert following.refresh != tokens.refresh and following.access != tokens.access


async def test_a_refresh_token_that_comes_a_second_time_ends_its_family_and_is_written_down(
    people: People, key: str, connection: Sessions
):
    stolen = (await people.exchange(key)).refresh
    thief = await people.refresh(stolen)
    await people.identify(thief.access)
    connection.execute("UPDATE refresh_token SET used_at = now() - interval '4 s' WHERE used_at IS NOT NULL")
    with pytest.raises(Unknown, match=NOBODY):
        await people.refresh(stolen)
    await is_out(people, thief.access)
    with pytest.raises(Unknown, match=NOBODY):
        await people.refresh(thief.refresh)
    async with people.tenants.product("default") as product, product.pool.connection() as session:
        (entry,) = await load_audit(session, None, 10)
    assert (entry["actor"], entry["deed"], entry["outcome"]) == ("ana", "sign in", "refused")
    assert (await people.identify(key)).handle == "ana", "the key itself is as good as before"


async def test_of_two_refreshes_at_once_one_wins_and_goes_on(people: People, key: str):
    token = (await people.exchange(key)).refresh
    answers = await asyncio.gather(*(people.refresh(token) for _ in range(4)), return_exceptions=True)
    won = [each for each in answers if not isinstance(each, BaseException)]
    assert len(won) == 1 and all(isinstance(each, Unknown) for each in answers if each is not won[0])
    assert (await people.identify(won[0].access)).handle == "ana"
    assert await people.refresh(won[0].refresh)


async def test_a_refresh_token_past_its_time_is_out(people: People, key: str, connection: Sessions):
    token = (await people.exchange(key)).refresh
    connection.execute("UPDATE refresh_token SET expires_at = now()")
    with pytest.raises(Unknown, match=NOBODY):
        await people.refresh(token)


@pytest.mark.parametrize("which", ["access", "refresh"])
async def test_whoever_signs_out_is_out(people: People, key: str, which: str):
    tokens = await people.exchange(key)
    await people.identify(tokens.access)
    await people.sign_out(getattr(tokens, which))
    await is_out(people, tokens.access)
    with pytest.raises(Unknown):
        await people.refresh(tokens.refresh)
    with pytest.raises(Unknown):
        await people.sign_out(key)


async def test_a_token_opens_one_tenant_and_no_kind_of_it_stands_for_another(people: People, key: str):
    tokens, person = await people.exchange(key), await people.identify(key)
    assert person.key_id is not None
    family = uuid4()
    seal = Seal(SECRET, 15)
    for claims in (
        Claims("other_one-1", "ana", person.key_id, family),
        Claims("default", "bo", person.key_id, family),
        Claims("default", "ana", uuid4(), family),
        Claims("default", "ana", person.key_id, family),
        Claims("nobody", "ana", person.key_id, family),
        Claims("../x\0", "ana", person.key_id, family),
    ):
        await is_out(people, seal.sign(claims))
    for wrong in (refresh_text("other_one-1", tokens.refresh[-43:]), refresh_text("nobody", tokens.refresh[-43:])):
        with pytest.raises(Unknown, match=NOBODY):
            await people.refresh(wrong)
    await is_out(people, tokens.refresh)
    with pytest.raises(Unknown):
        await people.exchange(tokens.access)
    with pytest.raises(Unknown):
        await people.refresh(key)


async def test_a_forged_token_or_one_of_another_installation_is_out(people: People, key: str):
    good = (await people.exchange(key)).access
    told = jwt.decode(good, options={"verify_signature": False})
    for forged in (
        jwt.encode(told, None, "none"),
        jwt.encode(told, "another secret, also 32 characters"),
        jwt.encode(told | {"exp": 0}, SECRET),
        good[:-1],
    ):
        with pytest.raises(Unknown):
            await people.identify(forged)


async def test_without_a_secret_in_the_settings_one_is_made_and_shared(people: People, key: str):
    people.tenants.settings.token_secret = None
    token = (await people.exchange(key)).access
    assert (await elsewhere(people).identify(token)).handle == "ana"
    assert (people.tenants.settings.home / "token-secret").is_file()


# Members --------------------------------------------------------------------------------------------------------------


async def test_each_change_is_an_event_of_whoever_made_it(people: People, connection: Sessions):
    await people.add_member("default", "bo", "creator", "free", actor="ana")
    row, _ = await people.add_key("default", "bo", "laptop", 30, actor="ana")
    await people.set_role("default", "bo", "business", actor="ana")
    await people.set_role("default", "bo", "business", actor="ana")
    await people.revoke_key("default", row["id"], actor="ana")
    await people.remove_member("default", "bo")
    assert events(connection, "member") == [
        (None, "creator", "ana"),
        ("creator", "business", "ana"),
        ("business", "removed", "owner"),
    ]
    assert events(connection, "key") == [(None, "given", "ana"), ("given", "revoked", "ana")]
    assert row["expires_at"] - row["recorded_at"] == timedelta(days=30)


async def test_the_last_admin_stays(people: People, key: str):
    for change in (people.set_role("default", "ana", "business"), people.remove_member("default", "ana")):
        with pytest.raises(LastAdmin, match="ana is the last admin"):
            await change
    assert (await people.set_role("default", "ana", tier="free"))["role"] == "admin"
    assert (await people.set_role("default", "ana", "admin"))["role"] == "admin"


async def test_of_two_admins_who_lower_each_other_at_once_one_stays(people: People, key: str):
    await people.add_member("default", "bo", "admin", "free")
    for _ in range(5):
        changes = (people.set_role("default", handle, "creator") for handle in ("ana", "bo"))
        answers = await asyncio.gather(*changes, return_exceptions=True)
        assert sum(isinstance(each, LastAdmin) for each in answers) == 1
        for handle in ("ana", "bo"):
            await people.set_role("default", handle, "admin")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"handle": "Ana"}, "handle 'Ana' cannot be: small letters"),
        ({"handle": ""}, "handle"),
        ({"handle": "x" * 41}, "at most 40"),
        ({"handle": "a\0"}, "handle"),
        ({"role": "owner"}, "one of creator, business, admin"),
        ({"tier": "gold"}, "one of free, pro, scale"),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "a\nb"}, "a line"),
        ({"name": "a\0"}, "a line"),
        ({"name": "\ud800"}, "a line"),
    ],
)
async def test_a_member_who_cannot_be_is_refused_with_what_can(people: People, given: dict[str, str], line: str):
    with pytest.raises(BadMember, match=line):
        await people.add_member("default", **{"handle": "bo", "role": "creator", "tier": "free", **given})
    assert await people.members("default") == []


async def test_what_is_not_there_is_told(people: People, key: str):
    for change in (
        people.set_role("default", "cy", "admin"),
        people.remove_member("default", "cy"),
        people.add_key("default", "cy"),
        people.revoke_key("default", uuid4()),
    ):
        with pytest.raises(NoMember, match="bellwether members list"):
            await change
    for days in (0, 3651):
        with pytest.raises(BadMember, match="from 1 to 3650"):
            await people.add_key("default", "ana", days=days)


async def test_a_tenant_neither_sees_nor_changes_people_of_another(people: People, key: str):
    person = await people.identify(key)
    assert person.key_id is not None
    assert await people.members("other_one-1") == [] and await people.keys("other_one-1") == []
    for change in (
        people.set_role("other_one-1", "ana", "creator"),
        people.remove_member("other_one-1", "ana"),
        people.revoke_key("other_one-1", person.key_id),
        people.add_key("other_one-1", "ana"),
    ):
        with pytest.raises(NoMember):
            await change
    await people.add_member("other_one-1", "ana", "creator", "free")
    assert (await elsewhere(people).identify(key)).role is Role.ADMIN


# What is stored -------------------------------------------------------------------------------------------------------


async def test_no_secret_is_in_any_row(people: People, key: str, database: str):
    tokens = await people.exchange(key)
    following = await people.refresh(tokens.refresh)
    secrets = [key[-43:], tokens.refresh[-43:], following.refresh[-43:], tokens.access[-43:], following.access[-43:]]
    with owner(database) as session:
        tables = session.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200").fetchall()
        for (table,) in tables:
            query = psycopg.sql.SQL("SELECT t::text FROM {} t").format(psycopg.sql.Identifier(table))
            text = "\n".join(row[0] for row in session.execute(query))
            found = [one for one in secrets if one in text or one.encode().hex() in text]
            assert not found, table


async def test_nothing_that_is_printed_has_a_secret(people: People, key: str, caplog: pytest.LogCaptureFixture):
    tokens = await people.exchange(key)
    await people.identify(tokens.access)
    with caplog.at_level("DEBUG"):
        for wrong in (key[:-4] + "aaaa", tokens.access[:-4] + "aaaa"):
            with pytest.raises(Unknown) as refused:
                await people.identify(wrong)
            assert wrong[-43:] not in str(refused.value)
    said = "\n".join([repr(people), repr(tokens), caplog.text])
    assert not [one for one in (key, tokens.access, tokens.refresh, SECRET) if one[-43:] in said]


TEXTS = (
    st.text()
    | st.from_regex(r"bwr?_[a-z]*_[0-9a-f]{0,40}_?[\w-]*")
    | st.binary().map(lambda raw: raw.decode("latin-1"))
)


@limits(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(text=TEXTS)
async def test_any_text_names_nobody_and_breaks_nothing(people: People, text: str):
    for ask in (people.identify, people.exchange, people.refresh, people.sign_out):
        with pytest.raises(Unknown) as refused:
            await ask(text)
        assert "\n" not in str(refused.value)
