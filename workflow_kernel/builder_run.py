"""Running a workflow that was built in Python, in this process. Called by ``builder``."""

from __future__ import annotations

import asyncio
import inspect
import threading
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from workflow_kernel import wire
from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.base.errors import InvalidWorkflowError
from workflow_kernel.builder_progress import AFTER, Bar
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.runs.given import as_batch
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

T = TypeVar("T")


OnEvent = Callable[[wire.LiveEvent], None]


class Viewer(Protocol):
    """Follows the runs of a workflow."""

    def begin(self, execution: str, workflow: Workflow) -> OnEvent: ...
    def end(self, result: ExecutionResult) -> None: ...


async def run(
    workflow: Workflow, registry: Registry, items: Any, fields: Mapping[str, Any], viewers: Sequence[Viewer] = ()
) -> ExecutionResult:
    """Check a workflow and run it to its end; see ``builder.Workflow.run``."""
    problems = [found for found in validate(workflow, RegistryCatalog(registry)) if found.severity == "error"]
    if problems:
        raise InvalidWorkflowError(problems, f"Workflow '{workflow.name}'")
    # Whoever builds a workflow here can call any function here anyway.
    environment = local_environment(allow_code_here=True)
    async with LocalEngine(registry, environment) as engine:
        execution = str(uuid.uuid4())
        told = [viewer.begin(execution, workflow) for viewer in viewers]
        # Who looks at the graph sees there how far it is.
        with Bar(workflow.name, len(workflow.nodes), "node", is_wanted=not viewers) as bar:
            seen: set[str] = set()

            def on_event(event: wire.LiveEvent) -> None:
                for tell in told:
                    tell(event)
                if isinstance(event, wire.NodeRunEnded) and event.node not in seen:
                    seen.add(event.node)
                    bar.advance()

            asyncio.get_running_loop().call_later(AFTER, bar.draw)
            result = await engine.run(
                workflow, as_batch(items, fields), is_manual=True, execution=execution,
                on_event=on_event if told or bar.is_wanted else None,
            )  # fmt: skip
    for viewer in viewers:
        viewer.end(result)
    return result


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from plain code: here, or in a thread where an event loop runs already."""
    return _in_thread(work) if _is_loop_running() else asyncio.run(work)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_thread(work: Coroutine[Any, Any, T]) -> T:
    done: Future[T] = Future()
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def main() -> T:
        current = asyncio.current_task()
        assert current is not None
        started.set_result((asyncio.get_running_loop(), current))
        return await work

    def target() -> None:
        try:
            done.set_result(asyncio.run(main()))
        except BaseException as error:  # handed over to the thread that waits
            done.set_exception(error)

    threading.Thread(target=target, name="workflow run", daemon=True).start()
    loop, task = started.result()
    try:
        return done.result()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(task.cancel)
        raise


def bind(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a call by parameter name. Raises ``TypeError`` as the call itself would."""
    return dict(inspect.signature(function).bind_partial(*args, **kwargs).arguments)
