"""Python expressions: a safe subset of the language, compiled once and run over whole batches.

The engine calls :class:`Python` through ``scope.Evaluator``. Only text that has been parsed, judged and rewritten by
``python_compile`` runs here, without builtins; every item that fails gives one :class:`Failure` in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from workflow_kernel.base.errors import CancelledRunError, ExpressionError, NodeTimeoutError
from workflow_kernel.expressions.python_attributes import Caller
from workflow_kernel.expressions.python_compile import Compiled, compile_text
from workflow_kernel.expressions.python_meter import Limits, Meter
from workflow_kernel.expressions.python_reasons import reason
from workflow_kernel.expressions.python_scope import Names
from workflow_kernel.expressions.python_source import MAX_SOURCE
from workflow_kernel.expressions.python_values import plain
from workflow_kernel.expressions.scope import Column, Failure, Scope

SLICE = 500
"""Items between two looks at the clock."""

CACHED = 2_000


class Python:
    """Evaluates Python expressions. Safe to share between threads.

    Parameters
    ----------
    limits: what expressions may use.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._cache: dict[str, Compiled] = {}

    def evaluate(self, texts: Sequence[str], scope: Scope, indices: Sequence[int]) -> Sequence[Column]:
        """One column for each text; see ``scope.Evaluator``."""
        if not indices:
            return [[] for _ in texts]
        meter = Meter(self._limits)
        items: Sequence[Any] | None = None
        columns: list[Column] = []
        for text in texts:
            compiled = self.compile(text)
            if compiled.batch is None and compiled.problem is None:
                columns.append([compiled.literal] * len(indices))
                continue
            if items is None:
                items = _pick(scope.items, indices)
            columns.append(_Run(compiled, scope, indices, meter).column(items))
        return columns

    def close(self) -> None:
        """Nothing is held."""

    def check(self, text: str) -> Failure | None:
        """What is wrong with a text as it is written, for editors; None when it can run."""
        problem = self.compile(text).problem
        return None if problem is None else Failure(problem.message, text, 0, problem.mend)

    def compile(self, text: str) -> Compiled:
        """The compiled form of a text, kept for the next time."""
        compiled = self._cache.get(text)
        if compiled is None:
            compiled = compile_text(text)
            if len(text) > MAX_SOURCE:
                return compiled
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[text] = compiled
        return compiled


def _pick(items: Sequence[Any], indices: Sequence[int]) -> Sequence[Any]:
    """The items at ``indices``, without a Python loop where there are several."""
    if len(indices) == 1:
        return [items[indices[0]]]
    return itemgetter(*indices)(items)  # type: ignore[no-any-return]


class _Run:
    """One text over one batch."""

    __slots__ = ("_once", "compiled", "indices", "meter", "names", "results")

    def __init__(self, compiled: Compiled, scope: Scope, indices: Sequence[int], meter: Meter) -> None:
        self.compiled = compiled
        self.indices = indices
        self.meter = meter
        self.names = Names(scope, indices)
        self.results = self.names.results
        meter.fill(self.results)
        self._once: dict[int, Any] = {}

    def column(self, items: Sequence[Any]) -> Column:
        """The values for all items."""
        compiled = self.compiled
        if compiled.batch is None:
            assert compiled.problem is not None
            return [self.failure(compiled.problem, index) for index in self.indices]
        if not compiled.differs:
            return self.same_for_all(items)
        helpers = self.helpers()
        chosen = [helpers[name] for name in compiled.helpers]
        results = self.results
        for start in range(0, len(items), SLICE):
            if self.meter.is_out_of_time():
                self.give_up(len(items))
                break
            part = items[start : start + SLICE]
            compiled.batch(part, results.append, self.fail, self.plain, self.meter, self.meter.limits.steps, *chosen)
        return results

    def same_for_all(self, items: Sequence[Any]) -> Column:
        """One evaluation for a text that names nothing of the item."""
        compiled = self.compiled
        assert compiled.batch is not None
        helpers = self.helpers()
        chosen = [helpers[name] for name in compiled.helpers]
        steps = self.meter.limits.steps
        compiled.batch(items[:1], self.results.append, self.fail, self.plain, self.meter, steps, *chosen)
        value = self.results[0]
        if type(value) is Failure:
            return [value._replace(item=index) for index in self.indices]
        return [value] * len(self.indices)

    def helpers(self) -> dict[str, Callable[..., Any]]:
        """What generated code may call that belongs to this batch."""
        meter, names = self.meter, self.names
        return {
            "_call": Caller(meter).call,
            "_walk": meter.walk,
            "_charge": meter.charge,
            "_weigh": meter.weigh,
            "_once": self.once,
            "_node": names.node,
            "_fact": names.fact,
            "_index": names.index,
        }

    def once(self, key: int, make: Callable[[], Any]) -> Any:
        """A part that is the same for every item, computed when first needed."""
        if key not in self._once:
            self._once[key] = make()
        return self._once[key]

    def plain(self, value: Any) -> Any:
        """The value as JSON-able data. Paths into the data are so already."""
        if self.compiled.is_plain_path and type(value) in (dict, list):
            return value
        return plain(self.meter, value)

    def fail(self, error: Exception) -> Failure:
        """What stands in the column for the item at hand."""
        if isinstance(error, CancelledRunError | NodeTimeoutError):
            raise error
        return self.failure(reason(error, self.compiled), self.indices[len(self.results)])

    def failure(self, problem: ExpressionError, index: int) -> Failure:
        return Failure(problem.message, self.compiled.text, index, problem.mend)

    def give_up(self, count: int) -> None:
        """Fail all items that are left."""
        problem = ExpressionError(
            f"The expression takes longer than {self.meter.limits.seconds:g} s for this batch of items."
        )
        for position in range(len(self.results), count):
            self.results.append(self.failure(problem, self.indices[position]))
