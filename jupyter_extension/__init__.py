"""Workflow in Jupyter: a server extension that mounts the service, and a prebuilt extension for JupyterLab."""

from __future__ import annotations

from typing import Any

from workflow_kernel import __version__

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextensions/@workflow/jupyterlab", "dest": "@workflow/jupyterlab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_extension.app import WorkflowExtension  # noqa: PLC0415 - asked for by servers only

    return [{"module": "jupyter_extension", "app": WorkflowExtension}]
