"""Calendar: holidays of the watched countries in the coming 120 days, as events. Offline, by the `holidays` library.

An entry of the watch list is a country (`US`, `GB`, `DE`) or one of its parts (`US-TX`, `DE-BY`), in English where the
library speaks it. Days off in place of another and what the shipped calendar has are left out, so nothing stands twice;
an event that is stored already is not stored again. Known when the scan was made. No quota and no terms: a package on
this machine (MIT), asked once a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from trends.live.source import LiveSource, Reply, Request, Scan
from trends.occasion import Calendar
from trends.payload import Read, ReferenceRow, Rejected

AHEAD = timedelta(days=120)
NEAR = timedelta(days=3)
"""Two dates this near, of one name, are one event."""
_KINDS = ("public", "optional", "unofficial")
_REMARK = re.compile(r" \([^()]*\)")


def first(scan: Scan) -> Iterator[Request]:
    """One a country or part; nothing is sent."""
    return (Request(place, "") for place in scan.watch)


def read(reply: Reply) -> Read:
    """The events of one place, by date."""
    place = reply.request.slot
    try:
        found = sorted(set(_coming(place, reply.fetched_at.date())))
    except NotImplementedError as error:
        yield Rejected(1, f"{place[:20]!r} is no country or part of one that the calendar knows: {error}")
        return
    for row, (on, name) in enumerate(found, 1):
        body = {"name": name, "date": on.isoformat(), "words": "|".join(_words(name)), "locale": place}
        yield ReferenceRow(row, "event", body, reply.fetched_at)


def _coming(place: str, today: date) -> Iterator[tuple[date, str]]:
    from holidays import country_holidays

    country, _, part = place.partition("-")
    kinds = [kind for kind in _KINDS if kind in country_holidays(country).supported_categories]
    years = range(today.year, (today + AHEAD).year + 1)
    days = country_holidays(country, subdiv=part or None, years=years, language="en_US", categories=kinds)
    for on, names in days.items():
        for stated in names.split("; "):
            name = _REMARK.sub("", stated).strip()
            is_new = name and "observed" not in stated and not _is_shipped(name, on)
            if is_new and today <= on <= today + AHEAD:
                yield on, name


def _words(name: str) -> list[str]:
    """What calls for the event: each of its names, and the same without a final "Day" where two words are left."""
    names = [part.strip() for part in re.split(r" / | or ", name.casefold()) if part.strip()]
    return names + [short for part in names if " " in (short := part.removesuffix(" day")) and short != part]


def _is_shipped(name: str, on: date) -> bool:
    plain, shipped = name.casefold().replace("saint ", "st "), Calendar()
    near = [event for year in (on.year, on.year + 1) for event in shipped.events(year) if abs(event.on - on) <= NEAR]
    return any(word in plain for event in near for word in event.words)


CALENDAR = LiveSource(
    "calendar", "Calendar", "", ("US",), first, read, interval=timedelta(days=1), offline=True, most_pages=1
)
