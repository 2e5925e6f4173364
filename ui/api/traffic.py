"""Traffic: what this process was asked and how long each answer took to begin, by route, for a monitor.

Labels are bounded: a route is its template, never an address; a method or route that there is not is one word.
"""

from __future__ import annotations

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE, OTHER = "none", "other"
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Traffic:
    """The counts of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "bellwether_http_requests",
            "Requests of the API that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bellwether_http_request_duration",
            "Time until an answer of the API began.",
            ("method", "route"),
            unit="seconds",
            buckets=BOUNDS_S,
            registry=self.registry,
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answer."""
        method = method if method in METHODS else OTHER
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Counted:
    """Around the whole application, which keeps its `traffic` in its state; outside of whatever refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, traffic, answered = perf_counter(), scope["app"].state.traffic, False

        async def counted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                traffic.count(scope["method"], _route(scope), message["status"], perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            if not answered:
                traffic.count(scope["method"], _route(scope), 500, perf_counter() - began)


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", NOWHERE))
