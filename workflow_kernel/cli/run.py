"""The command that runs a workflow file: ``workflow run FILE``.

On a terminal it shows the nodes as they run and what came out; piped, or with ``--json``, it writes one JSON line for
each event and a last one with the outputs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec

from workflow_kernel import wire
from workflow_kernel.app.backends import BackendOptions, jobs_url, open_backend
from workflow_kernel.app.local import local_environment
from workflow_kernel.backends.local import LocalBackend
from workflow_kernel.base import garbage
from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.cli.cache import ItemCache, cache_folder
from workflow_kernel.cli.inputs import declared_fields, prepare, read_inputs, selection
from workflow_kernel.cli.kubernetes_options import kubernetes_options, refuse_odd
from workflow_kernel.cli.load import FILE, Library, read_json, read_workflow
from workflow_kernel.cli.main import CANCELLED, FAILED, INFRASTRUCTURE, OK, TIMED_OUT
from workflow_kernel.cli.sweep import combinations, sweep
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.journal import MemoryJournal
from workflow_kernel.engine.plan import Plan
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Item, Items
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.storage.blobs import open_blobs
from workflow_kernel.worker.backend import Backend
from workflow_kernel.worker.environment import Environment

MOST_ITEMS = 10_000
"""Items of the output the last JSON line holds at most."""

OUTPUT = click.Path(dir_okay=False, path_type=Path)

_EXECUTION = "cli"
_CODES = {"succeeded": OK, "failed": FAILED, "cancelled": CANCELLED, "timed_out": TIMED_OUT}


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--input",
    "-i",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE | @FILE",
    help="A field of the first item, or a JSON file with items. May be given several times.",
)
@click.option("--node", metavar="NAME", help="Run this node alone, with the input given.")
@click.option("--to", metavar="NAME", help="Run up to this node and no further.")
@click.option("--start", metavar="NAME", help="Start with this node instead of the topmost trigger.")
@click.option("--pin", type=FILE, help="JSON file {node: [items]}: these stand in the nodes' place.")
@click.option(
    "--credentials",
    type=FILE,
    envvar="WORKFLOW_CREDENTIALS",
    show_envvar=True,
    help="JSON file {id: {...}} with the secrets nodes use.",
)
@click.option("--on", metavar="BACKEND", help="Where nodes run: 'ray' for a Ray cluster; here when not given.")
@click.option("--address", metavar="HOST:PORT", help="The cluster's head; one is started on this machine otherwise.")
@click.option("--jobs-url", metavar="URL", help="Hand the run to a cluster by its Jobs API, e.g. http://head:8265.")
@click.option("--k8s", is_flag=True, help="Hand the run to Kubernetes, as a RayJob; needs --image.")
@kubernetes_options
@click.option("--detach/--follow", default=False, help="On a cluster: do not wait for the end.")
@click.option("--idempotency-key", metavar="KEY", help="On a cluster: the same key is the same run.")
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=VALUES",
    help="Run once for each value of an input field: a,b,c or 1..10 or dates; several make every combination.",
)
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Stop the run after this long.")
@click.option("--no-cache", is_flag=True, help="Compute every node, also those whose results are cached.")
@click.option("--output", "-o", type=OUTPUT, help="Where an executed notebook goes; beside FILE if not given.")
@click.option("--in-order", is_flag=True, help="Run the cells of a notebook one after another in one process.")
@click.option("--any-order", is_flag=True, help="Cells of a notebook may use what others define below them.")
@click.option("--verbose", "-v", is_flag=True, help="Show what nodes log and print.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON lines, also on a terminal.")
def run(file: Path, **options: Any) -> int:
    """Run the workflow in FILE.

    FILE is a .flow file, a notebook, or the .json of a workflow exported from n8n. Ctrl-C stops the run.
    """
    _refuse_odd(options)
    registry = Registry()
    workflow = prepare(read_workflow(file, registry, any_order=options["any_order"]), registry, options)
    if options["address"] and goes_on(options):
        options["jobs_url"] = jobs_url(options["on"], options["address"])
    if options["jobs_url"]:
        from workflow_kernel.cli.jobs import run_there

        return run_there(file, options)
    if options["k8s"]:
        from workflow_kernel.cli.k8s import run_in_kubernetes

        return run_in_kubernetes(file, options)
    if file.suffix == ".ipynb":
        from workflow_kernel.cli.notebooks import for_running, warn

        if not options["any_order"]:
            warn(file)
        workflow = for_running(workflow, options)
    plan = Plan(workflow, registry)
    only, start = selection(plan, options)
    items = read_inputs(options["inputs"], declared_fields(plan, start))
    plain = options["as_json"] or not sys.stdout.isatty()
    swept = combinations(options["sweeps"], options["inputs"], declared_fields(plan, start))
    with tempfile.TemporaryDirectory(prefix="workflow-", ignore_cleanup_errors=True) as folder:
        blobs = blob_place(folder, options["address"])
        environment = make_environment(blobs, file.resolve().parent, options["credentials"])
        if options["in_order"] and file.suffix == ".ipynb":
            from workflow_kernel.cli.notebooks import run_in_order

            return run_in_order(file, workflow, environment, options["output"])
        cache = None if options["no_cache"] else ItemCache(cache_folder() / "results")
        find = Library(environment.folder, registry).find
        backend = LocalBackend() if options["on"] is None else _backend(options, environment, blobs)
        engine = Engine(registry, environment, backend, MemoryJournal(), find, cache)
        garbage.settle()
        if swept:
            return asyncio.run(sweep(engine, workflow, swept, start=start, only=only, is_plain=plain))
        result = asyncio.run(_execute(engine, workflow, items, start=start, only=only, is_plain=plain))
        report(result, is_plain=plain, is_verbose=options["verbose"])
        if file.suffix == ".ipynb":
            from workflow_kernel.cli.notebooks import write_executed

            click.echo(f"Wrote {write_executed(file, options['output'], result)}.", err=True)
    is_lost = result.error is not None and result.error.kind == "lost"
    return INFRASTRUCTURE if is_lost else _CODES[result.state]


def _refuse_odd(options: Mapping[str, Any]) -> None:
    """Options that say nothing without others."""
    if (options["address"] or options["jobs_url"]) and options["on"] is None:
        raise click.UsageError("--address and --jobs-url need --on, e.g. --on ray.")
    elsewhere = [name for name in ("jobs_url", "k8s") if options[name]]
    if elsewhere:
        said = f"--{elsewhere[0].replace('_', '-')}"
        if options["on"] != "ray" or options["address"] or len(elsewhere) > 1:
            raise click.UsageError(f"{said} goes with --on ray, without another place.")
        if options["pin"] or options["credentials"]:
            raise click.UsageError(f"{said} does not take --pin or --credentials: they would leave this machine.")
    elif goes_on(options):
        said = "--detach" if options["detach"] else "--idempotency-key"
        if options["on"] != "ray" or not options["address"]:
            raise click.UsageError(
                f"{said} needs what goes on when this command ends: a cluster, by --address or --jobs-url, or --k8s. "
                "On a service: workflow executions start NAME --key KEY."
            )
        if options["pin"] or options["credentials"]:
            raise click.UsageError(f"{said} does not take --pin or --credentials: they would leave this machine.")
    refuse_odd(options)


def goes_on(options: Mapping[str, Any]) -> bool:
    """Whether the run is to outlive this command."""
    return bool(options["detach"] or options["idempotency_key"])


def blob_place(folder: str, address: str | None) -> str:
    """Where large values are kept: with a cluster of others, where its machines reach them too."""
    return (os.environ.get("WORKFLOW_BLOB_URL") if address else None) or folder


def _backend(options: Mapping[str, Any], environment: Environment, blobs: str) -> Backend:
    if options["address"] is None and sys.stderr.isatty():
        click.echo("Starting a cluster on this machine ...", err=True)
    return open_backend(options["on"], BackendOptions(environment, blobs, options["address"]))


def make_environment(blobs: str, folder: Path, credentials: Path | None) -> Environment:
    """What nodes have at hand."""
    secrets = read_credentials(credentials)
    return local_environment(open_blobs(blobs), folder=folder, credentials=secrets, allow_code_here=True)


def read_credentials(path: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """Secrets by credential id."""
    found = {} if path is None else read_json(path)
    if not isinstance(found, dict) or not all(isinstance(secret, dict) for secret in found.values()):
        raise WorkflowError(
            "The credentials file does not hold an object of objects.",
            code="WF107",
            mend='Write it as {"mail": {"host": "localhost", "port": 25}}.',
        )
    return found


async def _execute(
    engine: Engine,
    workflow: Workflow,
    items: Items | None,
    *,
    start: str | None,
    only: frozenset[str] | None,
    is_plain: bool,
) -> ExecutionResult:
    """Run the workflow; Ctrl-C asks it to stop and waits for it, a second one does not wait."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        engine.cancel(_EXECUTION)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    async with engine:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        with nullcontext(write_line) if is_plain else _progress(workflow, only) as on_event:
            return await engine.run(
                workflow, items, start=start, only=only, execution=_EXECUTION, is_manual=True, on_event=on_event
            )


