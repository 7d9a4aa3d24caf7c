"""Commands about workflow files: new, validate, import, export, graph."""

from __future__ import annotations

from pathlib import Path

import click

from workflow_kernel.base.errors import InvalidWorkflowError, Problem, WorkflowError
from workflow_kernel.cli.load import FILE, open_workflow, problems_of, read_json, read_workflow, write
from workflow_kernel.cli.main import FAILED, INVALID, OK, shorten
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Edge, End, Node, Workflow
from workflow_kernel.sdk.registry import Registry


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def new(file: Path, force: bool) -> int:
    """Write a small workflow to FILE to begin with."""
    path = file if file.suffix else file.with_suffix(".flow")
    if path.exists() and not force:
        raise WorkflowError(f"{path} is there already.", code="WF103", mend="Choose another name or add --force.")
    nodes = {
        "start": Node("start", "Start", "flow.manual_trigger", position=(0.0, 0.0)),
        "greet": Node(
            "greet",
            "Greet",
            "data.set",
            parameters={"fields": [{"name": "greeting", "value": "={{ 'Hello, ' + $ifEmpty($json.name, 'world') }}"}]},
            position=(220.0, 0.0),
        ),
    }
    edges = (Edge(End("start"), End("greet")),)
    flow_format.save(Workflow(name=path.stem, nodes=nodes, edges=edges), path)
    click.echo(f"Wrote {path}. Run it with: workflow run {path} --input name=you")
    return OK


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
def validate(files: tuple[Path, ...]) -> int:
    """Tell everything that is wrong with FILES: .flow files, or the .json of workflows exported from n8n."""
    registry = Registry()
    code = OK
    for path in files:
        problems: tuple[Problem, ...]
        try:
            problems = tuple(problems_of(open_workflow(path, registry), registry))
        except InvalidWorkflowError as error:
            problems = tuple(error.problems)
        except WorkflowError as error:
            problems = (Problem(error.code, error.message, error.mend),)
        errors = [problem for problem in problems if problem.severity == "error"]
        for problem in problems[:20]:
            kind = "" if problem.severity == "error" else "warning: "
            click.echo(shorten(f"{path}: {kind}{problem}"), err=True)
        if len(problems) > 20:
            click.echo(f"{path}: ... and {len(problems) - 20} more.", err=True)
        if errors:
            code = INVALID
        else:
            click.echo(f"{path}: valid" + (f", {len(problems)} warnings" if problems else ""))
    return code


@click.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; beside FILE if not given."
)
@click.option("--strict", is_flag=True, help="Fail when anything could not be carried over.")
def import_(file: Path, output: Path | None, strict: bool) -> int:
    """Make a workflow from FILE, a workflow exported from n8n, and tell what could not be carried over."""
    from workflow_kernel.interchange.n8n import N8nImporter

    imported = N8nImporter(Registry()).convert(read_json(file))
    path = output or file.with_suffix(".flow")
    flow_format.save(imported.workflow, path)
    covered = sum(report.is_covered for report in imported.nodes)
    click.echo(f"Wrote {path}: {covered} of {len(imported.nodes)} nodes have a counterpart.")
    for report in imported.nodes:
        for warning in report.warnings:
            click.echo(shorten(f"  {report.name}: {warning}"))
    for warning in imported.warnings:
        click.echo(shorten(f"  {warning}"))
    is_whole = imported.is_complete and not imported.warnings and not any(r.warnings for r in imported.nodes)
    return FAILED if strict and not is_whole else OK


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write; to the screen if not given.",
)
def export(file: Path, output: Path | None) -> int:
    """Write the workflow in FILE as a Python script that builds it."""
    from workflow_kernel.interchange.python import export as to_python

    text = to_python(read_workflow(file, Registry()))
    write(text, output)
    return OK


@click.command()
@click.argument("file", type=FILE)
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write an SVG picture here.")
def graph(file: Path, svg: Path | None) -> int:
    """Draw the workflow in FILE as text, or with --svg as a picture."""
    from workflow_kernel.graph import picture

    workflow = open_workflow(file, Registry())
    if svg is None:
        click.echo(picture.to_text(workflow))
    else:
        svg.write_text(picture.to_svg(workflow), encoding="utf-8")
        click.echo(f"Wrote {svg}.")
    return OK
