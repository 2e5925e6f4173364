"""Eval pii: are contact details out of what is stored, and is everything else still in it?

On a file in Presidio's layout (a list of {full_text, spans: [{entity_type, entity_value, start_position,
end_position}]}, plain or gzip), each text goes the way of a signal: `trends.screen.screened`.

recall_contact      of the e-mail addresses, phone, card and account numbers (IBAN) and IP addresses: the share of
                    which not one letter or digit is left
recall_<kind>       the same of each kind
precision_<kind>    of what was taken out as that kind (told by its form), the share that overlaps such a detail
precision_personal  of everything that was taken out, the share that overlaps personal data of any type: an identity
                    number or a piece of an address taken for a phone number is no loss
pii_precision, pii_recall, pii_f
                    as Presidio's evaluator counts, by tokens over all types, whatever a token was taken for; tokens
                    here are runs of letters and digits (there: spaCy's). Its F weighs recall twice (beta 2), which its
                    published figures agree with
sought_...          the same, where only the five kinds are asked for

The other types (names, places, organisations, dates, ages, titles, addresses of houses, websites) are not looked for
on purpose: public posts are about persons and places, and an idea is mined from such words. So `pii_recall` is low by
design; what may not be kept of an author is kept as a keyed hash (`trends.signal.author_hash`).

titles_changed      on real titles of public videos and posts, where the development data is there: how many of
                    `titles` different ones lose anything. Nearly each of them is a false alarm.
"""

from __future__ import annotations

import csv
import gzip
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from evals.report import Asked, Figure, Result
from graphs.settings import Settings
from trends.normalize import REDACTED, clean, is_iban, passes_luhn, redact
from trends.screen import screened
from trends.signal import Signal, SignalKind

CONTACT = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
}
"""The types that are looked for."""
TITLES = ("youtube_trending_2017/*.csv.gz", "reddit_top_2013/*.csv.gz")
ASKED = {"recall_contact": Asked(least=0.95), "titles_changed_ratio": Asked(most=0.001)}
PUBLISHED = {
    "pii_precision": 0.685, "pii_recall": 0.603, "pii_f": 0.618,
    "pii_precision_customised": 0.870, "pii_recall_customised": 0.839, "pii_f_customised": 0.845,
}  # fmt: skip
"""Presidio by default and customised, on the whole of its data: github.com/microsoft/presidio-research, notebooks 4 and
5."""
BETA = 2.0

_TOKEN = re.compile(r"[^\W_]+")


class Span(NamedTuple):
    """A piece of a text, and what it is."""

    start: int
    end: int
    kind: str

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(slots=True)
class Count:
    """What was found of one kind, what was missed, and what was taken for it."""

    there: int = 0
    found: int = 0
    taken: int = 0
    rightly: int = 0


