"""What building a wheel does besides packing files: it builds the editor, which the wheel carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface):
    """Builds the editor into its ``static/``; an editable install leaves that to ``make``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is packed."""
        if version == "editable":
            return
        path = Path(self.root) / "workflow_kernel" / "editor" / "build.py"
        spec = importlib.util.spec_from_file_location("editor_build", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build()
