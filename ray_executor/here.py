"""A worker process: what its runs have at hand, and how one is called."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ray_executor.capture import Capture
from ray_executor.errors import FolderUnreachableError
from ray_executor.messages import Box, RunKey, SentEnvironment
from ray_executor.modules import unpacked
from ray_executor.rest import Rest
from ray_executor.stops import Stops
from ray_executor.types import ReceivedTypes
from ray_executor.written import Written
from workflow_kernel.app.local import local_environment
from workflow_kernel.base import garbage
from workflow_kernel.base.errors import CancelledRunError, NodeTimeoutError, WorkerLostError
from workflow_kernel.runs.outcome import Outcome
from workflow_kernel.sdk.node import NodeType
from workflow_kernel.sdk.registry import BUILT_IN
from workflow_kernel.storage.blobs import open_blobs
from workflow_kernel.worker import call, failure
from workflow_kernel.worker.child import Stopped, limit_memory
from workflow_kernel.worker.child_batches import error_of
from workflow_kernel.worker.child_errors import describe
from workflow_kernel.worker.child_modules import Modules
from workflow_kernel.worker.child_results import LocalHost
from workflow_kernel.worker.child_values import Pickled
from workflow_kernel.worker.environment import Environment
from workflow_kernel.worker.parameters import Template
from workflow_kernel.worker.task import NodeTask

TEMPLATES = 1_000
"""Parameters of nodes that are kept taken apart."""

TELL_EVERY = 0.05
"""Seconds between messages about progress."""

_here: dict[SentEnvironment, Here] = {}
_stops: list[Stops] = []


class Here:
    """This process, for runs with one environment."""

    def __init__(self, sent: SentEnvironment, packages: str) -> None:
        _check_reach(sent.blobs)
        if not _stops:
            _stops.append(Stops())
        self.stops = _stops[0]
        self.types = ReceivedTypes()
        self.blobs = open_blobs(sent.blobs)
        folder = Path(sent.folder)
        if not folder.is_dir():  # on another machine
            folder = unpacked(sent.modules, self.blobs) if sent.modules else Path.cwd()
        self.environment = local_environment(
            self.blobs,
            folder=folder,
            is_shared=sent.is_shared,
            hidden=tuple(map(Path, sent.hidden)),
            folders=tuple(map(Path, sent.folders)),
            variables_of_process=None if sent.variables_of_process is None else dict(sent.variables_of_process),
            allow_code_here=sent.allow_code_here,
            spill_at=sent.spill_at,
            chunk=sent.chunk,
            packages=packages,
        )
        # Where code runs apart, its output is safe with this process; a file could be read by the code of others.
        written = Written(is_kept=not sent.is_shared)
        self._output = Capture(written)
        self._is_at_once = not sent.is_shared
        """Whether code of users runs here, in the main thread, where nobody has to wait for it."""
        if self._is_at_once:
            self.environment.run_python, self.environment.call_here = self._run_python, self._call_here
        self._own = self.environment.for_execution({}, {})
        self._templates: dict[tuple[Any, ...], Template] = {}
        self.began = written.run
        """Called with its position when a run of the bundle begins."""
        self._modules = Modules(str(folder))
        self._surroundings = _Surroundings(str(folder.resolve()))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        self._loop = asyncio.new_event_loop()
        self._rest = Rest(0, _nobody)
        self._news: list[tuple[Any, ...]] = []
        self._told_at = 0.0
        gc.collect()
        garbage.settle()

    @classmethod
    def of(cls, sent: SentEnvironment, packages: str = "") -> Here:
        """The process, with what was sent at hand; the same for the same. ``packages``: a folder with some."""
        found = _here.get(sent)
        if found is None:
            found = _here[sent] = cls(sent, packages)
        return found

    def template(self, node_type: type[NodeType], parameters: Mapping[str, Any]) -> Template:
        """A node's parameters taken apart; once for those that are the same."""
        key = (node_type, *parameters.items(), *map(type, parameters.values())) if parameters else (node_type,)
        try:
            found = self._templates.get(key)
        except TypeError:  # lists and objects among them
            return Template(node_type, parameters)
        if found is None:
            if len(self._templates) >= TEMPLATES:
                self._templates.clear()
            found = self._templates[key] = Template(node_type, parameters)
        return found

    def environment_of(
        self, secrets: Mapping[str, Mapping[str, Any]] | None, variables: Mapping[str, Any]
    ) -> Environment:
        """What nodes have at hand, with these secrets and variables.

        The last one again where the variables are the same, but for runs with secrets, which no run after them finds.
        """
        if secrets:
            return self.environment.for_execution(secrets, variables)
        if self._own.variables != variables:
            self._own = self.environment.for_execution({}, variables)
        return self._own

    @contextlib.contextmanager
    def bundle(self, name: bytes, rest: Rest) -> Iterator[None]:
        """While the runs of a bundle follow each other: what they share is done once."""
        self._modules.forget_changed()
        self._rest = rest
        try:
            with self._output.redirected(name):
                self._surroundings.note()
                yield
        finally:
            self._modules.note()

    def run(self, key: RunKey, task: NodeTask, grace: float) -> Outcome:
        """One attempt of one run, which can be stopped."""
        node_type = task.template.node_type
        try:
            with self.stops.run(key, task.node.timeout, grace, self._look):
                if self._is_at_once and node_type.spec.where == "process" and _waits_for_code_alone(task):
                    return call.run_at_once(task)
                if node_type.spec.is_async:
                    return self._run_async(task)
                with self.stops.armed, _limited(task.node.resources.memory):
                    return call.run_now(task)
        except (Stopped, asyncio.CancelledError):
            return failure.timed_out(task) if self.stops.reason == "timeout" else failure.cancelled(task)

    def _look(self) -> None:
        """Called now and then, in another thread, while a run is under way."""
        self._rest.look()
        self._output.read()

    def say(self, box: Box, news: tuple[Any, ...], *, is_urgent: bool) -> None:
        """Leave word for the dispatcher: at once, or with what comes soon after."""
        self._news.append(news)
        if is_urgent or time.monotonic() > self._told_at + TELL_EVERY:
            self.tell(box)

    def tell(self, box: Box) -> None:
        """Send what was said."""
        if self._news:
            news, self._news, self._told_at = self._news, [], time.monotonic()
            box.board.tell.remote(box.name, news)

    def tell_parted(self, box: Box, told: tuple[bytes, int, bytes]) -> None:
        """Tell at once that runs of a bundle are given back, and how others ended."""
        box.board.tell.remote(box.name, [(None, "parted", *told)])

    def _run_async(self, task: NodeTask) -> Outcome:
        work = self._loop.create_task(call.run(task))
        self.stops.wait_for(self._loop, work)
        try:
            return self._loop.run_until_complete(work)
        finally:
            self.stops.waited()

    async def _run_python(
        self,
        entry: str,
        payload: Any,
        *,
        timeout: float | None = None,
        log: Callable[[str], None] | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
        memory: int | None = None,
        **others: Any,
    ) -> Any:
        """Call a function here, in the main thread: see ``worker.environment.RunPython``."""
        function, payload, host = _function(entry), _opened(payload), _Host(calls or {})
        return self._call_here(lambda: function(payload, host), timeout=timeout, log=log, memory=memory)

    def _call_here(
        self, work: Callable[[], Any], *, timeout: float | None, log: Callable[[str], None] | None, memory: int | None
    ) -> Any:
        """See ``worker.environment.CallHere``."""
        try:
            with self._output.to(log), self.stops.armed, _limited(memory), self._surroundings:
                return work()
        except Stopped:
            if self.stops.reason == "timeout":
                raise NodeTimeoutError(
                    f"The code did not finish within {timeout or 0:g} s.",
                    mend="Give the node a longer timeout, or less to do.",
                ) from None
            raise CancelledRunError("The run was cancelled.") from None
        except SystemExit as error:
            raise WorkerLostError(
                f"The code ended its process with exit({error.code}).",
                mend="Leave code with 'return', and tell a failure by raising an exception.",
            ) from None
        except BaseException as error:  # the boundary between user code and the worker
            frames = error.__traceback__
            error.__traceback__ = None if frames is None else frames.tb_next  # user code does not begin here
            raise error_of(describe(error, memory)) from None


