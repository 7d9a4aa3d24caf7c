"""Worker processes: what they give, how they are stopped, and that none of it harms the pool."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pytest

from workflow_kernel.backends.processes import ProcessPool
from workflow_kernel.base.errors import (
    CancelledRunError,
    NodeError,
    NodeTimeoutError,
    WorkerLostError,
    WorkflowError,
)
from workflow_kernel.worker.child_values import Pickled, PickledObject
from workflow_kernel.worker.task import Cancellation

HERE = "tests.backends.entries"


@pytest.fixture
async def pool() -> AsyncIterator[ProcessPool]:
    pool = ProcessPool(2, grace=0.5)
    yield pool
    await pool.close()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in "ZX"
    except FileNotFoundError:
        return False


class Begun:
    """A log that tells when the code has begun."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._loop.call_soon_threadsafe(self.event.set)


async def test_plain_data_comes_back_as_it_went(pool: ProcessPool) -> None:
    value = {"text": "ä", "list": [1, 2.5, None, True], "bytes": b"\x00"}
    assert await pool.run(f"{HERE}:echo", value) == value


async def test_nothing_starts_before_it_is_needed_and_a_process_is_used_again(pool: ProcessPool) -> None:
    assert pool.pids == []
    first = await pool.run(f"{HERE}:process_id", None)
    assert await pool.run(f"{HERE}:process_id", None) == first
    assert pool.pids == [first]


async def test_a_process_is_replaced_after_its_runs() -> None:
    pool = ProcessPool(1, runs=1)
    first = await pool.run(f"{HERE}:process_id", None)
    assert await pool.run(f"{HERE}:process_id", None) != first
    assert not is_running(first)
    await pool.close()


async def test_large_arrays_go_through_shared_memory_and_can_be_changed_there(pool: ProcessPool) -> None:
    array = numpy.arange(1_000_000)
    assert await pool.run(f"{HERE}:double", {"array": array}) == 2 * int(array.sum())
    assert array[-1] == 999_999


async def test_objects_come_back_unopened(pool: ProcessPool) -> None:
    answer = await pool.run(f"{HERE}:array", 500_000)
    assert answer["size"] == 500_000
    assert isinstance(answer["array"], Pickled)
    assert answer["array"].load().sum() == 500_000 * 499_999 // 2


async def test_a_shared_server_does_not_open_what_user_code_made() -> None:
    pool = ProcessPool(1, trusted=False)
    answer = await pool.run(f"{HERE}:array", 10)
    with pytest.raises(WorkflowError, match="may not be opened"):
        _ = PickledObject(answer["array"]).value
    assert await pool.run(f"{HERE}:double", {"array": answer["array"]}) == 90
    await pool.close()


async def test_a_table_goes_there_and_back(pool: ProcessPool) -> None:
    table = pyarrow.table({"n": range(300_000)})
    answer = await pool.run(f"{HERE}:echo", {"table": table})
    assert answer["table"].load() == table


async def test_integers_of_any_size_travel(pool: ProcessPool) -> None:
    answer = await pool.run(f"{HERE}:echo", {"n": 10**30})
    assert answer.load() == {"n": 10**30}


async def test_what_it_prints_is_caught_below_python(pool: ProcessPool) -> None:
    lines: list[str] = []
    await pool.run(f"{HERE}:talk", None, log=lines.append)
    assert lines == ["from Python", "from the shell", "and its errors", "no end of line"]


async def test_lines_come_while_it_runs_and_cancelling_runs_the_finally(pool: ProcessPool) -> None:
    begun, cancellation = Begun(), Cancellation()
    running = asyncio.create_task(pool.run(f"{HERE}:wait", None, log=begun, cancellation=cancellation))
    await begun.event.wait()
    cancellation.set()
    with pytest.raises(CancelledRunError):
        await running
    assert begun.lines == ["begun", "cleaned up"]
    assert len(pool.pids) == 1


