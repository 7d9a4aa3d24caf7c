"""A workflow or notebook made ready for a service: refused where it cannot run there, started by a schedule.

``workflow workflows add x.ipynb --cron ...`` and ``client.save("x.ipynb", cron=...)`` call it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import MAIN, Edge, End, Node, Workflow
from workflow_kernel.graph.names import free_name
from workflow_kernel.interchange import notebook, notebook_file
from workflow_kernel.sdk.cron import parse_cron
from workflow_kernel.sdk.registry import Registry, UnknownNodeTypeError

SCHEDULE = "flow.schedule"
_ID = "schedule"


def read(path: Path) -> Workflow:
    """The workflow of a ``.flow`` file or a notebook. Raises where cells of it cannot run apart from each other."""
    if path.suffix != notebook_file.SUFFIX:
        return flow_format.read(path)
    workflow = notebook.from_notebook(notebook_file.read(path), path.stem)
    problems = notebook.refusals(workflow)
    if problems:
        raise InvalidWorkflowError(problems, "The notebook")
    return workflow


def scheduled(workflow: Workflow, cron: str | None) -> Workflow:
    """The workflow with a schedule that starts what its topmost trigger starts.

    Parameters
    ----------
    workflow: with a trigger.
    cron: when, as a cron expression; in place of the one given before, if there was one. None leaves all as it is.
    """
    if cron is None:
        return workflow
    try:
        parse_cron(cron)
    except ValueError as error:
        mend = 'Write it as "0 2 * * *", which is every night at two.'
        raise WorkflowError(f"The schedule is no cron expression: {error}", code="WF838", mend=mend) from None
    rules = [{"kind": "cron", "expression": cron}]
    known = workflow.nodes.get(_ID)
    if known is not None and known.type == SCHEDULE:
        changed = msgspec.structs.replace(known, parameters={**known.parameters, "rules": rules})
        return msgspec.structs.replace(workflow, nodes={**workflow.nodes, _ID: changed})
    first = _topmost(workflow)
    name = free_name("Schedule", {node.name for node in workflow.nodes.values()})
    place = (first.position[0], first.position[1] + 100.0)
    made = Node(_ID if known is None else f"{_ID}_cron", name, SCHEDULE, parameters={"rules": rules}, position=place)
    return _beside(workflow, first, made)


def with_triggers_of(workflow: Workflow, before: Workflow) -> Workflow:
    """A notebook's workflow with the triggers that its version before had besides: a save does not end a schedule."""
    for node in _triggers(before):
        if node.id not in workflow.nodes and node.type != notebook.START:
            workflow = _beside(workflow, _topmost(workflow), node)
    return workflow


def _beside(workflow: Workflow, first: Node, made: Node) -> Workflow:
    """The workflow with one trigger more, which starts what another one starts."""
    edges = [Edge(End(made.id, MAIN), edge.target) for edge in workflow.edges if edge.source.node == first.id]
    return msgspec.structs.replace(
        workflow, nodes={**workflow.nodes, made.id: made}, edges=(*workflow.edges, *dict.fromkeys(edges))
    )


def _topmost(workflow: Workflow) -> Node:
    found = _triggers(workflow)
    if not found:
        message = f"Workflow '{workflow.name}' has no trigger a schedule could stand for."
        raise WorkflowError(message, code="WF837", mend="Give it one, e.g. flow.manual_trigger before its first node.")
    return found[0]


def _triggers(workflow: Workflow) -> list[Node]:
    """The triggers, topmost first, then leftmost."""
    registry = Registry()

    def is_trigger(node: Node) -> bool:
        try:
            return registry.find(node.type, node.version).spec.is_trigger
        except UnknownNodeTypeError:
            return False

    found = [node for node in workflow.nodes.values() if is_trigger(node)]
    return sorted(found, key=lambda node: (node.position[1], node.position[0]))
