"""Works: what the duties of the schedule call, and no more of it: `graphs.product.Product`, or a script of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from graphs.settings import Settings


class Due(Protocol):
    """A source that may be asked, and when."""

    @property
    def name(self) -> str: ...
    @property
    def run_at(self) -> datetime: ...


class Pulled(Protocol):
    """What came of one turn of a scan."""

    @property
    def outcome(self) -> str: ...
    @property
    def kept(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def more(self) -> bool: ...


class Spike(Protocol):
    """A phrase that rises now, and the idea it is known as."""

    @property
    def key(self) -> str: ...
    @property
    def idea_id(self) -> UUID | None: ...


class Pulls(Protocol):
    """Who asks the sources: `graphs.pulls.Pulls`."""

    def due(self, now: datetime) -> Sequence[Due]: ...
    async def pull(self, name: str) -> Pulled: ...


class Discovered(Protocol):
    """Keywords as they are kept now."""

    @property
    def mined(self) -> Sequence[Any]: ...
    @property
    def web(self) -> Mapping[str, Any]: ...


class Keywords(Protocol):
    """Who finds keywords: `graphs.keywords.Keywords`."""

    async def discover(self, as_of: datetime, run: str | None = None) -> Discovered: ...


class Spikes(Protocol):
    """Who sees what rises: `graphs.spikes.Spikes`."""

    def watch(self, now: datetime) -> Sequence[Spike]: ...


class Batches(Protocol):
    """Who begins batches: `graphs.batches.Batches`."""

    async def begin_approved(self) -> Sequence[Any]: ...


class Workshop(Protocol):
    """Who draws: `graphs.workshop.Workshop`."""

    async def work(self, *, most_s: float | None = None) -> int: ...


class Launches(Protocol):
    """Who begins listings: `graphs.launches.Launches`."""

    async def begin_ready(self) -> int: ...
    async def deliver_all(self) -> int: ...
    async def verify(self) -> int: ...


class Pusher(Protocol):
    """Who brings listings to marketplaces: `graphs.pushing.Pusher`."""

    async def work(self, most_s: float | None = None) -> int: ...


class Promotion(Protocol):
    """Who divides the day's money: `graphs.promotion.Promotion`."""

    async def due(self) -> int: ...


class Ageing(Protocol):
    """Who puts away what nobody uses: `graphs.ageing.Ageing`."""

    async def turn(self) -> Mapping[str, int]: ...


class Alarm(Protocol):
    """What needs a person."""

    @property
    def kind(self) -> str: ...


class Notices(Protocol):
    """Who tells people: `graphs.notices.Notices`."""

    async def send_due(self, now: datetime) -> int: ...


class Works(Protocol):
    """What the duties call: `graphs.product.Product`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def url(self) -> str: ...
    @property
    def pulls(self) -> Pulls: ...
    @property
    def keywords(self) -> Keywords: ...
    @property
    def spikes(self) -> Spikes: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def batches(self) -> Batches: ...
    @property
    def workshop(self) -> Workshop: ...
    @property
    def launches(self) -> Launches: ...
    @property
    def pusher(self) -> Pusher: ...
    @property
    def promotion(self) -> Promotion: ...
    @property
    def ageing(self) -> Ageing: ...
    async def shortlist(self, as_of: datetime, top: int = 10) -> tuple[UUID, list[UUID]]: ...
    async def judge(
        self, idea_id: UUID, as_of: datetime | None = None, run_id: UUID | None = None, again: bool = True
    ) -> tuple[int, bool]: ...
    async def resume_unfinished(self) -> int: ...
    async def check_health(self) -> Sequence[Alarm]: ...
    async def tidy(self) -> Mapping[str, int]: ...
