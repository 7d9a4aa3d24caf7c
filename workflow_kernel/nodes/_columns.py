"""Columns of parameter values as loops want them: told apart whether they are the same for every item.

Batch nodes call this. Evaluating expressions does not belong here; ``ctx.column`` gives columns evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workflow_kernel.expressions.scope import Column
from workflow_kernel.sdk import Context
from workflow_kernel.sdk.conditions import ConditionFailure, Conditions, Constant, compile_conditions
from workflow_kernel.worker.parameters import Repeated


def is_constant(column: Column) -> bool:
    """Whether a column has one value for every item."""
    return isinstance(column, Repeated)


def as_list(column: Column) -> Sequence[Any]:
    """The column as a list, which loops read quickest."""
    return [column.value] * len(column) if isinstance(column, Repeated) else column


def map_column(column: Column, convert: Callable[[Any], Any]) -> Sequence[Any]:
    """Every value converted; a constant is converted once."""
    if isinstance(column, Repeated):
        return [convert(column.value)] * len(column)
    return [convert(value) for value in column]


def decide(conditions: Conditions, count: int, ctx: Context, *path: str | int) -> Sequence[bool | ConditionFailure]:
    """Whether each item fulfils the conditions that stand at ``path`` among the node's parameters."""
    positions = range(len(conditions.conditions))
    lefts = [_side(ctx, *path, "conditions", position, "left") for position in positions]
    rights = [_side(ctx, *path, "conditions", position, "right") for position in positions]
    return compile_conditions(conditions, ctx.timezone).match_columns(count, lefts, rights)


def _side(ctx: Context, *path: str | int) -> Constant | Sequence[Any]:
    column = ctx.column(*path)
    return Constant(column.value) if isinstance(column, Repeated) else column