@dataclass(slots=True)
class Tokens:
    """Tokens of personal data, those taken out, and those that are both."""

    there: int = 0
    taken: int = 0
    both: int = 0

    def figures(self, name: str) -> dict[str, Figure]:
        precision, recall = _share(self.both, self.taken), _share(self.both, self.there)
        return {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f": f_of(precision, recall)}


@dataclass(slots=True)
class Tally:
    """The counts over all texts."""

    kinds: dict[str, Count] = field(default_factory=lambda: {kind: Count() for kind in CONTACT.values()})
    unsought: Counter[str] = field(default_factory=Counter)
    everything: Tokens = field(default_factory=Tokens)
    sought: Tokens = field(default_factory=Tokens)
    taken: int = 0
    personal: int = 0

    def add(self, text: str, spans: Sequence[Span]) -> None:
        """Counts one text with what is known to be in it."""
        gone = taken_out(text, _stored(text))
        for span in spans:
            if span.kind not in self.kinds:
                self.unsought[span.kind] += 1
                continue
            self.kinds[span.kind].there += 1
            self.kinds[span.kind].found += is_gone(text, span, gone)
        for span in gone:
            count = self.kinds[span.kind]
            count.taken += 1
            count.rightly += any(span.overlaps(one) and span.kind == one.kind for one in spans)
            self.taken += 1
            self.personal += any(span.overlaps(one) for one in spans)
        _count(self.everything, text, spans, gone)
        _count(self.sought, text, [span for span in spans if span.kind in self.kinds], gone)


def run(data: Path, seed: int = 7) -> Result:
    """Measures one file; ValueError where it is not in Presidio's layout."""
    tally = Tally()
    for text, spans in read(data):
        tally.add(text, spans)
    contact = tally.kinds.values()
    figures: dict[str, Figure] = {
        "recall_contact": _share(sum(one.found for one in contact), sum(one.there for one in contact)),
        "precision_personal": _share(tally.personal, tally.taken),
    }
    for kind, count in tally.kinds.items():
        figures[f"recall_{kind}"] = _share(count.found, count.there)
        figures[f"precision_{kind}"] = _share(count.rightly, count.taken)
    figures |= tally.everything.figures("pii") | tally.sought.figures("sought")
    changed, titles = titles_changed(title_files(Settings().shared / "data"))
    if titles:
        figures |= {"titles_changed": changed, "titles": titles, "titles_changed_ratio": changed / titles}
    asked = {name: one for name, one in ASKED.items() if name in figures}
    return Result("pii", figures, dict(PUBLISHED), data.name, seed, _notes(tally, titles), asked)


def _notes(tally: Tally, titles: int) -> tuple[str, ...]:
    there = ", ".join(f"{kind} {count.there}" for kind, count in tally.kinds.items())
    unsought = ", ".join(f"{kind} {count}" for kind, count in tally.unsought.most_common())
    notes = [f"looked for: {there}", f"not looked for on purpose: {unsought or 'nothing else is in the file'}"]
    if not titles:
        notes.append("no public titles in the development data: false alarms were not measured")
    return tuple(notes)


def read(data: Path) -> Iterator[tuple[str, list[Span]]]:
    """The texts, cleaned as they would be, with their spans; ValueError where the file has another layout."""
    raw = data.read_bytes()
    try:
        rows = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
        if not isinstance(rows, list):
            raise TypeError(f"it holds a {type(rows).__name__}")
        for row in rows:
            yield _cleaned(row["full_text"], row["spans"])
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise ValueError(f"a list of full_text and spans is needed ({type(fault).__name__}: {fault})") from None


def _cleaned(raw: str, marked: Iterable[dict[str, Any]]) -> tuple[str, list[Span]]:
    """A text as `clean` leaves it, and where its spans are then."""
    text, spans = clean(raw), []
    for span in marked:
        value = clean(raw[span["start_position"] : span["end_position"]])
        start = len(clean(raw[: span["start_position"]] + "|")) - 1
        if text[start : start + len(value)] != value:
            start = text.find(value)
        if value and start >= 0:
            spans.append(Span(start, start + len(value), CONTACT.get(span["entity_type"], span["entity_type"])))
    return text, spans


def _stored(text: str) -> str:
    """What would be stored of a text; of one that is refused as a whole, what its quarantine may show."""
    signal = screened(Signal("posts", SignalKind.ITEM, text, datetime(2000, 1, 1, tzinfo=UTC)))
    return signal.text if isinstance(signal, Signal) else redact(text)


def taken_out(text: str, stored: str) -> list[Span]:
    """The pieces of a text that are not in what was stored of it."""
    pattern = "(.+?)".join(re.escape(piece) for piece in stored.split(REDACTED))
    found = re.fullmatch(pattern, text, re.DOTALL)
    if found is None:
        return []
    return [Span(*found.span(group), kind_of(found[group])) for group in range(1, (found.lastindex or 0) + 1)]


def kind_of(piece: str) -> str:
    """What a piece was taken out as, by its form, in the order in which `redact` looks."""
    if re.search(r"@|\(at\)|\[at\]|\sat\s", piece, re.IGNORECASE):
        return "email"
    if is_iban(piece):
        return "iban"
    if _is_ip(piece):
        return "ip"
    digits = re.sub(r"\D", "", piece)
    return "card" if 12 <= len(digits) <= 19 and not piece.startswith("+") and passes_luhn(digits) else "phone"


def _is_ip(piece: str) -> bool:
    try:
        ipaddress.ip_address(piece)
    except ValueError:
        return False
    return True


def is_gone(text: str, span: Span, gone: Sequence[Span]) -> bool:
    """Whether no letter or digit of a span is left."""
    return all(
        not text[at].isalnum() or any(one.start <= at < one.end for one in gone) for at in range(span.start, span.end)
    )


def _count(tokens: Tokens, text: str, spans: Sequence[Span], gone: Sequence[Span]) -> None:
    for found in _TOKEN.finditer(text):
        token = Span(*found.span(), "")
        there, taken = any(token.overlaps(one) for one in spans), any(token.overlaps(one) for one in gone)
        tokens.there += there
        tokens.taken += taken
        tokens.both += there and taken


def f_of(precision: float | None, recall: float | None, beta: float = BETA) -> float | None:
    """The F measure that weighs recall `beta` times as much as precision; None where either is unknown."""
    if precision is None or recall is None:
        return None
    below = beta * beta * precision + recall
    return (1 + beta * beta) * precision * recall / below if below else 0.0


def title_files(folder: Path) -> list[Path]:
    """The tables of public titles in the development data."""
    return [path for pattern in TITLES for path in sorted(folder.glob(pattern))]


def titles_changed(paths: Iterable[Path]) -> tuple[int, int]:
    """How many different titles lose anything, and how many there are."""
    titles: set[str] = set()
    csv.field_size_limit(10_000_000)
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
            titles.update(clean(row.get("title") or "") for row in csv.DictReader(lines))
    return sum(redact(title) != title for title in titles), len(titles)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
