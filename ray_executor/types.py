"""Node types on their way to workers: by name where every machine has them, else with their code."""

from __future__ import annotations

import hashlib
from typing import Any

import cloudpickle  # type: ignore[import-untyped]

from ray_executor.messages import SentType
from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.registry import BUILT_IN, Registry
from workflow_kernel.sdk.task import node_type_of

_MODULES = tuple(f"{package}." for package in BUILT_IN.values())


class SentTypes:
    """Node types as they travel; each is pickled once."""

    def __init__(self) -> None:
        self._known: dict[type[NodeType], SentType] = {}

    def pack(self, node_type: type[NodeType]) -> SentType:
        """A node type as it travels. Raises what pickling raises where its code cannot leave this process."""
        found = self._known.get(node_type)
        if found is None:
            found = self._known[node_type] = _pack(node_type)
        return found


def _pack(node_type: type[NodeType]) -> SentType:
    spec = node_type.spec
    if node_type.made_of is None and node_type.__module__.startswith(_MODULES):
        return SentType(spec.type, spec.version)
    content: Any = node_type if node_type.made_of is None else (*node_type.made_of, spec.type, spec.version)
    code = cloudpickle.dumps(content)
    return SentType(spec.type, spec.version, hashlib.sha256(code).hexdigest(), code)


class ReceivedTypes:
    """Node types on a worker; each is made once."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._made: dict[str, type[NodeType]] = {}

    def find(self, sent: SentType) -> type[NodeType]:
        """The node type. Raises what loading its code raises."""
        if not sent.code:
            return self._registry.find(sent.name, sent.version)
        found = self._made.get(sent.digest)
        if found is None:
            content = cloudpickle.loads(sent.code)
            if isinstance(content, tuple):
                function, _, options, name, _ = content
                content = node_type_of(function, name, **options)
            found = self._made[sent.digest] = content
        return found
