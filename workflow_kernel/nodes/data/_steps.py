"""The steps of a table transformation, by Polars. Expressions are SQL text, never Python.

A column of row numbers goes along, so that lineage is known at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from workflow_kernel.nodes.data import _tables
from workflow_kernel.nodes.data._transform_step import Kind, Step
from workflow_kernel.sdk import Lineage, NodeError

ROW = "__row"
_TYPES: dict[str, Any] = {
    "text": pl.String, "integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean, "date": pl.Date,
    "datetime": pl.Datetime,
}  # fmt: skip


def run(
    steps: list[Step], frame: pl.DataFrame, others: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, Lineage | None]:
    """The frame after all steps, and its lineage where the steps leave it known.

    Raises
    ------
    NodeError: names the step that failed.
    """
    current = frame.with_row_index(ROW)
    for number, step in enumerate(steps, 1):
        try:
            current = _APPLY[step.kind](current, step, others)
        except PolarsError as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            columns = ", ".join(f"'{name}'" for name in current.columns if name != ROW)
            raise NodeError(
                f"Step {number} ({step.kind}) failed: {reason}",
                description=str(error),
                mend=f"Columns there: {columns}.",
            ) from None
        except NodeError as error:
            raise NodeError(f"Step {number} ({step.kind}): {error.message}", mend=error.mend) from None
    return _without_rows(current)


def _without_rows(frame: pl.DataFrame) -> tuple[pl.DataFrame, Lineage | None]:
    if ROW not in frame.columns:
        return frame, None
    rows = frame[ROW].to_list()
    rest = frame.drop(ROW)
    if frame.schema[ROW] == pl.List(pl.UInt32):
        return rest, Lineage.many([[(0, index) for index in group if index is not None] for group in rows])
    if None in rows:
        return rest, Lineage.many([[(0, index)] if index is not None else [] for index in rows])
    return rest, Lineage.one(rows)


def _expressions(step: Step) -> list[pl.Expr]:
    given = step.expressions
    named = list(given.items()) if isinstance(given, dict) else [("", text) for text in given]
    if not named:
        raise NodeError("There are no expressions.", mend="Fill in 'expressions'.")
    found = []
    for name, text in named:
        try:
            expression = pl.sql_expr(text)
        except PolarsError as error:
            raise NodeError(f"'{text}' is not an SQL expression: {str(error).splitlines()[0]}", mend="") from None
        found.append(expression.alias(name) if name else expression)
    return found


def _rows(frame: pl.DataFrame) -> list[str]:
    return [ROW] if ROW in frame.columns else []


def _select(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    selected = frame.select(_expressions(step))
    if ROW in selected.columns or not _rows(frame):
        return selected
    if selected.height == frame.height and frame.height != 1:
        return selected.with_columns(frame[ROW])
    return selected


def _with_columns(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return frame.with_columns(_expressions(step))


def _filter(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return frame.filter(pl.sql_expr(step.condition))


def _group_by(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    rows = [pl.col(ROW).explode() if frame.schema[ROW] == pl.List(pl.UInt32) else pl.col(ROW)] if _rows(frame) else []
    return frame.group_by(step.columns, maintain_order=True).agg([*_expressions(step), *rows])


def _join(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    other = others.get(step.other)
    if other is None:
        raise NodeError(f"There is no input '{step.other}'.", mend=f"Inputs: {', '.join(others) or 'input1 alone'}.")
    if step.how == "cross":
        return frame.join(other, how="cross")
    keys: dict[str, Any] = {"on": step.on} if step.on else {"left_on": step.left_on, "right_on": step.right_on}
    if not step.on and not step.left_on:
        raise NodeError("The join has no columns.", mend="Fill in 'on', or 'left_on' and 'right_on'.")
    return frame.join(other, how=step.how, coalesce=True, maintain_order="left_right", **keys)


def _sort(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return frame.sort(step.columns, descending=step.descending, maintain_order=True, nulls_last=True)


def _distinct(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    columns = step.columns or [name for name in frame.columns if name != ROW]
    return frame.unique(columns, keep="first", maintain_order=True)


def _unpivot(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    columns = step.columns or [name for name in frame.columns if name not in (ROW, *step.index)]
    return frame.unpivot(
        columns, index=[*step.index, *_rows(frame)], variable_name=step.variable, value_name=step.values
    )


def _pivot(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    plain = frame.drop(_rows(frame))
    return plain.pivot(step.columns, index=step.index or None, values=step.values, aggregate_function=step.aggregate)


def _fill_null(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    columns = step.columns or [name for name in frame.columns if name != ROW]
    return frame.with_columns(pl.col(columns).fill_null(step.value))


def _cast(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    unknown = [kind for kind in step.names.values() if kind not in _TYPES]
    if unknown:
        raise NodeError(f"There is no type '{unknown[0]}'.", mend=f"Types: {', '.join(_TYPES)}.")
    changes = []
    for name, kind in step.names.items():
        column = pl.col(name)
        is_text = frame.schema.get(name) == pl.String
        if is_text and kind == "date":
            changes.append(column.str.to_date())
        elif is_text and kind == "datetime":
            changes.append(column.str.to_datetime())
        else:
            changes.append(column.cast(_TYPES[kind]))
    return frame.with_columns(changes)


def _sql(frame: pl.DataFrame, step: Step, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    tables = {
        "input": frame.drop(_rows(frame)).to_arrow(),
        **{name: other.to_arrow() for name, other in others.items()},
    }
    found = pl.from_arrow(_tables.run_sql(step.query, tables))
    return found if isinstance(found, pl.DataFrame) else found.to_frame()


_APPLY: dict[Kind, Callable[[pl.DataFrame, Step, Mapping[str, pl.DataFrame]], pl.DataFrame]] = {
    "select": _select, "with_columns": _with_columns, "filter": _filter, "group_by": _group_by, "join": _join,
    "sort": _sort, "distinct": _distinct, "unpivot": _unpivot, "pivot": _pivot, "fill_null": _fill_null,
    "cast": _cast, "sql": _sql,
    "limit": lambda frame, step, others: frame.slice(step.offset, step.count),
    "rename": lambda frame, step, others: frame.rename(step.names),
    "drop": lambda frame, step, others: frame.drop(step.columns),
    "explode": lambda frame, step, others: frame.explode(step.columns),
}  # fmt: skip
