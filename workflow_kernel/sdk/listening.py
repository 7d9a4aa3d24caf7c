"""What a placed trigger listens for, told by those of its parameters that are never expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pydantic

from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.triggers import Listener


def listening(node_type: type[NodeType], parameters: Mapping[str, Any]) -> Sequence[Listener]:
    """What the service listens for. Raises ``pydantic.ValidationError`` where parameters are wrong.

    Parameters
    ----------
    parameters: raw, as placed; those that may be expressions are left out, for there is nothing to evaluate them on.
    """
    values = {}
    for name, field in node_type.model_fields.items():
        if name not in node_type.spec.raw:
            continue
        if name in parameters:
            kind: Any = Annotated[field.annotation, field]
            values[name] = pydantic.TypeAdapter(kind).validate_python(parameters[name])
        else:
            values[name] = field.get_default(call_default_factory=True)
    return node_type.model_construct(None, **values).listeners()
