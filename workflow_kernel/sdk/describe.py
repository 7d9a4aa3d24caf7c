"""What an editor is told of a node type: palette, ports, credential slots, the schema its form is made from.

Every host gives the editor the same: the service over its API, a notebook over its own channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workflow_kernel.sdk.node import Credential, NodeType, Ports


class NodeTypeInfo(msgspec.Struct, frozen=True):
    """What is known of a node type without placing it.

    Parameters
    ----------
    description: Markdown; its first line stands in the palette. icon, keywords: for the palette.
    ports: for default parameters. has_own_ports: whether they depend on the parameters.
    parameters: JSON Schema of the form. credentials: slots it may use.
    """

    type: str
    version: int
    title: str
    description: str
    family: str
    icon: str
    keywords: tuple[str, ...]
    ports: Ports
    has_own_ports: bool
    is_trigger: bool
    is_loop: bool
    is_pure: bool
    parameters: dict[str, Any]
    credentials: tuple[Credential, ...]


def describe(node_type: type[NodeType]) -> NodeTypeInfo:
    """What an editor is told of a node type."""
    spec = node_type.spec
    return NodeTypeInfo(
        type=spec.type,
        version=spec.version,
        title=spec.title,
        description=spec.description,
        family=spec.family,
        icon=spec.icon,
        keywords=spec.keywords,
        ports=ports_of(node_type, {}) or spec.ports,
        has_own_ports=node_type.ports.__func__ is not NodeType.ports.__func__,  # type: ignore[attr-defined]
        is_trigger=spec.is_trigger,
        is_loop=spec.is_loop,
        is_pure=spec.is_pure,
        parameters=node_type.model_json_schema(),
        credentials=spec.credentials,
    )


def ports_of(node_type: type[NodeType], parameters: Mapping[str, Any]) -> Ports | None:
    """The ports of a placed node; None where its parameters are too wrong to tell."""
    try:
        return node_type.ports(parameters)
    except Exception:  # a node type's own code, given parameters that nobody has checked
        return None
