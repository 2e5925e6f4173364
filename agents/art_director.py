"""Art director: the master prompt of a design, polished by a model where there is one.

    brief -> one ask, tier writing -> a prompt -> held against the row and the brand by code -> brief
                    |                                      |
                    +---- any fault -----------------------+--> the prompt that code wrote stands, and it says why

A polish may change how a prompt says it, never what: each term and each colour of the brand is still named, the row's
own text stands letter by letter, nothing else is lettered, and nothing is said against the style that was not said.
Seed, negatives and knobs are not the model's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from agents.door import Door
from agents.model import Ask, Message, NoAnswer
from agents.script import read_report, schema_of, schema_text, sendable
from agents.specialist import Tier
from prompts import fence, load, quote
from studio.brief import DATA, SLOTS, check, slot, terms_of
from studio.colours import names_of
from studio.drawing import Brief
from trends.normalize import clean, is_nsfw, redact

NAME = "art_director"
TIER: Tier = "writing"
MAX_TOKENS = 600
MOST_CHARS = 900
_QUOTED = re.compile(r"“[^”]*”")
_ADDRESS = re.compile(r"://|\bwww\.|@\w", re.IGNORECASE)
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Polish(BaseModel):
    """One prompt for the machine that draws."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str = Field(min_length=20, max_length=MOST_CHARS, description="The whole prompt, two or three sentences.")


@dataclass(frozen=True, slots=True)
class Polished:
    """The brief to draw, whose words its prompt has, and why they are code's where a model was asked."""

    brief: Brief
    by: str = "rule"
    """"rule", or PROVIDER/MODEL."""
    why: str = ""


class ArtDirector:
    """Asks a model to say a prompt better."""

    def __init__(self, door: Door | None = None, *, seed: int = 7) -> None:
        """No `door`: every prompt stands as code wrote it."""
        self._door = door
        self._seed = seed

    @property
    def asks(self) -> bool:
        """Whether there is a model to ask."""
        return self._door is not None and bool(self._door.routes(NAME, TIER))

    async def polish(self, brief: Brief, run: str | None = None) -> Polished:
        """The brief with a better prompt, or the brief itself; never raises for what a provider does wrong."""
        if self._door is None or not self.asks:
            return Polished(brief)
        try:
            answer, _ = await self._door.ask(self._question(brief, run), _read)
        except NoAnswer as none:
            return Polished(brief, why=f"nobody could polish the prompt: {none}")
        better = _with(brief, _read(answer.text).prompt)
        fault = fault_of(better, brief)
        if fault:
            return Polished(brief, why=f"{answer.provider}/{answer.model} was not followed: {fault}")
        return Polished(better, f"{answer.provider}/{answer.model}")

    def _question(self, brief: Brief, run: str | None) -> Ask:
        row = brief.row
        told = (f"{name}: {getattr(row, name)}" for name in SLOTS if getattr(row, name))
        system, user = load(NAME).fill(
            facts=fence("facts", (_ENCODE(one) for one in _must_stay(brief))),
            signals=quote([*told, f"product: {row.product_format}", f"prompt of code: {brief.prompt}"], MOST_CHARS),
            report=schema_text(Polish),
        )
        messages = (Message("system", system), Message("user", sendable(user)))
        return Ask(NAME, TIER, messages, schema_of(Polish), seed=self._seed, max_tokens=MAX_TOKENS, run=run)


def fault_of(better: Brief, brief: Brief) -> str:
    """Why a polished brief may not be drawn; empty where it may."""
    prompt, before = better.prompt, check(brief, brief.profile)
    now = check(better, brief.profile)
    if is_nsfw(prompt) or _ADDRESS.search(prompt) or redact(prompt) != prompt:
        return "it says what no prompt may say"
    if slot(brief.row.text) not in prompt:
        return f"it lost the text {slot(brief.row.text)}"
    own = {slot(getattr(brief.row, name), most) for name, most in SLOTS.items()}
    foreign = [one for one in _QUOTED.findall(prompt.replace(DATA, "")) if one not in own]
    if foreign or prompt.count("“") != prompt.count("”"):
        return "it letters words that the row does not have"
    if now.confidence < before.confidence:
        return f"it left the brand: {now.gap}"
    return ""


def _must_stay(brief: Brief) -> Sequence[dict[str, str]]:
    """The brand's words and the row's text, as facts."""
    terms = ({"id": f"term.{at}", "kind": "term", "value": one} for at, one in enumerate(terms_of(brief.profile), 1))
    names = names_of(brief.profile.palette)
    colours = ({"id": f"colour.{at}", "kind": "colour", "value": one} for at, one in enumerate(names, 1))
    return [{"id": "text", "kind": "text", "value": slot(brief.row.text)}, *terms, *colours]


def _with(brief: Brief, prompt: str) -> Brief:
    """The brief with this prompt, which ends as every prompt does: quoted words are no orders to whoever draws."""
    return replace(brief, prompt=f"{clean(prompt).removesuffix(DATA).rstrip()} {DATA}")


def _read(text: str) -> Polish:
    return read_report(text, Polish)
