"""Handles of nodes in a workflow being built, and the ``>>`` that connects them. Made by ``builder.Workflow.node``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, overload

import msgspec

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.builder_values import as_option, as_parameters
from workflow_kernel.graph.catalog import PortsInfo
from workflow_kernel.graph.model import ERROR_PORT, MAIN, End, Node
from workflow_kernel.graph.words import did_you_mean

T = TypeVar("T", bound="Handle | Input | Handles")


class Builder(Protocol):
    """What handles need of the workflow they belong to."""

    def struct(self, node: str) -> Node: ...
    def change(self, node: str, edit: Any) -> None: ...
    def ports(self, node: str) -> PortsInfo | None: ...
    def connect(self, source: End, target: End) -> None: ...
    def inputs_taken(self, node: str) -> set[str]: ...
    def place_task(self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Handle: ...


class Input(msgspec.Struct, frozen=True):
    """An input port of a node."""

    handle: Handle
    port: str

    def __rrshift__(self, sources: Sequence[Handle | Output]) -> Handle:
        for source in sources:
            source.connect(self)
        return self.handle


class Output(msgspec.Struct, frozen=True):
    """An output port of a node: ``paid["discarded"]``."""

    handle: Handle
    port: str

    @overload
    def __rshift__(self, target: Handle | Input) -> Handle: ...
    @overload
    def __rshift__(self, target: Sequence[Handle | Input]) -> Handles: ...
    def __rshift__(self, target: Handle | Input | Sequence[Handle | Input]) -> Handle | Handles:
        return _connect(self, target)

    def connect(self, target: Input) -> None:
        """Draw an edge from here to an input."""
        if target.handle.workflow is not self.handle.workflow:
            raise WorkflowError(
                f"Nodes '{self.handle.name}' and '{target.handle.name}' are in different workflows.",
                code="WF250",
                mend="Make both with the same workflow's node().",
            )
        self.handle.workflow.connect(End(self.handle.id, self.port), End(target.handle.id, target.port))

    def place_task(self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Handle:
        """Make a node of a task called with this port as an argument."""
        return self.handle.workflow.place_task(task, args, kwargs)


class Handle:
    """A node of a workflow being built.

    ``a >> b`` leads a's first output to b's next free input (its first when all are taken) and gives b, so that chains
    read from left to right; ``a >> [b, c]`` fans out, ``[a, b] >> c`` fans in.
    """

    __slots__ = ("id", "workflow")

    def __init__(self, workflow: Builder, id: str) -> None:
        self.workflow = workflow
        self.id = id

    @property
    def name(self) -> str:
        """Its name, as expressions use it."""
        return self.struct.name

    @property
    def struct(self) -> Node:
        """The node as it stands."""
        return self.workflow.struct(self.id)

    def __getitem__(self, port: str) -> Output:
        """An output port. Asking for ``error`` sends failed items there."""
        ports = self.workflow.ports(self.id)
        names = [found.name for found in ports.outputs] if ports else None
        if port == ERROR_PORT and port not in (names or ()):
            self.options(on_error="branch")
        elif names is not None and port not in names:
            raise self._no_port("WF211", "output", port, names)
        return Output(self, port)

    def input(self, port: str) -> Input:
        """An input port, for nodes that have several."""
        ports = self.workflow.ports(self.id)
        if ports is not None and port not in (names := [found.name for found in ports.inputs]):
            raise self._no_port("WF212", "input", port, names)
        return Input(self, port)

    @overload
    def __rshift__(self, target: Handle | Input) -> Handle: ...
    @overload
    def __rshift__(self, target: Sequence[Handle | Input]) -> Handles: ...
    def __rshift__(self, target: Handle | Input | Sequence[Handle | Input]) -> Handle | Handles:
        return _connect(self.first_output(), target)

    def __rrshift__(self, sources: Sequence[Handle | Output]) -> Handle:
        for source in sources:
            source.connect(self.next_input())
        return self

    def connect(self, target: Input) -> None:
        """Draw an edge from its first output to an input."""
        self.first_output().connect(target)

    def first_output(self) -> Output:
        """Where ``>>`` begins."""
        ports = self.workflow.ports(self.id)
        if ports is not None and not ports.outputs:
            raise self._no_port("WF211", "output", MAIN, [])
        return Output(self, ports.outputs[0].name if ports is not None else MAIN)

    def next_input(self) -> Input:
        """Where ``>>`` ends: the next input that nothing leads to yet, the first when there is none."""
        ports = self.workflow.ports(self.id)
        if ports is None:
            return Input(self, MAIN)
        names = [port.name for port in ports.inputs]
        if not names:
            raise self._no_port("WF212", "input", MAIN, names)
        taken = self.workflow.inputs_taken(self.id)
        return Input(self, next((name for name in names if name not in taken), names[0]))

    def options(self, **options: Any) -> Handle:
        """Set fields of the node other than its parameters, and give it back.

        Parameters
        ----------
        options: ``on_error``, ``retry`` (a number of tries, or fields of ``Retry``), ``timeout``, ``resources``,
            ``cache``, ``disabled``, ``always_output``, ``execute_once``, ``notes``, ``credentials``, ``pin``.
        """
        known = [name for name in Node.__struct_fields__ if name not in _OWN]
        for name in options:
            if name not in known:
                mend = did_you_mean(name, known, "There are")
                raise WorkflowError(f"A node has no option '{name}'.", code="WF140", mend=mend)
        values = {name: as_option(name, value) for name, value in options.items()}
        self.workflow.change(self.id, lambda node: msgspec.structs.replace(node, **values))
        return self

    def set(self, **parameters: Any) -> Handle:
        """Set parameters, and give the node back."""
        values = as_parameters(parameters)
        self.workflow.change(
            self.id, lambda node: msgspec.structs.replace(node, parameters={**node.parameters, **values})
        )
        return self

    def place_task(self, task: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Handle:
        """Make a node of a task called with this node as an argument: ``total = add(a, b)``."""
        return self.workflow.place_task(task, args, kwargs)

    def _no_port(self, code: str, word: str, port: str, names: Sequence[str]) -> WorkflowError:
        mend = did_you_mean(port, names, f"Its {word}s are") if names else f"It has no {word}s."
        return WorkflowError(f"Node '{self.name}' has no {word} '{port}'.", code=code, mend=mend)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and other.workflow is self.workflow and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<node {self.name!r} ({self.struct.type})>"


_OWN = ("id", "name", "type", "version", "parameters", "position")


class Handles(list[Handle]):
    """Several nodes that an output was led to; ``>>`` leads each of them on."""

    def __rshift__(self, target: Handle | Input) -> Handle:
        return target.__rrshift__(self)


def _connect(source: Output, target: Handle | Input | Sequence[Handle | Input]) -> Handle | Handles:
    if isinstance(target, Input):
        source.connect(target)
        return target.handle
    if isinstance(target, Handle):
        source.connect(target.next_input())
        return target
    handles = Handles()
    for part in target:
        if not isinstance(part, Handle | Input):
            raise TypeError(f"'>>' leads to a node, an input or a list of them, not {type(part).__name__}")
        _connect(source, part)
        handles.append(part if isinstance(part, Handle) else part.handle)
    return handles
