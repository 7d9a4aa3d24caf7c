"""Which earlier nodes the code of a code node looks at, as far as its text tells.

A node that looks at none need not wait for what stands before it on the canvas. Where the text leaves a doubt, the
code may look at any node.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from typing import Any, NamedTuple

from workflow_kernel.expressions.parse import code_references

_PYTHON_NAMES = frozenset({"node", "_node", "_"})
_PYTHON_DOORS = frozenset({"eval", "exec", "locals", "globals", "vars", "__import__", "sys", "inspect"})
_JAVASCRIPT_WRITTEN = re.compile(r"(?<![\w$.])(\$|\$items)\s*\(|(?<![\w$.])\$node\s*(\?\.)?\s*[\[.]")
_JAVASCRIPT_DOUBT = re.compile(
    r"(?<![\w$.])\$(?![\w$])|\$node|\$items|\$item\s*\(|\$getPairedItem|\$evaluateExpression|\$data\b"
    r"|\beval\b|\bFunction\b|\bglobalThis\b|\bthis\b|\barguments\b"
)


class CodeReads(NamedTuple):
    """The nodes code looks at: these, or any of them."""

    names: frozenset[str]
    any: bool


NOTHING = CodeReads(frozenset(), any=False)
ANYTHING = CodeReads(frozenset(), any=True)


def code_reads(node_type: str, parameters: Mapping[str, Any]) -> CodeReads:
    """The nodes that the code in a placed node's parameters looks at."""
    code = parameters.get("code")
    if not isinstance(code, str):
        return NOTHING if code is None else ANYTHING
    if node_type == "code.python":
        return _python(code)
    if node_type == "code.javascript":
        return _javascript(code)
    return ANYTHING


def _python(code: str) -> CodeReads:
    if not any(name in code for name in ("node", "_", *_PYTHON_DOORS)):
        return NOTHING
    try:
        tree = ast.parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ANYTHING
    names: set[str] = set()
    written: set[int] = set()
    for found in ast.walk(tree):
        if isinstance(found, ast.Call) and len(found.args) == 1:
            head, named = found.func, found.args[0]
        elif isinstance(found, ast.Subscript):
            head, named = found.value, found.slice
        else:
            continue
        is_told = isinstance(named, ast.Constant) and isinstance(named.value, str)
        if isinstance(head, ast.Name) and head.id in _PYTHON_NAMES and is_told:
            assert isinstance(named, ast.Constant)
            names.add(str(named.value))
            written.add(id(head))
    for found in ast.walk(tree):
        is_used = isinstance(found, ast.Name) and isinstance(found.ctx, ast.Load) and id(found) not in written
        if is_used and isinstance(found, ast.Name) and found.id in _PYTHON_NAMES | _PYTHON_DOORS:
            return ANYTHING
    return CodeReads(frozenset(names), any=False)


def _javascript(code: str) -> CodeReads:
    if _JAVASCRIPT_DOUBT.search(_JAVASCRIPT_WRITTEN.sub(" ", code)):
        return ANYTHING
    found = code_references(code)
    return CodeReads(frozenset(found.names), found.is_computed)
