"""The context a node run gets: implements :class:`workflow_kernel.sdk.context.Context` over a worker's environment."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from workflow_kernel.base.errors import CancelledRunError, NodeError, WorkflowError
from workflow_kernel.contracts import Blobs
from workflow_kernel.expressions.scope import Column, Scope
from workflow_kernel.graph.words import shown
from workflow_kernel.runs.item import EMPTY, Batch, Binary, Items
from workflow_kernel.runs.outcome import LogLine
from workflow_kernel.sdk.answer import Answer
from workflow_kernel.sdk.node import Where
from workflow_kernel.worker.child_calls import Calls
from workflow_kernel.worker.functions import call_function
from workflow_kernel.worker.parameters import Resolved
from workflow_kernel.worker.redact import RunRedactor
from workflow_kernel.worker.secrets import RenewableSecrets
from workflow_kernel.worker.task import NodeTask

if TYPE_CHECKING:
    import httpx

    from workflow_kernel.expressions.javascript_code import CodeResult

N = TypeVar("N")

CODE_ENTRY = "workflow_kernel.worker.child_code:run"
"""What runs a user's code in a worker process unless a node says otherwise."""

JAVASCRIPT_TIMEOUT = 300.0
"""Seconds JavaScript of a node without a timeout may take."""


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name; kept, as reading one costs a file."""
    return ZoneInfo(name)


class RunLog:
    """Gathers a node run's log lines."""

    __slots__ = ("_clock", "lines")

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.lines: list[LogLine] = []

    def add(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Keep one line."""
        text = " ".join([event, *(f"{key}={value}" for key, value in fields.items())])
        self.lines.append(LogLine(self._clock(), level, text))

    def debug(self, event: str, **fields: Any) -> None:
        """See the contract."""
        self.add("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """See the contract."""
        self.add("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """See the contract."""
        self.add("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """See the contract."""
        self.add("error", event, fields)


class RunContext:
    """See :class:`workflow_kernel.sdk.context.Context`, which documents every member."""

    __slots__ = (
        "_calls",
        "_environment",
        "_log",
        "_resolved",
        "annotations",
        "failures",
        "places",
        "scope",
        "state",
        "task",
    )

    def __init__(self, task: NodeTask, resolved: Resolved | None, scope: Scope) -> None:
        self.task = task
        self.scope = scope
        self.state: dict[str, Any] = dict(task.state) if task.state else {}
        self.failures: dict[int, Exception] = {}
        self.places: Callable[[int], int] | None = None
        self.annotations: dict[str, Any] = {}
        self._resolved = resolved
        self._environment = task.environment
        self._calls: dict[str, int] = {}
        self._log: RunLog | None = None

    @property
    def resolved(self) -> Resolved:
        """The parameters over the items; made only when a node with constant parameters asks for a column."""
        if self._resolved is None:
            count = max(1, *(len(batch) for batch in self.task.inputs if batch is not None), 1)
            self._resolved = Resolved(self.task.template, self.scope, None, count)
        return self._resolved

    @property
    def node(self) -> str:
        return self.task.node.name

    @property
    def run_index(self) -> int:
        return self.task.run_index

    @property
    def token(self) -> str:
        return self.task.token

    def item_token(self, index: int) -> str:
        return f"{self.task.token}-{index if self.places is None else self.places(index)}"

    @property
    def stops_on_error(self) -> bool:
        return self.task.node.on_error == "stop" or not self.task.is_last_attempt

    def printed(self, text: str) -> None:
        """Keep a line that code wrote to its output."""
        self.log.info(text)

    @property
    def log(self) -> RunLog:
        if self._log is None:
            self._log = RunLog(self._environment.clock)
        return self._log

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines logged so far."""
        return tuple(self._log.lines) if self._log else ()

    @property
    def blobs(self) -> Blobs:
        return self._environment.blobs

    @property
    def http(self) -> httpx.AsyncClient:
        return self._environment.http

    @property
    def folder(self) -> Path:
        return self._environment.folder

    @property
    def timezone(self) -> str:
        return self.task.timezone

    @property
    def is_cancelled(self) -> bool:
        return self.task.cancellation.is_set

    @property
    def resume_url(self) -> str:
        return str(self.scope.facts.execution.get("resumeUrl", ""))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._environment.clock(), zone(self.task.timezone))

    def path(self, name: str) -> Path:
        try:
            path = Path(name).expanduser()
            path = (path if path.is_absolute() else self._environment.folder / path).resolve()
        except (ValueError, RuntimeError, OSError) as error:
            raise NodeError(
                f"{shown(name)} is no path: {error}.", code="WF340", mend="Write the path without odd characters."
            ) from None
        roots = self._environment.folders
        if roots and not any(path.is_relative_to(root.resolve()) for root in roots):
            allowed = ", ".join(str(root) for root in roots)
            raise NodeError(
                f"The file '{name}' lies outside the folders nodes may use.",
                code="WF340",
                mend=f"Use a file below {allowed}.",
            )
        return path

    def column(self, *path: str | int) -> Column:
        return self.resolved.column(path)

    def at(self, parameters: N, index: int) -> N:
        found: Any = self.resolved.at(index)
        return found  # type: ignore[no-any-return]

    def fail(self, index: int, error: Exception | str) -> None:
        failure = NodeError(error) if isinstance(error, str) else error
        if isinstance(failure, NodeError) and failure.item is None:
            failure.item = index if self.places is None else self.places(index)
        if self.stops_on_error and not self.task.retries_items:
            raise failure
        self.failures[index] = failure

    def credential(self, slot: str) -> Mapping[str, Any] | None:
        use = self.task.node.credentials.get(slot)
        if use is None:
            return None
        secret = self._environment.credentials.get(use.id)
        if secret is None:
            raise NodeError(
                f"The credential '{use.name or use.id}' was not found.",
                code="WF341",
                mend=f"Choose another credential for '{slot}', or create it.",
            )
        return secret

    async def newer_credential(self, slot: str, used: Mapping[str, Any]) -> Mapping[str, Any]:
        use, secrets = self.task.node.credentials.get(slot), self._environment.credentials
        if use is None or not isinstance(secrets, RenewableSecrets):
            return used
        return await secrets.renew(use.id, used)

    async def check_address(self, host: str, port: int) -> str:
        check = self._environment.check_address
        return host if check is None else await check(host, port)

    def attach(self, data: bytes, *, name: str | None = None, mime_type: str | None = None) -> Binary:
        guessed = mime_type or (mimetypes.guess_type(name)[0] if name else None) or "application/octet-stream"
        extension = Path(name).suffix.lstrip(".") if name else (mimetypes.guess_extension(guessed) or "").lstrip(".")
        return Binary(self.blobs.put(data), guessed, name, extension or None, len(data))

    def read(self, binary: Binary) -> bytes:
        return self.blobs.get(binary.blob)

    def progress(self, fraction: float, message: str = "") -> None:
        if self.task.on_progress is not None:
            shown_text = RunRedactor(self.task).text(message) if self.task.node.credentials else message
            self.task.on_progress(fraction, shown_text)

    def respond(self, answer: Answer) -> bool:
        if self.task.on_answer is None:
            return False
        self.task.on_answer(answer)
        return True

    def annotate(self, key: str, value: Any) -> None:
        self.annotations[key] = value

    def earlier_input(self, run_index: int, port: int = 0) -> Batch:
        if self.task.earlier_input is None:
            return EMPTY
        return self.task.earlier_input(run_index, port)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        self.task.cancellation.callbacks.append(wake)
        if self.is_cancelled:
            woken.set()
        try:
            await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            return
        raise CancelledRunError("The run was cancelled while it waited.")

    async def call_workflow(self, source: Any, items: Items, *, wait: bool = True) -> Items:
        if self._environment.call_workflow is None:
            raise WorkflowError("Sub-workflows cannot be called here.", code="WF342")
        key = self._call_key(source, items)
        return await self._environment.call_workflow(source, items, wait=wait, parent=self.task.execution, key=key)

    def _call_key(self, source: Any, items: Items) -> str:
        """What makes a call of a workflow recognisable after the process was lost: the run, the attempt, the data."""
        content = msgspec.msgpack.encode((self.token, self.task.attempt, source, items.rows), enc_hook=str)
        digest = hashlib.sha256(content).hexdigest()
        self._calls[digest] = number = self._calls.get(digest, 0) + 1
        return f"{digest}-{number}"

    async def run_python(
        self, code: str, data: Mapping[str, Any], *, timeout: float | None = None, entry: str = CODE_ENTRY
    ) -> Any:
        if self._environment.run_python is None:
            raise WorkflowError("Python code cannot be run here.", code="WF343")

        node = self.task.node
        return await self._environment.run_python(
            entry,
            {"code": code, "data": data},
            timeout=node.timeout if timeout is None else timeout,
            cancellation=self.task.cancellation,
            log=self.printed,
            calls=Calls(self),
            memory=node.resources.memory,
        )

    async def call_function(
        self,
        function: str | Callable[..., Any],
        inputs: Mapping[str, Batch],
        arguments: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        where: Where = "process",
        outputs: Sequence[str] = (),
    ) -> Any:
        if where != "process" and isinstance(function, str) and not self._environment.allow_code_here:
            raise WorkflowError(
                "Functions a workflow names may not run in this process.",
                code="WF344",
                mend="Set 'where' to 'process'.",
            )
        return await call_function(self, function, inputs, arguments, where=where, outputs=outputs)

    def run_javascript(self, code: str, scope: Scope, *, each_item: bool, legacy: bool = False) -> CodeResult:
        node = self.task.node
        result = self._environment.javascript_code.run_code(
            code,
            scope,
            each_item=each_item,
            timeout=JAVASCRIPT_TIMEOUT if node.timeout is None else node.timeout,
            legacy=legacy,
            stop_at_failure=self.stops_on_error,
            static_data=self.state.get("static_data"),
        )
        for line in result.logs:
            self.log.info(line)
        if any(result.static_data.values()):
            self.state["static_data"] = dict(result.static_data)
        return result

    def inputs(self) -> Sequence[Batch]:
        return [EMPTY if batch is None else batch for batch in self.task.inputs]
