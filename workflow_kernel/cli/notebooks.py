"""Notebooks on the command line: ``from-notebook``, ``to-notebook``, ``to-python``, and what ``run x.ipynb`` needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from workflow_kernel.base.errors import InvalidWorkflowError
from workflow_kernel.cells.events import Mark
from workflow_kernel.cli.cache import cache_folder
from workflow_kernel.cli.load import FILE, open_workflow, write
from workflow_kernel.cli.main import FAILED, OK, shorten
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.interchange import notebook, notebook_file
from workflow_kernel.interchange.cell_view import WORDS
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.worker.environment import Environment

_PATH = click.Path(dir_okay=False, path_type=Path)
_RUN_ALL = "workflow_kernel.worker.child_cell:run_all"


@click.command("from-notebook")
@click.argument("file", type=FILE)
@click.option("--output", "-o", type=_PATH, help="Where to write; beside FILE if not given.")
def from_notebook(file: Path, output: Path | None) -> int:
    """Make a workflow of the notebook in FILE: cells become nodes, variables edges, Markdown notes."""
    document = notebook_file.read(file)
    workflow = notebook.from_notebook(document, file.stem)
    path = output or file.with_suffix(flow_format.SUFFIX)
    flow_format.save(workflow, path)
    cells = sum(node.type == notebook.CELL for node in workflow.nodes.values())
    click.echo(f"Wrote {path}: {cells} cells, {len(workflow.edges)} edges, {len(workflow.notes)} notes.")
    for facts in notebook.cell_graph(document):
        for mark in facts.marks:
            click.echo(shorten(f"  {workflow.nodes[facts.id].name}: {_told(mark)}"))
    warn(file)
    return OK


@click.command("to-notebook")
@click.argument("file", type=FILE)
@click.option("--output", "-o", type=_PATH, help="Where to write; beside FILE if not given.")
def to_notebook(file: Path, output: Path | None) -> int:
    """Write the notebook that the workflow in FILE was made of, with what was changed since."""
    path = output or file.with_suffix(notebook_file.SUFFIX)
    document = notebook.to_notebook(flow_format.read(file))
    notebook_file.save(document, path)
    click.echo(f"Wrote {path}: {len(document['cells'])} cells.")
    return OK


@click.command("to-python")
@click.argument("file", type=FILE)
@click.option("--output", "-o", type=_PATH, help="Where to write; to the screen if not given.")
def to_python(file: Path, output: Path | None) -> int:
    """Write the workflow or notebook in FILE as a Python script that builds and runs it."""
    from workflow_kernel.interchange.python import export

    text = export(open_workflow(file, Registry()))
    write(text, output)
    return OK


def _told(mark: Mark) -> str:
    return f"line {mark.line}, '{mark.text}' {WORDS[mark.kind]}; other cells wait for it."


def warn(file: Path) -> None:
    """Say which cells of a notebook use what is only defined below them."""
    for problem in notebook.defined_below(notebook_file.read(file)):
        click.echo(shorten(f"{problem.code} Cell '{problem.node}': {problem.message} {problem.mend}"), err=True)


def is_notebook(path: Path) -> bool:
    """Whether a file is a notebook, by its name."""
    return path.suffix == notebook_file.SUFFIX


def for_running(workflow: Workflow, options: Mapping[str, Any]) -> Workflow:
    """The workflow of a notebook as it is run here: results are kept, and what cannot run as a graph is refused."""
    cells = [node for node in workflow.nodes.values() if node.type == notebook.CELL]
    problems = [] if options["in_order"] else notebook.refusals(workflow)
    if problems:
        raise InvalidWorkflowError(problems, "The notebook")
    kept = "" if options["no_cache"] or options["in_order"] else str(cache_folder() / "cells")
    nodes = {
        node.id: msgspec.structs.replace(node, parameters={**node.parameters, "kept_in": kept})
        for node in cells
        if not node.parameters.get("kept_in")
    }
    return msgspec.structs.replace(workflow, nodes={**workflow.nodes, **nodes})


def write_executed(file: Path, output: Path | None, result: ExecutionResult) -> Path:
    """Write the notebook with what its cells showed in this run; gives its path."""
    cells = (run for run in result.runs if run.node.node.type == notebook.CELL)
    return _write(file, output, {run.node.node.id: _outputs(run) for run in cells})


def run_in_order(file: Path, workflow: Workflow, environment: Environment, output: Path | None) -> int:
    """Run the cells of a notebook top to bottom in one process, and write what they showed."""
    cells = [node for node in workflow.nodes.values() if node.type == notebook.CELL]
    payload = {"cells": [(node.parameters["code"], bool(node.parameters.get("may_fail"))) for node in cells]}
    answers = asyncio.run(_run_all(environment, payload))
    shown = {node.id: answer["outputs"] for node, answer in zip(cells, answers, strict=False)}
    click.echo(f"Wrote {_write(file, output, shown)}.", err=True)
    failure = answers[-1]["failure"] if answers else None
    if failure is None or payload["cells"][len(answers) - 1][1]:
        return OK
    click.echo(shorten(f"Cell '{cells[len(answers) - 1].name}' failed: {failure['message']}"), err=True)
    return FAILED


async def _run_all(environment: Environment, payload: dict[str, Any]) -> list[dict[str, Any]]:
    assert environment.run_python is not None
    try:
        answers: list[dict[str, Any]] = await environment.run_python(
            _RUN_ALL, payload, timeout=None, cancellation=None, log=_say, calls={}, memory=None
        )
        return answers
    finally:
        await environment.close()


def _say(line: str) -> None:
    click.echo(line, err=True)


def _write(file: Path, output: Path | None, shown: Mapping[str, list[dict[str, Any]]]) -> Path:
    document = notebook_file.read(file)
    number = 0
    for key, cell in zip(notebook.cell_ids(document), document["cells"], strict=True):
        if cell["cell_type"] != "code":
            continue
        outputs = shown.get(key)
        cell["outputs"] = outputs or []
        cell["execution_count"] = None
        if outputs is not None and str(cell["source"]).strip():
            number += 1
            cell["execution_count"] = number
            for entry in cell["outputs"]:
                if entry["output_type"] == "execute_result":
                    entry["execution_count"] = number
    path = output or file.with_name(f"{file.stem}.executed{file.suffix}")
    notebook_file.save(document, path)
    return path


def _outputs(run: Any) -> list[dict[str, Any]]:
    """What a cell showed: it stands in its first output, or in its error."""
    if run.error is not None and run.error.data:
        return list(run.error.data.get("outputs") or ())
    rows = run.outputs[0].items().rows if run.outputs else []
    return list(rows[0].json.get("outputs") or ()) if rows else []
