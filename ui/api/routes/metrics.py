"""Metrics: the figures of the tenant and of this process, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from graphs.people import Deed
from graphs.settings import Settings
from store.figures import Figure, load_figures
from ui.api.access import Visit, ask, visit

router = APIRouter(prefix="/metrics", tags=["health"])
Reading = Annotated[Visit, Depends(visit(Deed.READ_HEALTH))]
MICRO = 1e-6


class Shown(NamedTuple):
    """A figure as a monitor knows it."""

    name: str
    told: str
    labels: tuple[str, ...] = ()
    scale: float = 1.0


FIGURES: Mapping[str, Shown] = {
    "ideas": Shown("bellwether_ideas", "Ideas by status, counted up to 100,000 each.", ("status",)),
    "decisions": Shown("bellwether_decisions_last_day", "Decisions of the last 24 hours.", ("verdict",)),
    "jobs": Shown("bellwether_queue_jobs", "Jobs that wait (todo) or run (doing).", ("queue", "state")),
    "oldest": Shown("bellwether_queue_oldest_seconds", "How long the oldest job that is due waits.", ("queue",)),
    "dead": Shown("bellwether_dead_letters", "Jobs that failed for good and were not tried again.", ("queue",)),
    "spent": Shown("bellwether_spend_today_dollars", "US dollars spent or held for models today (UTC).", (), MICRO),
    "tokens": Shown("bellwether_spend_today_tokens", "Tokens of models today (UTC)."),
    "signals": Shown("bellwether_signals", "Signals stored; beyond 100,000 the database's estimate."),
    "quarantined": Shown("bellwether_quarantined_rows", "Rows in quarantine; beyond 100,000 an estimate."),
    "untold": Shown("bellwether_untold_answers", "Answers of people that the waiting thread was not told yet."),
    "workers": Shown("bellwether_workers", "Lanes of workers with a recent sign of life."),
    "heartbeat": Shown("bellwether_worker_heartbeat_timestamp_seconds", "The last sign of life of any worker."),
    "notices": Shown("bellwether_notices_undelivered", "Messages that did not go out.", ("channel", "state")),
}


class Figures(Collector):
    """Figures that were read, as gauges; the ceilings beside them."""

    def __init__(self, figures: Iterable[Figure], settings: Settings) -> None:
        self._figures, self._settings = list(figures), settings

    def collect(self) -> Iterator[Metric]:
        """Every gauge, also those without a sample."""
        for key, shown in FIGURES.items():
            gauge = GaugeMetricFamily(shown.name, shown.told, labels=shown.labels)
            for figure in self._figures:
                if figure.name == key:
                    gauge.add_metric(figure.labels, figure.value * shown.scale)
            yield gauge
        money, tokens = self._settings.day_ceiling_micro_usd * MICRO, self._settings.day_ceiling_tokens
        yield GaugeMetricFamily("bellwether_spend_ceiling_dollars", "US dollars that models may cost a day.", money)
        yield GaugeMetricFamily("bellwether_spend_ceiling_tokens", "Tokens that models may use a day.", tokens)


@router.get("", response_class=PlainTextResponse)
async def metrics(request: Request, visit: Reading) -> Response:
    """Everything a monitor watches, in the text format of Prometheus; send an admin's key as bearer."""
    settings = visit.product.settings
    stalled = timedelta(seconds=settings.stalled_s)
    figures = await ask(visit, load_figures, datetime.now(UTC), stalled)
    registry = CollectorRegistry()
    registry.register(Figures(figures, settings))
    text = generate_latest(registry) + generate_latest(request.app.state.traffic.registry)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
