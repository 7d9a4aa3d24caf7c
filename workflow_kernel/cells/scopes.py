"""Scopes of Python: which of the names in a piece of code are a cell's variables, and which are local to a part of it.

Used by ``reading``. Local names are told apart by a number, so that two functions' ``x`` are not one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Literal

Kind = Literal["function", "class", "comprehension"]

_NEW_SCOPE = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Scope:
    """One scope below that of the notebook: local names, and those declared global."""

    __slots__ = ("kind", "names", "outside")

    def __init__(self, kind: Kind, names: dict[str, str], outside: frozenset[str] = frozenset()) -> None:
        self.kind = kind
        self.names = names
        self.outside = outside


class Scopes:
    """The scopes that are open at a place in the code; the notebook's own is not among them."""

    def __init__(self) -> None:
        self.open: list[Scope] = []
        self._numbers = count(1)

    def local(self, name: str) -> str:
        """A name of its own for a local name."""
        return f"{name}@{next(self._numbers)}"

    def push(self, kind: Kind, names: Iterable[str], outside: frozenset[str] = frozenset()) -> Scope:
        """Open a scope with local names."""
        scope = Scope(kind, {name: self.local(name) for name in names}, outside)
        self.open.append(scope)
        return scope

    def resolve(self, name: str) -> str:
        """What a name stands for here: a local name, or the notebook's variable of that name."""
        for depth, scope in enumerate(reversed(self.open)):
            if name in scope.outside:
                return name
            if name in scope.names and (scope.kind != "class" or depth == 0):
                return scope.names[name]
        return name

    def target(self, name: str) -> str:
        """What is bound by ``name := ...``: comprehensions have no part in it."""
        for scope in reversed(self.open):
            if scope.kind == "comprehension":
                continue
            return name if name in scope.outside else scope.names.get(name, name)
        return name


def bound_names(body: Iterable[ast.AST]) -> tuple[set[str], frozenset[str], frozenset[str]]:
    """Names that a body binds itself, those it declares ``global``, those it declares ``nonlocal``."""
    bound: set[str] = set()
    outer: set[str] = set()
    inner: set[str] = set()
    for node in _own(body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(bound_by(alias) for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bound.add(node.rest)
        elif isinstance(node, ast.Global):
            outer.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            inner.update(node.names)
    return bound - outer - inner, frozenset(outer), frozenset(inner)


def bound_by(alias: ast.alias) -> str:
    """The name an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def _own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a body that are not in a function or class of its own; targets of comprehensions left out."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _NEW_SCOPE):
            continue
        if isinstance(node, _COMPREHENSION):
            pending.extend(part for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
            continue
        pending.extend(ast.iter_child_nodes(node))
