"""Reads workflow files for commands: our own format, and n8n's, which is imported on the way; writes what they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from workflow_kernel.base.errors import InvalidWorkflowError, NodeError, Problem, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
"""An argument that names a file to read."""


def open_workflow(path: Path, registry: Registry, *, any_order: bool = False) -> Workflow:
    """The workflow in a file, not yet checked; a notebook becomes one, with its cells in any order where that is asked.

    One of n8n is imported, and a note on stderr says how it went.
    """
    if path.suffix == ".ipynb":
        from workflow_kernel.interchange import notebook, notebook_file

        return notebook.from_notebook(notebook_file.read(path), path.stem, any_order=any_order)
    if path.suffix != ".json":
        return flow_format.read(path)
    document = read_json(path)
    return _imported(document, registry, str(path)) if is_foreign(document) else flow_format.read(path)


def write(text: str, output: Path | None) -> None:
    """Write what a command made, to a file or to the screen."""
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Wrote {output}.")


def read_workflow(path: Path, registry: Registry, *, any_order: bool = False) -> Workflow:
    """The workflow in a file; raises with every problem of one that is invalid."""
    return _checked(open_workflow(path, registry, any_order=any_order), registry, str(path))


def problems_of(workflow: Workflow, registry: Registry) -> list[Problem]:
    """Everything that is wrong with a workflow."""
    return list(validate(workflow, RegistryCatalog(registry)))


def is_foreign(document: Any) -> bool:
    """Whether a JSON value is a workflow as n8n exports it."""
    return isinstance(document, dict) and "format" not in document and isinstance(document.get("nodes"), list)


def read_json(path: Path) -> Any:
    """The JSON in a file."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise WorkflowError(f"{path} is not JSON: {error}.", code="WF102", mend="Correct the file.") from None


class Library:
    """Finds the workflows that nodes call: by the path of a file, its name, or as JSON. Each file is read once.

    Parameters
    ----------
    folder: where relative paths begin: that of the calling workflow's file.
    """

    def __init__(self, folder: Path, registry: Registry) -> None:
        self._folder = folder
        self._registry = registry
        self._known: dict[Path, Workflow] = {}

    def find(self, source: Any) -> Workflow:
        """The workflow a node names. Raises ``NodeError`` WF342 when there is none."""
        if isinstance(source, Mapping):
            document = dict(source)
            is_import = is_foreign(document)
            found = (
                _imported(document, self._registry, "the workflow given")
                if is_import
                else flow_format.from_document(document)
            )
            return _checked(found, self._registry, "The workflow given")
        path = self._path(str(source))
        if path not in self._known:
            self._known[path] = read_workflow(path, self._registry)
        return self._known[path]

    def _path(self, name: str) -> Path:
        path = self._folder / name
        for candidate in (path, path.with_name(f"{path.name}.flow")):
            if candidate.is_file():
                return candidate
        raise NodeError(
            f"There is no workflow file '{name}'.",
            code="WF342",
            mend=f"Name a file; relative paths begin at '{self._folder}'.",
        )


def _imported(document: dict[str, Any], registry: Registry, name: str) -> Workflow:
    from workflow_kernel.interchange.n8n import N8nImporter

    imported = N8nImporter(registry).convert(document)
    covered = sum(report.is_covered for report in imported.nodes)
    click.echo(f"Note: {name} is a workflow of n8n; {covered} of {len(imported.nodes)} nodes were imported.", err=True)
    return imported.workflow


def _checked(workflow: Workflow, registry: Registry, name: str) -> Workflow:
    errors = [problem for problem in problems_of(workflow, registry) if problem.severity == "error"]
    if errors:
        raise InvalidWorkflowError(errors, name)
    return workflow
