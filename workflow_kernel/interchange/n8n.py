"""Imports workflows of n8n: its JSON becomes a workflow of ours, with a report of what could not be carried over.

Each node type says itself how its foreign counterparts convert (``imports`` in its decorator). What nothing converts
becomes a placeholder (``flow.placeholder``) that keeps the original and fails clearly when run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.model import (
    Edge,
    End,
    Node,
    Note,
    OnError,
    Order,
    Retry,
    Settings,
    Workflow,
)
from workflow_kernel.graph.words import clip, shown
from workflow_kernel.interchange import n8n_credentials
from workflow_kernel.interchange.n8n_credentials import ImportedCredential
from workflow_kernel.interchange.n8n_shape import check
from workflow_kernel.sdk.credentials import CredentialTypes
from workflow_kernel.sdk.imports import Converter, Imported, ImportedNode
from workflow_kernel.sdk.node import NodeType, Ports
from workflow_kernel.sdk.registry import Registry

PLACEHOLDER = "flow.placeholder"
_CONSTANT = re.compile(
    r"""=\{\{\s*(?:(?P<number>-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?)|(?P<boolean>true|false)"""
    r"""|'(?P<single>(?!=)[^'\\\n{}]*)'|"(?P<double>(?!=)[^"\\\n{}]*)")\s*\}\}\Z"""
)
_STICKY_NOTE = "n8n-nodes-base.stickyNote"
_ON_ERROR: Mapping[str, OnError] = {
    "stopWorkflow": "stop",
    "continueRegularOutput": "continue",
    "continueErrorOutput": "branch",
}


class ImportedNodeReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one foreign node fared.

    Parameters
    ----------
    name, source: the node's name and foreign type. type: ours; the placeholder's where nothing fits.
    warnings: what could not be carried over.
    outputs: our output port for each of its outputs, in its order, which may differ from ours.
    credentials: those it refers to.
    """

    name: str
    source: str
    type: str
    warnings: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    credentials: tuple[ImportedCredential, ...] = ()

    @property
    def is_covered(self) -> bool:
        """Whether a node type of ours stands for it."""
        return self.type != PLACEHOLDER


class ImportedWorkflow(msgspec.Struct, frozen=True):
    """An imported workflow and the report on it."""

    workflow: Workflow
    nodes: tuple[ImportedNodeReport, ...]
    warnings: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every node is covered."""
        return all(node.is_covered for node in self.nodes)


