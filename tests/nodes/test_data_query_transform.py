"""SQL and table steps over items and Arrow tables."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow
import pytest

from workflow_kernel.runs.item import Table
from workflow_kernel.testing import NodeResult, run_node

PEOPLE = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bo"}]
ORDERS = [{"person": 1, "price": 2.5}, {"person": 1, "price": 1}, {"person": 3, "price": 9}]


def sql(query: str, *inputs: Any, **parameters: Any) -> NodeResult:
    return run_node("data.query", {"query": query, **parameters}, *inputs)


def test_sql_joins_the_inputs() -> None:
    query = "SELECT name, sum(price) AS total FROM input1 LEFT JOIN input2 ON id = person GROUP BY name ORDER BY name"
    assert sql(query, PEOPLE, ORDERS).json() == [{"name": "Ann", "total": 3.5}, {"name": "Bo", "total": None}]


def test_sql_takes_parameters() -> None:
    assert sql("SELECT name FROM input1 WHERE id = $id", PEOPLE, parameters={"id": 2}).json() == [{"name": "Bo"}]
    assert sql("SELECT name FROM input1 WHERE id = $1", PEOPLE, parameters="[1]").json() == [{"name": "Ann"}]


def test_tables_stay_tables_and_are_not_copied() -> None:
    table = pyarrow.table({"a": [1, 2, 3]})
    batch = sql("SELECT sum(a) AS s FROM input1", Table(table)).batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pylist() == [{"s": 6}]
    assert sql("SELECT a FROM input1", Table(table), result="items").json() == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert isinstance(sql("SELECT id FROM input1", PEOPLE, result="table").batch(), Table)


def test_ragged_and_mixed_items_lose_nothing() -> None:
    rows = [{"a": 1}, {"b": {"x": [1]}}, {"a": "one", "b": None}]
    found = sql("SELECT a, b FROM input1", rows).json()
    assert found == [{"a": "1", "b": None}, {"a": None, "b": {"x": [1]}}, {"a": "one", "b": None}]
    assert sql("SELECT count(*) AS n FROM input1", [{}, {}]).json() == [{"n": 2}]


def test_results_are_json() -> None:
    query = (
        "SELECT DATE '2024-01-02' AS d, 1.5::DECIMAL(4,2) AS n, 'nan'::DOUBLE AS f, '\\xFF'::BLOB AS b, 2::HUGEINT AS h"
    )
    assert sql(query, PEOPLE).json() == [{"d": "2024-01-02", "n": 1.5, "f": None, "b": "/w==", "h": 2}]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "COPY input1 TO '/tmp/out.csv'",
        "INSTALL httpfs", "SET enable_external_access = true", "ATTACH '/tmp/x.db'", "SELECT * FROM batches",
    ],
)  # fmt: skip
def test_sql_sees_nothing_but_its_inputs(query: str) -> None:
    assert "The SQL failed" in sql(query, PEOPLE).error


def test_bad_sql_is_told() -> None:
    assert "nope" in sql("SELECT nope FROM input1", PEOPLE).error


def steps(*given: dict[str, Any], rows: Any = None, other: Any = None) -> NodeResult:
    inputs = [rows if rows is not None else ORDERS] + ([other] if other is not None else [])
    return run_node("data.transform", {"steps": list(given), "inputs": len(inputs)}, *inputs)


def test_rows_are_filtered_sorted_and_extended_with_lineage() -> None:
    result = steps(
        {"kind": "filter", "condition": "price < 5"},
        {
            "kind": "with_columns",
            "expressions": {"tax": "price * 0.2", "kind": "CASE WHEN price > 2 THEN 'big' ELSE 'small' END"},
        },
        {"kind": "sort", "columns": ["price"]},
    )
    assert result.json() == [
        {"person": 1, "price": 1.0, "tax": 0.2, "kind": "small"},
        {"person": 1, "price": 2.5, "tax": 0.5, "kind": "big"},
    ]
    assert result.sources() == [[(0, 1)], [(0, 0)]]


def test_groups_keep_all_their_sources() -> None:
    grouped = {"kind": "group_by", "columns": ["person"], "expressions": ["sum(price) AS total", "count(*) AS n"]}
    result = steps(grouped, {"kind": "filter", "condition": "n > 1"})
    assert result.json() == [{"person": 1, "total": 3.5, "n": 2}]
    assert result.sources() == [[(0, 0), (0, 1)]]
    again = steps(grouped, {"kind": "group_by", "columns": ["n"], "expressions": ["sum(total) AS t"]})
    assert again.sources() == [[(0, 0), (0, 1)], [(0, 2)]]


def test_a_join_takes_columns_of_another_input() -> None:
    join = {"kind": "join", "left_on": ["person"], "right_on": ["id"], "how": "left"}
    result = steps(join, other=PEOPLE)
    assert [row["name"] for row in result.json()] == ["Ann", "Ann", None]
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 2)]]
    assert "no input 'input3'" in steps({**join, "other": "input3"}, other=PEOPLE).error


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"kind": "select", "expressions": {"a": "x + 1"}}, [{"a": 2}, {"a": 2}, {"a": None}]),
        ({"kind": "distinct", "columns": ["x"]}, [{"x": 1, "y": "p"}, {"x": None, "y": "q"}]),
        ({"kind": "limit", "count": 1, "offset": 1}, [{"x": 1, "y": "q"}]),
        ({"kind": "rename", "names": {"x": "z"}}, [{"z": 1, "y": "p"}, {"z": 1, "y": "q"}, {"z": None, "y": "q"}]),
        ({"kind": "drop", "columns": ["y"]}, [{"x": 1}, {"x": 1}, {"x": None}]),
        ({"kind": "fill_null", "columns": ["x"], "value": 0},
         [{"x": 1, "y": "p"}, {"x": 1, "y": "q"}, {"x": 0, "y": "q"}]),
        ({"kind": "cast", "names": {"x": "text"}}, [{"x": "1", "y": "p"}, {"x": "1", "y": "q"}, {"x": None, "y": "q"}]),
        ({"kind": "pivot", "columns": ["y"], "index": ["x"], "values": "y", "aggregate": "len"},
         [{"x": 1, "p": 1, "q": 1}, {"x": None, "p": 0, "q": 1}]),
        ({"kind": "unpivot", "columns": ["y"], "index": ["x"]},
         [{"x": 1, "variable": "y", "value": "p"}, {"x": 1, "variable": "y", "value": "q"},
          {"x": None, "variable": "y", "value": "q"}]),
        ({"kind": "sql", "query": "SELECT count(x) AS n FROM input"}, [{"n": 2}]),
    ],
)  # fmt: skip
def test_each_kind_of_step(step: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    rows = [{"x": 1, "y": "p"}, {"x": 1, "y": "q"}, {"x": None, "y": "q"}]
    assert steps(step, rows=rows).json() == expected


def test_lists_are_exploded_and_texts_become_dates() -> None:
    result = steps({"kind": "explode", "columns": ["l"]}, rows=[{"l": [1, 2]}, {"l": [3]}])
    assert result.json() == [{"l": 1}, {"l": 2}, {"l": 3}]
    assert result.sources() == [[(0, 0)], [(0, 0)], [(0, 1)]]
    table = Table(pyarrow.table({"d": ["2024-01-02"]}))
    batch = steps({"kind": "cast", "names": {"d": "date"}}, rows=table).batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pylist() == [{"d": datetime.date(2024, 1, 2)}]


def test_a_failing_step_is_named() -> None:
    error = steps({"kind": "limit"}, {"kind": "filter", "condition": "nope > 1"}).error
    assert error.startswith("Step 2 (filter) failed:")
    assert "Step 1 (select): 'a +' is not an SQL expression" in steps({"kind": "select", "expressions": ["a +"]}).error


def test_a_cancelled_query_stops() -> None:
    from workflow_kernel.base.errors import CancelledRunError
    from workflow_kernel.nodes.data import _tables

    with pytest.raises(CancelledRunError):
        _tables.run_sql("SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b", {}, (), lambda: True)
