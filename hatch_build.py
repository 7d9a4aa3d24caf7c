"""What building a wheel does besides packing files: it builds the editor and the extension of JupyterLab.

It also says where Jupyter looks for the latter."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):
    """Builds what a wheel carries; an editable install leaves that to ``make``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is packed."""
        shared = build_data["shared_data"]
        extension = Path(self.root) / "jupyter_extension"
        config = "jupyter_server_config.d/workflow.json"
        shared[str(extension / config)] = f"etc/jupyter/{config}"
        spec = Path(self.root) / "workflow_kernel" / "notebook" / "kernel.json"
        shared[str(spec)] = "share/jupyter/kernels/workflow/kernel.json"
        if version == "editable":
            return
        _module(Path(self.root) / "workflow_kernel" / "editor" / "build.py").build()
        _module(extension / "build.py").build()
        shared[str(extension / "labextensions")] = "share/jupyter/labextensions"


def _module(path: Path) -> Any:
    """A module of the checkout, which is not installed here."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_build", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
