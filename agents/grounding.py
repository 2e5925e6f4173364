"""Grounding: every number a report states must be a fact's value.

What is checked: the fields that are numbers, and every number in prose: digits with their signs, decimals, thousands,
k/M, percent, money, units of time, ordinals, years and dates, and number words before a unit ("ninety percent"). A
number is grounded where a fact has that value, in a unit it can be written in, rounded to the precision it is given:

    24.7 %  25 percent     ratio, share, per_day, score_0_1 (times 100)
    $24.99  24.99 dollars  cents (by 100)             2499 cents     cents
    12 days  2 weeks       days, hours (by 24)        48 hours       hours, days (times 24)
    1.2M  12k  0.247  12   any unit as it stands, money also in its major unit

What is not a stated number: a field declared as judgement (`json_schema_extra={"judgement": True}`) and `stance`; ids
of facts; a text that code wrote or a source stated, repeated whole (the idea's phrase, a fact's label, a text fact);
list markers that count up from 1; names such as A4. A number that stands in quoted signals is no fact.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from operator import itemgetter

from pydantic import BaseModel

from agents.specialist import Report
from trends.fact import Fact, Facts

SHARES = frozenset({"ratio", "share", "per_day", "score_0_1"})
JUDGED = frozenset({"stance"})
MOST_FAULTS = 5

_FIELD_UNITS = (
    ("_cents", frozenset({"cents"})),
    ("_ratio", SHARES),
    ("_share", SHARES),
    ("_days", frozenset({"days", "count"})),
    ("_hours", frozenset({"hours"})),
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: number for number, word in enumerate(_ONES.split(" "))} | {
    word: 10 * number for number, word in enumerate(_TENS.split(" "), start=2)
}
_UNIT = (
    r"[%‰]|percent(?:age points?)?|per\s?cent|pct|[¢€£]|cents?|dollars?|usd|eur|gbp|euros?|bucks?"
    r"|days?|weeks?|hours?|hrs?|months?|years?"
)
_NUMBER = re.compile(
    r"(?P<money>[$€£]|\b(?:usd|eur|gbp))?\s?"
    r"(?:(?<![\d\w])(?P<sign>[-+])\s?)?(?P<dollar>\$)?"
    r"(?P<digits>\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?P<power>e[-+]?\d+)?"
    r"(?:(?P<scale>k|m|bn?)(?![a-z])|\s(?P<scale_word>thousand|million|billion)\b)?"
    rf"(?:[\s-]?(?P<unit>{_UNIT})(?![a-z]))?",
    re.IGNORECASE,
)
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_WORDED = re.compile(
    rf"\b(?P<tens>{_WORD})(?:[\s-](?P<ones>{_WORD}))?(?P<hundred>\s(?:hundred|thousand|million))?"
    rf"[\s-](?P<unit>{_UNIT}|fold|times|thousand|million)(?![a-z])",
    re.IGNORECASE,
)
_MAY_STATE = re.compile(rf"\d|\b(?:{_WORD})\b", re.IGNORECASE)
_NAME = re.compile(r"\b(?!(?:usd|eur|gbp|ca)\d)[a-z]{1,2}\d{1,2}\b(?!\s?%|[.,]\d)", re.IGNORECASE)
_MARKER = re.compile(r"(?:^|(?<=\n)|(?<=[.:;] ))\s*\(?(\d{1,2})[.)](?=\s)")
_FALLING = re.compile(
    r"\b(?:los[est]\w*|f[ae]ll\w*|down|drop\w*|declin\w*|decreas\w*|shr[aiu]nk\w*|minus|negative|less|after|behind|slow\w*)\b",
    re.IGNORECASE,
)
_FOLD = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": " ", "\u2019": "'", "\u066a": "%"})


@dataclass(frozen=True, slots=True)
class Stated:
    """A number as a report states it."""

    text: str
    value: float
    half_step: float
    """Half of the last digit's worth: what rounding may have moved it by."""
    unit: str
    signed: bool
    around: str
    """The words before and after it. Where they speak of a loss, a negative fact may be stated without its sign."""


