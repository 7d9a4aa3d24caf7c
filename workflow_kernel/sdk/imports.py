"""How a node type says which foreign nodes it stands for. Used by ``interchange`` to import workflows.

A node type's decorator takes ``imports={"n8n-nodes-base.filter": convert}``; ``convert`` gets the foreign node and
gives our parameters, or several chained answers where versions differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class ImportedNode(msgspec.Struct, frozen=True):
    """A node of a foreign workflow, as found.

    Parameters
    ----------
    type: e.g. ``n8n-nodes-base.set``.
    version: its typeVersion.
    parameters: as written; expressions keep their leading ``=``.
    name: the node's name.
    credentials: slot > {id, name}.
    webhook_id: what a trigger's address begins with, or is.
    """

    type: str
    version: float
    parameters: Mapping[str, Any]
    name: str = ""
    credentials: Mapping[str, Any] = {}
    webhook_id: str = ""

    def get(self, *path: str | int, default: Any = None) -> Any:
        """The value at a path of keys, or ``default`` where any of them is missing."""
        value: Any = self.parameters
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return default
        return value


class Imported(msgspec.Struct, frozen=True):
    """What a foreign node became.

    Parameters
    ----------
    parameters: of our node type.
    type, version: only where it is not the node type the converter belongs to.
    outputs: our output port for each foreign output index; the node type's order when empty.
    inputs: our input port for each foreign input index; the node type's order when empty.
    settings: node settings to set besides (``execute_once`` ...).
    warnings: what could not be carried over, a sentence each.
    credentials: our credential slot > {id, name}, where the slots are named otherwise.
    """

    parameters: dict[str, Any]
    type: str | None = None
    version: int | None = None
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    settings: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()
    credentials: dict[str, Any] | None = None


Converter = Callable[[ImportedNode], Imported]
