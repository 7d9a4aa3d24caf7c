"""Everything that is wrong with a workflow, all at once.

The command line, the editor, the services and the builder call :func:`validate` before a run. It knows node types only
through a :class:`~workflow_kernel.graph.catalog.Catalog`. Parts: nodes here, edges and cycles in ``validate_edges``,
settings and numbers in ``validate_settings``.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflow_kernel.base.errors import Problem, WorkflowError
from workflow_kernel.graph.catalog import Catalog, NodeInfo, PortsInfo
from workflow_kernel.graph.model import ERROR_PORT, Node, Workflow
from workflow_kernel.graph.validate_edges import Known, check_cycles, check_edges, check_starts
from workflow_kernel.graph.validate_settings import check_numbers, check_settings
from workflow_kernel.graph.words import clip, did_you_mean

__all__ = ["Catalog", "NodeInfo", "validate"]


def validate(workflow: Workflow, catalog: Catalog) -> list[Problem]:
    """Every problem of a workflow; empty when it can run.

    Parameters
    ----------
    workflow: as read or built.
    catalog: the node types there are.

    Returns
    -------
    Problems with code, node, field, message and mend: errors first, then warnings, each in the order of the nodes.
    """
    known: dict[str, Known] = {}
    problems = [*_check_names(workflow)]
    names = [node.name for node in workflow.nodes.values()]
    for node in workflow.nodes.values():
        problems.extend(check_numbers(node))
        try:
            info = catalog.find(node.type, node.version)
        except WorkflowError as error:
            field = "version" if error.code == "WF202" else "type"
            problems.append(Problem(error.code, error.message, error.mend, node.name, field))
            continue
        ports = info.ports(node.parameters)
        known[node.id] = Known(info, ports)
        problems.extend(_check_node(node, info, ports, workflow, names))
    problems.extend(check_edges(workflow, known))
    problems.extend(check_cycles(workflow, known))
    problems.extend(check_starts(workflow, known))
    problems.extend(_check_groups(workflow))
    problems.extend(check_settings(workflow.settings))
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _check_names(workflow: Workflow) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for key, node in workflow.nodes.items():
        if key != node.id:
            message = f"The node with id '{node.id}' is kept under '{key}'."
            yield Problem("WF219", message, "Keep each node under its own id.", node.name, "id")
        if not node.name.strip():
            yield Problem("WF224", f"The node with id '{node.id}' has no name.", "Give it one.", node.id, "name")
        elif node.name in seen:
            message = f"Nodes '{seen[node.name]}' and '{node.id}' both have this name."
            yield Problem("WF220", message, "Rename one; expressions find nodes by name.", node.name, "name")
        seen.setdefault(node.name, node.id)


def _check_node(
    node: Node, info: NodeInfo, ports: PortsInfo | None, workflow: Workflow, names: list[str]
) -> Iterator[Problem]:
    remarks = [*info.check_parameters(node.parameters)]
    remarks += info.check_expressions(node.parameters, workflow.settings.language)
    for remark in remarks:
        field = f"parameters.{remark.field}" if remark.field else "parameters"
        yield Problem(remark.code, remark.message, remark.mend, node.name, field, remark.severity)
    known = set(names)
    for reference in info.references(node.parameters):
        if reference.name not in known:
            yield Problem(
                "WF209",
                f"There is no node '{clip(reference.name)}'.",
                did_you_mean(reference.name, names, "The nodes are"),
                node.name,
                f"parameters.{reference.field}",
                "warning" if reference.is_in_code else "error",
            )
    yield from _check_pins(node, ports)
    for slot in node.credentials:
        if slot not in info.slots:
            message = f"The node type has no credential slot '{clip(slot)}'."
            mend = did_you_mean(slot, info.slots, "Its slots are") if info.slots else "Remove it; it has no slots."
            yield Problem("WF226", message, mend, node.name, f"credentials.{slot}")


def _check_pins(node: Node, ports: PortsInfo | None) -> Iterator[Problem]:
    if not node.pin or ports is None:
        return
    outputs = [port.name for port in ports.outputs]
    if node.on_error == "branch":
        outputs.append(ERROR_PORT)
    for port in node.pin:
        if port not in outputs:
            mend = did_you_mean(port, outputs, "Its outputs are") if outputs else "Remove it; it has no outputs."
            yield Problem(
                "WF225", f"Data are pinned to an output '{clip(port)}' that is not there.", mend, node.name, "pin"
            )


def _check_groups(workflow: Workflow) -> Iterator[Problem]:
    for group in workflow.groups.values():
        for member in group.nodes:
            if member not in workflow.nodes:
                message = f"Group '{clip(group.title)}' holds a node '{clip(member)}' that is not there."
                mend = did_you_mean(member, workflow.nodes, "The ids of the nodes are")
                yield Problem("WF233", message, mend, field=f"groups.{group.id}.nodes")