class Ground:
    """Facts, made ready to be looked up by value."""

    def __init__(self, facts: Facts, texts: Iterable[str] = (), dates: Iterable[date] = ()) -> None:
        """`texts` may be repeated whole (the idea's phrase); `dates` may be stated (the day of judgement)."""
        self.facts = facts
        self._texts = tuple(texts)
        self._dates = set(dates)
        self._values: list[tuple[float, str]] = []
        self._written: dict[str, list[float]] = {}
        self._copied: set[str] = set()
        """Text facts: a field may be a copy of one."""
        for fact in facts.values():
            if isinstance(fact.value, str):
                self._copied.add(_folded(fact.value))
                self._dates.update(_dates_in(fact.value) if fact.unit == "date" else ())
            elif not isinstance(fact.value, bool) and math.isfinite(fact.value):
                self._values.append((float(fact.value), fact.unit))

    @cached_property
    def _whole(self) -> tuple[str, ...]:
        """Texts with a number in them that may be repeated whole, the longest first."""
        texts = [*self._texts, *(fact.id for fact in self.facts.values())]
        texts += [fact.label for fact in self.facts.values()]
        texts += [fact.value for fact in self.facts.values() if isinstance(fact.value, str)]
        folded = {text for text in map(_to_mask, texts) if text}
        folded.update(*map(_renderings, self._dates))
        return tuple(sorted(folded, key=lambda text: (-len(text), text)))

    def faults(self, report: Report) -> tuple[str, ...]:
        """What the report states without a fact, one line each; empty where it is grounded."""
        found: list[str] = []
        unknown = [fact_id for fact_id in report.facts if fact_id not in self.facts]
        found += [f"it cites {fact_id[:60]!r}, which is no fact" for fact_id in unknown]
        if not report.facts and len(self.facts):
            found.append("it stands on no fact")
        for name, value in _leaves(report):
            if isinstance(value, str):
                found += [f"{name} states {text!r}, which no fact has" for text in self._ungrounded(value)]
            elif not self._has_field(name, value):
                found.append(f"{name} is {value:g}, which no fact has")
        return tuple(dict.fromkeys(found))[:MOST_FAULTS]

    def _has_field(self, name: str, value: float) -> bool:
        units = next((units for suffix, units in _FIELD_UNITS if name.endswith(suffix)), None)
        slack = 0.005 if units is SHARES else 1e-6 * max(1.0, abs(value))
        return any((units is None or unit in units) and abs(fact - value) <= slack for fact, unit in self._values)

    def _ungrounded(self, text: str) -> Iterator[str]:
        text = _folded(text)
        if text in self._copied:
            return
        if not _MAY_STATE.search(text):
            return
        for whole in self._whole:
            text = _without(text, whole)
        text = _without_markers(_NAME.sub(" ", text))
        for stated in _stated(text):
            if not self._has(stated):
                yield stated.text

    def _has(self, stated: Stated) -> bool:
        if stated.unit == "" and any(stated.value == day.year for day in self._dates):
            return True
        return any(_agree(stated, value) for value in self._values_in(stated))

    def _values_in(self, stated: Stated) -> list[float]:
        """The facts' values, as they may be stated with that unit; made once a unit."""
        # 24.99 may be an amount without its sign; 25 may be anything.
        unit = "amount" if stated.unit == "" and stated.half_step <= 0.005 else stated.unit
        if unit not in self._written:
            self._written[unit] = [one for fact, of in self._values for one in _written(fact, of, unit)]
        return self._written[unit]


def _agree(stated: Stated, fact: float) -> bool:
    slack = stated.half_step * (1 + 1e-9) + 1e-9 * abs(fact)
    if abs(stated.value - fact) <= slack:
        return True
    turned = fact < 0 and not stated.signed and abs(stated.value + fact) <= slack
    return turned and _FALLING.search(stated.around) is not None


def _written(fact: float, unit: str, stated: str) -> tuple[float, ...]:
    """The values under which a fact may be stated with a unit."""
    if stated == "percent":
        return (fact * 100,) if unit in SHARES else (fact,) if unit == "percent" else ()
    if stated == "money":
        return (fact / 100,) if unit == "cents" else ()
    if stated == "cents":
        return (fact,) if unit == "cents" else ()
    if stated in ("days", "weeks", "hours"):
        days = {"days": fact, "hours": fact / 24, "count": fact}.get(unit)
        return () if days is None else ({"days": days, "weeks": days / 7, "hours": days * 24}[stated],)
    if stated == "amount":
        return (fact, fact / 100) if unit == "cents" else (fact,)
    return () if stated else (fact,)


def stated_by(text: str, facts: Iterable[Fact]) -> tuple[str, ...]:
    """The facts whose values a text states, in its order; of several that agree with a number the nearest, or first."""
    numbers = [fact for fact in facts if not isinstance(fact.value, str | bool) and math.isfinite(fact.value)]
    found: dict[str, None] = {}
    for stated in _stated(_folded(text)):
        agreeing = [
            (abs(abs(stated.value) - abs(one)), fact.id)
            for fact in numbers
            for one in _written(float(fact.value), fact.unit, stated.unit)
            if _agree(stated, one)
        ]
        if agreeing:
            found[min(agreeing, key=itemgetter(0))[1]] = None
    return tuple(found)


def states_a_number(text: str) -> bool:
    """Whether a text states any number: in digits, or as words before a unit."""
    return next(_stated(text), None) is not None


