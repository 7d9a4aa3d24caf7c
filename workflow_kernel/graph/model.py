"""The model of a workflow: frozen structs that everything else reads.

A workflow is data. Changing it means making a new one (see ``change``); checking it needs to know node types (see
``validate``). Nothing here knows how a workflow runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

OnError = Literal["stop", "continue", "branch"]
Order = Literal["canvas", "sequential", "breadth_first"]
Language = Literal["python", "javascript"]

ERROR_PORT = "error"
"""Output port for failed items of a node with ``on_error: branch``."""

MAIN = "main"


class Retry(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often and when a failed node run is tried again.

    Parameters
    ----------
    tries: attempts in all; 1 means no retry.
    wait: seconds before the second try.
    backoff: factor the wait grows by each time; 1 keeps it.
    max_wait: the longest wait, in seconds.
    jitter: share of the wait that is random, 0 to 1, so that many runs do not retry at once.
    """

    tries: int = 1
    wait: float = 1.0
    backoff: float = 1.0
    max_wait: float = 300.0
    jitter: float = 0.0


Placement = Literal["data", "spread"]


class Resources(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a node run needs of the machine it runs on.

    Parameters
    ----------
    cpus, gpus: how many, fractions allowed.
    memory: in bytes; more is refused.
    custom: named resources of a cluster.
    packages: Python packages of its own, as pip names them.
    placement: ``spread`` over the machines; near its data otherwise.
    """

    cpus: float | None = None
    gpus: float | None = None
    memory: int | None = None
    custom: Mapping[str, float] = {}
    packages: tuple[str, ...] = ()
    placement: Placement = "data"


class CredentialUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which credential a node uses: by id, with its name for people. Never a value."""

    id: str
    name: str = ""


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step placed in a workflow.

    Parameters
    ----------
    id: short, unique in the workflow, never shown.
    name: unique in the workflow; expressions refer to it.
    type, version: the node type; its version freezes its behaviour.
    parameters: as written by a person, expressions unevaluated.
    position: x and y on the canvas, in pixels; order of execution follows it.
    on_error: stop the execution, go on, or send failed items by the error port.
    retry: tries and waits.
    timeout: seconds one attempt may take.
    resources: what it needs where it runs.
    cache: whether an equal run's result is reused.
    disabled: not run; the first input passes to the first output.
    always_output: send one empty item when there is nothing to send.
    execute_once: only the first item.
    notes: for people.
    credentials: slot > credential.
    pin: output port > items that stand in its place in manual runs.
    """

    id: str
    name: str
    type: str
    version: int = 1
    parameters: Mapping[str, Any] = {}
    position: tuple[float, float] = (0.0, 0.0)
    on_error: OnError = "stop"
    retry: Retry = Retry()
    timeout: float | None = None
    resources: Resources = Resources()
    cache: bool = False
    disabled: bool = False
    always_output: bool = False
    execute_once: bool = False
    notes: str = ""
    credentials: Mapping[str, CredentialUse] = {}
    pin: Mapping[str, list[dict[str, Any]]] | None = None


class End(NamedTuple):
    """One end of an edge: a node's id and a port's name."""

    node: str
    port: str = MAIN


class Edge(msgspec.Struct, frozen=True, order=True):
    """From an output port to an input port."""

    source: End
    target: End

    @property
    def id(self) -> str:
        """Derived from both ends, so that the same edge drawn twice is one."""
        return f"{self.source.node}.{self.source.port}>{self.target.node}.{self.target.port}"


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for the whole workflow.

    Parameters
    ----------
    order: ``canvas`` runs branches at the same time with results as if one after another; ``sequential`` really runs
        them so; ``breadth_first`` is the order of old n8n workflows.
    language: of expressions.
    timezone: IANA name.
    timeout: seconds an execution may take.
    error_workflow: workflow started when an execution fails.
    callers: who may call it as a sub-workflow: ``any``, ``none``, ``same_owner`` or workflow ids.
    loop_limit: turns a loop may take before it fails.
    """

    order: Order = "canvas"
    language: Language = "python"
    timezone: str = "UTC"
    timeout: float | None = None
    error_workflow: str | None = None
    callers: Literal["any", "none", "same_owner"] | list[str] = "same_owner"
    loop_limit: int = 10_000


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sticky note on the canvas, in Markdown."""

    id: str
    text: str
    position: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (240.0, 160.0)
    color: str = ""


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nodes drawn together under a title."""

    id: str
    title: str
    nodes: tuple[str, ...] = ()
    color: str = ""


class Workflow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A named graph of nodes."""

    name: str
    nodes: Mapping[str, Node] = {}
    edges: tuple[Edge, ...] = ()
    settings: Settings = Settings()
    id: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    notes: Mapping[str, Note] = {}
    groups: Mapping[str, Group] = {}

    def find(self, name: str) -> Node | None:
        """The node of that name."""
        return next((node for node in self.nodes.values() if node.name == name), None)

    def edges_from(self, node_id: str) -> Iterator[Edge]:
        """Edges that begin at a node."""
        return (edge for edge in self.edges if edge.source.node == node_id)

    def edges_to(self, node_id: str) -> Iterator[Edge]:
        """Edges that end at a node."""
        return (edge for edge in self.edges if edge.target.node == node_id)
