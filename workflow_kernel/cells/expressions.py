"""Reads expressions of a cell: emits events, gives the sources of the value. ``reading`` has the statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from workflow_kernel.cells.events import (
    Bind,
    Call,
    Define,
    Doubt,
    Function,
    Load,
    Mark,
    MarkKind,
    Sources,
    holding,
    part_of,
)
from workflow_kernel.cells.scopes import Scopes, bound_names


class ExpressionReader:
    """Reads expressions.

    Parameters
    ----------
    sources of a value are the names whose objects it may be or hold: ``[a, b]`` has ``a`` and ``b``, ``a + b`` none.
    """

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.scopes = Scopes()
        self.is_sure = True
        self._results = count(1)
        self.statement = ""
        self._readers: dict[type[ast.AST], Callable[[Any], Sources]] = {
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self._call,
            ast.Lambda: self._lambda,
            ast.NamedExpr: self._named,
            ast.IfExp: self._conditional,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.List: self._container,
            ast.Tuple: self._container,
            ast.Set: self._container,
            ast.Dict: self._container,
            ast.Starred: self._starred,
            ast.BinOp: self._fresh,
            ast.UnaryOp: self._fresh,
            ast.Compare: self._fresh,
            ast.JoinedStr: self._fresh,
            ast.FormattedValue: self._fresh,
        }

    def emit(self, event: Any) -> None:
        """Add an event."""
        self.events.append(event)

    def doubt(self, kind: MarkKind, text: str, node: ast.AST) -> None:
        """Add a mark."""
        self.emit(Doubt(Mark(kind, text, getattr(node, "lineno", 1))))

    def value(self, node: ast.AST | None) -> Sources:
        """The sources of an expression's value, after its events."""
        if node is None or type(node) is ast.Constant:
            return ()
        reader = self._readers.get(type(node))
        if reader is not None:
            found: Sources = reader(node)
            return found
        return self.values(ast.iter_child_nodes(node))

    def values(self, nodes: Iterable[ast.AST | None]) -> Sources:
        """The sources of several values together."""
        found: list[str] = []
        for node in nodes:
            found.extend(self.value(node))
        return tuple(dict.fromkeys(found))

    def result(self) -> str:
        """A name for a passing result."""
        return f"#{next(self._results)}"

    def _fresh(self, node: ast.AST) -> Sources:
        parts = self.values(ast.iter_child_nodes(node))
        holds = isinstance(node, ast.BinOp) and any(
            isinstance(side, ast.List | ast.Tuple | ast.ListComp) for side in (node.left, node.right)
        )
        return parts if holds else ()

    def _name(self, node: ast.Name) -> Sources:
        name = self.scopes.resolve(node.id)
        self.emit(Load(name))
        return (name,)

    def _attribute(self, node: ast.Attribute) -> Sources:
        return part_of(self.value(node.value))

    def _subscript(self, node: ast.Subscript) -> Sources:
        holder = self.value(node.value)
        self.value(node.slice)
        return () if _is_mask(node.slice) else part_of(holder)

    def _container(self, node: ast.AST) -> Sources:
        return holding(self.values(ast.iter_child_nodes(node)))

    def _starred(self, node: ast.Starred) -> Sources:
        return part_of(self.value(node.value))

    def _conditional(self, node: ast.IfExp) -> Sources:
        self.value(node.test)
        return self.values([node.body, node.orelse])

    def _named(self, node: ast.NamedExpr) -> Sources:
        sources = self.value(node.value)
        name = self.scopes.target(node.target.id)
        self.emit(Bind(name, sources, self.is_sure and not self._in_comprehension()))
        return (name,)

    def _in_comprehension(self) -> bool:
        return any(scope.kind == "comprehension" for scope in self.scopes.open)

    def _call(self, node: ast.Call) -> Sources:
        statement, self.statement = self.statement, ""
        path = dotted(node.func)
        if path:
            receiver = self.value(root(node.func))
            path = (receiver[0], *path[1:])
            if len(path) > 2:
                receiver = part_of(receiver)
        else:
            receiver = self.value(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
        arguments = tuple(self.value(argument) for argument in node.args)
        named = tuple((keyword.arg or "**", self.value(keyword.value)) for keyword in node.keywords)
        result = self.result()
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        texts = _texts(node)
        self.emit(Call(result, path, receiver, method, arguments, named, texts, node.lineno, statement))
        return (result,)

    def _lambda(self, node: ast.Lambda) -> Sources:
        self.values([*node.args.defaults, *node.args.kw_defaults])
        function = self.function("lambda", node.args, [node.body], is_expression=True)
        result = self.result()
        self.emit(Define(result, function))
        return (result,)

    def function(
        self, name: str, arguments: ast.arguments, body: list[Any], *, is_expression: bool = False
    ) -> Function:
        """A function, read as a whole but not called."""
        entries = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        extra = [entry for entry in (arguments.vararg, arguments.kwarg) if entry is not None]
        bound, outer, inner = bound_names(body)
        names = [entry.arg for entry in (*entries, *extra)]
        scope = self.scopes.push("function", dict.fromkeys([*names, *sorted(bound)]), outer)
        for local in inner:
            scope.names.pop(local, None)
        events, is_sure, self.events, self.is_sure = self.events, self.is_sure, [], True
        returns = self.value(body[0]) if is_expression else self.body(body)
        made, self.events, self.is_sure = self.events, events, is_sure
        self.scopes.open.pop()
        return Function(name, tuple(scope.names[entry.arg] for entry in entries), tuple(made), returns)

    def body(self, body: list[Any]) -> Sources:
        """Read statements of a function; gives the sources of what it returns."""
        raise NotImplementedError

    def _comprehension(self, node: Any) -> Sources:
        first = self.value(node.generators[0].iter)
        targets = {part.id for made in node.generators for part in ast.walk(made.target) if isinstance(part, ast.Name)}
        self.scopes.push("comprehension", sorted(targets))
        for index, made in enumerate(node.generators):
            sources = first if index == 0 else self.value(made.iter)
            self.bind(made.target, part_of(sources))
            self.values(made.ifs)
        held = self.values([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scopes.open.pop()
        return holding(held)

    def bind(self, target: ast.AST, sources: Sources) -> None:
        """Bind a target of an assignment, a loop or the like."""
        raise NotImplementedError


def dotted(node: ast.AST) -> tuple[str, ...]:
    """``a.b.c`` as its parts; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(parts))


def root(node: ast.AST) -> ast.AST:
    """The innermost value of attributes and subscripts."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _is_mask(node: ast.AST) -> bool:
    """Whether a subscript chooses by a condition: what it gives is a copy."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        return True
    return isinstance(node, ast.Compare)


def _texts(node: ast.Call) -> tuple[tuple[str, str], ...]:
    found = [
        (str(position), str(argument.value))
        for position, argument in enumerate(node.args[:2])
        if isinstance(argument, ast.Constant)
    ]
    found += [
        (keyword.arg, str(keyword.value.value))
        for keyword in node.keywords
        if keyword.arg and isinstance(keyword.value, ast.Constant)
    ]
    return tuple(found)
