"""Tables that functions and code pass on stay tables: nobody makes items of them on the way."""

from __future__ import annotations

from typing import Any

import pyarrow
import pytest

from workflow_kernel.worker import child_function, child_node
from workflow_kernel.worker.child_items import Data
from workflow_kernel.worker.child_results import LocalHost


@pytest.fixture
def no_items(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Data) -> Any:
        raise AssertionError("items were made of a table")

    monkeypatch.setattr(Data, "_rows", refuse)


def renamed(table: pyarrow.Table) -> pyarrow.Table:
    return table.rename_columns(["b"])


@pytest.mark.usefixtures("no_items")
def test_a_function_of_a_table() -> None:
    given = {"kind": "table", "value": pyarrow.table({"a": [1, 2]})}
    data = {"function": renamed, "arguments": {}, "inputs": {"": given}, "outputs": [], "stops": True}
    found = child_function.run({"code": "", "data": data}, LocalHost({}))
    assert found["table"].to_pylist() == [{"b": 1}, {"b": 2}]


@pytest.mark.usefixtures("no_items")
def test_code_that_makes_a_table_beside_its_input() -> None:
    given = {"kind": "table", "value": pyarrow.table({"a": [1, 2]})}
    data: dict[str, Any] = {"input": given, "each": False, "stops": True, "timezone": "UTC", "now": 0.0}
    code = "import pyarrow\nreturn pyarrow.table({'c': [3]})"
    found = child_node.run({"code": code, "data": data}, LocalHost({}))
    assert found["table"].to_pylist() == [{"c": 3}]
