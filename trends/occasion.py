"""Occasion: the dated event that people would buy a phrase for, and the last day an order still arrives.

Dates come from the `holidays` library and from our own table of gift and seasonal events; what a tenant brought
adds to them. A phrase has an occasion only where one of the event's words stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from trends.idea import Occasion
from trends.words import singular, word_table

LEAD_DAYS = 18
"""Production plus shipping: 5 days to print and 13 to arrive, between the 14 and 20 that providers state."""
AHEAD_DAYS = 270
"""How far ahead an event is looked for; beyond, nobody shops for it."""
JUST_OVER_DAYS = 7
"""How long a past event is still named (so that a late idea can be refused for it)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dated event and the words that call for it."""

    name: str
    on: date
    words: frozenset[str]


@dataclass(frozen=True)
class Calendar:
    """Events, and how long an order takes."""

    lead_days: int = LEAD_DAYS
    extra: tuple[Event, ...] = ()

    def events(self, year: int) -> tuple[Event, ...]:
        """Every event of a year, by date."""
        return tuple(sorted((*_events(year), *(e for e in self.extra if e.on.year == year)), key=lambda e: e.on))

    def find(self, words: Sequence[str], as_of: datetime) -> Occasion | None:
        """The nearest event that these words call for: coming within AHEAD_DAYS, else over since JUST_OVER_DAYS at
        most."""
        lemmas = [singular(word) for word in words]
        runs = {
            " ".join(part[at : at + n]) for part in (list(words), lemmas) for n in (1, 2, 3) for at in range(len(part))
        }
        today = as_of.date()
        best: Occasion | None = None
        for event in (*self.events(today.year), *self.events(today.year + 1)):
            ahead = (event.on - today).days
            if not -JUST_OVER_DAYS <= ahead <= AHEAD_DAYS or not runs & event.words:
                continue
            found = Occasion(event.name, event.on, ahead, event.on - timedelta(days=self.lead_days))
            if best is None or (best.days_ahead < 0 <= ahead and ahead < 60) or (0 <= ahead < best.days_ahead):
                best = found
        return best


def event_of(body: Mapping[str, object]) -> Event | None:
    """The event in a row that a tenant brought (`name`, `date`, `words` apart by |); None where it is none."""
    name = str(body.get("name") or "").strip()
    try:
        on = date.fromisoformat(str(body.get("date")).strip())
    except ValueError:
        return None
    words = frozenset(word.strip().casefold() for word in str(body.get("words") or name).split("|") if word.strip())
    return Event(name, on, words | {name.casefold()}) if name else None


@lru_cache(maxsize=32)
def _events(year: int) -> tuple[Event, ...]:
    moving = _moving(year)
    events = []
    for name, rule, words in word_table("occasions"):
        on = moving[rule[1:]] if rule.startswith("@") else _by_rule(rule, year)
        if on is not None:
            events.append(Event(name, on, frozenset(words.casefold().split("|")) | {name.casefold()}))
    return tuple(events)


def _by_rule(rule: str, year: int) -> date | None:
    """`10-31` is a day; `11 thu 4` the fourth Thursday of November; `5 mon -1` the last Monday of May."""
    if "-" in rule[:3]:
        month, day = rule.split("-")
        return date(year, int(month), int(day))
    month, weekday, nth = rule.split()
    wanted = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(weekday)
    days = [d for d in _days(year, int(month)) if d.weekday() == wanted]
    return days[int(nth) - 1 if int(nth) > 0 else int(nth)]


def _days(year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    return [day for day in (first + timedelta(days=n) for n in range(31)) if day.month == month]


@lru_cache(maxsize=32)
def _moving(year: int) -> dict[str, date | None]:
    """Feasts of other calendars, as the `holidays` library computes them."""
    import holidays

    found: dict[str, date | None] = dict.fromkeys(("easter", "diwali", "hanukkah", "lunar new year", "eid", "holi"))
    found["easter"] = _easter(year)
    found["mardi gras"] = _easter(year) - timedelta(days=47)
    for country, key, part in (
        ("SG", "lunar new year", "chinese new year"),
        ("SG", "diwali", "deepavali"),
        ("SG", "eid", "hari raya puasa"),
    ):
        for on, title in sorted(holidays.country_holidays(country, years=year, language="en_SG").items()):
            if part in title.casefold() and "observed" not in title.casefold() and found[key] is None:
                found[key] = on
    israel = holidays.country_holidays("IL", years=year, language="en_US", categories=("public", "optional", "school"))
    found["hanukkah"] = min((on for on, title in israel.items() if "hanukkah" in title.casefold()), default=None)
    india = holidays.country_holidays("IN", years=year, language="en_IN", categories=("public", "optional"))
    found["holi"] = min((on for on, title in india.items() if title.casefold().startswith("holi")), default=None)
    return found


def _easter(year: int) -> date:
    """Gregorian Easter (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap, extra = divmod(century, 4)
    epact = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    days, odd = divmod(rest, 4)
    weekday = (32 + 2 * extra + 2 * days - epact - odd) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
