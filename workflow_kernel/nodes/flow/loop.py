"""Loop over items: sends a batch at a time into the loop and everything out at the end.

The node runs once for each batch that arrives. What it must remember between runs is a few numbers in ``ctx.state``;
the items stay where they are, as inputs of its earlier runs. ``$('Loop').context`` reads the same state.
"""

from __future__ import annotations

from typing import Any

from workflow_kernel.nodes.flow._pass import pass_on
from workflow_kernel.sdk import (
    EMPTY,
    Batch,
    Context,
    Field,
    Imported,
    ImportedNode,
    Item,
    Items,
    Lineage,
    NodeType,
    Outputs,
    Source,
    Table,
    node,
)

_N8N_OUTPUTS = {1: ("loop",), 2: ("loop", "done")}


def _from_n8n(source: ImportedNode) -> Imported:
    parameters: dict[str, Any] = {
        "batch_size": source.get("batchSize", default=10 if source.version < 3 else 1),
        "reset": source.get("options", "reset", default=False),
    }
    return Imported(parameters, outputs=_N8N_OUTPUTS.get(int(source.version), ("done", "loop")))


@node(
    "flow.loop",
    title="Loop over items",
    outputs=("done", "loop"),
    loop=True,
    imports={"n8n-nodes-base.splitInBatches": _from_n8n},
    icon="repeat",
    keywords=("for each", "iterate", "batch", "split in batches", "chunk"),
)
class Loop(NodeType):
    """Sends a few items at a time round a loop, then all that came back to *done*."""

    batch_size: int = Field(1, ge=1, description="How many items go round at a time.")
    reset: bool = Field(
        False,
        description="Whether to forget the items not yet sent and start with those that arrive; "
        "an expression decides it each time.",
        section="Options",
    )

    def run(self, batch: Batch, ctx: Context) -> Outputs:
        """Send the next items round, or everything out."""
        if self.reset or not ctx.state.get("active"):
            return self._start(batch, ctx)
        return self._go_on(batch, ctx)

    def _start(self, batch: Batch, ctx: Context) -> Outputs:
        total, size = len(batch), self.batch_size
        sent = min(size, total)
        ctx.state.clear()
        ctx.state.update(
            active=True,
            done=False,
            start=ctx.run_index,
            position=sent,
            noItemsLeft=sent == total,
            currentRunIndex=0,
            maxRunIndex=-(-total // size),
        )
        return {"loop": _part(batch, 0, sent, Lineage.one(range(sent)))}

    def _go_on(self, batch: Batch, ctx: Context) -> Outputs:
        state = ctx.state
        source = ctx.earlier_input(state["start"])
        position, total = state["position"], len(source)
        sent = min(self.batch_size, total - position)
        state["position"] = position + sent
        state["currentRunIndex"] += 1
        state["noItemsLeft"] = position + sent >= total
        if sent:
            return {
                "loop": _part(
                    source, position, position + sent, _link(range(position, position + sent), state["start"])
                )
            }
        state["active"] = False
        state["done"] = True
        return {"done": self._processed(batch, ctx)}

    def _processed(self, batch: Batch, ctx: Context) -> Batch:
        """All that came back: the inputs of the runs since the start, this one last."""
        earlier = {run: ctx.earlier_input(run) for run in range(ctx.state["start"] + 1, ctx.run_index)}
        if not any(len(part) for part in earlier.values()):
            return pass_on(batch)
        rows: list[Item] = [item for part in (*earlier.values(), batch) for item in part.items().rows]
        links = [[Source(0, index, run)] for run, part in earlier.items() for index in range(len(part))]
        links += [[Source(0, index)] for index in range(len(batch))]
        return Items(rows, Lineage.many(links))


def _link(indices: range, run: int) -> Lineage:
    """Items taken from what an earlier run got."""
    return Lineage.one(indices, run=run)


def _part(batch: Batch, start: int, stop: int, lineage: Lineage) -> Batch:
    """Items ``start`` to ``stop`` of a batch of any kind."""
    if start == 0 and stop == len(batch):
        return pass_on(batch, lineage)
    if isinstance(batch, Table):
        return Table(batch.table.slice(start, stop - start), lineage)
    if isinstance(batch, Items):
        return Items(batch.rows[start:stop], lineage)
    rows: list[Item] = []
    offset = 0
    for chunk in batch.chunks():
        if offset >= stop:
            break
        rows.extend(chunk.rows[max(0, start - offset) : stop - offset])
        offset += len(chunk)
    return Items(rows, lineage) if rows else EMPTY
