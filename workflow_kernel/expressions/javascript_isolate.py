"""One V8 isolate with the runtime loaded: starts it, calls into it under limits, closes it.

Only ``javascript`` and ``javascript_code`` use this. What is sent and what comes back is theirs; here it is text.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

Purpose = Literal["expressions", "code"]

MEMORY_MARGIN = 32 * 1024 * 1024
"""What the runtime itself may take, on top of the limit of the user's data."""

CALL = "__workflow"
COLLECT = CALL + """('{"op":"collect"}')"""
LONGEST_PAUSE = 0.05

_HALF = re.compile(r"(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}")
"""Halves of surrogate pairs, which JSON made by V8 escapes; whole pairs it does not."""

_COMMON = ("prepare", "limits", "globals", "hash", "extensions_text", "extensions_number", "extensions_array")
_SHARED = ("extensions_object", "extensions_date", "extend", "names", "data", "scope", "nodes", "rewrite", "evaluate")
_FILES: dict[Purpose, tuple[str, ...]] = {
    "expressions": (*_COMMON, *_SHARED, "tag"),
    "code": (*_COMMON, *_SHARED, "code_environment", "run_code"),
}
_LIBRARIES = ("acorn", "jmespath", "luxon", "title-case", "transliteration")
_FINISH: dict[Purpose, str] = {
    "expressions": "kernel.lockDown(); return kernel.entry;",
    "code": f"kernel.openUp(); Object.defineProperty(globalThis, '{CALL}', {{ value: kernel.entry }}); return null;",
}


class LimitReachedError(Exception):
    """The isolate ran out of time or memory and is gone; the message says which."""


class Isolate:
    """A V8 isolate. Used by one thread at a time; the owner holds the lock.

    Parameters
    ----------
    purpose: ``expressions`` locks the runtime down, ``code`` opens it for a code node.
    memory_limit: bytes the JavaScript heap may take.
    """

    def __init__(self, purpose: Purpose, memory_limit: int) -> None:
        self.texts: dict[str, Any] = {}
        self.recent: object | None = None
        with ExitStack() as stack:
            self._racer = stack.enter_context(_racer(stack.enter_context(_loop())))
            self._close = weakref.finalize(self, stack.pop_all().close)
        self._memory_limit = memory_limit
        self._racer.set_hard_memory_limit(memory_limit + MEMORY_MARGIN)
        entry = self._racer.eval(_program(purpose))
        self._entry = cast("Callable[..., Any]", entry) if purpose == "expressions" else None

    def call(self, request: str, rows: str, timeout: float) -> str:
        """Hand a request to the runtime and give back its answer.

        Raises
        ------
        LimitReachedError: out of time or memory. The isolate must not be used again.
        """
        from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException  # noqa: PLC0415

        try:
            if self._entry is None:
                answer = self._run(request, rows, timeout)
            else:
                answer = self._entry(request, rows, timeout_sec=timeout)
        except JSTimeoutException:
            raise LimitReachedError(f"took longer than {timeout:.1f} seconds and was stopped") from None
        except JSOOMException:
            raise LimitReachedError(f"needed more than {self._memory_limit // 2**20} MB of memory") from None
        except JSEvalException as error:
            if self._racer.was_hard_memory_limit_reached():
                raise LimitReachedError(f"needed more than {self._memory_limit // 2**20} MB of memory") from None
            raise LimitReachedError(f"could not be evaluated: {error}") from None
        except concurrent.futures.CancelledError:
            raise LimitReachedError("gave text that cannot be read") from None
        if not isinstance(answer, str):
            raise LimitReachedError("gave no answer")
        return _HALF.sub(r"\1\\ufffd", answer) if "\\ud" in answer else answer

    def _run(self, request: str, rows: str, timeout: float) -> Any:
        """Start code and wait for its answer, which may come after timers of its own.

        Everything goes by evaluating text: a function call cannot be stopped while code keeps V8 busy from a callback.
        """
        deadline = monotonic() + timeout
        call = f"{CALL}({json.dumps(request)},{json.dumps(rows)})"
        answer: object = self._racer.eval(call, timeout_sec=timeout)
        if isinstance(answer, str):
            return answer
        pause = 0.001
        while True:
            answer = self._racer.eval(COLLECT, timeout_sec=max(0.001, deadline - monotonic()))
            if isinstance(answer, str):
                return answer
            if monotonic() > deadline:
                raise LimitReachedError(f"took longer than {timeout:.1f} seconds and was stopped")
            sleep(min(pause, max(0.0, deadline - monotonic())))
            pause = min(pause * 2, LONGEST_PAUSE)

    def close(self) -> None:
        """Give the memory back."""
        self._close()


def _racer(loop: asyncio.AbstractEventLoop) -> AbstractContextManager[MiniRacer]:
    from py_mini_racer import mini_racer  # noqa: PLC0415

    return mini_racer(loop)


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A running loop for one isolate alone, so that one that hangs holds up no other.

    It outlives the isolate, whose last tasks report to it while they are broken off.
    """
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_give_up)
    thread = Thread(target=loop.run_forever, name="javascript", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _give_up(loop: asyncio.AbstractEventLoop, _: dict[str, Any]) -> None:
    """Break off what waits for an answer that could not be taken, such as text that is not Unicode."""
    for task in asyncio.all_tasks(loop):
        task.cancel()


@cache
def _program(purpose: Purpose) -> str:
    """The runtime as one script whose value is its entry function."""
    folder = Path(__file__).parent / "assets"
    blocks = [f"{{\n{(folder / f'{name}.js').read_text('utf-8')}\n}}" for name in _FILES[purpose]]
    sources = {name: (folder / "vendor" / f"{name}.js").read_text("utf-8") for name in _LIBRARIES}
    body = "\n".join(blocks)
    finish = _FINISH[purpose]
    return (
        f'(() => {{ "use strict"; const kernel = {{}}; const sources = {json.dumps(sources)};\n{body}\n{finish}\n}})()'
    )
