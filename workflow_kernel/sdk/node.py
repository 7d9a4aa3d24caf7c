"""The node contract: a node type is one class in one file.

    @node("data.limit", version=1)
    class Limit(NodeType):
        \"\"\"Lets the first items through.\"\"\"

        count: int = Field(10, ge=0, description="How many items to keep.")

        def run(self, items: Items, ctx: Context) -> Items:
            return items.take(range(min(self.count, len(items))))

``run``'s annotation says what it takes: ``Item`` (called once per item), ``Items`` (once per batch), ``Inputs`` (all
input ports by name), ``Table`` (an Arrow table), ``Iterator[Items]`` (chunks), ``Batch`` (as it comes), or nothing but
``ctx``. It may be sync or async, return or yield.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import msgspec
import pydantic

from workflow_kernel.runs.item import Batch, Item, Items
from workflow_kernel.sdk.imports import Converter

if TYPE_CHECKING:
    from workflow_kernel.sdk.triggers import Listener

Kind = Literal["items", "table", "object", "any"]
Where = Literal["inline", "thread", "process"]
Style = Literal["item", "items", "inputs", "table", "chunks", "batch", "none"]

Inputs = Mapping[str, Items]
"""All input batches of a node with several inputs, by port name; a port without data gives an empty batch."""

Outputs = Mapping[str, Batch | list[Item] | list[dict[str, Any]]]
"""Batches by output port; a port left out is empty."""


class Port(msgspec.Struct, frozen=True):
    """A named place where edges begin or end, and what it carries."""

    name: str
    kind: Kind = "items"
    title: str = ""


class Ports(msgspec.Struct, frozen=True):
    """The ports of a placed node.

    Parameters
    ----------
    inputs, outputs: in canvas order.
    required: input ports that must have data for the node to run; ``any`` needs one of them.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    required: Literal["any", "all"] = "any"

    @classmethod
    def named(cls, inputs: tuple[str, ...], outputs: tuple[str, ...], required: Literal["any", "all"] = "any") -> Ports:
        """Ports that carry items, from their names."""
        return cls(tuple(Port(name) for name in inputs), tuple(Port(name) for name in outputs), required)


class Credential(msgspec.Struct, frozen=True):
    """A slot for a secret the node may use.

    Parameters
    ----------
    slot: name by which ``ctx.credential(slot)`` finds it.
    types: credential types that fit.
    required: False where it depends on parameters.
    """

    slot: str
    types: tuple[str, ...]
    required: bool = False


class Suspend(msgspec.Struct, frozen=True):
    """Returned by a node that waits without holding a slot.

    Parameters
    ----------
    until: when to go on, seconds since the epoch; None waits for a resume call.
    outputs: what it sends when it goes on; None sends its input.
    page: what people see who are asked, as JSON; kept with the wait.
    """

    until: float | None
    outputs: Any = None
    page: Mapping[str, Any] | None = None


class NodeSpec(msgspec.Struct, frozen=True):
    """What the decorator of a node type says. See :func:`node`."""

    type: str
    version: int
    title: str
    description: str
    family: str
    ports: Ports
    style: Style
    is_async: bool
    where: Where = "inline"
    is_trigger: bool = False
    is_pure: bool = True
    is_loop: bool = False
    chunked: bool = False
    per_item: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    reads: Literal["declared", "all"] = "declared"
    credentials: tuple[Credential, ...] = ()
    imports: Mapping[str, Converter] = {}
    icon: str = ""
    keywords: tuple[str, ...] = ()

    def raw_in(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of the parameters in which nothing is an expression, for a placed node's (raw) parameters."""
        return (*self.raw, *(name for name in self.whole if not isinstance(parameters.get(name), str)))


class ItemFunction(msgspec.Struct, frozen=True):
    """A function a node calls for each item by itself.

    Parameters
    ----------
    parameter: gets the item's JSON. settings: attributes of the node for the others, by parameter.
    """

    function: Callable[..., Any]
    parameter: str
    settings: Mapping[str, str]


class NodeType(pydantic.BaseModel):
    """Base of every node type. Its fields are the parameters; the docstring is its description."""

    model_config = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True, validate_default=False)

    spec: ClassVar[NodeSpec]
    made_of: ClassVar[tuple[Callable[..., Any], str | None, Mapping[str, Any]] | None] = None
    """The function it was made of, see ``sdk.task``: its arguments make the same node type in another process."""

    item_function: ClassVar[ItemFunction | None] = None
    """The function where a run is nothing but a call of it for each item, as code of users."""

    @classmethod
    def ports(cls, parameters: Mapping[str, Any]) -> Ports:
        """The ports for these (raw) parameters. Override where they depend on them, as for a switch."""
        return cls.spec.ports

    @classmethod
    def check(cls, parameters: Mapping[str, Any]) -> list[str]:
        """What is wrong with raw parameters beyond their types, a sentence each. Override where fields depend."""
        return []

    def listeners(self) -> Sequence[Listener]:
        """What the service listens for while the workflow is active. Override in triggers, see ``sdk.triggers``."""
        return ()


