"""Runs the JavaScript of code nodes in V8, each workflow's code in an isolate of its own.

Called through :class:`~workflow_kernel.expressions.javascript_code.JavaScriptCode` by the code nodes. What the code
returned is handed back as plain data; making items of it is the node's work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from workflow_kernel.base.errors import NodeError, NodeTimeoutError
from workflow_kernel.expressions import parse
from workflow_kernel.expressions.javascript_isolate import Isolate, LimitReachedError
from workflow_kernel.expressions.javascript_request import Request, Uses, compile_request
from workflow_kernel.expressions.scope import UNDEFINED, Failure, Scope

ISOLATES_KEPT = 16
"""Idle ones, of 3 MB each: a new one takes 10 ms, thirty times what light code does."""

ROUNDS = 200


_Key = tuple[Any, str]
"""Of the code that may share an isolate: the workflow and the text."""


class CodeResult(NamedTuple):
    """What code gave.

    Parameters
    ----------
    value: what it returned, as plain data; for ``each_item`` a list with one value (or Failure) per item.
    sources: for each element of the list it returned (or the one value), the position of the input item that it is,
        None where it is none. ``pairedItem`` set by the code is left in the value.
    logs: lines written to the console.
    static_data: the static data after the run.
    """

    value: Any
    sources: Sequence[int | None]
    logs: Sequence[str]
    static_data: Mapping[str, Any]


class _Failed(msgspec.Struct):
    message: str
    name: str = "Error"
    description: str = ""
    line: int | None = None
    item: int | None = None

    def place(self) -> str:
        parts = [] if self.line is None else [f"line {self.line}"]
        if self.item is not None:
            parts.append(f"for item {self.item}")
        return f" [{', '.join(parts)}]" if parts else ""


class _Answer(msgspec.Struct):
    value: Any = UNDEFINED
    sources: list[int | None] = []
    failures: list[_Failed] = []
    logs: list[str] = []
    static: dict[str, Any] = {}
    need: list[Any] | None = None


class JavaScriptCode:
    """Runs code nodes. Safe to share between threads; code of different workflows never shares an isolate."""

    def __init__(self, *, memory_limit: int = 512 * 1024 * 1024) -> None:
        self._memory_limit = memory_limit
        self._idle: OrderedDict[_Key, list[Isolate]] = OrderedDict()
        self._kept = 0
        self._lock = Lock()

    def run_code(
        self,
        code: str,
        scope: Scope,
        *,
        each_item: bool,
        timeout: float,
        legacy: bool = False,
        stop_at_failure: bool = True,
        static_data: Mapping[str, Any] | None = None,
    ) -> CodeResult:
        """Run the code of a code node.

        Parameters
        ----------
        code: statements that return the node's output; ``await`` may be used.
        scope: the data.
        each_item: once for each item (``$json``, ``item``) instead of once for all (``items``, ``$input``).
        timeout: seconds it may take.
        legacy: the older item function, where ``item`` is the item's JSON.
        stop_at_failure: raise for the first item that fails; else its value is a ``Failure`` and the others go on.
        static_data: ``{"global": {...}, "node": {...}}``, what the workflow keeps between executions.

        Raises
        ------
        NodeTimeoutError: it took too long.
        NodeError: it failed; the message names the line.
        """
        request = _request(code, scope)
        request.add(
            code=code,
            each=each_item,
            legacy=legacy,
            stop=stop_at_failure,
            static={"global": {}, "node": {}, **(static_data or {})},
        )
        key = (scope.facts.workflow.get("id"), code)
        answer = self._ask(key, request, timeout)
        if answer.failures and (stop_at_failure or not each_item):
            raise _error(answer.failures[0], answer.logs)
        for failed in answer.failures:
            if failed.item is not None:
                message = failed.message + failed.place()
                answer.value[failed.item] = Failure(message, "", failed.item, failed.description)
        return CodeResult(answer.value, answer.sources, answer.logs, answer.static)

    def close(self) -> None:
        """Give V8's memory back."""
        with self._lock:
            isolates = [isolate for kept in self._idle.values() for isolate in kept]
            self._idle.clear()
            self._kept = 0
        for isolate in isolates:
            isolate.close()

    def _ask(self, key: _Key, request: Request, timeout: float) -> _Answer:
        isolate = self._take(key)
        try:
            for _ in range(ROUNDS):
                answer = msgspec.json.decode(isolate.call(*request.encode(isolate), timeout), type=_Answer)
                if answer.need is None:
                    self._give_back(key, isolate)
                    return answer
                if answer.need[0] == "program":
                    isolate.call(compile_request([answer.need[1]]), "", timeout)
                else:
                    request.supply(answer.need)
        except LimitReachedError as error:
            isolate.close()
            message = f"The code {error}"
            if "seconds" in message:
                raise NodeTimeoutError(message, mend="Give the node a longer timeout.") from None
            raise NodeError(message) from None
        except msgspec.MsgspecError as error:
            isolate.close()
            message = f"The answer of the code cannot be read: {error}."
            raise NodeError(message, mend="Do not change built-in objects such as Object.prototype.") from None
        except BaseException:
            isolate.close()
            raise
        isolate.close()
        raise NodeError("The code reads too many different outputs of earlier nodes.")

    def _take(self, key: _Key) -> Isolate:
        with self._lock:
            found = self._pop(key)
        return found or Isolate("code", self._memory_limit)

    def _give_back(self, key: _Key, isolate: Isolate) -> None:
        surplus: Isolate | None = None
        with self._lock:
            self._idle.setdefault(key, []).append(isolate)
            self._idle.move_to_end(key)
            self._kept += 1
            if self._kept > ISOLATES_KEPT:
                surplus = self._pop(next(iter(self._idle)))
        if surplus is not None:
            surplus.close()

    def _pop(self, key: _Key) -> Isolate | None:
        found = self._idle.get(key)
        if found is None:
            return None
        self._kept -= 1
        if len(found) == 1:
            del self._idle[key]
        return found.pop()


def _request(code: str, scope: Scope) -> Request:
    """Everything of the input, and of the nodes the code names what they gave last."""
    uses = Uses(json=True, wholeJson=True, binary=True, all=True, facts=True)
    request = Request("code", [], scope, range(len(scope.items)), uses)
    for name in parse.code_references(code).names:
        request.supply(["node", name])
        view = scope.node(name)
        if view is not None and view.runs:
            run = len(view.runs) - 1
            key = f"{view.runs[run].key}/{view.default_output}"
            request.supply(["output", name, run, view.default_output, key])
    return request


def _error(failed: _Failed, logs: Sequence[str]) -> NodeError:
    data: dict[str, Any] = {"error": failed.message}
    if failed.line is not None:
        data["line"] = failed.line
    if logs:
        data["logs"] = list(logs)
    return NodeError(failed.message + failed.place(), description=failed.description, item=failed.item, data=data)
