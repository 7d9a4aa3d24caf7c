"""How a node type offers choices for a parameter: the method that the field's ``load`` names.

    channel: str = Field(description="Where to post.", widget="resource", load="channels")

    @classmethod
    async def channels(cls, loading: Loading) -> Options:
        ...

Called on the server while somebody fills in the form; it may call other services with the node's credential.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from workflow_kernel.sdk.node import NodeType

if TYPE_CHECKING:
    import httpx


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that can be chosen.

    Parameters
    ----------
    value: what the parameter gets. title: what is shown. url: where it can be looked at.
    """

    value: Any
    title: str
    description: str = ""
    url: str = ""


class Options(msgspec.Struct, frozen=True):
    """A page of choices; ``cursor`` asks for the next one."""

    options: Sequence[Option]
    cursor: str | None = None


class Loading(msgspec.Struct, frozen=True):
    """What a loading method is given.

    Parameters
    ----------
    parameters: as far as they are filled in, expressions unevaluated. search: what was typed. cursor: of a page.
    credential: gives the secret chosen for a slot, or None.
    workflows: gives the workflows that may be seen and whose names hold a text.
    http: a client whose addresses are fenced; None where there is none.
    """

    parameters: Mapping[str, Any]
    credential: Callable[[str], Mapping[str, Any] | None]
    workflows: Callable[[str], Awaitable[Sequence[Option]]]
    search: str = ""
    cursor: str | None = None
    http: httpx.AsyncClient | None = None


def loaders(node_type: type[NodeType]) -> frozenset[str]:
    """Names of the methods that a node type's fields name; no other may be called from outside."""
    return frozenset(_loads(node_type.model_json_schema()))


def _loads(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        hints = schema.get("ui")
        if isinstance(hints, dict) and isinstance(hints.get("load"), str):
            yield hints["load"]
        for part in schema.values():
            yield from _loads(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _loads(part)