T = TypeVar("T", bound=type[NodeType])

_STYLES: dict[str, Style] = {
    "Item": "item",
    "Items": "items",
    "Inputs": "inputs",
    "Table": "table",
    "Batch": "batch",
    "Iterator[Items]": "chunks",
    "Iterable[Items]": "chunks",
}


def node(
    type: str,
    *,
    version: int = 1,
    title: str | None = None,
    inputs: tuple[str | Port, ...] = ("main",),
    outputs: tuple[str | Port, ...] = ("main",),
    required: Literal["any", "all"] = "any",
    where: Where = "inline",
    trigger: bool = False,
    pure: bool = True,
    loop: bool = False,
    chunked: bool = False,
    per_item: tuple[str, ...] = (),
    reads: Literal["declared", "all"] = "declared",
    credentials: tuple[Credential, ...] = (),
    imports: Mapping[str, Converter] | None = None,
    icon: str = "",
    keywords: tuple[str, ...] = (),
) -> Callable[[T], T]:
    """Make a class a node type.

    Parameters
    ----------
    type: ``family.name``; the module is ``nodes/<family>/<name>.py`` (a trailing underscore where Python needs it).
    version: freezes behaviour; a change that existing workflows would notice is a new version.
    title: shown in the palette; made from the class name when not given.
    inputs, outputs: port names (or :class:`Port`) in canvas order.
    required: whether a node with several inputs runs when any has data, or only when all have.
    where: ``inline`` for quick work, ``thread`` for blocking calls, ``process`` for heavy or untrusted code.
    trigger: it starts executions and has no input.
    pure: running it twice does no harm. Nodes that send, write or charge say False.
    loop: it may close a cycle.
    chunked: an ``Items`` run may be called once per chunk of a large batch.
    per_item: parameters an ``Items`` run reads by ``ctx.column`` or ``ctx.at``; others are resolved for item 0 only.
    reads: ``all`` when the node may look at any earlier node in ways its parameters do not show.
    credentials: slots it may use.
    imports: foreign node type > function that converts its parameters.
    icon, keywords: for the palette.
    """

    def decorate(cls: T) -> T:
        run = cls.__dict__.get("run")
        if run is None:
            raise TypeError(f"node type {type!r} has no run method")
        hints = {name: _expression_hint(field.json_schema_extra) for name, field in cls.__pydantic_fields__.items()}
        cls.spec = NodeSpec(
            type=type,
            version=version,
            title=title or _spaced(cls.__name__),
            description=inspect.cleandoc(cls.__doc__ or ""),
            family=type.split(".")[0],
            ports=Ports(() if trigger else _ports(inputs), _ports(outputs), required),
            style=_style(run),
            is_async=inspect.iscoroutinefunction(run) or inspect.isasyncgenfunction(run),
            where=where,
            is_trigger=trigger,
            is_pure=pure,
            is_loop=loop,
            chunked=chunked,
            per_item=per_item,
            raw=tuple(name for name, hint in hints.items() if hint is False),
            whole=tuple(name for name, hint in hints.items() if hint == "whole"),
            reads=reads,
            credentials=credentials,
            imports=dict(imports or {}),
            icon=icon,
            keywords=keywords,
        )
        return cls

    return decorate


def _expression_hint(extra: Any) -> Any:
    """What a field's hints say of expressions: False for none, "whole" for all or nothing."""
    hints = extra.get("ui") if isinstance(extra, dict) else None
    return hints.get("expression") if isinstance(hints, dict) else None


def _ports(names: tuple[str | Port, ...]) -> tuple[Port, ...]:
    return tuple(name if isinstance(name, Port) else Port(name) for name in names)


def _style(run: Callable[..., Any]) -> Style:
    names = list(inspect.signature(run).parameters)[1:]
    if not names or names[0] == "ctx":
        return "none"
    annotation = run.__annotations__.get(names[0], "Items")
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return _STYLES.get(text, "items" if annotation is not Inputs else "inputs")


def _spaced(name: str) -> str:
    text = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(name))
    return text.strip()
