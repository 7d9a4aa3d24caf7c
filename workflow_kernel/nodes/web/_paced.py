"""Working on many items at once, within bounds, results in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from workflow_kernel.nodes.web._models import Batching
from workflow_kernel.sdk import Context, Item, Items, Lineage

Work = Callable[[int], Awaitable[Sequence[Item]]]


async def paced(count: int, work: Work, ctx: Context, *, concurrency: int, batching: Batching) -> Items:
    """The items ``work`` gives for each index, in order of the indices; an index whose work fails is a failed item.

    Parameters
    ----------
    concurrency: how many run at the same time. batching: pauses between groups.
    """
    rows: list[Item] = []
    sources: list[int] = []
    async with aclosing(_results(count, work, ctx, concurrency, batching)) as results:
        async for index, result in results:
            if isinstance(result, Exception):
                ctx.fail(index, result)
                continue
            rows.extend(result)
            sources.extend([index] * len(result))
    return Items(rows, Lineage.one(sources))


async def _results(
    count: int, work: Work, ctx: Context, concurrency: int, batching: Batching
) -> AsyncGenerator[tuple[int, Sequence[Item] | Exception], None]:
    """Results in order of the indices, errors as values.

    To be closed by its reader (``aclosing``): that stops what still runs when the reader gives up.
    """
    running: deque[asyncio.Task[Sequence[Item] | Exception]] = deque()
    done = 0
    try:
        for index in range(count):
            if batching.size and index and index % batching.size == 0:
                await ctx.sleep(batching.interval)
            running.append(asyncio.create_task(_caught(work, index), name=f"{ctx.node}-{index}"))
            if len(running) >= concurrency:
                yield done, await running.popleft()
                done += 1
        while running:
            yield done, await running.popleft()
            done += 1
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _caught(work: Work, index: int) -> Sequence[Item] | Exception:
    try:
        return await work(index)
    except Exception as error:  # a value here: the node decides what a failed item means
        return error


def original_index(ctx: Context, item: object, index: int) -> int:
    """The item's place in the scope: items that failed before may be missing from the batch."""
    items = ctx.scope.items
    if index < len(items) and items[index] is item:
        return index
    return next((place for place, other in enumerate(items) if other is item), index)
