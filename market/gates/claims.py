"""Claims: what a listing says is so, held against what is known, and what nobody may say.

Each claim that a draft declares must trace to a fact that is given. What the texts say besides is looked for by rules,
each with the law it comes from: some things may never be said ("cures", "official"), others only where a declared claim
that traces to a fact says the same words ("organic", "handmade", "guaranteed").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from market.gates import Artwork, Evidence, Outcome, Source, Verdict, key_of, texts_of, told
from market.gates.distinct import TABLES
from market.listing import Listing

NAME = "claims"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may not be said, or not without proof."""

    language: str
    kind: Literal["never", "proof"]
    pattern: re.Pattern[str]
    why: str


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The shipped table. English rules count in every listing."""
    with (TABLES / "claims.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return tuple(
            Rule(row["language"], "never" if row["kind"] == "never" else "proof",
                 re.compile(row["pattern"], re.IGNORECASE), row["why"])
            for row in rows
        )  # fmt: skip


class Claims:
    """The gate."""

    name = NAME

    def __init__(self, facts: Collection[str]) -> None:
        """`facts`: the ids and row names that a claim of this listing may trace to."""
        self.facts = frozenset(facts)
        digest = sha256("\n".join(sorted(self.facts)).encode()).hexdigest()[:12]
        self.sources = (
            Source("facts of the idea and its design", digest, len(self.facts)),
            Source("our rules of claims", VERSION, len(rules())),
        )

    def key(self, listing: Listing, artwork: Artwork, _: datetime, /) -> str:
        return key_of(NAME, VERSION, listing, artwork, self.sources)

    async def judge(self, listing: Listing, artwork: Artwork, now: datetime) -> Verdict:
        """Blocked where a claim traces to no fact that was given, or a text says what may not be said so."""
        texts = texts_of(listing, artwork)
        evidence = (*self._untraced(listing), *self._said(listing, texts))
        outcome: Outcome = "blocked" if evidence else "clear"
        why = f"{len(listing.claims)} claims trace to facts, and no banned claim is made"
        if evidence:
            first = evidence[0]
            why = f"“{first.written}” in the {first.where}: {first.how}"
        checked = (*told(texts), f"claims ({len(listing.claims)})")
        return Verdict(NAME, outcome, why, checked, self.sources, now, self.key(listing, artwork, now), evidence)

    def _untraced(self, listing: Listing) -> list[Evidence]:
        return [
            Evidence("claim", claim.text, claim.fact or "no fact", "it traces to no fact that is known: take it out")
            for claim in listing.claims
            if claim.fact not in self.facts
        ]

    def _said(self, listing: Listing, texts: Sequence[tuple[str, str]]) -> list[Evidence]:
        proven = " | ".join(claim.text.casefold() for claim in listing.claims if claim.fact in self.facts)
        found = []
        for where, text in texts:
            for rule in rules():
                if rule.language not in ("en", listing.locale[:2].lower()):
                    continue
                for match in rule.pattern.finditer(text):
                    if rule.kind == "proof" and match[0].casefold() in proven:
                        continue
                    need = "it may not be said" if rule.kind == "never" else "it needs a claim that a fact proves"
                    found.append(Evidence(where, match[0], rule.kind, f"{need}: {rule.why}"))
        return found
