"""Traces lead from a request over the queue to the nodes, and cost nothing while they are off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from workflow_kernel.base import tracing


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    found = InMemorySpanExporter()
    stop = tracing.start("", exporter=found)
    yield found
    if tracing.is_on():
        stop()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    tracing.flush()
    return {span.name: span for span in exporter.get_finished_spans()}


def test_off_it_does_nothing() -> None:
    stop = tracing.start("")
    assert not tracing.is_on()
    assert tracing.span("one") is tracing.span("two", parent={"traceparent": "x"}, execution="e")
    with tracing.span("one"):
        assert tracing.carrier() == {}
        tracing.note(state="succeeded")
    stop()


def test_a_trace_goes_on_in_another_process(exporter: InMemorySpanExporter) -> None:
    with tracing.span("request", kind="server", user="ann", nothing=None):
        carried = tracing.carrier()
        tracing.note(state="queued")
    with (
        tracing.span("queue", kind="consumer", parent=carried),
        pytest.raises(ValueError, match="oh"),
        tracing.span("node_run", node="fetch"),
    ):
        raise ValueError("oh")
    found = spans(exporter)
    assert list(carried) == ["traceparent"]
    ids = {span.context.trace_id for span in found.values() if span.context}
    assert len(ids) == 1
    assert found["request"].attributes == {"workflow.user": "ann", "workflow.state": "queued"}
    queue, node, request = found["queue"], found["node_run"], found["request"]
    assert queue.parent is not None and request.context is not None and queue.context is not None
    assert queue.parent.span_id == request.context.span_id
    assert node.parent is not None and node.parent.span_id == queue.context.span_id
    assert not node.status.is_ok


def test_a_parent_nobody_sent_or_that_is_none_begins_a_new_trace(exporter: InMemorySpanExporter) -> None:
    for parent in ({}, {"traceparent": ""}, {"traceparent": "00-zz-zz-01"}):
        with tracing.span("alone", parent=parent):
            pass
        assert spans(exporter)["alone"].parent is None
