"""Running a workflow once for each combination of values: ``wf.sweep(lr=[0.1, 0.2], seed=range(10))``.

Called by ``builder``; the command line has the same as ``workflow run FILE --sweep``.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import msgspec

from workflow_kernel.app.local import LocalEngine, local_environment
from workflow_kernel.base.errors import InvalidWorkflowError, WorkflowError
from workflow_kernel.builder_plot import Plot, plot
from workflow_kernel.builder_progress import Bar
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.graph.validate import validate
from workflow_kernel.runs import show
from workflow_kernel.runs.given import as_batch
from workflow_kernel.sdk.catalog import RegistryCatalog
from workflow_kernel.sdk.registry import Registry

if TYPE_CHECKING:
    import pandas

Told = tuple[str, float, Mapping[str, Any]]
"""Of an execution: its state, its seconds, the first item it gave."""

MOST = 10_000
"""Executions a sweep may make."""


class SweepTable:
    """What the executions of a sweep were given and what came out, a row for each.

    Parameters
    ----------
    fields: what each of them was given. told: of each: its state, its seconds, and the first item it gave.
    """

    def __init__(self, fields: Sequence[Mapping[str, Any]], told: Sequence[Told] = ()) -> None:
        self.fields = list(fields)
        self._told = list(told)

    def __len__(self) -> int:
        return len(self.fields)

    def rows(self, node: str | None = None) -> list[dict[str, Any]]:
        """A row for each execution: its fields, state and seconds, then the first item it gave.

        Parameters
        ----------
        node: whose first item is shown; the execution's own output where not given.
        """
        return [
            {**fields, "state": state, "seconds": round(seconds, 6), **item}
            for fields, (state, seconds, item) in zip(self.fields, self._tell(node), strict=True)
        ]

    def df(self, node: str | None = None) -> pandas.DataFrame:
        """The rows as a data frame; see :meth:`rows`."""
        import pandas  # noqa: PLC0415 - takes a while to load

        return pandas.DataFrame(self.rows(node))

    def plot(self, y: str, x: str | None = None, by: str | None = None, *, node: str | None = None) -> Plot:
        """A plot of one field that came out: a point for each execution, a line through the means.

        Parameters
        ----------
        y: the field. x: what stands along the lower axis. by: what has a line for each of its values.
        node: whose first item is shown; the execution's own output where not given.
        """
        first = self.fields[0] if self.fields else {}
        settings = [name for name in first if len({str(given[name]) for given in self.fields}) > 1]
        return plot(self.rows(node), settings, y, x, by)

    def best(self, field: str, *, node: str | None = None, smallest: bool = False) -> dict[str, Any]:
        """The row with the largest value of a field, or the smallest; executions without one are left out."""
        rows = [row for row in self.rows(node) if isinstance(row.get(field), int | float)]
        if not rows:
            raise WorkflowError(f"No execution gave a number '{field}'.", code="WF108", mend="See rows().")
        return (min if smallest else max)(rows, key=lambda row: row[field])

    def __repr__(self) -> str:
        good = sum(state == "succeeded" for state, _, _ in self._tell(None))
        return f"Sweep of {len(self):,} executions, {good:,} succeeded"

    def _repr_html_(self) -> str:
        return f"<div><b>{self!r}</b>{show.items_html(self.rows(), len(self))}</div>"

    def _tell(self, node: str | None) -> Sequence[Told]:
        return self._told


class Sweep(SweepTable, Sequence[ExecutionResult]):
    """What a sweep gave: its executions, in the order of the combinations.

    Parameters
    ----------
    fields: what each of them was given. results: what each of them gave.
    """

    def __init__(self, fields: Sequence[Mapping[str, Any]], results: Sequence[ExecutionResult]) -> None:
        super().__init__(fields)
        self.results = list(results)

    @overload
    def __getitem__(self, index: int) -> ExecutionResult: ...
    @overload
    def __getitem__(self, index: slice) -> list[ExecutionResult]: ...
    def __getitem__(self, index: int | slice) -> ExecutionResult | list[ExecutionResult]:
        return self.results[index]

    def raise_if_failed(self) -> None:
        """Raise the error of the first execution that did not succeed."""
        for result in self.results:
            result.raise_if_failed()

    def _tell(self, node: str | None) -> Sequence[Told]:
        return [(result.state, result.seconds, _first(result, node)) for result in self.results]


def read_sweep(lines: Iterable[str]) -> SweepTable:
    """What ``workflow run FILE --sweep ...`` wrote, as in ``read_sweep(lines)`` after ``lines = !workflow run ...``.

    Parameters
    ----------
    lines: of JSON; others are passed over.
    """
    events = [msgspec.json.decode(line) for line in lines if line.startswith('{"event":"sweep.run"')]
    events.sort(key=lambda event: [_place(value) for value in event["fields"].values()])
    return SweepTable(
        [event["fields"] for event in events],
        [(event["state"], event["seconds"], next(iter(event["output"]), {})) for event in events],
    )


async def sweep(
    workflow: Workflow, registry: Registry, values: Mapping[str, Any], *, at_once: int, shows_progress: bool
) -> Sweep:
    """Check a workflow and run every combination; see ``builder.Workflow.sweep``."""
    problems = [found for found in validate(workflow, RegistryCatalog(registry)) if found.severity == "error"]
    if problems:
        raise InvalidWorkflowError(problems, f"Workflow '{workflow.name}'")
    fields = list(combinations(values))
    results: list[ExecutionResult | None] = [None] * len(fields)
    room = asyncio.Semaphore(max(1, at_once))
    async with LocalEngine(registry, local_environment(allow_code_here=True)) as engine:
        with Bar(workflow.name, len(fields), "execution", is_wanted=shows_progress) as bar:

            async def one(number: int) -> None:
                async with room:
                    items = as_batch(None, fields[number])
                    results[number] = await engine.run(workflow, items, is_manual=True)
                bar.advance()

            await asyncio.gather(*(one(number) for number in range(len(fields))))
    return Sweep(fields, [result for result in results if result is not None])


def combinations(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every combination of the values; texts, objects and single values stay as they are."""
    columns = [list(found) if _is_many(found) else [found] for found in values.values()]
    count = 1
    for column in columns:
        count *= len(column)
    if count > MOST:
        raise WorkflowError(f"These are {count:,} executions.", code="WF108", mend=f"A sweep makes {MOST:,} at most.")
    for chosen in itertools.product(*columns):
        yield dict(zip(values, chosen, strict=True))


def _is_many(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _first(result: ExecutionResult, node: str | None) -> Mapping[str, Any]:
    items = result.output() if node is None else result[node].items() if node in result else []
    return items[0].json if len(items) else {}


def _place(value: Any) -> tuple[float, str]:
    """Where a value stands among others: numbers by size, texts behind them."""
    return (value, "") if isinstance(value, int | float) else (math.inf, str(value))
