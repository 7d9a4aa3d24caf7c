"""Counts and times of requests in this process, by route; ``metrics`` shows them to Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Measures:
    """What one mount has served."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "workflow_requests", "Requests by route and status.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "workflow_request_seconds", "Time of requests.", ("method", "route"),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self._errors = Counter(
            "workflow_request_errors", "Refused and failed requests by route and code.", ("method", "route", "code"),
            registry=self.registry,
        )  # fmt: skip
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str], Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float, code: str = "") -> None:
        """Count a request. ``route`` is its template, never its path: paths have no bound."""
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._counters[method, route, status] = self._requests.labels(method, route, str(status))
            self._timers.setdefault((method, route), self._seconds.labels(method, route))
        counter.inc()
        self._timers[method, route].observe(seconds)
        if code:
            self._errors.labels(method, route, code).inc()
