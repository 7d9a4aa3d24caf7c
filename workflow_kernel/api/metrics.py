"""``/metrics`` for Prometheus: requests of this process; executions, queues and processes of the whole service.

For who has ``metrics.read``, sends ``WORKFLOW_METRICS_TOKEN``, or asks from this machine without a proxy between.
Several servers each show their own requests; what they show of the service is the same: take the highest, not the sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from workflow_kernel.api.base_handler import BaseHandler
from workflow_kernel.auth.tokens import is_same
from workflow_kernel.services.actor import SYSTEM, Actor
from workflow_kernel.services.system import Figures
from workflow_kernel.services.tally import BUCKETS


class MetricsHandler(BaseHandler):
    """The metrics."""

    route_name = "/metrics"
    is_limited = False

    async def get(self) -> None:
        """Gather and send them."""
        figures: Figures = await self.kernel.service.system.figures(await self._reader())
        registry = CollectorRegistry()
        registry.register(_Shown(figures))
        ProcessCollector(registry=registry)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.set_header("Cache-Control", "no-store")
        self.finish(generate_latest(self.kernel.measures.registry) + generate_latest(registry))

    head = get

    async def _reader(self) -> Actor:
        token = self.kernel.settings.metrics_token
        sent = self.request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token is not None and sent and is_same(sent, token.get_secret_value()):
            return SYSTEM
        if not sent and self.kernel.identify is None and self.kernel.proxies.is_direct_loopback(self.request):
            return SYSTEM
        return await self.identified()


class _Shown(Collector):
    """Figures as Prometheus takes them."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """See the base."""
        figures = self._figures
        pool = GaugeMetricFamily("workflow_database_connections", "Connections to Postgres here.", labels=["state"])
        for name in ("size", "open", "used"):
            pool.add_metric([name], figures.pool.get(name, 0))
        yield pool
        if figures.backlog is not None:
            open_ = GaugeMetricFamily("workflow_executions_open", "Executions not over, by state.", labels=["state"])
            for state, count in figures.backlog.executions.items():
                open_.add_metric([state], count)
            yield open_
            yield GaugeMetricFamily(
                "workflow_queue_lag_seconds", "How long the oldest execution waits.", value=figures.backlog.lag
            )
            yield GaugeMetricFamily("workflow_runners", "Processes that run executions.", value=figures.backlog.runners)
        yield from _queues(figures)
        yield from _processes(figures)
        yield _counter("workflow_executions_ended", "Executions that are over, by state.", "execution", figures.counts)
        yield _counter("workflow_node_runs", "Node runs, by how they came out.", "node_run", figures.counts)
        for name, text in (("queue", "Time executions waited."), ("execution", "Time executions took.")):
            yield _histogram(f"workflow_{name}_seconds", text, f"{name}_seconds", figures.counts)


def _queues(figures: Figures) -> Iterable[Metric]:
    depth = GaugeMetricFamily("workflow_queue_entries", "Entries of queues, by state.", labels=["queue", "state"])
    rates = GaugeMetricFamily("workflow_queue_per_minute", "Entries in the last minute.", labels=["queue", "what"])
    for counts in figures.queues or ():
        for state in ("waiting", "delayed", "active", "failed"):
            depth.add_metric([counts.queue, state], getattr(counts, state))
        for what in ("added", "done", "failed"):
            rates.add_metric([counts.queue, what], getattr(counts, f"{what}_per_minute"))
    yield depth
    yield rates


def _processes(figures: Figures) -> Iterable[Metric]:
    labels = ["kind", "host", "pid"]
    memory = GaugeMetricFamily("workflow_process_memory_bytes", "Memory of every process.", labels=labels)
    cpu = CounterMetricFamily("workflow_process_cpu_seconds", "CPU time of every process.", labels=labels)
    running = GaugeMetricFamily("workflow_process_executions", "Executions at hand.", labels=labels)
    for process in figures.processes:
        values = [process.kind, process.host, str(process.pid)]
        memory.add_metric(values, process.memory)
        cpu.add_metric(values, process.cpu)
        running.add_metric(values, process.running)
    yield memory
    yield cpu
    yield running


def _counter(name: str, text: str, kind: str, counts: Mapping[str, float]) -> Metric:
    found = CounterMetricFamily(name, text, labels=["state"])
    for key, count in sorted(counts.items()):
        what, _, state = key.partition("|")
        if what == kind:
            found.add_metric([state], count)
    return found


def _histogram(name: str, text: str, kind: str, counts: Mapping[str, float]) -> Metric:
    total, buckets = 0.0, []
    for bound in (*BUCKETS, math.inf):
        total += counts.get(f"{kind}|{bound}", 0.0)
        buckets.append(("+Inf" if bound == math.inf else str(bound), total))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=counts.get(f"{kind}|sum", 0.0))


HANDLERS = ((r"/metrics", MetricsHandler), (r"/api/metrics", MetricsHandler))
