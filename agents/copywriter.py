"""Copywriter: the texts of a listing, written by a model where there is one, else by the templates.

    subject, bounds -> one ask, tier writing -> texts -> held by code against bounds, tokens, facts, banned words, names
                            ^                     |
                            +-- what was wrong <--+  once; then the templates' texts stand, and it says why

A model chooses words; it adds nothing to what is known: every figure and every claim traces to a row that a buyer may
be told of (`market.subject.grounds_of`). Price, pictures, variants and disclosures are not the model's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from agents.door import Door
from agents.model import Answer, Ask, Message, NoAnswer
from agents.script import read_report, schema_of, schema_text, sendable
from agents.specialist import Tier
from market.bounds import Bounds, refusals
from market.figures import untraced
from market.listing import Claim, Disclosures, Listing
from market.money import language_of
from market.subject import Subject, grounds_of, sources_of
from market.texts import MOST_BULLETS, MOST_TOKENS, Texts, texts_of
from market.words import words_of
from prompts import fence, load, quote
from trends.matching import words_of as plain_words
from trends.normalize import clean, is_nsfw, redact
from trends.words import word_list

NAME = "copywriter"
TIER: Tier = "writing"
MAX_TOKENS = 1200
MOST_CHARS = 600
MOST_FAULTS = 6
SHOPS = frozenset(
    ("etsy", "amazon", "ebay", "shopify", "printify", "printful", "gelato", "redbubble", "tiktok", "zazzle")
)
"""Names of shops and printers, which no text names."""
_ADDRESS = re.compile(r"://|\bwww\.|@\w|#\w|[{}<>]", re.IGNORECASE)
_PICTOGRAM = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

Gate = Callable[[str, str], Sequence[str]]
"""Of a text and a locale: what else may not be said, one line each."""


class Said(BaseModel):
    """Something that the texts say is so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=300, description="The words, exactly as they stand in your text.")
    fact: str = Field(min_length=1, max_length=200, description="Id of the fact that says so.")


