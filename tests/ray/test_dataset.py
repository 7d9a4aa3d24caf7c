"""Ray Data as a node: files in, files or a table out, with progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tests.engine.drawn import draw
from tests.ray.conftest import Make
from workflow_kernel.app.local import LocalEngine
from workflow_kernel.graph.model import Workflow
from workflow_kernel.sdk.registry import Registry

AGGREGATES = [{"function": "sum", "column": "amount", "name": "total"}, {"function": "count", "name": "sales"}]


def dataset(**parameters: Any) -> Workflow:
    return draw({"start": "flow.manual_trigger", "d": ("ray.dataset", parameters)}, "start > d")


def sales(folder: Path) -> None:
    for number in range(3):
        rows = [{"shop": n % 2, "amount": float(n), "odd": "x"} for n in range(number * 100, number * 100 + 100)]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{number}.parquet")


async def test_files_are_filtered_changed_grouped_and_written(on_ray: Make, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sales(tmp_path / "in")
    engine = on_ray(Registry())
    engine.environment.folder = tmp_path
    place = str(tmp_path / "out")
    written = await engine.run(
        dataset(
            read=str(tmp_path / "in"), filter="amount >= 100", change="SELECT shop, amount * 2 AS amount FROM batch",
            group_by=["shop"], aggregates=AGGREGATES, write=place, write_format="csv",
        )
    )  # fmt: skip
    written.raise_if_failed()
    assert written["d"].json() == [{"path": place, "format": "csv", "rows_read": 300}]
    found = await engine.run(dataset(read=place, format="csv", columns=["sales", "total"], rows=5))
    found.raise_if_failed()
    rows = sorted((row["sales"], row["total"]) for row in found["d"].json())
    assert rows == [(100, 39_800.0), (100, 40_000.0)]
    wrong = await engine.run(dataset(read=place, format="csv", filter="nothing > 1"))
    assert wrong.error is not None
    assert "nothing" in wrong.error.message


async def test_without_a_cluster_it_says_so() -> None:
    import ray

    if ray.is_initialized():
        return
    async with LocalEngine() as engine:
        found = await engine.run(dataset(read="."))
    assert found.error is not None
    assert found.error.code == "WF660"
