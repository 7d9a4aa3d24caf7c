"""What a GraphQL operation may ask for: depth, aliases and cost are counted before anything runs.

A field costs one, a field that reads something by itself ten, and what stands below a list counts as often as the list
is long at most. Fragments are counted once and remembered, so that a small text cannot take long to count.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from strawberry.extensions import SchemaExtension

MAX_TOKENS = 4_000
MAX_DEPTH = 12
MAX_INTROSPECTION_DEPTH = 20
MAX_ALIASES = 30
MAX_COST = 10_000

READS = 10
"""What a field costs that asks a service by itself."""

LISTS: Mapping[str, int] = {
    "workflows": 50, "executions": 50, "projects": 50, "versions": 50, "credentials": 50, "schedules": 50,
    "webhooks": 50, "latestExecutions": 1, "nodeRuns": 20, "tags": 50, "queues": 3, "members": 20,
}  # fmt: skip
"""Fields that read a list, and how long one is where it is not said; what is below them counts for every item."""

READERS = frozenset({
    "workflow", "execution", "project", "credential", "me", "version", "draft", "published", "compare", "data",
    "document", "parent",
})  # fmt: skip
"""Fields that read something by themselves."""

_LENGTHS = ("first", "limit")


class Size(NamedTuple):
    """How much a part of an operation asks for."""

    cost: int = 0
    depth: int = 0
    aliases: int = 0
    introspection_depth: int = 0

    def beside(self, other: Size) -> Size:
        """Both together."""
        return Size(
            self.cost + other.cost,
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            max(self.introspection_depth, other.introspection_depth),
        )


class Limits(SchemaExtension):
    """Refuses operations that ask for too much."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Bound the text before it is parsed."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        """Count; an operation that asks for too much is not even validated."""
        context = self.execution_context
        document = context.graphql_document
        if document is not None and not context.pre_execution_errors:
            errors = list(refusals(document, context.variables or {}, context.operation_name))
            if context._provided_operation_name is None and len(_operations(document)) > 1:
                errors.append(GraphQLError("There are several operations; say which one with 'operationName'."))
            if errors:
                context.pre_execution_errors = errors
        yield


def refusals(document: DocumentNode, variables: Mapping[str, Any], operation: str | None) -> Iterator[GraphQLError]:
    """Why an operation asks for too much; nothing where it does not."""
    size = measure(document, variables, operation)
    for what, found, limit in (
        ("levels of fields", size.depth, MAX_DEPTH),
        ("levels of introspection", size.introspection_depth, MAX_INTROSPECTION_DEPTH),
        ("aliases", size.aliases, MAX_ALIASES),
        ("units of cost", size.cost, MAX_COST),
    ):
        if found > limit:
            yield GraphQLError(
                f"The operation asks for {min(found, 10**12):,} {what}; {limit:,} are allowed.",
                extensions={"code": "WF768", "mend": "Ask for less at once: fewer fields, shorter lists ('first')."},
            )


def measure(document: DocumentNode, variables: Mapping[str, Any], operation: str | None) -> Size:
    """How much an operation asks for; the document need not be valid."""
    fragments = {
        part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
    }  # fmt: skip
    sizes = [
        _Counter(fragments, {**_defaults(part), **variables}).of(part.selection_set)
        for part in _operations(document)
        if operation is None or (part.name is not None and part.name.value == operation)
    ]
    return max(sizes, key=lambda size: (size.cost, size.depth, size.aliases), default=Size())


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]


class _Counter:
    """Counts selections of one document."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
        self._fragments = fragments
        self._variables = variables
        self._known: dict[str, Size] = {}

    def of(self, selections: SelectionSetNode | None) -> Size:
        """The size of a set of selections."""
        total = Size()
        for selection in selections.selections if selections is not None else ():
            if isinstance(selection, FieldNode):
                total = total.beside(self._field(selection))
            elif isinstance(selection, InlineFragmentNode):
                total = total.beside(self.of(selection.selection_set))
            elif isinstance(selection, FragmentSpreadNode):
                total = total.beside(self._fragment(selection.name.value))
        return total

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = Size()  # a fragment in itself is no valid document
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment is not None else Size()
        return self._known[name]

    def _field(self, field: FieldNode) -> Size:
        name = field.name.value
        inner = self.of(field.selection_set)
        alias = 1 if field.alias is not None else 0
        if name.startswith("__"):
            depth = max(inner.depth, inner.introspection_depth) + 1
            return Size(1 + inner.cost, 0, inner.aliases + alias, depth)
        length = self._length(field, LISTS[name]) if name in LISTS else 1
        own = READS if name in LISTS or name in READERS else 1
        return Size(own + inner.cost * length, inner.depth + 1, inner.aliases + alias, inner.introspection_depth)

    def _length(self, field: FieldNode, default: int) -> int:
        for argument in field.arguments or ():
            if argument.name.value in _LENGTHS:
                value = argument.value
                if isinstance(value, IntValueNode):
                    return max(1, int(value.value))
                if isinstance(value, VariableNode):
                    given = self._variables.get(value.name.value)
                    return max(1, int(given)) if isinstance(given, int | float) and math.isfinite(given) else default
        return default


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    """The whole numbers that variables stand for when they are not given."""
    return {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    }
