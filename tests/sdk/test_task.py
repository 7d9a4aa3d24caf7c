"""Plain functions as node types: ports and fields from annotations, and calling them both ways."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pyarrow
import pytest

from workflow_kernel.sdk.node import Port
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.task import Task, task
from workflow_kernel.testing import NodeResult, run_node

NUMBERS = [{"n": 1}, {"n": 2}, {"n": 3}]


@task
def total(rows: list[dict[str, Any]], field: str = "n") -> dict[str, Any]:
    """Sums up a field.

    field: which one is summed up.
    """
    return {"total": sum(row[field] for row in rows)}


@task(where="thread", title="Multiply")
def scale(row: dict[str, Any], factor: float, copy: bool = True) -> dict[str, Any]:
    return {**row, "n": row["n"] * factor, "copy": copy}


class Parts(NamedTuple):
    small: list[dict[str, Any]]
    large: list[dict[str, Any]]


@task(where="inline", type="tests.parts")
def parts(rows: list[dict[str, Any]], at: int = 2) -> Parts:
    return Parts([row for row in rows if row["n"] < at], [row for row in rows if row["n"] >= at])


@task
def joined(
    left: list[dict[str, Any]], right: list[dict[str, Any]], how: Literal["inner", "outer"] = "inner"
) -> list[dict[str, Any]]:
    return [{**one, **other, "how": how} for one, other in zip(left, right, strict=False)]


@task
def shape(table: pyarrow.Table) -> dict[str, Any]:
    return {"rows": table.num_rows}


def run(made: Task[..., Any], parameters: dict[str, Any], *inputs: Any, monkeypatch: pytest.MonkeyPatch) -> NodeResult:
    node_type = made.node_type
    monkeypatch.setattr("workflow_kernel.testing.Registry", lambda: Registry({node_type.spec.type: node_type}))
    return run_node(node_type.spec.type, parameters, *inputs)


def test_it_still_is_a_function() -> None:
    assert total([{"n": 1}, {"n": 2}]) == {"total": 3}
    assert total.__name__ == "total"


def test_ports_and_fields_come_from_the_signature() -> None:
    spec = total.node_type.spec
    assert (spec.type, spec.title, spec.description.splitlines()[0]) == ("task.total", "Total", "Sums up a field.")
    assert spec.ports.inputs == (Port("main", "items"),)
    field = total.node_type.model_json_schema()["properties"]["field"]
    assert (field["default"], field["description"]) == ("n", "which one is summed up.")


def test_several_inputs_and_outputs() -> None:
    assert [port.name for port in joined.node_type.spec.ports.inputs] == ["left", "right"]
    assert joined.node_type.spec.ports.required == "all"
    assert [port.name for port in parts.node_type.spec.ports.outputs] == ["small", "large"]
    assert shape.node_type.spec.ports.inputs == (Port("main", "table"),)


def test_it_runs_in_a_worker_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(total, {}, NUMBERS, monkeypatch=monkeypatch).json() == [{"total": 6}]
    assert run(shape, {}, NUMBERS, monkeypatch=monkeypatch).json() == [{"rows": 3}]
    result = run(joined, {"how": "outer"}, NUMBERS, [{"m": 1}], monkeypatch=monkeypatch)
    assert result.json() == [{"n": 1, "m": 1, "how": "outer"}]
    assert result.sources() == [[(0, 0), (0, 1), (0, 2), (1, 0)]]


def test_a_function_of_a_session_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    bonus = 10

    @task
    def raised(row: dict[str, Any]) -> dict[str, Any]:
        return {"n": row["n"] + bonus}

    assert run(raised, {}, NUMBERS, monkeypatch=monkeypatch).json() == [{"n": 11}, {"n": 12}, {"n": 13}]


def test_parameters_may_differ_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(scale, {"factor": "={{ $json.n }}", "copy": False}, NUMBERS, monkeypatch=monkeypatch)
    assert result.json() == [{"n": 1, "copy": False}, {"n": 4, "copy": False}, {"n": 9, "copy": False}]


def test_outputs_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(parts, {}, NUMBERS, monkeypatch=monkeypatch)
    assert (result.json("small"), result.json("large")) == ([{"n": 1}], [{"n": 2}, {"n": 3}])
    assert result.sources("large") == [[(0, 1)], [(0, 2)]]
