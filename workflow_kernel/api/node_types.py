"""Node types over HTTP, with their forms and choices; expressions while they are written."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from workflow_kernel.api.routing import Request, route
from workflow_kernel.api.workflow_views import Document, Model, Number
from workflow_kernel.sdk.describe import NodeTypeInfo
from workflow_kernel.sdk.node import Ports
from workflow_kernel.services.expressions import Sample
from workflow_kernel.services.run_samples import RunPlace

TAG = "Node types"
TypeName = Annotated[str, Field(min_length=1, max_length=200)]
Parameters = dict[str, Any]
SampleItems = Annotated[list[dict[str, Any]], Field(max_length=1000)]


class PortShown(Model):
    """A port."""

    name: str
    kind: Literal["items", "table", "object", "any"]
    title: str


class PortsShown(Model):
    """The ports of a node."""

    inputs: list[PortShown]
    outputs: list[PortShown]
    required: Literal["any", "all"] = Field(description="Whether it runs when any input has data, or only when all do.")


class SlotShown(Model):
    """A credential a node may use."""

    slot: str
    types: list[str]
    required: bool


class NodeTypeShown(Model):
    """What is known of a node type."""

    type: str
    version: int
    title: str
    description: str = Field(description="Markdown; its first line stands in the palette.")
    family: str
    icon: str
    keywords: list[str]
    ports: PortsShown = Field(description="For default parameters.")
    has_own_ports: bool = Field(description="Whether they depend on the parameters; see /node-types/ports.")
    is_trigger: bool
    is_loop: bool
    is_pure: bool = Field(description="Running it twice does no harm.")
    parameters: dict[str, Any] = Field(description="JSON Schema of the form, with hints under `ui`.")
    credentials: list[SlotShown]


class NodeTypesShown(Model):
    """Node types."""

    items: list[NodeTypeShown]


class NodeTypeQuery(Model):
    """Which node types are wanted."""

    text: str = Field("", max_length=200, description="Words in title, description or keywords.")
    family: str = Field("", max_length=100)


class VersionOfType(Model):
    """Which version of a node type is wanted."""

    version: Number | None = Field(None, description="The newest if null.")


class Placed(Model):
    """A placed node."""

    type: TypeName
    version: Number = 1
    parameters: Parameters = Field(default_factory=dict)


class PlacedNodes(Model):
    """Placed nodes."""

    nodes: list[Placed] = Field(max_length=10_000)


class PortsOfNodes(Model):
    """Their ports, in the same order; null where they cannot be told."""

    items: list[PortsShown | None]


class OptionsWish(Model):
    """For which parameter choices are wanted."""

    version: Number | None = Field(None, description="Of the node type; the newest if null.")
    load: Annotated[str, Field(min_length=1, max_length=100, description="The field's hint `load`.")]
    parameters: Parameters = Field(default_factory=dict)
    credentials: dict[str, UUID] = Field(
        default_factory=dict, max_length=10, description="Chosen for the node, by slot."
    )
    search: str = Field("", max_length=200)
    cursor: str | None = Field(None, max_length=2000)


class OptionShown(Model):
    """Something that can be chosen."""

    value: Any = Field(description="What the parameter gets.")
    title: str
    description: str = ""
    url: str = ""


class OptionsShown(Model):
    """A page of choices."""

    options: list[OptionShown]
    cursor: str | None = Field(description="Asks for the next page.")


class SamplePlace(Model):
    """Where an expression stands in an execution, whose data are the sample."""

    execution: UUID
    node: str = Field(max_length=64, description="Id of the node.")
    run_index: int = Field(0, ge=0, le=2**31 - 1, description="How often it ran before.")
    document: Document | None = Field(None, description="The workflow as it is being edited; as it ran if null.")

    def place(self) -> RunPlace:
        """As the service takes it."""
        return RunPlace(execution=self.execution, node=self.node, run_index=self.run_index, document=self.document)


class ExpressionSample(Model):
    """The data an expression is written for."""

    text: Annotated[str, Field(max_length=20_000, description="Of the whole parameter, beginning with `=`.")]
    language: Literal["python", "javascript"] = "python"
    items: SampleItems = Field(default_factory=list, description="JSON of what the node gets.")
    nodes: dict[str, SampleItems] = Field(
        default_factory=dict, max_length=500, description="What earlier nodes gave, by name."
    )
    node: str = Field("", max_length=500, description="Name of the node it belongs to.")
    parameters: Parameters = Field(default_factory=dict, description="Of that node.")
    timezone: str = Field("UTC", max_length=100)
    workflow: dict[str, Any] = Field(default_factory=dict, description="`{id, name, active}`")
    project: UUID | None = Field(None, description="Whose variables are `$vars`.")
    place: SamplePlace | None = Field(None, description="Takes items and nodes from an execution in their stead.")

    def sample(self) -> Sample:
        """As the service takes it."""
        return Sample(
            items=self.items, nodes=self.nodes, node=self.node, parameters=self.parameters, language=self.language,
            timezone=self.timezone, workflow=self.workflow, project=self.project,
            place=None if self.place is None else self.place.place(),
        )  # fmt: skip


class CompletionWish(ExpressionSample):
    """Where completions are wanted."""

    cursor: int | None = Field(None, ge=0, le=20_000, description="Place in the text; the end if null.")


class PreviewWish(ExpressionSample):
    """For which items the value is wanted."""

    indices: list[Annotated[int, Field(ge=0, le=1000)]] = Field(default_factory=lambda: [0], max_length=100)


class CompletionShown(Model):
    """One thing that can be written at the cursor."""

    label: str
    insert: str
    kind: Literal["variable", "field", "node", "function", "method"]
    type: str = ""
    detail: str = ""
    example: str = ""
    replace: int = Field(0, description="How many characters before the cursor the text takes the place of.")


class CompletionsShown(Model):
    """What can be written, best first."""

    items: list[CompletionShown]


class PreviewShown(Model):
    """What the text gives for an item, or why it gives nothing."""

    item: int
    ok: bool
    value: Any = None
    type: str = ""
    message: str = ""
    mend: str = ""


class PreviewsShown(Model):
    """What the text gives."""

    items: list[PreviewShown]


@route("GET", "/node-types", tag=TAG)
async def list_node_types(request: Request, query: NodeTypeQuery) -> NodeTypesShown:
    """List every version of every node type that is installed."""
    found = await request.service.node_types.find(request.actor, query.text, query.family)
    return NodeTypesShown(items=[_shown(info) for info in found])


@route("GET", "/node-types/{node_type}", tag=TAG, errors=(404,))
async def read_node_type(request: Request, node_type: TypeName, query: VersionOfType) -> NodeTypeShown:
    """Read a node type."""
    return _shown(await request.service.node_types.get(request.actor, node_type, query.version))


@route("POST", "/node-types/ports", tag=TAG)
async def read_ports(request: Request, body: PlacedNodes) -> PortsOfNodes:
    """Tell the ports of placed nodes."""
    placed = [(node.type, node.version, node.parameters) for node in body.nodes]
    found = await request.service.node_types.ports(request.actor, placed)
    return PortsOfNodes(items=[None if ports is None else _ports(ports) for ports in found])


@route("POST", "/node-types/{node_type}/options", tag=TAG, errors=(404, 422))
async def load_options(request: Request, node_type: TypeName, body: OptionsWish) -> OptionsShown:
    """Load the choices for a parameter."""
    found = await request.service.node_types.options(
        request.actor, node_type, body.version, body.load, body.parameters, credentials=body.credentials,
        search=body.search, cursor=body.cursor,
    )  # fmt: skip
    options = [OptionShown(**msgspec.structs.asdict(option)) for option in found.options]
    return OptionsShown(options=options, cursor=found.cursor)


@route(
    "POST",
    "/expressions/complete",
    tag=TAG,
    errors=(404, 422),
    example={"text": "={{ $json.na", "items": [{"name": 1}]},
)
async def complete_expression(request: Request, body: CompletionWish) -> CompletionsShown:
    """Tell what can be written at the cursor of an expression."""
    found = await request.service.expressions.complete(request.actor, body.sample(), body.text, body.cursor)
    return CompletionsShown(items=[CompletionShown(**msgspec.structs.asdict(one)) for one in found])


@route("POST", "/expressions/preview", tag=TAG, errors=(404, 422), example={"text": "={{ 1 + 1 }}"})
async def preview_expression(request: Request, body: PreviewWish) -> PreviewsShown:
    """Tell what an expression gives for sample data."""
    found = await request.service.expressions.preview(request.actor, body.sample(), body.text, body.indices)
    return PreviewsShown(items=[PreviewShown(**msgspec.structs.asdict(one)) for one in found])


ROUTES = (
    list_node_types, read_node_type, read_ports, load_options, complete_expression, preview_expression,
)  # fmt: skip


def _shown(info: NodeTypeInfo) -> NodeTypeShown:
    fields = {name: getattr(info, name) for name in info.__struct_fields__ if name not in ("ports", "credentials")}
    slots = [SlotShown(slot=slot.slot, types=list(slot.types), required=slot.required) for slot in info.credentials]
    return NodeTypeShown(**(fields | {"keywords": list(info.keywords)}), ports=_ports(info.ports), credentials=slots)


def _ports(ports: Ports) -> PortsShown:
    inputs, outputs = (
        [PortShown(name=port.name, kind=port.kind, title=port.title) for port in side]
        for side in (ports.inputs, ports.outputs)
    )
    return PortsShown(inputs=inputs, outputs=outputs, required=ports.required)
