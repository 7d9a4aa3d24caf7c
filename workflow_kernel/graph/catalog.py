"""What checking a workflow needs to know of node types, as protocols.

The graph does not know the SDK: ``sdk.catalog`` implements these over the registry, an editor or a test may do so over
anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from workflow_kernel.base.errors import Severity
from workflow_kernel.graph.model import Language

Kind = Literal["items", "table", "object", "any"]


class PortInfo(msgspec.Struct, frozen=True):
    """A port of a placed node and what it carries."""

    name: str
    kind: Kind = "items"


class PortsInfo(msgspec.Struct, frozen=True):
    """The ports of a placed node, without the error port."""

    inputs: tuple[PortInfo, ...] = ()
    outputs: tuple[PortInfo, ...] = ()


class Remark(msgspec.Struct, frozen=True):
    """What is wrong with a node's parameters, said by its type.

    Parameters
    ----------
    code: as in :class:`~workflow_kernel.base.errors.Problem`. field: path below ``parameters``; empty for all.
    message: what is wrong. mend: the next step. severity: warnings do not stop a run.
    """

    code: str
    field: str
    message: str
    mend: str = ""
    severity: Severity = "error"


class Reference(msgspec.Struct, frozen=True):
    """A node name written out in a parameter.

    Parameters
    ----------
    field: path below ``parameters``. name: the node it names.
    is_in_code: whether it stands in the code of a code node, where a name that is missing may never be reached.
    """

    field: str
    name: str
    is_in_code: bool = False


class NodeInfo(Protocol):
    """What is known of a node type."""

    @property
    def is_trigger(self) -> bool:
        """It starts executions."""
        ...

    @property
    def is_loop(self) -> bool:
        """It may close a cycle."""
        ...

    @property
    def slots(self) -> Sequence[str]:
        """Names of the credentials it may use."""
        ...

    def ports(self, parameters: Mapping[str, Any]) -> PortsInfo | None:
        """The ports for these parameters; None when the parameters are too wrong to tell."""
        ...

    def check_parameters(self, parameters: Mapping[str, Any]) -> Sequence[Remark]:
        """What is wrong with them, expressions apart."""
        ...

    def check_expressions(self, parameters: Mapping[str, Any], language: Language) -> Sequence[Remark]:
        """What is wrong with the expressions in them."""
        ...

    def references(self, parameters: Mapping[str, Any]) -> Sequence[Reference]:
        """The nodes that expressions and code in them name."""
        ...


class Catalog(Protocol):
    """The node types there are."""

    def find(self, type_name: str, version: int) -> NodeInfo:
        """What is known of a node type. Raises ``WorkflowError`` with a code and a mend when there is none."""
        ...
