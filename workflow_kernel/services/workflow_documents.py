"""Documents of workflows on their way into and out of the service: read with every problem, compared, merged.

Used by the services of workflows, versions, templates and transfer. Nothing here touches the database.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workflow_kernel.base.errors import InvalidRequestError, InvalidWorkflowError, Problem
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph import json_text, migrate
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog

Document = Mapping[str, Any]
"""A workflow in the file format, as a JSON value."""

MAX_BYTES = 8 << 20
"""What a document may take as JSON."""


class Checked(msgspec.Struct, frozen=True):
    """A document that has the right shape.

    Parameters
    ----------
    workflow: what it says. problems: what keeps it from running, e.g. parameters that are missing.
    """

    workflow: Workflow
    problems: Sequence[Problem] = ()

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep it from running; the others are warnings."""
        return [problem for problem in self.problems if problem.severity == "error"]


def read(source: Document | str | bytes) -> Workflow:
    """The workflow of a document.

    Parameters
    ----------
    source: a JSON value, or the text or bytes of a file, of this or an older format.

    Raises ``InvalidRequestError`` WF760 with every problem when it has not the right shape.
    """
    try:
        if isinstance(source, str | bytes):
            _check_size(len(source))
            return _storable(flow_format.read(source))
        return _storable(_from_value(dict(source)))
    except InvalidWorkflowError as error:
        count = len(error.problems)
        raise InvalidRequestError(
            f"The workflow cannot be read: {count} {'problem' if count == 1 else 'problems'}.",
            code="WF760",
            mend="Correct what the problems name.",
            problems=error.problems,
        ) from None


async def check(source: Document | str | bytes, catalog: RegistryCatalog) -> Checked:
    """The workflow of a document and what keeps it from running; raises as :func:`read`. Computed in a thread."""

    def work() -> Checked:
        workflow = read(source)
        return Checked(workflow, validate(workflow, catalog))

    return await asyncio.to_thread(work)


def to_document(workflow: Workflow, **replaced: Any) -> dict[str, Any]:
    """A workflow as it is kept, with some of its fields replaced."""
    return flow_format.to_document(msgspec.structs.replace(workflow, **replaced))


def node_types(workflow: Workflow) -> list[str]:
    """The types of its nodes."""
    return sorted({node.type for node in workflow.nodes.values()})


def _from_value(document: dict[str, Any]) -> Workflow:
    if json_text.depth_exceeds(document, json_text.MAX_DEPTH):
        message = f"Values are nested more than {json_text.MAX_DEPTH} deep."
        raise InvalidWorkflowError([Problem("WF137", message, "Keep deep data in a file that a node reads.")])
    _check_size(len(json.dumps(document, ensure_ascii=False, default=str)))
    odd = [
        Problem("WF147", f"{message}.", mend, field=".".join(map(str, path)))
        for path, message, mend in json_text.odd_values(document)
    ]
    if odd:
        raise InvalidWorkflowError(odd[: json_text.MAX_PROBLEMS])
    return flow_format.from_document(migrate.to_current(document))


def _storable(workflow: Workflow) -> Workflow:
    """The workflow, if what it is found by can be kept: Postgres knows no text with a zero in it."""
    texts = {"name": workflow.name, "description": workflow.description}
    texts |= {f"nodes.{node.id}.type": node.type for node in workflow.nodes.values()}
    problems = [
        Problem("WF760", "The text holds the character U+0000.", "Remove it.", field=field)
        for field, text in texts.items()
        if "\x00" in text
    ]
    if problems:
        raise InvalidWorkflowError(problems[: json_text.MAX_PROBLEMS])
    return workflow


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        message = f"The workflow has {size:,} bytes; {MAX_BYTES:,} are allowed."
        mend = "Move data out of the parameters and pins into files that a node reads."
        raise InvalidWorkflowError([Problem("WF131", message, mend)])
