"""Workflow: a notebook- and dataflow-native workflow environment.

    from workflow_kernel import Workflow, connect, node, task

The names are loaded when they are asked for, so that ``import workflow_kernel`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflow_kernel.builder import Workflow as Workflow
    from workflow_kernel.builder_task import task as task
    from workflow_kernel.remote import connect as connect
    from workflow_kernel.sdk.node import node as node

__version__ = "0.1.0"

_NAMES = {
    "Workflow": "workflow_kernel.builder",
    "connect": "workflow_kernel.remote",
    "load_ipython_extension": "workflow_kernel.notebook.magics",
    "node": "workflow_kernel.sdk.node",
    "task": "workflow_kernel.builder_task",
}

__all__ = ["Workflow", "__version__", "connect", "node", "task"]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'workflow_kernel' has no attribute '{name}'")
    value = getattr(importlib.import_module(_NAMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
