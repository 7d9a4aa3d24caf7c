"""The graphs of ``benchmarks.ray``: ours and hand-written Ray, one function each."""

from __future__ import annotations

import asyncio
import itertools
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import psutil
import pyarrow

from workflow_kernel.engine.engine import Engine
from workflow_kernel.graph.model import Edge, End, Node, Settings, Workflow
from workflow_kernel.runs.item import Items
from workflow_kernel.sdk.task import task

ROWS = 12_500_000
"""Of one column of doubles: 100 MB."""


@task
def light(row: dict) -> dict:  # type: ignore[type-arg]
    """Counts up."""
    return {"n": row["n"] + 1}


@task
def busy(row: dict) -> dict:  # type: ignore[type-arg]
    """Works for 100 ms."""
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        pass
    return row


@task
def table(rows: list) -> pyarrow.Table:  # type: ignore[type-arg]
    """Makes 100 MB."""
    import numpy

    return pyarrow.table({"a": numpy.ones(ROWS)})


@task
def passed(data: pyarrow.Table) -> pyarrow.Table:
    """Gives a table back under another name, with nothing copied."""
    return data.rename_columns(["a"])


KINDS = {found.node_type.spec.type: found.node_type for found in (light, busy, table, passed)}


class Kind(NamedTuple):
    """What a graph is made of."""

    type: str
    parameters: Mapping[str, Any]


async def median(work: Callable[[], Awaitable[Any]], times: int = 9) -> float:
    """Median seconds, after two that warm up."""
    seconds: list[float] = []
    for number in range(times + 2):
        began = time.perf_counter()
        await work()
        if number >= 2:
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _compared(ours: float, theirs: float, bar: float) -> dict[str, Any]:
    return {"ms": 1000 * ours, "raw_ms": 1000 * theirs, "ratio": ours / theirs, "bar": bar}


LIGHT = Kind("task.light", {})
TYPED = Kind("code.python", {"code": "return [{'n': item['n'] + 1} for item in items]"})
"""The same as code typed into a node."""


async def chain(engine: Engine, kind: Kind = LIGHT) -> dict[str, Any]:
    """Forty light nodes in a row."""
    import ray

    step = ray.remote(max_retries=0)(lambda row: {"n": row["n"] + 1})

    async def raw() -> None:
        row: Any = {"n": 0}
        for _ in range(40):
            row = await step.remote(row)

    workflow = line([kind.type] * 40, kind.parameters)
    ours = await median(lambda: engine.run(workflow, Items.of({"n": 0})), 15)
    return _compared(ours, await median(raw), 0.1)


async def fan(engine: Engine, kind: Kind = LIGHT) -> dict[str, Any]:
    """A thousand light nodes beside each other, and a join."""
    import ray

    step = ray.remote(max_retries=0)(lambda row: {"n": row["n"] + 1})
    join = ray.remote(max_retries=0)(lambda *rows: len(rows))

    async def raw() -> None:  # as an orchestrator has to: what each gave comes back to who decides what follows
        await join.remote(*await asyncio.gather(*[step.remote({"n": 0}) for _ in range(1000)]))

    async def ahead() -> None:
        await join.remote(*[step.remote({"n": 0}) for _ in range(1000)])

    merge = {"mode": "append", "number_of_inputs": 1000}
    nodes = {"s": _start(), "j": Node("j", "j", "flow.merge", parameters=merge, position=(9.0, 0.0))}
    edges = []
    for number in range(1000):
        name = f"n{number}"
        nodes[name] = Node(name, name, kind.type, parameters=kind.parameters, position=(1.0, float(number)))
        edges += [Edge(End("s"), End(name)), Edge(End(name), End("j", f"input{number + 1}"))]
    workflow = Workflow("fan", nodes, tuple(edges))
    ours = await median(lambda: engine.run(workflow, Items.of({"n": 0})), 7)
    return _compared(ours, await median(raw, 3), 0.1) | {"all_given_ahead_ms": 1000 * await median(ahead, 3)}


