"""Whether a JSON value is a workflow as n8n exports it: every place that is not is one problem.

``n8n`` calls this before it converts. Only what decides about nodes and connections is looked at; places of nodes on
the canvas, tags and the like are taken where they are as they should be. Parameters are the converters' to judge.
"""

from __future__ import annotations

from typing import Annotated, Any

import pydantic

from workflow_kernel.base.errors import InvalidWorkflowError, Problem
from workflow_kernel.graph.json_text import MAX_DEPTH, depth_exceeds
from workflow_kernel.graph.words import clip, shown

_MEND = "Correct the file, or export it from n8n again."
_MOST = 20


def _or_none(value: Any) -> Any:
    """Some exporters write an empty list or text for what is not there."""
    return value or None


Empty = pydantic.BeforeValidator(_or_none)
Object = Annotated[dict[str, Any] | None, Empty]
Number = Annotated[pydantic.FiniteFloat | None, Empty]


class _Node(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=1)
    type: str
    typeVersion: Number = None  # noqa: N815 - n8n's names
    parameters: Object = None
    credentials: Object = None
    onError: str | None = None  # noqa: N815
    maxTries: Number = None  # noqa: N815
    waitBetweenTries: Number = None  # noqa: N815


class _Target(pydantic.BaseModel):
    node: Any = None
    index: Annotated[Annotated[int, pydantic.Field(ge=0)] | None, Empty] = None


_Targets = Annotated[list[_Target] | None, Empty]
_Outputs = Annotated[list[_Targets] | None, Empty]
_Kinds = Annotated[dict[str, _Outputs] | None, Empty]


class _Workflow(pydantic.BaseModel):
    nodes: list[_Node]
    connections: Annotated[dict[str, _Kinds] | None, Empty] = None
    settings: Object = None
    pinData: Annotated[dict[str, Annotated[list[Any] | None, Empty]] | None, Empty] = None  # noqa: N815


def check(source: Any) -> None:
    """Raises ``InvalidWorkflowError`` with every place that is not as n8n writes it."""
    if not isinstance(source, dict) or not isinstance(source.get("nodes"), list):
        message = "This is not a workflow as n8n exports it: it has no list 'nodes'."
        mend = "Export the workflow from n8n with Download, and import that file."
        raise InvalidWorkflowError([Problem("WF120", message, mend)])
    if depth_exceeds(source, MAX_DEPTH):
        message = f"Values are nested more than {MAX_DEPTH} deep."
        raise InvalidWorkflowError([Problem("WF137", message, "Keep deep data in a file that a node reads.")])
    try:
        _Workflow.model_validate(source)
    except pydantic.ValidationError as error:
        raise InvalidWorkflowError([_problem(detail) for detail in error.errors(include_url=False)[:_MOST]]) from None


def _problem(detail: Any) -> Problem:
    field = ".".join(clip(str(part)) for part in detail["loc"])
    if detail["loc"][0] == "nodes" and (len(detail["loc"]) == 2 or detail["loc"][2] in ("name", "type")):
        return Problem(
            "WF120", f"This is not a node: it needs a 'name' and a 'type'. {_found(detail)}", _MEND, "", field
        )
    return Problem("WF120", _found(detail), _MEND, "", field)


def _found(detail: Any) -> str:
    if detail["type"] == "missing":
        return "The field is missing."
    expected = str(detail["msg"]).removeprefix("Input should be ").replace("dictionary", "object")
    return f"Expected {expected[:1].lower()}{expected[1:]}, got {shown(detail.get('input'))}."
