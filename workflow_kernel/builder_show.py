"""How a workflow built in Python shows in a notebook: the editor where it can be, else a picture. ``builder`` calls it.

The notebook's part is loaded when something is shown; without the extra ``jupyter`` it is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workflow_kernel.base.errors import WorkflowError
from workflow_kernel.builder_run import Viewer

if TYPE_CHECKING:
    from workflow_kernel.builder import Workflow
    from workflow_kernel.client import Client


def bundle(workflow: Workflow) -> Any:
    """What a notebook shows beside the picture: the editor, where one can be."""
    if "ipykernel" not in sys.modules:
        return {}
    try:
        shown = widget(workflow)
    except (ImportError, WorkflowError):
        return {}
    data, metadata = shown._repr_mimebundle_(), {}
    if isinstance(data, tuple):
        data, metadata = data
    return {**data, "text/plain": repr(workflow)}, metadata


def widget(workflow: Workflow, height: int = 460, service: Client | None = None) -> Any:
    """The editor of a workflow: one for each, in as many cells as wanted."""
    from workflow_kernel.notebook import widget as module  # noqa: PLC0415 - an extra

    if not module.is_built():
        raise WorkflowError(
            "The editor is not built.", code="WF151", mend="Run python -m workflow_kernel.editor.build in the checkout."
        )
    found = _first(workflow.viewers, module.WorkflowWidget)
    if found is None:
        found = module.WorkflowWidget(workflow, height)
        workflow.viewers.append(found)
    if service is not None:
        found.connect(service)
    return found


def graph(workflow: Workflow) -> Any:
    """The light view of runs of a workflow."""
    from workflow_kernel.notebook import run_view  # noqa: PLC0415 - an extra

    found = _first(workflow.viewers, run_view.RunView)
    if found is None:
        found = run_view.RunView(workflow)
        workflow.viewers.append(found)
    return found


def _first(viewers: Sequence[Viewer], kind: type[Any]) -> Any:
    return next((viewer for viewer in viewers if isinstance(viewer, kind)), None)
