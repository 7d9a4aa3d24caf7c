"""A workflow as a Python script that builds it with ``workflow_kernel.builder``.

The command ``workflow export`` and the editor call :func:`export`. Running the script gives an equal workflow; how
values are laid out so that no formatter moves them is in ``python_layout``.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_kernel.graph import arrange
from workflow_kernel.graph.catalog import PortsInfo
from workflow_kernel.graph.model import ERROR_PORT, MAIN, Edge, Node, Workflow
from workflow_kernel.graph.names import free_id, id_of
from workflow_kernel.graph.plain import fields
from workflow_kernel.interchange.python_layout import WIDTH, Code, call, clean, literal
from workflow_kernel.sdk.catalog import RegistryCatalog, known_ports
from workflow_kernel.sdk.registry import Registry, UnknownNodeTypeError

_ARGUMENTS = frozenset(("self", "source", "name", "id", "version", "position", "parameters"))
"""Arguments of ``Workflow.node``: parameters of these names are given as a mapping."""

_TAKEN = ("wf", "result", *dir(builtins))
_LONGEST_VARIABLE = 24
_END = """
if __name__ == "__main__":
    result = wf.run()
    result.raise_if_failed()
    print(result.output().json())
"""

Argument = tuple[str | None, Any]


def export(workflow: Workflow, registry: Registry | None = None) -> str:
    """The script for a workflow.

    Parameters
    ----------
    workflow: need not be valid, but its nodes need different names.
    registry: where node types are found; those installed when not given.
    """
    return _Script(workflow, registry if registry is not None else Registry()).text()


class _Script:
    """The script of one workflow."""

    def __init__(self, workflow: Workflow, registry: Registry) -> None:
        self.workflow = workflow
        self.registry = registry
        catalog = RegistryCatalog(registry)
        self.ports: dict[str, PortsInfo | None] = {
            node.id: known_ports(catalog, node) for node in workflow.nodes.values()
        }
        self.variables = _variables(workflow)
        arranged = arrange.positions(workflow, {})
        self.is_arranged = all(node.position == arranged[node.id] for node in workflow.nodes.values())

    def text(self) -> str:
        """All of it."""
        body = [self._head(), ""]
        made: set[str] = set()
        for node in self.workflow.nodes.values():
            body.extend(self._node(node, made))
            made.add(node.id)
        edges = list(self._edges())
        if edges:
            body.extend(["", *edges])
        extras = [*self._notes(), *self._groups()]
        if extras:
            body.extend(["", *extras])
        title = clean(self.workflow.name)
        lines = [f"# {title[:80]}".rstrip(), "", "from workflow_kernel import Workflow", "", *body]
        return "\n".join(lines).rstrip() + "\n" + _END

    def _head(self) -> str:
        workflow = self.workflow
        arguments: list[Argument] = [(None, workflow.name)]
        arguments += [(name, getattr(workflow, name)) for name in ("id", "description") if getattr(workflow, name)]
        if workflow.tags:
            arguments.append(("tags", list(workflow.tags)))
        arguments += list(fields(workflow.settings).items())
        return call("wf = Workflow", arguments)

    def _node(self, node: Node, made: set[str]) -> Iterator[str]:
        arguments: list[Argument] = [(None, node.type), (None, node.name)]
        if node.id != free_id(id_of(node.name), made):
            arguments.append(("id", node.id))
        if not self._is_newest(node):
            arguments.append(("version", node.version))
        if not self.is_arranged:
            arguments.append(("position", Code(f"({_number(node.position[0])}, {_number(node.position[1])})")))
        odd = {name: value for name, value in node.parameters.items() if not _is_argument(name)}
        arguments += [(name, value) for name, value in node.parameters.items() if name not in odd]
        if odd:
            arguments.append(("parameters", odd))
        variable = self.variables[node.id]
        yield call(f"{variable} = wf.node", arguments)
        options = _options(node)
        if options:
            yield call(f"{variable}.options", options)

    def _is_newest(self, node: Node) -> bool:
        try:
            return self.registry.find(node.type).spec.version == node.version
        except (UnknownNodeTypeError, ImportError):
            return False

    def _edges(self) -> Iterator[str]:
        """Lines that connect nodes, in the order of the edges; a chain stands on one line."""
        line = ""
        end = ""
        for edge in self.workflow.edges:
            source, target = self._source(edge), self._target(edge)
            if line and source is not None and target is not None:
                longer = f"{line} >> {target}"
                if source == self.variables[end] and edge.source.node == end and len(longer) <= WIDTH:
                    line, end = longer, edge.target.node
                    continue
            if line:
                yield line
            line, end = f"{source} >> {target}", edge.target.node
            if source is None or target is None or not line.isascii() or len(line) > WIDTH:
                yield self._plain_edge(edge)
                line = ""
        if line:
            yield line

    @staticmethod
    def _plain_edge(edge: Edge) -> str:
        """For ends that are not there, and ports with very long names."""
        return call("wf.edge", [(None, part) for part in (*edge.source, *edge.target)])

    def _source(self, edge: Edge) -> str | None:
        node = self.workflow.nodes.get(edge.source.node)
        if node is None:
            return None
        ports = self.ports[node.id]
        names = [port.name for port in ports.outputs] if ports is not None else [MAIN, edge.source.port]
        variable = self.variables[node.id]
        port = edge.source.port
        if port == ERROR_PORT and port not in names[:1] and node.on_error == "branch":
            return f'{variable}["{port}"]'
        if port not in names or (port == ERROR_PORT and ports is None):
            return None
        return variable if port == names[0] else f"{variable}[{literal(port)}]"

    def _target(self, edge: Edge) -> str | None:
        node = self.workflow.nodes.get(edge.target.node)
        if node is None:
            return None
        ports = self.ports[node.id]
        names = [port.name for port in ports.inputs] if ports is not None else [MAIN, edge.target.port]
        variable = self.variables[node.id]
        port = edge.target.port
        if port not in names:
            return None
        if port == names[0] and (ports is None or len(names) == 1):
            return variable
        return call(f"{variable}.input", [(None, port)], is_flat=True)

    def _notes(self) -> Iterator[str]:
        made: set[str] = set()
        for key, note in self.workflow.notes.items():
            given = fields(note, skip=("id", "text"))
            arguments: list[Argument] = [(None, note.text)]
            if key != free_id("note", made):
                arguments.append(("id", key))
            made.add(key)
            arguments += [
                (name, Code(f"({_number(value[0])}, {_number(value[1])})") if name != "color" else value)
                for name, value in given.items()
            ]
            yield call("wf.note", arguments)

    def _groups(self) -> Iterator[str]:
        made: set[str] = set()
        for key, group in self.workflow.groups.items():
            arguments: list[Argument] = [(None, group.title)]
            for node in group.nodes:
                arguments.append((None, Code(self.variables[node]) if node in self.variables else node))
            if key != free_id("group", made):
                arguments.append(("id", key))
            made.add(key)
            if group.color:
                arguments.append(("color", group.color))
            yield call("wf.group", arguments)


def _options(node: Node) -> list[Argument]:
    skip = ("id", "name", "type", "version", "parameters", "position")
    options = fields(node, skip=skip)
    if list(options.get("retry", ())) == ["tries"]:
        options["retry"] = options["retry"]["tries"]
    return list(options.items())


def _is_argument(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and name not in _ARGUMENTS


def _variables(workflow: Workflow) -> Mapping[str, str]:
    found: dict[str, str] = {}
    taken: set[str] = set(_TAKEN)
    for node in workflow.nodes.values():
        name = re.sub(r"[^a-z0-9]+", "_", node.id.lower()).strip("_")[:_LONGEST_VARIABLE].rstrip("_") or "node"
        if not name[0].isalpha() or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            name = f"node_{name}"
        found[node.id] = free_id(name, taken)
        taken.add(found[node.id])
    return found


def _number(value: float) -> str:
    value = float(value)
    return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value).replace("e+", "e")
