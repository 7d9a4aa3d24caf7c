"""What a worker has at hand for every node run: stores, clients, languages, the clock. Made once per process.

The engine's host plugs the parts in; nodes see them only through their context.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workflow_kernel.contracts import Blobs
from workflow_kernel.expressions.scope import Evaluator
from workflow_kernel.runs.item import CHUNK, Items

if TYPE_CHECKING:
    import httpx

    from workflow_kernel.expressions.javascript_code import JavaScriptCode
    from workflow_kernel.worker.task import Cancellation


SPILL_AT = 100_000
"""Items a port keeps in memory unless an environment says otherwise."""


class CallWorkflow(Protocol):
    """Runs another workflow for a node; the engine implements it."""

    async def __call__(self, source: Any, items: Items, *, wait: bool, parent: str, key: str) -> Items:
        """Call it; ``key`` is the same when the same call is made again after the process was lost."""
        ...


class RunPython(Protocol):
    """Calls a function in a worker process, apart from this one; a backend implements it."""

    async def __call__(
        self,
        entry: str,
        payload: Any,
        *,
        timeout: float | None,
        cancellation: Cancellation | None,
        log: Callable[[str], None],
        calls: Mapping[str, Callable[..., Any]],
        memory: int | None,
    ) -> Any:
        """Call ``entry`` (``module:function``) with the payload.

        It is stopped after ``timeout`` seconds or when ``cancellation`` is set; each line it prints goes to ``log``;
        it may call ``calls`` by name; it may use ``memory`` bytes. Opaque results stay unopened.
        """
        ...


class CallHere(Protocol):
    """Lets code of users run in this very thread: caught and interruptible as in a process of its own."""

    def __call__(
        self, work: Callable[[], Any], *, timeout: float | None, log: Callable[[str], None], memory: int | None
    ) -> Any:
        """Call it; each line it prints goes to ``log``. Raises ``NodeError`` for what the code raises.

        ``timeout`` is told in the error of code that was stopped after it; it may use ``memory`` bytes.
        """
        ...


class ResumeUrl(Protocol):
    """Gives the address that ends a wait of an execution, for the node run that tells somebody of it."""

    def __call__(self, execution: str, node: str, run_index: int) -> str: ...


class Environment:
    """Stores, clients and languages shared by all node runs of a process.

    Parameters
    ----------
    blobs: where attachments and large values are kept.
    folder: where relative file paths begin.
    folders: roots a node may read and write; empty means anywhere.
    clock: seconds since the epoch.
    credentials: secret by credential id.
    variables: ``$vars``.
    variables_of_process: ``$env``, None where that is off.
    http: makes the shared client; a default one is made at first use.
    check_address: gives the address to connect to for a host and port, or raises ``NodeError``; None fences nothing.
    run_python: calls functions in worker processes.
    allow_code_here: whether functions a workflow names may be called in this process; not where users share it.
    spill_at: items a port keeps in memory; beyond it they go to the blob store, and item nodes work on chunks.
    chunk: how many items a chunk holds.
    """

    def __init__(
        self,
        blobs: Blobs,
        *,
        folder: Path | None = None,
        folders: tuple[Path, ...] = (),
        clock: Callable[[], float] = time.time,
        credentials: Mapping[str, Mapping[str, Any]] | None = None,
        variables: Mapping[str, Any] | None = None,
        variables_of_process: Mapping[str, str] | None = None,
        http: Callable[[], httpx.AsyncClient] | None = None,
        check_address: Callable[[str, int], Awaitable[str]] | None = None,
        call_workflow: CallWorkflow | None = None,
        run_python: RunPython | None = None,
        allow_code_here: bool = False,
        spill_at: int = SPILL_AT,
        chunk: int = CHUNK,
    ) -> None:
        self.blobs = blobs
        self.folder = folder or Path.cwd()
        self.folders = folders
        self.clock = clock
        self.credentials = credentials or {}
        self.variables = variables or {}
        self.variables_of_process = variables_of_process
        self.check_address = check_address
        self.call_workflow = call_workflow
        self.run_python = run_python
        self.call_here: CallHere | None = None
        """Runs code of users in this thread, where this is a worker of its own; None where others do."""
        self.allow_code_here = allow_code_here
        self.spill_at = spill_at
        self.chunk = chunk
        self.resume_url: ResumeUrl = nowhere
        self._shared: Environment | None = None
        self._make_http = http
        self._http: httpx.AsyncClient | None = None
        self._evaluators: dict[str, Evaluator] = {}
        self._javascript_code: JavaScriptCode | None = None
        self.on_close: list[Callable[[], Awaitable[None]]] = []
        self.priority = 3
        self.owner = ""
        """Of the execution: 1 (first) to 5, and whose it is; users take turns where nodes wait for a place."""

    def for_execution(self, credentials: Mapping[str, Mapping[str, Any]], variables: Mapping[str, Any]) -> Environment:
        """The same for the nodes of one execution: with the secrets and variables that are its own."""
        own = copy.copy(self)
        own.credentials, own.variables = credentials, variables
        own._shared = self._shared or self
        return own

    def evaluator(self, language: str) -> Evaluator:
        """The evaluator of a language; V8 is started only when a workflow uses JavaScript."""
        found = self._evaluators.get(language)
        if found is None:
            found = self._evaluators[language] = _make_evaluator(language)
        return found

    @property
    def javascript_code(self) -> JavaScriptCode:
        """Runs the JavaScript of code nodes; V8 is started only when one runs."""
        if self._shared is not None:
            return self._shared.javascript_code
        if self._javascript_code is None:
            from workflow_kernel.expressions.javascript_code import JavaScriptCode  # noqa: PLC0415 - V8 is heavy

            self._javascript_code = JavaScriptCode()
        return self._javascript_code

    @property
    def http(self) -> httpx.AsyncClient:
        """The shared HTTP client."""
        if self._shared is not None:
            return self._shared.http
        if self._http is None:
            self._http = self._make_http() if self._make_http else _default_http()
        return self._http

    async def close(self) -> None:
        """Close clients and processes; the environment can be used again afterwards."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None
        for evaluator in self._evaluators.values():
            evaluator.close()
        self._evaluators.clear()
        if self._javascript_code is not None:
            self._javascript_code.close()
            self._javascript_code = None
        for close in self.on_close:
            await close()


def nowhere(execution: str, node: str, run_index: int) -> str:
    """No address: nobody can call where no server runs."""
    return ""


def _make_evaluator(language: str) -> Evaluator:
    if language == "javascript":
        from workflow_kernel.expressions.javascript import JavaScript  # noqa: PLC0415 - V8 is heavy

        return JavaScript()
    from workflow_kernel.expressions.python import Python  # noqa: PLC0415 - loaded when used

    return Python()


def _default_http() -> httpx.AsyncClient:
    import httpx  # noqa: PLC0415 - 60 ms that most workflows do not need

    return httpx.AsyncClient(follow_redirects=False, timeout=300.0)
