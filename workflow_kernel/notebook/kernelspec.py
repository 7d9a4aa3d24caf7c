"""Where Jupyter finds the Workflow kernel: its kernelspec, and putting it into place. A wheel brings it by itself."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

NAME = "workflow"
FILE = Path(__file__).parent / "kernel.json"


def spec(executable: str = sys.executable) -> dict[str, Any]:
    """The kernelspec, for one Python."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found | {"argv": [executable, *found["argv"][1:]]}


def install(*, prefix: str | None = None, user: bool = False) -> Path:
    """Put the kernelspec where Jupyter looks: of this Python's environment when nothing is said."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / NAME
        source.mkdir()
        (source / "kernel.json").write_text(json.dumps(spec(), indent=1), encoding="utf-8")
        place = KernelSpecManager().install_kernel_spec(
            str(source), NAME, user=user, prefix=None if user else prefix or sys.prefix
        )
    return Path(place)
