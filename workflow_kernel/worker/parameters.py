"""Parameters of a placed node: which parts are expressions, and their values for an item.

``Template`` is made once per node; ``Resolved`` once per node run. Expressions are evaluated a column at a time, and
only those the node needs: all items for nodes that run per item, item 0 alone for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic

from workflow_kernel.base.errors import ExpressionError, NodeError
from workflow_kernel.expressions.scope import UNDEFINED, Column, Evaluator, Failure, Scope
from workflow_kernel.graph.words import shown
from workflow_kernel.sdk.explain import DOTS, is_secret
from workflow_kernel.sdk.node import NodeType

Path = tuple[str | int, ...]


def find_expressions(parameters: Mapping[str, Any], raw: tuple[str, ...] = ()) -> dict[Path, str]:
    """Every expression in a tree of parameters, by path. ``raw`` names top-level ones that never hold any."""
    found: dict[Path, str] = {}

    def walk(value: Any, path: Path) -> None:
        if isinstance(value, str):
            if value.startswith("="):
                found[path] = value
        elif isinstance(value, Mapping):
            for key, child in value.items():
                walk(child, (*path, key))
        elif isinstance(value, list | tuple):
            for index, child in enumerate(value):
                walk(child, (*path, index))

    for name, value in parameters.items():
        if name not in raw:
            walk(value, (name,))
    return found


class Template:
    """A node's parameters, taken apart once: the tree and the expressions in it."""

    __slots__ = ("_instance", "expressions", "is_constant", "node_type", "parameters")

    def __init__(self, node_type: type[NodeType], parameters: Mapping[str, Any]) -> None:
        self.node_type = node_type
        self.parameters = parameters
        self.expressions = find_expressions(parameters, node_type.spec.raw_in(parameters))
        self.is_constant = not self.expressions
        self._instance: NodeType | None = None

    def constant(self) -> NodeType:
        """The node with its parameters, where none is an expression."""
        if self._instance is None:
            self._instance = build(self.node_type, self.parameters)
        return self._instance


class Resolved:
    """A node's parameters over the items of one run, or over ``count`` of them from ``offset`` on."""

    __slots__ = ("_columns", "_evaluator", "_models", "_needed", "_offset", "_scope", "count", "template")

    def __init__(
        self, template: Template, scope: Scope, evaluator: Evaluator | None, count: int, offset: int = 0
    ) -> None:
        self.template = template
        self.count = count
        self._offset = offset
        self._scope = scope
        self._evaluator = evaluator
        self._columns: dict[Path, Column] = {}
        self._models: dict[int, NodeType] = {}
        self._needed = template.expressions

    def evaluate(self, names: tuple[str, ...] | None) -> dict[int, Failure]:
        """Evaluate for all items the expressions under these parameters (all of them for None).

        Returns the first failure of each item that has one.
        """
        wanted = {
            path: text
            for path, text in self._needed.items()
            if (names is None or path[0] in names) and path not in self._columns
        }
        if wanted and self._evaluator is not None:
            columns = self._evaluator.evaluate(
                list(wanted.values()), self._scope, range(self._offset, self._offset + self.count)
            )
            self._columns.update(zip(wanted, columns, strict=True))
        failures: dict[int, Failure] = {}
        for column in self._columns.values():
            for index, value in enumerate(column):
                if type(value) is Failure:
                    failures.setdefault(index, value)
        return failures

    def keep(self, indices: list[int]) -> None:
        """Go on with these items only, after others failed."""
        self._columns = {path: [column[i] for i in indices] for path, column in self._columns.items()}
        self.count = len(indices)

    def first(self) -> NodeType:
        """The node resolved for item 0."""
        if self.template.is_constant:
            return self.template.constant()
        rest = {path: text for path, text in self._needed.items() if path not in self._columns}
        values: dict[Path, Any] = {}
        if rest and self._evaluator is not None:
            columns = self._evaluator.evaluate(list(rest.values()), self._scope, (0,))
            values = {path: column[0] for path, column in zip(rest, columns, strict=True)}
        for path, column in self._columns.items():
            values[path] = column[0] if column else UNDEFINED
        return build(self.template.node_type, self._fill(values))

    def at(self, index: int) -> NodeType:
        """The node resolved for one item; its columns must have been evaluated."""
        if self.template.is_constant:
            return self.template.constant()
        found = self._models.get(index)
        if found is None:
            values = {path: column[index] for path, column in self._columns.items()}
            for path in self._needed.keys() - values.keys():
                values[path] = None
            found = build(self.template.node_type, self._fill(values))
            self._models = {index: found}
        return found

    def column(self, path: Path) -> Column:
        """One value per item for the parameter at a path."""
        found = self._columns.get(path)
        if found is not None:
            return found
        value: Any = self.template.parameters
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return Repeated(UNDEFINED, self.count)
        inner = {p: c for p, c in self._columns.items() if p[: len(path)] == path}
        if not inner:
            return Repeated(value, self.count)
        depth = len(path)
        return [fill(value, {p[depth:]: c[i] for p, c in inner.items()}) for i in range(self.count)]

    def _fill(self, values: Mapping[Path, Any]) -> dict[str, Any]:
        for value in values.values():
            if type(value) is Failure:
                raise as_error(value)
        filled: dict[str, Any] = fill(self.template.parameters, values)
        return filled


