"""Sorter: what a phrase is, where the word lists cannot say.

    unknown phrases, three texts each -> one ask, instant tier -> phrase, kind, reason
                                           |
                                           +----> any fault: everything stays unknown, and it says why

What a model takes for a subject may enter a shortlist and is review at best (`agents/decision.py`): texts from outside
speak to the model, so its word can lower what is allowed and never raise it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from agents.door import Door
from agents.grounding import states_a_number
from agents.model import Ask, Message, NoAnswer
from agents.script import read_report, schema_of, schema_text, sendable, strongest
from agents.specialist import Tier
from prompts import load, quote
from trends.idea import Evidence, Idea, Kind

NAME = "sorter"
TIER: Tier = "instant"
MOST = 40
"""Phrases in one ask."""
TEXTS = 3
"""Texts that are shown of each."""
TEXT_CHARS = 160
"""Characters of each: small models have small limits a minute."""
MAX_TOKENS = 4000
MEANS = {
    Kind.SUBJECT: "a subject",
    Kind.LICENSED: "a name that belongs to somebody",
    Kind.PERSON: "a person",
    Kind.NEWS: "news",
    Kind.GENERIC: "a format or a filler",
}


class Sorted(BaseModel):
    """What one phrase is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrase: str = Field(max_length=200, description="The phrase, letter by letter as it was given.")
    kind: Kind = Field(description="What it is; unknown where the texts do not tell.")
    reason: str = Field(max_length=200, description="Why, in a few words and without figures.")


class Sorting(BaseModel):
    """What every phrase is that was asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phrases: list[Sorted] = Field(max_length=4 * MOST, description="One entry for each phrase.")


class Typing(NamedTuple):
    """The kind that a model gave a phrase, and the line that says so."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking: kinds by phrase, and why there are none where that is no choice of the model's."""

    kinds: Mapping[str, Typing] = field(default_factory=dict)
    model: str = ""
    """Who said so; empty where nobody was asked or nobody answered."""
    fault: str = ""


class Sorter:
    """Asks a model what phrases are that stayed unknown."""

    def __init__(self, door: Door | None = None, *, seed: int = 7) -> None:
        """No `door`: nobody is asked and everything stays unknown."""
        self._door = door
        self._seed = seed

    @property
    def asks(self) -> bool:
        """Whether there is a model to ask."""
        return self._door is not None and bool(self._door.routes(NAME, TIER))

    async def sort(self, asked: Sequence[tuple[Idea, Evidence]], run: str | None = None) -> Told:
        """The kinds of at most the first MOST of these ideas; never raises for what a provider does wrong."""
        if not asked or self._door is None or not self.asks:
            return Told()
        # In the order of their phrases: a rerun that ranks them otherwise asks the same, which is already answered.
        ideas = sorted(asked[:MOST], key=lambda one: one[0].phrase)
        try:
            answer, _ = await self._door.ask(self._question(ideas, run), _read)
        except NoAnswer as none:
            return Told(fault=f"nobody could say what {len(ideas)} unknown phrases are: {none}")
        told = _agreed(_read(answer.text).phrases, {idea.phrase for idea, _ in ideas})
        return Told(told, f"{answer.provider}/{answer.model}")

    def _question(self, ideas: Sequence[tuple[Idea, Evidence]], run: str | None) -> Ask:
        blocks = [
            quote([f"phrase: {idea.phrase}", *strongest(evidence, TEXTS)], TEXT_CHARS) for idea, evidence in ideas
        ]
        system, user = load(NAME).fill(signals="\n\n".join(blocks), report=schema_text(Sorting))
        messages = (Message("system", system), Message("user", sendable(user)))
        return Ask(NAME, TIER, messages, schema_of(Sorting), seed=self._seed, max_tokens=MAX_TOKENS, run=run)


def _read(text: str) -> Sorting:
    return read_report(text, Sorting)


def _agreed(told: Iterable[Sorted], asked: set[str]) -> dict[str, Typing]:
    """The kinds of the phrases that were asked about; what was left open or told in two ways stays unknown."""
    by_phrase: dict[str, list[Sorted]] = {}
    for each in told:
        if each.phrase in asked:
            by_phrase.setdefault(each.phrase, []).append(each)
    return {
        phrase: Typing(said[0].kind, _line(said[0]))
        for phrase, said in by_phrase.items()
        if said[0].kind is not Kind.UNKNOWN and len({each.kind for each in said}) == 1
    }


def _line(told: Sorted) -> str:
    """Code's own words, then the model's where they are plain and state no number: it would pass for a fact."""
    reason = " ".join(told.reason.split()).rstrip(".")
    taken = f"a model took it for {MEANS[told.kind]}"
    return f"{taken}: {reason}" if reason and reason.isprintable() and not states_a_number(reason) else taken
