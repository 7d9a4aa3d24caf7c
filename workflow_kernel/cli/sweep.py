"""Parameter sweeps: ``workflow run FILE --sweep lr=0.1,0.2 --sweep seed=1..10`` runs once for each combination.

A backfill is a sweep over dates: ``--sweep day=2026-01-01..2026-01-31``. Shows a table of what was given and what came
out, or JSON lines.
"""

from __future__ import annotations

import asyncio
import datetime
import itertools
import json
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from workflow_kernel.cli.inputs import parse_value, read_inputs
from workflow_kernel.cli.main import CANCELLED, FAILED, OK
from workflow_kernel.engine.engine import Engine
from workflow_kernel.engine.result import ExecutionResult
from workflow_kernel.graph.model import Workflow
from workflow_kernel.runs.item import Items

MOST = 10_000
"""Executions a sweep may make."""

AT_ONCE = 8
"""Executions at the same time for each run the backend can take; the backend keeps its own order."""

_MOST_COLUMNS = 6
_RANGE = re.compile(r"(?P<first>-?\d+)\.\.(?P<last>-?\d+)")
_DATES = re.compile(r"(?P<first>\d{4}-\d\d-\d\d)\.\.(?P<last>\d{4}-\d\d-\d\d)")

Combination = tuple[Mapping[str, Any], Items]
"""The fields a sweep varies, with the items of one execution."""


def combinations(sweeps: Sequence[str], inputs: tuple[str, ...], declared: Mapping[str, str]) -> list[Combination]:
    """Every combination of the values of all sweeps; empty without sweeps.

    Parameters
    ----------
    sweeps: as written. inputs: further fields. declared: type by field, where the workflow says so.
    """
    if not sweeps:
        return []
    if any(text.startswith("@") for text in inputs):
        raise click.UsageError("--sweep gives fields of one item: it does not go with --input @FILE.")
    columns = [_values(text) for text in sweeps]
    names = [name for name, _ in columns]
    if len(set(names)) < len(names):
        raise click.UsageError("Each field can be swept once.")
    count = 1
    for _, values in columns:
        count *= len(values)
    if count > MOST:
        raise click.UsageError(f"These are {count:,} executions; a sweep makes {MOST:,} at most.")
    found: list[Combination] = []
    for chosen in itertools.product(*(values for _, values in columns)):
        items = read_inputs((*inputs, *(f"{n}={v}" for n, v in zip(names, chosen, strict=True))), declared)
        assert items is not None
        found.append(({name: items[0].json[name] for name in names}, items))
    return found


def _values(text: str) -> tuple[str, list[str]]:
    name, equals, written = text.partition("=")
    if not equals or not name or not written:
        raise click.UsageError(f"--sweep '{text}' is not NAME=VALUES, e.g. lr=0.1,0.2 or seed=1..10.")
    if found := _RANGE.fullmatch(written):
        first, last = int(found["first"]), int(found["last"])
        if abs(last - first) >= MOST:
            raise click.UsageError(f"--sweep '{text}' has more than {MOST:,} values.")
        return name, [str(value) for value in range(first, last + 1)]
    if found := _DATES.fullmatch(written):
        return name, list(_days(text, found["first"], found["last"]))
    listed = parse_value(written) if written.startswith("[") else None
    if isinstance(listed, list):
        return name, [value if isinstance(value, str) else json.dumps(value) for value in listed]
    return name, written.split(",")


def _days(text: str, first: str, last: str) -> Iterator[str]:
    try:
        day, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError as error:
        raise click.UsageError(f"--sweep '{text}': {error}.") from None
    if (end - day).days >= MOST:
        raise click.UsageError(f"--sweep '{text}' has more than {MOST:,} values.")
    while day <= end:
        yield day.isoformat()
        day += datetime.timedelta(days=1)


async def sweep(
    engine: Engine,
    workflow: Workflow,
    swept: Sequence[Combination],
    *,
    start: str | None,
    only: frozenset[str] | None,
    is_plain: bool,
) -> int:
    """Run every combination, some at a time; gives the exit code. Ctrl-C stops those that run and starts no more."""
    loop = asyncio.get_running_loop()
    results: dict[int, ExecutionResult] = {}
    at_hand: set[str] = set()
    is_stopped = False

    def stop() -> None:
        nonlocal is_stopped
        is_stopped = True
        for execution in at_hand:
            engine.cancel(execution)

    async def one(number: int, items: Items, room: asyncio.Semaphore) -> None:
        async with room:
            if is_stopped:
                return
            execution = f"cli-{number}"
            at_hand.add(execution)
            result = await engine.run(workflow, items, start=start, only=only, execution=execution, is_manual=True)
            at_hand.discard(execution)
        results[number] = result
        if is_plain:
            _write("sweep.run", _row(swept[number][0], result))

    async with engine:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop)
        room = asyncio.Semaphore(min(64, AT_ONCE * max(1, engine.slots)))
        await asyncio.gather(*(one(number, items, room) for number, (_, items) in enumerate(swept)))
    good = sum(result.is_success for result in results.values())
    if is_plain:
        _write("sweep.finished", {"runs": len(swept), "done": len(results), "succeeded": good})
    else:
        _show(swept, results)
    if is_stopped:
        return CANCELLED
    return OK if good == len(swept) else FAILED


def _row(fields: Mapping[str, Any], result: ExecutionResult) -> dict[str, Any]:
    row: dict[str, Any] = {"fields": fields, "state": result.state, "seconds": round(result.seconds, 6)}
    if result.error is not None:
        row["error"] = result.error
    if result.is_success:
        row["output"] = [item.json for item in result.output().rows[:100]]
    return row


def _write(event: str, fields: Mapping[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode({"event": event, **fields}, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def _show(swept: Sequence[Combination], results: Mapping[int, ExecutionResult]) -> None:
    from rich.console import Console
    from rich.table import Table

    outputs = {number: _told(result) for number, result in results.items() if result.is_success}
    swept_names = list(swept[0][0])
    names = [
        name for name in dict.fromkeys(name for row in outputs.values() for name in row) if name not in swept_names
    ]
    table = Table(*swept_names, "state", "seconds", *names[:_MOST_COLUMNS])
    for number, (fields, _) in enumerate(swept):
        result = results.get(number)
        given = [_text(value) for value in fields.values()]
        if result is None:
            table.add_row(*given, "not started")
            continue
        shown = [_text(outputs.get(number, {}).get(name, "")) for name in names[:_MOST_COLUMNS]]
        if result.error is not None:
            shown = [result.error.message[:80], *shown[1:]] if names else []
        table.add_row(*given, result.state, f"{result.seconds:.2f}", *shown)
    Console().print(table)


def _told(result: ExecutionResult) -> dict[str, Any]:
    """What a row says of an output: the fields of its only item, or how many items there are."""
    rows = result.output().rows
    if len(rows) != 1:
        return {"items": len(rows)}
    return {name: value for name, value in rows[0].json.items() if isinstance(value, str | int | float | None)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