class _Host(LocalHost):
    """The dispatcher, for code that runs here; objects travel back as they do from other processes."""

    def keep(self, value: Any) -> Any:
        kept = Pickled.of(value, described=True)
        # As what comes out of Ray's store: nobody may change in place what others get too.
        kept.buffers = [memoryview(part).toreadonly() for part in kept.buffers]
        return kept


def _waits_for_code_alone(task: NodeTask) -> bool:
    if task.node.parameters.get("where") == "thread":
        return False
    node_type = task.template.node_type
    return node_type.made_of is not None or node_type.__module__.startswith(f"{BUILT_IN['code']}.")


def _opened(value: Any) -> Any:
    """A payload as code gets it: what another process would have opened is opened."""
    kind = type(value)
    if kind is Pickled:
        return value.load()
    if kind is dict:
        opened = value
        for name, part in value.items():
            if part and type(part) in _HOLDERS and (found := _opened(part)) is not part:
                opened = opened | {name: found}
        return opened
    return [_opened(part) for part in value] if kind is list else value


_HOLDERS = frozenset({Pickled, dict, list})


@functools.lru_cache(maxsize=32)
def _function(entry: str) -> Callable[..., Any]:
    """The function an entry names: one of ours, which stays the same."""
    module, _, name = entry.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _limited(memory: int | None) -> contextlib.AbstractContextManager[None]:
    """While code runs that may use so many bytes more."""
    return _UNLIMITED if memory is None else _with_limit(memory)


@contextlib.contextmanager
def _with_limit(memory: int) -> Iterator[None]:
    limit_memory(memory)
    try:
        yield
    finally:
        limit_memory(None)


_UNLIMITED = contextlib.nullcontext()


class _Surroundings:
    """The process's variables and folder: whatever code does to them while it is entered is undone after it.

    Parameters
    ----------
    folder: where runs begin.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._variables: dict[bytes, bytes] = {}

    def note(self) -> None:
        """Take what there is now for what it is to be; once for a bundle, as it costs as much as a light run."""
        self._variables = dict(_variables())
        os.chdir(self._folder)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if _variables() != self._variables:
            os.environ.clear()
            os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in self._variables.items()})
        if not _is_in(self._folder):
            os.chdir(self._folder)


def _is_in(folder: str) -> bool:
    try:
        return os.getcwd() == folder  # noqa: PTH109 - once a run, and a path object costs more
    except OSError:  # code removed the folder it went to
        return False


def _variables() -> dict[bytes, bytes]:
    """The process's variables as they are kept."""
    return os.environ._data  # type: ignore[attr-defined, no-any-return]


def _check_reach(blobs: str) -> None:
    if "://" not in blobs and not Path(blobs).is_dir():
        raise FolderUnreachableError(
            f"This machine has no folder {blobs}, where large values are kept.",
            mend="Name a store that every machine reaches in WORKFLOW_BLOB_URL, e.g. s3://bucket/blobs.",
        )


def _nobody(first: int) -> None:
    """For the time before the first bundle."""