async def test_cancelling_the_awaiting_task_stops_the_code(pool: ProcessPool) -> None:
    begun = Begun()
    running = asyncio.create_task(pool.run(f"{HERE}:wait", None, log=begun))
    await begun.event.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await pool.close()
    assert begun.lines == ["begun", "cleaned up"]


async def test_a_cancelled_run_does_not_begin(pool: ProcessPool) -> None:
    cancellation = Cancellation()
    cancellation.set()
    with pytest.raises(CancelledRunError):
        await pool.run(f"{HERE}:wait", None, cancellation=cancellation)


async def test_a_timeout_runs_the_finally_and_keeps_the_process(pool: ProcessPool) -> None:
    first = await pool.run(f"{HERE}:process_id", None)
    lines: list[str] = []
    with pytest.raises(NodeTimeoutError, match=r"within 0\.2 s"):
        await pool.run(f"{HERE}:wait", None, timeout=0.2, log=lines.append)
    assert lines == ["begun", "cleaned up"]
    assert await pool.run(f"{HERE}:process_id", None) == first


async def test_code_that_does_not_listen_is_killed_after_the_grace(pool: ProcessPool) -> None:
    first = await pool.run(f"{HERE}:process_id", None)
    with pytest.raises(NodeTimeoutError):
        await pool.run(f"{HERE}:hold_out", None, timeout=0.1)
    assert not is_running(first)
    assert await pool.run(f"{HERE}:echo", "on it goes") == "on it goes"


@pytest.mark.parametrize(
    ("entry", "told", "last"),
    [
        ("leave", "exit code 3", r"last words"),
        ("crash", "SIGSEGV", r"Segmentation fault.*line \d+ in crash"),
        ("give_up", r"exit\(2\)", ""),
    ],
)
async def test_a_process_that_ends_is_lost_and_the_pool_goes_on(
    pool: ProcessPool, entry: str, told: str, last: str
) -> None:
    lines: list[str] = []
    with pytest.raises(WorkerLostError, match=told) as caught:
        await pool.run(f"{HERE}:{entry}", None, log=lines.append)
    for text in ("\n".join(lines), caught.value.message):
        assert re.search(last, text, re.DOTALL)
    assert await pool.run(f"{HERE}:echo", 1) == 1


async def test_a_killed_process_is_lost(pool: ProcessPool) -> None:
    begun = Begun()
    running = asyncio.create_task(pool.run(f"{HERE}:wait", None, log=begun))
    await begun.event.wait()
    os.kill(pool.pids[0], signal.SIGKILL)
    with pytest.raises(WorkerLostError, match="SIGKILL"):
        await running


async def test_an_idle_process_that_dies_is_replaced(pool: ProcessPool) -> None:
    first = await pool.run(f"{HERE}:process_id", None)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - it is as good as dead
    assert await pool.run(f"{HERE}:process_id", None) != first


async def test_too_much_memory_is_an_error_that_says_so(pool: ProcessPool) -> None:
    with pytest.raises(NodeError, match="more than the 100 MB of memory"):
        await pool.run(f"{HERE}:take", 300 << 20, memory=100 << 20)
    assert await pool.run(f"{HERE}:take", 50 << 20, memory=100 << 20) == 50 << 20
    assert len(pool.pids) == 1


async def test_an_exception_tells_its_line_and_traceback(pool: ProcessPool) -> None:
    with pytest.raises(NodeError, match=r"^ValueError: no good \(entries\.py, line \d+\)$") as caught:
        await pool.run(f"{HERE}:fail", None)
    assert 'raise ValueError("no good")' in caught.value.description
    assert "child.py" not in caught.value.description


async def test_code_may_call_the_server_and_sees_its_errors(pool: ProcessPool) -> None:
    def add_one(number: int) -> int:
        if number < 0:
            raise WorkflowError("Only natural numbers.")
        return number + 1

    assert await pool.run(f"{HERE}:ask", 41, calls={"add_one": add_one}) == 42
    with pytest.raises(NodeError, match="Only natural numbers"):
        await pool.run(f"{HERE}:ask", -1, calls={"add_one": add_one})


