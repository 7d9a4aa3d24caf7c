"""A machine is lost with the large data it holds: what is kept stands in for it, and nobody does its work anew."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pyarrow

from tests.engine.drawn import draw
from tests.ray import drawn
from tests.ray.conftest import Make
from tests.ray.machines import other_machine
from tests.ray.test_stopping import until
from workflow_kernel.graph.model import Resources, Workflow
from workflow_kernel.runs.item import Batch, Items
from workflow_kernel.sdk import Context, NodeType, node
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.task import task

FAR = {"resources": Resources(cpus=0, custom={"far": 1})}
KINDS = ("table", "array", "rows")


def large(kind: str) -> Any:
    """Data that does not travel by value."""
    if kind == "table":
        return pyarrow.table({"a": numpy.arange(50_000.0), "b": [f"text {n}" for n in range(50_000)]})
    if kind == "array":
        return numpy.arange(200_000.0).reshape(2, 100_000)
    return [{"n": n, "text": "x" * 100} for n in range(2_000)]


def digest(value: Any) -> str:
    """The same for equal data."""
    if isinstance(value, pyarrow.Table):
        value = (str(value.schema), value.to_pydict())
    elif isinstance(value, numpy.ndarray):
        value = (str(value.dtype), value.shape, value.tobytes())
    return hashlib.sha256(repr(value).encode()).hexdigest()


@task(pure=False)
def give(rows: list, kind: str, mark: str) -> Any:
    """Makes the data, and leaves a mark that it did."""
    with Path(mark).open("a") as file:
        file.write(f"{kind}\n")
    return large(kind)


@task
def read_table(value: pyarrow.Table, gate: list) -> dict:
    """Tells what it got."""
    return {"digest": digest(value)}


@task
def read_array(value: Any, gate: list) -> dict:
    """Tells what it got."""
    return {"digest": digest(value)}


@task
def read_rows(value: list, gate: list) -> dict:
    """Tells what it got."""
    return {"digest": digest([dict(row) for row in value])}


@node("test.gate")
class Gate(NodeType):
    """Waits, in the process of the engine, until there is a file; does not look at what it gets."""

    path: str

    async def run(self, batch: Batch, ctx: Context) -> Items:
        """Wait for it."""
        await until(Path(self.path).exists)
        return Items.of({"is": "open"})


TASKS = (give, read_table, read_array, read_rows)


def registry() -> Registry:
    found = drawn.registry()
    for kind in (Gate, *(one.node_type for one in TASKS)):
        found.add(kind)
    return found


def reading(marks: Path, gate: Path, kinds: Sequence[str] = KINDS) -> Workflow:
    """Each kind of data is made far away, and read twice, and looked back at, once the gate is open."""
    nodes: dict[str, Any] = {"start": "flow.manual_trigger", "gate": ("test.gate", {"path": str(gate)})}
    edges = ["start > gate"]
    for kind in kinds:
        nodes[kind] = given(kind, marks)
        edges.append(f"start > {kind}")
        for number in (1, 2):
            nodes[f"{kind} {number}"] = f"task.read_{kind}"
            edges += [f"{kind} > {kind} {number}.value", f"gate > {kind} {number}.gate"]
    code = "return [{'count': len(node('seen').all()), 'last': node('seen').all()[-1]['n']}]"
    nodes |= {"seen": given("rows", marks), "later": nodes["gate"], "back": ("code.python", {"code": code})}
    edges += ["start > seen", "seen > later", "later > back"]
    return draw(nodes, ", ".join(edges))


def waiting(marks: Path, gate: Path) -> Workflow:
    """Who reads the data waits for a processor, which others have until the gate is open."""
    code = f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists():\n    time.sleep(0.05)\nreturn {{}}"
    nodes = {"start": "flow.manual_trigger", "table": given("table", marks), "table 1": "task.read_table"}
    nodes |= dict.fromkeys(("one", "two"), ("code.python", {"code": code}))
    return draw(nodes, "start > one, start > two, start > table, table > table 1.value, start > table 1.gate")


def given(kind: str, marks: Path) -> Any:
    return ("task.give", {"kind": kind, "mark": str(marks)}, FAR)


def made(marks: Path) -> list[str]:
    """What was made so far."""
    return sorted(marks.read_text().splitlines()) if marks.exists() else []


async def test_data_lost_with_its_machine_is_read_from_what_is_kept(on_ray: Make, tmp_path: Path) -> None:
    marks, gate = tmp_path / "marks", tmp_path / "gate"
    everything = sorted([*KINDS, "rows", "table", "rows"])
    with other_machine({"far": 1}) as far:
        engines = keeping, other = on_ray(registry(), shared=True), on_ray(registry())
        workflows = (keeping, reading(marks, gate)), (keeping, waiting(marks, gate)), (other, reading(marks, gate, ()))
        work = [asyncio.create_task(engine.run(workflow, Items.of({}))) for engine, workflow in workflows]
        await until(lambda: made(marks) == everything)
        # What waits for a processor is with Ray by now, or soon will be; all else waits for the gate.
        await until(lambda: [engine.backend.capacity().running for engine in engines] == [3, 0])  # type: ignore[attr-defined]
        far.kill()
        gate.touch()
        kept, waited, not_kept = [await found for found in work]
    for result in (kept, waited):
        result.raise_if_failed()
    for kind in KINDS:
        for number in (1, 2):
            assert kept[f"{kind} {number}"].json() == [{"digest": digest(large(kind))}]
    assert kept["back"].json() == [{"count": 2_000, "last": 1_999}]
    assert waited["table 1"].json() == [{"digest": digest(large("table"))}]
    assert not_kept.error is not None
    assert (not_kept.state, not_kept.error.code) == ("failed", "WF654")
    assert "a service keeps copies" in not_kept.error.mend
    assert made(marks) == everything, "something was made anew"