class N8nImporter:
    """Converts n8n workflows with the node types of a registry. Keep one: it loads every node type once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._credential_types = CredentialTypes()
        self._converters: dict[str, tuple[type[NodeType], Converter]] = {}
        for node_type in registry:
            for name, convert in node_type.spec.imports.items():
                self._converters[name] = (node_type, convert)

    def convert(self, source: Mapping[str, Any]) -> ImportedWorkflow:
        """Convert a workflow as n8n exports it.

        Raises ``InvalidWorkflowError`` with every place (WF120) where it is not such a workflow.
        """
        check(source)
        nodes: dict[str, Node] = {}
        notes: dict[str, Note] = {}
        ports: dict[str, _PortNames] = {}
        reports: list[ImportedNodeReport] = []
        warnings: list[str] = []
        pins = source.get("pinData") or {}
        for number, raw in enumerate(source["nodes"], 1):
            if raw.get("type") == _STICKY_NOTE:
                note = _note(f"note{number}", raw)
                notes[note.id] = note
                continue
            node, names, report = self._convert_node(f"n{number}", raw, pins.get(raw.get("name")))
            nodes[node.id] = node
            ports[node.name] = names
            reports.append(report)
        edges = _edges(source.get("connections") or {}, {node.name: node for node in nodes.values()}, ports, warnings)
        workflow = Workflow(
            name=str(source.get("name") or "Imported workflow"),
            nodes=nodes,
            edges=edges,
            settings=_settings(source.get("settings") or {}),
            notes=notes,
            tags=tuple(_tags(source.get("tags"))),
        )
        return ImportedWorkflow(workflow, tuple(reports), tuple(warnings))

    def _convert_node(
        self, node_id: str, raw: Mapping[str, Any], pin: Any
    ) -> tuple[Node, _PortNames, ImportedNodeReport]:
        source = ImportedNode(
            type=str(raw["type"]),
            version=float(raw.get("typeVersion") or 1),
            parameters=_without_constants(raw.get("parameters") or {}),
            name=str(raw["name"]),
            credentials=raw.get("credentials") or {},
            webhook_id=str(raw.get("webhookId") or ""),
        )
        imported, node_type, ports = self._convert_parameters(source, raw)
        names = _PortNames(
            imported.inputs or tuple(port.name for port in ports.inputs),
            imported.outputs or tuple(port.name for port in ports.outputs),
        )
        placed = n8n_credentials.place(source, imported, node_type.spec, self._credential_types)
        node = Node(
            id=node_id,
            name=source.name,
            type=node_type.spec.type,
            version=node_type.spec.version,
            parameters=imported.parameters,
            position=_position(raw.get("position")),
            on_error=_on_error(raw),
            retry=_retry(raw),
            disabled=bool(raw.get("disabled")),
            always_output=bool(raw.get("alwaysOutputData")),
            execute_once=bool(raw.get("executeOnce")),
            notes=str(raw.get("notes") or ""),
            credentials=placed.uses,
            pin={names.outputs[0]: _pinned(pin)} if pin and names.outputs else None,
        )
        if imported.settings:
            node = msgspec.structs.replace(node, **imported.settings)
        warnings = (*imported.warnings, *placed.warnings)
        report = ImportedNodeReport(node.name, source.type, node.type, warnings, names.outputs, placed.credentials)
        return node, names, report

    def _convert_parameters(
        self, source: ImportedNode, raw: Mapping[str, Any]
    ) -> tuple[Imported, type[NodeType], Ports]:
        if source.type not in self._converters:
            warning = f"No node type here stands for '{clip(source.type)}'. Replace the placeholder before you run it."
            return self._placeholder(raw, warning)
        try:
            return self._converted(source)
        except WorkflowError as error:
            return self._placeholder(raw, f"Its parameters could not be read: {error}")
        except Exception:  # the boundary to converters, which read whatever somebody wrote
            return self._placeholder(raw, self._blamed(source))

    def _converted(self, source: ImportedNode) -> tuple[Imported, type[NodeType], Ports]:
        node_type, convert = self._converters[source.type]
        imported = convert(source)
        if imported.type is not None:
            node_type = self._registry.find(imported.type, imported.version)
        return imported, node_type, node_type.ports(imported.parameters)

    def _blamed(self, source: ImportedNode) -> str:
        """Which parameter cannot be read: the innermost one without which the others can."""
        path: list[str] = []
        value: Any = source.parameters
        while isinstance(value, Mapping):
            # The last first: those that choose what a node does come first, and without them others are not read.
            found = next((name for name in reversed(value) if self._converts_without(source, [*path, name])), None)
            if found is None:
                break
            path, value = [*path, found], value[found]
        if path:
            place = clip(".".join(path))
            return f"Its parameter '{place}' could not be read: {shown(value)}. Correct it and import again."
        names = ", ".join(f"'{clip(name)}'" for name in list(source.parameters)[:10])
        return f"Its parameters could not be read: {names}. Correct them and import again."

    def _converts_without(self, source: ImportedNode, path: list[str]) -> bool:
        try:
            self._converted(msgspec.structs.replace(source, parameters=_without(source.parameters, path)))
        except Exception:  # it is another one, or more than one
            return False
        return True

    def _placeholder(self, raw: Mapping[str, Any], warning: str) -> tuple[Imported, type[NodeType], Ports]:
        node_type = self._registry.find(PLACEHOLDER)
        imported = Imported({"source": "n8n", "original": dict(raw)}, warnings=(warning,), credentials={})
        return imported, node_type, node_type.ports(imported.parameters)


class _PortNames(msgspec.Struct, frozen=True):
    """Our port for each foreign index."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _edges(
    connections: Mapping[str, Any],
    nodes: Mapping[str, Node],
    ports: Mapping[str, _PortNames],
    warnings: list[str],
) -> tuple[Edge, ...]:
    edges: dict[Edge, None] = {}
    for name, by_kind in connections.items():
        source = nodes.get(name)
        if source is None:
            continue
        for kind, outputs in (by_kind or {}).items():
            if kind != "main":
                warnings.append(f"The connection of kind '{kind}' from node '{name}' was left out.")
                continue
            for output, targets in enumerate(outputs or ()):
                for target in targets or ():
                    edge = _edge(source, output, target, nodes, ports, warnings)
                    if edge is not None:
                        edges[edge] = None
    return tuple(edges)


