"""Node types and functions that tests send to workers: they live in a module, as those of users do."""

from __future__ import annotations

import datetime
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pyarrow

from workflow_kernel.runs.item import Items, Table
from workflow_kernel.sdk import Context, NodeType, node
from workflow_kernel.sdk.registry import Registry
from workflow_kernel.sdk.task import task


@node("test.add")
class Add(NodeType):
    """Adds its name to every item's path."""

    fails: int = 0

    def run(self, items: Items, ctx: Context) -> Items:
        """Add it."""
        ctx.log.info("added", node=ctx.node)
        return Items([item.with_json({**item.json, "path": [*item.json.get("path", []), ctx.node]}) for item in items])


@node("test.effect", pure=False)
class Effect(Add):
    """The same, with an effect."""

    def run(self, items: Items, ctx: Context) -> Items:
        """Add it."""
        return Add.run(self, items, ctx)


@node("test.address", where="process")
class Address(NodeType):
    """Gives the address that ends a wait of its run."""

    def run(self, items: Items, ctx: Context) -> Items:
        """Give it."""
        return Items([item.with_json({"address": ctx.resume_url}) for item in items])


@node("test.later")
class Later(Add):
    """The same, on the event loop."""

    async def run(self, items: Items, ctx: Context) -> Items:
        """Add it."""
        return Add.run(self, items, ctx)


@task
def light(n: Any) -> dict[str, Any]:
    """Counts up."""
    return {"n": n[0]["n"] + 1 if isinstance(n, list) else n["n"] + 1}


@task
def each(row: dict) -> dict:
    """Works on one item."""
    if row["n"] == 1234:
        raise ValueError("not this one")
    return {"n": row["n"] * 2, "pid": os.getpid()}


_first: list[dict[str, Any]] = []


@task
def various(row: dict, base: int = 1) -> Any:
    """Gives what the item asks for, in all the ways in which a function may answer for an item."""
    kind = row.pop("gives")
    print(f"to give: {kind}")
    _first[:] = [row] if kind == "remembers" else _first
    if kind == "fails":
        raise ValueError(f"nothing for {row['n']}")
    if kind == "waits":
        return _later(row)
    answers: dict[str, Callable[[], Any]] = {
        "plain": lambda: {"n": row["n"] + base, "when": datetime.date(2026, 1, row["n"] + 1)},
        "nothing": lambda: None,
        "several": lambda: [{"n": row["n"]}, row],
        "wrapped": lambda: {"json": {"n": row["n"]}, "pairedItem": 0},
        "named json": lambda: {"json": 1, "other": 2},
        "itself": lambda: row,
        "remembers": lambda: row,
        "another": lambda: _first[0],
        "table": lambda: pyarrow.table({"n": [row["n"], 7]}),
        "number": lambda: 3,
        "object": lambda: {"n": threading},
        "yields": lambda: ({"n": number} for number in range(2)),
    }
    return answers[kind]()


async def _later(row: dict[str, Any]) -> dict[str, Any]:
    return {"n": row["n"]}


@task
def gated(row: dict, gate: str = "", notes: str = "") -> dict:
    """Waits until there is a file at the gate, where it has one. Leaves a line in the notes."""
    while gate and not Path(gate).exists():
        time.sleep(0.01)
    if notes:
        with Path(notes).open("a") as file:
            file.write(".")
    return row


@task
def grow(table: pyarrow.Table, column: str = "x") -> pyarrow.Table:
    """Adds a column."""
    return table.append_column(column, pyarrow.array(numpy.arange(table.num_rows, dtype="float64")))


@task
def array(rows: list) -> Any:
    """Makes a large array."""
    return numpy.ones(1_000_000)


@task
def total(value: Any) -> dict:
    """Sums it up."""
    return {"sum": float(value.sum()), "writeable": bool(value.flags.writeable)}


@task(pure=False)
def killed_once(row: dict) -> dict:
    """Its process is killed the first time."""
    mark = Path(row["mark"])
    if not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return {"pid": os.getpid(), "before": int(mark.read_text())}


@node("test.table", where="thread")
class Wide(NodeType):
    """Makes a table."""

    rows: int = 100_000

    def run(self, ctx: Context) -> Table:
        """Make it."""
        return Table(pyarrow.table({"a": numpy.arange(self.rows, dtype="float64")}))


@node("test.slow", where="thread")
class Slow(NodeType):
    """Tells its progress, then sleeps."""

    seconds: float = 60.0

    def run(self, items: Items, ctx: Context) -> Items:
        """Sleep."""
        ctx.progress(0.5, "half")
        time.sleep(self.seconds)
        return items


TASKS = (light, each, grow, array, total, killed_once, various, gated)


def registry() -> Registry:
    """The installed node types and these."""
    kinds = (Add, Address, Effect, Later, Wide, Slow, *(found.node_type for found in TASKS))
    return Registry({kind.spec.type: kind for kind in kinds})
