"""What the options of ``workflow run`` say: the items to begin with, pins, and which nodes may run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.cli.load import read_json
from workflow_kernel.engine.plan import Plan, start_nodes
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items, as_items
from workflow_kernel.sdk.registry import Registry

DECLARING = "flow.workflow_trigger"
"""The node type that says which fields its workflow takes."""


def prepare(workflow: Workflow, registry: Registry, options: Mapping[str, Any]) -> Workflow:
    """The workflow with the pins and the timeout of the command line."""
    if options["timeout"] is not None:
        settings = msgspec.structs.replace(workflow.settings, timeout=options["timeout"])
        workflow = msgspec.structs.replace(workflow, settings=settings)
    if options["pin"] is None:
        return workflow
    pins = read_json(options["pin"])
    if not isinstance(pins, dict) or not all(_is_pin(pin) for pin in pins.values()):
        raise WorkflowError(
            "The pin file does not hold an object of lists of objects.",
            code="WF104",
            mend='Write it as {"Node name": [{"field": "value"}]}, or {"Node name": {"output": [...]}}.',
        )
    nodes = dict(workflow.nodes)
    for name, pin in pins.items():
        node = workflow.find(name)
        if node is None:
            raise unknown_node(workflow, name, "--pin")
        ports = registry.find(node.type, node.version).ports(node.parameters).outputs
        by_port = pin if isinstance(pin, dict) else {ports[0].name if ports else "main": pin}
        nodes[node.id] = msgspec.structs.replace(node, pin=by_port)
    return msgspec.structs.replace(workflow, nodes=nodes)


def read_inputs(inputs: tuple[str, ...], types: Mapping[str, str] | None = None) -> Items | None:
    """The items of ``--input``: fields of one item, or the items of a JSON file.

    Parameters
    ----------
    inputs: as written.
    types: type by field, where the workflow declares which it takes.
    """
    fields: dict[str, Any] = {}
    for text in inputs:
        if text.startswith("@"):
            if len(inputs) > 1:
                raise WorkflowError(
                    f"--input {text} gives all items.", code="WF105", mend="Do not add another --input to it."
                )
            return as_items(_rows_of(Path(text[1:])))
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise WorkflowError(f"--input '{text}' is not a field.", code="WF105", mend="Write --input name=value.")
        if types and key not in types:
            raise WorkflowError(
                f"The workflow takes no field '{key}'.", code="WF106", mend=f"Its fields are: {', '.join(types)}."
            )
        fields[key] = value if types and types[key] == "string" else parse_value(value)
    return as_items([fields]) if fields else None


def parse_value(text: str) -> Any:
    """A value from the command line: JSON where it is JSON, else text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def declared_fields(plan: Plan, start: str | None) -> dict[str, str]:
    """Type by field, where the trigger the run starts with declares which fields it takes."""
    triggers = list(start_nodes(plan).values())
    found = plan.by_name.get(start) if start is not None else triggers[0] if triggers else None
    if found is None or found.node.type != DECLARING:
        return {}
    fields = found.node.parameters.get("fields") or []
    return {str(field.get("name")): str(field.get("type", "any")) for field in fields if isinstance(field, Mapping)}


def selection(plan: Plan, options: Mapping[str, Any]) -> tuple[frozenset[str] | None, str | None]:
    """Which nodes may run, and where to start, for ``--node``, ``--to`` and ``--start``."""
    for option in ("node", "to", "start"):
        name = options[option]
        if name is not None and name not in plan.by_name:
            raise unknown_node(plan.workflow, name, f"--{option}")
    if options["node"] is not None:
        return frozenset({plan.by_name[options["node"]].id}), options["node"]
    if options["to"] is not None:
        target = plan.by_name[options["to"]]
        return frozenset(n.id for n in plan.nodes if n is target or n.bit & target.reach), options["start"]
    return None, options["start"]


def unknown_node(workflow: Workflow, name: str, option: str) -> WorkflowError:
    """The error for an option that names no node."""
    names = ", ".join(node.name for node in list(workflow.nodes.values())[:20])
    return WorkflowError(f"{option}: there is no node '{name}'.", code="WF110", mend=f"The nodes are: {names}.")


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _is_pin(value: Any) -> bool:
    return _is_rows(value) or (isinstance(value, dict) and all(_is_rows(rows) for rows in value.values()))


def _rows_of(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise WorkflowError(f"There is no file '{path}'.", code="WF105", mend="Name a JSON file behind the @.")
    value = read_json(path)
    rows = value if isinstance(value, list) else [value]
    if not _is_rows(rows):
        raise WorkflowError(
            f"{path} holds neither an object nor a list of objects.", code="WF105", mend="Each item is an object."
        )
    return rows
