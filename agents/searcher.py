"""Searcher: which keywords and products the web says are rising, for the audiences there are.

    day, audiences -> one ask, tier web -> phrases, products        what the model says
                                |
                                +--------> pages, with their dates  what the provider lists

Nothing that a model says is believed: a phrase is kept where it stands in the title or the excerpt of a page that the
provider listed, dated and not after the day. An address in the model's words is never read. The rest is counted, by
reason. Whatever fails is told, and discovery goes on without.

    strength = s / (s + 2) * 2 ** (-d / 30)

s the different sites that name it, d the days since the newest of their pages; half of that where the word lists do not
know it for a subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from agents.brief import Citation
from agents.door import Door
from agents.model import Ask, Message, NoAnswer
from agents.script import read_report, schema_of, schema_text, sendable
from agents.specialist import Tier
from prompts import load, quote
from store.keywords import LIFE, PER_LIST, Keyword, slot_of
from trends.clues import Clues
from trends.idea import Kind
from trends.keywords import refusal_of
from trends.kinds import kind_of
from trends.matching import matches, words_of
from trends.merge import key_of
from trends.normalize import clean, is_nsfw, redact

NAME = "searcher"
TIER: Tier = "web"
NO_KEY = "skipped: no key: set PERPLEXITY_API_KEY"
MOST = 40
"""Phrases of one answer that are looked at."""
AUDIENCES = 8
MAX_TOKENS = 3000
HALVES_DAYS = 30
URL_CHARS = 2_000
ORDERS = frozenset(
    ("approve", "assistant", "disregard", "ignore", "instruction", "instructions", "jailbreak", "keywords", "override",
     "prompt", "verdict")
)  # fmt: skip
"""Words by which a text speaks to a model: no phrase with one of them is a keyword."""


class Rising(BaseModel):
    """One phrase that is beginning to be wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrase: str = Field(max_length=400, description="One to five words, as they stand on a page.")
    audience: str = Field(max_length=400, description="Which of the audiences it is for.")
    products: list[str] = Field(max_length=50, description="Products on which the pages show it, in their words.")