def _progress(workflow: Workflow, only: frozenset[str] | None) -> Any:
    from workflow_kernel.cli.progress import Progress

    return Progress(workflow, only)


def write_line(event: wire.LiveEvent) -> None:
    """One event as a JSON line."""
    if not isinstance(event, wire.ExecutionOver):
        _write(event)


def report(result: ExecutionResult, *, is_plain: bool, is_verbose: bool) -> None:
    """What came out: JSON lines, or text for people."""
    if not is_plain:
        from workflow_kernel.cli.show import show_logs, show_result

        if is_verbose:
            show_logs(result)
        show_result(result)
        return
    if is_verbose:
        for run in result.runs:
            for line in getattr(run.outcome, "logs", ()):
                _write({"event": "node.log", "node": run.node.name, "run_index": run.index, "at": line.at,
                        "level": line.level, "text": line.text})  # fmt: skip
    output = result.output().rows if result.is_success else []
    last: dict[str, Any] = {
        "event": "execution.finished",
        "state": result.state,
        "seconds": round(result.seconds, 6),
        "output": [plain(item) for item in output[:MOST_ITEMS]],
    }
    if len(output) > MOST_ITEMS:
        last["items"] = len(output)
    if result.error is not None:
        last["error"] = result.error
    _write(last)


def plain(item: Item) -> Any:
    """An item as JSON: the object alone where it has no attachments."""
    return item.json if not item.binary else {"json": item.json, "binary": item.binary}


def _write(value: Any) -> None:
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
    sys.stdout.flush()
