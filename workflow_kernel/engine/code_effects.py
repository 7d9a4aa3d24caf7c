"""Whether the Python of a code node can have effects, as far as its text tells.

A run without effects need not be journalled before it starts, is done again where its worker was lost, and follows
another one in the same place. Nothing here guards against harm: code is held to be without effects only where all it
can get hold of is plain data, and functions of modules that compute. Where the text leaves a doubt, it may have them.
"""

from __future__ import annotations

import ast
import builtins
import functools
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_kernel.worker.child_node import OFFERED

_MODULES = frozenset({
    "array", "base64", "binascii", "bisect", "calendar", "cmath", "collections", "copy", "dataclasses", "datetime",
    "dateutil", "dateutil.parser", "dateutil.relativedelta", "decimal", "difflib", "enum", "fractions", "functools",
    "hashlib", "heapq", "hmac", "html", "itertools", "json", "math", "numbers", "numpy", "operator", "pandas", "polars",
    "random", "re", "secrets", "statistics", "string", "textwrap", "time", "typing", "unicodedata", "urllib.parse",
    "uuid", "zlib", "zoneinfo",
})  # fmt: skip
_BUILTINS = frozenset(dir(builtins)) - {
    "__import__", "breakpoint", "compile", "delattr", "eval", "exec", "exit", "getattr", "globals", "input", "locals",
    "open", "quit", "setattr", "vars", "__loader__", "__spec__", "__build_class__",
}  # fmt: skip
_DOUBTFUL = (
    "_", "dump", "eval", "exec", "fromfile", "genfromtxt", "load", "memmap", "open", "query", "read", "save", "scan_",
    "set_option", "sink_", "to_", "tofile", "write",
)  # fmt: skip
"""Beginnings of attributes by which libraries may read or write files, or run what they are given."""

_DOORS = frozenset({
    "api", "attrgetter", "builtins", "compat", "core", "ctypes", "ctypeslib", "f2py", "io", "lib", "methodcaller", "os",
    "pipe", "subprocess", "sys", "testing", "util", "utils",
})  # fmt: skip
"""Attributes that lead to other modules, or call what is only named in a text."""

_HARMLESS = frozenset({
    "dumps", "loads", "to_datetime", "to_dict", "to_dicts", "to_frame", "to_integral_value", "to_list", "to_numeric",
    "to_numpy", "to_pandas", "to_period", "to_pylist", "to_series", "to_timedelta", "to_timestamp",
})  # fmt: skip


def has_no_effects(node_type: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a placed node is code that does nothing but compute."""
    code = parameters.get("code", "")
    return node_type == "code.python" and isinstance(code, str) and is_without_effects(code)


@functools.lru_cache(maxsize=4096)
def is_without_effects(code: str) -> bool:
    """Whether code does nothing but compute."""
    try:
        tree = ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # it cannot be run at all
    known = set(_own_names(tree))
    return all(_is_harmless(found, known) for found in ast.walk(tree))


def _own_names(tree: ast.AST) -> Iterator[str]:
    """What the code itself gives a name."""
    for found in ast.walk(tree):
        if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store):
            yield found.id
        elif isinstance(found, ast.arg):
            yield found.arg
        elif isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
            yield found.name or ""
        elif isinstance(found, ast.alias):
            yield found.asname or found.name.partition(".")[0]


def _is_harmless(found: ast.AST, known: set[str]) -> bool:
    if isinstance(found, ast.Name):
        return found.id in known or found.id in OFFERED or found.id in _BUILTINS
    if isinstance(found, ast.Attribute):
        return _is_plain(found.attr) and (isinstance(found.ctx, ast.Load) or _root(found) in OFFERED)
    if isinstance(found, ast.Import):
        # A name for a package leads to all its modules.
        return all(alias.name in _MODULES and ("." not in alias.name or alias.asname) for alias in found.names)
    if isinstance(found, ast.ImportFrom):
        return found.module in _MODULES and all(_is_plain(alias.name) for alias in found.names)
    # What a context manager or something awaited does is not to be seen from here.
    return not isinstance(found, ast.With | ast.AsyncWith | ast.Global | ast.Await | ast.AsyncFor)


def _is_plain(attribute: str) -> bool:
    return attribute in _HARMLESS or not (attribute in _DOORS or attribute.startswith(_DOUBTFUL))


def _root(attribute: ast.Attribute) -> str:
    """The name an attribute is reached from; empty where there is none."""
    at: ast.expr = attribute
    while isinstance(at, ast.Attribute | ast.Subscript):
        at = at.value
    return at.id if isinstance(at, ast.Name) else ""
