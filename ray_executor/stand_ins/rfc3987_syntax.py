"""Stands before the library of this name until it is asked something.

Ray's processes load it by way of jsonschema, which takes 0.7 s each, and never ask it anything: a cluster on this
machine starts in half the time without. ``cluster`` puts this folder before others on their path.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_FOLDER = Path(__file__).resolve().parent


def is_valid_syntax(term: str, value: str) -> bool:
    """Whether a text follows a rule of RFC 3987."""
    return bool(_library().is_valid_syntax(term, value))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(_library(), name)


def _spec() -> ModuleSpec:
    found = PathFinder.find_spec(__name__, [path for path in sys.path if Path(path or ".").resolve() != _FOLDER])
    if found is None or found.loader is None:
        raise ModuleNotFoundError(f"No module named '{__name__}'", name=__name__)
    return found


def _library() -> ModuleType:
    if _loaded:
        return _loaded[0]
    spec = _spec()
    module = importlib.util.module_from_spec(spec)
    ourselves = sys.modules.get(spec.name)
    sys.modules[spec.name] = module  # its parts look for each other there
    try:
        assert spec.loader is not None
        spec.loader.exec_module(module)
    except BaseException:
        if ourselves is not None:
            sys.modules[spec.name] = ourselves
        raise
    _loaded.append(module)
    return module


_loaded: list[ModuleType] = []
_spec()  # where it is not installed, it is not here either