async def two_slots(engine: Engine) -> dict[str, Any]:
    """How much of two slots functions of 100 ms use."""
    import ray

    step = ray.remote(max_retries=0)(busy.function)

    async def raw() -> None:
        await asyncio.gather(*[step.remote({"n": 0}) for _ in range(40)])

    nodes = {"s": _start()}
    for number in range(40):
        nodes[f"n{number}"] = Node(f"n{number}", f"n{number}", "task.busy", position=(1.0, float(number)))
    workflow = Workflow("busy", nodes, tuple(Edge(End("s"), End(name)) for name in nodes if name != "s"))
    ours, theirs = await median(lambda: engine.run(workflow, Items.of({"n": 0})), 3), await median(raw, 1)
    return {
        "ms": 1000 * ours, "raw_ms": 1000 * theirs, "efficiency": 2.0 / ours, "raw_efficiency": 2.0 / theirs,
        "bar": 0.9,
    }  # fmt: skip


async def arrow(engine: Engine) -> dict[str, Any]:
    """A table of 100 MB through five functions."""
    import ray

    make = ray.remote(max_retries=0)(table.function)
    step = ray.remote(max_retries=0)(passed.function)

    async def raw() -> None:
        made: Any = make.remote([])
        for _ in range(5):
            made = step.remote(made)
        await asyncio.wait([asyncio.wrap_future(made.future())])

    workflow = line(["task.table", *["task.passed"] * 5])
    ours = await median(lambda: engine.run(workflow, Items.of({})), 5)
    return _compared(ours, await median(raw, 5), 1.5)


async def cancel(engine: Engine) -> dict[str, Any]:
    """From the wish to the end of a node that sleeps."""
    sleeping = Node("a", "a", "code.python", parameters={"code": "import time\ntime.sleep(60)"}, position=(1.0, 0.0))
    workflow = Workflow("sleep", {"s": _start(), "a": sleeping}, (Edge(End("s"), End("a")),))
    seconds: list[float] = []
    for number in range(6):
        work = asyncio.create_task(engine.run(workflow, execution=f"x{number}"))
        await asyncio.sleep(1.0)
        began = time.perf_counter()
        engine.cancel(f"x{number}")
        await work
        seconds.append(time.perf_counter() - began)
    return {"ms": 1000 * statistics.median(seconds[1:]), "most_ms": 1000 * max(seconds[1:]), "bar_ms": 1000.0}


async def idle(engine: Engine) -> dict[str, Any]:
    """What a backend uses while nothing runs."""
    process = psutil.Process()
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(10)
    return {"percent": 10 * (sum(process.cpu_times()[:2]) - before), "bar": 2.0}


async def many(engine: Engine) -> dict[str, Any]:
    """A loop of 50,000 turns over a light node: 100,000 node runs in one execution."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    nodes = {
        "s": _start(),
        "l": Node("l", "l", "flow.loop", parameters={"batch_size": 1}, position=(1.0, 0.0)),
        "a": Node("a", "a", "flow.no_op", position=(2.0, 0.0)),
    }
    edges = (Edge(End("s"), End("l")), Edge(End("l", "loop"), End("a")), Edge(End("a"), End("l")))
    began = time.perf_counter()
    workflow = Workflow("many", nodes, edges, Settings(loop_limit=100_000))
    result = await engine.run(workflow, Items.of(*({"n": n} for n in range(50_000))))
    result.raise_if_failed()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"node_runs": len(result.runs), "seconds": time.perf_counter() - began, "mb": peak, "mb_before": before}


MEASURES: dict[str, Callable[[Engine], Awaitable[dict[str, Any]]]] = {
    "chain of 40 light nodes": chain,
    "fan-out of 1,000 and a join": fan,
    "chain of 40 light nodes of typed Python": partial(chain, kind=TYPED),
    "fan-out of 1,000 nodes of typed Python and a join": partial(fan, kind=TYPED),
    "40 nodes of 100 ms on 2 slots": two_slots,
    "100 MB Arrow through 5 nodes": arrow,
    "cancel of a sleeping node": cancel,
    "backend at rest for 10 s": idle,
}


def _start() -> Node:
    return Node("s", "s", "flow.manual_trigger")


def line(types: list[str], parameters: Mapping[str, Any] | None = None) -> Workflow:
    """A trigger and nodes of these types behind each other."""
    nodes = {"s": _start()}
    for number, kind in enumerate(types):
        name = f"n{number}"
        nodes[name] = Node(name, name, kind, parameters=parameters or {}, position=(1.0 + number, 0.0))
    edges = tuple(Edge(End(a), End(b)) for a, b in itertools.pairwise(nodes))
    return Workflow("line", nodes, edges)
