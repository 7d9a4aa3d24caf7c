"""Runs on a cluster that are stopped, take too long or too much, or lose their process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from ray_executor.packages import folder_of
from tests.engine.drawn import draw
from tests.ray.conftest import Make, run_of
from tests.ray.drawn import registry
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Resources, Workflow
from workflow_kernel.runs.item import Items


def code(text: str, **fields: Any) -> Workflow:
    return draw({"start": "flow.manual_trigger", "a": ("code.python", {"code": text}, fields)}, "start > a")


async def until(condition: Any) -> None:
    async with asyncio.timeout(90):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)


async def test_sleeping_code_is_cancelled_with_its_finally(on_ray: Make, tmp_path: Path) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    text = f"""
import pathlib, time
pathlib.Path({str(began)!r}).touch()
try:
    time.sleep(60)
finally:
    pathlib.Path({str(ended)!r}).touch()
"""
    engine = on_ray()
    work = asyncio.create_task(engine.run(code(text), execution="x"))
    await until(began.exists)
    asked = time.monotonic()
    engine.cancel("x")
    result = await work
    assert (result.state, ended.exists()) == ("cancelled", True)
    assert time.monotonic() - asked < 5


async def test_code_that_ignores_it_ends_with_its_process(on_ray: Make, tmp_path: Path) -> None:
    began = tmp_path / "began"
    text = f"""
import pathlib, time
pathlib.Path({str(began)!r}).touch()
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""
    engine = on_ray(grace=0.3)
    work = asyncio.create_task(engine.run(code(text), execution="x"))
    await until(began.exists)
    engine.cancel("x")
    assert (await work).state == "cancelled"
    slow = await engine.run(code(text, timeout=0.2))
    assert slow.error is not None
    assert (slow.state, slow.error.kind) == ("failed", "timeout")


async def test_what_waits_for_a_place_is_cancelled_at_once(on_ray: Make) -> None:
    engine = on_ray(registry())
    names = [f"n{number}" for number in range(12)]
    wide = draw(
        {
            "start": "flow.manual_trigger",
            **{name: ("code.python", {"code": "import time; time.sleep(30)"}) for name in names},
        },
        ", ".join(f"start > {name}" for name in names),
    )
    work = asyncio.create_task(engine.run(wide, execution="x"))
    await until(lambda: engine.backend.tasks >= 4)  # type: ignore[attr-defined]
    assert engine.backend.capacity().running == 12  # type: ignore[attr-defined]
    engine.cancel("x")
    assert (await work).state == "cancelled"


async def test_a_killed_process_is_a_loss_and_the_run_is_tried_again(on_ray: Make, tmp_path: Path) -> None:
    workflow = draw({"start": "flow.manual_trigger", "a": "task.killed_once"}, "start > a")
    result = await on_ray(registry()).run(workflow, Items.of({"mark": str(tmp_path / "mark")}))
    result.raise_if_failed()
    row = result["a"].json()[0]
    assert row["pid"] != row["before"]
    assert run_of(result, "a").losses == 1


async def refused(engine: Any, **fields: Any) -> ExecutionResult:
    result: ExecutionResult = await engine.run(code("return bytes(600_000_000)[:1]", **fields))
    return result


async def test_limits_of_memory_and_impossible_wishes(on_ray: Make) -> None:
    engine = on_ray()
    hungry = await refused(engine, resources=Resources(memory=100 << 20))
    assert hungry.error is not None
    assert (hungry.error.code, hungry.error.kind) == ("WF333", "error")
    impossible = await refused(engine, resources=Resources(gpus=1, custom={"vpn": 1}))
    assert impossible.error is not None
    assert impossible.error.code == "WF653"
    assert "GPU 1, vpn 1" in impossible.error.message
    assert "CPU 2" in impossible.error.message
    assert (await engine.run(code("return {}", resources=Resources(cpus=0.3)))).is_success


async def test_a_node_has_packages_of_its_own(on_ray: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Packages are kept by machine: what is there is not installed again, so no registry is needed here.
    folder = folder_of(["own-package==1.0"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own_package.py").write_text("VALUE = 42")
    own = Resources(packages=("own-package==1.0",), placement="spread")
    engine = on_ray()
    found = await engine.run(code("import own_package\nreturn {'value': own_package.VALUE}", resources=own))
    found.raise_if_failed()
    assert found["a"].json() == [{"value": 42}]
    assert (await engine.run(code("import own_package", resources=Resources()))).error is not None
    unknown = await engine.run(code("return {}", resources=Resources(packages=("no-such-thing>1,<1",))))
    assert unknown.error is not None
    assert unknown.error.code == "WF658"


async def test_time_limits_run_the_finally(on_ray: Make) -> None:
    text = "import time\ntry:\n    time.sleep(60)\nfinally:\n    print('tidied up')"
    result = await on_ray().run(code(text, timeout=0.2, on_error="continue"))
    assert result.is_success
    outcome = run_of(result, "a").outcome
    assert outcome.recovered.kind == "timeout"
    assert [line.text for line in outcome.logs] == ["tidied up"]