class Copy(BaseModel):
    """The texts of one listing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=500, description="What buyers look for first; within its bound.")
    bullets: list[str] = Field(max_length=10, description="Short points without a stop at their end.")
    description: str = Field(min_length=1, max_length=2000, description="Two to four sentences.")
    tags: list[str] = Field(max_length=30, description="What buyers search by; none where the marketplace takes none.")
    claims: list[Said] = Field(max_length=30, description="Everything stated of the product, with its fact.")


class Copywriter:
    """Asks a model for the texts of a listing."""

    def __init__(self, door: Door | None = None, *, seed: int = 7, gate: Gate | None = None) -> None:
        """No `door`: the templates write. `gate` may refuse more than is refused here (marks, banned claims)."""
        self._door = door
        self._seed = seed
        self._gate = gate

    @property
    def asks(self) -> bool:
        """Whether there is a model to ask."""
        return self._door is not None and bool(self._door.routes(NAME, TIER))

    async def write(
        self, subject: Subject, locale: str, bounds: Bounds, seed: int = 0, run: str | None = None
    ) -> Texts:
        """The model's texts, or the templates' and why; never raises for what a provider does wrong."""
        own = texts_of(subject, locale, bounds, seed)
        if self._door is None or not self.asks:
            return own
        question, faults, by = self._question(subject, locale, bounds, own, run), ["it was not asked"], ""
        try:
            for _ in range(2):
                answer, _bill = await self._door.ask(question, _read)
                by, texts = f"{answer.provider}/{answer.model}", _texts(_read(answer.text))
                faults = self._faults(texts, subject, locale, bounds)
                if not faults:
                    return replace(texts, by=by)
                question = _again(question, answer, faults)
        except NoAnswer as none:
            told = f"{by} was not followed ({'; '.join(faults)}), and then " if by else ""
            return replace(own, why=f"{told}nobody could write the listing: {none}")
        return replace(own, why=f"{by} was not followed: {'; '.join(faults)}")

    def _faults(self, texts: Texts, subject: Subject, locale: str, bounds: Bounds) -> list[str]:
        found = list(faults_of(texts, subject, locale, bounds))
        if self._gate is not None:
            found += [fault for text in texts.all for fault in self._gate(text, locale)]
        return list(dict.fromkeys(found))[:MOST_FAULTS]

    def _question(self, subject: Subject, locale: str, bounds: Bounds, own: Texts, run: str | None) -> Ask:
        sold = {
            "phrase": subject.phrase, "audience": subject.audience, "occasion": subject.occasion,
            "product": subject.product_format, "lettered on it": subject.artwork.text, "locale": locale,
        }  # fmt: skip
        system, user = load(NAME).fill(
            idea=quote((f"{name}: {value}" for name, value in sold.items() if value), MOST_CHARS),
            facts=fence("facts", map(_ENCODE, _may_be_said(subject))),
            findings=fence("data", map(_ENCODE, (_taken(bounds), _shown(own)))),
            report=schema_text(Copy),
        )
        messages = (Message("system", system), Message("user", sendable(user)))
        return Ask(NAME, TIER, messages, schema_of(Copy), seed=self._seed, max_tokens=MAX_TOKENS, run=run)


def _again(question: Ask, answer: Answer, faults: Sequence[str]) -> Ask:
    """The same question, the answer that was given, and what is wrong with it."""
    told = "That cannot be used. Write all of it again, the same JSON, with these mended:\n" + quote(faults)
    said = Message("assistant", sendable(answer.text))
    return replace(question, messages=(*question.messages, said, Message("user", sendable(told))))


def _may_be_said(subject: Subject) -> Iterator[dict[str, object]]:
    """The facts, by what they say; of one row that says several things, one line each."""
    art, cost = subject.artwork, subject.cost
    what: dict[str, object] = {
        "design": "designed by the shop",
        "lettering": art.text if art.renderer == "typographic" else "",
        "made": "" if art.renderer == "typographic" else "the picture was made with the help of AI",
        "pixels": f"{art.width} x {art.height} px" if art.width else "",
        "style": ", ".join(subject.style),
        "production": f"printed on demand, {cost.production_days} days" if cost else "",
        "shipping": f"{cost.shipping_days} days, usual" if cost else "",
        "options": "; ".join(filter(None, (", ".join(subject.sizes), ", ".join(subject.shades)))),
    }
    for says, fact in sources_of(subject).items():
        if what.get(says):
            yield {"id": fact, "what": says, "value": what[says]}


def _taken(bounds: Bounds) -> dict[str, object]:
    """The bounds that a writer keeps to."""
    told = {
        "title, most characters": bounds.title_most,
        "description, least characters": bounds.description_least,
        "description, most characters": min(bounds.description_most, 2000),
        "bullets, most": MOST_BULLETS if bounds.bullets is None else bounds.bullets,
        "bullet, most characters": bounds.bullet_most,
        "tags, most": (bounds.tags or 20) if bounds.takes_tags else 0,
        "tag, most characters": bounds.tag_most,
        "tokens in all": MOST_TOKENS,
    }
    return {"marketplace takes": {name: value for name, value in told.items() if value is not None}}


def _shown(own: Texts) -> dict[str, object]:
    return {"draft": {"title": own.title, "bullets": own.bullets, "description": own.description, "tags": own.tags}}


def _read(text: str) -> Copy:
    return read_report(text, Copy)


def _texts(copy: Copy) -> Texts:
    """What was written, cleaned; two line breaks between paragraphs stay."""
    paragraphs = (clean(part) for part in copy.description.split("\n\n"))
    return Texts(
        clean(copy.title),
        tuple(clean(bullet) for bullet in copy.bullets),
        "\n\n".join(filter(None, paragraphs)),
        tuple(clean(tag) for tag in copy.tags),
        tuple(dict.fromkeys(Claim(clean(each.text), each.fact) for each in copy.claims)),
    )


# What may not be said -----------------------------------------------------------------------------------------------


def faults_of(texts: Texts, subject: Subject, locale: str, bounds: Bounds) -> Iterator[str]:
    """Why texts may not be shown to a buyer, one line each; none where they may."""
    if texts.tokens > MOST_TOKENS:
        yield f"{texts.tokens} tokens in all, {MOST_TOKENS} are taken: shorten the description"
    if len(texts.bullets) > MOST_BULLETS:
        yield f"{len(texts.bullets)} bullets: {MOST_BULLETS} at most"
    if texts.tags and not bounds.takes_tags:
        yield f"{bounds.marketplace} takes no tags: leave them out"
    yield from (fault for fault in refusals(_as_listing(texts, locale, bounds), bounds) if _of_words(fault))
    yield from untraced(texts.all, texts.claims, grounds_of(subject), language_of(locale))
    yield from _banned(texts, subject, locale)


def _as_listing(texts: Texts, locale: str, bounds: Bounds) -> Listing:
    """The texts as the marketplace would be given them; the rest is whatever stands."""
    return Listing(
        "key", bounds.marketplace, locale, texts.title, texts.bullets, texts.description, texts.tags, "", 1, "USD", 1,
        (), (), Disclosures("seller", ""), texts.claims,
    )  # fmt: skip


def _of_words(fault: str) -> bool:
    return fault.startswith(("title", "bullet", "description", "tag"))


def _banned(texts: Texts, subject: Subject, locale: str) -> Iterator[str]:
    """Words that no listing has, names of others, addresses, and a text in another language's script."""
    words, own = words_of(locale), clean(f"{subject.phrase} {subject.artwork.text}").casefold()
    for text in texts.all:
        for found in words.never.findall(text):
            if found.casefold() not in own:
                yield f"“{found}” praises, promises or states what nobody measured: say it without"
        if _ADDRESS.search(text) or redact(text) != text or is_nsfw(text):
            yield "an address, a sign of code, a hashtag, a contact or what no shop prints: leave it out"
        if _PICTOGRAM.search(text):
            yield "a pictogram: say it in words"
        for name in _names_in(text):
            if name not in own:
                yield f"“{name}” is somebody's name: leave it out"
    if words.language == "ja" and not _CJK.search(texts.description):
        yield "the description is not in Japanese"
    if words.language != "ja" and _CJK.search(f"{texts.title} {texts.description}") and not _CJK.search(own):
        yield f"the texts are not in the language {words.language}"


def _names_in(text: str) -> Iterator[str]:
    """Names of shops, and licensed names of two words or more: single ones are words of a language too."""
    words = plain_words(text)
    yield from (word for word in words if word in SHOPS)
    for count in (2, 3, 4):
        runs = (" ".join(words[at : at + count]) for at in range(len(words) - count + 1))
        yield from (run for run in runs if run in _licensed())


@lru_cache(maxsize=1)
def _licensed() -> frozenset[str]:
    return frozenset(name for name in word_list("licensed") if " " in name)
