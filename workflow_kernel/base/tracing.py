"""Traces by OpenTelemetry: what led to what, over processes. Off, and free of cost, unless an endpoint is set.

Needs the extra ``otel``. ``start`` is called once by whoever owns the process; ``span`` wraps work; ``carrier`` and
``parent`` hand a trace over to another process or service, as W3C ``traceparent``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

from workflow_kernel.base.errors import WorkflowError

Kind = Literal["internal", "server", "client", "producer", "consumer"]

_NOTHING = nullcontext()
_INSTRUMENTED = (
    ("opentelemetry.instrumentation.psycopg", "PsycopgInstrumentor"),
    ("opentelemetry.instrumentation.redis", "RedisInstrumentor"),
    ("opentelemetry.instrumentation.httpx", "HTTPXClientInstrumentor"),
)


class _Roots:
    """Begins no trace with a call of Redis or Postgres that belongs to nothing: beats and polls would be most of all.

    Parameters
    ----------
    sampling: OpenTelemetry's module of that name.
    """

    def __init__(self, sampling: Any) -> None:
        self._sampling = sampling

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None, *rest: Any, **more: Any
    ) -> Any:
        """See OpenTelemetry's Sampler."""
        is_call = kind is not None and kind.name == "CLIENT"
        sampler = self._sampling.ALWAYS_OFF if is_call else self._sampling.ALWAYS_ON
        return sampler.should_sample(parent_context, trace_id, name, kind, *rest, **more)

    def get_description(self) -> str:
        """See OpenTelemetry's Sampler."""
        return "Workflow"


class _Traces:
    """The tracer of this process; OpenTelemetry itself has one provider per process."""

    provider: Any = None
    tracer: Any = None
    api: Any = None
    context: Any = None


def start(endpoint: str, *, process: str = "workflow", exporter: Any = None) -> Callable[[], None]:
    """Send traces from now on; gives what ends it. Does nothing for an empty endpoint.

    Parameters
    ----------
    endpoint: of a collector that takes OTLP over HTTP. process: name under which traces appear.
    exporter: used instead of one to the endpoint.
    """
    if not endpoint and exporter is None:
        return _nothing
    api = _load("opentelemetry.trace")
    sdk = _load("opentelemetry.sdk.trace")
    export = _load("opentelemetry.sdk.trace.export")
    resource = _load("opentelemetry.sdk.resources").Resource.create({"service.name": process})
    sampling = _load("opentelemetry.sdk.trace.sampling")
    provider = sdk.TracerProvider(resource=resource, sampler=sampling.ParentBased(root=_Roots(sampling)))
    if exporter is None:
        http = _load("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        exporter = http.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    _Traces.api = api
    _Traces.context = _load("opentelemetry.trace.propagation.tracecontext").TraceContextTextMapPropagator()
    _Traces.provider, _Traces.tracer = provider, provider.get_tracer("workflow")
    instrumentors = [getattr(_load(module), name)() for module, name in _INSTRUMENTED]
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)

    def stop() -> None:
        _Traces.tracer = None
        for instrumentor in instrumentors:
            instrumentor.uninstrument()
        provider.shutdown()

    return stop


def is_on() -> bool:
    """Whether traces are sent."""
    return _Traces.tracer is not None


def span(
    name: str, *, kind: Kind = "internal", parent: Mapping[str, str] | None = None, **attributes: Any
) -> AbstractContextManager[Any]:
    """Time the work inside; an error that leaves it is noted.

    Parameters
    ----------
    name: the same for all work of the kind, e.g. ``node_run``. kind: what side of a call it is.
    parent: from ``carrier`` of another process or headers of a request; else what is going on here.
    attributes: ids and small values, never data or secrets.
    """
    tracer = _Traces.tracer
    if tracer is None:
        return _NOTHING
    context = None if parent is None else _Traces.context.extract(parent)
    found: AbstractContextManager[Any] = tracer.start_as_current_span(
        name,
        context=context,
        kind=_Traces.api.SpanKind[kind.upper()],
        attributes={f"workflow.{key}": _plain(value) for key, value in attributes.items() if value is not None},
    )
    return found


def carrier() -> dict[str, str]:
    """What to send along so that another process goes on with the trace; empty where there is none."""
    found: dict[str, str] = {}
    if _Traces.tracer is not None:
        _Traces.context.inject(found)
    return found


def flush() -> None:
    """Send what waits to be sent."""
    if _Traces.provider is not None:
        _Traces.provider.force_flush()


def note(**attributes: Any) -> None:
    """Add to the span that is going on."""
    if _Traces.tracer is not None:
        current = _Traces.api.get_current_span()
        for key, value in attributes.items():
            current.set_attribute(f"workflow.{key}", _plain(value))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else str(value)


def _load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise WorkflowError(
            f"Traces cannot be sent: '{module}' is not installed.",
            code="WF781",
            mend="Install workflow-kernel[otel], or leave WORKFLOW_OTLP_ENDPOINT empty.",
        ) from None


def _nothing() -> None:
    return None
