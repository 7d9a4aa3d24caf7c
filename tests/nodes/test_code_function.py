"""The function node: how a plain function gets its data, and what its result becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workflow_kernel.base.errors import NodeError
from workflow_kernel.runs.item import Object, Table
from workflow_kernel.testing import NodeResult, run_node

NUMBERS = [{"n": 1}, {"n": 2}, {"n": 3}]
MODULE = """
from __future__ import annotations
from pyarrow import Table

def scaled(row: dict, factor: int = 2) -> dict:
    return {"n": row["n"] * factor}

def total(rows: list[dict], field: str = "n"):
    print("adding up")
    return {"total": sum(row[field] for row in rows)}

def backwards(rows: list) -> list:
    return rows[::-1]

def first_row(table: Table):
    return table.slice(0, 1)

def frame(data: "polars.DataFrame"):
    return data.with_columns(m=data["n"] + 1)

def made() -> list:
    return [{"made": 1}, {"made": 2}]

def described(value: object):
    return {"type": type(value).__name__}

def both(left: dict, right: dict):
    return {**left, **right}

def broken(row):
    raise ValueError(f"no {row['n']}")

async def later(row: dict):
    return row

class Kept:
    @staticmethod
    def inner(row: dict):
        return {"inner": row["n"]}
"""


@pytest.fixture(params=["process", "thread"])
def call(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "functions_for_tests.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    def run(name: str, given: Any = NUMBERS, arguments: dict[str, Any] | None = None, **options: Any) -> NodeResult:
        parameters = {
            "function": f"functions_for_tests:{name}", "arguments": arguments or {}, "where": request.param
        }  # fmt: skip
        return run_node("code.function", parameters, given, folder=tmp_path, **options)

    return run


def test_once_for_each_item(call: Any) -> None:
    result = call("scaled")
    assert result.json() == [{"n": 2}, {"n": 4}, {"n": 6}]
    assert result.sources() == [[(0, 0)], [(0, 1)], [(0, 2)]]


def test_arguments_may_differ_by_item(call: Any) -> None:
    assert call("scaled", arguments={"factor": 10}).json()[2] == {"n": 30}
    assert call("scaled", arguments={"factor": "={{ $json.n }}"}).json() == [{"n": 1}, {"n": 4}, {"n": 9}]


def test_once_with_all_items(call: Any) -> None:
    assert call("total").json() == [{"total": 6}]
    assert call("backwards").sources() == [[(0, 2)], [(0, 1)], [(0, 0)]]


def test_tables_and_frames(call: Any) -> None:
    batch = call("first_row").batch()
    assert isinstance(batch, Table)
    assert batch.table.to_pylist() == [{"n": 1}]
    assert call("frame").json() == [{"n": 1, "m": 2}, {"n": 2, "m": 3}, {"n": 3, "m": 4}]


def test_an_object_is_handed_on_as_it_is(call: Any) -> None:
    assert call("described", Object({1, 2})).json() == [{"type": "set"}]


def test_without_data_it_runs_for_each_item(call: Any) -> None:
    assert len(call("made").json()) == 6


def test_asynchronous_and_inner_functions(call: Any) -> None:
    assert call("later").json() == NUMBERS
    assert call("Kept.inner").json()[0] == {"inner": 1}


def test_a_second_parameter_must_be_given(call: Any) -> None:
    with pytest.raises(NodeError, match="needs 'right' besides the data in 'left'"):
        call("both").batch()
    assert call("both", arguments={"right": {"m": 1}}).json()[0] == {"n": 1, "m": 1}


def test_errors_name_the_place(call: Any) -> None:
    with pytest.raises(NodeError, match=r"ValueError: no 1 \(functions_for_tests\.py, line \d+\)"):
        call("broken").batch()
    result = call("broken", on_error="branch")
    assert [item["error"].split(" (")[0] for item in result.json("error")] == [
        "ValueError: no 1",
        "ValueError: no 2",
        "ValueError: no 3",
    ]


def test_what_is_not_there_is_told(call: Any) -> None:
    with pytest.raises(NodeError, match="has no function 'nothing'"):
        call("nothing").batch()
    with pytest.raises(NodeError, match="There is no module 'no_such_module'"):
        run_node("code.function", {"function": "no_such_module:f"}).batch()


def test_what_it_prints_goes_to_the_log(tmp_path: Path) -> None:
    (tmp_path / "printing_module.py").write_text("def speak(row):\n    print('hello')\n")
    result = run_node("code.function", {"function": "printing_module:speak"}, NUMBERS[:1], folder=tmp_path)
    assert result.log == ["hello"]