def _stated(text: str) -> Iterator[Stated]:
    for match in _NUMBER.finditer(text):
        told = match.groupdict()
        digits = re.sub(r"[,' ](?=\d{3})", "", told["digits"])
        scale = _SCALES[(told["scale"] or told["scale_word"]).lower()] if told["scale"] or told["scale_word"] else 1.0
        scale *= float(f"1{told['power']}") if told["power"] else 1.0
        decimals = len(digits.partition(".")[2])
        sign = -1.0 if told["sign"] == "-" else 1.0
        unit = "money" if told["money"] or told["dollar"] else _unit(told["unit"])
        yield Stated(
            match[0].strip()[:24],
            sign * float(digits) * scale,
            0.5 * 10.0**-decimals * scale,
            unit,
            told["sign"] is not None,
            _around(text, match),
        )
    for match in _WORDED.finditer(text):
        value = _WORDS[match["tens"].lower()] + (_WORDS[match["ones"].lower()] if match["ones"] else 0)
        if value > 1:
            factor = {"hundred": 100, "thousand": 1e3, "million": 1e6}.get((match["hundred"] or "").strip().lower(), 1)
            named = match["unit"].lower()
            factor *= _SCALES.get(named, 1)
            unit = "" if named in _SCALES else _unit(named)
            yield Stated(match[0][:24], value * factor, 0.5 * factor, unit, False, _around(text, match))


def _around(text: str, match: re.Match[str]) -> str:
    return f"{text[max(0, match.start() - 40) : match.start()]} ; {text[match.end() : match.end() + 20]}"


@lru_cache(maxsize=64)
def _unit(word: str | None) -> str:
    """percent, money, cents, days, weeks, hours; the word itself where no fact is in that unit; else nothing."""
    word = (word or "").lower()
    if word == "%" or word.startswith(("perc", "per", "pct")):
        return "percent"
    if word in ("¢", "cent", "cents"):
        return "cents"
    if word in ("€", "£", "usd", "eur", "gbp") or word.startswith(("dollar", "euro", "buck")):
        return "money"
    for unit in ("day", "week", "hour", "month", "year"):
        if word.startswith(unit):
            return f"{unit}s"
    return "hours" if word.startswith("hr") else word


def _without_markers(text: str) -> str:
    """The text without list markers, where they count up from 1."""
    markers = list(_MARKER.finditer(text))
    if len(markers) < 2 or [int(marker[1]) for marker in markers] != list(range(1, len(markers) + 1)):
        return text
    return _MARKER.sub(" ", text)


def _leaves(report: Report) -> Iterator[tuple[str, str | float]]:
    """Each text and number a report states, with the name of its field; judgements and `facts` left out."""
    for name in _checked(type(report)):
        yield from _inside(name, getattr(report, name))


def _inside(name: str, value: object) -> Iterator[tuple[str, str | float]]:
    if isinstance(value, str):
        yield name, str(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield name, float(value)
    elif isinstance(value, BaseModel):
        for inner in _checked(type(value)):
            yield from _inside(inner, getattr(value, inner))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _inside(name, key)
            yield from _inside(name, one)
    elif isinstance(value, Sequence | set | frozenset):
        for one in value:
            yield from _inside(name, one)


@lru_cache(maxsize=128)
def _checked(model: type[BaseModel]) -> tuple[str, ...]:
    def is_judgement(extra: object) -> bool:
        return isinstance(extra, Mapping) and extra.get("judgement") is True

    fields = model.model_fields.items()
    skipped = JUDGED | {"facts"} if issubclass(model, Report) else frozenset()
    return tuple(name for name, info in fields if name not in skipped and not is_judgement(info.json_schema_extra))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_FOLD).casefold() if not text.isascii() else text.casefold()


@lru_cache(maxsize=4096)
def _to_mask(text: str) -> str:
    """The text as it is looked for, or nothing where no number is in it."""
    folded = _folded(text)
    return folded if _MAY_STATE.search(folded) else ""


def _without(text: str, whole: str) -> str:
    """The text without every occurrence of `whole` that is not a part of a longer word or number."""
    start = text.find(whole)
    while start >= 0:
        end = start + len(whole)
        before, after = text[start - 1 : start], text[end : end + 2]
        if _inside_a_word(before, after):
            start = text.find(whole, start + 1)
        else:
            text = f"{text[:start]} ; {text[end:]}"
            start = text.find(whole, start)
    return text


def _inside_a_word(before: str, after: str) -> bool:
    if before and (before.isalnum() or before in "_$€£%-+."):
        return True
    if after[:1].isalnum() or after[:1] == "_" or after.lstrip()[:1] == "%":
        return True
    return after[:1] in {".", ","} and after[1:].isdigit()


def _dates_in(text: str) -> list[date]:
    try:
        return [datetime.fromisoformat(text).date()]
    except ValueError:
        return []


@lru_cache(maxsize=1024)
def _renderings(day: date) -> tuple[str, ...]:
    """The ways in which a date is written."""
    ways = [day.isoformat()]
    for month in (f"{day:%B}".casefold(), f"{day:%b}".casefold()):
        for short in (f"{day.day} {month}", f"{month} {day.day}", f"{month} {_ordinal(day.day)}"):
            ways += [short, f"{short} {day.year}", f"{short}, {day.year}"]
    return tuple(ways)


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def grounds(facts: Iterable[Fact], texts: Iterable[str] = (), dates: Iterable[date] = ()) -> Ground:
    """What a report on these facts may state."""
    return Ground(Facts(facts), texts, dates)
