"""Trademark: the words of a listing, above all those lettered on the design, against word marks of its classes.

Marks come from the starter list that ships (famous names, never a clearance), from word-mark files that the user has,
and from registers that are asked. A register that does not answer means that the gate could not run.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from market.errors import MarketError
from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of, texts_of, told
from market.gates.distinct import TABLES
from market.gates.likeness import uses
from market.gates.marks import VERSION, Mark, Register, Use, digest_of
from market.listing import Listing

NAME = "trademark"
SHOP = 35
"""Retail services: whoever sells needs them, whatever the product."""
MOST_EVIDENCE = 40


class RemoteRegister(Protocol):
    """A register of marks that is asked over the network. Errors: `market.errors`."""

    def source(self, now: datetime) -> Source: ...

    async def search(self, texts: Sequence[str], classes: Sequence[int]) -> list[Mark]:
        """Living word marks of these classes that may be meant by one of the texts; the gate compares them."""
        ...


class StatusOf(Protocol):
    """Knows how a mark of one register stands today."""

    register: str

    def source(self, now: datetime) -> Source: ...

    async def is_alive(self, mark: Mark) -> bool: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A register in memory, and what it is called."""

    source: Source
    register: Register


@lru_cache(maxsize=1)
def starter() -> Listed:
    """The list that ships: a few hundred famous marks, which count in every class."""
    with (TABLES / "marks.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    marks = [
        Mark(row["mark"], frozenset(map(int, row["classes"].split())), row["owner"], row["register"], row["number"],
             famous=True)
        for row in rows
    ]  # fmt: skip
    return Listed(Source("starter list of famous marks", digest_of(marks)[:12], len(marks)), Register(marks))


@lru_cache(maxsize=1)
def _classes() -> dict[str, int]:
    with (TABLES / "nice_classes.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["product_format"]: int(row["class"]) for row in rows}


def classes_of(product_format: str) -> tuple[int, ...]:
    """The Nice classes that matter for a product: its own and that of shops; all where the format is not known."""
    own = _classes().get(product_format)
    return tuple(range(1, 46)) if own is None else (own, SHOP)


class Trademark:
    """The gate."""

    name = NAME

    def __init__(
        self, files: Sequence[Listed] = (), remote: Sequence[RemoteRegister] = (), status: Sequence[StatusOf] = ()
    ) -> None:
        """Beside the starter list: word-mark files, registers to ask, and who says whether a mark found still lives."""
        self.lists = (starter(), *files)
        self.remote, self.status = tuple(remote), tuple(status)

    def against(self, now: datetime) -> tuple[Source, ...]:
        """Every list and register, with its version or day."""
        asked = [*(each.source(now) for each in self.remote), *(each.source(now) for each in self.status)]
        return (*(each.source for each in self.lists), *asked)

    def key(self, listing: Listing, artwork: Artwork, now: datetime, /) -> str:
        return key_of(NAME, VERSION, listing, artwork, self.against(now))

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Blocked where a mark is used; hints are told beside. Could not run where a register did not answer."""
        texts, classes = texts_of(listing, artwork), classes_of(listing.product_format)
        failed = ""
        lists = list(self.lists)
        try:
            lists += await self._asked(texts, classes)
        except MarketError as error:
            failed = str(error)
        found = [
            (where, use) for listed in lists for where, text in texts
            for use in uses(text, listed.register, classes, listing.locale)
        ]  # fmt: skip
        try:
            found = await self._alive(found)
        except MarketError as error:
            failed = failed or str(error)
        return self._verdict(listing, artwork, now, texts, _evidence(found), failed)

    async def _asked(self, texts: Sequence[tuple[str, str]], classes: Sequence[int]) -> list[Listed]:
        found = []
        for each in self.remote:
            marks = await each.search([text for _, text in texts], classes)
            found.append(Listed(Source("answer", ""), Register(marks)))
        return found

    async def _alive(self, found: Sequence[tuple[str, Use]]) -> list[tuple[str, Use]]:
        """Without marks that their register says are dead."""
        known: dict[tuple[str, str], bool] = {}
        kept = []
        for where, use in found:
            judge = next((each for each in self.status if each.register == use.mark.register), None)
            same = (use.mark.register, use.mark.number)
            if judge is not None and use.mark.number and use.blocks:
                if same not in known:
                    known[same] = await judge.is_alive(use.mark)
                if not known[same]:
                    use = replace(use, blocks=False, why="its register says that it is dead")
            kept.append((where, use))
        return kept

    def _verdict(
        self, listing: Listing, artwork: Artwork, now: datetime, texts: Sequence[tuple[str, str]],
        evidence: tuple[Evidence, ...], failed: str,
    ) -> Verdict:  # fmt: skip
        outcome: Outcome
        blocking = [each for each in evidence if each.blocks]
        if blocking:
            first = blocking[0]
            more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
            outcome, why = "blocked", f"“{first.written}” in the {first.where} is the mark {first.found}{more}"
            why += f"; {failed}" if failed else ""
        elif failed:
            outcome, why = "could not run", f"a register of marks did not answer: {failed}"
        else:
            hints = f"; {len(evidence)} ordinary words that are marks too, to look at" if evidence else ""
            only = "" if len(self.lists) > 1 or self.remote else " (the starter list alone: no clearance)"
            outcome, why = "clear", f"no mark of its classes is used{only}{hints}"
        key = self.key(listing, artwork, now)
        return Verdict(NAME, outcome, why, told(texts), self.against(now), now, key, evidence)


def _evidence(found: Sequence[tuple[str, Use]]) -> tuple[Evidence, ...]:
    """Each use once, those that block and are nearest first."""
    order = sorted(found, key=lambda each: (not each[1].blocks, -each[1].score, each[1].mark.text, each[0]))
    told = (
        Evidence(where, use.written, use.mark.text, f"{use.how}: {use.why}", use.blocks, use.score, _facts(use.mark))
        for where, use in order
    )
    return tuple({(each.where, each.written, each.found): each for each in told}.values())[:MOST_EVIDENCE]


def _facts(mark: Mark) -> dict[str, str]:
    stated = {
        "class": ", ".join(map(str, sorted(mark.classes))), "owner": mark.owner, "register": mark.register,
        "number": mark.number, "status": mark.status,
    }  # fmt: skip
    return {name: value for name, value in stated.items() if value}
