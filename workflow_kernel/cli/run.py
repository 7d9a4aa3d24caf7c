"""The command that runs a workflow file: ``workflow run FILE``.

On a terminal it shows the nodes as they run and what came out; piped, or with ``--json``, it writes one JSON line for
each event and a last one with the outputs.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec

from workflow_kernel import wire
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.cli.load import read_json, read_workflow
from workflow_kernel.cli.main import CANCELLED, FAILED, OK, TIMED_OUT
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items, as_items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import open_blobs
from workflow_kernel.worker.environment import Environment

_CODES = {"succeeded": OK, "failed": FAILED, "cancelled": CANCELLED, "timed_out": TIMED_OUT}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="K=V | @FILE",
    help="A field of the first item, or a JSON file with items.",
)
@click.option("--node", metavar="NAME", help="Run this node alone, with the input given.")
@click.option("--to", metavar="NAME", help="Run up to this node and no further.")
@click.option("--start", metavar="NAME", help="Start with this node instead of the topmost trigger.")
@click.option("--pin", type=_FILE, help="JSON file {node: [items]}: these stand in the nodes' place.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON lines, also on a terminal.")
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Stop the run after this long.")
def run(file: Path, **options: Any) -> int:
    """Run the workflow in FILE."""
    registry = Registry()
    workflow = prepare(read_workflow(file, registry), options)
    items = read_inputs(options["inputs"])
    only, start = selection(workflow, registry, options)
    plain = options["as_json"] or not sys.stdout.isatty()
    with tempfile.TemporaryDirectory(prefix="workflow-") as folder:
        environment = Environment(open_blobs(folder), folder=file.resolve().parent)
        result = asyncio.run(
            execute(workflow, items, registry, environment, start=start, only=only, is_plain=plain, file=file)
        )
        report(result, is_plain=plain, environment=environment)
    return _CODES[result.state]


def prepare(workflow: Workflow, options: dict[str, Any]) -> Workflow:
    """The workflow with the pins and the timeout of the command line."""
    if options["timeout"] is not None:
        settings = msgspec.structs.replace(workflow.settings, timeout=options["timeout"])
        workflow = msgspec.structs.replace(workflow, settings=settings)
    if options["pin"] is None:
        return workflow
    pins = read_json(options["pin"])
    if not isinstance(pins, dict) or not all(isinstance(rows, list) for rows in pins.values()):
        raise WorkflowError("The pin file must hold an object: node name > list of items.", code="WF104")
    nodes = dict(workflow.nodes)
    for name, rows in pins.items():
        node = workflow.find(name)
        if node is None:
            raise unknown_node(workflow, name, "--pin")
        nodes[node.id] = msgspec.structs.replace(node, pin={"main": rows})
    return msgspec.structs.replace(workflow, nodes=nodes)


def read_inputs(inputs: tuple[str, ...]) -> Items | None:
    """The items of ``--input``: fields of one item, or the items of a JSON file."""
    fields: dict[str, Any] = {}
    for text in inputs:
        if text.startswith("@"):
            value = read_json(Path(text[1:]))
            if len(inputs) > 1:
                raise WorkflowError("--input @FILE gives all items; do not add fields to it.", code="WF105")
            rows = value if isinstance(value, list) else [value]
            if not all(isinstance(row, dict) for row in rows):
                raise WorkflowError(f"{text[1:]} must hold an object or a list of objects.", code="WF105")
            return as_items(rows)
        key, equals, value_text = text.partition("=")
        if not equals or not key:
            raise WorkflowError(f"--input '{text}' is not a field.", code="WF105", mend="Write --input name=value.")
        fields[key] = parse_value(value_text)
    return as_items([fields]) if fields else None


def parse_value(text: str) -> Any:
    """A value from the command line: JSON where it is JSON, else text."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text


def selection(
    workflow: Workflow, registry: Registry, options: dict[str, Any]
) -> tuple[frozenset[str] | None, str | None]:
    """Which nodes may run, and where to start, for ``--node``, ``--to`` and ``--start``."""
    for option in ("node", "to", "start"):
        name = options[option]
        if name is not None and workflow.find(name) is None:
            raise unknown_node(workflow, name, f"--{option}")
    if options["node"] is not None:
        node = workflow.find(options["node"])
        return frozenset({node.id} if node else ()), options["node"]
    if options["to"] is not None:
        plan = Plan(workflow, registry)
        target = plan.by_name[options["to"]]
        return frozenset(n.id for n in plan.nodes if n is target or n.bit & target.reach), options["start"]
    return None, options["start"]


def unknown_node(workflow: Workflow, name: str, option: str) -> WorkflowError:
    """The error for an option that names no node."""
    names = ", ".join(node.name for node in list(workflow.nodes.values())[:20])
    return WorkflowError(f"{option}: there is no node '{name}'.", code="WF110", mend=f"The nodes are: {names}.")


async def execute(
    workflow: Workflow,
    items: Items | None,
    registry: Registry,
    environment: Environment,
    *,
    start: str | None,
    only: frozenset[str] | None,
    is_plain: bool,
    file: Path,
) -> ExecutionResult:
    """Run the workflow; Ctrl-C asks it to stop and waits for it."""

    def find(source: Any) -> Workflow:
        return read_workflow(file.parent / str(source), registry)

    async with Engine(registry, environment, find_workflow=find) as engine:
        loop = asyncio.get_running_loop()
        execution = "cli"
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: engine.cancel(execution))
        options: dict[str, Any] = {
            "start": start, "only": only, "execution": execution, "is_manual": True,
        }  # fmt: skip
        if is_plain:
            return await engine.run(workflow, items, on_event=write_line, **options)
        from workflow_kernel.cli.progress import Progress

        with Progress(workflow, only) as progress:
            return await engine.run(workflow, items, on_event=progress.take, **options)


def write_line(event: wire.LiveEvent) -> None:
    """One event as a JSON line."""
    if isinstance(event, wire.ExecutionOver):
        return
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()


def report(result: ExecutionResult, *, is_plain: bool, environment: Environment) -> None:
    """What came out: a JSON line, or text for people."""
    if is_plain:
        line: dict[str, Any] = {
            "event": "execution.finished",
            "state": result.state,
            "seconds": round(result.seconds, 6),
            "output": [plain(item) for item in result.output().rows[:10_000]],
        }
        if result.error is not None:
            line["error"] = result.error
        sys.stdout.write(msgspec.json.encode(line, enc_hook=str).decode() + "\n")
        return
    from workflow_kernel.cli.progress import show_result

    show_result(result)


def plain(item: Any) -> Any:
    """An item as JSON: the object alone where it has no attachments."""
    return item.json if not item.binary else {"json": item.json, "binary": item.binary}
