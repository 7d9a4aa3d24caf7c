"""Evaluates JavaScript expressions in V8: compiled once, then run for a whole batch in one call.

:class:`JavaScript` is what workers use. It keeps one isolate for expressions (made at first use, replaced when a limit
was reached) and leaves code nodes to ``javascript_code``. Reading a parameter text into parts is ``parse``'s work; what
the isolate is told of the data is ``javascript_request``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import msgspec

from workflow_kernel.expressions import parse
from workflow_kernel.expressions.javascript_isolate import Isolate, LimitReachedError
from workflow_kernel.expressions.javascript_request import Request, Uses, compile_request
from workflow_kernel.expressions.scope import UNDEFINED, Column, Failure, Scope

TEXTS_KEPT = 5_000
"""Compiled texts an isolate holds before it is replaced by a fresh one."""

TIME_PER_ITEM = 0.0005
ROUNDS = 200
"""How often an evaluation may stop to ask for data."""


class _Column(msgspec.Struct):
    """A column as the runtime writes it: values, and by position those JSON has no word for."""

    values: list[Any]
    undefined: list[int]
    numbers: list[tuple[int, str]]
    failures: list[tuple[int, str, str]]


class _Answer(msgspec.Struct):
    columns: list[_Column] = []
    need: list[Any] | None = None


class JavaScript:
    """Expressions in JavaScript. Implements :class:`~workflow_kernel.expressions.scope.Evaluator`; safe to share.

    Parameters
    ----------
    time_limit: seconds one evaluation of a batch may take, besides half a millisecond for each item.
    memory_limit: bytes the JavaScript heap may take.
    """

    def __init__(self, *, time_limit: float = 1.5, memory_limit: int = 512 * 1024 * 1024) -> None:
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._isolate: Isolate | None = None
        self._lock = Lock()

    def evaluate(self, texts: Sequence[str], scope: Scope, indices: Sequence[int]) -> Sequence[Column]:
        """Evaluate each text for each item; see :class:`~workflow_kernel.expressions.scope.Evaluator`."""
        columns: list[Column | None] = [_constant(text, len(indices)) for text in texts]
        wanted = [text for text, column in zip(texts, columns, strict=True) if column is None]
        if wanted and indices:
            computed = iter(self._evaluate(wanted, scope, indices))
            columns = [next(computed) if column is None else column for column in columns]
        return [[] if column is None else column for column in columns]

    def evaluate_typed(self, text: str, scope: Scope, index: int, path: str = "") -> dict[str, Any]:
        """One value with its kind kept, for tests: ``{"value": ...}`` or ``{"error": {"name", "message", "classes"}}``.

        Values JSON cannot hold are tagged: ``{"$date"}``, ``{"$datetime"}``, ``{"$number"}``, ``{"$undefined"}`` ...

        Parameters
        ----------
        path: property path applied to the value first, e.g. ``.day``.
        """
        parts = parse.split(text)
        if not any(part.is_code for part in parts):
            return {"value": parts[0].text if parts else ""}
        try:
            answer = self._ask("typed", [text], scope, [index], msgspec.json.decode, path)
        except LimitReachedError as error:
            return {"error": {"name": "ExpressionError", "message": f"The expression {error}", "classes": []}}
        return dict(answer)

    def close(self) -> None:
        """Give V8's memory back; a later evaluation starts it anew."""
        with self._lock:
            self._discard()

    def _evaluate(self, texts: Sequence[str], scope: Scope, indices: Sequence[int]) -> list[Column]:
        unique = list(dict.fromkeys(texts))
        try:
            answer = self._ask("evaluate", unique, scope, indices, _read_answer)
        except LimitReachedError as error:
            if len(unique) > 1:
                return [self._evaluate([text], scope, indices)[0] for text in texts]
            message = f"The expression {error}"
            return [[Failure(message, texts[0], index) for index in indices] for _ in texts]
        columns = {text: _filled(column, text, indices) for text, column in zip(unique, answer.columns, strict=True)}
        return [columns[text] for text in texts]

    def _ask(
        self,
        operation: str,
        texts: Sequence[str],
        scope: Scope,
        indices: Sequence[int],
        read: Callable[[str], Any],
        path: str = "",
    ) -> Any:
        """Put a question to the isolate, sending what it turns out to need, until it answers."""
        with self._lock:
            try:
                isolate = self._ready()
                uses = self._compile(isolate, texts)
                request = Request(operation, texts, scope, indices, Uses.merge(uses), path)
                for _ in range(ROUNDS):
                    message, rows = request.encode(isolate)
                    answer = read(isolate.call(message, rows, self._time_limit + TIME_PER_ITEM * len(indices)))
                    need = answer.get("need") if isinstance(answer, dict) else answer.need
                    if need is None:
                        return answer
                    if need[0] == "program":
                        self._compile(isolate, [need[1]])
                    else:
                        request.supply(need)
                raise LimitReachedError("reads too many different outputs of earlier nodes")
            except LimitReachedError:
                self._discard()
                raise

    def _compile(self, isolate: Isolate, texts: Sequence[str]) -> list[Uses]:
        unknown = [text for text in texts if text not in isolate.texts]
        if unknown:
            answer = isolate.call(compile_request(unknown), "", self._time_limit)
            answers = msgspec.json.decode(answer, type=list[Uses])
            isolate.texts.update(zip(unknown, answers, strict=True))
        return [isolate.texts[text] for text in texts]

    def _ready(self) -> Isolate:
        if self._isolate is not None and len(self._isolate.texts) > TEXTS_KEPT:
            self._discard()
        if self._isolate is None:
            self._isolate = Isolate("expressions", self._memory_limit)
        return self._isolate

    def _discard(self) -> None:
        if self._isolate is not None:
            self._isolate.close()
            self._isolate = None


def _read_answer(text: str) -> _Answer:
    try:
        return msgspec.json.decode(text, type=_Answer)
    except msgspec.MsgspecError as error:
        raise LimitReachedError(f"gave an answer that cannot be read: {error}") from None


def _constant(text: str, length: int) -> Column | None:
    """The column of a text without code; None when it has some."""
    parts = parse.split(text)
    if any(part.is_code for part in parts):
        return None
    return [parts[0].text if parts else ""] * length


def _filled(column: _Column, text: str, indices: Sequence[int]) -> Column:
    """The column with what JSON has no word for put in: NaN and infinities stay numbers here."""
    values = column.values
    for k in column.undefined:
        values[k] = UNDEFINED
    for k, number in column.numbers:
        values[k] = float(number.replace("Infinity", "inf"))
    for k, message, description in column.failures:
        values[k] = Failure(message, text, indices[k], description)
    return values
