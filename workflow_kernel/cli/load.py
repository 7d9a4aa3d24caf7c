"""Reads workflow files for commands: our own format, and n8n's where a command takes both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.graph import format as flow_format
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry


def read_workflow(path: Path, registry: Registry) -> Workflow:
    """The workflow in a file; raises with every problem of a file that is invalid."""
    workflow = flow_format.read(path)
    problems = [found for found in validate(workflow, RegistryCatalog(registry)) if found.severity == "error"]
    if problems:
        raise InvalidWorkflowError(problems, str(path))
    return workflow


def read_json(path: Path) -> Any:
    """The JSON in a file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WorkflowError(f"{path} is not JSON: {error}.", code="WF102", mend="Correct the file.") from None