class Risen(BaseModel):
    """What is beginning to be wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keywords: list[Rising] = Field(max_length=500, description="The phrases, surest first.")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found; why there is nothing, where that is not for want of it."""

    keywords: tuple[Keyword, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that may be believed to have been there: its site, its address, its day, its words."""

    site: str
    url: str
    day: date
    text: str


class Searcher:
    """Asks a model that searches the web what is rising."""

    def __init__(self, door: Door | None = None, *, seed: int = 7) -> None:
        """No `door`: nobody is asked."""
        self._door = door
        self._seed = seed

    @property
    def asks(self) -> bool:
        """Whether there is a model to ask."""
        return self._door is not None and bool(self._door.routes(NAME, TIER))

    async def search(self, audiences: Sequence[str], as_of: datetime, run: str | None = None) -> Found:
        """What is rising for these audiences as of a moment; never raises for what a provider does wrong.

        Asked again within the same six hours, the kept answer is read again and nothing is paid.
        """
        if self._door is None or not self.asks:
            return Found(fault=NO_KEY)
        try:
            answer, _ = await self._door.ask(self._question(audiences, as_of, run), _read)
        except NoAnswer as none:
            return Found(fault=f"the web could not be searched: {none}")
        kept, left_out = _kept(_read(answer.text).keywords, answer.citations, as_of)
        return Found(tuple(kept), left_out, f"{answer.provider}/{answer.model}")

    def _question(self, audiences: Sequence[str], as_of: datetime, run: str | None) -> Ask:
        told = [
            f"day: {slot_of(as_of).isoformat(timespec='hours')}",
            *(f"audience: {one}" for one in audiences[:AUDIENCES]),
        ]
        system, user = load(NAME).fill(signals=quote(told), report=schema_text(Risen))
        messages = (Message("system", system), Message("user", sendable(user)))
        schema, until = schema_of(Risen), as_of.date()
        return Ask(NAME, TIER, messages, schema, seed=self._seed, max_tokens=MAX_TOKENS, web=True, until=until, run=run)


def _read(text: str) -> Risen:
    return read_report(text, Risen)


def _kept(
    told: Sequence[Rising], citations: Sequence[Citation], as_of: datetime
) -> tuple[list[Keyword], dict[str, int]]:
    """The keywords that the pages bear out, strongest first, and how many were left out, by reason."""
    pages, left_out = _pages(citations, as_of.date())
    left_out["phrases: too many"] += max(len(told) - MOST, 0)
    found: dict[str, Keyword] = {}
    for each in told[:MOST]:
        reason, kind = _refused(each.phrase)
        holding = [] if reason else [page for page in pages if matches(page.text, [each.phrase])]
        if not reason and not holding:
            reason = "no dated page of the search names it"
        if reason:
            left_out[f"phrases: {reason}"] += 1
            continue
        keyword = _keyword(each, kind, holding, as_of)
        found.setdefault(keyword.key, keyword)
    ranked = sorted(found.values(), key=lambda one: (-one.strength, one.key))
    return ranked, {reason: count for reason, count in left_out.items() if count}


def _refused(phrase: str) -> tuple[str, Kind]:
    """Why a phrase may not be a keyword (empty: it may), and what it is."""
    reason, words = refusal_of(phrase), words_of(clean(phrase))
    if reason:
        return reason, Kind.UNKNOWN
    if not ORDERS.isdisjoint(words):
        return "speaks to a model", Kind.UNKNOWN
    kind = kind_of(Clues(words, counted=True)).kind
    return ("" if kind in (Kind.SUBJECT, Kind.UNKNOWN) else kind.value), kind


def _pages(citations: Sequence[Citation], today: date) -> tuple[list[_Page], Counter[str]]:
    """The pages that were there on the day, as their provider dates them."""
    pages, left_out = [], Counter[str]()
    for each in citations:
        day, site = _day(each), _site(each.url)
        if not site:
            left_out["pages: no web address"] += 1
        elif day is None:
            left_out["pages: no date"] += 1
        elif day > today:
            left_out["pages: dated after the day"] += 1
        else:
            text = clean(f"{each.title} | {each.snippet}")
            pages.append(_Page(site, clean(each.url), day, text))
    return pages, left_out


def _keyword(each: Rising, kind: Kind, holding: Sequence[_Page], as_of: datetime) -> Keyword:
    words = words_of(clean(each.phrase))
    newest = sorted(holding, key=lambda page: page.day, reverse=True)
    sites, age = len({page.site for page in holding}), (as_of.date() - newest[0].day).days
    strength = sites / (sites + 2) * 0.5 ** (age / HALVES_DAYS) * (1.0 if kind is Kind.SUBJECT else 0.5)
    products = [" ".join(words_of(clean(one))) for one in each.products[:PER_LIST] if _is_shown(one, holding)]
    return Keyword(
        phrase=" ".join(words),
        key=key_of(words),
        category=_label(each.audience),
        strength=strength,
        uses=len(holding),
        products=tuple(dict.fromkeys(products)),
        urls=tuple(dict.fromkeys(page.url for page in newest))[:PER_LIST],
        found_by="web",
        first_seen_at=as_of,
        last_seen_at=as_of,
        expires_at=as_of + LIFE,
    )


def _is_shown(product: str, holding: Sequence[_Page]) -> bool:
    """Whether a product may be named, and stands on a page that names the phrase."""
    return not _refused(product)[0] and any(matches(page.text, [product]) for page in holding)


def _label(audience: str) -> str:
    """An audience as it may be stored: plain words, or nothing."""
    plain = clean(audience)[:60]
    return "" if is_nsfw(plain) or redact(plain) != plain or refusal_of(plain) else plain


def _day(page: Citation) -> date | None:
    try:
        return date.fromisoformat((page.published_on or "")[:10])
    except ValueError:
        return None


def _site(url: str) -> str:
    """The host of a web page; empty where the address is none, or names somebody."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return ""
    named = "@" in parts.netloc or len(url) > URL_CHARS or redact(url) != url
    return "" if named or parts.scheme not in ("http", "https") else host.removeprefix("www.")
