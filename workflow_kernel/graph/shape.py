"""The shape of a ``.flow`` file as pydantic models: what may stand where, for reading and for the JSON Schema.

Only ``format`` and ``schema`` use these; everything else works on the structs of ``model``. Field names, defaults and
order are those of the structs; ``tests/graph/test_shape_of_file.py`` holds them together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field, StringConstraints

from workflow_kernel.graph.model import Language, OnError, Order, Placement

FORMAT = "workflow/1"
MAX_NODES = 10_000
MAX_EDGES = 100_000

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Point = Annotated[list[float], Field(min_length=2, max_length=2)]
EndOfEdge = Annotated[list[str], Field(min_length=2, max_length=2)]
Items = list[dict[str, Any]]


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, defer_build=True)


class RetryShape(_Part):
    """How often and when a failed node run is tried again."""

    tries: int = Field(1, description="Attempts in all; 1 means no retry.")
    wait: float = Field(1.0, description="Seconds before the second try.")
    backoff: float = Field(1.0, description="Factor the wait grows by each time.")
    max_wait: float = Field(300.0, description="The longest wait, in seconds.")
    jitter: float = Field(0.0, description="Share of the wait that is random, 0 to 1.")


class ResourcesShape(_Part):
    """What a node run needs of the machine it runs on."""

    cpus: float | None = Field(None, description="How many processors; fractions are allowed.")
    gpus: float | None = Field(None, description="How many graphics processors; fractions are allowed.")
    memory: int | None = Field(None, description="Bytes.")
    custom: dict[str, float] = Field({}, description="Named resources of a cluster.")
    packages: list[str] = Field([], description="Python packages it needs besides, as pip names them.")
    placement: Placement = Field("data", description="Near its data, or spread over the machines of a cluster.")


class CredentialShape(_Part):
    """Which credential a node uses; never its value."""

    id: str = Field(description="Identifies the credential in the vault.")
    name: str = Field("", description="For people.")


class NodeShape(_Part):
    """One step placed in a workflow."""

    name: Name = Field(description="Unique in the workflow; expressions refer to it.")
    type: Name = Field(description="Node type, e.g. data.filter.")
    version: int = Field(1, description="Version of the node type.")
    parameters: dict[str, Any] = Field({}, description="As written by a person; texts starting with = are expressions.")
    position: Point = Field([0.0, 0.0], description="x and y on the canvas, in pixels.")
    on_error: OnError = Field("stop", description="Stop, go on, or send failed items by the error port.")
    retry: RetryShape = Field(RetryShape.model_construct(), description="Tries and waits.")
    timeout: float | None = Field(None, description="Seconds one attempt may take.")
    resources: ResourcesShape = Field(ResourcesShape.model_construct(), description="What it needs where it runs.")
    cache: bool = Field(False, description="Whether an equal run's result is reused.")
    disabled: bool = Field(False, description="Not run; the first input passes to the first output.")
    always_output: bool = Field(False, description="Send one empty item when there is nothing to send.")
    execute_once: bool = Field(False, description="Only the first item.")
    notes: str = Field("", description="For people.")
    credentials: dict[str, CredentialShape] = Field({}, description="Slot > credential.")
    pin: dict[str, Items] | None = Field(None, description="Output port > items used in manual runs.")


class EdgeShape(_Part):
    """From an output port to an input port; each end is [node id, port]."""

    source: EndOfEdge
    target: EndOfEdge


class SettingsShape(_Part):
    """What holds for the whole workflow."""

    order: Order = Field("canvas", description="Order in which branches run.")
    language: Language = Field("python", description="Language of the expressions.")
    timezone: str = Field("UTC", description="IANA name, e.g. Europe/Berlin.")
    timeout: float | None = Field(None, description="Seconds an execution may take.")
    error_workflow: str | None = Field(None, description="Workflow started when an execution fails.")
    callers: Literal["any", "none", "same_owner"] | list[str] = Field(
        "same_owner", description="Who may call it as a sub-workflow, or a list of workflow ids."
    )
    loop_limit: int = Field(10_000, description="Turns a loop may take before it fails.")


class NoteShape(_Part):
    """A sticky note on the canvas, in Markdown."""

    text: str
    position: Point = [0.0, 0.0]
    size: Point = [240.0, 160.0]
    color: str = ""


class GroupShape(_Part):
    """Nodes drawn together under a title."""

    title: str
    nodes: list[str] = []
    color: str = ""


class FileShape(_Part):
    """A workflow: a named graph of nodes."""

    format: Literal["workflow/1"] = Field(description="Version of this file format.")
    name: Name = Field(description="Of the workflow.")
    id: str = Field("", description="Given by a service; empty in a file written by hand.")
    description: str = Field("", description="For people.")
    tags: list[str] = Field([], description="For finding it.")
    settings: SettingsShape = Field(SettingsShape.model_construct(), description="What holds for the whole workflow.")
    nodes: dict[Id, NodeShape] = Field({}, max_length=MAX_NODES, description="Id > node.")
    edges: list[EdgeShape] = Field([], max_length=MAX_EDGES, description="Between ports of nodes.")
    notes: dict[Id, NoteShape] = Field({}, description="Id > sticky note.")
    groups: dict[Id, GroupShape] = Field({}, description="Id > group.")
