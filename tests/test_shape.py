"""Guards the shape of the code: sizes, docstrings, no leftovers. The limits are not to be raised; split instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path
    for package in ("workflow_kernel", "panel_app", "ray_executor")
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)
MOST_LINES = 400
MOST_FUNCTION_LINES = 60


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_lives_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "no module docstring"
    assert len(text.splitlines()) <= MOST_LINES, "too long; split it along a noun"
    for function in _functions(tree):
        docstring = ast.get_docstring(function, clean=False)
        lines = (function.end_lineno or 0) - function.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)
        assert lines <= MOST_FUNCTION_LINES, f"{function.name} has {lines} lines"


def test_nothing_is_left_over() -> None:
    marks = ("TODO", "FIXME", "XXX", "HACK")
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not any(mark in text for mark in marks), path
