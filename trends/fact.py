"""Fact: a figure that code computed or a source stated. Models may weigh facts; they cannot mint them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure with its unit, its source and its time.

    `id` is `<agent>.<name>` with the unit in the name (`pricing.median_price_cents`). `rows` name what it was computed
    from (`observation:<signal uuid>@<time>`, `comparable:<uuid>`, `cost:<provider>/<format>`), at most 20 of them;
    `row_count` says how many there were.
    """

    id: str
    value: Value
    unit: str
    source: str
    known_at: datetime
    label: str
    rows: tuple[str, ...] = ()
    row_count: int = 0

    @property
    def agent(self) -> str:
        return self.id.split(".", 1)[0]


class MissingFact(KeyError):
    """A rule asked for a fact that its agent could not compute: the agent abstains."""

    def __str__(self) -> str:
        return f"no fact {self.args[0]!r}"


class Facts(Mapping[str, Fact]):
    """The facts of one idea, by id. Lookups by short name work within one agent's facts."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts = {fact.id: fact for fact in facts}

    def __getitem__(self, key: str) -> Fact:
        try:
            return self._facts[key]
        except KeyError:
            raise MissingFact(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def number(self, key: str) -> float:
        """The value as a float; MissingFact where it is absent, TypeError where it is not a number."""
        value = self[key].value
        if isinstance(value, str):
            raise TypeError(f"fact {key} is text, not a number: {value!r}")
        return float(value)

    def find_number(self, key: str) -> float | None:
        """The value as a float, or None where there is no such fact."""
        return self.number(key) if key in self._facts else None

    def text(self, key: str) -> str:
        """The value as text; MissingFact where it is absent."""
        return str(self[key].value)
