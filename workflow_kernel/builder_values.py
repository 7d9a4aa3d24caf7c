"""Python values as what a workflow file can hold: parameters and options given to the builder."""

from __future__ import annotations

import datetime
import enum
import os
from collections.abc import Mapping
from typing import Any

import pydantic

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.graph.model import CredentialUse, Resources, Retry


def as_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON values. Raises ``WorkflowError`` naming one that cannot be."""
    return {name: as_json(value, name) for name, value in values.items()}


def as_json(value: Any, path: str) -> Any:
    """One value; models give their fields, dates and paths their text."""
    if value is None or type(value) in (str, bool, int, float):
        return value
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if isinstance(value, enum.Enum):
        return as_json(value.value, path)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(part, f"{path}.{key}") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part, f"{path}.{index}") for index, part in enumerate(value)]
    if isinstance(value, str | int | float):
        return value
    raise WorkflowError(
        f"Parameter '{path}' is a {type(value).__name__}, which a workflow cannot hold.",
        code="WF147",
        mend="Give a text, number, list or dict; data go in through run(items) or a node.",
    )


def as_option(name: str, value: Any) -> Any:
    """An option of a node in the form its struct has."""
    if name == "retry" and not isinstance(value, Retry):
        return Retry(tries=value) if isinstance(value, int) else Retry(**value)
    if name == "resources" and isinstance(value, Mapping):
        return Resources(**{**value, "packages": tuple(value.get("packages", ()))})
    if name == "credentials":
        return {slot: _credential(use) for slot, use in value.items()}
    if name == "pin" and value is not None:
        by_port = value if isinstance(value, Mapping) else {"main": value}
        return {port: list(items) for port, items in by_port.items()}
    return value


def _credential(use: Any) -> CredentialUse:
    if isinstance(use, CredentialUse):
        return use
    return CredentialUse(**use) if isinstance(use, Mapping) else CredentialUse(str(use))
