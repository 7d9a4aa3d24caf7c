"""Runs a measurement in a process of its own, so that its peak memory is its own too."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_CODE = """
import importlib, json, resource, sys
module, name = sys.argv[1:3]
figures = getattr(importlib.import_module(module), name)()
figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(figures))
"""


def alone(module: str, name: str) -> dict[str, Any]:
    """What ``module.name()`` gives in a fresh process, with ``peak_mb`` added."""
    done = subprocess.run([sys.executable, "-c", _CODE, module, name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