def _edge(
    source: Node,
    output: int,
    target: Mapping[str, Any],
    nodes: Mapping[str, Node],
    ports: Mapping[str, _PortNames],
    warnings: list[str],
) -> Edge | None:
    found = nodes.get(str(target.get("node")))
    if found is None:
        warnings.append(
            f"An edge from node '{source.name}' leads to a node that is not there: {shown(target.get('node'))}."
        )
        return None
    out_names, in_names = ports[source.name].outputs, ports[found.name].inputs
    index = int(target.get("index") or 0)
    if output < len(out_names):
        out_port = out_names[output]
    elif output == len(out_names) and source.on_error == "branch":
        out_port = "error"
    else:
        warnings.append(f"Node '{source.name}' has no output {output}; the edge to '{found.name}' was left out.")
        return None
    if index >= len(in_names):
        warnings.append(f"Node '{found.name}' has no input {index}; the edge from '{source.name}' was left out.")
        return None
    return Edge(End(source.id, out_port), End(found.id, in_names[index]))


def _settings(raw: Mapping[str, Any]) -> Settings:
    order: Order = "canvas" if raw.get("executionOrder") == "v1" else "breadth_first"
    zone = raw.get("timezone")
    timeout = raw.get("executionTimeout")
    return Settings(
        order=order,
        language="javascript",
        timezone=zone if isinstance(zone, str) and zone not in ("", "DEFAULT") else "America/New_York",
        timeout=float(timeout) if isinstance(timeout, int | float) and 0 < timeout < 1e9 else None,
        error_workflow=raw.get("errorWorkflow") or None,
    )


def _without(value: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """A copy of an object without what stands at a path."""
    rest = {key: part for key, part in value.items() if key != path[0]}
    return rest if len(path) == 1 else rest | {path[0]: _without(value[path[0]], path[1:])}


def _without_constants(value: Any) -> Any:
    """The parameters with expressions that are nothing but a number, boolean or text replaced by that.

    Choices are often written so (``={{ 2 }}``), and what a node becomes may depend on them.
    """
    if isinstance(value, Mapping):
        return {key: _without_constants(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_constants(part) for part in value]
    match = _CONSTANT.match(value) if isinstance(value, str) else None
    if match is None:
        return value
    if match["number"]:
        return float(match["number"]) if "." in match["number"] else int(match["number"])
    if match["boolean"]:
        return match["boolean"] == "true"
    return match["double"] if match["single"] is None else match["single"]


def _on_error(raw: Mapping[str, Any]) -> OnError:
    if raw.get("onError") in _ON_ERROR:
        return _ON_ERROR[raw["onError"]]
    return "continue" if raw.get("continueOnFail") else "stop"


def _retry(raw: Mapping[str, Any]) -> Retry:
    if not raw.get("retryOnFail"):
        return Retry()
    tries = min(5, max(2, int(float(raw.get("maxTries") or 3))))
    wait = min(5000, max(0, int(float(raw.get("waitBetweenTries") or 1000))))
    return Retry(tries=tries, wait=wait / 1000)


def _position(raw: Any) -> tuple[float, float]:
    if isinstance(raw, list | tuple) and len(raw) == 2:
        return (_number(raw[0], 0.0), _number(raw[1], 0.0))
    return (0.0, 0.0)


def _number(value: Any, default: float) -> float:
    """A length on the canvas, or the default for what is none: a drawing is not worth refusing a workflow."""
    if isinstance(value, str):
        value = float(value) if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if is_number else default


def _pinned(pin: Any) -> list[dict[str, Any]]:
    return [dict(entry) for entry in pin if isinstance(entry, Mapping)]


def _note(note_id: str, raw: Mapping[str, Any]) -> Note:
    parameters = raw.get("parameters") or {}
    size = (_number(parameters.get("width") or None, 240.0), _number(parameters.get("height") or None, 160.0))
    return Note(note_id, str(parameters.get("content") or ""), _position(raw.get("position")), size)


def _tags(raw: Any) -> Iterable[str]:
    for tag in raw if isinstance(raw, list) else ():
        text = tag.get("name") if isinstance(tag, Mapping) else tag
        if isinstance(text, str) and re.search(r"\S", text):
            yield text
