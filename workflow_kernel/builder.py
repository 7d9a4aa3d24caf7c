"""Building workflows in Python, a node a line.

    wf = Workflow("Report")
    orders = wf.node("web.http_request", "Orders", url="https://example.com/orders")
    paid = orders >> wf.node("data.filter", "Paid", conditions=...)
    paid["discarded"] >> wf.node("data.limit", count=10)
    wf.run()

``import workflow_kernel`` gives :class:`Workflow` when it is asked for. What is built is a ``graph.model.Workflow``,
see :meth:`Workflow.build`; handles of nodes are in ``builder_handles``, running is in ``builder_run``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel import builder_run, builder_show, builder_sweep
from workflow_kernel.base.errors import Problem, WorkflowError
from workflow_kernel.builder_handles import Handle, Output
from workflow_kernel.builder_sweep import Sweep
from workflow_kernel.builder_values import as_parameters
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph import arrange, model, picture
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.catalog import PortsInfo
from workflow_kernel.graph.names import free_id, free_name, id_of
from workflow_kernel.graph.validate import validate
from workflow_kernel.graph.words import did_you_mean
from workflow_kernel.sdk.catalog import RegistryCatalog, known_ports
from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.registry import Registry, UnknownNodeTypeError
from workflow_kernel.sdk.task import Task

if TYPE_CHECKING:
    from workflow_kernel.client import Client

NodeSource = str | type[NodeType] | Task[..., Any]
"""What a node may be made of: the name of a node type, its class, or a ``@task`` function."""


class Workflow:
    """A workflow being built.

    Parameters
    ----------
    name: of the workflow.
    id, description, tags: as in ``graph.model.Workflow``.
    registry: where node types are found; those installed when not given.
    settings: fields of ``graph.model.Settings``, e.g. ``timezone="Europe/Berlin"``.
    """

    def __init__(
        self,
        name: str = "Workflow",
        *,
        id: str = "",
        description: str = "",
        tags: Iterable[str] = (),
        registry: Registry | None = None,
        **settings: Any,
    ) -> None:
        self.registry = registry if registry is not None else Registry()
        self._catalog = RegistryCatalog(self.registry)
        self._workflow = model.Workflow(
            name, settings=_struct(model.Settings, settings), id=id, description=description, tags=tuple(tags)
        )
        self._nodes: dict[str, model.Node] = {}
        self._edges: dict[model.Edge, None] = {}
        self._notes: dict[str, model.Note] = {}
        self._groups: dict[str, model.Group] = {}
        self._placed: dict[str, tuple[float, float]] = {}
        self.viewers: list[builder_run.Viewer] = []

    @classmethod
    def of(cls, workflow: model.Workflow, registry: Registry | None = None) -> Workflow:
        """A builder that goes on with a workflow."""
        made = cls(workflow.name, registry=registry)
        made.replace(workflow)
        return made

    @classmethod
    def load(cls, path: str | Path, *, tasks: Iterable[NodeSource] = (), registry: Registry | None = None) -> Workflow:
        """A builder that goes on with a file.

        Parameters
        ----------
        path: of a ``.flow`` file.
        tasks: ``@task`` functions and node types that the workflow uses and no package brings.
        registry: where node types are found.

        Raises ``InvalidWorkflowError`` when the file is not a workflow.
        """
        made = cls.of(flow_format.read(Path(path)), registry)
        for source in tasks:
            made._resolve(source)
        return made

    def node(
        self,
        source: NodeSource,
        name: str | None = None,
        /,
        *,
        id: str | None = None,
        version: int | None = None,
        position: tuple[float, float] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Handle:
        """Add a node.

        Parameters
        ----------
        source: the node type: its name, its class, or a ``@task`` function.
        name: shown, and used by expressions; made from the node type's title when not given. May be given by keyword.
        id: made from the name when not given.
        version: of the node type; its newest when not given.
        position: on the canvas; nodes without one are arranged from left to right.
        parameters: as a mapping, for names that are also arguments here.
        fields: parameters of the node type. One that is a node is connected to the input of that name.

        Returns
        -------
        A handle to connect it by: ``a >> b``, ``a["port"] >> b``, ``a >> b.input("port")``.

        Raises ``UnknownNodeTypeError`` naming close ones, unless a version is given.
        """
        node_type, type_name, number = self._find(source, version)
        named = {**fields, **(parameters or {})}
        if name is None and (node_type is None or "name" not in node_type.model_fields):
            name = named.pop("name", None)
        names = {node.name for node in self._nodes.values()}
        wires = {key: value for key, value in named.items() if isinstance(value, Handle | Output)}
        values = as_parameters({key: value for key, value in named.items() if key not in wires})
        title = name if name is not None else free_name(node_type.spec.title if node_type else type_name, names)
        node_id = id if id is not None else free_id(id_of(title), self._nodes)
        if node_id in self._nodes:
            raise WorkflowError(f"There is a node with the id '{node_id}' already.", code="WF250", mend="Use another.")
        if title in names:
            mend = "Give it another name, or none to have one made."
            raise WorkflowError(f"There is a node named '{title}' already.", code="WF220", mend=mend)
        self._nodes[node_id] = model.Node(node_id, title, type_name, number, values)
        if position is not None:
            self._placed[node_id] = (float(position[0]), float(position[1]))
        handle = Handle(self, node_id)
        for port, wire in wires.items():
            self._wire(wire, handle, port)
        return handle

    def edge(self, source: str, source_port: str, target: str, target_port: str) -> None:
        """Draw an edge by node ids and port names, unchecked; ``>>`` is the usual way."""
        self.connect(model.End(source, source_port), model.End(target, target_port))

    def note(self, text: str, *, id: str | None = None, **fields: Any) -> None:
        """Put a sticky note on the canvas; ``fields`` are those of ``graph.model.Note``."""
        note_id = id if id is not None else free_id("note", self._notes)
        self._notes[note_id] = _struct(model.Note, {"id": note_id, "text": text, **fields})

    def group(self, title: str, *nodes: Handle | str, id: str | None = None, color: str = "") -> None:
        """Draw nodes, given by handle or id, together under a title."""
        group_id = id if id is not None else free_id("group", self._groups)
        self._groups[group_id] = model.Group(
            group_id, title, tuple(node if isinstance(node, str) else node.id for node in nodes), color
        )

    def __getitem__(self, name: str) -> Handle:
        """The node of that name."""
        for node in self._nodes.values():
            if node.name == name:
                return Handle(self, node.id)
        names = [node.name for node in self._nodes.values()]
        raise KeyError(f"There is no node '{name}'. {did_you_mean(name, names, 'The nodes are')}")

    def __iter__(self) -> Iterator[Handle]:
        return (Handle(self, node) for node in self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def build(self) -> model.Workflow:
        """The workflow as built so far; nodes without a position get one."""
        built = msgspec.structs.replace(
            self._workflow,
            nodes=dict(self._nodes),
            edges=tuple(self._edges),
            notes=dict(self._notes),
            groups=dict(self._groups),
        )
        is_placed = len(self._placed) == len(self._nodes)
        places = self._placed if is_placed else arrange.positions(built, self._placed)
        nodes = {key: msgspec.structs.replace(node, position=places[key]) for key, node in self._nodes.items()}
        return msgspec.structs.replace(built, nodes=nodes)

    def replace(self, workflow: model.Workflow) -> None:
        """Become another workflow; handles of nodes that are in it too stay good."""
        self._workflow = msgspec.structs.replace(workflow, nodes={}, edges=(), notes={}, groups={})
        self._nodes = dict(workflow.nodes)
        self._edges = dict.fromkeys(workflow.edges)
        self._notes = dict(workflow.notes)
        self._groups = dict(workflow.groups)
        self._placed = {node.id: node.position for node in workflow.nodes.values()}

    def validate(self) -> list[Problem]:
        """Everything that is wrong with it; empty when it can run."""
        return validate(self.build(), self._catalog)

    def save(self, path: str | Path) -> None:
        """Write it to a ``.flow`` file, whole or not at all."""
        flow_format.save(self.build(), Path(path))

    def run(self, items: Any = None, /, **fields: Any) -> ExecutionResult:
        """Run it here and wait for the end. Works in a notebook as well.

        Parameters
        ----------
        items: for the node it starts with: a list of objects or items, a batch, or a data frame.
        fields: instead of ``items``, the fields of one item.

        Returns
        -------
        What each node gave: ``result["Node"].json()``; ``result.raise_if_failed()`` raises the error of a failed run.

        Raises ``InvalidWorkflowError`` with every problem when it cannot run.
        """
        return builder_run.wait_for(self.run_async(items, **fields))

    async def run_async(self, items: Any = None, /, **fields: Any) -> ExecutionResult:
        """Run it in the event loop at hand; see :meth:`run`."""
        return await builder_run.run(self.build(), self.registry, items, fields, self.viewers)

    def sweep(self, *, at_once: int = 8, progress: bool = True, **values: Any) -> Sweep:
        """Run it once for each combination of values, some at the same time, and wait for the end of all.

        Parameters
        ----------
        at_once: executions at the same time. progress: whether a bar shows how far it is.
        values: for each field of the item it starts with, the values to try: ``lr=[0.1, 0.2], seed=range(10)``.

        Returns
        -------
        The executions, with a table of what was given and what came out: ``sweep.df()``, ``sweep.best("score")``.
        """
        work = builder_sweep.sweep(self.build(), self.registry, values, at_once=at_once, shows_progress=progress)
        return builder_run.wait_for(work)

    def widget(self, height: int = 460, *, service: Client | None = None) -> Any:
        """The editor of it, for a notebook: what a cell that ends with the workflow shows. Needs the extra ``jupyter``.

        Parameters
        ----------
        height: in pixels. service: where *Publish* goes to, and whose executions can be looked at, as ``connect()``
            gives it; the one ``connect()`` finds when not given.
        """
        return builder_show.widget(self, height, service)

    def graph(self) -> Any:
        """A light view of its runs, for a notebook: states as colours, data by a click. Needs the extra ``jupyter``."""
        return builder_show.graph(self)

    def change(self, node: str, edit: Callable[[model.Node], model.Node]) -> None:
        """Replace a node by an edited copy; used by handles."""
        self._nodes[node] = edit(self._nodes[node])

    def struct(self, node: str) -> model.Node:
        """A node as it stands; used by handles."""
        return self._nodes[node]

    def ports(self, node: str) -> PortsInfo | None:
        """The ports of a node; None when they cannot be told, as for a node type that is not installed."""
        struct = self._nodes[node]
        return known_ports(self._catalog, struct)

    def connect(self, source: model.End, target: model.End) -> None:
        """Draw an edge; used by handles. Drawing it twice is drawing it once."""
        self._edges[model.Edge(source, target)] = None

    def inputs_taken(self, node: str) -> set[str]:
        """Input ports of a node that an edge leads to."""
        return {edge.target.port for edge in self._edges if edge.target.node == node}

    def place_task(self, task: Task[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Handle:
        """Make a node of a task called with nodes as arguments; used by handles."""
        return self.node(task, parameters=builder_run.bind(task.function, args, kwargs))

    def _wire(self, wire: Handle | Output, target: Handle, argument: str) -> None:
        ports = self.ports(target.id)
        names = [port.name for port in ports.inputs] if ports else [argument]
        wire.connect(target.input(argument if argument in names or len(names) != 1 else names[0]))

    def _resolve(self, source: NodeSource) -> type[NodeType]:
        if isinstance(source, str):
            return self.registry.find(source)
        node_type = source.node_type if isinstance(source, Task) else source
        self.registry.add(node_type)
        return node_type

    def _find(self, source: NodeSource, version: int | None) -> tuple[type[NodeType] | None, str, int]:
        """The class where it is installed, name and version."""
        if isinstance(source, str) and version is not None:
            try:
                return self.registry.find(source, version), source, version
            except UnknownNodeTypeError:
                return None, source, version
        found = self._resolve(source)
        return found, found.spec.type, version if version is not None else found.spec.version

    def __repr__(self) -> str:
        return f"Workflow({self._workflow.name!r}, {len(self._nodes)} nodes, {len(self._edges)} edges)"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """The editor a notebook shows."""
        return builder_show.bundle(self)

    def _repr_svg_(self) -> str:
        """The picture a notebook shows."""
        return picture.to_svg(self.build())


def _struct(kind: type[Any], fields: Mapping[str, Any]) -> Any:
    """A struct from keyword arguments; raises naming one that is unknown."""
    known = kind.__struct_fields__
    for name in fields:
        if name not in known:
            mend = did_you_mean(name, known, "There are")
            raise WorkflowError(f"{kind.__name__} has no field '{name}'.", code="WF140", mend=mend)
    return kind(**fields)
