"""Reads a cell's source into events: the only place that knows Python's statements.

``read`` is called for each cell by itself, so a changed cell is read anew without the others.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from workflow_kernel.cells import magics
from workflow_kernel.cells.events import (
    Bind,
    Change,
    Define,
    Delete,
    Doubt,
    Enter,
    Function,
    Import,
    Leave,
    Load,
    Mark,
    Sources,
    base,
    holding,
    part_of,
)
from workflow_kernel.cells.expressions import ExpressionReader, dotted, root
from workflow_kernel.cells.scopes import bound_by, bound_names

MANY = 2000
"""Events from which on loops are read once: enough of doubt."""

_PLAIN = (ast.Constant, ast.JoinedStr)
_SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)


class Reading(msgspec.Struct, frozen=True):
    """A cell as it was read: its source, its events, and all names that stand in them."""

    source: str
    events: tuple[Any, ...]
    names: frozenset[str] = frozenset()


def read(source: str) -> Reading:
    """Read a cell; one that is no Python gives a mark."""
    cell = magics.split(source)
    reader = _Reader(cell.source)
    for event in cell.events:
        reader.emit(event)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(cell.source)
        reader.body(tree.body)
    except SyntaxError as error:
        reader.events.append(Doubt(Mark("syntax", error.msg, error.lineno or 1)))
    except (ValueError, RecursionError, MemoryError) as error:
        reader.events.append(Doubt(Mark("syntax", str(error))))
    return Reading(source, tuple(reader.events), frozenset(_names(reader.events)))


def _names(events: Iterable[Any]) -> Iterator[str]:
    for event in events:
        name = getattr(event, "name", None)
        if name:
            yield name
        function = getattr(event, "function", None)
        if function is not None:
            yield from _names(function.events)
            for method in (function.methods or {}).values():
                yield from _names(method.events)


class _Reader(ExpressionReader):
    """Reads statements, one after another."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source
        self._returns: list[list[str]] = []
        self._statements: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AugAssign: self._augment,
            ast.AnnAssign: self._annotate,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.FunctionDef: self._def,
            ast.AsyncFunctionDef: self._def,
            ast.ClassDef: self._class,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.If: self._if,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.Match: self._match,
            ast.Delete: self._delete,
            ast.Return: self._return,
            ast.Global: self._nothing,
            ast.Nonlocal: self._nothing,
        }
        self._readers[ast.Yield] = self._yield
        self._readers[ast.YieldFrom] = self._yield

    def body(self, body: Iterable[Any]) -> Sources:
        """Read statements; gives what they return."""
        self._returns.append([])
        self._block(body)
        return tuple(dict.fromkeys(self._returns.pop()))

    def _block(self, body: Iterable[Any]) -> None:
        for node in body:
            reader = self._statements.get(type(node))
            if reader is None:
                self.values(ast.iter_child_nodes(node))
            else:
                reader(node)

    def _perhaps(self, *bodies: Iterable[Any]) -> None:
        for body in bodies:
            with self._doubtful():
                self._block(body)

    @contextmanager
    def _doubtful(self) -> Iterator[None]:
        """What may or may not happen."""
        is_sure, self.is_sure = self.is_sure, False
        self.emit(Enter())
        yield
        self.emit(Leave())
        self.is_sure = is_sure

    def _text(self, node: ast.AST) -> str:
        """A statement of the cell's outermost block as it stands; empty for others."""
        if self.scopes.open or not self.is_sure or not isinstance(node, _SIMPLE):
            return ""
        lines = self._source.splitlines()[node.lineno - 1 : node.end_lineno]
        return "\n".join(lines) if node.col_offset == 0 else ""

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _expression(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.statement = self._text(node)
        self.value(node.value)
        self.statement = ""

    def _assign(self, node: ast.Assign) -> None:
        self._assign_to(node.targets, node.value, self._text(node))

    def _assign_to(self, targets: list[ast.expr], value: ast.expr, text: str = "") -> None:
        first = targets[0]
        if len(targets) == 1 and isinstance(first, ast.Tuple | ast.List) and isinstance(value, ast.Tuple):
            parts = [self.value(part) for part in value.elts]
            if len(parts) == len(first.elts) and not any(isinstance(part, ast.Starred) for part in first.elts):
                for target, sources in zip(first.elts, parts, strict=True):
                    self.bind(target, sources)
                return
            self.bind(first, holding(tuple(name for part in parts for name in part)))
            return
        sources = self.value(value)
        is_plain = isinstance(value.operand if isinstance(value, ast.UnaryOp) else value, _PLAIN)
        for target in targets:
            if is_plain and isinstance(target, ast.Name):
                self.emit(Bind(self.scopes.target(target.id), (), self.is_sure, is_plain=True))
            else:
                self._bind(target, sources, text)

    def bind(self, target: ast.AST, sources: Sources) -> None:
        """Bind a target."""
        self._bind(target, sources, "")

    def _bind(self, target: ast.AST, sources: Sources, text: str) -> None:
        if isinstance(target, ast.Name):
            resolve = self.scopes.resolve if self._is_inner(target) else self.scopes.target
            self.emit(Bind(resolve(target.id), sources, self.is_sure))
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, part_of(sources), text)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, holding(sources), text)
        else:
            self._change(target, sources, text)

    def _is_inner(self, target: ast.Name) -> bool:
        scopes = self.scopes.open
        return bool(scopes) and scopes[-1].kind == "comprehension" and target.id in scopes[-1].names

    def _change(self, target: ast.AST, held: Sources, text: str = "") -> None:
        """An attribute or element of something is set."""
        holder = self.value(root(target))
        inner: ast.AST = target
        while isinstance(inner, ast.Attribute | ast.Subscript):
            if isinstance(inner, ast.Subscript):
                self.value(inner.slice)
            inner = inner.value
        depth = 0
        inner = target
        while isinstance(inner, ast.Attribute | ast.Subscript):
            depth, inner = depth + 1, inner.value
        path = dotted(target if isinstance(target, ast.Attribute) else target.value)  # type: ignore[attr-defined]
        path = (holder[0], *path[1:]) if path and holder else ()
        changed = holder if depth < 2 else part_of(holder)
        self.emit(Change(changed, held, path, target.lineno, text))  # type: ignore[attr-defined]

    def _augment(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            name = self.scopes.resolve(node.target.id)
            self.emit(Load(name))
            held = self.value(node.value)
            self.emit(Change((name,), held))
            self.emit(Bind(name, (name,), self.is_sure))
        else:
            held = self.value(node.value)
            self._change(node.target, held, self._text(node))

    def _annotate(self, node: ast.AnnAssign) -> None:
        if not any(scope.kind == "function" for scope in self.scopes.open):
            self.value(node.annotation)
        if node.value is not None:
            self._assign_to([node.target], node.value, self._text(node))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = bound_by(alias)
            self.emit(Import(self.scopes.target(name), alias.name if alias.asname else name, self.is_sure))

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.doubt("star_import", f"from {'.' * node.level}{node.module or ''} import *", node)
                continue
            origin = f"{'.' * node.level}{node.module or ''}.{alias.name}"
            if node.module != "__future__":
                self.emit(Import(self.scopes.target(bound_by(alias)), origin, self.is_sure))

    def _def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        held = self.values([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        self.values(_annotations(node))
        function = self.function(node.name, node.args, node.body)
        target = self.scopes.target(node.name)
        self.emit(Define(target, function, self.is_sure, held))
        self._decorate(target, node.decorator_list)

    def _decorate(self, target: str, decorators: list[ast.expr]) -> None:
        """Decorators are called with what they decorate, the last one first."""
        for decorator in reversed(decorators):
            call = ast.Call(func=decorator, args=[], keywords=[])
            ast.copy_location(call, decorator)
            start = len(self.events)
            result = self.value(call)
            event = self.events[-1]
            assert len(self.events) > start
            self.events[-1] = msgspec.structs.replace(event, arguments=((target,),))
            self.emit(Bind(target, (target, *result), self.is_sure))

    def _class(self, node: ast.ClassDef) -> None:
        held = self.values([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        bound, outer, _ = bound_names(node.body)
        target = self.scopes.target(node.name)
        scope = self.scopes.push("class", sorted(bound), outer)
        start = len(self.events)
        self._block(node.body)
        self.scopes.open.pop()
        names = {atom: name for name, atom in scope.names.items()}
        own = [event for event in self.events[start:] if isinstance(event, Define) and event.name in names]
        methods = {names[event.name]: event.function for event in own}
        attributes = tuple(
            dict.fromkeys(
                source
                for event in self.events[start:]
                if isinstance(event, Bind) and event.name in names
                for source in event.sources
            )
        )
        self.emit(Define(target, Function(node.name, methods=methods), self.is_sure, (*held, *attributes)))
        self._decorate(target, node.decorator_list)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        sources = self.value(node.iter)
        with self._doubtful():
            self.bind(node.target, part_of(sources))
            # Twice: what a turn leaves is there in the next.
            self._block(node.body)
            if len(self.events) < MANY:
                self._block(node.body)
        self._perhaps(node.orelse)

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        with self._doubtful():
            self._block(node.body)
            if len(self.events) < MANY:
                self._block(node.body)
        self._perhaps(node.orelse)

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        self._perhaps(node.body, node.orelse)
        self._settle([node.body, node.orelse])

    def _settle(self, branches: list[list[ast.stmt]]) -> None:
        """Names that every branch binds at its own level are bound for sure."""
        if not self.is_sure or not all(branches):
            return
        common: set[str] | None = None
        for branch in branches:
            names = {
                name.id
                for statement in branch
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
            names |= {bound_by(a) for s in branch if isinstance(s, ast.Import | ast.ImportFrom) for a in s.names}
            common = names if common is None else common & names
        for name in sorted(common or ()):
            target = self.scopes.target(name)
            self.emit(Bind(target, (target,), True))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            sources = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, sources)
        self._block(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self._perhaps(node.body)
        for handler in node.handlers:
            self.value(handler.type)
            with self._doubtful():
                if handler.name:
                    self.emit(Bind(self.scopes.target(handler.name), (), False))
                self._block(handler.body)
        self._perhaps(node.orelse)
        if node.handlers:
            self._settle([[*node.body, *node.orelse], *(handler.body for handler in node.handlers)])
        self._block(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        sources = self.value(node.subject)
        for case in node.cases:
            with self._doubtful():
                for part in ast.walk(case.pattern):
                    name = getattr(part, "name", None) or getattr(part, "rest", None)
                    if isinstance(name, str):
                        self.emit(Bind(self.scopes.target(name), tuple(f"~{base(s)}" for s in sources), False))
                    elif isinstance(part, ast.expr):
                        self.value(part)
                self.value(case.guard)
                self._block(case.body)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(part, ast.Name):
                    name = self.scopes.resolve(part.id)
                    self.emit(Load(name))
                    self.emit(Delete(name, self.is_sure))
                else:
                    self._change(part, ())

    def _return(self, node: ast.Return) -> None:
        self._returns[-1].extend(self.value(node.value))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Sources:
        sources = self.value(node.value)
        if self._returns:
            self._returns[-1].extend(sources)
        return ()


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST | None]:
    entries = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [*(entry.annotation for entry in entries), node.returns]