async def test_secrets_of_the_environment_stay_here(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "hidden")
    monkeypatch.setenv("AN_ALLOWED_ONE", "seen")
    pool = ProcessPool(1, allow=("AN_ALLOWED_ONE",), environment={"OWN": "1"})
    seen = await pool.run(f"{HERE}:environment", None)
    await pool.close()
    assert "A_SECRET" not in seen
    assert (seen["AN_ALLOWED_ONE"], seen["OWN"], seen["PATH"]) == ("seen", "1", os.environ["PATH"])


async def test_what_cannot_be_sent_is_told_and_harms_nothing(pool: ProcessPool) -> None:
    with pytest.raises(WorkflowError, match="cannot be sent"):
        await pool.run(f"{HERE}:echo", {"lock": asyncio.get_running_loop()})
    assert await pool.run(f"{HERE}:echo", 1) == 1


async def test_closing_ends_all_processes_and_what_they_started(pool: ProcessPool) -> None:
    child = await pool.run(f"{HERE}:process_id", None)
    grandchild = await pool.run(f"{HERE}:start_another", None)
    await pool.close()
    assert not is_running(child)
    assert pool.pids == []
    for _ in range(100):
        if not is_running(grandchild):
            break
        await asyncio.sleep(0.01)
    assert not is_running(grandchild)


async def test_closing_stops_what_runs(pool: ProcessPool) -> None:
    begun = Begun()
    running = asyncio.create_task(pool.run(f"{HERE}:wait", None, log=begun))
    await begun.event.wait()
    await pool.close()
    with pytest.raises(CancelledRunError):
        await running


async def test_processes_end_with_the_server_even_while_code_runs() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from workflow_kernel.backends.processes import ProcessPool\n"
        "async def main():\n"
        "    pool = ProcessPool(2)\n"
        f"    idle = await pool.run('{HERE}:process_id', None)\n"
        "    print(idle, flush=True)\n"
        f"    await pool.run('{HERE}:wait', None, log=lambda line: os.kill(os.getpid(), signal.SIGKILL))\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    output, _ = await server.communicate()
    pid = int(output)
    for _ in range(200):
        if not is_running(pid):
            break
        await asyncio.sleep(0.01)
    assert not is_running(pid)


async def test_runs_go_side_by_side_and_the_rest_waits(pool: ProcessPool) -> None:
    found = await asyncio.gather(*(pool.run(f"{HERE}:echo", number) for number in range(20)))
    assert found == list(range(20))
    assert len(pool.pids) <= 2


def test_an_opaque_value_can_be_kept() -> None:
    class Model:
        def __init__(self, depth: int) -> None:
            self.depth = depth

    pickled: Any = pickle.loads(pickle.dumps(Pickled.of(Model(3), described=True)))
    assert pickled.load().depth == 3
    assert "Model" in pickled.kind


async def test_a_changed_file_is_imported_afresh(tmp_path: Path) -> None:
    pool = ProcessPool(1, folder=tmp_path)
    read = {"code": "import changing\nreturn changing.answer", "data": {}}
    found = []
    for answer in (41, 42):
        (tmp_path / "changing.py").write_text(f"answer = {answer}\n")
        found.append(await pool.run("workflow_kernel.worker.child_code:run", read))
    await pool.close()
    assert found == [41, 42]


async def test_code_gets_values_by_name_and_may_use_large_libraries_within_its_memory(pool: ProcessPool) -> None:
    code = "import numpy, polars, pyarrow\nreturn int(numpy.arange(count).sum())"
    entry = "workflow_kernel.worker.child_code:run"
    assert await pool.run(entry, {"code": code, "data": {"count": 10}}, memory=512 << 20) == 45
