"""What a step of a table transformation says. Doing it is the business of ``_steps``, which loads Polars."""

from __future__ import annotations

from typing import Any, Literal

from workflow_kernel.sdk import Field, Model

Kind = Literal[
    "select", "with_columns", "filter", "group_by", "join", "sort", "distinct", "limit", "rename", "drop", "explode",
    "unpivot", "pivot", "fill_null", "cast", "sql",
]  # fmt: skip
Aggregate = Literal["first", "last", "sum", "mean", "median", "min", "max", "len"]


class Step(Model):
    """One change of a table."""

    kind: Kind = Field(description="What is done.")
    expressions: list[str] | dict[str, str] = Field(
        [], description="SQL expressions, a list or by the name of their column, e.g. {\"total\": \"price * 2\"}.",
        show={"kind": ["select", "with_columns", "group_by"]},
    )  # fmt: skip
    condition: str = Field("", description="SQL condition rows must meet.", show={"kind": "filter"})
    columns: list[str] = Field(
        [], description="Columns it is about.",
        show={"kind": ["group_by", "sort", "distinct", "drop", "explode", "unpivot", "pivot", "fill_null"]},
    )  # fmt: skip
    names: dict[str, str] = Field({}, description="New name, or type, by column.", show={"kind": ["rename", "cast"]})
    descending: bool | list[bool] = Field(False, description="Whether the largest comes first.", show={"kind": "sort"})
    count: int = Field(100, ge=0, description="Rows to keep.", show={"kind": "limit"})
    offset: int = Field(0, ge=0, description="Rows to leave out before.", show={"kind": "limit"})
    other: str = Field("input2", description="Input to join with.", show={"kind": "join"})
    on: list[str] = Field([], description="Columns both sides have.", show={"kind": "join"})
    left_on: list[str] = Field([], description="Columns of this side.", show={"kind": "join"})
    right_on: list[str] = Field([], description="Columns of the other side.", show={"kind": "join"})
    how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = Field(
        "inner", description="Which rows a join keeps.", show={"kind": "join"}
    )
    index: list[str] = Field([], description="Columns that stay.", show={"kind": ["pivot", "unpivot"]})
    values: str = Field("value", description="Column of values.", show={"kind": ["pivot", "unpivot"]})
    variable: str = Field("variable", description="Column that gets the names.", show={"kind": "unpivot"})
    aggregate: Aggregate = Field("first", description="What is kept of several values.", show={"kind": "pivot"})
    value: Any = Field(None, description="What stands for missing values.", show={"kind": "fill_null"})
    query: str = Field("", description="SQL of DuckDB over the table 'input'.", widget="code", language="sql",
                       show={"kind": "sql"})  # fmt: skip
