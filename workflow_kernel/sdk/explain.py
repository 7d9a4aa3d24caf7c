"""What pydantic found wrong with the parameters of a placed node, in words, expressions left out.

Called by ``catalog`` before a run; ``worker.parameters`` says the same of values that came out of expressions.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pydantic

from workflow_kernel.expressions.parse import is_expression
from workflow_kernel.graph.catalog import Remark
from workflow_kernel.graph.words import clip, did_you_mean, shown
from workflow_kernel.sdk.node import NodeType

Location = tuple[str | int, ...]

DOTS = "•••"
"""What is shown of a secret value."""


def explain_parameters(
    node_type: type[NodeType], parameters: Mapping[str, Any], details: Sequence[Any]
) -> list[Remark]:
    """Remarks for pydantic's errors.

    Parameters
    ----------
    node_type: whose parameters they are.
    parameters: as written.
    details: what ``ValidationError.errors()`` gave.
    """
    raw = node_type.spec.raw
    remarks: dict[tuple[str, str], Remark] = {}
    for detail, path in _certain(details, parameters, raw):
        remark = _remark(node_type, detail, path)
        remarks.setdefault((remark.field, remark.code), remark)
    return list(remarks.values())


def is_secret(node_type: type[NodeType], location: Location) -> bool:
    """Whether a place in the parameters lies in a field that is shown as dots."""
    models: list[type[pydantic.BaseModel]] = [node_type]
    for part in location:
        fields = [
            field for model in models for name, field in model.model_fields.items() if part in (name, field.alias)
        ]
        if any(_hints(field).get("secret") for field in fields):
            return True
        if fields:
            models = [model for field in fields for model in _models_in(field.annotation)]
    return False


def _hints(field: pydantic.fields.FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    hints = extra.get("ui") if isinstance(extra, dict) else None
    return hints if isinstance(hints, dict) else {}


def _certain(
    details: Sequence[Any], parameters: Mapping[str, Any], raw: tuple[str, ...]
) -> Iterator[tuple[Any, Location]]:
    """Errors that no value of an expression could mend, with their paths in the parameters.

    Of a union, pydantic tells what is wrong with each of its branches; it fits when one branch has no certain error.
    """
    branches: dict[Location, dict[str, bool]] = {}
    judged: list[tuple[Any, Location, Location | None]] = []
    for detail in details:
        path, branch = _split(detail, parameters)
        is_open = detail["loc"][:1] not in {(name,) for name in raw} and _hangs_on_expression(detail)
        group = None
        if branch is not None:
            group = path[: detail["loc"].index(branch)]
            found = branches.setdefault(group, {})
            found[branch] = found.get(branch, True) and is_open
        if not is_open:
            judged.append((detail, path, group))
    for detail, path, group in judged:
        if group is None or not any(branches[group].values()):
            yield detail, path


def _hangs_on_expression(detail: Any) -> bool:
    if detail["type"] in ("extra_forbidden", "missing"):
        return False
    value = detail.get("input")
    if detail["type"] in ("value_error", "assertion_error") and isinstance(value, Mapping | list):
        return _holds_expression(value)
    return is_expression(value)


def _holds_expression(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_expression, value.values()))
    if isinstance(value, list):
        return any(map(_holds_expression, value))
    return is_expression(value)


def _split(detail: Any, parameters: Mapping[str, Any]) -> tuple[Location, str | None]:
    """The path in the parameters, and the branch of the first union on it (pydantic puts both into one)."""
    path: list[str | int] = []
    branch: str | None = None
    value: Any = parameters
    location: Location = detail["loc"]
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if isinstance(value, Mapping) and (part in value or (is_last and detail["type"] == "missing")):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            branch = branch or (part if isinstance(part, str) and part != "[key]" else None)
            continue
        path.append(part)
    return tuple(path), branch


def _remark(node_type: type[NodeType], detail: Any, path: Location) -> Remark:
    field = ".".join(clip(str(part)) for part in path)
    last = clip(str(path[-1])) if path else ""
    kind = detail["type"]
    if kind == "missing":
        model = _model_at(node_type, path[:-1])
        about = next((f.description for name, f in (model or {}).items() if name == last and f.description), "")
        return Remark("WF203", field, f"Parameter '{field}' is required.", f"Add it: {about}" if about else "Add it.")
    if kind == "extra_forbidden":
        known = list(_model_at(node_type, path[:-1]) or {})
        mend = did_you_mean(last, known, "Parameters here are") if known else "Remove it; it takes none."
        return Remark("WF204", field, f"There is no parameter '{field}'.", mend)
    message = str(detail["msg"])
    for begin in ("Input should be ", "Value error, ", "Assertion failed, "):
        if message.startswith(begin):
            message = message.removeprefix(begin)
            message = f"Expected {message}" if begin.startswith("Input") else message[:1].upper() + message[1:]
            break
    mend = "Correct the value, or write an expression."
    value = detail.get("input")
    if kind in ("model_type", "dict_type"):  # pydantic's words name our classes
        message = "Expected an object with fields"
        known = list(_model_at(node_type, path) or {})
        mend = f"Fields here are {', '.join(known)}." if known else mend
    if kind == "literal_error" and isinstance(value, str):
        options = str(detail["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        mend = did_you_mean(value, options, "Use one of")
    got = DOTS if is_secret(node_type, detail["loc"]) else shown(value)
    return Remark("WF205", field, f"{message.rstrip('.')} (got {got}).", mend)


def _model_at(node_type: type[NodeType], path: Location) -> dict[str, Any] | None:
    """The fields allowed at a path of the parameters; None where any are."""
    models: list[type[pydantic.BaseModel]] = [node_type]
    for part in path:
        if isinstance(part, int):
            continue
        found = [model.model_fields[part].annotation for model in models if part in model.model_fields]
        models = [model for annotation in found for model in _models_in(annotation)]
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()} or None


def _models_in(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