class Repeated(Sequence[Any]):
    """A column that has the same value for every item."""

    __slots__ = ("_length", "value")

    def __init__(self, value: Any, length: int) -> None:
        self.value = value
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.value] * len(range(*index.indices(self._length)))
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self.value


def fill(tree: Any, values: Mapping[Path, Any]) -> Any:
    """A copy of a tree with the values at some paths replaced; untouched parts are shared. Undefined keys go."""
    if () in values:
        return values[()]
    if not values:
        return tree
    below: dict[str | int, dict[Path, Any]] = {}
    for path, value in values.items():
        below.setdefault(path[0], {})[path[1:]] = value
    if isinstance(tree, Mapping):
        copy = dict(tree)
        for key, part in below.items():
            filled = fill(copy[str(key)], part)
            if filled is UNDEFINED:
                del copy[str(key)]
            else:
                copy[str(key)] = filled
        return copy
    items = list(tree)
    for key, part in below.items():
        filled = fill(items[int(key)], part)
        items[int(key)] = None if filled is UNDEFINED else filled
    return items


def as_error(failure: Failure) -> ExpressionError:
    """The error for an expression that failed."""
    error = ExpressionError(failure.message, expression=failure.expression, item=failure.item)
    error.description = failure.description
    return error


def build(node_type: type[NodeType], parameters: Mapping[str, Any]) -> NodeType:
    """The node with its parameters; raises ``NodeError`` that names every field that is wrong."""
    try:
        return node_type.model_validate(parameters)
    except pydantic.ValidationError as error:
        raise NodeError(
            "; ".join(describe(detail, node_type) for detail in error.errors(include_url=False)[:5]),
            code="WF302",
            mend=f"Correct the parameter; 'workflow nodes {node_type.spec.type}' shows what each takes.",
        ) from None


def describe(detail: Any, node_type: type[NodeType]) -> str:
    """One sentence for one of pydantic's errors: the field, what it should be, what it is."""
    place = ".".join(str(part) for part in detail["loc"]) or "parameters"
    if detail["type"] == "missing":
        return f"Parameter '{place}' is required."
    if detail["type"] == "extra_forbidden":
        return f"There is no parameter '{place}'."
    got = DOTS if is_secret(node_type, detail["loc"]) else shown(detail.get("input"))
    return f"Parameter '{place}': {detail['msg'][0].lower()}{detail['msg'][1:]} (got {got})."
